//! The merchant's own application, as `kontor demo` plays it: invoices, a Pay button, and the result after the return.
//!
//! Uses the public API only, from the browser, with a customer's short-lived token. Not part of `serve`.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kontor_domain::ids::{InvoiceId, OrganizationId};

use crate::{auth, problem::Problem, web::Web};

/// Whose application it is.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The seeded organization.
    pub organization: OrganizationId,
    /// Its code.
    pub org_code: String,
    /// The seeded customer, who pays.
    pub customer_number: String,
    /// The invoice that stands first.
    pub invoice: InvoiceId,
}

/// How long the page's token is good for, in seconds.
const TOKEN_SECONDS: i64 = 3_600;
/// Nothing from elsewhere; the form of the provider's page is reached by navigation, not by this page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/// The pages of the application.
pub(crate) fn router() -> Router<Arc<Web>> {
    Router::new()
        .route("/", get(|| async { axum::response::Redirect::to("/demo") }))
        .route("/demo", get(page))
        .route("/demo/app.js", get(|| async { asset("text/javascript", include_str!("demo/app.js")) }))
        .route("/demo/style.css", get(|| async { asset("text/css", include_str!("demo/style.css")) }))
}

async fn page(State(web): State<Arc<Web>>) -> Result<Response, Problem> {
    let Some(demo) = &web.demo else { return Err(Problem::no_route()) };
    let claims = auth::Claims::new(
        &demo.organization,
        &demo.org_code,
        "Customer",
        Some(&demo.customer_number),
        "demo-application",
        web.engine.ambient.now(),
        TOKEN_SECONDS,
    );
    let token = auth::mint(&claims, &web.auth_secret).map_err(Problem::internal)?;
    // All four are made of letters, digits, dots, dashes and underscores.
    let html = include_str!("demo/page.html")
        .replace("{token}", &token)
        .replace("{customer}", &demo.customer_number)
        .replace("{invoice}", &demo.invoice.to_string());
    let mut answer = asset("text/html", html);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

fn asset(kind: &'static str, body: impl Into<String>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, body.into()).into_response()
}

//! `GET /pay/page/{code}`: a page that posts a form to the provider's page by itself, or by its button where no script
//! runs. It loads nothing, and its policy names the one address that it may post to.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use kontor_engine::hosted::Post;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    html::{self, escaped},
    problem::Problem,
    web::{Anybody, Params, Web},
};

const SCRIPT: &str = "document.forms[0].submit()";
/// The longest code that is looked up.
const MAX_CODE: usize = 100;

/// Sends the browser on to a provider's page that has to be posted to.
#[utoipa::path(get, path = "/pay/page/{code}", tag = "Payment links", security(()),
    params(("code" = String, Path, example = "Zk9VbWmcT0a1p7Y5x2Q8sD3fH6jL4nRt")),
    responses((status = 200, description = "A page that posts itself", content_type = "text/html", body = String),
        (status = 404, description = "There is no such page, or it is over", content_type = "text/html", body = String)))]
pub(crate) async fn page(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    Params(code): Params<String>,
) -> Result<Response, Problem> {
    let found = if code.len() > MAX_CODE { None } else { web.engine.page_to_post(&code, &actor).await? };
    match found {
        Some(post) => posting(&post),
        None => Ok(html::Page::new(
            StatusCode::NOT_FOUND,
            "This page is over",
            "<h1>This page is over</h1><p>It was open for some minutes, or another one took its place. Nothing was charged \
             on it that is not shown to you elsewhere.</p><p class=\"next\">Go back to where you came from and begin again.</p>",
        )
        .into_response()),
    }
}

fn posting(post: &Post) -> Result<Response, Problem> {
    let url = Url::parse(&post.url).map_err(Problem::internal)?;
    let hash = BASE64.encode(&Sha256::digest(SCRIPT.as_bytes()));
    let mut fields = String::new();
    for (name, value) in &post.fields {
        let (name, value) = (escaped(name), escaped(value.expose()));
        let field = ["<input type=\"hidden\" name=\"", &name, "\" value=\"", &value, "\">"];
        fields.extend(field);
    }
    let body = format!(
        "<h1>On to the payment page</h1><p>The card is typed on the payment provider's own page.</p>\
         <form method=\"post\" action=\"{action}\">{fields}<button id=\"go\">Continue</button></form><script>{SCRIPT}</script>",
        action = escaped(url.as_str()),
    );
    let page = html::Page::new(StatusCode::OK, "On to the payment page", &body)
        .script(&hash)
        .posting_to(&url.origin().ascii_serialization());
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

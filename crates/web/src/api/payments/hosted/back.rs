//! The way back from a hosted page: the browser's redirect, or the same fields as a form.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use kontor_engine::{
    Actor,
    hosted::{CallbackError, Returned},
};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::{
    answer::Answer,
    body::RawBody,
    pay::way_back,
    problem::{Errors, Problem},
    web::Web,
};

/// The most fields that are read.
const MAX_FIELDS: usize = 100;
/// The page's fields.
const FORM: &str = "application/x-www-form-urlencoded";

/// How a payment stands after the way back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackView {
    /// `succeeded`, `declined`, `cancelled`, `pending`, `failed`, or `saved` where a card was kept and nothing paid.
    status: &'static str,
    transaction_setup_id: String,
    /// Null where a card was to be kept alone.
    payment_id: Option<String>,
    invoice_id: Option<String>,
    /// The card that was kept.
    payment_method_id: Option<String>,
    message: &'static str,
}

impl BackView {
    fn of(it: &Returned) -> Self {
        Self {
            status: it.status.as_str(),
            transaction_setup_id: it.setup_id.clone(),
            payment_id: it.payment.map(|id| id.to_string()),
            invoice_id: it.invoice.map(|id| id.to_string()),
            payment_method_id: it.method.map(|id| id.to_string()),
            message: it.message,
        }
    }

    /// The merchant's address with the result behind its own query.
    fn redirect(&self, to: &str) -> Result<Response, Problem> {
        let mut url = Url::parse(to).map_err(Problem::internal)?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("status", self.status);
            query.append_pair("transactionSetupId", &self.transaction_setup_id);
            let ids = [
                ("paymentId", &self.payment_id),
                ("invoiceId", &self.invoice_id),
                ("paymentMethodId", &self.payment_method_id),
            ];
            for (name, id) in ids {
                if let Some(id) = id {
                    query.append_pair(name, id);
                }
            }
            query.append_pair("message", self.message);
        }
        Ok((StatusCode::SEE_OTHER, [(header::LOCATION, url.to_string())]).into_response())
    }
}

/// A browser's redirect: on to the merchant.
pub(crate) async fn of_query(
    web: &Arc<Web>,
    provider: &'static str,
    uri: &Uri,
    actor: Actor,
) -> Result<Response, Problem> {
    let back = take(web, provider, uri.query().unwrap_or_default().as_bytes(), actor).await?;
    BackView::of(&back).redirect(&way_back(web, &back.return_url))
}

/// The same as a form post: a browser is sent on, a server gets the result.
pub(crate) async fn of_form(
    web: &Arc<Web>,
    provider: &'static str,
    headers: &HeaderMap,
    body: &RawBody,
    actor: Actor,
) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM) {
        return Err(Problem::unsupported_media_type(FORM));
    }
    let back = take(web, provider, body.bytes()?, actor).await?;
    let view = BackView::of(&back);
    if is_browser(headers) {
        view.redirect(&way_back(web, &back.return_url))
    } else {
        Ok(Answer::ok(&view)?.into_response())
    }
}

/// Whether a person waits for the answer (API.md §6, Callback).
fn is_browser(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    text(header::ACCEPT).contains("text/html")
        || text(HeaderName::from_static("sec-fetch-mode")) == "navigate"
}

async fn take(
    web: &Arc<Web>,
    provider: &'static str,
    encoded: &[u8],
    actor: Actor,
) -> Result<Returned, Problem> {
    let fields: Vec<(String, String)> =
        url::form_urlencoded::parse(encoded).into_owned().take(MAX_FIELDS.saturating_add(1)).collect();
    if fields.len() > MAX_FIELDS {
        return Err(Problem::bad_request("too_many_fields", "The callback has more than 100 fields."));
    }
    // A browser that goes away must not stop the recording of what was paid.
    let web = Arc::clone(web);
    let task = tokio::spawn(async move { web.engine.take_back(provider, &fields, &actor).await });
    task.await.map_err(Problem::internal)?.map_err(refusal)
}

fn refusal(error: CallbackError) -> Problem {
    match error {
        CallbackError::Fields(fields) => {
            let mut errors = Errors::new();
            for (field, message) in fields {
                errors.entry(field).or_default().push(message);
            }
            Problem::validation(errors)
        }
        CallbackError::UnknownSetup | CallbackError::UnknownProvider => Problem::not_found("setup_not_found"),
        CallbackError::WrongCode => Problem::bad_request(
            "validation_code_wrong",
            "The validation code is missing or is not this page's. Nothing was recorded.",
        ),
        CallbackError::Mismatch(reason) => Problem::bad_request(
            "payment_mismatch",
            format!("Nothing was recorded on the invoice, because {reason}. Somebody has to look at it."),
        ),
        CallbackError::Engine(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;

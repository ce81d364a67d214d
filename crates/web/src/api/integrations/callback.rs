//! The way back from a provider's consent: a browser is sent on to the caller's application, or sees a small page.
//!
//! Refuses to send a browser anywhere that is not on the organization's list, whatever the state says.

mod page;

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use kontor_engine::oauth::{Back, CallbackError};
use kontor_store::organizations;
use url::Url;

use crate::{
    api::settings::may_return_to,
    problem::Problem,
    web::{Anybody, Params, Web},
};
use page::Page;

/// The most fields that are read.
const MAX_FIELDS: usize = 50;

/// Takes a browser back from a provider's consent. What it carries proves nothing but that it knows the address.
#[utoipa::path(get, path = "/api/integrations/{provider}/callback", tag = "Integrations", security(()),
    params(("provider" = String, Path, example = "QuickBooks"), ("state" = String, Query), ("code" = Option<String>, Query),
        ("error" = Option<String>, Query), ("iss" = Option<String>, Query)),
    responses((status = 302, description = "On to the caller's application, with `status=connected` or `status=failed&reason=…` and the caller's `state`"),
        (status = 200, description = "A page that says the result, where the caller's state is no address on the organization's list", content_type = "text/html", body = String)))]
pub(crate) async fn callback(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    Params(provider): Params<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let fields: Vec<(String, String)> =
        url::form_urlencoded::parse(query).into_owned().take(MAX_FIELDS.saturating_add(1)).collect();
    if fields.len() > MAX_FIELDS {
        return Err(Problem::bad_request("too_many_fields", "The callback has more than 50 fields."));
    }
    // A browser that goes away must not lose what somebody consented to.
    let engine = Arc::clone(&web.engine);
    let task = tokio::spawn(async move { engine.finish_consent(&provider, &fields, &actor).await });
    match task.await.map_err(Problem::internal)? {
        Ok(back) => answer(&web, &back).await,
        Err(CallbackError::Engine(error)) => Err(error.into()),
        Err(refused) => Ok(Page::refused(&refused).into_response()),
    }
}

async fn answer(web: &Web, back: &Back) -> Result<Response, Problem> {
    let organization = {
        let mut conn = web.engine.db.read().await?;
        organizations::get(&mut conn, back.organization).await?
    };
    let url = back.caller_state.as_deref().and_then(|it| Url::parse(it).ok());
    let url = url
        .filter(|url| organization.is_some_and(|it| may_return_to(&it, url, web.engine.settings.production)));
    match url {
        Some(url) => {
            Ok((StatusCode::FOUND, [(header::LOCATION, onward(url, back).to_string())]).into_response())
        }
        None => Ok(Page::of(back).into_response()),
    }
}

/// The caller's address with the result behind its own query.
fn onward(mut url: Url, back: &Back) -> Url {
    // A state that the address has already is the caller's, and is not said twice.
    let has_state = url.query_pairs().any(|(name, _)| name == "state");
    {
        let mut query = url.query_pairs_mut();
        match &back.reason {
            None => query.append_pair("status", "connected"),
            Some(reason) => query.append_pair("status", "failed").append_pair("reason", reason),
        };
        if back.other_account {
            query.append_pair("notice", "other_account");
        }
        if let Some(state) = back.caller_state.as_deref().filter(|_| !has_state) {
            query.append_pair("state", state);
        }
    }
    url
}

#[cfg(test)]
mod tests;

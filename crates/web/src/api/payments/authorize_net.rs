//! The way back from Authorize.Net's hosted page, which `POST /api/payments/hosted-setup` opens.

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};

use super::hosted::back;
use crate::{
    problem::Problem,
    web::{Anybody, Web},
};

/// The provider's template.
const PROVIDER: &str = "AuthorizeNet";

/// Takes the customer's browser back and sends it on to the merchant. What it carries proves nothing: the provider is asked.
#[utoipa::path(get, path = "/api/payments/authorizenet/callback", tag = "Payments", security(()),
    params(("hosted" = String, Query, description = "What Kontor gave the page to bring back", example = "cancelled.4471920385566021")),
    responses((status = 303, description = "On to the merchant's return address"),
        (status = 404, description = "No page of that id was opened here")))]
pub(crate) async fn callback(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    uri: Uri,
) -> Result<Response, Problem> {
    back::of_query(&web, PROVIDER, &uri, actor).await
}

//! Worldpay's hosted page: `POST /api/payments/worldpay/transaction-setup`, and the way back from it.
//!
//! The endpoints that carry the provider's name, for their clients know them by it; what they do is in `hosted`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};

use super::hosted::{BackView, Setup, SetupView, back, open};
use crate::{
    body::RawBody,
    idempotency::Repeat,
    problem::Problem,
    web::{Anybody, Web, Who},
};

/// The provider's template.
const PROVIDER: &str = "WorldPay";

/// Opens the provider's hosted page for a payment, or, for 0.00, for a card that is kept. Nothing is charged until the
/// customer pays there.
#[utoipa::path(post, path = "/api/payments/worldpay/transaction-setup", tag = "Payments", request_body = Setup,
    responses((status = 200, description = "The page", body = SetupView),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "The provider did not answer in time; what came of it is asked for")))]
pub(crate) async fn transaction_setup(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    open(web, who, repeat, body, Some(PROVIDER)).await
}

/// Takes the customer's browser back and sends it on to the merchant. What it carries proves nothing: the provider is asked.
#[utoipa::path(get, path = "/api/payments/worldpay/callback", tag = "Payments", security(()),
    params(("HostedPaymentStatus" = String, Query), ("TransactionSetupID" = String, Query), ("ValidationCode" = Option<String>, Query)),
    responses((status = 303, description = "On to the merchant's return address"),
        (status = 404, description = "No page of that id was opened here")))]
pub(crate) async fn callback_get(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    uri: Uri,
) -> Result<Response, Problem> {
    back::of_query(&web, PROVIDER, &uri, actor).await
}

/// The same as a form post: a browser is sent on, a server gets the result.
#[utoipa::path(post, path = "/api/payments/worldpay/callback", tag = "Payments", security(()),
    request_body(content = String, content_type = "application/x-www-form-urlencoded",
        example = json!("HostedPaymentStatus=Complete&TransactionSetupID=7F3A91C0-5D1E-4B7A-8F61-2C9B0A4D3E17&ValidationCode=8F3D2A")),
    responses((status = 200, description = "The result, for a server", body = BackView),
        (status = 303, description = "On to the merchant's return address, for a browser")))]
pub(crate) async fn callback_post(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    headers: HeaderMap,
    body: RawBody,
) -> Result<Response, Problem> {
    back::of_form(&web, PROVIDER, &headers, &body, actor).await
}

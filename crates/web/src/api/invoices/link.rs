//! `POST /api/invoices/{id}/payment-link`: an address of ours on which whoever has it sees and pays the invoice.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::{Id, invoices::Invoice};
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::{
    amount::Time,
    answer::Answer,
    body::{Fields, RawBody, Request},
    idempotency::Repeat,
    pay::Token,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// Nothing has to be said.
#[derive(ToSchema)]
#[schema(as = NewPaymentLink)]
pub(crate) struct Empty {}

impl Request for Empty {
    const MAY_BE_EMPTY: bool = true;

    fn read(_: &mut Fields) -> Option<Self> {
        Some(Self {})
    }
}

/// A link to a page on which an invoice can be paid.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentLink {
    /// The page. Whoever has the address can see the invoice and pay it.
    #[schema(example = "https://kontor.example/pay/Zk9VbWmcT0a1p7Y5x2Q8sD3fH6jL4nRt")]
    url: String,
    /// 30 days from now.
    expires_at: Time,
}

/// Makes a link to a page on which the invoice can be paid, for 30 days.
#[utoipa::path(post, path = "/api/invoices/{id}/payment-link", tag = "Payment links", params(("id" = String, Path)),
    request_body = Empty, responses((status = 201, description = "The link", body = PaymentLink)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    let invoice = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let Empty {} = body.read()?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = make(&web, &mut change, &who, &invoice).await;
    change.end(&web, result).await
}

async fn make(web: &Web, change: &mut Change, who: &Who, invoice: &Invoice) -> Result<Answer, Problem> {
    let id = Id::new(&web.engine.ambient);
    let token = Token::of(&web.auth_secret, id);
    let link = (id, token.hash());
    let link = (link.0, link.1.as_str());
    let made = web.engine.make_link(change.conn(), who.organization(), &who.actor, invoice.id, link).await?;
    let path = format!("/pay/{}", token.text());
    let base = web.engine.settings.public_url.as_str().trim_end_matches('/');
    Answer::created(&path, &PaymentLink { url: format!("{base}{path}"), expires_at: made.into() })
}

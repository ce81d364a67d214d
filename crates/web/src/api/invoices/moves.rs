//! `POST /api/invoices/{id}/issue`, `/void` and `/cancel`: an invoice from one state to the next.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use kontor_domain::invoices::Invoice;
use kontor_engine::invoices::Revocation;

use super::{View, load, shown};
use crate::{
    answer::Answer,
    body::RawBody,
    etag::ETag,
    idempotency::Repeat,
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who},
};

/// What is done to the invoice.
#[derive(Clone, Copy)]
enum Move {
    Issue,
    Revoke(Revocation),
}

impl Move {
    fn action(self) -> &'static str {
        match self {
            Self::Issue => "invoice.issued",
            Self::Revoke(Revocation::Void) => "invoice.voided",
            Self::Revoke(Revocation::Cancel) => "invoice.cancelled",
        }
    }
}

/// Sends a draft out: it can be paid from now on.
#[utoipa::path(post, path = "/api/invoices/{id}/issue", tag = "Invoices", params(("id" = String, Path)),
    responses((status = 200, description = "The invoice", body = View)))]
pub(crate) async fn issue(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    run(&web, &who, &id, repeat, &body, Move::Issue).await
}

/// Takes a draft or an unpaid invoice back.
#[utoipa::path(post, path = "/api/invoices/{id}/void", tag = "Invoices", params(("id" = String, Path)),
    responses((status = 200, description = "The invoice", body = View)))]
pub(crate) async fn void(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    run(&web, &who, &id, repeat, &body, Move::Revoke(Revocation::Void)).await
}

/// Calls a draft or an unpaid invoice off.
#[utoipa::path(post, path = "/api/invoices/{id}/cancel", tag = "Invoices", params(("id" = String, Path)),
    responses((status = 200, description = "The invoice", body = View)))]
pub(crate) async fn cancel(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    run(&web, &who, &id, repeat, &body, Move::Revoke(Revocation::Cancel)).await
}

async fn run(
    web: &Web,
    who: &Who,
    id: &str,
    repeat: Repeat,
    body: &RawBody,
    how: Move,
) -> Result<Response, Problem> {
    who.caller.staff()?;
    let invoice = load(&mut *web.engine.db.read().await?, who, id).await?;
    let mut change = match Change::begin(web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let result = apply(web, &mut change, who, &invoice, how).await;
    change.end(web, result).await
}

async fn apply(
    web: &Web,
    change: &mut Change,
    who: &Who,
    invoice: &Invoice,
    how: Move,
) -> Result<Answer, Problem> {
    let engine = &web.engine;
    let organization = who.organization();
    let conn = change.conn();
    let moved = match how {
        Move::Issue => engine.issue_invoice(conn, organization, invoice.id).await?,
        Move::Revoke(how) => engine.revoke_invoice(conn, organization, invoice.id, how).await?,
    };
    engine.audit_invoice(conn, organization, &who.actor, how.action(), moved.id).await?;
    Ok(Answer::ok(&shown(conn, organization, &moved).await?)?.tagged(ETag::new(moved.version)))
}

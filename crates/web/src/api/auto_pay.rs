//! `/api/customers/{customerNumber}/auto-pay` and `/api/auto-pay/charges`: who agreed to be charged, and what is planned.

mod view;

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use kontor_domain::{
    auto_pay::{Charge, Status},
    customers::Customer,
};
use kontor_engine::auto_pay::Agreement;
use kontor_store::{Conn, auto_pay, customers, payment_methods};
use utoipa::ToSchema;

pub(crate) use view::{ChargeView, View};

use super::{BY_CREATION, slice, status, whose};
use crate::{
    answer::Answer,
    body::{Fields, RawBody, Request},
    etag::{ETag, IfMatch},
    idempotency::Repeat,
    page::{Envelope, Page},
    problem::Problem,
    repeat::{Change, Claimed},
    web::{Params, Web, Who, parsed},
};

/// Whether a customer's invoices are to be charged by themselves.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AutoPayChange)]
pub(crate) struct Put {
    /// Whether they are.
    #[schema(value_type = bool, example = false)]
    is_enabled: bool,
    /// Required to switch it on.
    #[schema(value_type = Option<AgreementView>)]
    consent: Option<AgreementView>,
}

/// What the customer agreed to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = AutoPayAgreement)]
pub(crate) struct AgreementView {
    /// Who agreed, by name.
    #[schema(example = "Anna Petersen")]
    accepted_by: String,
    /// The words that were agreed to.
    #[schema(example = "I agree that open invoices are charged to my default card on the day they are due.")]
    text: String,
}

impl Request for AgreementView {
    fn read(fields: &mut Fields) -> Option<Self> {
        let accepted_by = fields.required("acceptedBy").text(1..=200);
        let text = fields.required("text").lines(1..=4_000);
        Some(Self { accepted_by: accepted_by?, text: text? })
    }
}

impl Request for Put {
    fn read(fields: &mut Fields) -> Option<Self> {
        let is_enabled = fields.required("isEnabled").boolean();
        let consent = fields.optional("consent").object();
        Some(Self { is_enabled: is_enabled?, consent })
    }
}

fn missing() -> Problem {
    Problem::not_found("auto_pay_charge_not_found")
}

async fn customer(conn: &mut Conn, who: &Who, number: &str) -> Result<Customer, Problem> {
    let found = customers::get(conn, who.organization(), number).await?;
    found.ok_or_else(|| Problem::not_found("customer_not_found"))
}

async fn shown(conn: &mut Conn, who: &Who, customer: &Customer) -> Result<Answer, Problem> {
    let setting = auto_pay::get(conn, who.organization(), customer.id).await?;
    let method = payment_methods::default_of(conn, who.organization(), customer.id).await?;
    let version = setting.as_ref().map_or(0, |it| it.version);
    let view = View::of(customer, setting.as_ref(), method.as_ref());
    // No If-None-Match: the default method changes without this one's version.
    Ok(Answer::ok(&view)?.tagged(ETag::new(version)))
}

/// Tells whether a customer's invoices are charged by themselves, and what was agreed to.
#[utoipa::path(get, path = "/api/customers/{customerNumber}/auto-pay", tag = "AutoPay",
    params(("customerNumber" = String, Path)),
    responses((status = 200, description = "How it stands; off where nobody ever set it", body = View)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(number): Params<String>,
) -> Result<Answer, Problem> {
    who.caller.for_customer(&number)?;
    let mut conn = web.engine.db.read().await?;
    let customer = customer(&mut conn, &who, &number).await?;
    shown(&mut conn, &who, &customer).await
}

/// Switches it on or off. On needs the customer's agreement and a default payment method: open invoices are charged to
/// it on the day they are due, a declined one again after 3, 5 and 7 days. Off calls everything off that still waits.
#[utoipa::path(put, path = "/api/customers/{customerNumber}/auto-pay", tag = "AutoPay",
    params(("customerNumber" = String, Path)), request_body = Put,
    responses((status = 200, description = "How it stands now", body = View),
        (status = 409, description = "The customer has no default payment method")))]
pub(crate) async fn put(
    State(web): State<Arc<Web>>,
    who: Who,
    if_match: IfMatch,
    Params(number): Params<String>,
    body: RawBody,
) -> Result<Answer, Problem> {
    who.caller.for_customer(&number)?;
    let organization = who.organization();
    let customer = customer(&mut *web.engine.db.read().await?, &who, &number).await?;
    let asked: Put = body.read()?;
    let agreement = asked.consent.map(|it| Agreement { accepted_by: it.accepted_by, text: it.text });
    let mut tx = web.engine.db.write().await?;
    let before = auto_pay::hold(&mut tx, organization, customer.id).await?;
    if_match.check(before.as_ref().map_or(0, |it| it.version))?;
    let wish = (asked.is_enabled, agreement);
    web.engine.set_auto_pay(&mut tx, organization, &who.actor, &customer, before, wish).await?;
    let answer = shown(&mut tx, &who, &customer).await?;
    tx.commit_at("auto_pay.set").await?;
    Ok(answer)
}

/// Lists what is planned, tried and done, one row an invoice. A Customer sees its own.
#[utoipa::path(get, path = "/api/auto-pay/charges", tag = "AutoPay", params(("customerNumber" = Option<String>, Query),
    ("invoiceId" = Option<String>, Query), ("status" = Option<String>, Query), ("pageSize" = Option<u32>, Query),
    ("pageNumber" = Option<u32>, Query), ("cursor" = Option<String>, Query), ("sortOn" = Option<String>, Query),
    ("sortDirection" = Option<String>, Query)),
    responses((status = 200, description = "A page of charges", body = Envelope<ChargeView>)))]
pub(crate) async fn list(State(web): State<Arc<Web>>, who: Who, uri: Uri) -> Result<Answer, Problem> {
    let customer_number = whose(&uri, &who)?;
    let page = Page::of(&uri, BY_CREATION)?;
    let filter = auto_pay::Filter {
        customer_number,
        invoice_id: parsed(&uri, "invoiceId", "must be an invoice's id", |text| text.parse().ok())?,
        status: status(&uri, Status::ALL)?,
    };
    let mut conn = web.engine.db.read().await?;
    let found = auto_pay::list(&mut conn, who.organization(), &filter, &slice(&page)?).await?;
    let at = |it: &Charge| page.cursor(it.created_at, it.id);
    let total = found.count();
    let rows = page.envelope(found.rows, total, BY_CREATION, at);
    Answer::ok(&rows.map(|it| ChargeView::of(&it)))
}

async fn load(conn: &mut Conn, who: &Who, id: &str) -> Result<Charge, Problem> {
    let id = id.parse().map_err(|_| missing())?;
    let own = who.caller.own_customer()?;
    let found = auto_pay::get_charge(conn, who.organization(), id).await?;
    found.filter(|it| own.is_none_or(|own| own == it.customer_number)).ok_or_else(missing)
}

/// Reads one.
#[utoipa::path(get, path = "/api/auto-pay/charges/{id}", tag = "AutoPay", params(("id" = String, Path)),
    responses((status = 200, description = "The charge", body = ChargeView)))]
pub(crate) async fn get_charge(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
) -> Result<Answer, Problem> {
    let charge = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    Ok(Answer::ok(&ChargeView::of(&charge))?.tagged(ETag::new(charge.version)))
}

/// Calls one off. The invoice stays open and is charged no more by itself.
#[utoipa::path(post, path = "/api/auto-pay/charges/{id}/cancel", tag = "AutoPay", params(("id" = String, Path)),
    responses((status = 200, description = "The charge", body = ChargeView),
        (status = 409, description = "It is not waiting any more: the detail says how it stands")))]
pub(crate) async fn cancel(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    let planned = load(&mut *web.engine.db.read().await?, &who, &id).await?;
    let mut change = match Change::begin(&web, who.organization(), repeat, body.bytes()?).await? {
        Claimed::New(change) => change,
        Claimed::Done(response) => return Ok(response),
    };
    let conn = change.conn();
    let ended = web.engine.cancel_auto_pay(conn, who.organization(), &who.actor, planned.id).await;
    let result = match ended {
        Ok(it) => Answer::ok(&ChargeView::of(&it)).map(|answer| answer.tagged(ETag::new(it.version))),
        Err(error) => Err(error.into()),
    };
    change.end(&web, result).await
}

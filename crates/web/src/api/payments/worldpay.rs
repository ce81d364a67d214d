//! Worldpay's hosted page: `POST /api/payments/worldpay/transaction-setup`, and the way back from it.
//!
//! The only endpoints that carry a provider's name, for their clients know them by it.

mod back;
mod request;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kontor_domain::{customers::Customer, ids::InvoiceId};
use kontor_engine::hosted::{Order, Page};
use kontor_store::{Conn, customers, idempotency, invoices, organizations};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use back::{__path_callback_get, __path_callback_post, callback_get, callback_post};
use request::Setup;

use crate::{
    answer::Answer,
    api::settings::may_return_to,
    body::RawBody,
    idempotency::Repeat,
    problem::{Errors, Problem},
    repeat::{Claimed, claim_for_call, kept_or_500, refused},
    web::{Web, Who},
};

/// The provider's template.
const PROVIDER: &str = "WorldPay";

/// A page that is ready.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupView {
    /// The provider's id of the page; good for ten minutes.
    #[schema(example = "3FA0C1D2-7B4E-4C8A-9F10-2D3E4F5A6B7C")]
    transaction_setup_id: String,
    /// Where to send the customer's browser.
    hosted_payment_url: String,
    /// The payment that was written down.
    payment_id: String,
    /// What is paid; null where the payment is kept as the customer's credit.
    invoice_id: Option<String>,
}

impl SetupView {
    fn of(page: &Page) -> Self {
        Self {
            transaction_setup_id: page.setup_id.clone(),
            hosted_payment_url: page.url.clone(),
            payment_id: page.payment.id.to_string(),
            invoice_id: page.payment.invoice_id.map(|id| id.to_string()),
        }
    }
}

/// Opens the provider's hosted page for a payment. Nothing is charged until the customer pays there.
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
    who.caller.own_customer()?;
    // Whose payment it is comes before what else is wrong with it.
    if let Some(number) = body.peek("customerNumber") {
        who.caller.for_customer(&number)?;
    }
    let asked: Setup = body.read()?;
    who.caller.for_customer(&asked.customer_number)?;
    let order = order(&web, &who, asked).await?;
    let key = repeat.key(who.organization(), body.bytes()?)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    // What was claimed must be ended also when the caller hangs up: a task of its own does not go with the request.
    let task = tokio::spawn(open(Arc::clone(&web), who, order, key, repeat.trace_id));
    task.await.map_err(Problem::internal)?
}

async fn open(
    web: Arc<Web>,
    who: Who,
    order: Order,
    key: Option<idempotency::Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let answer = |page: &Page| kept_or_500(Answer::ok(&SetupView::of(page)));
    let opened = web.engine.open_hosted(who.organization(), &who.actor, order, key.as_ref(), answer).await;
    match opened {
        Ok(page) => Ok(Answer::ok(&SetupView::of(&page))?.into_response()),
        // Nobody can have paid on a page that nobody was sent to, so the same key may try again.
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}

/// What is to be paid, after everything that can be checked without the provider.
async fn order(web: &Web, who: &Who, asked: Setup) -> Result<Order, Problem> {
    let mut conn = web.engine.db.read().await?;
    let organization = organizations::get(&mut conn, who.organization()).await?;
    let organization = organization.ok_or_else(|| Problem::not_found("organization_not_found"))?;
    let mut errors = Errors::new();
    if !may_return_to(&organization, &asked.return_url, web.engine.settings.production) {
        let words = "must be on one of the organization's return origins (see the organization's settings)";
        errors.insert("applicationReturnUrl".to_owned(), vec![words.to_owned()]);
    }
    if let Some(words) = asked.market_code.as_deref().and_then(|code| unknown_market(web, code)) {
        errors.insert("marketCode".to_owned(), vec![words]);
    }
    if !errors.is_empty() {
        return Err(Problem::validation(errors));
    }
    let customer = customers::get(&mut conn, who.organization(), &asked.customer_number).await?;
    let customer = customer.ok_or_else(|| Problem::not_found("customer_not_found"))?;
    let invoice = invoice(&mut conn, who, &customer, &asked).await?;
    Ok(Order {
        provider: PROVIDER.to_owned(),
        invoice: invoice.as_ref().map(|(id, _)| *id),
        amount: asked.amount,
        return_url: asked.return_url.into(),
        market_code: asked.market_code,
        is_default: asked.is_default,
        description: invoice.map(|(_, number)| format!("Invoice {number}")),
        company_name: organization.name,
        customer,
    })
}

/// What is wrong with a market that the provider's template does not list.
fn unknown_market(web: &Web, code: &str) -> Option<String> {
    let provider = web.engine.registry.get(PROVIDER)?;
    let template = provider.template();
    let markets = &template.configuration_fields.iter().find(|it| it.key == "MarketCode")?.options;
    let known = markets.iter().any(|it| it.eq_ignore_ascii_case(code));
    (!known).then(|| format!("must be one of: {}", markets.join(", ")))
}

/// The invoice that is meant: the one that is named, else the customer's oldest one with exactly this balance.
async fn invoice(
    conn: &mut Conn,
    who: &Who,
    customer: &Customer,
    asked: &Setup,
) -> Result<Option<(InvoiceId, String)>, Problem> {
    let missing = || Problem::not_found("invoice_not_found");
    let found = match (&asked.invoice_id, &asked.invoice_number) {
        (Some(id), _) => {
            let id = id.parse().map_err(|_| missing())?;
            Some(invoices::get(conn, who.organization(), id).await?.ok_or_else(missing)?)
        }
        (None, Some(number)) => {
            Some(invoices::by_number(conn, who.organization(), number).await?.ok_or_else(missing)?)
        }
        (None, None) => {
            let number = &customer.customer_number;
            invoices::oldest_with_balance(conn, who.organization(), number, asked.amount).await?
        }
    };
    let foreign = found.as_ref().is_some_and(|it| it.customer_number != customer.customer_number);
    if foreign {
        return Err(missing());
    }
    Ok(found.map(|it| (it.id, it.invoice_number)))
}

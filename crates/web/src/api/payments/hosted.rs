//! `POST /api/payments/hosted-setup`: a payment, or a card that is kept, on a provider's own page. The same for every
//! provider that has one.

pub(crate) mod back;
mod post;
mod request;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kontor_domain::{Currency, Money, customers::Customer, ids::InvoiceId};
use kontor_engine::{
    hosted::{Order, Page},
    payment_methods::{
        page::{PageOrder, ReadyPage},
        save::SAVING,
    },
};
use kontor_providers::{Provider, Vaulting};
use kontor_store::{
    Conn, customers, idempotency,
    integrations::Integration,
    invoices,
    organizations::{self, Organization},
};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use back::BackView;
pub(crate) use post::{__path_page, page};
pub(crate) use request::{HostedSetup, Setup};

use crate::{
    answer::Answer,
    api::settings::may_return_to,
    body::{Fields, RawBody, Request as _},
    idempotency::Repeat,
    problem::{Errors, Problem},
    repeat::{Claimed, claim_for_call, kept_or_500, refused},
    web::{Web, Who},
};

/// What an integration is looked for.
const PAYING: &str = "hosted payments";

/// A page that is ready.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetupView {
    /// The provider's id of the page; good for ten minutes, or as long as the provider's pages are.
    #[schema(example = "3FA0C1D2-7B4E-4C8A-9F10-2D3E4F5A6B7C")]
    transaction_setup_id: String,
    /// Where to send the customer's browser.
    hosted_payment_url: String,
    #[schema(example = "WorldPay")]
    provider: String,
    /// The payment that was written down; null where a card is kept and nothing paid.
    payment_id: Option<String>,
    /// What is paid; null where the payment is kept as the customer's credit.
    invoice_id: Option<String>,
}

impl SetupView {
    fn of(page: &Page) -> Self {
        Self {
            transaction_setup_id: page.setup_id.clone(),
            hosted_payment_url: page.url.clone(),
            provider: page.payment.provider.clone().unwrap_or_default(),
            payment_id: Some(page.payment.id.to_string()),
            invoice_id: page.payment.invoice_id.map(|id| id.to_string()),
        }
    }

    fn of_card(page: &ReadyPage) -> Self {
        Self {
            transaction_setup_id: page.setup_id.clone(),
            hosted_payment_url: page.url.clone(),
            provider: page.provider.clone(),
            payment_id: None,
            invoice_id: None,
        }
    }
}

/// Opens a provider's hosted page for a payment, or, for 0.00, for a card that is kept. Nothing is charged until the
/// customer pays there.
///
/// Where the provider's page has to be posted to, the address is one of Kontor's own that does that.
#[utoipa::path(post, path = "/api/payments/hosted-setup", tag = "Payments", request_body = HostedSetup,
    responses((status = 200, description = "The page", body = SetupView),
        (status = 502, description = "The provider cannot be reached, or makes no sense"),
        (status = 504, description = "The provider did not answer in time; what came of it is asked for")))]
pub(crate) async fn hosted_setup(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    open(web, who, repeat, body, None).await
}

/// What is asked for, once everything is checked that can be without the provider.
enum Work {
    Pay(Box<Order>),
    Keep(Box<Integration>, Box<PageOrder>),
}

/// Opens a page, of the `fixed` provider or of the one that the body names.
pub(super) async fn open(
    web: Arc<Web>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
    fixed: Option<&'static str>,
) -> Result<Response, Problem> {
    who.caller.own_customer()?;
    // Whose payment it is comes before what else is wrong with it.
    if let Some(number) = body.peek("customerNumber") {
        who.caller.for_customer(&number)?;
    }
    let read = |fields: &mut Fields| match fixed {
        Some(_) => Setup::read(fields).map(|asked| (asked, fixed.map(str::to_owned))),
        None => request::read_with_provider(fields, &web.engine.registry),
    };
    let ((asked, provider), _) = body.read_by(read)?;
    who.caller.for_customer(&asked.customer_number)?;
    let work = work(&web, &who, asked, provider.as_deref()).await?;
    let key = repeat.key(who.organization(), body.bytes()?)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    // What was claimed must be ended also when the caller hangs up: a task of its own does not go with the request.
    let task = tokio::spawn(call(Arc::clone(&web), who, work, key, repeat.trace_id));
    task.await.map_err(Problem::internal)?
}

async fn call(
    web: Arc<Web>,
    who: Who,
    work: Work,
    key: Option<idempotency::Key>,
    trace_id: String,
) -> Result<Response, Problem> {
    let (organization, actor, kept) = (who.organization(), &who.actor, key.as_ref());
    let opened = match work {
        Work::Pay(order) => {
            let answer = |page: &Page| kept_or_500(Answer::ok(&SetupView::of(page)));
            let page = web.engine.open_hosted(organization, actor, *order, kept, answer).await;
            page.map(|page| SetupView::of(&page))
        }
        Work::Keep(integration, order) => {
            let answer = |page: &ReadyPage| kept_or_500(Answer::ok(&SetupView::of_card(page)));
            let page =
                web.engine.open_card_page(organization, actor, &integration, *order, kept, answer).await;
            page.map(|page| SetupView::of_card(&page))
        }
    };
    match opened {
        Ok(view) => Ok(Answer::ok(&view)?.into_response()),
        // Nobody can have paid on a page that nobody was sent to, so the same key may try again.
        Err(error) => refused(&web, key, error.into(), &trace_id).await,
    }
}

/// What is to be done, after everything that can be checked without the provider.
async fn work(web: &Web, who: &Who, asked: Setup, provider: Option<&str>) -> Result<Work, Problem> {
    let keeping = asked.amount.is_zero();
    let mut conn = web.engine.db.read().await?;
    let organization = organizations::get(&mut conn, who.organization()).await?;
    let organization = organization.ok_or_else(|| Problem::not_found("organization_not_found"))?;
    check(web, &asked, &organization, provider)?;
    let customer = customers::get(&mut conn, who.organization(), &asked.customer_number).await?;
    let customer = customer.ok_or_else(|| Problem::not_found("customer_not_found"))?;
    let invoice = if keeping { None } else { invoice(&mut conn, who, &customer, &asked).await? };
    drop(conn);
    if keeping {
        let chosen =
            web.engine.choose_integration(who.organization(), provider, SAVING, keeps_on_page).await?;
        let order = PageOrder {
            customer,
            return_url: asked.return_url.into(),
            market_code: asked.market_code,
            is_default: asked.is_default,
            company_name: organization.name,
            billing: None,
        };
        return Ok(Work::Keep(Box::new(chosen.0), Box::new(order)));
    }
    let (integration, _) =
        web.engine.choose_integration(who.organization(), provider, PAYING, has_page).await?;
    Ok(Work::Pay(Box::new(Order {
        provider: integration.provider,
        invoice: invoice.as_ref().map(|(id, _)| *id),
        amount: asked.amount,
        return_url: asked.return_url.into(),
        market_code: asked.market_code,
        save_card: asked.save_payment_method,
        is_default: asked.is_default,
        description: invoice.map(|(_, number)| format!("Invoice {number}")),
        company_name: organization.name,
        customer,
    })))
}

/// Whether a provider has a page to pay on.
pub(crate) fn has_page(provider: &dyn Provider) -> bool {
    provider.hosted().is_some()
}

/// Whether a provider has a page on which a card is typed to be kept.
fn keeps_on_page(provider: &dyn Provider) -> bool {
    has_page(provider) && provider.vaulting().is_some_and(Vaulting::prefers_page)
}

/// All that is wrong with it and takes the organization or the provider to see.
fn check(
    web: &Web,
    asked: &Setup,
    organization: &Organization,
    provider: Option<&str>,
) -> Result<(), Problem> {
    let mut errors = Errors::new();
    if !may_return_to(organization, &asked.return_url, web.engine.settings.production) {
        let words = "must be on one of the organization's return origins (see the organization's settings)";
        errors.insert("applicationReturnUrl".to_owned(), vec![words.to_owned()]);
    }
    let provider = provider.and_then(|name| web.engine.registry.get(name));
    if let Some(words) =
        asked.market_code.as_deref().and_then(|code| unknown_market(provider.as_deref()?, code))
    {
        errors.insert("marketCode".to_owned(), vec![words]);
    }
    if asked.amount == Money::zero(Currency::USD) && provider.is_some_and(|it| !keeps_on_page(&*it)) {
        let words = "must be more than zero: this provider keeps cards without a page (POST /api/payments/payment-methods)";
        errors.insert("transactionAmount".to_owned(), vec![words.to_owned()]);
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::validation(errors)) }
}

/// What is wrong with a market that the provider's template does not list.
fn unknown_market(provider: &dyn Provider, code: &str) -> Option<String> {
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

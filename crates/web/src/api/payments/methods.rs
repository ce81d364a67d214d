//! `/api/payments/payment-methods`: cards that a provider keeps for a customer.
//!
//! A card number is read into the one type that wipes it and goes to the provider; no answer, row or log has it.

mod request;
mod view;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use kontor_domain::{customers::Customer, ids::PaymentMethodId, payment_methods::PaymentMethod};
use kontor_engine::payment_methods::{
    page::{PageOrder, ReadyPage},
    save::{NewCard, SAVING},
};
use kontor_providers::{Provider, Vaulting};
use kontor_store::{Conn, customers, idempotency, integrations::Integration, organizations, payment_methods};

use request::{Asked, NewMethod};
pub(crate) use view::{MethodView, SavedView};

use crate::{
    answer::Answer,
    api::settings::may_return_to,
    body::RawBody,
    etag::{ETag, IfMatch},
    idempotency::Repeat,
    problem::Problem,
    repeat::{Claimed, claim_for_call, kept_or_500, refused},
    web::{Params, Web, Who},
};

fn missing() -> Problem {
    Problem::not_found("payment_method_not_found")
}

/// One that the caller may see. A foreign one, another customer's, and one that was given up, are absent.
async fn load(conn: &mut Conn, who: &Who, id: &str) -> Result<PaymentMethod, Problem> {
    let id: PaymentMethodId = id.parse().map_err(|_| missing())?;
    let own = who.caller.own_customer()?;
    let found = payment_methods::get(conn, who.organization(), id).await?;
    let may = |it: &PaymentMethod| it.is_active && own.is_none_or(|own| own == it.customer_number);
    found.filter(may).ok_or_else(missing)
}

/// Lists a customer's saved cards: the default first, then the newest.
#[utoipa::path(get, path = "/api/payments/payment-methods/{id}", tag = "Payment methods",
    params(("id" = String, Path, description = "The customer's number", example = "CUST-1001")),
    responses((status = 200, description = "The cards", body = Vec<MethodView>)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(number): Params<String>,
) -> Result<Answer, Problem> {
    who.caller.for_customer(&number)?;
    let mut conn = web.engine.db.read().await?;
    let customer = customers::get(&mut conn, who.organization(), &number).await?;
    let customer = customer.ok_or_else(|| Problem::not_found("customer_not_found"))?;
    let all = payment_methods::list(&mut conn, who.organization(), customer.id).await?;
    Answer::ok(&all.iter().map(MethodView::of).collect::<Vec<_>>())
}

/// Makes a saved card its customer's default, in the place of whichever is.
#[utoipa::path(put, path = "/api/payments/payment-methods/{id}/default", tag = "Payment methods",
    params(("id" = String, Path, description = "The saved card's id", example = "pm_0192f0c1e4b87c3a9d5e6f708192a3b4")),
    responses((status = 200, description = "The card", body = MethodView)))]
pub(crate) async fn make_default(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    if_match: IfMatch,
) -> Result<Answer, Problem> {
    let mut tx = web.engine.db.write().await?;
    let it = load(&mut tx, &who, &id).await?;
    if_match.check(it.version)?;
    let it = web.engine.make_default(&mut tx, who.organization(), &who.actor, it.id).await?;
    tx.commit_at("card.default").await?;
    Ok(Answer::ok(&MethodView::of(&it))?.tagged(ETag::new(it.version)))
}

/// Gives a saved card up at once; its provider is asked to forget it until that is done.
#[utoipa::path(delete, path = "/api/payments/payment-methods/{id}", tag = "Payment methods",
    params(("id" = String, Path, description = "The saved card's id", example = "pm_0192f0c1e4b87c3a9d5e6f708192a3b4")),
    responses((status = 204, description = "Given up")))]
pub(crate) async fn delete(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(id): Params<String>,
    if_match: IfMatch,
) -> Result<Answer, Problem> {
    let mut tx = web.engine.db.write().await?;
    let it = load(&mut tx, &who, &id).await?;
    if_match.check(it.version)?;
    web.engine.give_up_method(&mut tx, who.organization(), &who.actor, it.id).await?;
    tx.commit_at("card.given_up").await?;
    Ok(Answer::no_content())
}

/// Whether a provider keeps cards.
fn keeps_cards(provider: &dyn Provider) -> bool {
    provider.vaulting().is_some()
}

/// Saves a card.
///
/// Where the provider takes cards from Kontor, the card is checked and kept at once. Where it takes them on its own
/// page alone, the answer says where to send the customer's browser, and the card's fields are not looked at.
#[utoipa::path(post, path = "/api/payments/payment-methods", tag = "Payment methods", request_body = NewMethod,
    responses((status = 200, description = "The card, or where it is typed", body = SavedView),
        (status = 422, description = "The card was declined"),
        (status = 502, description = "The provider cannot be reached, or makes no sense; the same request may be sent again"),
        (status = 504, description = "The provider did not answer in time; the same request may be sent again")))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    who: Who,
    repeat: Repeat,
    body: RawBody,
) -> Result<Response, Problem> {
    who.caller.own_customer()?;
    // Whose card it is comes before what else is wrong with it.
    if let Some(number) = body.peek("customerNumber") {
        who.caller.for_customer(&number)?;
    }
    let named = body.peek("provider").and_then(|it| web.engine.registry.get(&it));
    let named = named.map(|it| it.template().provider.clone());
    let chosen =
        web.engine.choose_integration(who.organization(), named.as_deref(), SAVING, keeps_cards).await;
    let page = chosen.as_ref().is_ok_and(|(_, it)| it.vaulting().is_some_and(Vaulting::prefers_page));
    let now = web.engine.ambient.now();
    let read = |fields: &mut crate::body::Fields| request::read(fields, &web, page, now);
    let (asked, _) = body.read_by(read)?;
    who.caller.for_customer(&asked.customer_number)?;
    let customer = {
        let mut conn = web.engine.db.read().await?;
        let found = customers::get(&mut conn, who.organization(), &asked.customer_number).await?;
        found.ok_or_else(|| Problem::not_found("customer_not_found"))?
    };
    let (integration, _) = chosen?;
    let company_name = if page { Some(shop(&web, &who, &asked).await?) } else { None };
    let key = repeat.key_of_card(who.organization(), body.bytes()?, &web.auth_secret)?;
    if let Claimed::Done(response) = claim_for_call(&web, key.as_ref(), &repeat.trace_id).await? {
        return Ok(response);
    }
    drop(body);
    // What was claimed must be ended also when the caller hangs up.
    let (web, trace_id) = (Arc::clone(&web), repeat.trace_id);
    let task = tokio::spawn(async move {
        let ask = Ask { who, integration, customer, key, trace_id };
        match (company_name, asked.what) {
            (Some(company_name), _) => {
                let order = PageOrder {
                    customer: ask.customer.clone(),
                    return_url: asked.return_url.into(),
                    market_code: None,
                    is_default: asked.is_default,
                    company_name,
                    billing: asked.billing,
                };
                open(&web, ask, order).await
            }
            (None, Some(what)) => {
                let email = asked.email.or_else(|| ask.customer.company_email.clone());
                let new = NewCard {
                    customer: ask.customer.clone(),
                    what,
                    email,
                    billing: asked.billing,
                    is_default: asked.is_default,
                };
                save(&web, ask, new).await
            }
            (None, None) => Err(Problem::internal("a card that was not read")),
        }
    });
    task.await.map_err(Problem::internal)?
}

/// Whose request it is, and for what.
struct Ask {
    who: Who,
    integration: Integration,
    customer: Customer,
    key: Option<idempotency::Key>,
    trace_id: String,
}

/// The organization's name, if browsers may be sent to where the caller wants.
async fn shop(web: &Web, who: &Who, asked: &Asked) -> Result<String, Problem> {
    let mut conn = web.engine.db.read().await?;
    let organization = organizations::get(&mut conn, who.organization()).await?;
    let organization = organization.ok_or_else(|| Problem::not_found("organization_not_found"))?;
    if may_return_to(&organization, &asked.return_url, web.engine.settings.production) {
        return Ok(organization.name);
    }
    let words = "must be on one of the organization's return origins (see the organization's settings)";
    Err(Problem::invalid("returnUrl", words))
}

async fn open(web: &Web, ask: Ask, order: PageOrder) -> Result<Response, Problem> {
    let (organization, actor) = (ask.who.organization(), &ask.who.actor);
    let answer = |it: &ReadyPage| kept_or_500(Answer::ok(&SavedView::page(it)));
    let key = ask.key.as_ref();
    match web.engine.open_card_page(organization, actor, &ask.integration, order, key, answer).await {
        Ok(page) => Ok(Answer::ok(&SavedView::page(&page))?.into_response()),
        Err(error) => refused(web, ask.key, error.into(), &ask.trace_id).await,
    }
}

async fn save(web: &Web, ask: Ask, new: NewCard) -> Result<Response, Problem> {
    let (organization, actor) = (ask.who.organization(), &ask.who.actor);
    let answer = |it: &PaymentMethod| kept_or_500(Answer::ok(&SavedView::saved(it)));
    match web.engine.save_card(organization, actor, &ask.integration, new, ask.key.as_ref(), answer).await {
        Ok(it) => Ok(Answer::ok(&SavedView::saved(&it))?.into_response()),
        // Saving is no charge: the same key may try again, and finds at the provider what came of this try.
        Err(error) => refused(web, ask.key, error.into(), &ask.trace_id).await,
    }
}

//! Whoever keeps the simulated company's books: as soon as the story's customer turns up there, another telephone number
//! is written down there, which then comes back.
//!
//! Plays a person at the provider's own interface, past Kontor. Refuses to do it twice.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use kontor_domain::{ids::OrganizationId, sync::State};
use kontor_engine::Engine;
use kontor_providers::{
    books::Kind,
    http::{Call, Method},
};
use kontor_store::{
    customers, integrations,
    sync::{self, links},
};
use serde_json::{Value, json};
use url::Url;

/// What is written down there.
pub(super) const PHONE: &str = "(555) 010-3107";
/// How often it is looked whether the customer is there.
const LOOK: Duration = Duration::from_millis(500);

/// Keeps the books of the company that the organization is connected to; ends when its work is done.
pub(super) async fn keep(engine: Arc<Engine>, organization: OrganizationId, customer: &str, place: &str) {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tick.tick().await;
        match edit(&engine, organization, customer, place).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "the demo's bookkeeper gave up");
                return;
            }
        }
    }
}

/// Whether it is done.
async fn edit(
    engine: &Engine,
    organization: OrganizationId,
    number: &str,
    place: &str,
) -> anyhow::Result<bool> {
    let (company, id) = {
        let mut conn = engine.db.read().await?;
        let customer = customers::get(&mut conn, organization, number).await?;
        let customer = customer.context("the customer was not seeded")?;
        if customer.company_phone.as_deref() == Some(PHONE) {
            return Ok(true);
        }
        let found = integrations::enabled(&mut conn, organization, "QuickBooks").await?;
        let Some(integration) = found.map(|it| it.id) else { return Ok(true) };
        let Some(state) = sync::get(&mut conn, organization, integration).await? else { return Ok(false) };
        let (kind, local) = (Kind::Customer.as_str(), customer.id.to_string());
        let link = links::of_local(&mut conn, organization, integration, kind, &local).await?;
        let there = link.filter(|it| it.state == State::Synced).and_then(|it| it.remote_id);
        let Some(id) = there else { return Ok(false) };
        (state.company, id)
    };
    let list = Url::parse(place)?.join(&format!("/_sim/quickbooks/{company}/objects/Customer"))?;
    let one = Url::parse(&format!("{list}/{id}"))?;
    let read = engine.http.send(Call::new(Method::Get, &one)).await?;
    let read: Value = serde_json::from_slice(&read.body).context("the customer there")?;
    let mut there = read.get("object").cloned().context("the customer is not there")?;
    let fields = there.as_object_mut().context("the customer is no object")?;
    fields.insert("PrimaryPhone".to_owned(), json!({ "FreeFormNumber": PHONE }));
    let body = json!({ "operation": "save", "object": there }).to_string();
    let call = Call { body: body.into_bytes().into(), ..Call::new(Method::Post, &list) };
    let answer = engine.http.send(call).await?;
    anyhow::ensure!(answer.status == 200, "the number was not taken there: {}", answer.status);
    Ok(true)
}

//! The integrations that the demo starts with: one of each simulated provider, tested, with its books connected.
//!
//! A consent is given as its owner gives it: on the provider's page, and back with what the page says. Refuses to
//! write a connection by hand, so that the demo's is one that any merchant can make.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use kontor_domain::{
    Id, Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::{ConnectionStatus, TestStatus},
};
use kontor_engine::{Actor, Engine};
use kontor_providers::http::{Call, Method};
use kontor_simulators::quickbooks;
use kontor_store::{integrations, integrations::Integration};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// The provider whose consent is asked.
const BOOKS: &str = "QuickBooks";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What is seeded of a provider.
struct Seed<'a> {
    provider: &'static str,
    name: &'static str,
    /// The simulator's credentials, keys as in the template.
    keys: Option<&'a Value>,
}

/// Seeds what is missing in the organization that takes this place in the simulators' lists of merchants.
pub(super) async fn seed(
    engine: &Arc<Engine>,
    organization: OrganizationId,
    credentials: &Value,
    place: usize,
) -> anyhow::Result<()> {
    let keys = |simulator: &str| credentials.get(simulator).and_then(|it| it.get(place));
    // The newest is the first of a list, and cards are what most look for.
    for seed in [
        Seed { provider: BOOKS, name: "QuickBooks Online (simulated)", keys: None },
        Seed { provider: "AuthorizeNet", name: "Authorize.Net (simulated)", keys: keys("authorizeNet") },
        Seed { provider: "WorldPay", name: "Worldpay (simulated)", keys: keys("worldpay") },
    ] {
        let (integration, is_new) = match enabled(engine, organization, seed.provider).await? {
            Some(found) => (found, false),
            None => (create(engine, organization, &seed).await?, true),
        };
        let connect = matches!(
            integration.connection_status,
            ConnectionStatus::NotConnected | ConnectionStatus::NeedsReauthorization
        );
        if connect {
            let company = quickbooks::companies().nth(place).context("the simulator has no such company")?;
            consent(engine, organization, &integration, company).await?;
        }
        if is_new || connect {
            let report = engine.test_integration(organization, &actor(), integration.id).await?;
            anyhow::ensure!(report.success, "the seeded {} does not work: {}", seed.name, report.details);
        }
    }
    Ok(())
}

fn actor() -> Actor {
    Actor::system()
}

/// The integration whose books are kept in step.
pub(super) async fn books(engine: &Engine, organization: OrganizationId) -> anyhow::Result<IntegrationId> {
    Ok(enabled(engine, organization, BOOKS).await?.context("the integration was not seeded")?.id)
}

async fn enabled(
    engine: &Engine,
    organization: OrganizationId,
    provider: &str,
) -> anyhow::Result<Option<Integration>> {
    Ok(integrations::enabled(&mut *engine.db.read().await?, organization, provider).await?)
}

/// An integration with the simulator's credentials.
async fn create(
    engine: &Arc<Engine>,
    organization: OrganizationId,
    seed: &Seed<'_>,
) -> anyhow::Result<Integration> {
    let provider = engine.registry.get(seed.provider).context("this Kontor has no such provider")?;
    let template = provider.template();
    let (mut given, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    for (key, value) in seed.keys.and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().context("a credential is no text")?.to_owned();
        if template.secret_fields.iter().any(|it| it.key == *key) {
            secrets.insert(key.clone(), Secret::new(text));
        } else {
            given.insert(key.clone(), Some(text));
        }
    }
    let configuration = template
        .check_configuration(&given, None)
        .map_err(|wrong| anyhow::anyhow!("the seeded configuration does not fit its template: {wrong:?}"))?;
    let connection_status = match provider.oauth() {
        Some(_) => ConnectionStatus::NotConnected,
        None => ConnectionStatus::NotRequired,
    };
    let now = engine.ambient.now();
    let integration = Integration {
        id: Id::new(&engine.ambient),
        integration_type: template.integration_type,
        provider: seed.provider.to_owned(),
        display_name: seed.name.to_owned(),
        is_enabled: true,
        configuration,
        test_status: TestStatus::NotTested,
        last_tested_at: None,
        connection_status,
        created_by: "demo".to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = engine.db.write().await?;
    engine.create_integration(&mut tx, organization, &actor(), &integration, &secrets).await?;
    tx.commit().await?;
    Ok(integration)
}

/// Goes to the consent's page, connects the company there, and takes what the page sends the browser back with.
async fn consent(
    engine: &Arc<Engine>,
    organization: OrganizationId,
    integration: &Integration,
    company: &str,
) -> anyhow::Result<()> {
    let server = engine.oauth_server(organization, integration, &actor(), "connect").await?;
    register(engine, &server.authorization_url).await?;
    let mut tx = engine.db.write().await?;
    let page = engine.begin_consent(&mut tx, organization, &actor(), integration, &server, None).await?;
    tx.commit().await?;
    let form = [("realmId", company), ("decision", "connect")];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let call = Call { headers: &[FORM], body: form.into_bytes().into(), ..Call::new(Method::Post, &page) };
    let answer = engine.http.send(call).await?;
    let back = answer.location().and_then(|it| Url::parse(it).ok());
    let back =
        back.with_context(|| format!("the consent's page answered {} and no way back", answer.status))?;
    let fields: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    let came = engine.finish_consent(&integration.provider, &fields, &actor()).await?;
    anyhow::ensure!(came.reason.is_none(), "the seeded books were not connected: {}", came.message);
    Ok(())
}

/// Registers this Kontor's callback at the simulator, as an operator does at the provider's: away from localhost it is
/// not there by itself.
async fn register(engine: &Engine, page: &Url) -> anyhow::Result<()> {
    let url = page.join("/_sim/redirect-uris")?;
    let body = serde_json::json!({ "redirectUri": engine.redirect_uri(BOOKS) }).to_string();
    let answer =
        engine.http.send(Call { body: body.into_bytes().into(), ..Call::new(Method::Post, &url) }).await?;
    anyhow::ensure!(answer.status == 200, "the simulator did not take the callback: {}", answer.status);
    Ok(())
}

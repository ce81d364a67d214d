//! Where the simulated QuickBooks tells of changes in its companies' books: one address for all of them, as an operator
//! sets it for the app at the provider's. Refuses to set a second one, which would be told everything as well.

use anyhow::Context as _;
use kontor_engine::Engine;
use kontor_providers::http::{Call, Method};
use serde_json::{Value, json};
use url::Url;

/// Below this Kontor's own address.
const PATH: &str = "/hooks/QuickBooks";

/// Has the simulator at `place` tell the Kontor at `origin`. Started again elsewhere, the old address is replaced.
pub(super) async fn listen(engine: &Engine, place: &str, origin: &str) -> anyhow::Result<()> {
    let place = Url::parse(place)?.join("/_sim/quickbooks/webhooks")?;
    let known = engine.http.send(Call::new(Method::Get, &place)).await?;
    let known: Value = serde_json::from_slice(&known.body).context("the simulator's webhooks")?;
    let url = |it: &Value| it.get("url").and_then(Value::as_str).map(str::to_owned);
    let hooks = known.get("webhooks").and_then(Value::as_array).into_iter().flatten();
    let ours = hooks.into_iter().find(|it| url(it).is_some_and(|it| it.ends_with(PATH)));
    let mut hook = ours.cloned().unwrap_or_else(|| json!({}));
    if let Some(hook) = hook.as_object_mut() {
        hook.insert("url".to_owned(), format!("{origin}{PATH}").into());
    }
    let call = Call { body: hook.to_string().into_bytes().into(), ..Call::new(Method::Post, &place) };
    let answer = engine.http.send(call).await?;
    anyhow::ensure!(answer.status == 200, "the simulator took no address for webhooks: {}", answer.status);
    Ok(())
}

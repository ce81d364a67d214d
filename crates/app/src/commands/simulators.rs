//! The three providers' simulators together, as `simulate` and `demo` start them.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use kontor_providers::http::{Call, Http, Method, Opened};
use kontor_simulators::{Message, Running, Settings, authorize_net, quickbooks, worldpay};
use serde_json::{Value, json};

/// The simulators at work.
pub(crate) struct Simulators {
    pub(crate) authorize_net: Running,
    pub(crate) worldpay: Running,
    pub(crate) quickbooks: Running,
}

impl Simulators {
    /// Starts them on these addresses, in the order of `--listen`; all write into one file where there is one.
    pub(crate) async fn start(listen: [SocketAddr; 3], state: Option<PathBuf>) -> anyhow::Result<Self> {
        let ambient = crate::ambient::ambient();
        let clock = Arc::new(move || ambient.now());
        let [authorize_net, worldpay, quickbooks] = listen.map(|listen| {
            let clock = clock.clone();
            let sender: kontor_simulators::Sender = Arc::new(|it| Box::pin(post(it)));
            Settings { state: state.clone(), sender: Some(sender), ..Settings::new(listen, clock) }
        });
        let on = |address: SocketAddr| format!("listening on {address}");
        Ok(Self {
            authorize_net: authorize_net::start(authorize_net)
                .await
                .with_context(|| format!("the Authorize.Net simulator, {}", on(listen[0])))?,
            worldpay: worldpay::start(worldpay)
                .await
                .with_context(|| format!("the Worldpay simulator, {}", on(listen[1])))?,
            quickbooks: quickbooks::start(quickbooks)
                .await
                .with_context(|| format!("the QuickBooks simulator, {}", on(listen[2])))?,
        })
    }

    /// Their addresses, as the line of JSON has them.
    pub(crate) fn addresses(&self) -> Value {
        json!({
            "authorizeNet": self.authorize_net.url(),
            "worldpay": self.worldpay.url(),
            "quickBooks": self.quickbooks.url(),
        })
    }

    /// What they let in, as the line of JSON has it.
    pub(crate) fn credentials(&self) -> Value {
        json!({
            "authorizeNet": self.authorize_net.credentials(),
            "worldpay": self.worldpay.credentials(),
            "quickBooks": self.quickbooks.credentials(),
        })
    }

    /// Lets requests under way end, within bounds.
    pub(crate) async fn stop(self) {
        tokio::join!(self.authorize_net.stop(), self.worldpay.stop(), self.quickbooks.stop());
    }
}

/// Posts a simulator's webhook to where it was said to go, which is this machine. Whether it was taken.
async fn post(message: Message) -> bool {
    let opened: Vec<Opened> = Opened::of(&message.url).into_iter().collect();
    let Ok(http) = Http::new(&opened) else { return false };
    let headers: Vec<(&str, &str)> =
        message.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = message.body.into_bytes();
    let call = Call { headers: &headers, body: body.into(), ..Call::new(Method::Post, &message.url) };
    http.send(call).await.is_ok_and(|it| (200..300).contains(&it.status))
}

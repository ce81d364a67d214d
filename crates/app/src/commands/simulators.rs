//! The three providers' simulators together, as `simulate` and `demo` start them.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use kontor_simulators::{Running, Settings, authorize_net, quickbooks, worldpay};
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
            Settings { state: state.clone(), ..Settings::new(listen, clock) }
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

//! Asking a provider because somebody reads a payment whose outcome is not known (money.md, Resolve).
//!
//! Owns how often and for how long: once at a time for each payment, not again before a while has passed, and whoever
//! reads waits some seconds at most. The question goes on behind; what it finds is there at the next look.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kontor_domain::ids::{OrganizationId, PaymentId};
use kontor_engine::{Actor, Engine, resolve::Why};

/// How long a reader waits.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long after a question the next one is asked.
const PAUSE: Duration = Duration::from_secs(2);
/// The most payments that are remembered; above it nobody's reading asks.
const MOST: usize = 1_000;

/// Whom a provider was asked about lately, and until when nobody asks again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asking(Arc<Mutex<HashMap<PaymentId, Timestamp>>>);

impl Asking {
    /// Asks, unless somebody did just now. Whether it could be asked is told by the payment itself.
    pub(crate) async fn ask(
        &self,
        engine: &Arc<Engine>,
        organization: OrganizationId,
        payment: PaymentId,
        actor: &Actor,
    ) {
        if !self.begin(payment, engine.ambient.now()) {
            return;
        }
        let (engine, actor) = (Arc::clone(engine), actor.clone());
        let asked = tokio::spawn(async move {
            if let Err(error) = engine.resolve(organization, payment, Why::Asked, &actor).await {
                tracing::info!(%payment, %error, "the provider was not asked for a reader");
            }
        });
        // Too late for this reader alone: the task goes on.
        let _late = tokio::time::timeout(PATIENCE, asked).await;
    }

    fn begin(&self, payment: PaymentId, now: Timestamp) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, until| *until > now);
        if asked.contains_key(&payment) || asked.len() >= MOST {
            return false;
        }
        asked.insert(payment, now.checked_add(PAUSE).unwrap_or(now));
        true
    }
}

#[cfg(test)]
mod tests;

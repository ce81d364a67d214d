//! The provider of a payment, with its connection open: who is asked to take money, to give it back, and what happened.

use std::{sync::Arc, time::Instant};

use kontor_domain::{ids::OrganizationId, payments::Payment};
use kontor_providers::{Charges, Connection, Outcome, Provider, ProviderError, Reports};
use kontor_store::{
    Conn,
    integrations::{self, Integration},
};

use crate::{
    Actor, Engine, Error,
    credentials::{Opened, Unopened},
};

/// A provider that moves money for one payment.
pub(crate) struct Teller {
    provider: Arc<dyn Provider>,
    opened: Opened,
}

/// A provider whose connection is not open yet.
pub(crate) struct Closed {
    provider: Arc<dyn Provider>,
    unopened: Unopened,
}

impl Teller {
    pub(crate) fn charges(&self) -> Result<&dyn Charges, ProviderError> {
        self.provider.charges().ok_or_else(|| ProviderError::misconfigured("this provider takes no charges"))
    }

    pub(crate) fn reports(&self) -> Result<&dyn Reports, ProviderError> {
        let missing = || ProviderError::misconfigured("this provider's transactions cannot be read");
        self.provider.reports().ok_or_else(missing)
    }

    pub(crate) fn connection(&self) -> Connection<'_> {
        self.opened.connection()
    }

    /// Times a call, for the operator.
    pub(crate) async fn timed<T>(&self, operation: &'static str, call: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = call.await;
        let provider = self.provider.template().provider.clone();
        metrics::histogram!("kontor_provider_call_duration_seconds", "provider" => provider, "operation" => operation)
            .record(begun.elapsed().as_secs_f64());
        done
    }

    /// A failure without what the provider repeats of the credentials.
    pub(crate) fn without(&self, error: ProviderError) -> ProviderError {
        self.opened.without(error)
    }

    /// How a call ended, without what the provider repeats of the credentials.
    pub(crate) fn hidden(&self, outcome: Outcome) -> Outcome {
        outcome.without(&self.opened.all())
    }
}

impl Engine {
    /// Opens the connection of the integration that a payment was made through.
    pub(crate) async fn teller(
        &self,
        organization: OrganizationId,
        payment: &Payment,
        actor: &Actor,
        why: &str,
    ) -> Result<Teller, Error> {
        let integration = match payment.integration_id {
            Some(id) => {
                let mut conn = self.db.read().await?;
                integrations::get(&mut conn, organization, id).await?
            }
            None => None,
        };
        let integration = integration.ok_or(Error::NoIntegration("this payment any more"))?;
        self.teller_of(organization, &integration, actor, why).await
    }

    /// The provider of an integration, whose connection is opened in the transaction that writes down what for.
    pub(crate) async fn closed_teller(
        &self,
        organization: OrganizationId,
        integration: &Integration,
    ) -> Result<Closed, Error> {
        let provider = self.registry.get(&integration.provider);
        let provider = provider.ok_or(Error::NoIntegration("this payment any more"))?;
        Ok(Closed { provider, unopened: self.unopened(organization, integration.id).await? })
    }

    /// Opens its connection in the caller's transaction, which commits before anybody is called.
    pub(crate) async fn open_teller(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        closed: Closed,
        actor: &Actor,
        why: &str,
    ) -> Result<Teller, Error> {
        let Closed { provider, unopened } = closed;
        Ok(Teller { provider, opened: self.note_and_open(conn, organization, unopened, actor, why).await? })
    }

    /// Opens the connection of an integration.
    pub(crate) async fn teller_of(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
        why: &str,
    ) -> Result<Teller, Error> {
        let Closed { provider, unopened } = self.closed_teller(organization, integration).await?;
        Ok(Teller { provider, opened: self.open_at_once(organization, unopened, actor, why).await? })
    }
}

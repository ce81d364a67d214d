//! Which integration does what nobody has named one for (API.md §6): the oldest enabled one that can.

use std::sync::Arc;

use kontor_domain::{ids::OrganizationId, integrations::IntegrationType};
use kontor_providers::Provider;
use kontor_store::{
    integrations::{self, Integration},
    organizations,
};

use crate::{Engine, Error};

impl Engine {
    /// The oldest enabled integration that is able to: of the provider that was named, else of the organization's
    /// default provider, else of any. `what` says for people what it is for.
    pub async fn choose_integration(
        &self,
        organization: OrganizationId,
        provider: Option<&str>,
        what: &'static str,
        able: fn(&dyn Provider) -> bool,
    ) -> Result<(Integration, Arc<dyn Provider>), Error> {
        let mut conn = self.db.read().await?;
        let kind = Some(IntegrationType::Payment);
        let all = integrations::list(&mut conn, organization, kind, Some(true)).await?;
        let settings = organizations::get(&mut conn, organization).await?;
        drop(conn);
        // The list is newest first.
        let oldest = |name: Option<&str>| {
            let of_name = all.iter().rev().filter(|it| name.is_none_or(|name| name == it.provider));
            let mut able = of_name.filter_map(|it| {
                let provider = self.registry.get(&it.provider).filter(|it| able(&**it))?;
                Some((it.clone(), provider))
            });
            able.next()
        };
        let found = if provider.is_some() {
            oldest(provider)
        } else {
            let preferred = settings.and_then(|it| it.default_payment_provider);
            preferred.and_then(|name| oldest(Some(&name))).or_else(|| oldest(None))
        };
        found.ok_or(Error::NoIntegration(what))
    }
}

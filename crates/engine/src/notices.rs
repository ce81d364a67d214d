//! What a provider of books says has changed, for all of its companies at one address: written down as things to look
//! at, by the company that each notice names.
//!
//! Refuses whatever is not signed with the operator's own token, and to believe a notice: it may come late, twice and
//! out of order, and changes nothing but the moment of asking.

use std::collections::{BTreeMap, BTreeSet};

use kontor_domain::ids::{IntegrationId, OrganizationId};
use kontor_providers::{books::Notice, webhook::Call};
use kontor_store::sync;

use crate::{Engine, webhooks::Refused};

/// So many are written down in one transaction: nobody else writes meanwhile, with SQLite.
const TOGETHER: usize = 200;

/// What is to be looked at.
type About = BTreeSet<(&'static str, String, Option<String>)>;

/// What came of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noticed {
    /// Things to look at that were written down, over all integrations.
    pub written: usize,
    /// Notices of companies that nobody here is connected to.
    pub unknown: usize,
}

impl Engine {
    /// Takes a notification, which may speak of several companies, and of each to several organizations.
    pub async fn take_notices(&self, provider: &str, call: &Call<'_>) -> Result<Noticed, Refused> {
        let provider = self.registry.get(provider).ok_or(Refused::NotFound)?;
        let accounting = provider.accounting().ok_or(Refused::NotFound)?;
        let notices = accounting.notices(call).inspect_err(|why| {
            metrics::counter!("kontor_webhooks_refused_total").increment(1);
            tracing::warn!(provider = provider.template().provider, %why, "a notification was not taken");
        })?;
        metrics::counter!("kontor_webhooks_received_total").increment(1);
        let mut kept = Noticed::default();
        for (company, (count, about)) in by_company(notices) {
            let whose = {
                let mut conn = self.db.read().await?;
                sync::of_company(&mut conn, &provider.template().provider, &company).await?
            };
            if whose.is_empty() {
                kept.unknown = kept.unknown.saturating_add(count);
                metrics::counter!("kontor_notices_unknown_total").increment(count as u64);
                tracing::info!(count, "notices of a company that nobody is connected to");
                continue;
            }
            for (organization, integration) in whose {
                self.look_at(organization, integration, &about).await?;
                kept.written = kept.written.saturating_add(about.len());
            }
            self.companies.wake();
        }
        Ok(kept)
    }

    async fn look_at(
        &self,
        organization: OrganizationId,
        integration: IntegrationId,
        about: &About,
    ) -> Result<(), Refused> {
        let all: Vec<_> = about.iter().collect();
        for part in all.chunks(TOGETHER) {
            let now = self.ambient.now();
            let mut tx = self.db.write().await?;
            for (kind, id, merged) in part {
                let what = (*kind, id.as_str(), merged.as_deref());
                if !sync::inbox::notice(&mut tx, organization, integration, what, now).await? {
                    // What is not written down is found by asking for changes.
                    tracing::warn!(%integration, "too much waits to be looked at already");
                    break;
                }
            }
            sync::ask(&mut tx, organization, integration, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// What is to be looked at of each company, each thing once, and how many notices there were. Kinds that are not
/// followed are left out.
fn by_company(notices: Vec<Notice>) -> BTreeMap<String, (usize, About)> {
    let mut companies: BTreeMap<String, (usize, About)> = BTreeMap::new();
    for it in notices {
        let (count, about) = companies.entry(it.company).or_default();
        *count = count.saturating_add(1);
        if let Some(kind) = it.kind {
            about.insert((kind.as_str(), it.id, it.merged));
        }
    }
    companies
}

#[cfg(test)]
mod tests;

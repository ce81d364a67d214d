//! Settings that name something of the connected company: its accounts, items and tax codes.
//!
//! Owns what is offered for such a setting and whether a value is among it. Refuses to ask the company while somebody
//! reads an integration: the lists are read when a connection was tested, and kept. Refuses an id that nobody saw.

use std::{collections::BTreeMap, sync::Arc};

use kontor_domain::{
    ids::{IntegrationId, OrganizationId},
    templates::FieldError,
};
use kontor_providers::{
    Accounting, BooksError, Provider,
    books::{List, Mapped},
};
use kontor_store::{
    Conn, choices,
    choices::{Entry, Listed},
    integrations::Integration,
};

use super::test::PATIENCE;
use crate::{Actor, Engine, Error};

/// The most entries of one list that are shown; every one of them can be chosen.
pub const MAX_SHOWN: usize = 1_000;
/// What it is for, where the access token is opened.
const WHY: &str = "lists to choose from";

/// What is offered, by the setting's key.
#[derive(Debug, Clone, Default)]
pub struct Offered(BTreeMap<&'static str, Option<Vec<Entry>>>);

impl Offered {
    /// For a provider's settings, from the lists that are kept.
    fn of(mapped: &[Mapped], kept: &[Listed]) -> Self {
        let offered = mapped.iter().map(|setting| {
            let list = kept.iter().find(|it| it.list == setting.list.as_str());
            let fits = |it: &&Entry| setting.takes(it.kind.as_deref());
            (setting.key, list.map(|it| it.entries.iter().filter(fits).cloned().collect()))
        });
        Self(offered.collect())
    }

    /// Before anything is connected: the settings are there, and nothing is offered.
    pub fn unread(provider: &dyn Provider) -> Self {
        Self::of(mapped(provider), &[])
    }

    /// What a setting may be; none where it may be anything, or nothing was read yet.
    pub fn entries(&self, key: &str) -> Option<&[Entry]> {
        self.0.get(key)?.as_deref()
    }

    /// What is wrong with the settings that are given. An empty one chooses nothing.
    pub fn check<'a>(&self, given: impl Iterator<Item = (&'a String, Option<&'a str>)>) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        for (key, value) in given {
            let value = value.map(str::trim).filter(|it| !it.is_empty());
            let (Some(entries), Some(value)) = (self.0.get(key.as_str()), value) else { continue };
            let message = match entries {
                None => "can be chosen when the company is connected and its connection was tested",
                Some(entries) if entries.iter().any(|it| it.id == value) => continue,
                Some(_) => {
                    "is none of the company's: choose one of the options, which a connection test renews"
                }
            };
            wrong.push(FieldError { field: format!("configuration.{key}"), message: message.to_owned() });
        }
        wrong
    }
}

fn mapped(provider: &dyn Provider) -> &'static [Mapped] {
    provider.accounting().map(Accounting::mapped).unwrap_or_default()
}

/// What is offered for an integration's settings.
pub async fn offered(
    conn: &mut Conn,
    organization: OrganizationId,
    integration: IntegrationId,
    provider: Option<&dyn Provider>,
) -> Result<Offered, Error> {
    let mapped = provider.map(mapped).unwrap_or_default();
    if mapped.is_empty() {
        return Ok(Offered::default());
    }
    Ok(Offered::of(mapped, &choices::all(conn, organization, integration).await?))
}

impl Engine {
    /// Reads the lists that settings choose from, and keeps them. None where the provider has none. Calls the
    /// provider: no transaction is open.
    pub async fn read_choices(
        self: &Arc<Self>,
        organization: OrganizationId,
        integration: &Integration,
        actor: &Actor,
    ) -> Result<(), ChoicesError> {
        let Some(provider) = self.registry.get(&integration.provider) else { return Ok(()) };
        let Some(accounting) = provider.accounting() else { return Ok(()) };
        let (opened, _) = self.open_connection(organization, integration, actor, WHY).await?;
        let connection = opened.connection();
        let Some(gate) = self.books_gate(provider.as_ref(), &connection) else { return Ok(()) };
        let gate = gate.patient(PATIENCE);
        let mut read: Vec<(List, Listed)> = Vec::new();
        for setting in accounting.mapped() {
            if read.iter().any(|(list, _)| *list == setting.list) {
                continue;
            }
            let entries = accounting.choices(&connection, &gate, setting.list).await?;
            let entry =
                |it: kontor_providers::books::Choice| Entry { id: it.id, name: it.name, kind: it.kind };
            let entries = entries.into_iter().map(entry).collect();
            let list = setting.list.as_str().to_owned();
            read.push((setting.list, Listed { list, entries, read_at: self.ambient.now() }));
        }
        let mut tx = self.db.write().await?;
        for (_, listed) in &read {
            choices::put(&mut tx, organization, integration.id, listed).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Why the lists were not read.
#[derive(Debug, thiserror::Error)]
pub enum ChoicesError {
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// Ours.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<kontor_store::Error> for ChoicesError {
    fn from(error: kontor_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

#[cfg(test)]
mod tests;

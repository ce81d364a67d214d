//! What each command does. One file a command.

pub(crate) mod access;
pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod org;
pub(crate) mod serve;
pub(crate) mod simulate;
mod simulators;
pub(crate) mod templates;
pub(crate) mod token;

use kontor_domain::ids::OrganizationId;
use kontor_store::{Db, organizations, organizations::Organization};

/// The organization that `--org` names, by id or by code.
pub(crate) async fn organization(db: &Db, named: &str) -> anyhow::Result<Organization> {
    let mut conn = db.read().await?;
    let found = match named.parse::<OrganizationId>() {
        Ok(id) => organizations::get(&mut conn, id).await?,
        Err(_) => organizations::by_code(&mut conn, named).await?,
    };
    found.ok_or_else(|| {
        anyhow::anyhow!(
            "there is no organization {named}; `kontor org create --name NAME` adds one and prints its id"
        )
    })
}

//! The values that others took the place of, kept sealed for a while to go back to.
//!
//! What is kept is the state before the last rotation, and no mix of two: a rotation destroys what an earlier one
//! kept. A value that is replaced by itself stays where it is, so that a rotation that is asked for twice does not
//! take the new value for the one to go back to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
};
use kontor_store::Conn;
use subtle::ConstantTimeEq as _;

use super::Purpose;
use crate::{Actor, Engine, Error};

/// Kept where there was no value before. No secret is empty.
const ABSENT: &str = "";

impl Engine {
    /// Puts new credentials into use in the caller's transaction, and those that they replace aside until `until`.
    /// Returns the names of those that changed.
    #[expect(clippy::too_many_arguments, reason = "who replaces what of whom, until when, and why")]
    pub(crate) async fn replace_credentials(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        new: &BTreeMap<String, Secret>,
        until: Timestamp,
        actor: &Actor,
        why: &str,
    ) -> Result<Vec<String>, Error> {
        let fields: Vec<&str> = new.keys().map(String::as_str).collect();
        let purpose = Purpose::Credential;
        let mut older = self.open_in(conn, organization, integration, purpose, &fields, actor, why).await?;
        let same = |field: &str, value: &Secret| {
            older
                .get(field)
                .is_some_and(|it| bool::from(it.expose().as_bytes().ct_eq(value.expose().as_bytes())))
        };
        let changed: BTreeMap<String, Secret> = new
            .iter()
            .filter(|(field, value)| !same(field, value))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let aside = Purpose::PreviousCredential;
        self.destroy_secrets(conn, organization, integration, aside, None).await?;
        let absent = || Secret::new(ABSENT.to_owned());
        let kept: BTreeMap<String, Secret> =
            changed.keys().map(|field| (field.clone(), older.remove(field).unwrap_or_else(absent))).collect();
        self.seal_until(conn, organization, integration, aside, &kept, Some(until)).await?;
        self.seal_all(conn, organization, integration, purpose, &changed).await?;
        Ok(changed.into_keys().collect())
    }

    /// Puts what was replaced back into use in the caller's transaction, and destroys what replaced it. Returns the
    /// names; none where nothing is kept.
    pub(crate) async fn restore_credentials(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        integration: IntegrationId,
        actor: &Actor,
        why: &str,
    ) -> Result<Vec<String>, Error> {
        let aside = Purpose::PreviousCredential;
        let kept = self.open_in(conn, organization, integration, aside, &[], actor, why).await?;
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let fields: Vec<String> = kept.keys().cloned().collect();
        let (absent, values): (BTreeMap<_, _>, BTreeMap<_, _>) =
            kept.into_iter().partition(|(_, value)| value.expose() == ABSENT);
        for field in absent.keys() {
            self.destroy_secrets(conn, organization, integration, Purpose::Credential, Some(field)).await?;
        }
        self.seal_all(conn, organization, integration, Purpose::Credential, &values).await?;
        self.destroy_secrets(conn, organization, integration, aside, None).await?;
        Ok(fields)
    }
}

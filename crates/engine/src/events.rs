//! Telling what happened: events in the caller's transaction, audit rows, alerts.

use kontor_domain::{
    Id,
    ids::{AuditId, OrganizationId},
};
use kontor_store::{Conn, audit, events};
use serde_json::Value;

use crate::{Actor, Engine, Error};

impl Engine {
    /// Writes an event in the caller's transaction.
    pub(crate) async fn tell(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        kind: &str,
        subject: &str,
        data: &Value,
    ) -> Result<(), Error> {
        let event = events::Event {
            id: Id::new(&self.ambient),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            data: data.to_string(),
            at: self.ambient.now(),
        };
        Ok(events::append(conn, organization, &event).await?)
    }

    /// Writes an event that a person should look at, counts it and logs it.
    pub(crate) async fn alert(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        kind: &'static str,
        subject: &str,
        data: &Value,
    ) -> Result<(), Error> {
        metrics::counter!("kontor_alerts_total", "kind" => kind).increment(1);
        tracing::warn!(alert = kind, %organization, subject, "something needs a person");
        self.tell(conn, organization, &format!("alert.{kind}"), subject, data).await
    }

    /// Writes an audit row.
    pub async fn audit(
        &self,
        conn: &mut Conn,
        organization: Option<OrganizationId>,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: &Value,
    ) -> Result<(), Error> {
        let id: AuditId = Id::new(&self.ambient);
        let detail = detail.to_string();
        let entry = audit::Entry {
            id,
            organization,
            actor: &actor.name,
            action,
            subject,
            detail: &detail,
            address: actor.address.as_deref(),
            at: self.ambient.now(),
        };
        Ok(audit::insert(conn, &entry).await?)
    }

    /// Links what was written since the last time into each organization's chain. Returns how many events.
    pub async fn link_events(&self) -> Result<usize, Error> {
        const ORGANIZATIONS: i64 = 100;
        const EVENTS: i64 = 500;
        let waiting = {
            let mut conn = self.db.read().await?;
            events::unlinked(&mut conn, ORGANIZATIONS).await?
        };
        let mut linked = 0;
        for organization in waiting {
            let mut tx = self.db.write().await?;
            linked += events::link(&mut tx, organization, EVENTS).await?;
            tx.commit().await?;
        }
        Ok(linked)
    }
}

//! Telling what happened: events in the caller's transaction, and alerts.

use kontor_domain::{Id, customers::Customer, ids::OrganizationId};
use kontor_store::{Conn, events};
use serde_json::{Value, json};

use crate::{Engine, Error};

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

    /// Writes that a customer was added or changed.
    pub async fn tell_customer(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        customer: &Customer,
        new: bool,
    ) -> Result<(), Error> {
        let kind = if new { "customer.created" } else { "customer.updated" };
        let data = json!({ "customerNumber": customer.customer_number });
        self.tell(conn, organization, kind, &customer.id.to_string(), &data).await
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
}

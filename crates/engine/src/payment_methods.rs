//! Saved cards: which one is a customer's default, and how one is given up. Saving and removing at the provider are
//! in the files beside.
//!
//! Whatever changes a default holds the customer first, so that two requests wait for each other.

pub(crate) mod keep;
pub mod page;
pub(crate) mod remove;
pub mod save;

use kontor_domain::{
    ids::{OrganizationId, PaymentMethodId},
    payment_methods::PaymentMethod,
};
use kontor_store::{Conn, customers, payment_methods};
use serde_json::{Value, json};

use crate::{Actor, Engine, Error};
use remove::REMOVE;

impl Engine {
    /// Makes a saved card its customer's default, in the caller's transaction.
    pub async fn make_default(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        id: PaymentMethodId,
    ) -> Result<PaymentMethod, Error> {
        let it = self.hold_method(conn, organization, id).await?;
        payment_methods::set_default(conn, organization, it.customer_id, id, self.ambient.now()).await?;
        let now = payment_methods::get(conn, organization, id).await?.ok_or(Error::MethodNotFound)?;
        if !it.is_default {
            self.tell_method(conn, organization, actor, "payment_method.default", &now).await?;
        }
        Ok(now)
    }

    /// Gives a saved card up, in the caller's transaction. The provider forgets it by a job that this writes down.
    /// Where it was the default and others are left, the newest of them is the default from here on.
    pub async fn give_up_method(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        id: PaymentMethodId,
    ) -> Result<(), Error> {
        let it = self.hold_method(conn, organization, id).await?;
        let now = self.ambient.now();
        if !payment_methods::deactivate(conn, organization, id, now).await? {
            return Err(Error::MethodNotFound);
        }
        self.schedule(conn, organization, REMOVE, id, now).await?;
        self.tell_method(conn, organization, actor, "payment_method.deleted", &it).await?;
        if it.is_default
            && let Some(next) =
                payment_methods::list(conn, organization, it.customer_id).await?.into_iter().next()
        {
            payment_methods::set_default(conn, organization, it.customer_id, next.id, now).await?;
            let next =
                payment_methods::get(conn, organization, next.id).await?.ok_or(Error::MethodNotFound)?;
            self.tell_method(conn, organization, actor, "payment_method.default", &next).await?;
        }
        Ok(())
    }

    /// An active one, with its customer held.
    async fn hold_method(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        id: PaymentMethodId,
    ) -> Result<PaymentMethod, Error> {
        let seen = payment_methods::get(conn, organization, id).await?.ok_or(Error::MethodNotFound)?;
        customers::hold(conn, organization, seen.customer_id).await?;
        // Somebody may have given it up while we waited.
        let held = payment_methods::lock(conn, organization, id).await?;
        held.filter(|it| it.is_active).ok_or(Error::MethodNotFound)
    }

    /// Leaves an event and an audit row of what became of a saved card.
    pub(crate) async fn tell_method(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        kind: &str,
        it: &PaymentMethod,
    ) -> Result<(), Error> {
        let subject = it.id.to_string();
        let detail = json!({ "provider": it.provider, "isDefault": it.is_default });
        self.audit(conn, Some(organization), actor, kind, &subject, &detail).await?;
        self.tell(conn, organization, kind, &subject, &facts(it)).await
    }
}

/// What every event of a saved card says.
fn facts(it: &PaymentMethod) -> Value {
    json!({
        "customerNumber": it.customer_number,
        "provider": it.provider,
        "integrationId": it.integration_id,
        "maskedCardNumber": it.masked(),
        "cardType": it.card_type,
        "isDefault": it.is_default,
    })
}

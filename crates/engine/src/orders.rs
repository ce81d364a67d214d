//! Orders: written down, sent again, agreed, called off.
//!
//! Owns that an order sent again is the same one, and what each state lets change. An order is held before its invoice.
//! Refuses to invoice by itself: whoever makes an invoice of an order asks here for the order first.

use kontor_domain::{
    Id,
    ids::{OrderId, OrganizationId},
    orders::{Order, Status},
};
use kontor_store::{Conn, orders, organizations};
use serde_json::json;

use crate::{Actor, Engine, Error, error::NotOrdered};

/// An order as it was sent.
#[derive(Debug)]
pub struct Sent {
    /// As it is kept if it is new; its number and state follow.
    pub order: Order,
    /// Its number. The one that it has, or the organization's next one, where it is not said.
    pub number: Option<String>,
    /// How far it is. As far as it was where it is not said.
    pub status: Option<Status>,
    /// Texts that were said; the others stay as they are.
    pub texts: Texts,
}

/// Texts of an order.
#[derive(Debug, Default)]
pub struct Texts {
    /// The customer's own number for it.
    pub po_number: Said,
    /// Terms in words.
    pub terms: Said,
    /// Notes.
    pub notes: Said,
}

/// A text that may be left out.
#[derive(Debug, Clone, Default)]
pub enum Said {
    /// Nothing was said of it.
    #[default]
    Nothing,
    /// It is to be none.
    Cleared,
    /// It is to be this.
    Given(String),
}

impl Said {
    /// What it is now, where it was `before`.
    #[must_use]
    pub fn over(&self, before: Option<&String>) -> Option<String> {
        match self {
            Self::Nothing => before.cloned(),
            Self::Cleared => None,
            Self::Given(text) => Some(text.clone()),
        }
    }
}

impl Sent {
    /// The order that is there, as this wants it.
    fn over(self, before: &Order) -> Order {
        let order = self.order;
        Order {
            id: before.id,
            order_number: self.number.unwrap_or_else(|| before.order_number.clone()),
            po_number: self.texts.po_number.over(before.po_number.as_ref()),
            terms: self.texts.terms.over(before.terms.as_ref()),
            notes: self.texts.notes.over(before.notes.as_ref()),
            status: self.status.unwrap_or(before.status),
            invoice_id: before.invoice_id,
            version: before.version,
            created_at: before.created_at,
            ..order
        }
    }
}

/// What came of an order that was sent.
#[derive(Debug)]
pub struct Put {
    /// As it is now.
    pub order: Order,
    /// Whether it was not there before.
    pub is_new: bool,
}

impl Engine {
    /// A fresh order's id.
    pub fn new_order_id(&self) -> OrderId {
        Id::new(&self.ambient)
    }

    /// Adds an order, or changes the one that has this id in the merchant's own system.
    pub async fn put_order(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        sent: Sent,
    ) -> Result<Put, Error> {
        if let Some(id) = same(conn, organization, &sent).await? {
            return self.change_order(conn, organization, actor, id, sent).await;
        }
        let order_number = match &sent.number {
            Some(number) => number.clone(),
            None => self.free_order_number(conn, organization).await?,
        };
        let order =
            Order { order_number, status: sent.status.unwrap_or(Status::Pending), ..sent.order.clone() };
        if !orders::insert(conn, organization, &order).await.map_err(taken)? {
            // Somebody else sent the same order a moment ago: theirs stands, and this one changes it.
            let id = same(conn, organization, &sent).await?.ok_or(kontor_store::Error::Stale)?;
            return self.change_order(conn, organization, actor, id, sent).await;
        }
        self.tell_order(conn, organization, actor, "order.created", &order).await?;
        self.tell_steps(conn, organization, actor, Status::Pending, &order).await?;
        Ok(Put { order, is_new: true })
    }

    /// The next number that nobody gave by hand before.
    async fn free_order_number(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
    ) -> Result<String, Error> {
        const TRIES: usize = 100;
        for _ in 0..TRIES {
            let number = format!("ORD-{:06}", organizations::next_order(conn, organization).await?);
            if orders::by_number(conn, organization, &number).await?.is_none() {
                return Ok(number);
            }
        }
        Err(NotOrdered::NumberTaken.into())
    }

    async fn change_order(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        id: OrderId,
        sent: Sent,
    ) -> Result<Put, Error> {
        let before = orders::lock(conn, organization, id).await?.ok_or(NotOrdered::NotFound)?;
        let next = sent.over(&before);
        let settled = before.settled(&next);
        if !settled.is_empty() {
            return Err(NotOrdered::Settled { status: before.status, fields: settled }.into());
        }
        check_step(&before, next.status)?;
        let is_changed = !before.changed(&next).is_empty();
        if !is_changed && next.status == before.status {
            return Ok(Put { order: before, is_new: false });
        }
        let after = self.write_order(conn, organization, &next).await?;
        if is_changed {
            self.tell_order(conn, organization, actor, "order.updated", &after).await?;
        }
        self.tell_steps(conn, organization, actor, before.status, &after).await?;
        Ok(Put { order: after, is_new: false })
    }

    /// Moves an order to the state that was asked for: agreed, which only one that waits can be, or called off.
    pub async fn move_order(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        id: OrderId,
        to: Status,
    ) -> Result<Order, Error> {
        let before = orders::lock(conn, organization, id).await?.ok_or(NotOrdered::NotFound)?;
        if before.status == to {
            return Err(NotOrdered::State(to).into());
        }
        check_step(&before, to)?;
        let next = Order { status: to, ..before.clone() };
        let after = self.write_order(conn, organization, &next).await?;
        self.tell_steps(conn, organization, actor, before.status, &after).await?;
        Ok(after)
    }

    /// The order that an invoice is to be made of, held until the transaction ends. It must be agreed, not invoiced yet,
    /// and as it was when the invoice was made up.
    pub async fn order_to_invoice(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        read: &Order,
    ) -> Result<(), Error> {
        let order = orders::lock(conn, organization, read.id).await?.ok_or(NotOrdered::NotFound)?;
        if !order.status.is_agreed() {
            return Err(NotOrdered::State(order.status).into());
        }
        if let Some(invoice) = order.invoice_id {
            return Err(NotOrdered::Invoiced(invoice).into());
        }
        if read.changed(&order).is_empty() { Ok(()) } else { Err(kontor_store::Error::Stale.into()) }
    }

    async fn write_order(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        next: &Order,
    ) -> Result<Order, Error> {
        orders::update(conn, organization, next, self.ambient.now()).await.map_err(taken)?;
        Ok(orders::get(conn, organization, next.id).await?.ok_or(NotOrdered::NotFound)?)
    }

    /// Tells how far an order came. One that jumped over being agreed was agreed all the same.
    async fn tell_steps(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        from: Status,
        order: &Order,
    ) -> Result<(), Error> {
        if from == order.status {
            return Ok(());
        }
        if from == Status::Pending && order.status.is_agreed() {
            self.tell_order(conn, organization, actor, "order.confirmed", order).await?;
        }
        let kind = match order.status {
            Status::Pending | Status::Confirmed => return Ok(()),
            Status::Processing => "order.processing",
            Status::Shipped => "order.shipped",
            Status::Completed => "order.completed",
            Status::Cancelled => "order.cancelled",
        };
        self.tell_order(conn, organization, actor, kind, order).await
    }

    /// An event and an audit row: what happened, and who did it.
    async fn tell_order(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        actor: &Actor,
        kind: &str,
        order: &Order,
    ) -> Result<(), Error> {
        let total = order.totals.total;
        let data = json!({
            "orderNumber": order.order_number,
            "customerNumber": order.customer_number,
            "status": order.status.as_str(),
            "total": total.to_string(),
            "currency": total.currency().code(),
        });
        let subject = order.id.to_string();
        self.tell(conn, organization, kind, &subject, &data).await?;
        self.audit(conn, Some(organization), actor, kind, &subject, &json!({})).await
    }
}

/// The order with the same id in the merchant's own system.
async fn same(conn: &mut Conn, organization: OrganizationId, sent: &Sent) -> Result<Option<OrderId>, Error> {
    let Some(external_id) = &sent.order.external_id else { return Ok(None) };
    Ok(orders::by_external_id(conn, organization, external_id).await?)
}

/// Whether a held order may go to this state, or stay in it.
fn check_step(order: &Order, to: Status) -> Result<(), NotOrdered> {
    if order.status == to {
        return Ok(());
    }
    if !order.status.may_become(to) {
        return Err(NotOrdered::State(order.status));
    }
    match order.invoice_id {
        Some(invoice) if to == Status::Cancelled => Err(NotOrdered::Invoiced(invoice)),
        _ => Ok(()),
    }
}

fn taken(error: kontor_store::Error) -> Error {
    match error {
        kontor_store::Error::Conflict => NotOrdered::NumberTaken.into(),
        other => other.into(),
    }
}

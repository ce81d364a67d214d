//! Orders and invoices, and what is sold on them.

use jiff::{civil::Date, tz::TimeZone};
use kontor_domain::{
    ids::{InvoiceId, OrderId},
    invoices::{self, Line},
    orders::{self, Order},
    sync::{Failure, State},
};
use kontor_providers::books::{Draft, ItemDraft, Kind, OrdersAs};
use kontor_store::{Conn, invoices as invoice_rows, orders as order_rows, sync::links::Link};

use super::{Desired, Maker, Stands};
use crate::sync::{paper::Paper, plan::is_due, turn::Halt};

/// What a line refers to.
enum Goods {
    Items(Vec<String>),
    Not(Failure),
    Unfit(Failure),
}

impl Maker<'_> {
    /// A day of the company's (§6 row 25).
    pub(super) fn day(&self, at: jiff::Timestamp) -> Date {
        let zone = self.company.time_zone.as_deref().and_then(|it| TimeZone::get(it).ok());
        at.to_zoned(zone.unwrap_or(TimeZone::UTC)).date()
    }

    pub(super) fn item(&self, link: &Link) -> Desired {
        let draft = ItemDraft {
            name: Some(link.local_id.clone()),
            sku: Some(link.local_id.clone()),
            description: Some(link.label.clone()),
            income_account: self.mapping().income_account.clone(),
            goods: true,
            ..ItemDraft::default()
        };
        Desired::Is(Box::new(Draft::Item(Box::new(draft))))
    }

    pub(super) async fn estimate(&mut self, conn: &mut Conn, link: &Link) -> Result<Desired, Halt> {
        let Some(order) = self.order_of(conn, &link.local_id).await? else { return Ok(Desired::Nothing) };
        if order.status == orders::Status::Cancelled {
            return Ok(if link.remote_id.is_none() {
                Desired::Nothing
            } else {
                let draft = kontor_providers::books::SaleDraft {
                    status: Some("Rejected".to_owned()),
                    ..Default::default()
                };
                Desired::Is(Box::new(Draft::Sale(Kind::Estimate, Box::new(draft))))
            });
        }
        // Estimates can be switched off; an order is then no more than an order here.
        if self.company.estimates == Some(false) {
            return Ok(Desired::Unfit(no_estimates()));
        }
        let paper = Paper::of_order(&order, self.day(order.created_at));
        let mut desired = self.sale(conn, Kind::Estimate, &paper).await?;
        if let Desired::Is(draft) = &mut desired
            && let Draft::Sale(_, sale) = draft.as_mut()
        {
            sale.due = None;
            sale.status = Some("Accepted".to_owned());
        }
        Ok(desired)
    }

    pub(super) async fn invoice(&mut self, conn: &mut Conn, link: &Link) -> Result<Desired, Halt> {
        let (invoice, order) = if let Ok(id) = link.local_id.parse::<InvoiceId>() {
            (invoice_rows::get(conn, self.organization(), id).await?, None)
        } else {
            let order = self.order_of(conn, &link.local_id).await?;
            let made = match order.as_ref().and_then(|it| it.invoice_id) {
                Some(id) => invoice_rows::get(conn, self.organization(), id).await?,
                None => None,
            };
            (made, order)
        };
        let over = match (&invoice, &order) {
            (Some(it), _) => matches!(it.status, invoices::Status::Voided | invoices::Status::Cancelled),
            (None, Some(it)) => it.status == orders::Status::Cancelled,
            (None, None) => true,
        };
        if over {
            return Ok(if link.remote_id.is_some() { Desired::Void } else { Desired::Nothing });
        }
        let paper = match (&invoice, &order) {
            (Some(it), _) if it.status != invoices::Status::Draft => Paper::of_invoice(&link.local_id, it),
            (_, Some(order)) => Paper::of_order(order, self.day(order.created_at)),
            _ => return Ok(Desired::Nothing),
        };
        let wanted = order.is_some() || invoice.as_ref().is_some_and(|it| is_due(it, self.mapping()));
        if !wanted && link.remote_id.is_none() {
            return Ok(Desired::Nothing);
        }
        let mut desired = self.sale(conn, Kind::Invoice, &paper).await?;
        let made_of = invoice.and_then(|it| it.order_id).filter(|_| order.is_none());
        if let (Some(id), OrdersAs::Estimate) = (made_of, self.mapping().orders_as)
            && let Desired::Is(draft) = &mut desired
            && let Draft::Sale(_, sale) = draft.as_mut()
        {
            let key = id.to_string();
            let kind = Kind::Estimate;
            if let Some(link) = self.found.link(conn, kind, &key).await? {
                match self.stands(conn, kind, &key, &link.label).await? {
                    Stands::As(id) => sale.estimate = Some(id),
                    // One that cannot be written, or is gone there, holds nobody up.
                    Stands::Not(waits) if link.state.is_open() => return Ok(Desired::Waits(waits)),
                    Stands::Not(_) => {}
                }
            }
        }
        Ok(desired)
    }

    async fn order_of(&self, conn: &mut Conn, key: &str) -> Result<Option<Order>, Halt> {
        let id: OrderId = key.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?;
        Ok(order_rows::get(conn, self.organization(), id).await?)
    }

    async fn sale(&mut self, conn: &mut Conn, kind: Kind, paper: &Paper) -> Result<Desired, Halt> {
        let party = match self.party(conn, &paper.customer_number, paper.currency()).await? {
            Ok(party) => party,
            Err(failure) => return Ok(Desired::Unfit(failure)),
        };
        let goods = self.goods(conn, &paper.items).await?;
        let (customer, items) = match (party, goods) {
            (_, Goods::Unfit(failure)) => return Ok(Desired::Unfit(failure)),
            (Stands::Not(waits), _) | (_, Goods::Not(waits)) => return Ok(Desired::Waits(waits)),
            (Stands::As(customer), Goods::Items(items)) => (customer, items),
        };
        let shipped_as = self.mapping().default_item.as_deref();
        Ok(match paper.draft(self.company, self.mapping(), &items, shipped_as) {
            Ok(mut draft) => {
                draft.customer = Some(customer);
                Desired::Is(Box::new(Draft::Sale(kind, Box::new(draft))))
            }
            Err(failure) => Desired::Unfit(failure),
        })
    }

    /// What each line sells there: by its article number, or what was chosen for what has none (§6 row 21).
    async fn goods(&mut self, conn: &mut Conn, lines: &[Line]) -> Result<Goods, Halt> {
        let default = self.mapping().default_item.clone();
        let (mut items, mut waiting) = (Vec::with_capacity(lines.len()), None);
        for line in lines {
            let sku = line.sku.as_deref().map(str::trim).filter(|it| !it.is_empty());
            let Some(sku) = sku else {
                match &default {
                    Some(default) => items.push(default.clone()),
                    None => return Ok(Goods::Unfit(no_number(&line.description))),
                }
                continue;
            };
            match self.stands(conn, Kind::Item, sku, &line.description).await? {
                Stands::As(id) => items.push(id),
                Stands::Not(failure) => match &default {
                    Some(default) if self.is_nowhere(conn, sku).await? => items.push(default.clone()),
                    _ => waiting = Some(failure),
                },
            }
        }
        Ok(waiting.map_or(Goods::Items(items), Goods::Not))
    }

    /// Whether an article was looked for, and is not there.
    async fn is_nowhere(&self, conn: &mut Conn, sku: &str) -> Result<bool, Halt> {
        let link = self.found.link(conn, Kind::Item, sku).await?;
        Ok(link.is_some_and(|it| matches!(it.state, State::Failed | State::Dismissed | State::Gone)))
    }
}

pub(in crate::sync) fn no_item(label: &str) -> Failure {
    without(
        format!("There is no product or service in the books for \"{label}\"."),
        "Give one of them the article number and retry, or choose an IncomeAccount or a DefaultItem.",
    )
}

/// An account does not help here: nothing is made that has no number.
pub(super) fn no_number(label: &str) -> Failure {
    without(
        format!("\"{label}\" has no article number, so there is no product or service in the books for it."),
        "Choose a DefaultItem, as which everything without a number is shown.",
    )
}

fn without(message: String, advice: &str) -> Failure {
    let field = Some("ItemRef".to_owned());
    Failure { code: "no_item".to_owned(), field, message, advice: advice.to_owned() }
}

fn no_estimates() -> Failure {
    Failure {
        code: "no_estimates".to_owned(),
        field: None,
        message: "The company does not use estimates.".to_owned(),
        advice: "Switch them on in the books, or set OrdersAs to None or Invoice.".to_owned(),
    }
}

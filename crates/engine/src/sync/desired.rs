//! What a record is to be in the books, from our own rows as they are now.
//!
//! Owns the order in which things go there: what a document refers to goes first, and it waits until that stands. Refuses
//! to know what was written before.

mod money;
mod sales;

use std::collections::BTreeSet;

use kontor_domain::{
    Currency,
    customers::Customer,
    ids::{CustomerId, OrganizationId},
    sync::{Failure, State},
};
use kontor_providers::books::{Company, Draft, Kind, Mapping};
use kontor_store::{
    Conn, customers,
    sync::links::{Link, Want},
};

pub(super) use sales::no_item;

use super::{
    contact,
    plan::Found,
    turn::{Halt, Turn},
};

/// The longest name that the books take of a customer (quickbooks-online.md §3.3).
const LONGEST_NAME: usize = 500;

/// What it is to be.
#[derive(Debug)]
pub(super) enum Desired {
    /// There is nothing to be there.
    Nothing,
    /// So.
    Is(Box<Draft>),
    /// Taken back, and left there.
    Void,
    /// Whatever it may be, something else comes first.
    Waits(Failure),
    /// It cannot be written as it is.
    Unfit(Failure),
}

/// What something else is there.
pub(super) enum Stands {
    /// Its id.
    As(String),
    /// Not yet, or not at all.
    Not(Failure),
}

/// Works it out, and notes what has to come first.
pub(super) struct Maker<'a> {
    pub(super) found: Found<'a>,
    pub(super) company: &'a Company,
}

/// The key of a customer's record: the books keep a customer's currency for good, so that each has one a currency.
pub(super) fn customer_key(customer: &Customer, currency: Currency) -> String {
    if customer.currency == currency {
        customer.id.to_string()
    } else {
        format!("{}:{currency}", customer.id)
    }
}

impl Maker<'_> {
    pub(super) fn organization(&self) -> OrganizationId {
        self.found.organization
    }

    pub(super) fn mapping(&self) -> &Mapping {
        self.found.mapping
    }

    /// What a record is to be.
    pub(super) async fn make(&mut self, conn: &mut Conn, kind: Kind, link: &Link) -> Result<Desired, Halt> {
        match kind {
            Kind::Customer => self.customer(conn, link).await,
            Kind::Item => Ok(self.item(link)),
            Kind::Estimate => self.estimate(conn, link).await,
            Kind::Invoice => self.invoice(conn, link).await,
            Kind::Payment => self.payment(conn, link).await,
            Kind::CreditMemo | Kind::RefundReceipt => self.refund(conn, kind, link).await,
        }
    }

    /// What something is there that has to come first; it is wanted where nobody wanted it yet.
    pub(super) async fn stands(
        &mut self,
        conn: &mut Conn,
        kind: Kind,
        key: &str,
        label: &str,
    ) -> Result<Stands, Halt> {
        let Some(link) = self.found.link(conn, kind, key).await? else {
            self.found.want(kind, key, label);
            return Ok(Stands::Not(waits(kind, label, None)));
        };
        Ok(match (&link.remote_id, link.state) {
            (Some(id), state) if state != State::Gone => Stands::As(id.clone()),
            _ => Stands::Not(waits(kind, label, Some(&link))),
        })
    }

    /// Whose a document is.
    pub(super) async fn party(
        &mut self,
        conn: &mut Conn,
        number: &str,
        currency: Currency,
    ) -> Result<Result<Stands, Failure>, Halt> {
        if !self.company.multicurrency && currency != self.company.home_currency {
            return Ok(Err(foreign(currency, self.company.home_currency)));
        }
        let Some(customer) = customers::get(conn, self.organization(), number).await? else {
            return Err(crate::Error::CustomerNotFound.into());
        };
        let key = customer_key(&customer, currency);
        Ok(Ok(self.stands(conn, Kind::Customer, &key, &customer.company_name).await?))
    }

    async fn customer(&mut self, conn: &mut Conn, link: &Link) -> Result<Desired, Halt> {
        let (id, other) = match link.local_id.split_once(':') {
            Some((id, currency)) => (id, Some(currency)),
            None => (link.local_id.as_str(), None),
        };
        let id: CustomerId = id.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?;
        let Some(customer) = customers::by_id(conn, self.organization(), id).await? else {
            return Ok(Desired::Nothing);
        };
        let currency: Currency = match other {
            Some(code) => code.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?,
            None => customer.currency,
        };
        if !self.company.multicurrency && currency != self.company.home_currency {
            return Ok(Desired::Unfit(foreign(currency, self.company.home_currency)));
        }
        // A second one for another currency needs another name (§6 row 20).
        let apart = contact::read(link.agreed.as_deref()).and_then(|mut it| it.remove(contact::SUFFIX));
        let suffix = other.map(|it| format!(" - {it}")).unwrap_or_default() + &apart.unwrap_or_default();
        let mut draft = contact::whole(&customer);
        draft.name = Some(name(&customer.company_name, &suffix));
        draft.company_name = Some(customer.company_name.chars().take(100).collect());
        draft.currency = self.company.multicurrency.then_some(currency);
        Ok(Desired::Is(Box::new(Draft::Customer(Box::new(draft)))))
    }
}

/// A customer's name as the books take it: no more than spaces are changed by themselves, and room is made for what has
/// to stand after it. A colon is told as a fault by the books' own rules.
pub(super) fn name(name: &str, suffix: &str) -> String {
    let tidy = name.split(|it: char| it.is_whitespace() || it.is_control());
    let tidy = tidy.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    let room = LONGEST_NAME.saturating_sub(suffix.chars().count());
    if suffix.is_empty() { tidy } else { tidy.chars().take(room).collect::<String>() + suffix }
}

fn foreign(currency: Currency, home: Currency) -> Failure {
    Failure {
        code: "currency".to_owned(),
        field: Some("CurrencyRef".to_owned()),
        message: format!("It is in {currency}, and the company keeps its books in {home} alone."),
        advice: "Switch on multicurrency in the books, or enter it there by hand, then retry.".to_owned(),
    }
}

/// Why something has to wait for another record.
pub(super) fn waits(kind: Kind, label: &str, link: Option<&Link>) -> Failure {
    let what = match kind {
        Kind::Customer => "customer",
        Kind::Item => "product",
        Kind::Estimate => "order",
        Kind::Invoice => "invoice",
        Kind::Payment => "payment",
        Kind::CreditMemo | Kind::RefundReceipt => "refund",
    };
    let (message, advice) = match link.map(|it| (it.state, &it.failure)) {
        Some((State::Failed, Some(failure))) => (
            format!("It waits for the {what} \"{label}\", which was not taken: {}", failure.message),
            failure.advice.clone(),
        ),
        Some((State::Gone | State::Dismissed, _)) => (
            format!("It waits for the {what} \"{label}\", which is not in the books any more."),
            format!("Retry that {what}, so that it is written anew; this one follows by itself."),
        ),
        _ => (
            format!("It waits for the {what} \"{label}\"."),
            "Nothing needs to be done: it goes on by itself.".to_owned(),
        ),
    };
    Failure { code: WAITS.to_owned(), field: None, message, advice }
}

/// The word of what waits for another record.
pub(super) const WAITS: &str = "waits";

impl Turn<'_> {
    pub(super) fn maker<'m>(&'m self, company: &'m Company) -> Maker<'m> {
        let found = Found::new(self.organization, self.integration.id, &self.mapping);
        Maker { found, company }
    }
}

/// What has to be asked for first.
pub(super) fn wants(maker: Maker<'_>) -> BTreeSet<Want> {
    maker.found.wants
}

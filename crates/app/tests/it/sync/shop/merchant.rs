//! What a merchant does.

use kontor_domain::{
    Currency, Id, Money,
    customers::Customer,
    ids::{InvoiceId, PaymentId},
    invoices::{self, Invoice, Line, Quantity, Totals},
    payments::{Method, Payment},
};
use kontor_engine::{Actor, payments::Offline, refunds::Ask};
use kontor_store::{Conn, customers};

use super::Shop;

impl Shop {
    pub(in crate::sync) async fn customer(&self, number: &str, name: &str, email: Option<&str>) -> Customer {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let customer = self.add_customer(&mut tx, number, name, email).await;
        tx.commit().await.expect("written");
        customer
    }

    /// So many customers, each with an invoice that is paid, all at once.
    pub(in crate::sync) async fn sell_to_many(&self, how_many: usize) {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let lines = vec![line("W-1", "1", 700)];
        let zero = Money::zero(Currency::USD);
        let totals = Totals::of(&lines, zero, zero).expect("sums");
        for number in 0..how_many {
            let name = format!("Customer {number}");
            let customer = self.add_customer(&mut tx, &format!("C-{number}"), &name, None).await;
            let invoice = self.add_invoice(&mut tx, &customer, lines.clone(), totals).await;
            self.add_payment(&mut tx, invoice, totals.total).await;
        }
        tx.commit().await.expect("written");
    }

    async fn add_customer(&self, conn: &mut Conn, number: &str, name: &str, email: Option<&str>) -> Customer {
        let now = self.engine.ambient.now();
        let customer = Customer {
            id: Id::new(&self.engine.ambient),
            customer_number: number.to_owned(),
            company_name: name.to_owned(),
            company_email: email.map(str::to_owned),
            company_phone: None,
            active: true,
            terms: None,
            currency: Currency::USD,
            external_id: None,
            addresses: Vec::new(),
            contacts: Vec::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        customers::insert(conn, self.organization, &customer).await.expect("a customer");
        self.engine.tell_customer(conn, self.organization, &customer, true).await.expect("told");
        customer
    }

    pub(in crate::sync) async fn change(&self, number: &str, change: impl FnOnce(&mut Customer)) {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let found = customers::get(&mut tx, self.organization, number).await.expect("read");
        let mut customer = found.expect("a customer");
        change(&mut customer);
        customers::update(&mut tx, self.organization, &customer).await.expect("changed");
        self.engine.tell_customer(&mut tx, self.organization, &customer, false).await.expect("told");
        tx.commit().await.expect("written");
    }

    pub(in crate::sync) async fn read_customer(&self, number: &str) -> Customer {
        let mut conn = self.engine.db.read().await.expect("a connection");
        customers::get(&mut conn, self.organization, number).await.expect("read").expect("a customer")
    }

    /// An issued invoice.
    pub(in crate::sync) async fn invoice(&self, customer: &Customer, lines: Vec<Line>, tax: i64) -> Invoice {
        let currency = customer.currency;
        let zero = Money::zero(currency);
        let totals = Totals::of(&lines, Money::from_minor(tax, currency), zero).expect("sums");
        let id = self.invoice_in(customer, lines, totals).await;
        self.read(id).await
    }

    /// One in whatever currency its sums are in.
    pub(in crate::sync) async fn invoice_in(
        &self,
        customer: &Customer,
        lines: Vec<Line>,
        totals: Totals,
    ) -> InvoiceId {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let id = self.add_invoice(&mut tx, customer, lines, totals).await;
        tx.commit().await.expect("written");
        id
    }

    async fn add_invoice(
        &self,
        conn: &mut Conn,
        customer: &Customer,
        lines: Vec<Line>,
        totals: Totals,
    ) -> InvoiceId {
        let zero = Money::zero(totals.total.currency());
        let now = self.engine.ambient.now();
        let invoice = Invoice {
            id: self.engine.new_invoice_id(),
            invoice_number: String::new(),
            order_id: None,
            order_number: None,
            customer_id: customer.id,
            customer_number: customer.customer_number.clone(),
            status: invoices::Status::Draft,
            invoice_date: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
            due_date: None,
            terms: None,
            po_number: None,
            notes: None,
            items: lines,
            totals,
            paid: zero,
            refunded: zero,
            reopened: zero,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let made =
            self.engine.create_invoice(conn, self.organization, invoice, None).await.expect("an invoice");
        self.engine.issue_invoice(conn, self.organization, made.id).await.expect("issued").id
    }

    pub(in crate::sync) async fn pay(&self, invoice: InvoiceId, minor: i64) -> Payment {
        self.pay_in(invoice, Money::from_minor(minor, Currency::USD)).await
    }

    pub(in crate::sync) async fn pay_in(&self, invoice: InvoiceId, amount: Money) -> Payment {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let paid = self.add_payment(&mut tx, invoice, amount).await;
        tx.commit().await.expect("written");
        paid
    }

    async fn add_payment(&self, conn: &mut Conn, invoice: InvoiceId, amount: Money) -> Payment {
        let offline = Offline { amount, method: Method::Check, reference: None, received_at: None };
        self.engine.record_offline(conn, self.organization, invoice, offline).await.expect("paid").payment
    }

    pub(in crate::sync) async fn refund(&self, payment: PaymentId, minor: i64, reopen: bool) {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let ask = Ask {
            amount: Some(Money::from_minor(minor, Currency::USD)),
            reason: None,
            reopen_invoice: reopen,
        };
        let actor = Actor::system();
        self.engine
            .refund_offline(&mut tx, self.organization, &actor, payment, &ask)
            .await
            .expect("refunded");
        tx.commit().await.expect("written");
    }

    pub(in crate::sync) async fn void(&self, payment: PaymentId) {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let actor = Actor::system();
        self.engine.void_offline(&mut tx, self.organization, &actor, payment).await.expect("voided");
        tx.commit().await.expect("written");
    }

    /// What a payment came to.
    pub(in crate::sync) async fn paid(&self, payment: PaymentId) -> i64 {
        let mut conn = self.engine.db.read().await.expect("a connection");
        let found = kontor_store::payments::get(&mut conn, self.organization, payment).await.expect("read");
        found.expect("a payment").amount.minor()
    }

    pub(in crate::sync) async fn read(&self, invoice: InvoiceId) -> Invoice {
        let mut conn = self.engine.db.read().await.expect("a connection");
        let found = kontor_store::invoices::get(&mut conn, self.organization, invoice).await.expect("read");
        found.expect("an invoice")
    }
}

/// A line over one article.
pub(in crate::sync) fn line(sku: &str, quantity: &str, price: i64) -> Line {
    Line {
        sku: Some(sku.to_owned()),
        description: format!("Wool {sku}"),
        quantity: Quantity::parse(quantity).expect("a quantity"),
        unit_price: price,
        discount: 0,
        taxable: false,
    }
}

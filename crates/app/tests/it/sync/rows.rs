//! What goes wrong in real sync products, row by row of the facts (quickbooks-online.md §6).

mod money;
mod names;
mod wire;

use kontor_domain::{customers::Customer, sync::State};

use super::shop::{Shop, line};
use crate::support::Engine;

/// A merchant with an account for its sales, and one customer.
async fn shop(engine: Engine, more: &[(&str, &str)]) -> (Shop, Customer) {
    let mut shop = Shop::start(engine).await;
    let choices = [&[("IncomeAccount", "79")], more].concat();
    shop.open(&choices).await;
    let customer = shop.customer("C-1", "Hansa Imports", Some("c1@example.com")).await;
    (shop, customer)
}

impl Shop {
    /// An invoice over one article that is paid whole: its id and its payment's.
    async fn sold(
        &self,
        customer: &Customer,
        sku: &str,
    ) -> (kontor_domain::ids::InvoiceId, kontor_domain::ids::PaymentId) {
        let invoice = self.invoice(customer, vec![line(sku, "2", 1_000)], 0).await;
        let payment = self.pay(invoice.id, invoice.totals.total.minor()).await;
        (invoice.id, payment.id)
    }

    /// How the record of something stands.
    async fn state(&self, kind: &str, id: impl ToString) -> State {
        self.record(kind, id).await.state
    }

    async fn record(&self, kind: &str, id: impl ToString) -> kontor_store::sync::links::Link {
        let id = id.to_string();
        self.link(kind, &id).await.unwrap_or_else(|| panic!("no {kind} {id}"))
    }

    /// Why the record of something was not taken.
    async fn why(&self, kind: &str, id: impl ToString) -> kontor_domain::sync::Failure {
        let it = self.record(kind, id).await;
        assert_eq!(it.state, State::Failed, "{it:?}");
        it.failure.expect("a reason")
    }

    async fn retry(&self, kind: &str, id: impl ToString) {
        let link = self.record(kind, id).await;
        let actor = kontor_engine::Actor::system();
        let (organization, integration) = (self.organization, self.integration);
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let retry = kontor_engine::sync::Decision::Retry;
        let done = self.engine.sync_decide(&mut tx, organization, integration, &actor, link.id, retry);
        done.await.expect("retried");
        tx.commit().await.expect("retried");
    }

    /// How many events of a kind there are.
    fn told(&self, kind: &str) -> u64 {
        let of = format!("organization_id = '{}' AND kind = '{kind}'", self.organization);
        self.database.count(&format!("SELECT COUNT(*) FROM events WHERE {of}"))
    }

    /// How often the simulator was called so.
    async fn calls(&self, operation: &str) -> u64 {
        let all = self.desk.get("/_sim/calls").await.expect(200).json();
        all["counts"][operation].as_u64().unwrap_or(0)
    }
}

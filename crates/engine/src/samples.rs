//! A payment and a provider's transaction, for tests of what the one says of the other.

use kontor_domain::{
    Ambient, Currency, Id, Money,
    payments::{Method, Payment, Status},
};
use kontor_providers::{ProviderTransaction, TransactionKind, TransactionState};

struct Fixed;

impl kontor_domain::ambient::Clock for Fixed {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

impl kontor_domain::ambient::Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(1);
    }
}

/// The reference of every sample.
pub(crate) const REFERENCE: &str = "1234567890123456";

pub(crate) fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

/// A payment of 148.83 that was submitted.
pub(crate) fn payment() -> Payment {
    let ambient = Ambient::new(std::sync::Arc::new(Fixed), std::sync::Arc::new(Fixed));
    Payment {
        id: Id::new(&ambient),
        status: Status::Submitted,
        customer_id: Id::new(&ambient),
        customer_number: "CUST-1".to_owned(),
        invoice_id: None,
        amount: dollars(14_883),
        authorized: None,
        reserved: dollars(0),
        method: Method::Hosted,
        provider: None,
        integration_id: None,
        provider_transaction_id: None,
        provider_reference: REFERENCE.to_owned(),
        reference: None,
        received_at: None,
        transaction_setup_id: None,
        payment_method_id: None,
        applied: dollars(0),
        refunded: dollars(0),
        refunded_credit: dollars(0),
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        failure: None,
        nothing_since: None,
        batch_id: None,
        settled_at: None,
        version: 1,
        created_at: ambient.now(),
        updated_at: ambient.now(),
    }
}

/// A sale of that amount as the provider reports it.
pub(crate) fn transaction(id: &str, state: TransactionState) -> ProviderTransaction {
    ProviderTransaction {
        id: id.to_owned(),
        kind: TransactionKind::Sale,
        state,
        requested: Some(dollars(14_883)),
        approved: Some(dollars(14_883)),
        reference: Some(REFERENCE.to_owned()),
        setup_id: None,
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        card_brand: None,
        last_four: None,
        response_code: None,
        response_message: None,
        happened_at: None,
        related_id: None,
        network_transaction_id: None,
        batch_id: None,
    }
}

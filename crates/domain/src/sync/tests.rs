use super::*;
use crate::words::tests::those;

#[test]
fn each_state_says_who_has_to_do_something() {
    assert_eq!(those(State::ALL, State::is_open), [State::Waiting, State::Sent]);
    // What was sent may have been done: it is looked for, and not tried again.
    let retryable = [State::Waiting, State::Synced, State::Failed, State::Gone, State::Dismissed];
    assert_eq!(those(State::ALL, State::is_retryable), retryable);
}

#[test]
fn whatever_changes_a_document_is_of_concern() {
    let of = |kinds: &[&str]| kinds.iter().map(|it| Concern::of(it)).collect::<Vec<_>>();
    assert_eq!(of(&["customer.updated"]), [Some(Concern::Customer)]);
    assert_eq!(of(&["order.confirmed", "order.cancelled"]), [Some(Concern::Order); 2]);
    let invoices = [
        "invoice.issued",
        "invoice.paid",
        "invoice.voided",
        "invoice.cancelled",
        "invoice.refunded",
        "invoice.payment_voided",
    ];
    assert_eq!(of(&invoices), [Some(Concern::Invoice); 6]);
    let payments = ["payment.succeeded", "payment.applied", "payment.voided", "refund.succeeded"];
    assert_eq!(of(&payments), [Some(Concern::Payment); 4]);
    assert_eq!(of(&["payment.declined", "sync.failed", ""]), [None; 3]);
}

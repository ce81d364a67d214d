use jiff::civil::date;
use kontor_domain::{Currency, Id, ids::RefundId, payments::Status as P, refunds::Status as R};
use kontor_providers::{TransactionKind as K, TransactionState as S};

use super::*;
use crate::samples::{REFERENCE, dollars, payment, transaction};

const AMOUNT: i64 = 14_883;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A payment of 2026-03-01 that ended so.
fn ours(status: P) -> Payment {
    Payment {
        status,
        provider_transaction_id: Some("7".to_owned()),
        created_at: at("2026-03-01T10:00:00Z"),
        ..payment()
    }
}

fn theirs(state: S) -> ProviderTransaction {
    ProviderTransaction { happened_at: Some(at("2026-03-01T10:00:05Z")), ..transaction("7", state) }
}

fn refund(status: R, operation: Operation) -> Refund {
    let it = ours(P::Succeeded);
    Refund {
        id: RefundId::from_bytes([2; 16]),
        payment_id: it.id,
        status,
        amount: dollars(500),
        reason: None,
        reopen_invoice: true,
        operation: Some(operation),
        provider_reference: "6543210987654321".to_owned(),
        provider_transaction_id: Some("8".to_owned()),
        failure: None,
        nothing_since: None,
        version: 1,
        created_at: at("2026-03-02T10:00:00Z"),
        updated_at: at("2026-03-02T10:00:00Z"),
    }
}

fn their_refund(state: S) -> ProviderTransaction {
    ProviderTransaction {
        id: "8".to_owned(),
        kind: K::Refund,
        requested: Some(dollars(500)),
        approved: Some(dollars(500)),
        reference: Some("6543210987654321".to_owned()),
        happened_at: Some(at("2026-03-02T10:00:05Z")),
        ..theirs(state)
    }
}

const LONG_AFTER: &str = "2026-04-01T00:00:00Z";

fn compared(ours: &[Ours], theirs: &[ProviderTransaction]) -> Compared {
    compare(ours, theirs, at(LONG_AFTER))
}

fn kinds(ours: &[Ours], theirs: &[ProviderTransaction]) -> Vec<Kind> {
    compared(ours, theirs).differences.iter().map(|it| it.kind).collect()
}

fn one(status: P) -> Ours {
    Ours::payment(&ours(status), &[], false)
}

#[test]
fn every_state_of_ours_meets_every_state_of_theirs() {
    let all = [
        S::Approved,
        S::Settled,
        S::Returned,
        S::Authorized,
        S::Completed,
        S::Voided,
        S::Reversed,
        S::Declined,
        S::Expired,
        S::Duplicate,
        S::Error,
        S::Pending,
    ];
    let took = |it: &S| matches!(it, S::Approved | S::Settled | S::Returned);
    for status in P::ALL {
        for state in &all {
            let holds = *state == S::Authorized;
            let agrees = match status {
                P::Succeeded | P::PartiallyRefunded | P::Refunded => took(state),
                P::Authorized => holds,
                // Long ago: whatever is there was not found out.
                _ => !took(state) && !holds,
            };
            let found = kinds(&[one(*status)], &[theirs(state.clone())]);
            let expected = if agrees { vec![] } else { vec![Kind::StateDiffers] };
            assert_eq!(found, expected, "{status} and {state:?}");
        }
    }
}

#[test]
fn what_is_not_there_is_missing_where_money_was_said_to_move() {
    for status in P::ALL {
        let moved = matches!(status, P::Succeeded | P::PartiallyRefunded | P::Refunded | P::Authorized);
        let expected = if moved { vec![Kind::MissingThere] } else { vec![] };
        assert_eq!(kinds(&[one(*status)], &[]), expected, "{status}");
    }
    for (state, expected) in [
        (S::Approved, vec![Kind::MissingHere]),
        (S::Settled, vec![Kind::MissingHere]),
        (S::Authorized, vec![Kind::MissingHere]),
        (S::Voided, vec![]),
        (S::Declined, vec![]),
        (S::Pending, vec![]),
    ] {
        assert_eq!(kinds(&[], &[theirs(state.clone())]), expected, "{state:?}");
    }
    // Checks of a card, undoings and nothing at all.
    for kind in [K::Verification, K::Void] {
        assert_eq!(kinds(&[], &[ProviderTransaction { kind, ..theirs(S::Approved) }]), []);
    }
    let nothing = ProviderTransaction { approved: Some(dollars(0)), ..theirs(S::Approved) };
    assert_eq!(kinds(&[], &[nothing]), []);
    // A chargeback stands by itself, and is money that went.
    let back = ProviderTransaction { kind: K::Other(String::new()), ..theirs(S::Returned) };
    let found = compared(&[], &[back]);
    assert_eq!(found.differences[0].kind, Kind::MissingHere);
    assert_eq!(found.days[&date(2026, 3, 1)].sums["USD"].there.refunds.minor, AMOUNT);
}

#[test]
fn a_transaction_is_ours_by_its_id_or_by_its_reference_and_a_refund_is_no_payments() {
    let by_id = ProviderTransaction { reference: None, ..theirs(S::Approved) };
    assert_eq!(kinds(&[one(P::Succeeded)], &[by_id]), []);
    let by_reference = ProviderTransaction { id: "9".to_owned(), ..theirs(S::Approved) };
    assert_eq!(kinds(&[one(P::Succeeded)], &[by_reference]), []);
    let foreign =
        ProviderTransaction { id: "9".to_owned(), reference: Some("42".to_owned()), ..theirs(S::Approved) };
    assert_eq!(kinds(&[one(P::Succeeded)], &[foreign]), [Kind::MissingThere, Kind::MissingHere]);
    // A refund by hand often carries the payment's reference.
    let by_hand = ProviderTransaction { reference: Some(REFERENCE.to_owned()), ..their_refund(S::Approved) };
    let found = compared(&[one(P::Succeeded)], &[theirs(S::Settled), by_hand]);
    let whose: Vec<_> = found.differences.iter().map(|it| (it.kind, it.subject.as_str())).collect();
    assert_eq!(whose, [(Kind::MissingHere, "transaction 8")]);
}

#[test]
fn declines_before_an_approval_are_nothing_and_a_second_approval_is_too_much() {
    let declined = ProviderTransaction { id: "5".to_owned(), ..theirs(S::Declined) };
    assert_eq!(kinds(&[one(P::Succeeded)], &[declined.clone(), theirs(S::Approved)]), []);
    let twice = ProviderTransaction { id: "9".to_owned(), ..theirs(S::Approved) };
    for theirs in [[theirs(S::Approved), twice.clone()], [twice.clone(), theirs(S::Approved)]] {
        let found = compared(&[one(P::Succeeded)], &theirs).differences;
        let it = &found[0];
        assert_eq!((found.len(), it.kind, it.transaction.as_deref()), (1, Kind::MissingHere, Some("9")));
        assert_eq!(it.payment, Some(ours(P::Succeeded).id), "it belongs to the payment of its reference");
    }
    let hold = ProviderTransaction { id: "6".to_owned(), kind: K::Authorization, ..theirs(S::Authorized) };
    let capture = ProviderTransaction { kind: K::Capture, ..theirs(S::Approved) };
    assert_eq!(kinds(&[one(P::Succeeded)], &[hold, capture.clone()]), [], "a hold that was taken");
    let hold = ProviderTransaction { id: "6".to_owned(), kind: K::Authorization, ..theirs(S::Completed) };
    assert_eq!(kinds(&[one(P::Succeeded)], &[hold.clone(), capture]), [], "and says so itself");
    let undone = ProviderTransaction { kind: K::Capture, ..theirs(S::Voided) };
    assert_eq!(kinds(&[one(P::Voided)], &[hold, undone]), [], "what was taken was undone: nothing is held");
}

#[test]
fn another_amount_or_currency_differs() {
    for amount in [
        dollars(AMOUNT - 1),
        dollars(AMOUNT + 1),
        Money::from_minor(AMOUNT, "EUR".parse::<Currency>().expect("a currency")),
    ] {
        let other = ProviderTransaction { approved: Some(amount), ..theirs(S::Settled) };
        let found = compared(&[one(P::Succeeded)], &[other]).differences;
        assert_eq!((found.len(), found[0].kind), (1, Kind::AmountDiffers));
        assert_eq!((found[0].amount_here, found[0].amount_there), (Some(dollars(AMOUNT)), Some(amount)));
    }
}

#[test]
fn a_refund_is_compared_by_itself_unless_it_undid_the_payment() {
    let money = Ours::refund(&refund(R::Succeeded, Operation::Refund)).expect("one");
    assert_eq!(kinds(std::slice::from_ref(&money), &[their_refund(S::Settled)]), []);
    assert_eq!(kinds(std::slice::from_ref(&money), &[]), [Kind::MissingThere]);
    assert_eq!(kinds(&[money], &[their_refund(S::Declined)]), [Kind::StateDiffers]);
    let failed = Ours::refund(&refund(R::Failed, Operation::Refund)).expect("one");
    assert_eq!(kinds(&[failed], &[their_refund(S::Approved)]), [Kind::StateDiffers]);
    let waits = refund(R::AwaitingSettlement, Operation::Refund);
    assert!(Ours::refund(&waits).is_none(), "not sent yet");
    let undone = refund(R::Voided, Operation::Void);
    assert!(Ours::refund(&undone).is_none());
    let voided = Ours::payment(&ours(P::Refunded), std::slice::from_ref(&undone), false);
    assert_eq!(kinds(std::slice::from_ref(&voided), &[theirs(S::Voided)]), []);
    assert_eq!(kinds(&[voided], &[theirs(S::Settled)]), [Kind::StateDiffers]);
    let real = Ours::payment(&ours(P::Refunded), &[refund(R::Succeeded, Operation::Refund)], false);
    assert_eq!(kinds(&[real], &[theirs(S::Settled)]), []);
    let under_way = refund(R::Submitted, Operation::Void);
    let busy = Ours::payment(&ours(P::Succeeded), &[under_way], false);
    assert_eq!(kinds(&[busy], &[theirs(S::Voided)]), [], "whoever is at it records it");
    assert_eq!(kinds(&[Ours::payment(&ours(P::Succeeded), &[], true)], &[theirs(S::Voided)]), []);
}

#[test]
fn what_may_yet_end_by_itself_is_no_difference_and_is_counted() {
    let open = one(P::Submitted);
    let soon = compare(std::slice::from_ref(&open), &[theirs(S::Approved)], at("2026-03-01T10:00:04Z"));
    assert_eq!((soon.differences.len(), soon.days[&date(2026, 3, 1)].unfinished), (0, 1));
    let late = compare(&[open], &[theirs(S::Approved)], at("2026-03-01T10:00:05Z"));
    assert_eq!(late.differences[0].kind, Kind::StateDiffers);
}

#[test]
fn a_pair_is_of_the_providers_day_and_sums_are_of_both_sides() {
    // Made before midnight here, and after it there.
    let payment = Payment { created_at: at("2026-03-01T23:59:59Z"), ..ours(P::PartiallyRefunded) };
    let row = ProviderTransaction { happened_at: Some(at("2026-03-02T00:00:00Z")), ..theirs(S::Settled) };
    let own = [
        Ours::payment(&payment, &[], false),
        Ours::refund(&refund(R::Succeeded, Operation::Refund)).expect("one"),
    ];
    let all = [row, their_refund(S::Approved)];
    let found = compared(&own, &all);
    assert_eq!(found.days.keys().copied().collect::<Vec<_>>(), [date(2026, 3, 2)]);
    let sums = &found.days[&date(2026, 3, 2)].sums["USD"];
    assert_eq!(sums.here, sums.there);
    assert_eq!((sums.here.payments.minor, sums.here.refunds.minor), (AMOUNT, 500));
    assert_eq!(found.owners, [Some(own[0].whose), Some(own[1].whose)]);
    let day = |day: Date| Days::new(day, day).expect("a day");
    assert!(compared(&own, &all).within(day(date(2026, 3, 1))).days.is_empty());
    let missing = compared(&[], &all).within(day(date(2026, 3, 1)));
    assert_eq!(missing.differences, []);
    assert_eq!(compared(&[], &all).within(day(date(2026, 3, 2))).differences.len(), 2);
    // One without a row there keeps its own day.
    let alone = compared(&own[..1], &[]);
    assert_eq!(alone.differences[0].day, date(2026, 3, 1));
    let _: Id<kontor_domain::ids::Payment> = payment.id;
}

//! What may follow what, and what stays.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::words::tests::named;
use crate::{Currency, Id, Money, invoices::Quantity};

fn order(status: Status) -> Order {
    let zero = Money::zero(Currency::USD);
    let items = vec![Line {
        sku: None,
        description: "Coffee".to_owned(),
        quantity: Quantity::parse("2.5").expect("a quantity"),
        unit_price: 1_001,
        discount: 0,
        taxable: true,
    }];
    Order {
        id: Id::from_bytes([7; 16]),
        order_number: "ORD-000001".to_owned(),
        external_id: Some("crm-1".to_owned()),
        po_number: None,
        customer_id: Id::from_bytes([7; 16]),
        customer_number: "C-1".to_owned(),
        status,
        terms: None,
        notes: None,
        totals: Totals::of(&items, zero, zero).expect("sums"),
        items,
        invoice_id: None,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_line_of_an_order_rounds_half_up() {
    // 2.5 × 10.01 = 25.025
    assert_eq!(order(Status::Pending).totals.total.minor(), 2_503);
}

#[test]
fn each_state_leads_where_it_should() {
    let led = |from: Status| named(Status::ALL, |to| from.may_become(to));
    assert_eq!(led(Status::Pending), "Confirmed Processing Shipped Completed Cancelled");
    assert_eq!(led(Status::Confirmed), "Processing Shipped Completed Cancelled");
    assert_eq!(led(Status::Processing), "Shipped Completed Cancelled");
    assert_eq!(led(Status::Shipped), "Completed");
    assert_eq!(led(Status::Completed), "");
    assert_eq!(led(Status::Cancelled), "");
    let agreed: Vec<bool> = Status::ALL.iter().map(|it| it.is_agreed()).collect();
    assert_eq!(agreed, [false, true, true, true, true, false]);
}

#[test]
fn the_sale_is_settled_when_it_is_agreed_and_the_rest_when_it_is_over() {
    let settled = |status| {
        let before = order(status);
        let mut next = before.clone();
        next.order_number = "7".to_owned();
        next.items[0].unit_price = 1;
        next.totals.tax = Money::from_minor(1, Currency::USD);
        next.totals.shipping = Money::from_minor(1, Currency::USD);
        next.notes = Some("Ring twice".to_owned());
        next.po_number = Some("PO-1".to_owned());
        next.terms = Some("Net 7".to_owned());
        before.settled(&next).join(" ")
    };
    assert_eq!(settled(Status::Pending), "");
    assert_eq!(settled(Status::Confirmed), "orderNumber items tax shipping");
    assert_eq!(settled(Status::Shipped), "orderNumber items tax shipping");
    assert_eq!(settled(Status::Completed), "orderNumber items tax shipping poNumber terms notes");
    assert_eq!(settled(Status::Cancelled), "orderNumber items tax shipping poNumber terms notes");
}

#[test]
fn a_copy_changes_nothing() {
    for status in Status::ALL {
        assert!(order(*status).changed(&order(*status)).is_empty(), "{status}");
    }
}

#[test]
fn what_differs_is_named_and_the_state_is_not() {
    let before = order(Status::Pending);
    assert!(before.changed(&order(Status::Cancelled)).is_empty());
    let mut next = before.clone();
    (next.notes, next.order_number) = (Some("By the back door".to_owned()), "ORD-2".to_owned());
    assert_eq!(before.changed(&next), ["orderNumber", "notes"]);
}

proptest! {
    /// Whatever is asked for, an order never goes back and never comes back.
    #[test]
    fn an_order_never_goes_back(asked in prop::collection::vec(select(Status::ALL), 0..20)) {
        let mut status = Status::Pending;
        let mut been = vec![status];
        for next in asked {
            if status.may_become(next) {
                prop_assert!(!been.contains(&next));
                prop_assert!(!status.is_over());
                status = next;
                been.push(next);
            }
        }
        prop_assert!(been.len() <= 5);
    }
}

use kontor_domain::Currency;
use kontor_providers::books::{Applied, Link as Tie, Stamp};

use super::*;

fn receipt(total: i64, applied: &[(i64, &str)]) -> Receipt {
    let usd = |minor: i64| Money::from_minor(minor, Currency::USD);
    let tie = |kind: &str| Tie { id: "7".to_owned(), kind: kind.to_owned() };
    Receipt {
        stamp: Stamp { id: "9".to_owned(), token: "0".to_owned(), created_at: None, updated_at: None },
        date: None,
        customer: None,
        total: usd(total),
        unapplied: usd(0),
        applied: applied.iter().map(|(minor, kind)| Applied { amount: usd(*minor), to: tie(kind) }).collect(),
        exchange_rate: None,
        reference: None,
        payment_method: None,
        deposit_account: None,
        private_note: None,
        deposited: false,
        voided: false,
    }
}

#[test]
fn what_a_credit_pays_for_is_no_money_that_came_in() {
    assert!(!uses_credit(&receipt(2_500, &[(2_500, "Invoice")])));
    assert!(!uses_credit(&receipt(3_000, &[(1_500, "Invoice"), (1_000, "Invoice")])));
    // A credit that is used up for something else is nobody's business.
    assert!(!uses_credit(&receipt(2_500, &[(2_500, "Invoice"), (100, "CreditMemo")])));
    assert!(uses_credit(&receipt(0, &[(2_500, "Invoice"), (2_500, "CreditMemo")])));
    assert!(uses_credit(&receipt(2_499, &[(2_500, "invoice"), (1, "CreditMemo")])));
}

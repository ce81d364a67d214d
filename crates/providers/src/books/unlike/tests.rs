use kontor_domain::Currency;

use super::*;
use crate::books::{Applied, Client, Discount, Kind, Link, Receipt, SaleLineDraft, Shipping, Stamp, Tax};

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD)
}

fn stamp() -> Stamp {
    Stamp { id: "1".to_owned(), token: "0".to_owned(), created_at: None, updated_at: None }
}

fn line(tax: LineTax) -> SaleLineDraft {
    SaleLineDraft {
        id: None,
        item: "5".to_owned(),
        description: None,
        quantity: None,
        unit_price: None,
        amount: usd(2_498),
        tax,
    }
}

fn draft() -> SaleDraft {
    SaleDraft {
        customer: Some("24".to_owned()),
        number: Some("K-1".to_owned()),
        lines: Some(vec![line(LineTax::Taxable)]),
        discount: Some(Discount { amount: usd(300), account: None }),
        shipping: Some(Shipping { amount: usd(590), tax: LineTax::Exempt }),
        tax: Some(Tax { total: Some(usd(187)), code: None, basis: None }),
        private_note: Some("kontor  inv-1 ".to_owned()),
        ..SaleDraft::default()
    }
}

fn kept() -> Sale {
    Sale {
        kind: Kind::Invoice,
        stamp: stamp(),
        number: Some("K-1".to_owned()),
        date: None,
        due: None,
        customer: Some("24".to_owned()),
        total: usd(2_975),
        tax: usd(187),
        balance: None,
        exchange_rate: None,
        lines: Vec::new(),
        private_note: Some("kontor inv-1".to_owned()),
        customer_memo: None,
        email: None,
        bill_to: None,
        ship_to: None,
        status: None,
        links: Vec::new(),
        voided: false,
        deposit_account: None,
        payment_method: None,
        payment_reference: None,
    }
}

fn found(draft: SaleDraft, kept: Sale) -> Vec<(&'static str, String)> {
    let action = Action::Create(Draft::Sale(Kind::Invoice, Box::new(draft)));
    unlike(&action, &Object::Sale(Box::new(kept))).into_iter().map(|it| (it.field, it.kept)).collect()
}

#[test]
fn what_was_kept_as_it_was_sent_is_alike() {
    assert_eq!(found(draft(), kept()), []);
    let other = Object::Sale(Box::new(kept()));
    let void = Action::Void { kind: Kind::Invoice, id: "1".to_owned(), token: "0".to_owned() };
    assert_eq!(unlike(&void, &other), []);
}

#[test]
fn row_08_a_tax_that_differs_is_told_with_the_total() {
    let taxed = Sale { tax: usd(200), total: usd(2_988), ..kept() };
    assert_eq!(found(draft(), taxed), [("tax", "2.00 USD".to_owned()), ("total", "29.88 USD".to_owned())]);
    // Where the books say what the tax is, only they know the total.
    let theirs = SaleDraft { tax: None, ..draft() };
    assert_eq!(
        (expected_total(&theirs), found(theirs, Sale { tax: usd(200), total: usd(2_988), ..kept() })),
        (None, vec![])
    );
    let exempt = SaleDraft { tax: None, lines: Some(vec![line(LineTax::Exempt)]), ..draft() };
    assert_eq!(expected_total(&exempt), Some(usd(2_788)));
    let basis = |basis| SaleDraft { tax: Some(Tax { total: Some(usd(187)), code: None, basis }), ..draft() };
    assert_eq!(expected_total(&basis(Some(TaxBasis::Excluded))), Some(usd(2_975)));
    assert_eq!(expected_total(&basis(Some(TaxBasis::Inclusive))), Some(usd(2_788)));
}

#[test]
fn row_07_a_number_that_the_books_gave_themselves_is_told() {
    let numbered = Sale { number: Some("1038".to_owned()), private_note: None, ..kept() };
    assert_eq!(found(draft(), numbered), [("number", "1038".to_owned()), ("note", String::new())]);
    let theirs = SaleDraft { number: None, ..draft() };
    assert_eq!(found(theirs, Sale { number: Some("1038".to_owned()), ..kept() }), []);
}

#[test]
fn letters_that_were_lost_on_the_way_are_told() {
    let draft = CustomerDraft { name: Some("Łódź Wool".to_owned()), ..CustomerDraft::default() };
    let client = Client {
        stamp: stamp(),
        name: "?ód? Wool".to_owned(),
        full_name: None,
        active: true,
        company_name: None,
        given_name: None,
        family_name: None,
        email: None,
        phone: None,
        bill_to: None,
        ship_to: None,
        currency: None,
        taxable: None,
        notes: None,
        parent: None,
        balance: None,
    };
    let action = Action::Create(Draft::Customer(Box::new(draft)));
    let all = unlike(&action, &Object::Customer(Box::new(client)));
    assert_eq!(all, [Unlike { field: "name", sent: "Łódź Wool".to_owned(), kept: "?ód? Wool".to_owned() }]);
}

#[test]
fn row_13_a_payment_that_was_laid_otherwise_is_told() {
    let link = |id: &str| Link { id: id.to_owned(), kind: "Invoice".to_owned() };
    let draft = PaymentDraft {
        total: Some(usd(500)),
        applied: Some(vec![(usd(300), link("1")), (usd(200), link("2"))]),
        ..PaymentDraft::default()
    };
    let receipt = Receipt {
        stamp: stamp(),
        date: None,
        customer: Some("24".to_owned()),
        total: usd(500),
        unapplied: usd(200),
        applied: vec![Applied { amount: usd(300), to: link("1") }],
        exchange_rate: None,
        reference: None,
        payment_method: None,
        deposit_account: None,
        private_note: None,
        deposited: false,
        voided: false,
    };
    let action = Action::Create(Draft::Payment(Box::new(draft)));
    let all = unlike(&action, &Object::Payment(Box::new(receipt)));
    assert_eq!(all, [Unlike { field: "applied amount", sent: "2.00 USD".to_owned(), kept: String::new() }]);
}

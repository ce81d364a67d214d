use kontor_domain::{Currency, Money};
use serde_json::Value;

use super::*;
use crate::books::{
    Address, CustomerDraft, Decimal, Discount, ItemDraft, LineTax, Link, PaymentDraft, SaleDraft,
    SaleLineDraft, Shipping, Tax, TaxBasis,
};

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD)
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn sent(action: &Action) -> Written {
    write(action).expect("it can be written down")
}

fn update(draft: Draft) -> Action {
    Action::Update { id: "130".to_owned(), token: "7".to_owned(), draft }
}

fn invoice() -> SaleDraft {
    SaleDraft {
        customer: Some("24".to_owned()),
        number: Some("K-1037".to_owned()),
        date: "2026-03-04".parse().ok(),
        due: "2026-04-03".parse().ok(),
        terms: Some("3".to_owned()),
        lines: Some(vec![
            SaleLineDraft {
                id: None,
                item: "5".to_owned(),
                description: Some("Wool, \"grey\"".to_owned()),
                quantity: Some(decimal("2.5")),
                unit_price: Some(decimal("9.99")),
                amount: usd(2_498),
                tax: LineTax::Taxable,
            },
            SaleLineDraft {
                id: Some("2".to_owned()),
                item: "11".to_owned(),
                description: None,
                quantity: None,
                unit_price: None,
                amount: usd(1_000),
                tax: LineTax::Exempt,
            },
        ]),
        discount: Some(Discount { amount: usd(300), account: Some("86".to_owned()) }),
        shipping: Some(Shipping { amount: usd(590), tax: LineTax::Exempt }),
        tax: Some(Tax { total: Some(usd(187)), code: Some("2".to_owned()), basis: None }),
        private_note: Some("kontor inv_1".to_owned()),
        customer_memo: Some("Thank you".to_owned()),
        email: Some("shop@wool.example".to_owned()),
        bill_to: Some(Address {
            lines: vec!["1 Harbour".to_owned()],
            city: Some("Visby".to_owned()),
            ..Address::default()
        }),
        estimate: Some("100".to_owned()),
        ..SaleDraft::default()
    }
}

#[test]
fn a_new_invoice_is_written_whole() {
    let it = sent(&Action::Create(Draft::Sale(Kind::Invoice, Box::new(invoice()))));
    assert_eq!((it.operation, it.query().len(), segment(it.kind)), ("create", 0, "invoice"));
    insta::assert_snapshot!(it.object.get());
}

#[test]
fn row_16_a_change_says_no_more_than_it_changes() {
    let note = SaleDraft { private_note: Some(String::new()), ..SaleDraft::default() };
    let it = sent(&update(Draft::Sale(Kind::Invoice, Box::new(note))));
    assert_eq!(it.query(), []);
    assert_eq!(it.object.get(), r#"{"Id":"130","SyncToken":"7","sparse":true,"PrivateNote":""}"#);
    let customer = CustomerDraft { active: Some(false), ..CustomerDraft::default() };
    let it = sent(&update(Draft::Customer(Box::new(customer))));
    assert_eq!(it.object.get(), r#"{"Id":"130","SyncToken":"7","sparse":true,"Active":false}"#);
}

#[test]
fn a_changed_address_is_whole() {
    let address = Address { lines: vec!["1 Harbour".to_owned()], ..Address::default() };
    let draft = CustomerDraft { bill_to: Some(address), ..CustomerDraft::default() };
    let it = sent(&update(Draft::Customer(Box::new(draft.clone()))));
    let read: Value = serde_json::from_str(it.object.get()).expect("JSON");
    assert_eq!(read["BillAddr"]["Line1"], "1 Harbour");
    for gone in ["Line2", "Line5", "City", "CountrySubDivisionCode", "PostalCode", "Country"] {
        assert_eq!(read["BillAddr"][gone], "", "{gone}");
    }
    let new = sent(&Action::Create(Draft::Customer(Box::new(draft))));
    assert_eq!(new.object.get(), r#"{"BillAddr":{"Line1":"1 Harbour"}}"#);
}

#[test]
fn row_21_names_are_written_with_their_spaces_in_order() {
    let customer = CustomerDraft {
        name: Some(" Visby\tWool ".to_owned()),
        email: Some("a@b.example".to_owned()),
        phone: Some("(555) 1".to_owned()),
        currency: Some(Currency::USD),
        ..CustomerDraft::default()
    };
    assert_eq!(
        sent(&Action::Create(Draft::Customer(Box::new(customer)))).object.get(),
        r#"{"DisplayName":"Visby Wool","PrimaryEmailAddr":{"Address":"a@b.example"},"PrimaryPhone":{"FreeFormNumber":"(555) 1"},"CurrencyRef":{"value":"USD"}}"#
    );
    let item = ItemDraft {
        name: Some("Yarn".to_owned()),
        sku: Some("Y-1".to_owned()),
        unit_price: Some(decimal("9.995")),
        income_account: Some("79".to_owned()),
        goods: true,
        ..ItemDraft::default()
    };
    assert_eq!(
        sent(&Action::Create(Draft::Item(Box::new(item.clone())))).object.get(),
        r#"{"Name":"Yarn","Type":"NonInventory","Sku":"Y-1","UnitPrice":9.995,"IncomeAccountRef":{"value":"79"}}"#
    );
    // What something is does not change.
    let changed = sent(&update(Draft::Item(Box::new(ItemDraft { goods: true, ..ItemDraft::default() }))));
    assert_eq!(changed.object.get(), r#"{"Id":"130","SyncToken":"7","sparse":true}"#);
}

#[test]
fn the_books_compute_the_tax_where_nobody_says_it() {
    let written = |tax| {
        let draft = SaleDraft { tax: Some(tax), ..SaleDraft::default() };
        let it = sent(&Action::Create(Draft::Sale(Kind::Estimate, Box::new(draft))));
        it.object.get().to_owned()
    };
    assert_eq!(written(Tax { total: None, code: None, basis: None }), "{}");
    assert_eq!(
        written(Tax { total: None, code: None, basis: Some(TaxBasis::Excluded) }),
        r#"{"GlobalTaxCalculation":"TaxExcluded"}"#
    );
    assert_eq!(
        written(Tax { total: Some(usd(0)), code: None, basis: Some(TaxBasis::NotApplicable) }),
        r#"{"GlobalTaxCalculation":"NotApplicable","TxnTaxDetail":{"TotalTax":0}}"#
    );
}

#[test]
fn row_14_a_payment_is_laid_on_what_it_pays() {
    let link = |kind: &str, id: &str| Link { id: id.to_owned(), kind: kind.to_owned() };
    let payment = PaymentDraft {
        customer: Some("20".to_owned()),
        total: Some(usd(6_500)),
        applied: Some(vec![(usd(5_500), link("Invoice", "70")), (usd(100), link("CreditMemo", "71"))]),
        reference: Some("10264".to_owned()),
        deposit_account: Some("35".to_owned()),
        ..PaymentDraft::default()
    };
    assert_eq!(
        sent(&Action::Create(Draft::Payment(Box::new(payment)))).object.get(),
        r#"{"CustomerRef":{"value":"20"},"TotalAmt":65,"Line":[{"Amount":55,"LinkedTxn":[{"TxnId":"70","TxnType":"Invoice"}]},{"Amount":1,"LinkedTxn":[{"TxnId":"71","TxnType":"CreditMemo"}]}],"PaymentRefNum":"10264","DepositToAccountRef":{"value":"35"}}"#
    );
    let unapplied = PaymentDraft { applied: Some(Vec::new()), ..PaymentDraft::default() };
    let it = sent(&update(Draft::Payment(Box::new(unapplied))));
    assert_eq!(it.object.get(), r#"{"Id":"130","SyncToken":"7","sparse":true,"Line":[]}"#);
}

#[test]
fn each_kind_ends_as_it_can() {
    let stamp = || ("9".to_owned(), "1".to_owned());
    let (id, token) = stamp();
    let invoice = sent(&Action::Void { kind: Kind::Invoice, id, token });
    assert_eq!(invoice.query(), [("operation", "void")]);
    assert_eq!(invoice.object.get(), r#"{"Id":"9","SyncToken":"1"}"#);
    assert!(!invoice.fits_batch());
    let (id, token) = stamp();
    let payment = sent(&Action::Void { kind: Kind::Payment, id, token });
    assert_eq!(payment.query(), [("operation", "update"), ("include", "void")]);
    assert_eq!(payment.object.get(), r#"{"Id":"9","SyncToken":"1","sparse":true}"#);
    let (id, token) = stamp();
    let estimate = sent(&Action::Delete { kind: Kind::Estimate, id, token });
    assert_eq!(estimate.query(), [("operation", "delete")]);
    assert_eq!(estimate.object.get(), r#"{"Id":"9","SyncToken":"1"}"#);
    assert!(payment.fits_batch() && estimate.fits_batch());
    let body = batch([("0".to_owned(), &payment), ("12".to_owned(), &estimate)]).expect("JSON");
    assert_eq!(
        String::from_utf8(body).expect("text"),
        r#"{"BatchItemRequest":[{"bId":"0","operation":"update","optionsData":"include=void","Payment":{"Id":"9","SyncToken":"1","sparse":true}},{"bId":"12","operation":"delete","Estimate":{"Id":"9","SyncToken":"1"}}]}"#
    );
}

use kontor_domain::{Currency, Money};

use super::*;
use crate::books::{
    Class, Decimal, Discount, LineTax, Link, PaymentDraft, SaleDraft, SaleLineDraft, Shipping, Tax,
};

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD)
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// The field and the words.
fn wrong(action: &Action) -> (String, String) {
    let error = check(action).expect_err("it does not fit");
    assert_eq!(error.class, Class::Validation, "{error}");
    assert!(error.surely_undone());
    let words = error.to_string();
    (error.field.unwrap_or_default(), words)
}

fn customer(change: impl FnOnce(&mut CustomerDraft)) -> Action {
    let mut draft = CustomerDraft { name: Some("Visby Wool".to_owned()), ..CustomerDraft::default() };
    change(&mut draft);
    Action::Create(Draft::Customer(Box::new(draft)))
}

fn item(change: impl FnOnce(&mut ItemDraft)) -> Action {
    let mut draft = ItemDraft {
        name: Some("Yarn".to_owned()),
        income_account: Some("79".to_owned()),
        ..ItemDraft::default()
    };
    change(&mut draft);
    Action::Create(Draft::Item(Box::new(draft)))
}

fn line() -> SaleLineDraft {
    SaleLineDraft {
        id: None,
        item: "5".to_owned(),
        description: None,
        quantity: Some(decimal("3")),
        unit_price: Some(decimal("0.335")),
        amount: usd(101),
        tax: LineTax::Taxable,
    }
}

fn sale(kind: Kind, change: impl FnOnce(&mut SaleDraft)) -> Action {
    let mut draft =
        SaleDraft { customer: Some("1".to_owned()), lines: Some(vec![line()]), ..SaleDraft::default() };
    change(&mut draft);
    Action::Create(Draft::Sale(kind, Box::new(draft)))
}

fn invoice(change: impl FnOnce(&mut SaleDraft)) -> Action {
    sale(Kind::Invoice, change)
}

fn payment(change: impl FnOnce(&mut PaymentDraft)) -> Action {
    let mut draft =
        PaymentDraft { customer: Some("1".to_owned()), total: Some(usd(6_500)), ..PaymentDraft::default() };
    change(&mut draft);
    Action::Create(Draft::Payment(Box::new(draft)))
}

fn to(kind: &str) -> Link {
    Link { id: "70".to_owned(), kind: kind.to_owned() }
}

#[test]
fn what_fits_fits() {
    for action in [
        customer(|_| {}),
        customer(|it| it.name = Some("O'Neill & Søn\tAB\n".to_owned())),
        customer(|it| it.name = Some("n".repeat(500))),
        item(|_| {}),
        invoice(|_| {}),
        invoice(|it| it.number = Some("1".repeat(21))),
        invoice(|it| it.estimate = Some("9".to_owned())),
        invoice(|it| it.private_note = Some("n".repeat(4_000))),
        sale(Kind::Estimate, |it| it.status = Some("Accepted".to_owned())),
        sale(Kind::RefundReceipt, |it| {
            it.customer = None;
            it.deposit_account = Some("35".to_owned());
        }),
        payment(|it| it.applied = Some(vec![(usd(5_500), to("Invoice"))])),
        payment(|it| {
            it.total = Some(usd(0));
            it.applied = Some(vec![(usd(300), to("CreditMemo")), (usd(300), to("Invoice"))]);
        }),
        Action::Void { kind: Kind::Payment, id: "1".to_owned(), token: "0".to_owned() },
        Action::Delete { kind: Kind::Estimate, id: "1".to_owned(), token: "0".to_owned() },
    ] {
        assert_eq!(check(&action), Ok(()), "{action:?}");
    }
}

#[test]
fn row_04_names_follow_the_books_rules() {
    assert_eq!(tidy("  Visby\t Wool \n AB "), "Visby Wool AB");
    for (action, field, words) in [
        (customer(|it| it.name = Some("Wool: North".to_owned())), "DisplayName", "a colon"),
        (customer(|it| it.name = Some("n".repeat(501))), "DisplayName", "at most 500"),
        (customer(|it| it.name = Some(" \t".to_owned())), "DisplayName", "a name is needed"),
        (customer(|it| it.name = None), "DisplayName", "a name is missing"),
        (customer(|it| it.given_name = Some("a:b".to_owned())), "GivenName", "a colon"),
        (customer(|it| it.company_name = Some("n".repeat(101))), "CompanyName", "at most 100"),
        (customer(|it| it.email = Some("nobody".to_owned())), "PrimaryEmailAddr", "no e-mail address"),
        (customer(|it| it.email = Some("a@b".to_owned())), "PrimaryEmailAddr", "no e-mail address"),
        (customer(|it| it.phone = Some("1".repeat(31))), "PrimaryPhone", "at most 30"),
        (item(|it| it.name = Some("a:b".to_owned())), "Name", "a colon"),
        (item(|it| it.name = Some("n".repeat(101))), "Name", "at most 100"),
        (item(|it| it.income_account = None), "IncomeAccountRef", "account for its sales"),
        (item(|it| it.income_account = Some("7'9".to_owned())), "IncomeAccountRef", "no id"),
        (item(|it| it.unit_price = Some(decimal("99999999999.01"))), "UnitPrice", "too large"),
        (item(|it| it.unit_price = Some(decimal("-1"))), "UnitPrice", "below zero"),
    ] {
        let (named, said) = wrong(&action);
        assert_eq!(named, field, "{said}");
        assert!(said.contains(words) && said.ends_with("then retry."), "{said}");
    }
    let kept = CustomerDraft { currency: Some(Currency::USD), ..CustomerDraft::default() };
    let (id, token) = ("1".to_owned(), "0".to_owned());
    let change = Action::Update { id, token, draft: Draft::Customer(Box::new(kept)) };
    assert_eq!(wrong(&change).0, "CurrencyRef");
}

#[test]
fn documents_follow_the_books_rules() {
    let lines = |change: fn(&mut SaleLineDraft)| {
        invoice(|it| {
            let mut one = line();
            change(&mut one);
            it.lines = Some(vec![one]);
        })
    };
    let address = Address { lines: vec!["1".to_owned(); 6], ..Address::default() };
    for (action, field, words) in [
        (invoice(|it| it.number = Some("INV-2026-000000000012345".to_owned())), "DocNumber", "at most 21"),
        (invoice(|it| it.number = Some(" ".to_owned())), "DocNumber", "a number is needed"),
        (invoice(|it| it.customer = None), "CustomerRef", "customer is missing"),
        (invoice(|it| it.customer = Some("x".to_owned())), "CustomerRef", "no id"),
        (invoice(|it| it.lines = None), "Line", "what was sold is missing"),
        (invoice(|it| it.lines = Some(Vec::new())), "Line", "nothing on it"),
        (invoice(|it| it.lines = Some(vec![line(); 751])), "Line", "at most 750"),
        (invoice(|it| it.private_note = Some("n".repeat(4_001))), "PrivateNote", "at most 4000"),
        (invoice(|it| it.customer_memo = Some("n".repeat(1_001))), "CustomerMemo", "at most 1000"),
        (invoice(|it| it.bill_to = Some(address.clone())), "BillAddr", "five lines"),
        (invoice(|it| it.status = Some("Accepted".to_owned())), "TxnStatus", "no state"),
        (sale(Kind::Estimate, |it| it.status = Some("Converted".to_owned())), "TxnStatus", "no state"),
        (sale(Kind::Estimate, |it| it.estimate = Some("1".to_owned())), "LinkedTxn", "only an invoice"),
        (sale(Kind::RefundReceipt, |_| {}), "DepositToAccountRef", "account"),
        (invoice(|it| it.exchange_rate = Some(decimal("0"))), "ExchangeRate", "above zero"),
        (lines(|it| it.amount = usd(100)), "Line.Amount", "3 × 0.335 is 1.01 and not 1.00"),
        (lines(|it| it.amount = usd(-101)), "Line.Amount", "below zero"),
        (lines(|it| it.item = String::new()), "ItemRef", "missing"),
        (lines(|it| it.unit_price = Some(decimal("0.12345678"))), "UnitPrice", "at most 7"),
        (lines(|it| it.tax = LineTax::Code(String::new())), "TaxCodeRef", "missing"),
        (lines(|it| it.description = Some("n".repeat(4_001))), "Line.Description", "at most 4000"),
        (
            invoice(|it| it.discount = Some(Discount { amount: usd(102), account: None })),
            "Line.Amount",
            "discount",
        ),
        (
            invoice(|it| it.discount = Some(Discount { amount: usd(0), account: None })),
            "Line.Amount",
            "discount",
        ),
    ] {
        let (named, said) = wrong(&action);
        assert_eq!(named, field, "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn sums_are_of_one_currency_and_discount_and_shipping_go_with_the_lines() {
    let eur: Currency = "EUR".parse().expect("a currency");
    let taxed = |total| Some(Tax { total: Some(total), code: None, basis: None });
    assert_eq!(wrong(&invoice(|it| it.tax = taxed(Money::zero(eur)))).0, "TxnTaxDetail");
    assert_eq!(wrong(&invoice(|it| it.tax = taxed(usd(-1)))).0, "TxnTaxDetail");
    assert_eq!(check(&invoice(|it| it.tax = taxed(usd(8)))), Ok(()));
    let mixed = SaleLineDraft { amount: Money::from_minor(101, eur), ..line() };
    assert_eq!(wrong(&invoice(|it| it.lines = Some(vec![line(), mixed]))).0, "Line.Amount");
    let shipping = Some(Shipping { amount: usd(500), tax: LineTax::Exempt });
    assert_eq!(check(&invoice(|it| it.shipping.clone_from(&shipping))), Ok(()));
    let draft = SaleDraft { shipping, ..SaleDraft::default() };
    let (id, token) = ("1".to_owned(), "0".to_owned());
    let change = Action::Update { id, token, draft: Draft::Sale(Kind::Invoice, Box::new(draft)) };
    assert_eq!(wrong(&change).0, "Line");
}

#[test]
fn row_09_a_quantity_or_a_price_of_nothing_leaves_the_amount_alone() {
    for (quantity, price) in
        [(None, Some("9")), (Some("2"), None), (Some("0"), Some("9")), (Some("2"), Some("0"))]
    {
        let one = SaleLineDraft {
            quantity: quantity.map(decimal),
            unit_price: price.map(decimal),
            amount: usd(12_345),
            ..line()
        };
        assert_eq!(check(&invoice(|it| it.lines = Some(vec![one]))), Ok(()));
    }
}

#[test]
fn row_13_no_more_is_applied_than_came_in() {
    for (action, field, words) in [
        (
            payment(|it| it.applied = Some(vec![(usd(6_501), to("Invoice"))])),
            "Line.Amount",
            "more is applied",
        ),
        (payment(|it| it.applied = Some(vec![(usd(0), to("Invoice"))])), "Line.Amount", "nothing is applied"),
        (payment(|it| it.applied = Some(vec![(usd(1), to("Deposit"))])), "LinkedTxn", "not applied to"),
        (payment(|it| it.total = None), "TotalAmt", "amount is missing"),
        (payment(|it| it.customer = None), "CustomerRef", "customer is missing"),
        (payment(|it| it.reference = Some("n".repeat(22))), "PaymentRefNum", "at most 21"),
    ] {
        let (named, said) = wrong(&action);
        assert_eq!(named, field, "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_the_books_cannot_undo_is_not_asked_for() {
    let stamp = || ("1".to_owned(), "0".to_owned());
    let (id, token) = stamp();
    let void = Action::Void { kind: Kind::Estimate, id, token };
    assert_eq!(check(&void).map_err(|it| it.class), Err(Class::Unsupported));
    let (id, token) = stamp();
    let delete = Action::Delete { kind: Kind::Customer, id, token };
    assert_eq!(check(&delete).map_err(|it| it.class), Err(Class::Unsupported));
    for (id, token) in [("1/../2", "0"), ("", "0"), ("1", ""), ("1", "x"), ("123456789012345678901", "0")] {
        let action = Action::Delete { kind: Kind::Invoice, id: id.to_owned(), token: token.to_owned() };
        assert_eq!(check(&action).map_err(|it| it.class), Err(Class::Validation), "{id} {token}");
    }
}

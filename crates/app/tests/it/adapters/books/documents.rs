//! Documents, taxes and payments: what is sent stands in the books cent by cent, and what goes away gives back what it took.

use kontor_providers::books::{SalesTax, TaxBasis, unlike};

use super::{refusals::with_customer, *};

/// A company whose tax is not automatic.
const MANUAL: &str = "9341453474484455";

async fn in_company(realm: &'static str) -> (Office, String, String) {
    let office = Office::of(realm).await;
    let customer = office.client("Visby Wool").await.stamp.id;
    let item = office.article("Yarn").await.stamp.id;
    (office, customer, item)
}

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

fn taxed(draft: SaleDraft, line: &LineTax, tax: Tax) -> SaleDraft {
    let mut taxed = SaleDraft { tax: Some(tax), ..draft };
    for it in taxed.lines.iter_mut().flatten() {
        it.tax = line.clone();
    }
    taxed
}

fn as_billed(cents: i64) -> Tax {
    Tax { total: Some(usd(cents)), code: None, basis: None }
}

#[tokio::test]
async fn a_paid_invoice_is_voided_with_its_payment_left_over_and_deleted_only_when_it_is_free() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let paid = receipt(office.write("pay-1", &pays(&customer, 2_498, &made.stamp.id)).await);
    let now = office.sale(Kind::Invoice, &made.stamp.id).await;
    let error = office.refused("inv-2", &delete(Kind::Invoice, &now.stamp)).await;
    assert!(error.class == Class::Business && error.surely_undone(), "{error}");
    let voided = sale(office.write("inv-3", &void(Kind::Invoice, &now.stamp)).await);
    assert!(voided.voided && voided.total.is_zero() && voided.links.is_empty(), "{voided:?}");
    let left = receipt(office.read(Kind::Payment, &paid.stamp.id).await.expect("it is there"));
    assert!(!left.voided && left.unapplied == usd(2_498) && left.applied.is_empty(), "{left:?}");
    // Nothing is owed, and the money is the customer's.
    let owes = client(office.read(Kind::Customer, &customer).await.expect("it is there")).balance;
    assert_eq!(owes, Some(decimal("-24.98")));
    office.try_write("pay-2", &delete(Kind::Payment, &left.stamp)).await.expect("deleted");
    assert_eq!(office.read(Kind::Payment, &paid.stamp.id).await.map_err(|it| it.class), Err(Class::Missing));
    let owes = client(office.read(Kind::Customer, &customer).await.expect("it is there")).balance;
    assert!(owes.is_some_and(Decimal::is_zero), "{owes:?}");
    // A void of what is void, and one of what is gone.
    let again = office.sale(Kind::Invoice, &made.stamp.id).await;
    let twice = office.try_write("inv-4", &void(Kind::Invoice, &again.stamp)).await;
    assert!(twice.is_ok_and(|it| it.object().is_some()));
    assert_eq!(office.refused("pay-3", &void(Kind::Payment, &left.stamp)).await.class, Class::Missing);
}

#[tokio::test]
async fn a_payment_that_goes_away_opens_its_invoices_again() {
    let (office, customer, item) = with_customer().await;
    let (one, two) =
        (office.sale_of(&customer, &item, "inv-1").await, office.sale_of(&customer, &item, "inv-2").await);
    let link = |it: &Sale| Link { id: it.stamp.id.clone(), kind: "Invoice".to_owned() };
    let both = |first: i64, second: i64| PaymentDraft {
        customer: Some(customer.clone()),
        total: Some(usd(4_000)),
        applied: Some(vec![(usd(first), link(&one)), (usd(second), link(&two))]),
        ..PaymentDraft::default()
    };
    let action = |it| create(Draft::Payment(Box::new(it)));
    let error = office.refused("pay-0", &action(both(2_499, 100))).await;
    assert!(error.class == Class::Business && error.surely_undone(), "more than is open: {error}");
    let paid = receipt(office.write("pay-1", &action(both(2_498, 1_000))).await);
    assert_eq!((paid.unapplied, paid.applied.len()), (usd(502), 2));
    let open = async |it: &Sale| office.sale(Kind::Invoice, &it.stamp.id).await.balance;
    assert_eq!((open(&one).await, open(&two).await), (Some(usd(0)), Some(usd(1_498))));
    // All lines or none: what is sent is the whole list.
    let fewer = PaymentDraft { applied: Some(vec![(usd(2_498), link(&two))]), ..PaymentDraft::default() };
    let fewer = update(&paid.stamp, Draft::Payment(Box::new(fewer)));
    let changed = receipt(office.write("pay-2", &fewer).await);
    assert_eq!((changed.unapplied, changed.total), (usd(1_502), usd(4_000)));
    assert_eq!((open(&one).await, open(&two).await), (Some(usd(2_498)), Some(usd(0))));
    office.try_write("pay-3", &delete(Kind::Payment, &changed.stamp)).await.expect("deleted");
    assert_eq!((open(&one).await, open(&two).await), (Some(usd(2_498)), Some(usd(2_498))));
    // Another customer's invoice is none of this one's.
    let other = office.client("Ystad Yarns").await.stamp.id;
    let foreign = office.refused("pay-4", &pays(&other, 100, &one.stamp.id)).await;
    assert_eq!(foreign.class, Class::Business, "{foreign}");
}

#[tokio::test]
async fn discount_shipping_and_billed_tax_come_to_the_billed_total() {
    let (office, customer, item) = with_customer().await;
    for (at, (discount, shipping, tax)) in
        [(Some(300), Some(590), Some(187)), (Some(2_498), None, None), (None, Some(1), Some(0))]
            .into_iter()
            .enumerate()
    {
        let drafted = SaleDraft {
            discount: discount.map(|it| Discount { amount: usd(it), account: None }),
            shipping: shipping.map(|it| Shipping { amount: usd(it), tax: LineTax::Exempt }),
            ..draft(&customer, &item)
        };
        let drafted = match tax {
            Some(cents) => taxed(drafted, &LineTax::Taxable, as_billed(cents)),
            None => drafted,
        };
        let whole = 2_498 - discount.unwrap_or(0) + shipping.unwrap_or(0) + tax.unwrap_or(0);
        for kind in [Kind::Invoice, Kind::Estimate, Kind::CreditMemo] {
            let action = create(of(kind, drafted.clone()));
            let made = office.write(&format!("{kind}-{at}"), &action).await;
            assert_eq!(unlike(&action, &made), [], "{kind} {at}");
            let made = sale(made);
            assert_eq!((made.total, made.tax), (usd(whole), usd(tax.unwrap_or(0))), "{kind} {at}: {made:?}");
        }
    }
}

#[tokio::test]
async fn automatic_tax_is_the_books_own_where_nobody_says_what_was_billed() {
    let (office, customer, item) = in_company(REALM).await;
    let company = office.at(async |it, books| it.company(books.connection, books.gate).await).await;
    assert_eq!(company.expect("a company").sales_tax, SalesTax::Automated);
    let nothing = Tax { total: None, code: None, basis: None };
    // 5.5 and 2.5 per cent of 24.98, each rounded by itself.
    let action = create(of(Kind::Invoice, taxed(draft(&customer, &item), &LineTax::Taxable, nothing)));
    let made = sale(office.write("inv-1", &action).await);
    assert_eq!((made.tax, made.total), (usd(137 + 62), usd(2_697)), "{made:?}");
    // Nothing of what was billed is lost, and none of it is added to.
    for (at, cents) in [0, 1, 150, 199].into_iter().enumerate() {
        let tax = as_billed(cents);
        let action = create(of(Kind::Invoice, taxed(draft(&customer, &item), &LineTax::Taxable, tax)));
        let made = office.write(&format!("billed-{at}"), &action).await;
        assert_eq!(unlike(&action, &made), [], "{cents}");
    }
}

#[tokio::test]
async fn a_company_without_sales_tax_keeps_another_total_and_that_is_seen() {
    let (office, customer, item) = in_company(MANUAL).await;
    office.switch(&json!({ "usingSalesTax": false })).await;
    let company = office.at(async |it, books| it.company(books.connection, books.gate).await).await;
    assert_eq!(company.expect("a company").sales_tax, SalesTax::Off);
    let action = create(of(Kind::Invoice, taxed(draft(&customer, &item), &LineTax::Taxable, as_billed(187))));
    let made = office.write("inv-1", &action).await;
    let fields: Vec<&str> = unlike(&action, &made).iter().map(|it| it.field).collect();
    assert_eq!(fields, ["tax", "total"]);
    assert_eq!(sale(made).total, usd(2_498));
}

#[tokio::test]
async fn a_company_that_sets_its_rates_up_taxes_by_the_code_that_is_named() {
    let (office, customer, item) = in_company(MANUAL).await;
    let company = office.at(async |it, books| it.company(books.connection, books.gate).await).await;
    assert_eq!(company.expect("a company").sales_tax, SalesTax::Manual);
    let codes =
        office.at(async |it, books| it.choices(books.connection, books.gate, List::TaxCodes).await).await;
    let code = codes.expect("codes").into_iter().find(|it| it.name == "Flat rate").expect("a code").id;
    let of_code = |total: Option<i64>| Tax { total: total.map(usd), code: Some(code.clone()), basis: None };
    for (at, (tax, cents)) in [(of_code(None), 200), (of_code(Some(187)), 187)].into_iter().enumerate() {
        let action = create(of(Kind::Invoice, taxed(draft(&customer, &item), &LineTax::Taxable, tax)));
        let made = sale(office.write(&format!("inv-{at}"), &action).await);
        assert_eq!((made.tax.minor(), made.total), (cents, usd(2_498 + cents)), "{made:?}");
    }
    // What is billed without a code is the total all the same.
    let action = create(of(Kind::Invoice, taxed(draft(&customer, &item), &LineTax::Taxable, as_billed(187))));
    let made = office.write("inv-9", &action).await;
    assert_eq!(unlike(&action, &made), []);
    // A code of another country's kind is not taken.
    let wrong = taxed(draft(&customer, &item), &LineTax::Code(code.clone()), of_code(None));
    assert_eq!(office.refused("inv-8", &create(of(Kind::Invoice, wrong))).await.class, Class::Validation);
}

#[tokio::test]
async fn elsewhere_each_line_has_its_code_and_its_amount_is_with_tax_or_without() {
    let mut office = Office::of(MANUAL).await;
    office.switch(&json!({ "country": "CA", "homeCurrency": "CAD" })).await;
    office.home = currency("CAD");
    let company = office.at(async |it, books| it.company(books.connection, books.gate).await).await;
    let company = company.expect("a company");
    assert!(company.home_currency == currency("CAD") && !company.is_us(), "{company:?}");
    let (customer, item) = (office.client("Visby Wool").await, office.article("Yarn").await.stamp.id);
    assert_eq!(customer.currency, Some(currency("CAD")));
    let customer = customer.stamp.id;
    let codes =
        office.at(async |it, books| it.choices(books.connection, books.gate, List::TaxCodes).await).await;
    let code = codes.expect("codes").into_iter().find(|it| it.name == "Flat rate").expect("a code").id;
    let cad = |cents: i64| Money::from_minor(cents, currency("CAD"));
    let drafted = |basis: TaxBasis, total: Option<i64>| {
        let tax = Tax { total: total.map(cad), code: None, basis: Some(basis) };
        let mut drafted = taxed(draft(&customer, &item), &LineTax::Code(code.clone()), tax);
        for line in drafted.lines.iter_mut().flatten() {
            line.amount = cad(2_498);
        }
        create(of(Kind::Invoice, drafted))
    };
    for (at, (basis, total, tax, whole)) in [
        (TaxBasis::Excluded, None, 200, 2_698),
        (TaxBasis::Inclusive, None, 185, 2_498),
        (TaxBasis::NotApplicable, None, 0, 2_498),
        (TaxBasis::Excluded, Some(200), 200, 2_698),
    ]
    .into_iter()
    .enumerate()
    {
        let action = drafted(basis, total);
        let made = office.write(&format!("inv-{at}"), &action).await;
        assert_eq!(unlike(&action, &made), [], "{basis:?}");
        let made = sale(made);
        assert_eq!((made.tax, made.total), (cad(tax), cad(whole)), "{basis:?}: {made:?}");
    }
    // The books compute by their codes: another tax is not kept, and that is seen.
    let action = drafted(TaxBasis::Excluded, Some(187));
    let made = office.write("inv-9", &action).await;
    assert!(!unlike(&action, &made).is_empty(), "{made:?}");
    // A payment there is in the company's own currency.
    let invoice = sale(made);
    let paid = PaymentDraft {
        customer: Some(customer.clone()),
        total: Some(invoice.total),
        applied: Some(vec![(
            invoice.total,
            Link { id: invoice.stamp.id.clone(), kind: "Invoice".to_owned() },
        )]),
        ..PaymentDraft::default()
    };
    let paid = receipt(office.write("pay-1", &create(Draft::Payment(Box::new(paid)))).await);
    assert!(paid.unapplied.is_zero() && paid.total == invoice.total, "{paid:?}");
    let us = taxed(draft(&customer, &item), &LineTax::Taxable, Tax { total: None, code: None, basis: None });
    assert!(
        office.try_write("inv-8", &create(of(Kind::Invoice, us))).await.is_err(),
        "no code of that country"
    );
}

#[tokio::test]
async fn a_customer_of_another_currency_is_billed_in_it() {
    let (office, ..) = with_customer().await;
    let item = office.article("Silk").await.stamp.id;
    let in_euro = |name: &str| CustomerDraft {
        name: Some(name.to_owned()),
        currency: Some(currency("EUR")),
        ..CustomerDraft::default()
    };
    let action = create(Draft::Customer(Box::new(in_euro("Wolle - EUR"))));
    let error = office.refused("cus-8", &action).await;
    assert!(error.class == Class::Business && error.surely_undone(), "one currency alone: {error}");
    office.switch(&json!({ "multiCurrency": true })).await;
    let customer = client(office.write("cus-9", &action).await);
    assert_eq!(customer.currency, Some(currency("EUR")));
    let eur = |cents: i64| Money::from_minor(cents, currency("EUR"));
    let mut drafted = SaleDraft {
        currency: Some(currency("EUR")),
        exchange_rate: Some(decimal("1.08")),
        ..draft(&customer.stamp.id, &item)
    };
    for line in drafted.lines.iter_mut().flatten() {
        line.amount = eur(2_498);
    }
    let action = create(of(Kind::Invoice, drafted));
    let made = office.write("inv-1", &action).await;
    assert_eq!(unlike(&action, &made), []);
    let made = sale(made);
    assert_eq!((made.balance, made.exchange_rate), (Some(eur(2_498)), Some(decimal("1.08"))));
    let paid = PaymentDraft {
        customer: Some(customer.stamp.id.clone()),
        total: Some(eur(2_498)),
        currency: Some(currency("EUR")),
        exchange_rate: Some(decimal("1.08")),
        applied: Some(vec![(eur(2_498), Link { id: made.stamp.id.clone(), kind: "Invoice".to_owned() })]),
        ..PaymentDraft::default()
    };
    let paid = receipt(office.write("pay-1", &create(Draft::Payment(Box::new(paid)))).await);
    assert_eq!((paid.total, paid.unapplied), (eur(2_498), eur(0)));
    assert_eq!(office.sale(Kind::Invoice, &made.stamp.id).await.balance, Some(eur(0)));
}

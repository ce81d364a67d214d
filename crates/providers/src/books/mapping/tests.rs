use kontor_domain::Currency;

use super::*;

fn company(country: Option<&str>, sales_tax: SalesTax) -> Company {
    Company {
        name: "A".to_owned(),
        country: country.map(str::to_owned),
        time_zone: None,
        home_currency: Currency::USD,
        multicurrency: false,
        sales_tax,
        custom_numbers: false,
        closed_until: None,
        estimates: None,
        discounts: None,
        shipping: None,
        applies_payments: None,
        subscription: None,
        product: None,
    }
}

fn mapping(tax_mode: TaxMode) -> Mapping {
    Mapping {
        orders_as: OrdersAs::Estimate,
        invoices_when: InvoicesWhen::Paid,
        deposit_to: None,
        refund_from: None,
        income_account: None,
        default_item: None,
        tax_mode,
        tax_code: Some("2".to_owned()),
        exempt_tax_code: None,
        invoice_numbers: InvoiceNumbers::Ours,
    }
}

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD)
}

#[test]
fn a_line_is_taxed_as_its_country_does() {
    let it = mapping(TaxMode::AsBilled);
    for country in [None, Some("US"), Some("usa")] {
        let us = company(country, SalesTax::Automated);
        assert_eq!(it.line_tax(&us, true), Ok(LineTax::Taxable));
        assert_eq!(it.line_tax(&us, false), Ok(LineTax::Exempt));
    }
    let canada = company(Some("CA"), SalesTax::Manual);
    assert_eq!(it.line_tax(&canada, true), Ok(LineTax::Code("2".to_owned())));
    assert_eq!(it.line_tax(&canada, false), Err(Untaxable::NoExemptCode));
    let none = Mapping { tax_code: None, ..it.clone() };
    assert_eq!(none.line_tax(&canada, true), Err(Untaxable::NoCode));
    assert_eq!(it.line_tax(&company(Some("CA"), SalesTax::Off), true), Ok(LineTax::Unsaid));
}

#[test]
fn row_08_the_tax_is_the_shops_or_the_books() {
    let billed = mapping(TaxMode::AsBilled);
    let tax = |total, code: Option<&str>, basis| Some(Tax { total, code: code.map(str::to_owned), basis });
    let automatic = company(Some("US"), SalesTax::Automated);
    assert_eq!(billed.tax(&automatic, usd(187)), Ok(tax(Some(usd(187)), None, None)));
    let manual = company(Some("US"), SalesTax::Manual);
    assert_eq!(billed.tax(&manual, usd(187)), Ok(tax(Some(usd(187)), Some("2"), None)));
    assert_eq!(billed.tax(&manual, usd(0)), Ok(tax(Some(usd(0)), None, None)));
    let canada = company(Some("CAN"), SalesTax::Manual);
    let excluded = Some(TaxBasis::Excluded);
    assert_eq!(billed.tax(&canada, usd(187)), Ok(tax(Some(usd(187)), None, excluded)));
    let books = mapping(TaxMode::Books);
    assert_eq!(books.tax(&automatic, usd(187)), Ok(None));
    assert_eq!(books.tax(&canada, usd(187)), Ok(tax(None, None, excluded)));
    let off = company(Some("US"), SalesTax::Off);
    assert_eq!(billed.tax(&off, usd(0)), Ok(None));
    assert_eq!(billed.tax(&off, usd(1)), Err(Untaxable::Off));
}

#[test]
fn a_setting_takes_the_kinds_that_it_names() {
    let bank = Mapped { key: "A", list: List::Accounts, kinds: &["Bank", "Other Current Asset"] };
    assert!(bank.takes(Some("bank")) && bank.takes(Some("Other Current Asset")));
    assert!(!bank.takes(Some("Income")) && !bank.takes(None));
    assert!(Mapped { kinds: &[], ..bank }.takes(None));
}

//! Estimates, invoices, credit memos, receipts and refunds: numbers, dates, addresses, totals and balances
//! (quickbooks-online.md §3.7, §3.8, §3.10).

use jiff::{ToSpan as _, civil::Date};
use serde_json::{Value, json};

use super::{
    Books, Object, amount, decimal, fault,
    fault::Fault,
    lines, links, names, target, tax, text,
    write::{self, Asked},
};

/// The first number of a new company.
const FIRST_NUMBER: u64 = 1001;

/// A currency with its name.
pub(super) fn currency_reference(code: &str) -> Value {
    let name = match code {
        "USD" => "United States Dollar",
        "EUR" => "Euro",
        "GBP" => "British Pound Sterling",
        "CAD" => "Canadian Dollar",
        "AUD" => "Australian Dollar",
        other => other,
    };
    json!({ "value": code, "name": name })
}

pub(super) fn settle(
    books: &mut Books<'_>,
    entity: &'static str,
    old: Option<&Object>,
    mut new: Object,
    read: &Object,
    asked: Asked,
) -> Result<Object, Fault> {
    if let Some(old) = old {
        write::open_period(books, old)?;
        links::deposited(old)?;
    }
    required(entity, &new)?;
    names::lengths(&new)?;
    references(books, &mut new)?;
    defaults(books, entity, &mut new)?;
    write::open_period(books, &new)?;
    let id = old.map(|it| text(it, "Id")).unwrap_or_default();
    let sums = lines::settle(books, &mut new)?;
    let is_same = old.is_some() && !read.contains_key("Line") && !read.contains_key("TxnTaxDetail");
    tax::settle(books, &mut new, &sums, is_same)?;
    totals(books, entity, old, &mut new, &sums)?;
    number(books, entity, &id, &mut new, asked)?;
    let id = if id.is_empty() { books.next("Txn", 1).to_string() } else { id };
    new.insert("Id".into(), json!(id));
    names::addresses(books, &mut new);
    links::estimate(books, entity, old, &mut new, read)?;
    owed(books, entity, old, &new);
    Ok(new)
}

fn required(entity: &str, new: &Object) -> Result<(), Fault> {
    let optional = matches!(entity, "SalesReceipt" | "RefundReceipt");
    if !optional && target(new, "CustomerRef").is_empty() {
        return Err(fault::missing("CustomerRef"));
    }
    if new.get("Line").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(fault::missing("Line"));
    }
    if entity == "RefundReceipt" && target(new, "DepositToAccountRef").is_empty() {
        return Err(fault::missing("DepositToAccountRef"));
    }
    Ok(())
}

fn references(books: &Books<'_>, new: &mut Object) -> Result<(), Fault> {
    for (key, entity) in [
        ("CustomerRef", "Customer"),
        ("SalesTermRef", "Term"),
        ("PaymentMethodRef", "PaymentMethod"),
        ("DepositToAccountRef", "Account"),
    ] {
        let id = target(new, key);
        if id.is_empty() {
            continue;
        }
        let found = books.referred(entity, &id)?;
        if entity == "Account"
            && !matches!(text(found, "AccountType").as_str(), "Bank" | "Other Current Asset")
        {
            return Err(fault::account_type());
        }
        new.insert(key.into(), books.named(entity, &id));
    }
    Ok(())
}

fn defaults(books: &Books<'_>, entity: &str, new: &mut Object) -> Result<(), Fault> {
    let today = books.today();
    new.entry("TxnDate").or_insert(json!(today.to_string()));
    let customer = books.get("Customer", &target(new, "CustomerRef")).cloned().unwrap_or_default();
    currency(books, &customer, new)?;
    for key in ["BillAddr", "ShipAddr"] {
        if let (None, Some(address)) = (new.get(key), customer.get(key)) {
            new.insert(key.into(), address.clone());
        }
    }
    if let (None, Some(email)) = (new.get("BillEmail"), customer.get("PrimaryEmailAddr")) {
        new.insert("BillEmail".into(), email.clone());
    }
    if entity == "Invoice" {
        if let (None, Some(term)) = (new.get("SalesTermRef"), customer.get("SalesTermRef")) {
            new.insert("SalesTermRef".into(), term.clone());
        }
        let term = books.get("Term", &target(new, "SalesTermRef"));
        let days = term.and_then(|it| it.get("DueDays")).and_then(Value::as_i64).unwrap_or(30);
        let due = text(new, "TxnDate").parse::<Date>().unwrap_or(today).saturating_add(days.days());
        new.entry("DueDate").or_insert(json!(due.to_string()));
        for (key, value) in [
            ("AllowIPNPayment", json!(false)),
            ("AllowOnlinePayment", json!(false)),
            ("AllowOnlineCreditCardPayment", json!(false)),
            ("AllowOnlineACHPayment", json!(false)),
            ("Deposit", json!(0)),
        ] {
            new.entry(key).or_insert(value);
        }
    }
    if entity == "Estimate" {
        let status = new.entry("TxnStatus").or_insert(json!("Pending"));
        let status = status.as_str().unwrap_or_default();
        if !matches!(status, "Pending" | "Accepted" | "Closed" | "Rejected" | "Converted") {
            return Err(fault::enumeration(status));
        }
    }
    if matches!(entity, "SalesReceipt") && target(new, "DepositToAccountRef").is_empty() {
        new.insert("DepositToAccountRef".into(), books.named("Account", "4"));
    }
    new.entry("ApplyTaxAfterDiscount").or_insert(json!(false));
    new.entry("PrintStatus").or_insert(json!("NeedToPrint"));
    let email = text(new, "EmailStatus");
    let has_address = new.get("BillEmail").is_some_and(|it| it["Address"].is_string());
    let status = match email.as_str() {
        "NeedToSend" if !has_address => return Err(fault::missing("BillEmail")),
        "EmailSent" | "NeedToSend" if has_address => email,
        "" | "NotSet" | "EmailSent" => "NotSet".to_owned(),
        other => return Err(fault::enumeration(other)),
    };
    new.insert("EmailStatus".into(), json!(status));
    new.entry("CustomField").or_insert(json!([]));
    Ok(())
}

/// A customer's currency is the transaction's (§3.7).
fn currency(books: &Books<'_>, customer: &Object, new: &mut Object) -> Result<(), Fault> {
    let home = &books.switches.home_currency;
    let of_customer = target(customer, "CurrencyRef");
    let of_customer = if of_customer.is_empty() { home.clone() } else { of_customer };
    let sent = target(new, "CurrencyRef");
    let asked = if sent.is_empty() { of_customer.clone() } else { sent };
    if asked != *home && !books.switches.multi_currency {
        return Err(fault::business("Multi currency should be enabled to perform this operation."));
    }
    if asked != of_customer {
        return Err(fault::business("The currency of the transaction is not the currency of the customer."));
    }
    new.insert("CurrencyRef".into(), currency_reference(&asked));
    if books.switches.multi_currency {
        new.entry("ExchangeRate").or_insert(json!(1));
    } else {
        new.remove("ExchangeRate");
    }
    Ok(())
}

/// Ours or the company's, by its switch (§3.7, 6140).
fn number(
    books: &mut Books<'_>,
    entity: &str,
    id: &str,
    new: &mut Object,
    asked: Asked,
) -> Result<(), Fault> {
    let sent = text(new, "DocNumber");
    let automatic = sent == "AUTO_GENERATE" || (sent.is_empty() && !books.switches.custom_txn_numbers);
    if automatic {
        // A full update that leaves the number out makes it go away; a new one gets the next.
        if id.is_empty() || sent == "AUTO_GENERATE" {
            let next = next_number(books);
            new.insert("DocNumber".into(), json!(next));
        }
        return Ok(());
    }
    if sent.is_empty() {
        return Ok(());
    }
    // The next of the row comes after it.
    if let Ok(number) = sent.parse::<u64>()
        && number < 1_000_000_000
    {
        let last = books.state.own::<u64>("books.number", books.company.realm_id).unwrap_or(FIRST_NUMBER - 1);
        if number > last {
            books.state.set_own("books.number", books.company.realm_id, &number);
        }
    }
    let checked = books.switches.custom_txn_numbers && books.switches.warn_duplicate_numbers;
    if !checked || asked.duplicate_numbers {
        return Ok(());
    }
    let same = |it: &&Object| text(it, "DocNumber") == sent && text(it, "Id") != id;
    if let Some(taken) = books.all(entity).find(same) {
        return Err(fault::duplicate_number(&sent, shown(entity), &text(taken, "Id")));
    }
    Ok(())
}

fn next_number(books: &mut Books<'_>) -> String {
    let realm = books.company.realm_id;
    let next = books.state.own::<u64>("books.number", realm).map_or(FIRST_NUMBER, |it| it + 1);
    books.state.set_own("books.number", realm, &next);
    next.to_string()
}

/// What people call it.
fn shown(entity: &str) -> &'static str {
    match entity {
        "Invoice" => "Invoice",
        "Estimate" => "Estimate",
        "SalesReceipt" => "Sales Receipt",
        "CreditMemo" => "Credit Memo",
        _ => "Refund",
    }
}

fn totals(
    books: &Books<'_>,
    entity: &str,
    old: Option<&Object>,
    new: &mut Object,
    sums: &lines::Sums,
) -> Result<(), Fault> {
    let tax = new.get("TxnTaxDetail").and_then(|it| it.get("TotalTax")).map_or(0, decimal::cents);
    let included = text(new, "GlobalTaxCalculation") == "TaxInclusive";
    let total = sums.subtotal - sums.discount + if included { 0 } else { tax };
    if total < 0 {
        return Err(fault::business("The transaction amount must be 0 or greater."));
    }
    new.insert("TotalAmt".into(), decimal::number(total));
    let paid_in = amount(new, "Deposit");
    // What payments and other things took of it so far stays taken.
    let used = old.map_or(0, |it| amount(it, "TotalAmt") - amount(it, "Deposit") - amount(it, "Balance"));
    let open = match entity {
        "Invoice" => total - paid_in - used,
        "CreditMemo" => total - used,
        _ => 0,
    };
    if open < 0 {
        return Err(fault::business("The amount is less than what was already applied to this transaction."));
    }
    match entity {
        "Invoice" => drop(new.insert("Balance".into(), decimal::number(open))),
        "CreditMemo" => {
            new.insert("Balance".into(), decimal::number(open));
            new.insert("RemainingCredit".into(), decimal::number(open));
        }
        "SalesReceipt" | "RefundReceipt" => drop(new.insert("Balance".into(), json!(0))),
        _ => {}
    }
    home(books, new, total, open);
    Ok(())
}

/// The same in the company's own currency, where it has several.
fn home(books: &Books<'_>, new: &mut Object, total: i128, open: i128) {
    if !books.switches.multi_currency {
        return;
    }
    let rate = new.get("ExchangeRate").and_then(decimal::parse).unwrap_or(decimal::ONE);
    let at_home = |cents: i128| decimal::number(decimal::divided(cents * rate, decimal::ONE));
    new.insert("HomeTotalAmt".into(), at_home(total));
    if new.contains_key("Balance") {
        new.insert("HomeBalance".into(), at_home(open));
    }
}

/// What the customer owes follows the open amount, also from one customer to another.
fn owed(books: &mut Books<'_>, entity: &str, old: Option<&Object>, new: &Object) {
    let sign = match entity {
        "Invoice" => 1,
        "CreditMemo" => -1,
        _ => return,
    };
    if let Some(old) = old {
        write::owes(books, &target(old, "CustomerRef"), -sign * amount(old, "Balance"));
    }
    write::owes(books, &target(new, "CustomerRef"), sign * amount(new, "Balance"));
}

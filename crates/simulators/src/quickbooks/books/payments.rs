//! Payments and deposits: what each lays on what, and what is left of it (quickbooks-online.md §3.9, §3.10).

use serde_json::{Value, json};

use super::{Books, Object, amount, decimal, fault, fault::Fault, links, names, sales, target, text, write};
use crate::quickbooks::events::What;

/// Money that waits to be brought to the bank.
const UNDEPOSITED: &str = "4";

/// What a payment lays on what: type, id and cents, one each.
type Applied = Vec<(&'static str, String, i128)>;

fn applied(object: &Object) -> Result<Applied, Fault> {
    let mut all: Applied = Vec::new();
    for line in object.get("Line").and_then(Value::as_array).into_iter().flatten() {
        let cents = line.get("Amount").map(decimal::cents).ok_or_else(|| fault::missing("Line.Amount"))?;
        let linked = line["LinkedTxn"].as_array().map(Vec::as_slice).unwrap_or_default();
        let [link] = linked else { return Err(fault::missing("Line.LinkedTxn")) };
        let kind = match link["TxnType"].as_str() {
            Some("Invoice") => "Invoice",
            Some("CreditMemo") => "CreditMemo",
            other => return Err(fault::enumeration(other.unwrap_or_default())),
        };
        let id = link["TxnId"].as_str().unwrap_or_default();
        super::checked_id(id).map_err(|_| fault::invalid_id(id, "Line.LinkedTxn.TxnId"))?;
        if cents < 0 {
            return Err(fault::business("The amount of a line must be 0 or greater."));
        }
        match all.iter_mut().find(|it| it.0 == kind && it.1 == id) {
            Some(found) => found.2 += cents,
            None => all.push((kind, id.to_owned(), cents)),
        }
    }
    Ok(all)
}

fn laid(all: &Applied, kind: &str, id: &str) -> Option<i128> {
    all.iter().find(|it| it.0 == kind && it.1 == id).map(|it| it.2)
}

/// What is left: the amount less invoices, plus credits.
fn unapplied(total: i128, all: &Applied) -> i128 {
    all.iter().fold(total, |sum, it| if it.0 == "Invoice" { sum - it.2 } else { sum + it.2 })
}

pub(super) fn settle(books: &mut Books<'_>, old: Option<&Object>, mut new: Object) -> Result<Object, Fault> {
    if let Some(old) = old {
        links::deposited(old)?;
        write::open_period(books, old)?;
    }
    let customer = target(&new, "CustomerRef");
    if customer.is_empty() {
        return Err(fault::missing("CustomerRef"));
    }
    if !new.contains_key("TotalAmt") {
        return Err(fault::missing("TotalAmt"));
    }
    names::lengths(&new)?;
    defaults(books, &customer, &mut new)?;
    write::open_period(books, &new)?;
    let before = old.map(applied).transpose()?.unwrap_or_default();
    let after = applied(&new)?;
    check(books, &customer, &before, &after)?;
    let total = amount(&new, "TotalAmt");
    let left = unapplied(total, &after);
    if total < 0 {
        return Err(fault::business("The amount must be 0 or greater."));
    }
    if left < 0 {
        return Err(fault::business("You can't apply more than the amount of the payment."));
    }
    let id = match old.map(|it| text(it, "Id")) {
        Some(id) => id,
        None => books.next("Txn", 1).to_string(),
    };
    new.insert("Id".into(), json!(id));
    new.insert("TotalAmt".into(), decimal::number(total));
    new.insert("UnappliedAmt".into(), decimal::number(left));
    if let Some(old) = old {
        write::owes(books, &target(old, "CustomerRef"), amount(old, "UnappliedAmt"));
    }
    write::owes(books, &customer, -left);
    lay(books, &id, &before, &after);
    extras(books, &mut new);
    Ok(new)
}

fn defaults(books: &Books<'_>, customer: &str, new: &mut Object) -> Result<(), Fault> {
    let of = target(books.referred("Customer", customer)?, "CurrencyRef");
    let sent = target(new, "CurrencyRef");
    if !sent.is_empty() && sent != of {
        return Err(fault::business("The currency of the transaction is not the currency of the customer."));
    }
    new.insert("CurrencyRef".into(), sales::currency_reference(&of));
    new.insert("CustomerRef".into(), books.named("Customer", customer));
    let method = target(new, "PaymentMethodRef");
    if !method.is_empty() {
        books.referred("PaymentMethod", &method)?;
    }
    let account = target(new, "DepositToAccountRef");
    let account = if account.is_empty() { UNDEPOSITED.to_owned() } else { account };
    if !matches!(
        text(books.referred("Account", &account)?, "AccountType").as_str(),
        "Bank" | "Other Current Asset"
    ) {
        return Err(fault::account_type());
    }
    new.insert("DepositToAccountRef".into(), json!({ "value": account }));
    new.entry("TxnDate").or_insert(json!(books.today().to_string()));
    new.entry("ProcessPayment").or_insert(json!(false));
    new.entry("Line").or_insert(json!([]));
    new.entry("LinkedTxn").or_insert(json!([]));
    new.remove("ARAccountRef");
    if books.switches.multi_currency {
        new.entry("ExchangeRate").or_insert(json!(1));
    }
    Ok(())
}

/// Each must be there, be the customer's own, and have so much open.
fn check(books: &Books<'_>, customer: &str, before: &Applied, after: &Applied) -> Result<(), Fault> {
    for (kind, id, cents) in after {
        let (found, deleted) = books.find(kind, id).ok_or_else(fault::not_found)?;
        if deleted {
            return Err(fault::not_found());
        }
        if target(found, "CustomerRef") != customer {
            return Err(fault::business("The transaction belongs to another customer."));
        }
        let open = amount(found, "Balance") + laid(before, kind, id).unwrap_or(0);
        if *cents > open {
            return Err(fault::business("You can't apply more than what is open."));
        }
    }
    Ok(())
}

/// Moves what is open of each, where it changes.
fn lay(books: &mut Books<'_>, id: &str, before: &Applied, after: &Applied) {
    for (kind, other, cents) in before {
        let now = laid(after, kind, other);
        if now != Some(*cents) {
            links::change(books, (kind, other), ("Payment", id), now.is_some(), cents - now.unwrap_or(0));
        }
    }
    for (kind, other, cents) in after.iter().filter(|it| laid(before, it.0, &it.1).is_none()) {
        links::change(books, (kind, other), ("Payment", id), true, -cents);
    }
}

/// Three pairs to each line, as the service's own serializer writes them.
fn extras(books: &Books<'_>, new: &mut Object) {
    let Some(Value::Array(lines)) = new.get("Line").cloned() else { return };
    let described = lines.into_iter().map(|mut line| {
        let link = line["LinkedTxn"][0].clone();
        let (kind, id) =
            (link["TxnType"].as_str().unwrap_or_default(), link["TxnId"].as_str().unwrap_or_default());
        let found = books.get(kind, id).cloned().unwrap_or_default();
        let open = decimal::text(amount(&found, "Balance") + decimal::cents(&line["Amount"]));
        let pairs = [
            ("txnId", id.to_owned()),
            ("txnOpenBalance", open),
            ("txnReferenceNumber", text(&found, "DocNumber")),
        ];
        line["LineEx"] = json!({ "any": pairs.map(|(name, value)| pair(name, &value)) });
        line
    });
    let described: Vec<Value> = described.collect();
    new.insert("Line".into(), Value::from(described));
}

fn pair(name: &str, value: &str) -> Value {
    json!({
        "name": "{http://schema.intuit.com/finance/v3}NameValue",
        "declaredType": "com.intuit.schema.finance.v3.NameValue",
        "scope": "javax.xml.bind.JAXBElement$GlobalScope",
        "value": { "Name": name, "Value": value },
        "nil": false, "globalScope": true, "typeSubstituted": false,
    })
}

/// A payment that goes away gives everything back.
pub(super) fn take_back(books: &mut Books<'_>, old: &Object) {
    let (id, before) = (text(old, "Id"), applied(old).unwrap_or_default());
    write::owes(books, &target(old, "CustomerRef"), amount(old, "UnappliedAmt"));
    lay(books, &id, &before, &Applied::new());
}

/// A payment loses the line on something that goes away.
pub(super) fn without(books: &mut Books<'_>, id: &str, (kind, other): (&'static str, &str)) {
    let Some(mut payment) = books.get("Payment", id).cloned() else { return };
    let before = applied(&payment).unwrap_or_default();
    let Some(cents) = laid(&before, kind, other) else { return };
    if let Some(Value::Array(lines)) = payment.get_mut("Line") {
        lines.retain(|it| it["LinkedTxn"][0]["TxnId"] != other || it["LinkedTxn"][0]["TxnType"] != kind);
    }
    let change = if kind == "Invoice" { cents } else { -cents };
    let left = amount(&payment, "UnappliedAmt") + change;
    payment.insert("UnappliedAmt".into(), decimal::number(left));
    write::owes(books, &target(&payment, "CustomerRef"), -change);
    books.put("Payment", payment, What::Updated);
    links::change(books, (kind, other), ("Payment", id), false, cents);
}

/// What lies in a deposit: type and id.
pub(super) fn in_deposit(object: &Object) -> Vec<(String, String)> {
    let lines = object.get("Line").and_then(Value::as_array);
    let all = lines.into_iter().flatten().filter_map(|it| it["LinkedTxn"].as_array()).flatten();
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    all.map(|it| (text(it, "TxnType"), text(it, "TxnId"))).collect()
}

pub(super) fn deposit(books: &mut Books<'_>, old: Option<&Object>, mut new: Object) -> Result<Object, Fault> {
    let account = target(&new, "DepositToAccountRef");
    if account.is_empty() {
        return Err(fault::missing("DepositToAccountRef"));
    }
    if !matches!(
        text(books.referred("Account", &account)?, "AccountType").as_str(),
        "Bank" | "Other Current Asset"
    ) {
        return Err(fault::account_type());
    }
    names::lengths(&new)?;
    new.entry("TxnDate").or_insert(json!(books.today().to_string()));
    write::open_period(books, old.unwrap_or(&new))?;
    write::open_period(books, &new)?;
    let before = old.map(in_deposit).unwrap_or_default();
    let after = in_deposit(&new);
    for (kind, id) in after.iter().filter(|it| !before.contains(it)) {
        let kind = match kind.as_str() {
            kind @ ("Payment" | "SalesReceipt") => kind,
            other => return Err(fault::enumeration(other)),
        };
        let found = books.get(kind, id).ok_or_else(fault::not_found)?;
        links::deposited(found)?;
        if target(found, "DepositToAccountRef") != UNDEPOSITED {
            return Err(fault::business("The transaction is not in undeposited funds."));
        }
    }
    let mut total = 0;
    let Some(Value::Array(lines)) = new.get_mut("Line") else { return Err(fault::missing("Line")) };
    for (at, line) in lines.iter_mut().enumerate() {
        total += line.get("Amount").map(decimal::cents).ok_or_else(|| fault::missing("Line.Amount"))?;
        line["Id"] = json!((at + 1).to_string());
    }
    let back = new.get("CashBack").and_then(|it| it.get("Amount")).map_or(0, decimal::cents);
    new.insert("TotalAmt".into(), decimal::number(total - back));
    new.insert("DepositToAccountRef".into(), books.named("Account", &account));
    let home = books.switches.home_currency.clone();
    new.entry("CurrencyRef").or_insert_with(|| sales::currency_reference(&home));
    let id = match old.map(|it| text(it, "Id")) {
        Some(id) => id,
        None => books.next("Txn", 1).to_string(),
    };
    new.insert("Id".into(), json!(id));
    for (is_in, (kind, other)) in before
        .iter()
        .filter(|it| !after.contains(it))
        .map(|it| (false, it))
        .chain(after.iter().filter(|it| !before.contains(it)).map(|it| (true, it)))
    {
        if let Some(kind) = super::entity(kind) {
            links::change(books, (kind.name, other), ("Deposit", &id), is_in, 0);
        }
    }
    Ok(new)
}

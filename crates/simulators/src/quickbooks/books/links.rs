//! What one transaction does to others: an invoice to its estimate, a payment to its invoices, a deposit to what is in
//! it, and how all of that is undone (quickbooks-online.md §3.7, §3.9, §3.10, §3.12).

use serde_json::{Value, json};

use super::{Books, Object, amount, decimal, fault, fault::Fault, payments, target, text, write};
use crate::quickbooks::events::What;

/// The links of an object.
pub(super) fn of(object: &Object) -> Vec<(String, String)> {
    let links = object.get("LinkedTxn").and_then(Value::as_array);
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    links.into_iter().flatten().map(|it| (text(it, "TxnType"), text(it, "TxnId"))).collect()
}

fn written(links: &[(String, String)]) -> Value {
    links.iter().map(|(kind, id)| json!({ "TxnId": id, "TxnType": kind })).collect()
}

/// Money on a deposit is not changed any more (6540).
pub(super) fn deposited(object: &Object) -> Result<(), Fault> {
    if of(object).iter().any(|it| it.0 == "Deposit") { Err(fault::deposited()) } else { Ok(()) }
}

/// Adds a link to an object, or takes it away, and changes what is open of it.
pub(super) fn change(
    books: &mut Books<'_>,
    (entity, id): (&'static str, &str),
    link: (&str, &str),
    is_linked: bool,
    cents: i128,
) {
    let Some(mut object) = books.get(entity, id).cloned() else { return };
    let mut links = of(&object);
    links.retain(|it| (it.0.as_str(), it.1.as_str()) != link);
    if is_linked {
        links.push((link.0.to_owned(), link.1.to_owned()));
    }
    object.insert("LinkedTxn".into(), written(&links));
    if matches!(entity, "Invoice" | "CreditMemo") {
        let open = amount(&object, "Balance") + cents;
        object.insert("Balance".into(), decimal::number(open));
        if entity == "CreditMemo" {
            object.insert("RemainingCredit".into(), decimal::number(open));
        }
        if object.contains_key("HomeBalance") {
            let rate = object.get("ExchangeRate").and_then(decimal::parse).unwrap_or(decimal::ONE);
            let at_home = decimal::divided(open * rate, decimal::ONE);
            object.insert("HomeBalance".into(), decimal::number(at_home));
        }
        let sign = if entity == "Invoice" { 1 } else { -1 };
        write::owes(books, &target(&object, "CustomerRef"), sign * cents);
    }
    books.put(entity, object, What::Updated);
}

/// An invoice closes the estimate that it was made from, and opens it again when it lets go of it.
pub(super) fn estimate(
    books: &mut Books<'_>,
    entity: &'static str,
    old: Option<&Object>,
    new: &mut Object,
    read: &Object,
) -> Result<(), Fault> {
    let before = old.map(of).unwrap_or_default();
    let sent = of(new);
    let is_said = old.is_none() || read.contains_key("LinkedTxn");
    // Links that follow from payments and deposits are not the caller's to change.
    let mut links: Vec<_> = before.iter().filter(|it| it.0 != "Estimate" || !is_said).cloned().collect();
    let estimates: Vec<_> = sent.into_iter().filter(|it| it.0 == "Estimate" && is_said).collect();
    let id = text(new, "Id");
    for (_, estimate) in &estimates {
        if entity != "Invoice" || before.iter().any(|it| it.0 == "Estimate" && it.1 == *estimate) {
            continue;
        }
        let found = books.get("Estimate", estimate).ok_or_else(fault::not_found)?;
        if !matches!(text(found, "TxnStatus").as_str(), "Pending" | "Accepted") {
            return Err(fault::business("Only a pending or accepted estimate can be linked."));
        }
        if target(found, "CustomerRef") != target(new, "CustomerRef") {
            return Err(fault::business("The estimate belongs to another customer."));
        }
        status(books, estimate, (entity, &id), true);
    }
    if is_said {
        for (_, gone) in before.iter().filter(|it| it.0 == "Estimate" && !estimates.contains(it)) {
            status(books, gone, (entity, &id), false);
        }
        links.extend(estimates);
    }
    new.insert("LinkedTxn".into(), written(&links));
    Ok(())
}

fn status(books: &mut Books<'_>, estimate: &str, link: (&str, &str), is_closed: bool) {
    if let Some(mut object) = books.get("Estimate", estimate).cloned() {
        let open = if object.contains_key("AcceptedDate") { "Accepted" } else { "Pending" };
        object.insert("TxnStatus".into(), json!(if is_closed { "Closed" } else { open }));
        books.follow("Estimate", &object);
    }
    change(books, ("Estimate", estimate), link, is_closed, 0);
}

/// Takes back what an object did, before it is deleted.
pub(super) fn undo(books: &mut Books<'_>, entity: &'static str, old: &mut Object) -> Result<(), Fault> {
    deposited(old)?;
    let id = text(old, "Id");
    let paid = of(old).iter().any(|it| it.0 == "Payment");
    if matches!(entity, "Invoice" | "CreditMemo") && paid && !books.by_hand {
        return Err(fault::business(
            "This transaction is linked to others. Unlink them before you delete it.",
        ));
    }
    match entity {
        "Deposit" => {
            for (kind, linked) in payments::in_deposit(old) {
                if let Some(kind) = super::entity(&kind) {
                    change(books, (kind.name, &linked), ("Deposit", &id), false, 0);
                }
            }
            Ok(())
        }
        _ => void(books, entity, old),
    }
}

/// The same for what stays as nothing.
pub(super) fn void(books: &mut Books<'_>, entity: &'static str, old: &mut Object) -> Result<(), Fault> {
    deposited(old)?;
    let id = text(old, "Id");
    match entity {
        "Payment" => payments::take_back(books, old),
        "Invoice" | "CreditMemo" => {
            for (kind, linked) in of(old) {
                match kind.as_str() {
                    "Payment" => payments::without(books, &linked, (entity, &id)),
                    "Estimate" => status(books, &linked, (entity, &id), false),
                    _ => {}
                }
            }
            // What is open of it by now is no longer owed.
            let now = books.get(entity, &id).cloned().unwrap_or_else(|| old.clone());
            let sign = if entity == "Invoice" { -1 } else { 1 };
            write::owes(books, &target(&now, "CustomerRef"), sign * amount(&now, "Balance"));
            *old = now;
        }
        "Estimate" => {
            for (_, linked) in of(old).iter().filter(|it| it.0 == "Invoice") {
                change(books, ("Invoice", linked), ("Estimate", &id), false, 0);
            }
        }
        _ => {}
    }
    old.insert("LinkedTxn".into(), json!([]));
    Ok(())
}

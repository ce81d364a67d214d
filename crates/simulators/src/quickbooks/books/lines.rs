//! The lines of a sale: what each must say, its amount, and the subtotal that the server adds
//! (quickbooks-online.md §3.7).

use serde_json::{Value, json};

use super::{Books, Object, decimal, fault, fault::Fault, target, text};

/// The most lines.
const MAX_LINES: usize = 750;

/// What the lines come to, in cents.
pub(super) struct Sums {
    pub(super) subtotal: i128,
    pub(super) discount: i128,
    /// What each tax code is on.
    pub(super) by_code: Vec<(String, i128)>,
}

/// Checks and completes the lines.
pub(super) fn settle(books: &Books<'_>, new: &mut Object) -> Result<Sums, Fault> {
    let sent = new.get("Line").and_then(Value::as_array).cloned().unwrap_or_default();
    if sent.len() > MAX_LINES {
        return Err(fault::business("A transaction can have 750 lines at most."));
    }
    let mut sums = Sums { subtotal: 0, discount: 0, by_code: Vec::new() };
    let (mut items, mut discounts) = (Vec::new(), Vec::new());
    for line in &sent {
        let Some(line) = line.as_object() else { return Err(fault::unreadable("Line")) };
        match text(line, "DetailType").as_str() {
            "" => return Err(fault::missing("Line.DetailType")),
            "SubTotalLineDetail" => {}
            "DiscountLineDetail" => discounts.push(line.clone()),
            "SalesItemLineDetail" => items.push(item(books, line.clone(), &mut sums)?),
            "DescriptionOnly" => items.push(line.clone()),
            "GroupLineDetail" => return Err(fault::unsupported("Group line")),
            other => return Err(fault::enumeration(other)),
        }
    }
    if items.is_empty() {
        return Err(fault::missing("Line"));
    }
    for line in &mut discounts {
        discount(books, line, &mut sums)?;
    }
    let mut all = items;
    all.extend(discounts.iter().cloned());
    let after_items = all.len() - discounts.len();
    number(&mut all);
    let subtotal = json!({
        "Amount": decimal::number(sums.subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {},
    });
    let mut all: Vec<Value> = all.into_iter().map(Value::Object).collect();
    all.insert(after_items, subtotal);
    new.insert("Line".into(), Value::from(all));
    Ok(sums)
}

/// A line with a known id keeps it, the others get the next (§3.11).
fn number(lines: &mut [Object]) {
    let known = |line: &Object| text(line, "Id").parse::<u64>().ok().filter(|it| *it > 0);
    let mut last = lines.iter().filter_map(known).max().unwrap_or(0);
    for (at, line) in lines.iter_mut().enumerate() {
        if known(line).is_none() {
            last += 1;
            line.insert("Id".into(), json!(last.to_string()));
        }
        if line.get("DetailType") != Some(&json!("DiscountLineDetail")) {
            line.insert("LineNum".into(), json!(at + 1));
        }
    }
}

fn item(books: &Books<'_>, mut line: Object, sums: &mut Sums) -> Result<Object, Fault> {
    let path = "Line.SalesItemLineDetail";
    let mut detail = line.get("SalesItemLineDetail").and_then(Value::as_object).cloned().unwrap_or_default();
    let length = text(&line, "Description").chars().count();
    if length > 4_000 {
        return Err(fault::length("Line.Description", 4_000, length));
    }
    let id = target(&detail, "ItemRef");
    let mut taxable = false;
    match id.as_str() {
        // The company's own item for what names none.
        "" => drop(detail.insert("ItemRef".into(), books.named("Item", "1"))),
        "SHIPPING_ITEM_ID" => {}
        id => {
            super::checked_id(id).map_err(|_| fault::invalid_id(id, &format!("{path}.ItemRef.value")))?;
            let found = books.referred("Item", id)?;
            if text(found, "Type") == "Category" {
                return Err(fault::business("A category can't be sold."));
            }
            taxable = found.get("Taxable") == Some(&json!(true));
            detail.insert("ItemRef".into(), books.named("Item", id));
        }
    }
    let number = |key: &str| detail.get(key).and_then(decimal::parse).unwrap_or(0);
    let (price, quantity) = (number("UnitPrice"), number("Qty"));
    let cents = match line.get("Amount") {
        Some(sent) => {
            let cents = decimal::cents(sent);
            if price != 0 && quantity != 0 && decimal::times(price, quantity) != cents {
                return Err(fault::calculation(&decimal::grouped(cents)));
            }
            cents
        }
        None if detail.contains_key("UnitPrice") && detail.contains_key("Qty") => {
            decimal::times(price, quantity)
        }
        None => return Err(fault::missing("Line.Amount")),
    };
    line.insert("Amount".into(), decimal::number(cents));
    let code = tax_code(books, &detail, taxable)?;
    if let Some(code) = code {
        detail.insert("TaxCodeRef".into(), json!({ "value": code }));
        match sums.by_code.iter_mut().find(|it| it.0 == code) {
            Some(found) => found.1 += cents,
            None => sums.by_code.push((code, cents)),
        }
    }
    sums.subtotal += cents;
    line.insert("SalesItemLineDetail".into(), Value::Object(detail));
    Ok(line)
}

/// `TAX` or `NON` in the United States, a code's number elsewhere (§3.6).
fn tax_code(books: &Books<'_>, detail: &Object, taxable: bool) -> Result<Option<String>, Fault> {
    let sent = target(detail, "TaxCodeRef");
    if books.switches.is_us() {
        return match sent.as_str() {
            "" if books.switches.partner_tax && taxable => Ok(Some("TAX".to_owned())),
            "" => Ok(Some("NON".to_owned())),
            "TAX" | "NON" => Ok(Some(sent)),
            _ => Err(fault::line_tax_code()),
        };
    }
    if sent.is_empty() {
        return Ok(None);
    }
    books.referred("TaxCode", &sent)?;
    Ok(Some(sent))
}

/// A part of the subtotal, or an amount.
fn discount(books: &Books<'_>, line: &mut Object, sums: &mut Sums) -> Result<(), Fault> {
    let mut detail = line.get("DiscountLineDetail").and_then(Value::as_object).cloned().unwrap_or_default();
    let account = target(&detail, "DiscountAccountRef");
    let account = if account.is_empty() { "86".to_owned() } else { account };
    books.referred("Account", &account)?;
    detail.insert("DiscountAccountRef".into(), books.named("Account", &account));
    let cents = if detail.get("PercentBased") == Some(&json!(true)) {
        let rate = detail.get("DiscountPercent").and_then(decimal::parse);
        decimal::percent(
            sums.subtotal,
            rate.ok_or_else(|| fault::missing("Line.DiscountLineDetail.DiscountPercent"))?,
        )
    } else {
        detail.insert("PercentBased".into(), json!(false));
        line.get("Amount").map(decimal::cents).ok_or_else(|| fault::missing("Line.Amount"))?
    };
    line.insert("Amount".into(), decimal::number(cents));
    line.insert("DiscountLineDetail".into(), Value::Object(detail));
    sums.discount += cents;
    Ok(())
}

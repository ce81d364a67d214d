//! What tax a sale bears: as the company computes it, or as whoever billed it says (quickbooks-online.md §3.6).

use serde_json::{Value, json};

use super::{Books, Object, decimal, fault, fault::Fault, lines::Sums, target, text};

/// A rate by its number, in ten-millionths of a percent.
struct Rate {
    id: String,
    percent: i128,
}

/// The rates of a code.
fn rates(books: &Books<'_>, code: &str) -> Vec<Rate> {
    let Some(code) = books.get("TaxCode", code) else { return Vec::new() };
    let details =
        code.get("SalesTaxRateList").and_then(|it| it.get("TaxRateDetail")).and_then(Value::as_array);
    let ids = details.into_iter().flatten().filter_map(|it| it["TaxRateRef"]["value"].as_str());
    ids.filter_map(|id| {
        let percent = books.get("TaxRate", id)?.get("RateValue").and_then(decimal::parse)?;
        Some(Rate { id: id.to_owned(), percent })
    })
    .collect()
}

/// Writes `TxnTaxDetail`; where nothing that bears on it was sent, what was said before stays.
pub(super) fn settle(books: &Books<'_>, new: &mut Object, sums: &Sums, is_same: bool) -> Result<(), Fault> {
    if !books.switches.using_sales_tax {
        new.remove("TxnTaxDetail");
        return Ok(());
    }
    if is_same {
        return Ok(());
    }
    let detail = new.get("TxnTaxDetail").and_then(Value::as_object).cloned().unwrap_or_default();
    let said = detail.get("TotalTax").map(decimal::cents);
    let after = new.get("ApplyTaxAfterDiscount") == Some(&json!(true));
    let part = |cents: i128| {
        if after && sums.subtotal != 0 {
            cents - decimal::divided(sums.discount * cents, sums.subtotal)
        } else {
            cents
        }
    };
    let written = if books.switches.is_us() {
        let taxable: i128 = sums.by_code.iter().filter(|it| it.0 == "TAX").map(|it| it.1).sum();
        of_one_code(books, &detail, part(taxable), said)?
    } else {
        let mode = text(new, "GlobalTaxCalculation");
        let mode = if mode.is_empty() { "TaxExcluded".to_owned() } else { mode };
        if !matches!(mode.as_str(), "TaxExcluded" | "TaxInclusive" | "NotApplicable") {
            return Err(fault::enumeration(&mode));
        }
        let by_code: Vec<(String, i128)> = sums.by_code.iter().map(|it| (it.0.clone(), part(it.1))).collect();
        let written = of_lines(books, &by_code, &mode);
        new.insert("GlobalTaxCalculation".into(), json!(mode));
        written
    };
    new.insert("TxnTaxDetail".into(), written);
    Ok(())
}

/// One code for the whole: the one that was sent, or the company's own where tax is automatic.
fn of_one_code(
    books: &Books<'_>,
    detail: &Object,
    taxable: i128,
    said: Option<i128>,
) -> Result<Value, Fault> {
    let sent = target(detail, "TxnTaxCodeRef");
    if !sent.is_empty() {
        books.referred("TaxCode", &sent)?;
    }
    let code = if books.switches.partner_tax { "2".to_owned() } else { sent };
    let rates = rates(books, &code);
    let computed: i128 = rates.iter().map(|it| decimal::percent(taxable, it.percent)).sum();
    let total = said.unwrap_or(computed);
    let mut lines = Vec::new();
    let sum: i128 = rates.iter().map(|it| it.percent).sum();
    let mut left = total;
    for (at, rate) in rates.iter().enumerate() {
        let cents = if at + 1 == rates.len() {
            left
        } else if said.is_some() && sum != 0 {
            decimal::divided(total * rate.percent, sum)
        } else {
            decimal::percent(taxable, rate.percent)
        };
        left -= cents;
        if total != 0 || taxable != 0 {
            lines.push(line(rate, cents, taxable));
        }
    }
    let mut written = json!({ "TotalTax": decimal::number(total), "TaxLine": lines });
    if !code.is_empty() {
        written["TxnTaxCodeRef"] = json!({ "value": code });
    }
    if books.switches.partner_tax {
        let was_said = said.is_some_and(|it| it != computed);
        written["TaxReviewStatus"] = json!(if was_said { "AST_TAX_OVERRIDE" } else { "NON_AST_TAX" });
    }
    Ok(written)
}

/// A code for each line, the tax on top of it or in it; each rate is rounded by itself.
fn of_lines(books: &Books<'_>, by_code: &[(String, i128)], mode: &str) -> Value {
    let (mut total, mut lines) = (0, Vec::new());
    for (code, cents) in by_code.iter().filter(|_| mode != "NotApplicable") {
        let rates = rates(books, code);
        let sum: i128 = rates.iter().map(|it| it.percent).sum();
        let hundred = decimal::ONE * 100;
        let net =
            if mode == "TaxInclusive" { decimal::divided(cents * hundred, hundred + sum) } else { *cents };
        let mut left = cents - net;
        for (at, rate) in rates.iter().enumerate() {
            let is_last = at + 1 == rates.len() && mode == "TaxInclusive";
            let tax = if is_last { left } else { decimal::percent(net, rate.percent) };
            left -= tax;
            total += tax;
            lines.push(line(rate, tax, net));
        }
    }
    json!({ "TotalTax": decimal::number(total), "TaxLine": lines })
}

fn line(rate: &Rate, cents: i128, on: i128) -> Value {
    let percent = decimal::divided(rate.percent, decimal::ONE / 10_000);
    #[expect(clippy::cast_precision_loss, reason = "a percentage of a few digits")]
    let percent = percent as f64 / 10_000.0;
    json!({
        "Amount": decimal::number(cents), "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": { "value": rate.id }, "PercentBased": true, "TaxPercent": percent,
            "NetAmountTaxable": decimal::number(on),
        },
    })
}

//! Documents and payments, as they are read (§3.7 to §3.10).

use kontor_domain::{Currency, Money};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Ref, Word, currency, day, money, names, parse, reference, text};
use crate::{
    books::{Applied, Decimal, Kind, Link, Receipt, Sale, SaleLine, SaleLineKind, Stamp},
    quickbooks::wire::SHIPPING,
};

/// How a note begins of what was voided (§3.12).
const VOIDED: &str = "Voided";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Linked {
    txn_id: Option<Word>,
    txn_type: Option<Word>,
}

fn link(it: Linked) -> Option<Link> {
    Some(Link { id: text(it.txn_id)?, kind: text(it.txn_type)? })
}

fn links(all: Option<Vec<Linked>>) -> Vec<Link> {
    all.unwrap_or_default().into_iter().filter_map(link).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TaxDetail {
    total_tax: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    id: Option<Word>,
    description: Option<Word>,
    amount: Option<Decimal>,
    detail_type: Option<Word>,
    sales_item_line_detail: Option<ItemDetail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ItemDetail {
    item_ref: Option<Ref>,
    unit_price: Option<Decimal>,
    qty: Option<Decimal>,
    tax_code_ref: Option<Ref>,
}

/// What a line is; a voided document may write its kinds in capitals and with underlines (§3.12).
fn line_kind(detail_type: &str, item: Option<&str>) -> SaleLineKind {
    let plain: String = detail_type.chars().filter(|it| *it != '_').collect::<String>().to_ascii_lowercase();
    match plain.as_str() {
        "salesitemlinedetail" if item == Some(SHIPPING) => SaleLineKind::Shipping,
        "salesitemlinedetail" => SaleLineKind::Item,
        "discountlinedetail" => SaleLineKind::Discount,
        "subtotallinedetail" => SaleLineKind::Subtotal,
        "grouplinedetail" => SaleLineKind::Group,
        "descriptiononly" | "descriptionlinedetail" => SaleLineKind::Words,
        _ => SaleLineKind::Other(detail_type.to_owned()),
    }
}

fn line(it: Line) -> SaleLine {
    let (mut item, mut quantity, mut unit_price, mut tax_code) = (None, None, None, None);
    if let Some(detail) = it.sales_item_line_detail {
        item = reference(detail.item_ref);
        (quantity, unit_price) = (detail.qty, detail.unit_price);
        tax_code = reference(detail.tax_code_ref);
    }
    let kind = line_kind(&text(it.detail_type).unwrap_or_default(), item.as_deref());
    SaleLine {
        id: text(it.id),
        kind,
        description: text(it.description),
        amount: it.amount,
        item,
        quantity,
        unit_price,
        tax_code,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    doc_number: Option<Word>,
    txn_date: Option<Word>,
    due_date: Option<Word>,
    customer_ref: Option<Ref>,
    currency_ref: Option<Ref>,
    exchange_rate: Option<Decimal>,
    total_amt: Option<Decimal>,
    balance: Option<Decimal>,
    remaining_credit: Option<Decimal>,
    txn_tax_detail: Option<TaxDetail>,
    line: Option<Vec<Line>>,
    linked_txn: Option<Vec<Linked>>,
    private_note: Option<Word>,
    customer_memo: Option<Ref>,
    bill_email: Option<names::Email>,
    bill_addr: Option<names::Address>,
    ship_addr: Option<names::Address>,
    txn_status: Option<Word>,
    deposit_to_account_ref: Option<Ref>,
    payment_method_ref: Option<Ref>,
    payment_ref_num: Option<Word>,
}

pub(super) fn sale(kind: Kind, raw: &RawValue, stamp: Stamp, home: Currency) -> Result<Sale, String> {
    let it: Document = parse(raw)?;
    let currency = currency(it.currency_ref, home)?;
    let total = money(it.total_amt, currency, "its total")?.ok_or("it has no total")?;
    let tax = money(it.txn_tax_detail.and_then(|it| it.total_tax), currency, "its tax")?;
    // Of a credit memo, what is left may be said under either name (§3.10).
    let balance = match kind {
        Kind::Invoice => it.balance,
        Kind::CreditMemo => it.remaining_credit.or(it.balance),
        _ => None,
    };
    let balance = money(balance, currency, "its balance")?;
    let lines: Vec<SaleLine> = it.line.unwrap_or_default().into_iter().map(line).collect();
    let private_note = text(it.private_note);
    let voided = is_voided(total, balance, private_note.as_deref(), &lines);
    Ok(Sale {
        kind,
        stamp,
        number: text(it.doc_number),
        date: day(it.txn_date),
        due: day(it.due_date),
        customer: reference(it.customer_ref),
        total,
        tax: tax.unwrap_or(Money::zero(currency)),
        balance,
        exchange_rate: it.exchange_rate,
        lines,
        private_note,
        customer_memo: reference(it.customer_memo),
        email: names::email(it.bill_email),
        bill_to: names::address(it.bill_addr),
        ship_to: names::address(it.ship_addr),
        status: text(it.txn_status),
        links: links(it.linked_txn),
        voided,
        deposit_account: reference(it.deposit_to_account_ref),
        payment_method: reference(it.payment_method_ref),
        payment_reference: text(it.payment_ref_num),
    })
}

/// Nothing is left of it, and its note says so (§6 row 15); or, in another language, each line was emptied: a quantity
/// of nothing, and no price (§3.12).
fn is_voided(total: Money, balance: Option<Money>, note: Option<&str>, lines: &[SaleLine]) -> bool {
    let nothing = total.is_zero() && balance.is_none_or(Money::is_zero);
    let sold = || lines.iter().filter(|it| it.kind == SaleLineKind::Item);
    let emptied = sold().next().is_some()
        && sold().all(|it| {
            it.amount.is_none_or(Decimal::is_zero)
                && it.quantity.is_some_and(Decimal::is_zero)
                && it.unit_price.is_none()
        });
    nothing && (note.is_some_and(|it| it.starts_with(VOIDED)) || emptied)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    amount: Option<Decimal>,
    linked_txn: Option<Vec<Linked>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    txn_date: Option<Word>,
    customer_ref: Option<Ref>,
    currency_ref: Option<Ref>,
    exchange_rate: Option<Decimal>,
    total_amt: Option<Decimal>,
    unapplied_amt: Option<Decimal>,
    line: Option<Vec<Part>>,
    linked_txn: Option<Vec<Linked>>,
    payment_ref_num: Option<Word>,
    payment_method_ref: Option<Ref>,
    deposit_to_account_ref: Option<Ref>,
    private_note: Option<Word>,
}

pub(super) fn receipt(raw: &RawValue, stamp: Stamp, home: Currency) -> Result<Receipt, String> {
    let it: Received = parse(raw)?;
    let currency = currency(it.currency_ref, home)?;
    let total = money(it.total_amt, currency, "its total")?.ok_or("it has no total")?;
    let unapplied = money(it.unapplied_amt, currency, "what is unapplied")?;
    let mut applied = Vec::new();
    for part in it.line.unwrap_or_default() {
        let amount = money(part.amount, currency, "an applied amount")?;
        let to = links(part.linked_txn).into_iter().next();
        if let (Some(amount), Some(to)) = (amount, to) {
            applied.push(Applied { amount, to });
        }
    }
    let note = text(it.private_note);
    let says_so = note.as_deref().is_some_and(|it| it.starts_with(VOIDED));
    let deposited = links(it.linked_txn).iter().any(|it| it.kind.eq_ignore_ascii_case("Deposit"));
    Ok(Receipt {
        stamp,
        date: day(it.txn_date),
        customer: reference(it.customer_ref),
        total,
        // Where it is not said, it is what the books would say (§3.9).
        unapplied: unapplied.map_or_else(|| left(total, &applied), Ok)?,
        voided: total.is_zero() && applied.is_empty() && says_so,
        applied,
        exchange_rate: it.exchange_rate,
        reference: text(it.payment_ref_num),
        payment_method: reference(it.payment_method_ref),
        deposit_account: reference(it.deposit_to_account_ref),
        private_note: note,
        deposited,
    })
}

fn left(total: Money, applied: &[Applied]) -> Result<Money, String> {
    let mut left = total;
    for part in applied {
        let next = if part.to.kind.eq_ignore_ascii_case("CreditMemo") {
            left.plus(part.amount)
        } else {
            left.minus(part.amount)
        };
        left = next.map_err(|it| format!("its amounts cannot be added up: {it}"))?;
    }
    Ok(left)
}

//! Documents and payments: lengths, references and sums.

use kontor_domain::{Currency, Money};

use super::{DESCRIPTION, NOTE, NUMBER, Unfit, address, email, id, length, needed, reference, unfit};
use crate::books::{Decimal, Kind, LineTax, PaymentDraft, SaleDraft, SaleLineDraft};

/// The most lines of a document on which something is taxed (§3.7).
const MAX_LINES: usize = 750;
/// Digits before the point of an amount (§3.7).
const MAX_WHOLE: i64 = 9_999_999_999;
/// The most decimals of a price (§6 row 9).
const PRICE_DECIMALS: u32 = 7;
/// The states of an estimate that can be set (§3.8).
const STATES: [&str; 4] = ["Pending", "Accepted", "Closed", "Rejected"];

pub(super) fn sale(kind: Kind, it: &SaleDraft, new: bool) -> Result<(), Unfit> {
    if !kind.is_sale() {
        return Err(unfit("Line", "it is no document with lines"));
    }
    if kind != Kind::RefundReceipt {
        needed("CustomerRef", new, it.customer.as_ref(), "the customer")?;
    }
    if kind == Kind::RefundReceipt {
        needed(
            "DepositToAccountRef",
            new,
            it.deposit_account.as_ref(),
            "the account that the money comes from",
        )?;
    }
    needed("Line", new, it.lines.as_ref(), "what was sold")?;
    if let Some(customer) = &it.customer {
        id("CustomerRef", customer)?;
    }
    number(it.number.as_deref())?;
    length("PrivateNote", it.private_note.as_deref(), NOTE)?;
    length("CustomerMemo", it.customer_memo.as_deref(), 1_000)?;
    email("BillEmail", it.email.as_deref())?;
    address("BillAddr", it.bill_to.as_ref())?;
    address("ShipAddr", it.ship_to.as_ref())?;
    reference("SalesTermRef", it.terms.as_deref())?;
    reference("DepositToAccountRef", it.deposit_account.as_deref())?;
    reference("PaymentMethodRef", it.payment_method.as_deref())?;
    length("PaymentRefNum", it.payment_reference.as_deref(), NUMBER)?;
    if let Some(estimate) = &it.estimate {
        id("LinkedTxn", estimate)?;
        if kind != Kind::Invoice {
            return Err(unfit("LinkedTxn", "only an invoice is made from an estimate"));
        }
    }
    if it.due.is_some() && kind != Kind::Invoice {
        return Err(unfit("DueDate", "only an invoice is due"));
    }
    if let Some(status) = &it.status
        && (kind != Kind::Estimate || !STATES.contains(&status.as_str()))
    {
        return Err(unfit("TxnStatus", format!("\"{status}\" is no state that can be set")));
    }
    rate(it.exchange_rate)?;
    lines(it)
}

/// A document's number: nothing is cut, since a cut number is another one.
fn number(number: Option<&str>) -> Result<(), Unfit> {
    if number.is_some_and(|it| it.trim().is_empty() || it.chars().any(char::is_control)) {
        return Err(unfit("DocNumber", "a number is needed, or none at all"));
    }
    length("DocNumber", number, NUMBER)
}

fn rate(rate: Option<Decimal>) -> Result<(), Unfit> {
    match rate {
        Some(rate) if rate.is_zero() || rate.is_negative() => {
            Err(unfit("ExchangeRate", "the exchange rate is not above zero"))
        }
        _ => Ok(()),
    }
}

fn lines(it: &SaleDraft) -> Result<(), Unfit> {
    let Some(lines) = &it.lines else {
        if it.discount.is_some() || it.shipping.is_some() {
            return Err(unfit("Line", "discount and shipping go with all of the lines"));
        }
        return tax(it, None);
    };
    if lines.is_empty() {
        return Err(unfit("Line", "there is nothing on it"));
    }
    if lines.len() > MAX_LINES {
        return Err(unfit(
            "Line",
            format!("it has {} lines, and at most {MAX_LINES} are taken", lines.len()),
        ));
    }
    let currency = lines.first().map(|it| it.amount.currency());
    let mut sum = Money::zero(currency.unwrap_or(Currency::USD));
    for line in lines {
        one_line(line)?;
        sum = sum.plus(line.amount).map_err(|_| unfit("Line.Amount", "the amounts cannot be added up"))?;
    }
    if let Some(discount) = &it.discount {
        reference("DiscountAccountRef", discount.account.as_deref())?;
        let left = sum.minus(discount.amount);
        let left = left.map_err(|_| unfit("Line.Amount", "the discount cannot be taken off"))?;
        if discount.amount.minor() <= 0 || left.minor() < 0 {
            return Err(unfit("Line.Amount", "the discount is not between nothing and the whole"));
        }
    }
    if let Some(shipping) = &it.shipping {
        amount("Line.Amount", shipping.amount)?;
        line_tax(&shipping.tax)?;
        sum.plus(shipping.amount).map_err(|_| unfit("Line.Amount", "the shipping cannot be added"))?;
    }
    tax(it, currency)
}

fn one_line(line: &SaleLineDraft) -> Result<(), Unfit> {
    if let Some(own) = &line.id {
        id("Line.Id", own)?;
    }
    if line.item.is_empty() {
        return Err(unfit("ItemRef", "the item is missing"));
    }
    reference("ItemRef", Some(&line.item))?;
    length("Line.Description", line.description.as_deref(), DESCRIPTION)?;
    amount("Line.Amount", line.amount)?;
    line_tax(&line.tax)?;
    if line.unit_price.is_some_and(|it| it.scale() > PRICE_DECIMALS) {
        return Err(unfit("UnitPrice", format!("a price has at most {PRICE_DECIMALS} decimals there")));
    }
    let (Some(quantity), Some(price)) = (line.quantity, line.unit_price) else { return Ok(()) };
    if quantity.is_zero() || price.is_zero() {
        return Ok(());
    }
    // The books multiply again and refuse what differs (§3.7): it would mean that one of the three is wrong here.
    let product = quantity.times(price, line.amount.currency());
    if product == Some(line.amount) {
        return Ok(());
    }
    let shown = product.map_or_else(|| "too much".to_owned(), |it| it.to_string());
    Err(unfit("Line.Amount", format!("{quantity} × {price} is {shown} and not {}", line.amount)))
}

fn line_tax(tax: &LineTax) -> Result<(), Unfit> {
    match tax {
        LineTax::Code(code) if code.is_empty() => Err(unfit("TaxCodeRef", "the tax code is missing")),
        LineTax::Code(code) => reference("TaxCodeRef", Some(code)),
        LineTax::Taxable | LineTax::Exempt | LineTax::Unsaid => Ok(()),
    }
}

fn tax(it: &SaleDraft, currency: Option<Currency>) -> Result<(), Unfit> {
    let Some(tax) = &it.tax else { return Ok(()) };
    reference("TxnTaxCodeRef", tax.code.as_deref())?;
    let Some(total) = tax.total else { return Ok(()) };
    if currency.is_some_and(|it| it != total.currency()) {
        return Err(unfit("TxnTaxDetail", "the tax is in another currency"));
    }
    amount("TxnTaxDetail", total)
}

/// Within 15 digits, of which five are decimals (§3.7), and not below zero.
fn amount(field: &'static str, amount: Money) -> Result<(), Unfit> {
    if amount.minor() < 0 {
        return Err(unfit(field, "it is below zero"));
    }
    let whole =
        10_i64.checked_pow(amount.currency().decimals()).and_then(|it| amount.minor().checked_div(it));
    if whole.is_none_or(|it| it > MAX_WHOLE) {
        return Err(unfit(field, "it is too large"));
    }
    Ok(())
}

pub(super) fn payment(it: &PaymentDraft, new: bool) -> Result<(), Unfit> {
    needed("CustomerRef", new, it.customer.as_ref(), "the customer")?;
    needed("TotalAmt", new, it.total.as_ref(), "the amount")?;
    if let Some(customer) = &it.customer {
        id("CustomerRef", customer)?;
    }
    length("PaymentRefNum", it.reference.as_deref(), NUMBER)?;
    length("PrivateNote", it.private_note.as_deref(), NOTE)?;
    reference("PaymentMethodRef", it.payment_method.as_deref())?;
    reference("DepositToAccountRef", it.deposit_account.as_deref())?;
    rate(it.exchange_rate)?;
    if let Some(total) = it.total {
        amount("TotalAmt", total)?;
    }
    let Some(applied) = &it.applied else { return Ok(()) };
    let mut left = it.total;
    for (part, to) in applied {
        id("LinkedTxn", &to.id)?;
        amount("Line.Amount", *part)?;
        if part.is_zero() {
            return Err(unfit("Line.Amount", "nothing is applied"));
        }
        // A credit that is used up adds to what there is (§3.9).
        let after = match to.kind.as_str() {
            "Invoice" => left.map(|it| it.minus(*part)),
            "CreditMemo" => left.map(|it| it.plus(*part)),
            other => return Err(unfit("LinkedTxn", format!("a payment is not applied to \"{other}\""))),
        };
        left = after.transpose().map_err(|_| unfit("Line.Amount", "the amounts cannot be added up"))?;
    }
    if left.is_some_and(|it| it.minor() < 0) {
        return Err(unfit("Line.Amount", "more is applied than came in"));
    }
    Ok(())
}

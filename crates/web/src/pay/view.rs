//! The page of an invoice in words for whoever has to pay it.

use axum::http::StatusCode;
use kontor_domain::{
    Currency, Money,
    invoices::{Invoice, Line, Status},
};
use kontor_engine::payment_links::Linked;

use crate::{
    html::{Page, escaped},
    problem::Problem,
};

/// What is said above the invoice.
pub(super) enum Note {
    /// The payment was received.
    Received(Money),
    /// It is not known yet.
    Pending,
    /// The provider said no.
    Declined,
    /// The customer left the provider's page.
    Left,
    /// It did not come about.
    Failed,
    /// Another payment is under way.
    Busy,
    /// No page can be opened now.
    Unavailable,
}

/// There is no such link.
pub(super) fn unknown() -> Page {
    Page::new(
        StatusCode::NOT_FOUND,
        "This link leads nowhere",
        "<h1>This link leads nowhere</h1><p>It may have been cut off on its way to you. Open it once more from the \
         message that it came with, or ask whoever sent it for a new one.</p>",
    )
}

/// Its time is over.
pub(super) fn expired() -> Page {
    Page::new(
        StatusCode::GONE,
        "This link has expired",
        "<h1>This link has expired</h1><p>For your safety a payment link is good for 30 days. Ask whoever sent it for \
         a new one.</p><p class=\"next\">Nothing was charged by opening it.</p>",
    )
}

/// The invoice.
pub(super) fn invoice(it: &Linked, note: Option<Note>) -> Result<Page, Problem> {
    let invoice = &it.invoice;
    let balance = invoice.standing().balance().map_err(Problem::internal)?;
    let number = escaped(&invoice.invoice_number);
    let mut body = format!("<p class=\"from\">{}</p><h1>Invoice {number}</h1>", escaped(&it.seller));
    if let Some(note) = note {
        body += &said(&note, &it.seller);
    }
    let title = format!("Invoice {} from {}", invoice.invoice_number, it.seller);
    if matches!(invoice.status, Status::Draft | Status::Voided | Status::Cancelled) {
        body +=
            "<p class=\"note bad\" role=\"status\">This invoice was withdrawn. There is nothing to pay.</p>";
        return Ok(Page::new(StatusCode::OK, &title, &body));
    }
    body += &dates(invoice);
    body += &lines(invoice)?;
    body += &sums(invoice, balance);
    if invoice.status.is_payable() && !balance.is_zero() {
        let (pay, where_to) = (shown(balance), "The card is typed on the payment provider's own page.");
        body.extend([
            "<form method=\"post\"><button id=\"pay\">Pay ",
            &pay,
            "</button></form><p class=\"soft\">",
            where_to,
            "</p>",
        ]);
    } else {
        body += "<p class=\"note\" id=\"paid\">This invoice is paid. Nothing is left to pay. Thank you.</p>";
    }
    Ok(Page::new(StatusCode::OK, &title, &body).posting_to("'self'"))
}

fn said(note: &Note, seller: &str) -> String {
    let (good, text) = match note {
        Note::Received(amount) => {
            (true, format!("Thank you. Your payment of {} was received.", shown(*amount)))
        }
        Note::Pending => (
            true,
            "Your payment is being confirmed. Load this page again in a minute, and do not pay twice."
                .to_owned(),
        ),
        Note::Declined => {
            (false, "The payment was declined. Nothing was charged. Try another card.".to_owned())
        }
        Note::Left => (false, "You left the payment page. Nothing was charged.".to_owned()),
        Note::Failed => (false, "The payment did not come about. Nothing was charged.".to_owned()),
        Note::Busy => (
            false,
            "Another payment of this invoice is under way. Load this page again in a minute.".to_owned(),
        ),
        Note::Unavailable => (
            false,
            format!(
                "This invoice cannot be paid here at this moment. Try again later, or ask {}.",
                escaped(seller)
            ),
        ),
    };
    let class = if good { "note" } else { "note bad" };
    format!("<p class=\"{class}\" id=\"result\" role=\"status\">{text}</p>")
}

fn dates(invoice: &Invoice) -> String {
    let mut rows = vec![("Date", invoice.invoice_date.strftime("%-d %B %Y").to_string())];
    rows.extend(invoice.due_date.map(|it| ("Due", it.strftime("%-d %B %Y").to_string())));
    rows.extend(invoice.po_number.as_ref().map(|it| ("Your order", escaped(it))));
    rows.extend(invoice.terms.as_ref().map(|it| ("Terms", escaped(it))));
    let rows: Vec<String> =
        rows.iter().map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>")).collect();
    format!("<dl>{}</dl>", rows.concat())
}

fn lines(invoice: &Invoice) -> Result<String, Problem> {
    let currency = invoice.totals.total.currency();
    let rows: Result<Vec<String>, Problem> = invoice.items.iter().map(|it| line(it, currency)).collect();
    Ok(format!(
        "<table><thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"n\">Quantity</th>\
         <th scope=\"col\" class=\"n price\">Price</th><th scope=\"col\" class=\"n\">Amount</th></tr></thead><tbody>{}</tbody></table>",
        rows?.concat()
    ))
}

fn line(it: &Line, currency: Currency) -> Result<String, Problem> {
    let sku = it.sku.as_deref().map(|it| format!("<small>{}</small>", escaped(it))).unwrap_or_default();
    let money = |minor| Money::from_minor(minor, currency);
    let discount = if it.discount == 0 {
        String::new()
    } else {
        format!("<small>less {} discount</small>", shown(money(it.discount)))
    };
    Ok(format!(
        "<tr><td>{}{sku}{discount}</td><td class=\"n\">{}</td><td class=\"n price\">{}</td><td class=\"n\">{}</td></tr>",
        escaped(&it.description),
        it.quantity,
        shown(money(it.unit_price)),
        shown(it.total(currency).map_err(Problem::internal)?)
    ))
}

fn sums(invoice: &Invoice, balance: Money) -> String {
    let totals = &invoice.totals;
    let mut rows = Vec::new();
    let extra = [("Tax", totals.tax), ("Shipping", totals.shipping)];
    if extra.iter().any(|(_, amount)| !amount.is_zero()) {
        rows.push(("Subtotal", totals.subtotal, ""));
        rows.extend(extra.into_iter().filter(|(_, it)| !it.is_zero()).map(|(name, it)| (name, it, "")));
    }
    rows.push(("Total", totals.total, ""));
    if balance != totals.total {
        // What lies on it by now, whatever came and went.
        rows.extend(totals.total.minus(balance).ok().map(|paid| ("Paid", paid, "")));
    }
    rows.push(("Left to pay", balance, " class=\"due\" id=\"balance\""));
    let rows: Vec<String> = rows
        .iter()
        .map(|(name, amount, more)| {
            format!("<tr{more}><th scope=\"row\">{name}</th><td class=\"n\">{}</td></tr>", shown(*amount))
        })
        .collect();
    format!("<table class=\"sums\"><tbody>{}</tbody></table>", rows.concat())
}

/// An amount as people write it: `$1,148.83`, `1,000 JPY`.
pub(super) fn shown(amount: Money) -> String {
    let text = amount.to_string();
    let (whole, rest) = text
        .split_once('.')
        .map_or((text.as_str(), String::new()), |(whole, part)| (whole, format!(".{part}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if amount.currency() == Currency::USD {
        format!("${grouped}{rest}")
    } else {
        format!("{grouped}{rest} {}", amount.currency().code())
    }
}

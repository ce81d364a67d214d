//! Writes replies: one line, no declaration, single-quoted namespace, absent values left out (worldpay-express.md §1, §3).

use jiff::{Timestamp, tz::TimeZone};

use crate::spoil;

/// US Central, in which Express tells every time (worldpay-express.md §7).
pub(super) fn central() -> TimeZone {
    TimeZone::posix("CST6CDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC)
}

/// An element with a text; nothing where the text is empty.
pub(super) fn tag(name: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<{name}>{}</{name}>", escape(text)) }
}

/// An element around others; nothing where there are none.
pub(super) fn group(name: &str, inner: &str) -> String {
    if inner.is_empty() { String::new() } else { format!("<{name}>{inner}</{name}>") }
}

/// A text in XML.
pub(super) fn escape(text: &str) -> String {
    let clean: String =
        text.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\r' | '\t')).collect();
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `ExpressTransactionDate`, `Time` and `Timezone`.
pub(super) fn dates(now: Timestamp) -> String {
    let now = now.to_zoned(central());
    let offset = now.offset().seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let hours = offset.unsigned_abs() / 3_600;
    tag("ExpressTransactionDate", &now.strftime("%Y%m%d").to_string())
        + &tag("ExpressTransactionTime", &now.strftime("%H%M%S").to_string())
        + &tag("ExpressTransactionTimezone", &format!("UTC{sign}{hours:02}:00:00"))
}

/// A code with its message.
pub(super) fn outcome(code: &str, message: &str) -> String {
    tag("ExpressResponseCode", code) + &tag("ExpressResponseMessage", message)
}

/// The first error layer's reply: a root without the method's name (§1.2).
pub(super) fn invalid(namespace: &str, text: &str) -> String {
    format!("<Response xmlns='{namespace}'><Response>{}</Response></Response>", outcome("103", text))
}

/// A method's reply.
pub(super) fn reply(namespace: &str, method: &str, inner: &str) -> String {
    format!("<{method}Response xmlns='{namespace}'><Response>{inner}</Response></{method}Response>")
}

/// The same reply about something else: every id in it is another one.
pub(super) fn about_another(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = ["<TransactionSetupID>", "<TransactionID>", "<ReferenceNumber>", "<PaymentAccountID>"]
            .iter()
            .filter_map(|name| rest.find(name).map(|at| at.saturating_add(name.len())))
            .min();
        let Some(at) = found else { break };
        let (before, after) = rest.split_at(at);
        let (id, tail) = after.split_at(after.find('<').unwrap_or(after.len()));
        out.push_str(before);
        out.push_str(&spoil::another(id));
        rest = tail;
    }
    out.push_str(rest);
    out
}

//! The way back to the merchant: what is appended to the ReturnURL, in the observed order (worldpay-express.md §5.1).

use jiff::Timestamp;
use url::form_urlencoded::byte_serialize;

use super::{cards::Verdict, reply::central};

/// Names and values of a completion.
pub(super) struct Completion<'a> {
    pub(super) setup_id: &'a str,
    pub(super) validation_code: &'a str,
    pub(super) transaction_id: &'a str,
    pub(super) approval: &'a str,
    pub(super) verdict: &'a Verdict,
    pub(super) last_four: &'a str,
    pub(super) logo: &'a str,
    pub(super) bin: &'a str,
    pub(super) address: &'a str,
    pub(super) zip: &'a str,
    pub(super) network_id: &'a str,
    pub(super) at: Timestamp,
}

/// A list of names and values.
pub(super) type Pairs = Vec<(&'static str, String)>;

/// What comes back after an approval; what is empty is left out.
pub(super) fn completed(it: &Completion<'_>) -> Pairs {
    let all = [
        ("HostedPaymentStatus", "Complete".to_owned()),
        ("TransactionSetupID", it.setup_id.to_owned()),
        ("TransactionID", it.transaction_id.to_owned()),
        ("ExpressResponseCode", it.verdict.code.to_owned()),
        ("ExpressResponseMessage", it.verdict.message.to_owned()),
        ("AVSResponseCode", it.verdict.avs.to_owned()),
        ("CVVResponseCode", it.verdict.cvv.to_owned()),
        ("ApprovalNumber", it.approval.to_owned()),
        ("LastFour", it.last_four.to_owned()),
        ("ValidationCode", it.validation_code.to_owned()),
        ("CardLogo", it.logo.to_owned()),
        ("ApprovedAmount", it.verdict.approved.clone().unwrap_or_default()),
        ("BillingAddress1", it.address.to_owned()),
        ("BillingZipcode", it.zip.to_owned()),
        ("Bin", it.bin.to_owned()),
        ("Entry", "Manual".to_owned()),
        ("NetTranID", it.network_id.to_owned()),
        ("TranDT", it.at.to_zoned(central()).strftime("%Y-%m-%d %H:%M:%S").to_string()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Names and values of a card that was kept.
pub(super) struct Saved<'a> {
    pub(super) setup_id: &'a str,
    pub(super) services_id: &'a str,
    pub(super) message: &'a str,
    pub(super) token: &'a str,
    pub(super) last_four: &'a str,
    pub(super) validation_code: &'a str,
}

/// What comes back after a card was kept; the order is inferred (§5.1).
pub(super) fn saved(it: &Saved<'_>) -> Pairs {
    vec![
        ("HostedPaymentStatus", "Complete".to_owned()),
        ("TransactionSetupID", it.setup_id.to_owned()),
        ("ServicesID", it.services_id.to_owned()),
        ("ExpressResponseCode", "0".to_owned()),
        ("ExpressResponseMessage", it.message.to_owned()),
        ("PaymentAccountID", it.token.to_owned()),
        ("LastFour", it.last_four.to_owned()),
        ("ValidationCode", it.validation_code.to_owned()),
    ]
}

/// What comes back after a cancel: these two alone.
pub(super) fn cancelled(setup_id: &str) -> Pairs {
    vec![("HostedPaymentStatus", "Cancelled".to_owned()), ("TransactionSetupID", setup_id.to_owned())]
}

/// The address to go to. Blanks around the ReturnURL do no harm (§7); its own query stays.
pub(super) fn address(return_url: &str, pairs: &Pairs) -> String {
    let (base, fragment) = match return_url.trim().split_once('#') {
        Some((base, fragment)) => (base, format!("#{fragment}")),
        None => (return_url.trim(), String::new()),
    };
    let join = if base.contains('?') { '&' } else { '?' };
    let query: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(name, value))).collect();
    format!("{base}{join}{}{fragment}", query.join("&"))
}

/// Values are encoded in two styles: the time with %20 and literal colons, all else as a form does (§5.1).
fn encoded(name: &str, value: &str) -> String {
    if name == "TranDT" { value.replace(' ', "%20") } else { byte_serialize(value.as_bytes()).collect() }
}

#[cfg(test)]
mod tests;

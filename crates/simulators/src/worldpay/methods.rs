//! HealthCheck, TransactionSetup and TransactionSetupExpire (worldpay-express.md §3.1, §3.3, §3.4).

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::{
    fields, record,
    reply::{dates, group, outcome, reply, tag},
    schema::TRANSACTION,
};
use crate::{
    ledger::{MAX_ROWS, Setup, text},
    state::State,
    xml::Element,
};

pub(super) const PROCESSOR: &str = "NULL_PROCESSOR_TEST";

pub(super) fn health_check(state: &State) -> String {
    let processor = group("Transaction", &tag("ProcessorName", PROCESSOR));
    reply(TRANSACTION, "HealthCheck", &(outcome("0", "ONLINE") + &dates(state.now()) + &processor))
}

/// Opens a page. `window` is how long it is good for, in seconds.
pub(super) fn transaction_setup(state: &mut State, root: &Element, window: i64) -> String {
    if let Some(wrong) = refuse(root) {
        return reply(TRANSACTION, "TransactionSetup", &outcome("101", &wrong));
    }
    if state.setups.len() >= MAX_ROWS {
        let full = outcome("1009", "Error: the simulator is full, POST /_sim/reset");
        return reply(TRANSACTION, "TransactionSetup", &full);
    }
    let id = guid(state);
    let code = format!("{:016X}", state.draw());
    let now = state.now();
    let setup = Setup {
        id: id.clone(),
        status: "open".to_owned(),
        amount: money(root.get(&["Transaction", "TransactionAmount"])).unwrap_or_else(|| "0.00".to_owned()),
        reference: Some(root.get(&["Transaction", "ReferenceNumber"]).to_owned()).filter(|it| !it.is_empty()),
        created_at: now,
        expires_at: now.saturating_add(SignedDuration::from_secs(window)).unwrap_or(now),
        detail: detail(root, &code),
    };
    state.open_setup(setup);
    let setup_id = tag("TransactionSetupID", &id);
    let inner = outcome("0", "Success")
        + &dates(now)
        + &group("Transaction", &setup_id)
        + &group("PaymentAccount", &setup_id)
        + &group("TransactionSetup", &(setup_id.clone() + &tag("ValidationCode", &code)));
    reply(TRANSACTION, "TransactionSetup", &inner)
}

/// Closes a page early.
pub(super) fn transaction_setup_expire(state: &mut State, root: &Element, account: &str) -> String {
    let id = root.get(&["TransactionSetup", "TransactionSetupID"]).to_owned();
    let found = state.setup(&id).filter(|it| text(&it.detail, "account") == account);
    let inner = match found {
        None if id.is_empty() => outcome("101", "TransactionSetupID required"),
        None => outcome("101", "TransactionSetupID invalid"),
        Some(it) if it.status == "open" || it.status == "expired" => {
            state.set_status(&it.id, "expired");
            outcome("0", "Success") + &dates(state.now())
        }
        Some(_) => outcome("103", "Invalid Transaction Status") + &dates(state.now()),
    };
    reply(TRANSACTION, "TransactionSetupExpire", &inner)
}

/// The second error layer: the first field that is wrong.
fn refuse(root: &Element) -> Option<String> {
    let method = root.get(&["TransactionSetup", "TransactionSetupMethod"]);
    if method.is_empty() {
        return Some("TransactionSetupMethod required".to_owned());
    }
    // The others belong to means of payment that this simulator does not have.
    if !matches!(method, "1" | "2" | "7" | "8") {
        return Some("TransactionSetupMethod invalid".to_owned());
    }
    let amount = root.get(&["Transaction", "TransactionAmount"]);
    if matches!(method, "7" | "8") {
        let token = |name: &str| root.get(&["PaymentAccount", name]);
        let needed = ["PaymentAccountType", "PaymentAccountReferenceNumber"];
        let missing = needed.into_iter().chain((method == "8").then_some("PaymentAccountID"));
        if let Some(name) = missing.into_iter().find(|it| token(it).is_empty()) {
            return Some(format!("{name} required"));
        }
        if !is_nothing(amount) && money(amount).is_none() {
            return Some("TransactionAmount invalid".to_owned());
        }
    } else if amount.is_empty() {
        return Some("TransactionAmount required".to_owned());
    } else if money(amount).is_none() {
        return Some("TransactionAmount invalid".to_owned());
    }
    let return_url = root.get(&["TransactionSetup", "ReturnURL"]);
    let parsed = url::Url::parse(return_url).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
    match parsed {
        None if return_url.is_empty() => return Some("ReturnURL required".to_owned()),
        None => return Some("ReturnURL invalid".to_owned()),
        Some(_) => {}
    }
    fields::wrong(root)
}

/// No amount, or none that is charged.
fn is_nothing(amount: &str) -> bool {
    amount.is_empty() || (amount.contains('0') && amount.bytes().all(|it| matches!(it, b'0' | b'.')))
}

/// Dollars as Express keeps them, with two decimals: `1200` comes back as `1200.00` (§2.3).
pub(super) fn money(sent: &str) -> Option<String> {
    let (whole, part) = sent.split_once('.').unwrap_or((sent, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if sent.len() > 10 || !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let amount = format!("{}.{part:0<2}", whole.trim_start_matches('0'));
    let amount = if amount.starts_with('.') { format!("0{amount}") } else { amount };
    (amount != "0.00").then_some(amount)
}

pub(super) fn guid(state: &mut State) -> String {
    let (high, low) = (state.draw(), state.draw());
    let hex = format!("{high:016X}{low:016X}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// What the page and the report need later.
fn detail(root: &Element, code: &str) -> Map<String, Value> {
    let mut detail = Map::new();
    detail.insert("validationCode".to_owned(), Value::from(code));
    let kept = [
        ("account", "Credentials", "AccountID"),
        ("acceptor", "Credentials", "AcceptorID"),
        ("application", "Application", "ApplicationID"),
        ("method", "TransactionSetup", "TransactionSetupMethod"),
        ("returnUrl", "TransactionSetup", "ReturnURL"),
        ("returnTitle", "TransactionSetup", "ReturnURLTitle"),
        ("autoReturn", "TransactionSetup", "AutoReturn"),
        ("embedded", "TransactionSetup", "Embedded"),
        ("cvvRequired", "TransactionSetup", "CVVRequired"),
        ("company", "TransactionSetup", "CompanyName"),
        ("logo", "TransactionSetup", "LogoURL"),
        ("tagline", "TransactionSetup", "Tagline"),
        ("welcome", "TransactionSetup", "WelcomeMessage"),
        ("order", "TransactionSetup", "OrderDetails"),
        ("submitTitle", "TransactionSetup", "ProcessTransactionTitle"),
        ("css", "TransactionSetup", "CustomCss"),
        ("name", "Address", "BillingName"),
        ("address", "Address", "BillingAddress1"),
        ("zip", "Address", "BillingZipcode"),
        ("addressEdit", "Address", "AddressEditAllowed"),
        ("ticket", "Transaction", "TicketNumber"),
        ("duplicateDisable", "Transaction", "DuplicateCheckDisableFlag"),
        ("duplicateOverride", "Transaction", "DuplicateOverrideFlag"),
        ("partial", "Transaction", "PartialApprovedFlag"),
        ("token", "PaymentAccount", "PaymentAccountID"),
        ("tokenReference", "PaymentAccount", "PaymentAccountReferenceNumber"),
        ("tokenType", "PaymentAccount", "PaymentAccountType"),
        ("terminal", "Terminal", "TerminalID"),
        ("terminalType", "Terminal", "TerminalType"),
    ];
    for (key, class, name) in kept {
        let value = root.get(&[class, name]);
        if !value.is_empty() {
            detail.insert(key.to_owned(), Value::from(value));
        }
    }
    detail.extend(record::card_use(root));
    detail
}

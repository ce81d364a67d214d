//! The row of a transaction: what the report shows of it later, and what follows on it.

use serde_json::{Map, Value, json};

use super::{
    batch,
    cards::{Face, Verdict},
    reply::central,
};
use crate::{
    ledger::{Transaction, text},
    state::State,
    xml::Element,
};

/// What becomes a row.
pub(super) struct Made<'a> {
    /// Whose it is: account, acceptor, application, terminal, terminalType, ticket.
    pub(super) origin: Map<String, Value>,
    /// sale, authorization, capture, void, refund or reversal.
    pub(super) kind: &'static str,
    /// The method's name.
    pub(super) method: &'static str,
    pub(super) face: &'a Face,
    pub(super) verdict: &'a Verdict,
    /// As it was asked for, `12.34`.
    pub(super) amount: &'a str,
    /// Name, address, zip.
    pub(super) billing: [&'a str; 3],
    pub(super) reference: Option<String>,
    pub(super) setup: Option<String>,
    pub(super) related: Option<String>,
    pub(super) token: Option<String>,
    /// The approval number of what it follows on; its own where it is empty.
    pub(super) approval: &'a str,
}

/// What a request says of who asks, kept with the row.
pub(super) fn origin(root: &Element) -> Map<String, Value> {
    let kept = [
        ("account", "Credentials", "AccountID"),
        ("acceptor", "Credentials", "AcceptorID"),
        ("application", "Application", "ApplicationID"),
        ("terminal", "Terminal", "TerminalID"),
        ("terminalType", "Terminal", "TerminalType"),
        ("ticket", "Transaction", "TicketNumber"),
        ("moto", "Terminal", "MotoECICode"),
    ];
    let filled = kept.iter().filter(|(_, class, name)| !root.get(&[class, name]).is_empty());
    let filled = filled.map(|(key, class, name)| ((*key).to_owned(), Value::from(root.get(&[class, name]))));
    filled.chain(card_use(root)).collect()
}

/// What the networks are told of the use of a card that is kept (§2.3); nothing where nothing is.
pub(super) fn card_use(root: &Element) -> Option<(String, Value)> {
    const PAYMENT: [&str; 5] = ["", "Recurring", "Installment", "CardHolderInitiated", "CredentialOnFile"];
    const SUBMISSION: [&str; 7] =
        ["", "Initial", "Subsequent", "Resubmission", "ReAuthorization", "DelayedCharges", "NoShow"];
    let word = |name: &str, words: &[&'static str]| {
        let sent = root.get(&["Transaction", name]).parse::<usize>().ok();
        sent.and_then(|it| words.get(it).copied()).unwrap_or_default()
    };
    let told = format!("{} {}", word("PaymentType", &PAYMENT), word("SubmissionType", &SUBMISSION));
    Some(("cardUse".to_owned(), Value::from(told.trim()))).filter(|_| !told.trim().is_empty())
}

/// Writes the row. Returns it as it was written.
pub(super) fn add(state: &mut State, made: Made<'_>) -> Transaction {
    let now = state.now();
    let zoned = now.to_zoned(central());
    let place = u64::try_from(state.transactions.len()).unwrap_or(u64::MAX).saturating_add(1);
    let tracking = format!("{:016X}{:016X}", state.draw(), state.draw());
    let verdict = made.verdict;
    let is_approved = verdict.approved.is_some();
    let account = text(&made.origin, "account").to_owned();
    let amount = verdict.approved.clone().unwrap_or_else(|| made.amount.to_owned());
    let moves = match made.kind {
        "sale" | "capture" if is_approved => Some(batch::cents(&amount)),
        "refund" if is_approved => Some(batch::cents(&amount).saturating_neg()),
        _ => None,
    };
    let batch = moves.map(|cents| batch::add(state, &account, cents));
    let own = if is_approved { zoned.strftime("0000%M").to_string() } else { String::new() };
    let approval = if made.approval.is_empty() { own } else { made.approval.to_owned() };
    let mut detail = made.origin;
    let more = json!({
        "type": made.method,
        "status": verdict.status.0,
        "statusCode": verdict.status.1,
        "code": verdict.code,
        "message": verdict.message,
        "hostCode": verdict.host_code,
        "avs": verdict.avs,
        "cvv": verdict.cvv,
        "month": made.face.month,
        "year": made.face.year,
        "brand": made.face.brand,
        "masked": made.face.masked,
        "face": made.face,
        "name": made.billing[0],
        "address": made.billing[1],
        "zip": made.billing[2],
        "tracking": tracking,
        "approvedAmount": verdict.approved.clone().unwrap_or_default(),
        "approval": approval,
        "network": zoned.strftime("%Y%m%d%H%M%S1").to_string(),
        "item": batch.as_ref().map(|it| it.items.to_string()).unwrap_or_default(),
        "batchAmount": batch.map(|it| batch::dollars(it.amount)).unwrap_or_default(),
        "returned": 0,
    });
    if let Value::Object(more) = more {
        detail.extend(more);
    }
    let status = match verdict.code {
        "0" | "5" => "approved",
        "101" => "error",
        _ => "declined",
    };
    let transaction = Transaction {
        id: 300_000_000_u64.saturating_add(place).to_string(),
        kind: made.kind.to_owned(),
        status: status.to_owned(),
        amount,
        currency: "USD".to_owned(),
        reference: made.reference,
        setup_id: made.setup,
        related_id: made.related,
        token: made.token,
        created_at: now,
        detail,
    };
    state.add(transaction.clone());
    transaction
}

/// The card of a row.
pub(super) fn face(it: &Transaction) -> Face {
    it.detail.get("face").and_then(|it| serde_json::from_value(it.clone()).ok()).unwrap_or_default()
}

/// An account's transaction by its id.
pub(super) fn find(state: &State, account: &str, id: &str) -> Option<Transaction> {
    state.transaction(id).filter(|it| text(&it.detail, "account") == account).cloned()
}

/// Moves a row on: what the ledger calls it, and what the report does.
pub(super) fn mark(state: &mut State, it: &mut Transaction, status: &str, report: (&str, &str)) {
    status.clone_into(&mut it.status);
    it.detail.insert("status".to_owned(), Value::from(report.0));
    it.detail.insert("statusCode".to_owned(), Value::from(report.1));
    state.change(it);
}

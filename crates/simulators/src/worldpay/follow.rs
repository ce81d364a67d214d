//! What follows on a transaction: completion, return, void, reversal (worldpay-express.md §3.7, §3.8, §3.10, §3.11).
//!
//! Each is a row of its own with the id of what it follows on.

use serde_json::Value;

use super::{
    batch,
    cards::{Face, Verdict},
    charge::acquirer,
    fields,
    means::{self, Missing},
    methods::{PROCESSOR, money},
    record::{self, Made},
    reply::{dates, group, outcome, reply, tag},
    schema::TRANSACTION,
    settled,
};
use crate::{
    ledger::{MAX_ROWS, Transaction, text},
    state::State,
    xml::Element,
};

/// What a follow-up works with.
struct Follow<'a> {
    root: &'a Element,
    method: &'static str,
    /// The transaction that is meant.
    original: Transaction,
}

/// A method's row: its kind in the ledger and what is said of it.
struct Done {
    kind: &'static str,
    message: &'static str,
    host: (&'static str, &'static str),
    status: (&'static str, &'static str),
}

const COMPLETED: Done =
    Done { kind: "capture", message: "Success", host: ("000", "AP"), status: ("Approved", "1") };
const RETURNED: Done =
    Done { kind: "refund", message: "Approved", host: ("000", "AP"), status: ("Approved", "1") };
const VOIDED: Done = Done { kind: "void", message: "Success", host: ("000", "AP"), status: ("Success", "8") };
const REVERSED: Done =
    Done { kind: "reversal", message: "Success", host: ("006", "REVERSED"), status: ("Success", "8") };

fn early(root: &Element, method: &str, wrong: &str) -> String {
    let reference = tag("ReferenceNumber", root.get(&["Transaction", "ReferenceNumber"]));
    reply(TRANSACTION, method, &(outcome("101", wrong) + &group("Transaction", &reference)))
}

/// Finds what is meant by its id, or says why there is nothing.
fn begin<'a>(state: &State, root: &'a Element, method: &'static str) -> Result<Follow<'a>, String> {
    let id = root.get(&["Transaction", "TransactionID"]);
    if id.is_empty() {
        return Err(early(root, method, "TransactionID required"));
    }
    if let Some(wrong) = fields::wrong(root) {
        return Err(early(root, method, &wrong));
    }
    if state.transactions.len() >= MAX_ROWS {
        let full = outcome("1009", "Error: the simulator is full, POST /_sim/reset");
        return Err(reply(TRANSACTION, method, &full));
    }
    let account = root.get(&["Credentials", "AccountID"]);
    match record::find(state, account, id) {
        Some(original) => Ok(Follow { root, method, original }),
        None => Err(not_found(state, root, method, None)),
    }
}

fn not_found(state: &State, root: &Element, method: &str, face: Option<&Face>) -> String {
    let card = face
        .map(|it| tag("CardLogo", &it.brand) + &tag("CardNumberMasked", &it.masked) + &tag("BIN", &it.bin));
    let transaction = tag("ReferenceNumber", root.get(&["Transaction", "ReferenceNumber"]))
        + &tag("ProcessorName", PROCESSOR);
    let inner = outcome("103", "Transaction Not Found")
        + &dates(state.now())
        + &group("Batch", &tag("HostBatchID", "1"))
        + &group("Card", &card.unwrap_or_default())
        + &group("Transaction", &transaction);
    reply(TRANSACTION, method, &inner)
}

impl Follow<'_> {
    /// A refusal that tells the original's id and approval number.
    fn refuse(&self, state: &State, message: &str) -> String {
        let get = |key: &str| text(&self.original.detail, key);
        let card = tag("CardLogo", get("brand"))
            + &tag("CardNumberMasked", get("masked"))
            + &tag("BIN", &record::face(&self.original).bin);
        let transaction = tag("TransactionID", &self.original.id)
            + &tag("ApprovalNumber", get("approval"))
            + &tag("ReferenceNumber", self.root.get(&["Transaction", "ReferenceNumber"]))
            + &tag("AcquirerData", acquirer(get("brand")))
            + &tag("ProcessorName", PROCESSOR);
        let inner = outcome("103", message)
            + &dates(state.now())
            + &group("Batch", &(tag("HostBatchID", "1") + &tag("HostItemID", get("item"))))
            + &group("Card", &card)
            + &group("Transaction", &transaction);
        reply(TRANSACTION, self.method, &inner)
    }

    fn is_type(&self, types: &[&str]) -> bool {
        types.contains(&text(&self.original.detail, "type"))
    }

    /// Neither voided nor reversed nor declined, and not settled yet.
    fn is_open(&self, state: &State) -> bool {
        self.original.status == "approved" && !settled(&self.original, state.now())
    }

    /// The amount that was sent, or the second layer's refusal.
    fn amount(&self) -> Result<String, String> {
        let sent = self.root.get(&["Transaction", "TransactionAmount"]);
        if sent.is_empty() {
            return Err(early(self.root, self.method, "TransactionAmount required"));
        }
        money(sent).ok_or_else(|| early(self.root, self.method, "TransactionAmount invalid"))
    }

    /// Writes the row of this method.
    fn add(&self, state: &mut State, done: &Done, amount: &str, approval: &str) -> Transaction {
        let verdict = Verdict {
            code: "0",
            message: done.message,
            host_code: done.host.0,
            approved: Some(amount.to_owned()),
            avs: "",
            cvv: "",
            status: done.status,
        };
        self.keep(state, done.kind, &verdict, amount, approval)
    }

    fn keep(
        &self,
        state: &mut State,
        kind: &'static str,
        verdict: &Verdict,
        amount: &str,
        approval: &str,
    ) -> Transaction {
        let get = |key: &str| text(&self.original.detail, key);
        let reference = self.root.get(&["Transaction", "ReferenceNumber"]);
        record::add(
            state,
            Made {
                origin: record::origin(self.root),
                kind,
                method: self.method,
                face: &record::face(&self.original),
                verdict,
                amount,
                billing: [get("name"), get("address"), get("zip")],
                reference: Some(reference.to_owned()).filter(|it| !it.is_empty()),
                setup: None,
                related: Some(self.original.id.clone()),
                token: self.original.token.clone(),
                approval,
            },
        )
    }

    /// The answer: batch, card and transaction as the method has them.
    fn answer(&self, state: &State, done: &Done, row: &Transaction, batch: &str) -> String {
        let get = |key: &str| text(&row.detail, key);
        let face = record::face(row);
        let expiry = if done.kind == "capture" {
            tag("ExpirationMonth", &face.month) + &tag("ExpirationYear", &face.year)
        } else {
            String::new()
        };
        let bin = if done.kind == "void" { "" } else { face.bin.as_str() };
        let card = expiry
            + &tag("CardLogo", &face.brand)
            + &tag("CardNumberMasked", &face.masked)
            + &tag("BIN", bin);
        let data = if matches!(done.kind, "capture" | "reversal") { acquirer(&face.brand) } else { "" };
        let transaction = tag("TransactionID", &row.id)
            + &tag("ApprovalNumber", get("approval"))
            + &tag("ReferenceNumber", row.reference.as_deref().unwrap_or_default())
            + &tag("AcquirerData", data)
            + &tag("ProcessorName", PROCESSOR)
            + &tag("TransactionStatus", done.status.0)
            + &tag("TransactionStatusCode", done.status.1);
        let moto = self.root.get(&["Terminal", "MotoECICode"]);
        let terminal = if done.kind == "reversal" { tag("MotoECICode", moto) } else { String::new() };
        let inner = outcome("0", done.message)
            + &tag("HostResponseCode", done.host.0)
            + &tag("HostResponseMessage", done.host.1)
            + &dates(state.now())
            + &group("Batch", batch)
            + &group("Card", &card)
            + &group("Transaction", &transaction)
            + &group("Terminal", &terminal);
        reply(TRANSACTION, self.method, &inner)
    }
}

/// The batch of a row that is an item of it.
fn item(row: &Transaction) -> String {
    let get = |key: &str| text(&row.detail, key);
    tag("HostBatchID", "1") + &tag("HostItemID", get("item")) + &tag("HostBatchAmount", get("batchAmount"))
}

pub(super) fn complete(state: &mut State, root: &Element) -> String {
    let follow = begin(state, root, "CreditCardAuthorizationCompletion");
    let done = follow.and_then(|mut it| {
        if !it.is_type(&["CreditCardAuthorization"]) {
            return Err(it.refuse(state, "Invalid Transaction Type"));
        }
        if it.original.status != "approved" || text(&it.original.detail, "statusCode") == "6" {
            return Err(it.refuse(state, "Invalid Transaction Status"));
        }
        let amount = it.amount()?;
        if batch::cents(&amount) > batch::cents(&it.original.amount) {
            return Err(early(root, it.method, "TransactionAmount invalid"));
        }
        let approval = text(&it.original.detail, "approval").to_owned();
        let row = it.add(state, &COMPLETED, &amount, &approval);
        record::mark(state, &mut it.original, "approved", ("AuthCompleted", "6"));
        Ok(it.answer(state, &COMPLETED, &row, &item(&row)))
    });
    done.unwrap_or_else(|refused| refused)
}

pub(super) fn give_back(state: &mut State, root: &Element) -> String {
    let follow = begin(state, root, "CreditCardReturn");
    let done = follow.and_then(|mut it| {
        if !it.is_type(&["CreditCardSale", "CreditCardAuthorizationCompletion"]) {
            return Err(it.refuse(state, "Invalid Transaction Type"));
        }
        if it.original.status != "approved" {
            return Err(it.refuse(state, "Invalid Transaction Status"));
        }
        let amount = it.amount()?;
        let returned = returned(&it.original).saturating_add(batch::cents(&amount));
        let all = batch::cents(&it.original.amount);
        if returned > all || matches!(amount.as_str(), "0.20" | "0.51") {
            return Err(it.declined(state, &amount));
        }
        let row = it.add(state, &RETURNED, &amount, "");
        it.original.detail.insert("returned".to_owned(), Value::from(returned));
        // Only what was given back whole is told as returned.
        let old = ["status", "statusCode"].map(|key| text(&it.original.detail, key).to_owned());
        let status = if returned == all { ("Returned", "9") } else { (old[0].as_str(), old[1].as_str()) };
        record::mark(state, &mut it.original, "approved", status);
        Ok(it.answer(state, &RETURNED, &row, &item(&row)))
    });
    done.unwrap_or_else(|refused| refused)
}

impl Follow<'_> {
    /// A return that the processor does not want.
    fn declined(&self, state: &mut State, amount: &str) -> String {
        let verdict = Verdict {
            code: "20",
            message: "Declined",
            host_code: "007",
            approved: None,
            avs: "",
            cvv: "",
            status: ("Declined", "2"),
        };
        let row = self.keep(state, "refund", &verdict, amount, "");
        let get = |key: &str| text(&row.detail, key);
        let card = tag("CardLogo", get("brand")) + &tag("CardNumberMasked", get("masked"));
        let transaction = tag("TransactionID", &row.id)
            + &tag("ReferenceNumber", row.reference.as_deref().unwrap_or_default())
            + &tag("ProcessorName", PROCESSOR)
            + &tag("TransactionStatus", "Declined")
            + &tag("TransactionStatusCode", "2");
        let inner = outcome("20", "Declined")
            + &tag("HostResponseCode", "007")
            + &tag("HostResponseMessage", "DECLINED")
            + &dates(state.now())
            + &group("Card", &card)
            + &group("Transaction", &transaction);
        reply(TRANSACTION, self.method, &inner)
    }
}

pub(super) fn void(state: &mut State, root: &Element) -> String {
    let follow = begin(state, root, "CreditCardVoid");
    let done = follow.and_then(|mut it| {
        if !it.is_type(&["CreditCardSale", "CreditCardAuthorizationCompletion", "CreditCardReturn"]) {
            return Err(it.refuse(state, "Invalid Transaction Type"));
        }
        if !it.is_open(state) || returned(&it.original) > 0 {
            return Err(it.refuse(state, "Invalid Transaction Status"));
        }
        let amount = it.original.amount.clone();
        let batch = undo(state, &it.original);
        let row = it.add(state, &VOIDED, &amount, "VOIDED");
        if it.is_type(&["CreditCardReturn"]) {
            restore(state, &it.original);
        }
        record::mark(state, &mut it.original, "voided", ("Voided", "4"));
        Ok(it.answer(state, &VOIDED, &row, &tag("HostBatchAmount", &batch)))
    });
    done.unwrap_or_else(|refused| refused)
}

/// How many cents of a row were given back: what is not whole any more is neither voided nor reversed.
fn returned(it: &Transaction) -> i64 {
    it.detail.get("returned").and_then(Value::as_i64).unwrap_or(0)
}

/// Takes a row out of the open batch. Returns what the batch comes to then.
fn undo(state: &mut State, it: &Transaction) -> String {
    let cents = batch::cents(&it.amount);
    let cents = if it.kind == "refund" { cents.saturating_neg() } else { cents };
    batch::dollars(batch::take(state, text(&it.detail, "account"), cents).amount)
}

/// A return that is voided gives back what it had taken of its original.
fn restore(state: &mut State, refund: &Transaction) {
    let id = refund.related_id.clone().unwrap_or_default();
    let Some(mut original) = state.transaction(&id).cloned() else { return };
    let left = returned(&original).saturating_sub(batch::cents(&refund.amount));
    original.detail.insert("returned".to_owned(), Value::from(left));
    record::mark(state, &mut original, "approved", ("Approved", "1"));
}

const REVERSIBLE: [&str; 3] =
    ["CreditCardSale", "CreditCardAuthorization", "CreditCardAuthorizationCompletion"];

pub(super) fn reverse(state: &mut State, root: &Element) -> String {
    let method = "CreditCardReversal";
    let kind = root.get(&["Transaction", "ReversalType"]);
    let id = root.get(&["Transaction", "TransactionID"]);
    if root.get(&["Transaction", "TransactionAmount"]).is_empty() {
        return early(root, method, "TransactionAmount required");
    }
    let is_system = matches!(kind, "" | "0") && id.is_empty();
    let follow = if is_system { newest(state, root, method) } else { begin(state, root, method) };
    let done = follow.and_then(|mut it| {
        if !it.is_type(&REVERSIBLE) {
            return Err(it.refuse(state, "Invalid Transaction Type"));
        }
        let is_completed = text(&it.original.detail, "statusCode") == "6";
        if !it.is_open(state) || is_completed || returned(&it.original) > 0 {
            return Err(it.refuse(state, "Invalid Transaction Status"));
        }
        let amount = it.amount()?;
        let left = batch::cents(&it.original.amount).saturating_sub(batch::cents(&amount));
        let approval = text(&it.original.detail, "approval").to_owned();
        if kind == "2" && left > 0 {
            let row = it.add(state, &REVERSED, &amount, &approval);
            if it.original.kind != "authorization" {
                batch::take(state, text(&it.original.detail, "account"), batch::cents(&amount));
            }
            it.original.amount = batch::dollars(left);
            it.original.detail.insert("approvedAmount".to_owned(), Value::from(it.original.amount.clone()));
            state.change(&it.original);
            return Ok(it.answer(state, &REVERSED, &row, ""));
        }
        if kind == "2" && left < 0 {
            return Err(early(root, method, "TransactionAmount invalid"));
        }
        let whole = it.original.amount.clone();
        if it.original.kind != "authorization" {
            undo(state, &it.original);
        }
        let row = it.add(state, &REVERSED, &whole, &approval);
        record::mark(state, &mut it.original, "reversed", ("Reversed", "7"));
        Ok(it.answer(state, &REVERSED, &row, ""))
    });
    done.unwrap_or_else(|refused| refused)
}

/// What a system reversal means: the newest with the same card and amount that still stands (§7: not sure).
fn newest<'a>(state: &State, root: &'a Element, method: &'static str) -> Result<Follow<'a>, String> {
    let account = root.get(&["Credentials", "AccountID"]);
    let sent = root.get(&["Transaction", "TransactionAmount"]);
    let amount = money(sent).ok_or_else(|| early(root, method, "TransactionAmount invalid"))?;
    let face = match means::read(state, root, account) {
        Ok(means) => means.face,
        Err(Missing::Field(wrong)) => return Err(early(root, method, &wrong)),
        Err(Missing::Token(_)) => return Err(not_found(state, root, method, None)),
    };
    let found = state.transactions.iter().rev().find(|it| {
        text(&it.detail, "account") == account
            && it.status == "approved"
            && REVERSIBLE.contains(&text(&it.detail, "type"))
            && it.amount == amount
            && text(&it.detail, "masked") == face.masked
            && record::face(it).bin == face.bin
            && !settled(it, state.now())
    });
    match found {
        Some(original) => Ok(Follow { root, method, original: original.clone() }),
        None => Err(not_found(state, root, method, Some(&face))),
    }
}

//! Sale, authorization and the check of an address (worldpay-express.md §3.5, §3.6, §3.12).

use std::hash::{BuildHasher as _, RandomState};

use super::{
    batch,
    cards::{self, Asked, Verdict},
    fields,
    means::{self, Means, Missing},
    methods::{PROCESSOR, money},
    record::{self, Made},
    reply::{dates, group, outcome, reply, tag},
    schema::TRANSACTION,
};
use crate::{
    ledger::{MAX_ROWS, Transaction, text},
    state::State,
    xml::Element,
};

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sale,
    Authorization,
    AvsOnly,
}

impl Kind {
    fn method(self) -> &'static str {
        match self {
            Self::Sale => "CreditCardSale",
            Self::Authorization => "CreditCardAuthorization",
            Self::AvsOnly => "CreditCardAVSOnly",
        }
    }
}

pub(super) fn charge(state: &mut State, root: &Element, kind: Kind, hasher: &RandomState) -> String {
    let method = kind.method();
    let account = root.get(&["Credentials", "AccountID"]);
    let amount = match amount(root, kind) {
        Ok(amount) => amount,
        Err(wrong) => return early(root, method, &wrong),
    };
    if let Some(wrong) = fields::wrong(root) {
        return early(root, method, &wrong);
    }
    if state.transactions.len() >= MAX_ROWS {
        return reply(
            TRANSACTION,
            method,
            &outcome("1009", "Error: the simulator is full, POST /_sim/reset"),
        );
    }
    let means = match means::read(state, root, account) {
        Ok(means) => means,
        Err(Missing::Field(wrong)) => return early(root, method, &wrong),
        Err(Missing::Token(id)) => return unknown_token(state, root, method, &id),
    };
    let print =
        hasher.hash_one((account, batch::day(state.now()), &means.face.bin, &means.face.masked, &amount));
    let get = |class: &str, name: &str| root.get(&[class, name]);
    let is = |name: &str| get("Transaction", name) == "1";
    let verdict = cards::decide(
        &means.face,
        &means.cvv,
        &Asked {
            amount: &amount,
            address: get("Address", "BillingAddress1"),
            zip: get("Address", "BillingZipcode"),
            duplicates: kind == Kind::AvsOnly
                || is("DuplicateCheckDisableFlag")
                || is("DuplicateOverrideFlag"),
            partial: kind != Kind::AvsOnly && is("PartialApprovedFlag"),
            repeated: state.seen.contains_key(&print),
        },
    );
    if verdict.code == "101" {
        return bad_card(state, root, method);
    }
    let verdict = Verdict { status: status(kind, &verdict), message: message(kind, &verdict), ..verdict };
    let row = keep(state, root, kind, &means, &verdict, &amount);
    if verdict.approved.is_some() && kind != Kind::AvsOnly {
        state.seen.insert(print, (state.now(), row.id.clone()));
    }
    answer(state, root, kind, &means, &verdict, &row)
}

/// What is charged; a check of the address takes any amount and charges none.
fn amount(root: &Element, kind: Kind) -> Result<String, String> {
    let sent = root.get(&["Transaction", "TransactionAmount"]);
    match (kind, sent) {
        (Kind::AvsOnly, _) => Ok("0.00".to_owned()),
        (_, "") => Err("TransactionAmount required".to_owned()),
        (_, sent) => money(sent).ok_or_else(|| "TransactionAmount invalid".to_owned()),
    }
}

fn status(kind: Kind, verdict: &Verdict) -> (&'static str, &'static str) {
    match (verdict.approved.is_some(), kind, verdict.code) {
        (true, Kind::AvsOnly, _) => ("Success", "8"),
        (true, Kind::Authorization, "0") => ("Authorized", "5"),
        _ => verdict.status,
    }
}

fn message(kind: Kind, verdict: &Verdict) -> &'static str {
    if kind == Kind::AvsOnly && verdict.approved.is_some() { "Success" } else { verdict.message }
}

fn keep(
    state: &mut State,
    root: &Element,
    kind: Kind,
    means: &Means,
    verdict: &Verdict,
    amount: &str,
) -> Transaction {
    let address = |name: &str| root.get(&["Address", name]);
    let reference = root.get(&["Transaction", "ReferenceNumber"]);
    record::add(
        state,
        Made {
            origin: record::origin(root),
            kind: if kind == Kind::Sale { "sale" } else { "authorization" },
            method: kind.method(),
            face: &means.face,
            verdict,
            amount,
            billing: [address("BillingName"), address("BillingAddress1"), address("BillingZipcode")],
            reference: Some(reference.to_owned()).filter(|it| !it.is_empty()),
            setup: None,
            related: None,
            token: means.account.as_ref().map(|it| it.id.clone()),
            approval: "",
        },
    )
}

/// The acquirer's data as it was recorded for the brand (§4.7).
pub(super) fn acquirer(brand: &str) -> &'static str {
    match brand {
        "Visa" => "aVb001234567810425c0425d5e00",
        "Mastercard" => "bMCC1440300714",
        _ => "",
    }
}

fn answer(
    state: &State,
    root: &Element,
    kind: Kind,
    means: &Means,
    verdict: &Verdict,
    row: &Transaction,
) -> String {
    let get = |key: &str| text(&row.detail, key);
    let is_approved = verdict.approved.is_some();
    let host = if is_approved { "AP" } else { "DECLINED" };
    let batch = if kind == Kind::AvsOnly {
        String::new()
    } else {
        tag("HostBatchID", "1")
            + &tag("HostItemID", get("item"))
            + &tag("HostBatchAmount", get("batchAmount"))
    };
    let face = &means.face;
    let card = if is_approved {
        tag("AVSResponseCode", verdict.avs)
            + &tag("CVVResponseCode", verdict.cvv)
            + &tag("ExpirationMonth", &face.month)
            + &tag("ExpirationYear", &face.year)
            + &tag("CardLogo", &face.brand)
            + &tag("CardNumberMasked", &face.masked)
            + &tag("BIN", &face.bin)
    } else {
        tag("AVSResponseCode", verdict.avs)
            + &tag("CVVResponseCode", verdict.cvv)
            + &tag("CardLogo", &face.brand)
            + &tag("CardNumberMasked", &face.masked)
    };
    let approved = if kind == Kind::AvsOnly { "" } else { verdict.approved.as_deref().unwrap_or_default() };
    let balance = if approved == "23.06" {
        tag("BalanceAmount", "10.00") + &tag("BalanceCurrencyCode", "USD")
    } else {
        String::new()
    };
    let transaction = tag("TransactionID", &row.id)
        + &tag("ApprovalNumber", get("approval"))
        + &tag("ReferenceNumber", row.reference.as_deref().unwrap_or_default())
        + &tag("AcquirerData", acquirer(&face.brand))
        + &tag("ProcessorName", PROCESSOR)
        + &tag("TransactionStatus", verdict.status.0)
        + &tag("TransactionStatusCode", verdict.status.1)
        + &tag("ApprovedAmount", approved)
        + &balance
        + &tag("NetworkTransactionID", if is_approved { get("network") } else { "" });
    let inner = outcome(verdict.code, verdict.message)
        + &tag("HostResponseCode", verdict.host_code)
        + &tag("HostResponseMessage", if verdict.host_code.is_empty() { "" } else { host })
        + &dates(state.now())
        + &group("Batch", &batch)
        + &group("Card", &card)
        + &group("Transaction", &transaction)
        + &means.account.as_ref().map(used_token).unwrap_or_default()
        + &if is_approved { echoed_address(root) } else { String::new() }
        + &terminal(root, kind);
    reply(TRANSACTION, kind.method(), &inner)
}

fn used_token(it: &super::accounts::Account) -> String {
    let inner = tag("PaymentAccountID", &it.id) + &tag("PaymentAccountReferenceNumber", &it.reference);
    group("PaymentAccount", &inner)
}

fn terminal(root: &Element, kind: Kind) -> String {
    let code = root.get(&["Terminal", "MotoECICode"]);
    if kind == Kind::Authorization { group("Terminal", &tag("MotoECICode", code)) } else { String::new() }
}

/// Street and zip come back where they were sent.
fn echoed_address(root: &Element) -> String {
    let get = |name: &str| root.get(&["Address", name]);
    let inner =
        tag("BillingAddress1", get("BillingAddress1")) + &tag("BillingZipcode", get("BillingZipcode"));
    group("Address", &inner)
}

/// The second error layer: the card's expiry and the reference come back, and no time.
fn early(root: &Element, method: &str, wrong: &str) -> String {
    let card = |name: &str| tag(name, root.get(&["Card", name]));
    let reference = tag("ReferenceNumber", root.get(&["Transaction", "ReferenceNumber"]));
    let inner = outcome("101", wrong)
        + &group("Card", &(card("ExpirationMonth") + &card("ExpirationYear")))
        + &group("Transaction", &reference);
    reply(TRANSACTION, method, &inner)
}

/// A number that is no card's: the null processor makes no transaction of it.
fn bad_card(state: &State, root: &Element, method: &str) -> String {
    let inner = outcome("101", "INVALID CARD INFO")
        + &dates(state.now())
        + &group("Batch", &tag("HostBatchID", "1"))
        + &group("Card", &tag("CardLogo", "Other"))
        + &group("Transaction", &tag("ProcessorName", PROCESSOR))
        + &echoed_address(root);
    reply(TRANSACTION, method, &inner)
}

fn unknown_token(state: &State, root: &Element, method: &str, id: &str) -> String {
    let transaction = tag("ReferenceNumber", root.get(&["Transaction", "ReferenceNumber"]))
        + &tag("ProcessorName", PROCESSOR);
    let inner = outcome("103", "PAYMENT ACCOUNT NOT FOUND")
        + &dates(state.now())
        + &group("Batch", &tag("HostBatchID", "1"))
        + &group("Transaction", &transaction)
        + &group("PaymentAccount", &tag("PaymentAccountID", id))
        + &echoed_address(root);
    reply(TRANSACTION, method, &inner)
}

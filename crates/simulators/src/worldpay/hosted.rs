//! The hosted page's conversation: show, submit, cancel (worldpay-express.md §5).

use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    cards::{self, Asked, Card, Verdict},
    page,
    redirect::{self, Completion, Pairs},
    reply::central,
};
use crate::{
    ledger::{MAX_ROWS, Setup, Transaction, text},
    state::State,
};

/// The form as posted.
#[derive(Default)]
pub(super) struct Posted {
    fields: Vec<(String, String)>,
}

impl Posted {
    pub(super) fn read(body: &[u8]) -> Self {
        Self { fields: url::form_urlencoded::parse(body).into_owned().take(50).collect() }
    }

    fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    pub(super) fn is_cancel(&self) -> bool {
        self.fields.iter().any(|(key, _)| key == "btnCancel")
    }
}

/// What the browser gets.
pub(super) enum Shown {
    /// A page to stay on.
    Page(String),
    /// Back to the merchant.
    Back { setup: Box<Setup>, pairs: Pairs },
}

/// The open page of that id, or the page that says why there is none.
pub(super) fn find(state: &mut State, id: &str) -> Result<Setup, String> {
    match state.setup(id) {
        None => Err(page::refused("TransactionSetupID invalid")),
        Some(it) if it.status == "open" => Ok(it),
        Some(it) if it.status == "expired" => Err(page::refused("TransactionSetupID expired")),
        Some(it) => Err(page::refused(&format!("This transaction was {} already.", it.status))),
    }
}

/// The shopper gives up.
pub(super) fn cancel(state: &mut State, setup: Setup) -> Shown {
    state.set_status(&setup.id, "cancelled");
    let pairs = redirect::cancelled(&setup.id);
    Shown::Back { setup: Box::new(setup), pairs }
}

/// The shopper pays. Only an approval ends the page; all else stays on it (§5).
pub(super) fn submit(state: &mut State, setup: Setup, posted: &Posted, hasher: &RandomState) -> Shown {
    let (card, wrong) = card(&setup, posted, state.now());
    if !wrong.is_empty() {
        return Shown::Page(page::form(&setup, &wrong, state.now()));
    }
    if state.transactions.len() >= MAX_ROWS {
        return Shown::Page(page::refused("The simulator is full: POST /_sim/reset"));
    }
    let get = |key: &str| text(&setup.detail, key).to_owned();
    let edited = get("addressEdit") == "1";
    let billing = |key: &str, field: &str| if edited { posted.get(field).to_owned() } else { get(key) };
    let (address, zip) =
        (billing("address", "txtBillingEditAddress1"), billing("zip", "txtBillingEditZipcode"));
    let name = billing("name", "txtBillingEditName");
    let now = state.now();
    let batch = now.to_zoned(central()).date().to_string();
    // Kept in memory alone and under a key of this process: no card can be told from it.
    let print = hasher.hash_one((get("account"), batch, &card.number, &setup.amount));
    let asked = Asked {
        amount: &setup.amount,
        address: &address,
        zip: &zip,
        duplicates: get("duplicateDisable") == "1" || get("duplicateOverride") == "1",
        partial: get("partial") == "1",
        repeated: state.seen.contains_key(&print),
    };
    let verdict = cards::judge(&card, &asked);
    let transaction = record(state, &setup, &card, &verdict, [&name, &address, &zip]);
    let (id, approval) = (transaction.id.clone(), text(&transaction.detail, "approval").to_owned());
    let network = text(&transaction.detail, "network").to_owned();
    state.add(transaction);
    if verdict.approved.is_none() {
        let message = format!("{}. Try another card, or cancel.", verdict.message);
        return Shown::Page(page::form(&setup, &[message], now));
    }
    state.seen.insert(print, (now, id.clone()));
    state.set_status(&setup.id, "completed");
    let pairs = redirect::completed(&Completion {
        setup_id: &setup.id,
        validation_code: text(&setup.detail, "validationCode"),
        transaction_id: &id,
        approval: &approval,
        verdict: &verdict,
        last_four: last_four(&card.number),
        logo: cards::brand(&card.number),
        bin: card.number.get(..6).unwrap_or_default(),
        address: &address,
        zip: &zip,
        network_id: &network,
        at: now,
    });
    Shown::Back { setup: Box::new(setup), pairs }
}

/// The card and what is wrong with the form. What was typed is not shown again.
fn card(setup: &Setup, posted: &Posted, now: Timestamp) -> (Card, Vec<String>) {
    let mut wrong = Vec::new();
    let number: String = posted.get("cardNumber").chars().filter(|it| !matches!(it, ' ' | '-')).collect();
    let digits = number.bytes().all(|it| it.is_ascii_digit());
    if number.is_empty() {
        wrong.push("Card Number is required.".to_owned());
    } else if !digits || !(12..=19).contains(&number.len()) {
        wrong.push("Card Number is not valid.".to_owned());
    }
    let month = posted.get("ddlExpirationMonth").parse().ok().filter(|it| (1..=12).contains(it));
    let year = posted.get("ddlExpirationYear").parse().ok().filter(|it| *it < 100);
    let cvv = posted.get("CVV").to_owned();
    let card = Card { number, month: month.unwrap_or(1), year: year.unwrap_or(0), cvv };
    if month.is_none() || year.is_none() {
        wrong.push("Expiration month and year are required.".to_owned());
    } else if cards::is_expired(&card, now) {
        wrong.push("The card has expired.".to_owned());
    }
    let needed = text(&setup.detail, "cvvRequired") == "1";
    let is_cvv = matches!(card.cvv.len(), 3 | 4) && card.cvv.bytes().all(|it| it.is_ascii_digit());
    if card.cvv.is_empty() && needed {
        wrong.push("CVV is required.".to_owned());
    } else if !card.cvv.is_empty() && !is_cvv {
        wrong.push("CVV is not valid.".to_owned());
    }
    (card, wrong)
}

fn last_four(number: &str) -> &str {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default()
}

/// The row that the report shows later.
fn record(
    state: &mut State,
    setup: &Setup,
    card: &Card,
    verdict: &Verdict,
    billing: [&str; 3],
) -> Transaction {
    let now = state.now();
    let central = now.to_zoned(central());
    let place = u64::try_from(state.transactions.len()).unwrap_or(u64::MAX).saturating_add(1);
    let tracking = format!("{:016X}{:016X}", state.draw(), state.draw());
    let is_sale = text(&setup.detail, "method") == "1";
    let approved = verdict.approved.is_some();
    let (status, code) = match (approved, is_sale) {
        (true, false) => ("Authorized", "5"),
        _ => verdict.status,
    };
    let mut detail = Map::new();
    for key in ["account", "acceptor", "application", "terminal", "terminalType", "ticket"] {
        if let Some(value) = setup.detail.get(key) {
            detail.insert(key.to_owned(), value.clone());
        }
    }
    let (name, address, zip) = (billing[0], billing[1], billing[2]);
    let more = json!({
        "type": if is_sale { "CreditCardSale" } else { "CreditCardAuthorization" },
        "status": status,
        "statusCode": code,
        "code": verdict.code,
        "message": verdict.message,
        "hostCode": verdict.host_code,
        "avs": verdict.avs,
        "cvv": verdict.cvv,
        "month": format!("{:02}", card.month),
        "year": format!("{:02}", card.year),
        "brand": cards::brand(&card.number),
        "masked": format!("xxxx-xxxx-xxxx-{}", last_four(&card.number)),
        "name": name,
        "address": address,
        "zip": zip,
        "tracking": tracking,
        "approvedAmount": verdict.approved.clone().unwrap_or_default(),
        "approval": if approved { central.strftime("0000%M").to_string() } else { String::new() },
        "network": central.strftime("%Y%m%d%H%M%S1").to_string(),
        "item": if approved && is_sale { place.to_string() } else { String::new() },
    });
    if let Value::Object(more) = more {
        detail.extend(more);
    }
    Transaction {
        id: 300_000_000_u64.saturating_add(place).to_string(),
        kind: if is_sale { "sale" } else { "authorization" }.to_owned(),
        status: match verdict.code {
            "0" | "5" => "approved",
            "101" => "error",
            _ => "declined",
        }
        .to_owned(),
        amount: verdict.approved.clone().unwrap_or_else(|| setup.amount.clone()),
        currency: "USD".to_owned(),
        reference: setup.reference.clone(),
        setup_id: Some(setup.id.clone()),
        related_id: None,
        token: None,
        created_at: now,
        detail,
    }
}

//! The hosted page's conversation: show, submit, cancel (worldpay-express.md §5).

use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;
use serde_json::Map;

use super::{
    accounts::{self, Account, New},
    batch,
    cards::{self, Asked, Card, Face, Verdict},
    page,
    record::{self, Made},
    redirect::{self, Completion, Pairs},
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
    let face = Face::of(&card);
    if matches!(get("method").as_str(), "7" | "8") {
        return save(state, setup, face, [&name, &address, &zip]);
    }
    let now = state.now();
    // Kept in memory alone and under a key of this process.
    let print = hasher.hash_one((get("account"), batch::day(now), &face.bin, &face.masked, &setup.amount));
    let asked = Asked {
        amount: &setup.amount,
        address: &address,
        zip: &zip,
        duplicates: get("duplicateDisable") == "1" || get("duplicateOverride") == "1",
        partial: get("partial") == "1",
        repeated: state.seen.contains_key(&print),
    };
    let verdict = cards::decide(&face, &card.cvv, &asked);
    let transaction = record(state, &setup, &face, &verdict, [&name, &address, &zip]);
    let (id, approval) = (transaction.id.clone(), text(&transaction.detail, "approval").to_owned());
    let network = text(&transaction.detail, "network").to_owned();
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
        last_four: face.tail(),
        logo: &face.brand,
        bin: &face.bin,
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

/// The row that the report shows later.
fn record(
    state: &mut State,
    setup: &Setup,
    face: &Face,
    verdict: &Verdict,
    billing: [&str; 3],
) -> Transaction {
    let is_sale = text(&setup.detail, "method") == "1";
    let is_authorized = verdict.approved.is_some() && !is_sale;
    let status = if is_authorized { ("Authorized", "5") } else { verdict.status };
    let made = Made {
        origin: origin(setup),
        kind: if is_sale { "sale" } else { "authorization" },
        method: if is_sale { "CreditCardSale" } else { "CreditCardAuthorization" },
        face,
        verdict: &Verdict { status, ..verdict.clone() },
        amount: &setup.amount,
        billing,
        reference: setup.reference.clone(),
        setup: Some(setup.id.clone()),
        related: None,
        token: None,
        approval: "",
    };
    record::add(state, made)
}

/// Whose page it is.
fn origin(setup: &Setup) -> Map<String, serde_json::Value> {
    let kept = ["account", "acceptor", "application", "terminal", "terminalType", "ticket", "cardUse"];
    let known = kept.iter().filter_map(|key| Some(((*key).to_owned(), setup.detail.get(*key)?.clone())));
    known.collect()
}

/// Keeps the card and charges nothing: the number's form and check digit count, nobody is asked.
fn save(state: &mut State, setup: Setup, face: Face, billing: [&str; 3]) -> Shown {
    let get = |key: &str| text(&setup.detail, key).to_owned();
    if !face.is_valid() {
        let wrong = ["Card Number is not valid.".to_owned()];
        return Shown::Page(page::form(&setup, &wrong, state.now()));
    }
    let names = ["BillingName", "BillingAddress1", "BillingZipcode"].map(str::to_owned);
    let address: Vec<(String, String)> =
        names.into_iter().zip(billing.map(str::to_owned)).filter(|it| !it.1.is_empty()).collect();
    let owner = get("account");
    let (kept, message): (Option<Account>, &str) = if get("method") == "8" {
        (accounts::replace(state, &owner, &get("token"), face, &setup.id), "PaymentAccount updated")
    } else {
        let (reference, kind) = (get("tokenReference"), get("tokenType"));
        let new = New { owner: &owner, reference: &reference, kind: &kind, face, address, setup: &setup.id };
        (Some(accounts::add(state, new)), "PaymentAccount created")
    };
    let Some(account) = kept else { return Shown::Page(page::refused("PaymentAccountID invalid")) };
    state.set_status(&setup.id, "completed");
    let pairs = redirect::saved(&redirect::Saved {
        setup_id: &setup.id,
        services_id: &accounts::number(state),
        message,
        token: &account.id,
        last_four: account.face.tail(),
        validation_code: text(&setup.detail, "validationCode"),
    });
    Shown::Back { setup: Box::new(setup), pairs }
}

//! Accept Hosted: a token for a page, and the page's conversation (authorizenet.md §2.12).
//!
//! A decline stays on the page; an approval or a cancel ends it, and so does time.

mod form;
mod page;
mod settings;

pub(super) use form::{Leave, Shown, answer};
pub(super) use page::needs_post;

use jiff::SignedDuration;
use serde_json::{Map, Value as Json, json};

use super::{
    desk::Desk,
    money::cents,
    profiles,
    reply::{Answer, Value, decimal},
    transact::Order,
};
use crate::{
    ledger::{MAX_ROWS, Setup},
    xml::Element,
};
use settings::Settings;

/// Where the browser posts the token to.
pub(super) const PAGE: &str = "/payment/payment";
/// Where the page's own form goes.
pub(super) const SUBMIT: &str = "/payment/submit";

/// getHostedPaymentPageRequest.
pub(super) fn open(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let empty = Element::default();
    let request = root.child("transactionRequest").unwrap_or(&empty);
    let kind = request.get(&["transactionType"]);
    if !matches!(kind, "authCaptureTransaction" | "authOnlyTransaction") {
        return Answer::error("E00060", "The transaction type is invalid.");
    }
    if request.child("payment").is_some() {
        return Answer::error(
            "E00119",
            "Payment information should not be sent to Hosted Payment Page request.",
        );
    }
    let Some(amount) = cents(request.get(&["amount"])).filter(|it| *it >= 0) else {
        return Answer::error("E00013", "Amount is invalid.");
    };
    if request.child("profile").is_some_and(|it| it.child("paymentProfile").is_some()) {
        return Answer::error(
            "E00138",
            "Payment and Shipping Profile IDs cannot be specified when requesting a hosted payment page.",
        );
    }
    let customer = request.get(&["profile", "customerProfileId"]);
    if !customer.is_empty() && !profiles::is_there(desk, customer) {
        return Answer::error("E00040", "The record cannot be found.");
    }
    let settings = match Settings::read(root.child("hostedPaymentSettings")) {
        Ok(settings) => settings,
        Err(name) => return Answer::error("E00013", &format!("{name} is invalid.")),
    };
    if desk.state.setups.len() >= MAX_ROWS {
        return Answer::error("E00053", "Server too busy: the simulator is full, POST /_sim/reset");
    }
    let token = token(desk);
    let mut order = Order::plain(desk, request, root.get(&["refId"]));
    customer.clone_into(&mut order.record.profile);
    let now = desk.now();
    let life = SignedDuration::from_secs(desk.choices.token_seconds);
    let reference = [order.record.invoice.as_str(), order.record.ref_id.as_str()];
    let setup = Setup {
        id: token.clone(),
        status: "open".to_owned(),
        amount: decimal(amount),
        reference: reference.into_iter().find(|it| !it.is_empty()).map(str::to_owned),
        created_at: now,
        expires_at: now.saturating_add(life).unwrap_or(now),
        detail: detail(&order, &settings),
    };
    desk.state.open_setup(setup);
    Answer::ok(vec![("token", Value::Text(token))])
}

/// Long, and of the letters that base64 has.
fn token(desk: &mut Desk<'_>) -> String {
    let mut token = String::new();
    for _ in 0..4 {
        token += &desk.letters(40);
    }
    token
}

/// What the page needs later.
fn detail(order: &Order, settings: &Settings) -> Map<String, Json> {
    let mut detail = Map::new();
    detail.insert("record".to_owned(), json!(order.record));
    detail.insert("settings".to_owned(), json!(settings));
    detail.insert("partial".to_owned(), json!(order.partial));
    detail.insert("window".to_owned(), json!(order.window));
    detail.insert("wrong".to_owned(), json!(order.wrong));
    detail.insert("isFirst".to_owned(), json!(order.is_first));
    detail
}

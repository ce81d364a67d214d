//! The page's conversation: a token brings the form, the form brings a payment or a reason why not.

use serde_json::{Value as Json, json};
use url::form_urlencoded::byte_serialize;

use super::{SUBMIT, page, settings::Settings};
use crate::{
    authorize_net::{
        card::{Face, code_letter},
        desk::Desk,
        merchant,
        money::cents,
        profiles,
        record::Record,
        reply::decimal,
        transact::{Charged, Order, charge},
    },
    ledger::{MAX_ROWS, Setup},
    serve::Arrived,
};

/// How the browser leaves the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::authorize_net) enum Leave {
    Once,
    Twice,
    Never,
}

/// What the browser gets.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::authorize_net) enum Shown {
    /// A page to stay on.
    Page(String),
    /// A page after which nothing is left to do here.
    End(String),
    /// Back to the merchant, with nothing but the address (§2.12).
    Back(String),
}

struct Posted(Vec<(String, String)>);

impl Posted {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|it| it.0 == name).map_or("", |it| it.1.trim())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|it| it.0 == name)
    }
}

/// A request for the page: the token alone, or the page's own form.
pub(in crate::authorize_net) fn answer(desk: &mut Desk<'_>, request: &Arrived, leave: Leave) -> Shown {
    let posted = Posted(url::form_urlencoded::parse(&request.body).into_owned().take(50).collect());
    let Some(setup) = desk.state.setup(posted.get("token")).filter(|it| it.id == posted.get("token")) else {
        return Shown::Page(page::refused("Missing or invalid token"));
    };
    match setup.status.as_str() {
        "open" => {}
        "expired" => return Shown::Page(page::refused("The payment token has expired.")),
        "cancelled" => return Shown::Page(page::refused("The payment was cancelled.")),
        _ => return Shown::Page(page::refused("This payment was made already. Nothing was charged again.")),
    }
    let settings = settings(&setup);
    if request.uri.path() != SUBMIT {
        return Shown::Page(page::form(desk.merchant_of(&setup), &setup, &settings, &[], &[], desk.now()));
    }
    if posted.has("cancel") {
        return cancel(desk, &setup, &settings);
    }
    submit(desk, &setup, &settings, &posted, leave)
}

fn settings(setup: &Setup) -> Settings {
    let kept = setup.detail.get("settings").cloned().unwrap_or(Json::Null);
    serde_json::from_value(kept).unwrap_or_default()
}

pub(super) fn record(setup: &Setup) -> Record {
    let kept = setup.detail.get("record").cloned().unwrap_or(Json::Null);
    serde_json::from_value(kept).unwrap_or_default()
}

impl Desk<'_> {
    /// Whose page it is: nobody says so, the token knows it.
    fn merchant_of(&mut self, setup: &Setup) -> &'static str {
        self.merchant = record(setup).merchant;
        merchant::name(self.merchant)
    }
}

fn cancel(desk: &mut Desk<'_>, setup: &Setup, settings: &Settings) -> Shown {
    if desk.choices.cancel_ends_page {
        desk.state.set_status(&setup.id, "cancelled");
    }
    if !settings.communicator.is_empty() {
        return Shown::End(page::communicate(settings, "action=cancel", "The payment was cancelled."));
    }
    if settings.cancel_url.is_empty() {
        return Shown::End(page::refused("The payment was cancelled."));
    }
    Shown::Back(settings.cancel_url.clone())
}

fn submit(desk: &mut Desk<'_>, setup: &Setup, settings: &Settings, posted: &Posted, leave: Leave) -> Shown {
    let name = desk.merchant_of(setup);
    let mut order = order(setup, posted);
    let mut wrong = wrong(&order.record.face, settings, posted, desk.now());
    if desk.state.transactions.len() >= MAX_ROWS {
        wrong.push("The simulator is full: POST /_sim/reset".to_owned());
    }
    let kept = fields(posted);
    if !wrong.is_empty() {
        return Shown::Page(page::form(name, setup, settings, &wrong, &kept, desk.now()));
    }
    let keeps_card = settings.saves_card && posted.has("savePaymentMethod");
    let customer = std::mem::take(&mut order.record.profile);
    let mut charged = charge(desk, order);
    if charged.said.response != 1 && charged.said.response != 4 {
        let text = crate::authorize_net::processor::text(charged.said.reason).to_owned();
        return Shown::Page(page::form(name, setup, settings, &[text], &kept, desk.now()));
    }
    if keeps_card && let Some(payment) = profiles::add_card(desk, &customer, &charged.record) {
        (charged.record.profile, charged.record.payment_profile) = (customer, payment);
        charged.record.change(desk.state, &charged.said.id);
    }
    desk.state.set_status(&setup.id, "completed");
    finish(settings, &charged, name, leave)
}

/// What the person sees after an approval.
fn finish(settings: &Settings, charged: &Charged, merchant: &str, leave: Leave) -> Shown {
    if leave == Leave::Never {
        return Shown::End(page::silent());
    }
    if settings.show_receipt {
        return Shown::End(page::receipt(settings, charged, merchant));
    }
    if !settings.communicator.is_empty() {
        let response: String = byte_serialize(response(charged).to_string().as_bytes()).collect();
        let query = format!("action=transactResponse&response={response}");
        return Shown::End(page::communicate(settings, &query, "The payment was made."));
    }
    match leave {
        _ if settings.url.is_empty() => Shown::End(page::receipt(settings, charged, merchant)),
        Leave::Twice => Shown::End(page::twice(&settings.url)),
        _ => Shown::Back(settings.url.clone()),
    }
}

/// What an embedded page tells the merchant's. `refId` is not in it (§2.12).
fn response(charged: &Charged) -> Json {
    let (record, said) = (&charged.record, &charged.said);
    json!({
        "transId": said.id, "responseCode": said.response.to_string(), "authorization": record.auth_code,
        "accountType": record.face.brand, "accountNumber": record.face.masked,
        "totalAmount": decimal(record.authorized), "orderDescription": record.description,
        "orderInvoiceNumber": record.invoice, "customerId": record.customer_id,
        "dateTime": record.submitted_at.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string(),
    })
}

/// The charge as the token asked for it, with what the person typed.
fn order(setup: &Setup, posted: &Posted) -> Order {
    let kept = |name: &str| setup.detail.get(name);
    let number: String = posted.get("cardNum").chars().filter(|it| !matches!(it, ' ' | '-')).collect();
    let mut record = record(setup);
    record.face = Face::card(&number, posted.get("expiryDate"));
    record.hosted = Some(setup.id.clone());
    for (field, name) in FIELDS {
        if posted.has(field) {
            record.bill_to.0.retain(|it| it.0 != name);
            let value = posted.get(field);
            if !value.is_empty() {
                record.bill_to.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    if !posted.get("email").is_empty() {
        posted.get("email").clone_into(&mut record.email);
    }
    let code = posted.get("cvv");
    Order {
        record,
        amount: cents(&setup.amount),
        code: if code.is_empty() { "" } else { code_letter(code) },
        partial: kept("partial").and_then(Json::as_bool).unwrap_or(false),
        window: kept("window").and_then(Json::as_i64),
        wrong: kept("wrong").and_then(Json::as_u64).and_then(|it| u16::try_from(it).ok()),
        is_first: kept("isFirst").and_then(Json::as_bool).unwrap_or(false),
        ..Order::default()
    }
}

/// The form's fields and what they are called in an address.
pub(super) const FIELDS: [(&str, &str); 6] = [
    ("firstName", "firstName"),
    ("lastName", "lastName"),
    ("address", "address"),
    ("city", "city"),
    ("state", "state"),
    ("zip", "zip"),
];

/// What may be shown again: nothing of the card.
fn fields(posted: &Posted) -> Vec<(&'static str, String)> {
    let names = FIELDS.iter().map(|it| it.0).chain(["email"]);
    names.map(|name| (name, posted.get(name).to_owned())).collect()
}

/// Everything that is wrong with the form.
fn wrong(face: &Face, settings: &Settings, posted: &Posted, now: jiff::Timestamp) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |is: bool, text: &str| {
        if is {
            wrong.push(text.to_owned());
        }
    };
    let number = posted.get("cardNum");
    say(number.is_empty(), "Card number is required.");
    say(!number.is_empty() && (!face.is_valid || face.brand.is_empty()), "Card number is not valid.");
    let expiry = posted.get("expiryDate");
    say(expiry.is_empty(), "Expiration date is required.");
    say(!expiry.is_empty() && face.expires.is_empty(), "Expiration date is not valid: use MM/YY.");
    say(face.is_expired(now), "The card has expired.");
    let code = posted.get("cvv");
    say(code.is_empty() && settings.code_required, "Card code is required.");
    let is_code = matches!(code.len(), 3 | 4) && code.bytes().all(|it| it.is_ascii_digit());
    say(!code.is_empty() && !is_code, "Card code is not valid.");
    if settings.billing_shown && settings.billing_required {
        for (field, label) in [
            ("firstName", "First name"),
            ("lastName", "Last name"),
            ("address", "Address"),
            ("zip", "Zip code"),
        ] {
            say(posted.get(field).is_empty(), &format!("{label} is required."));
        }
    }
    let needs_email = settings.email_shown && settings.email_required;
    say(needs_email && posted.get("email").is_empty(), "Email is required.");
    wrong
}

//! Checks a card that is to be kept, and the comma separated answer of old (authorizenet.md §2.6).

use super::{Payment, Profile, find, not_found};
use crate::{
    authorize_net::{
        card::code_letter,
        desk::Desk,
        processor::{self, Asked, Verdict},
        record::Record,
        reply::{Answer, Value, decimal},
        webhooks::Event,
    },
    xml::Element,
};

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    None,
    /// The fields, without asking the issuer.
    Test,
    /// A zero dollar authorisation that is voided at once; a cent in the older mode.
    Live {
        cents: i64,
    },
}

impl Mode {
    /// Nothing is checked where nothing is said (§2.6).
    pub(super) fn of(text: &str) -> Self {
        match text {
            "testMode" => Self::Test,
            "liveMode" => Self::Live { cents: 0 },
            "oldLiveMode" => Self::Live { cents: 1 },
            _ => Self::None,
        }
    }
}

/// The direct response where there was a check; the reason's text with it where the card failed.
pub(super) fn check(
    desk: &mut Desk<'_>,
    mode: Mode,
    profile: &Profile,
    payment: &Payment,
    code: &str,
) -> Result<Option<String>, (&'static str, String)> {
    let cents = match mode {
        Mode::None => return Ok(None),
        Mode::Test => 0,
        Mode::Live { cents } => cents,
    };
    let mut verdict = processor::judge(
        &Asked {
            face: &payment.face,
            code,
            amount: Some(cents),
            zip: payment.bill_to.get("zip"),
            partial: false,
            is_authorization: true,
            now: desk.now(),
        },
        &desk.choices,
    );
    let is_test = mode == Mode::Test;
    if is_test && verdict.response != 3 {
        // Nobody was asked: only the fields count.
        verdict = Verdict { response: 1, reason: 1, has_code: true, ..verdict };
    } else if !is_test && payment.bill_to.is_empty() {
        verdict = Verdict { response: 3, reason: 290, avs: "P", cvv: String::new(), ..verdict };
    }
    let record = Record {
        merchant: desk.merchant,
        kind: "authOnlyTransaction".to_owned(),
        state: if verdict.response == 1 { "voided" } else { "declined" }.to_owned(),
        submitted_at: desk.now(),
        closed_at: Some(desk.now()),
        response: verdict.response,
        reason: verdict.reason,
        auth_code: if verdict.has_code && !is_test { desk.letters(6) } else { String::new() },
        avs: verdict.avs.to_owned(),
        cvv: verdict.cvv.clone(),
        face: payment.face.clone(),
        requested: cents,
        authorized: cents,
        invoice: "none".to_owned(),
        customer_id: profile.customer.clone(),
        email: profile.email.clone(),
        bill_to: payment.bill_to.clone(),
        profile: profile.id.clone(),
        payment_profile: payment.id.clone(),
        network: if is_test || verdict.response == 3 { String::new() } else { desk.letters(23) },
        ..Record::default()
    };
    let mut id = "0".to_owned();
    if !is_test && verdict.response != 3 {
        id = desk.transaction_id();
        record.add(desk.state, &id);
        desk.events.push(Event::transaction(&record, &id));
    }
    let direct = direct(&record, &id, is_test);
    if verdict.response == 1 { Ok(Some(direct)) } else { Err((processor::text(verdict.reason), direct)) }
}

/// The 68 or 69 fields (§2.6).
pub(super) fn direct(record: &Record, id: &str, is_test: bool) -> String {
    let mut fields = vec![String::new(); if is_test { 68 } else { 69 }];
    let mut set = |place: usize, text: &str| {
        if let Some(field) = place.checked_sub(1).and_then(|it| fields.get_mut(it)) {
            // A comma inside would be read as the end of the field.
            *field = text.replace(',', " ");
        }
    };
    let is_error = record.response == 3;
    let approved = processor::text(record.reason);
    set(1, &record.response.to_string());
    set(2, "1");
    set(3, &record.reason.to_string());
    set(4, &if is_test { format!("(TESTMODE) {approved}") } else { approved.to_owned() });
    set(5, if is_test && !is_error { "000000" } else { &record.auth_code });
    set(6, if is_test || is_error { "P" } else { &record.avs });
    set(7, id);
    set(8, "none");
    set(9, "Test transaction for ValidateCustomerPaymentProfile.");
    set(10, &if is_test { "1.00".to_owned() } else { decimal(record.requested) });
    set(11, if record.face.is_bank() { "ECHECK" } else { "CC" });
    set(12, "auth_only");
    set(13, &record.customer_id);
    let names = ["firstName", "lastName", "company", "address", "city", "state", "zip", "country"];
    for (place, name) in (14..).zip(names.into_iter().chain(["phoneNumber", "faxNumber"])) {
        set(place, record.bill_to.get(name));
    }
    set(24, if record.email.is_empty() { record.bill_to.get("email") } else { &record.email });
    for place in [33, 34, 35] {
        set(place, "0.00");
    }
    set(36, "FALSE");
    set(37, "none");
    set(39, if is_error { "" } else { &record.cvv });
    set(40, if is_test || is_error { "" } else { "2" });
    set(51, &record.face.masked);
    set(52, &record.face.brand);
    set(59, &record.network);
    fields.join(",")
}

/// validateCustomerPaymentProfileRequest.
pub(in crate::authorize_net) fn validate(desk: &mut Desk<'_>, root: &Element) -> Answer {
    let Some(profile) = find(desk, root.get(&["customerProfileId"])) else { return not_found() };
    let found = profile.payment(root.get(&["customerPaymentProfileId"])).cloned();
    let Some(payment) = found else { return not_found() };
    let code = root.get(&["cardCode"]);
    let code = if code.is_empty() { String::new() } else { code_letter(code).to_owned() };
    match check(desk, Mode::of(root.get(&["validationMode"])), &profile, &payment, &code) {
        Ok(direct) => Answer::ok(direct.map(|it| ("directResponse", Value::Text(it))).into_iter().collect()),
        Err((text, direct)) => Answer::failed(vec![("directResponse", Value::Text(direct))], "E00027", text),
    }
}

//! Reads a charge out of a request: who pays with what, and what forbids it (authorizenet.md §2.3.1, §2.3.6).

use super::super::{
    card::{Face, code_letter},
    desk::Desk,
    money::cents,
    nonces, profiles,
    record::{Address, Record},
};
use crate::xml::Element;

/// A code of the interface and its text: no transaction came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::authorize_net) struct Refusal(
    pub(in crate::authorize_net) &'static str,
    pub(in crate::authorize_net) &'static str,
);

/// A charge as it was asked for.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of the request")]
pub(in crate::authorize_net) struct Order {
    pub(in crate::authorize_net) record: Record,
    pub(in crate::authorize_net) amount: Option<i64>,
    /// The card code's letter; empty where none was sent.
    pub(in crate::authorize_net) code: &'static str,
    /// Sent by the merchant instead of asking the processor (captureOnly).
    pub(in crate::authorize_net) auth_code: String,
    pub(in crate::authorize_net) partial: bool,
    pub(in crate::authorize_net) is_test: bool,
    /// `duplicateWindow` in seconds, where it was sent.
    pub(in crate::authorize_net) window: Option<i64>,
    /// A reason that ends it before the processor is asked.
    pub(in crate::authorize_net) wrong: Option<u16>,
    pub(in crate::authorize_net) user_fields: Vec<(String, String)>,
    /// The first transaction with a stored card, whose network id is remembered.
    pub(in crate::authorize_net) is_first: bool,
    pub(in crate::authorize_net) keeps_profile: bool,
}

const LINES: usize = 30;

impl Order {
    pub(in crate::authorize_net) fn read(
        desk: &mut Desk<'_>,
        request: &Element,
        ref_id: &str,
    ) -> Result<Self, Refusal> {
        let mut order = Self::plain(desk, request, ref_id);
        let payment = request.child("payment");
        let profile = request.child("profile");
        let has_ids = profile.is_some_and(|it| it.children.iter().any(|one| one.name != "createProfile"));
        order.keeps_profile = profile.is_some_and(|it| is_true(it.get(&["createProfile"])));
        if order.keeps_profile {
            if has_ids {
                return Err(Refusal("E00088", "ProfileIds cannot be sent when requesting CreateProfile."));
            }
            if payment.is_none() {
                return Err(Refusal("E00089", "Payment data is required when requesting CreateProfile."));
            }
        }
        match (payment, profile.filter(|_| has_ids)) {
            (Some(_), Some(_)) => {
                return Err(Refusal("E00090", "PaymentProfile cannot be sent with payment data."));
            }
            (None, Some(profile)) => order.by_profile(desk, request, profile)?,
            (Some(payment), None) => order.by_payment(desk, payment)?,
            (None, None) => order.wrong = Some(33),
        }
        Ok(order)
    }

    /// What stands in every request, whatever it pays with.
    pub(in crate::authorize_net) fn plain(desk: &Desk<'_>, request: &Element, ref_id: &str) -> Self {
        let get = |path: &[&str]| request.get(path).to_owned();
        let setting = |name: &str| {
            let all = request.child("transactionSettings").map(|it| it.children.as_slice());
            let mut all = all.unwrap_or_default().iter();
            let found = all.find(|it| it.get(&["settingName"]).eq_ignore_ascii_case(name));
            found.map(|it| it.get(&["settingValue"]).to_owned())
        };
        let is = |name: &str| setting(name).is_some_and(|it| is_true(&it));
        let currency = get(&["currencyCode"]);
        let lines = request.child("lineItems").map(|it| it.children.as_slice()).unwrap_or_default();
        let first = ["isFirstSubsequentAuth", "isFirstRecurringPayment"];
        let wrong = if !currency.is_empty() && currency != "USD" {
            Some(39)
        } else if lines.len() > LINES {
            Some(271)
        } else {
            None
        };
        let fields = request.child("userFields").map(|it| it.children.as_slice()).unwrap_or_default();
        let record = Record {
            merchant: desk.merchant,
            kind: get(&["transactionType"]),
            submitted_at: desk.now(),
            ref_id: ref_id.to_owned(),
            invoice: get(&["order", "invoiceNumber"]),
            description: get(&["order", "description"]),
            purchase_order: get(&["poNumber"]),
            customer_id: get(&["customer", "id"]),
            email: get(&["customer", "email"]),
            bill_to: Address::of(request.child("billTo")),
            ship_to: Address::of(request.child("shipTo")),
            lines: lines.iter().map(|it| Address::of(Some(it))).collect(),
            ip: get(&["customerIP"]),
            card_use: card_use(request),
            original_network: get(&["subsequentAuthInformation", "originalNetworkTransId"]),
            original_amount: cents(request.get(&["subsequentAuthInformation", "originalAuthAmount"])),
            indicator: get(&["authorizationIndicatorType", "authorizationIndicator"]),
            is_recurring: is("recurringBilling"),
            ..Record::default()
        };
        Self {
            record,
            amount: cents(request.get(&["amount"])),
            auth_code: get(&["authCode"]),
            partial: is("allowPartialAuth"),
            is_test: is("testRequest"),
            window: setting("duplicateWindow").and_then(|it| it.trim().parse().ok()),
            wrong,
            user_fields: fields
                .iter()
                .map(|it| (it.get(&["name"]).to_owned(), it.get(&["value"]).to_owned()))
                .collect(),
            is_first: first.iter().any(|it| is_true(request.get(&["processingOptions", it]))),
            ..Self::default()
        }
    }

    fn by_payment(&mut self, desk: &mut Desk<'_>, payment: &Element) -> Result<(), Refusal> {
        if let Some(opaque) = payment.child("opaqueData") {
            let descriptor = opaque.get(&["dataDescriptor"]);
            if descriptor != nonces::DESCRIPTOR && descriptor.starts_with("COMMON.") {
                // A wallet's payload is for keys that are not here.
                self.wrong = Some(153);
                return Ok(());
            }
            let nonce = nonces::take(desk, opaque)?;
            (self.record.face, self.code) = (nonce.face, code_letter_again(&nonce.code));
            if self.record.bill_to.get("zip").is_empty() && !nonce.zip.is_empty() {
                self.record.bill_to.0.push(("zip".to_owned(), nonce.zip));
            }
            return Ok(());
        }
        self.record.face = Face::of(payment).ok_or(Refusal(
            "E00155",
            "This processor does not support this method of submitting payment data",
        ))?;
        let code = payment.get(&["creditCard", "cardCode"]);
        self.code = if code.is_empty() { "" } else { code_letter(code) };
        Ok(())
    }

    fn by_profile(
        &mut self,
        desk: &mut Desk<'_>,
        request: &Element,
        profile: &Element,
    ) -> Result<(), Refusal> {
        let get = |path: &[&str]| profile.get(path);
        let (id, shipping) = (get(&["customerProfileId"]), get(&["shippingProfileId"]));
        if id.is_empty() && !shipping.is_empty() {
            return Err(Refusal("E00095", "ShippingProfileId is not provided within Customer Profile."));
        }
        if !shipping.is_empty() && request.child("shipTo").is_some() {
            return Err(Refusal("E00092", "ShippingProfileId cannot be sent with ShipTo data."));
        }
        if request.child("billTo").is_some() {
            return Err(Refusal("E00093", "PaymentProfile cannot be sent with billing data."));
        }
        let payment = get(&["paymentProfile", "paymentProfileId"]);
        let found = profiles::for_charge(desk, id, payment, shipping)?;
        let record = &mut self.record;
        record.face = found.payment.face;
        record.bill_to = found.payment.bill_to;
        record.ship_to = if shipping.is_empty() { record.ship_to.clone() } else { found.ship_to };
        id.clone_into(&mut record.profile);
        record.payment_profile = found.payment.id;
        shipping.clone_into(&mut record.address_profile);
        if record.customer_id.is_empty() {
            record.customer_id = found.customer;
        }
        if record.email.is_empty() {
            record.email = found.email;
        }
        let code = get(&["paymentProfile", "cardCode"]);
        self.code = if code.is_empty() { "" } else { code_letter(code) };
        Ok(())
    }
}

/// Which use of a stored card is told (§2.3.7); the options come one at a time.
fn card_use(request: &Element) -> String {
    let options = request.child("processingOptions").map(|it| it.children.as_slice()).unwrap_or_default();
    options.iter().find(|it| is_true(it.text.trim())).map(|it| it.name.clone()).unwrap_or_default()
}

/// A letter that was kept, as one of those that there are.
fn code_letter_again(kept: &str) -> &'static str {
    match kept {
        "" => "",
        "M" => "M",
        "N" => "N",
        "S" => "S",
        "U" => "U",
        _ => "P",
    }
}

pub(in crate::authorize_net) fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

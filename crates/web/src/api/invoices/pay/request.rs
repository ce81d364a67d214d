//! What a payment of an invoice is read into: a charge of a card, or money that came in outside any provider.

use jiff::Timestamp;
use kontor_domain::{Money, Secret, payments::Method};
use kontor_engine::payments::Offline;
use kontor_providers::Nonce;
use utoipa::ToSchema;

use crate::{
    amount::{Amount, Time},
    body::{Fields, Request},
};

/// A payment to make or to record.
pub(crate) enum Create {
    /// A card is charged.
    Card(Box<Card>),
    /// It came in outside any provider.
    Offline(Offline),
}

/// A charge of a card.
pub(crate) struct Card {
    pub(super) amount: Money,
    pub(super) from: Named,
    pub(super) provider: Option<String>,
    pub(super) capture: bool,
    pub(super) reference: Option<String>,
}

/// Which card.
pub(super) enum Named {
    Method(String),
    Profile(String),
    Nonce(Nonce),
}

/// The fields, for the description.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what is read below")]
pub(crate) struct NewPayment {
    /// In the invoice's currency; more than zero.
    #[schema(value_type = Amount, example = 148.83)]
    amount: Money,
    /// Check, Cash, Ach, Wire or Other: it came in that way.
    #[schema(example = "Check")]
    method: Option<String>,
    /// A saved card of the customer; `default` for its default one.
    payment_method_id: Option<String>,
    /// A saved card by the provider's name of it.
    payment_profile_id: Option<String>,
    /// A card that the provider's script took in the browser.
    opaque_data: Option<OpaqueData>,
    /// Which provider, where a card's name or nothing says it.
    provider: Option<String>,
    /// Whether the money is taken now; false holds it, to be captured later.
    #[schema(default = true)]
    capture: Option<bool>,
    /// The caller's or the payer's own, such as a cheque number.
    reference: Option<String>,
    /// When it came in, by `method`; now where it is not said.
    #[schema(value_type = Option<Time>)]
    received_at: Option<Timestamp>,
}

/// A card that the provider's script took in the browser: good once, for some minutes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OpaqueData {
    /// Which kind, in the provider's words.
    #[schema(example = "COMMON.ACCEPT.INAPP.PAYMENT")]
    data_descriptor: String,
    /// The nonce.
    #[schema(value_type = String)]
    data_value: Secret,
}

impl Request for OpaqueData {
    fn read(fields: &mut Fields) -> Option<Self> {
        let data_descriptor = fields.required("dataDescriptor").text(1..=100);
        let data_value = fields.required("dataValue").secret(1..=8_000);
        Some(Self { data_descriptor: data_descriptor?, data_value: data_value? })
    }
}

impl Request for Create {
    fn read(fields: &mut Fields) -> Option<Self> {
        let decimal = fields.required("amount").decimal();
        let currency = fields.currency();
        let amount = fields.positive_amount(decimal.as_ref(), Some(currency));
        let reference = fields.optional("reference").text(0..=200);
        let sources = ["paymentMethodId", "paymentProfileId", "opaqueData"];
        let named: Vec<&str> =
            sources.into_iter().filter(|it| fields.has(it) && !fields.is_null(it)).collect();
        let with_method = fields.has("method") && !fields.is_null("method");
        if named.is_empty() {
            return offline(fields, amount, reference);
        }
        if with_method || named.len() > 1 {
            let wrong = if with_method { "method" } else { named.last().copied().unwrap_or_default() };
            fields.wrong(wrong, "does not go with another way to pay: give one of them");
        }
        fields.ignore("method");
        let method = fields.optional("paymentMethodId").text(1..=100);
        let profile = fields.optional("paymentProfileId").text(1..=100);
        let opaque: Option<OpaqueData> = fields.optional("opaqueData").object();
        let provider = fields.optional("provider").text(1..=100);
        let capture = fields.optional("capture").boolean().unwrap_or(true);
        let nonce = opaque.map(|it| Nonce { descriptor: it.data_descriptor, value: it.data_value });
        let from = method.map(Named::Method).or(profile.map(Named::Profile)).or(nonce.map(Named::Nonce));
        Some(Self::Card(Box::new(Card { amount: amount?, from: from?, provider, capture, reference })))
    }
}

fn offline(fields: &mut Fields, amount: Option<Money>, reference: Option<String>) -> Option<Create> {
    for key in ["paymentMethodId", "paymentProfileId", "opaqueData"] {
        fields.ignore(key);
    }
    let words: Vec<&'static str> = Method::OFFLINE.iter().map(|it| it.as_str()).collect();
    let method = fields.required("method").one_of(&words).and_then(|word| word.parse().ok());
    let received_at = fields.optional("receivedAt").time();
    Some(Create::Offline(Offline { amount: amount?, method: method?, reference, received_at }))
}

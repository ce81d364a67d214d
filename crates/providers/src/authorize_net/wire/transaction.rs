//! The requests that move money (authorizenet.md §2.3, §2.4). The order of the fields is the schema's.

use kontor_domain::Currency;
use serde::Serialize;

use super::{
    BillTo, Built, Credentials, Listed, Setting, id, message, plain, positive, profile::customer_id,
    reference,
};
use crate::{
    CaptureOrder, CardUse, ChargeOrder, MerchantReason, ProviderError, RefundOrder, Source, VoidOrder,
    error::Fault,
};

/// How long the same order counts as the same, in seconds: the longest there is (§2.3.8). Our reference is part of
/// what is compared, so that it strikes for one attempt that is sent twice, and for nothing else.
const DUPLICATE_WINDOW: &str = "28800";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'a> {
    transaction_request: TransactionRequest<'a>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionRequest<'a> {
    pub(super) transaction_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment: Option<Payment<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<Profile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ref_trans_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<Order<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer: Option<Customer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bill_to: Option<BillTo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction_settings: Option<Listed<Setting>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processing_options: Option<ProcessingOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subsequent_auth_information: Option<SubsequentAuth<'a>>,
}

/// One of them (§2.3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Payment<'a> {
    CreditCard(CreditCard<'a>),
    OpaqueData(OpaqueData<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreditCard<'a> {
    pub(super) card_number: &'a str,
    pub(super) expiration_date: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) card_code: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpaqueData<'a> {
    pub(super) data_descriptor: &'a str,
    pub(super) data_value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile<'a> {
    customer_profile_id: &'a str,
    payment_profile: PaymentProfile<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentProfile<'a> {
    payment_profile_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order<'a> {
    pub(super) invoice_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Customer {
    pub(super) id: String,
}

/// One of them, and true.
#[derive(Serialize)]
pub(super) enum ProcessingOptions {
    #[serde(rename = "isFirstRecurringPayment")]
    FirstRecurring(bool),
    #[serde(rename = "isFirstSubsequentAuth")]
    First(bool),
    #[serde(rename = "isSubsequentAuth")]
    Subsequent(bool),
    #[serde(rename = "isStoredCredentials")]
    Stored(bool),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubsequentAuth<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    original_network_trans_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_auth_amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Takes the amount (§2.3.1, §2.3.6).
pub(in crate::authorize_net) fn sale(credentials: &Credentials<'_>, order: &ChargeOrder<'_>) -> Built {
    charge("authCaptureTransaction", credentials, order)
}

/// Holds the amount (§2.3.2).
pub(in crate::authorize_net) fn authorization(
    credentials: &Credentials<'_>,
    order: &ChargeOrder<'_>,
) -> Built {
    charge("authOnlyTransaction", credentials, order)
}

fn charge(transaction_type: &'static str, credentials: &Credentials<'_>, order: &ChargeOrder<'_>) -> Built {
    let mut it = TransactionRequest {
        transaction_type,
        amount: Some(positive(order.amount)?),
        currency_code: Some(Currency::USD.code()),
        order: Some(Order {
            invoice_number: reference(order.reference)?,
            description: order.description.and_then(|it| plain(it, 255)),
        }),
        ..TransactionRequest::default()
    };
    match order.source {
        // A profile brings its own address and customer: beside it they are refused (§2.3.6).
        Source::Saved(card) => {
            let words = || ProviderError::refused(Fault::Ours, None, "the saved card has no customer");
            it.profile = Some(Profile {
                customer_profile_id: id(card.customer.as_deref().ok_or_else(words)?)?,
                payment_profile: PaymentProfile { payment_profile_id: id(&card.id)? },
            });
        }
        Source::Nonce(nonce) => {
            it.payment = Some(Payment::OpaqueData(OpaqueData {
                data_descriptor: &nonce.descriptor,
                data_value: nonce.value.expose(),
            }));
            it.customer = Some(Customer { id: customer_id(order.customer_number) });
            it.bill_to = order.billing.and_then(BillTo::of);
        }
    }
    let mut settings = Vec::new();
    if order.allow_partial {
        settings.push(Setting { setting_name: "allowPartialAuth", setting_value: "true".to_owned() });
    }
    settings.push(Setting { setting_name: "duplicateWindow", setting_value: DUPLICATE_WINDOW.to_owned() });
    it.transaction_settings = Some(Listed { setting: settings });
    (it.processing_options, it.subsequent_auth_information) = card_use(order.card_use)?;
    create(credentials, order.reference, it)
}

/// What is sent for each use of a stored card (§2.3.7).
fn card_use(
    card_use: CardUse<'_>,
) -> Result<(Option<ProcessingOptions>, Option<SubsequentAuth<'_>>), ProviderError> {
    let mut subsequent = None;
    let option = match card_use {
        CardUse::Once => return Ok((None, None)),
        CardUse::First { recurring: true } => ProcessingOptions::FirstRecurring(true),
        CardUse::First { recurring: false } => ProcessingOptions::First(true),
        CardUse::Customer => ProcessingOptions::Stored(true),
        CardUse::Merchant { reason, network_transaction_id, original_amount, .. } => {
            let reason = reason.map(|it| match it {
                MerchantReason::Resubmission => "resubmission",
                MerchantReason::DelayedCharge => "delayedCharge",
                MerchantReason::Reauthorization => "reauthorization",
                MerchantReason::NoShow => "noShow",
            });
            let network = network_transaction_id.map(network_id).transpose()?;
            let amount = original_amount.map(positive).transpose()?;
            if network.is_some() || amount.is_some() || reason.is_some() {
                subsequent = Some(SubsequentAuth {
                    original_network_trans_id: network,
                    original_auth_amount: amount,
                    reason,
                });
            }
            ProcessingOptions::Subsequent(true)
        }
    };
    Ok((Some(option), subsequent))
}

/// Takes what is held (§2.3.3). It stays the transaction that it is, so it keeps its own invoice number.
pub(in crate::authorize_net) fn capture(credentials: &Credentials<'_>, order: &CaptureOrder<'_>) -> Built {
    let it = TransactionRequest {
        transaction_type: "priorAuthCaptureTransaction",
        amount: Some(positive(order.amount)?),
        currency_code: Some(Currency::USD.code()),
        ref_trans_id: Some(id(order.transaction_id)?),
        ..TransactionRequest::default()
    };
    create(credentials, order.reference, it)
}

/// Undoes the whole (§2.3.4).
pub(in crate::authorize_net) fn void(credentials: &Credentials<'_>, order: &VoidOrder<'_>) -> Built {
    let it = TransactionRequest {
        transaction_type: "voidTransaction",
        ref_trans_id: Some(id(order.transaction_id)?),
        ..TransactionRequest::default()
    };
    create(credentials, order.reference, it)
}

/// Gives back (§2.3.5): a transaction of its own, found by our reference. The card is named by its last digits.
pub(in crate::authorize_net) fn refund(credentials: &Credentials<'_>, order: &RefundOrder<'_>) -> Built {
    let last_four = order.last_four.filter(|it| it.len() == 4 && it.bytes().all(|it| it.is_ascii_digit()));
    let last_four = last_four.ok_or_else(|| {
        ProviderError::refused(Fault::Ours, None, "the card's last four digits are missing")
    })?;
    let it = TransactionRequest {
        transaction_type: "refundTransaction",
        amount: Some(positive(order.amount)?),
        currency_code: Some(Currency::USD.code()),
        payment: Some(Payment::CreditCard(CreditCard {
            card_number: last_four,
            expiration_date: "XXXX",
            card_code: None,
        })),
        ref_trans_id: Some(id(order.transaction_id)?),
        order: Some(Order { invoice_number: reference(order.reference)?, description: None }),
        ..TransactionRequest::default()
    };
    create(credentials, order.reference, it)
}

fn create(credentials: &Credentials<'_>, ours: &str, it: TransactionRequest<'_>) -> Built {
    message(
        "createTransactionRequest",
        credentials,
        Some(reference(ours)?),
        &Create { transaction_request: it },
    )
}

/// Letters, digits and blanks (§1.4).
fn network_id(text: &str) -> Result<&str, ProviderError> {
    let fits =
        (1..=255).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b' ');
    fits.then_some(text).ok_or_else(|| {
        ProviderError::misconfigured("the network's transaction id has letters that it cannot have")
    })
}

#[cfg(test)]
mod tests;

//! The request for a page of Accept Hosted (authorizenet.md §2.12). Each setting is JSON within a text.

use kontor_domain::Currency;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Built, Credentials, Listed, Setting, message, plain, positive,
    profile::customer_id,
    reference,
    transaction::{Customer, Order, ProcessingOptions, TransactionRequest},
};
use crate::HostedOrder;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    transaction_request: TransactionRequest<'a>,
    hosted_payment_settings: Listed<Setting>,
}

/// A page for one sale. The browser comes back to one of the two addresses, without a word about the payment.
pub(in crate::authorize_net) fn page(
    credentials: &Credentials<'_>,
    order: &HostedOrder<'_>,
    back: &str,
    left: &str,
) -> Built {
    let company = order.company_name.and_then(|it| plain(it, 100));
    let mut settings = vec![
        // No receipt of the provider's: the merchant shows its own.
        setting(
            "hostedPaymentReturnOptions",
            &json!({ "showReceipt": false, "url": back, "urlText": "Continue", "cancelUrl": left, "cancelUrlText": "Cancel" }),
        ),
        setting("hostedPaymentButtonOptions", &json!({ "text": "Pay" })),
        setting(
            "hostedPaymentPaymentOptions",
            &json!({ "cardCodeRequired": true, "showCreditCard": true, "showBankAccount": false }),
        ),
        setting("hostedPaymentShippingAddressOptions", &json!({ "show": false, "required": false })),
        setting("hostedPaymentCustomerOptions", &json!({ "showEmail": false, "requiredEmail": false })),
    ];
    if let Some(company) = company {
        settings
            .push(setting("hostedPaymentOrderOptions", &json!({ "show": true, "merchantName": company })));
    }
    let it = TransactionRequest {
        transaction_type: "authCaptureTransaction",
        amount: Some(positive(order.amount)?),
        currency_code: Some(Currency::USD.code()),
        order: Some(Order {
            invoice_number: reference(order.reference)?,
            description: order.description.and_then(|it| plain(it, 255)),
        }),
        customer: Some(Customer { id: customer_id(order.customer_number) }),
        bill_to: order.billing.as_ref().and_then(super::BillTo::of),
        // The first use of a card that is kept (§2.3.7).
        processing_options: order.keeps_card.then_some(ProcessingOptions::First(true)),
        ..TransactionRequest::default()
    };
    let body = Page { transaction_request: it, hosted_payment_settings: Listed { setting: settings } };
    message("getHostedPaymentPageRequest", credentials, Some(reference(order.reference)?), &body)
}

fn setting(name: &'static str, value: &Value) -> Setting {
    Setting { setting_name: name, setting_value: value.to_string() }
}

#[cfg(test)]
mod tests;

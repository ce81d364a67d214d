//! The page's settings: each value is a JSON document in a text (authorizenet.md §2.12).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::xml::Element;

/// How the page looks and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of the provider's")]
pub(super) struct Settings {
    pub(super) show_receipt: bool,
    pub(super) url: String,
    pub(super) url_text: String,
    pub(super) cancel_url: String,
    pub(super) cancel_text: String,
    pub(super) button: String,
    pub(super) color: String,
    pub(super) code_required: bool,
    pub(super) billing_shown: bool,
    pub(super) billing_required: bool,
    pub(super) email_shown: bool,
    pub(super) email_required: bool,
    pub(super) saves_card: bool,
    pub(super) order_shown: bool,
    pub(super) merchant: String,
    pub(super) communicator: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            show_receipt: true,
            url: String::new(),
            url_text: "Continue".to_owned(),
            cancel_url: String::new(),
            cancel_text: "Cancel".to_owned(),
            button: "Pay".to_owned(),
            color: String::new(),
            code_required: false,
            billing_shown: true,
            billing_required: false,
            email_shown: false,
            email_required: false,
            saves_card: false,
            order_shown: true,
            merchant: String::new(),
            communicator: String::new(),
        }
    }
}

impl Settings {
    /// Reads them. The error is the name of the one that is wrong.
    pub(super) fn read(list: Option<&Element>) -> Result<Self, String> {
        let mut settings = Self::default();
        for one in list.map(|it| it.children.as_slice()).unwrap_or_default() {
            let (name, value) = (one.get(&["settingName"]), one.get(&["settingValue"]));
            let known = serde_json::from_str::<Value>(value).ok().filter(Value::is_object);
            let value = known.ok_or_else(|| name.to_owned())?;
            if !settings.take(name, &value) {
                return Err(name.to_owned());
            }
        }
        if settings.show_receipt && settings.url.is_empty() {
            settings.url_text.clear();
        }
        Ok(settings)
    }

    fn take(&mut self, name: &str, value: &Value) -> bool {
        let text = |key: &str, place: &mut String| {
            if let Some(text) = value.get(key).and_then(Value::as_str).filter(|it| !it.is_empty()) {
                text.clone_into(place);
            }
        };
        // Only a JSON boolean counts: the text "true" does not work.
        let flag = |key: &str, place: &mut bool| {
            if let Some(flag) = value.get(key).and_then(Value::as_bool) {
                *place = flag;
            }
        };
        match name {
            "hostedPaymentReturnOptions" => {
                flag("showReceipt", &mut self.show_receipt);
                text("url", &mut self.url);
                text("urlText", &mut self.url_text);
                text("cancelUrl", &mut self.cancel_url);
                text("cancelUrlText", &mut self.cancel_text);
                return [&self.url, &self.cancel_url].into_iter().all(|it| is_address(it));
            }
            "hostedPaymentButtonOptions" => text("text", &mut self.button),
            "hostedPaymentStyleOptions" => {
                text("bgColor", &mut self.color);
                return self.color.chars().all(|it| it == '#' || it.is_ascii_alphanumeric());
            }
            "hostedPaymentPaymentOptions" => flag("cardCodeRequired", &mut self.code_required),
            "hostedPaymentBillingAddressOptions" => {
                flag("show", &mut self.billing_shown);
                flag("required", &mut self.billing_required);
            }
            "hostedPaymentCustomerOptions" => {
                flag("showEmail", &mut self.email_shown);
                flag("requiredEmail", &mut self.email_required);
                flag("addPaymentProfile", &mut self.saves_card);
            }
            "hostedPaymentOrderOptions" => {
                flag("show", &mut self.order_shown);
                text("merchantName", &mut self.merchant);
            }
            "hostedPaymentIFrameCommunicatorUrl" => {
                text("url", &mut self.communicator);
                return is_address(&self.communicator);
            }
            "hostedPaymentSecurityOptions"
            | "hostedPaymentShippingAddressOptions"
            | "hostedPaymentVisaCheckoutOptions" => {}
            _ => return false,
        }
        true
    }
}

fn is_address(text: &str) -> bool {
    text.is_empty() || url::Url::parse(text).is_ok_and(|it| matches!(it.scheme(), "http" | "https"))
}

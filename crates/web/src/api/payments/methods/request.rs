//! A card that is to be saved, as it is sent.

use jiff::Timestamp;
use kontor_domain::{Secret, payment_methods::BillingAddress};
use kontor_engine::payment_methods::save::Typed;
use kontor_providers::{Card, CardError, Expiry, Nonce};
use url::Url;
use utoipa::ToSchema;

use crate::{
    body::{Fields, Request},
    web::Web,
};

/// Where browsers go that nobody said it for (source: payments reference).
const RETURN: &str = "http://localhost:3000/payment-success";
/// The day ends last twelve hours after it ends in UTC: until then a card's last month goes on somewhere.
const LAST_ZONE: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// A card to save, or what the provider's script made of it in the browser.
#[expect(dead_code, reason = "written down for the document; `read` makes the checked type")]
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewMethod {
    /// Whose card it is.
    #[schema(example = "CUST-1001")]
    customer_number: String,
    /// The customer's e-mail, as the provider keeps it.
    #[schema(example = "ada@bakery.example")]
    email: Option<String>,
    /// The card's digits; blanks and dashes may stand between them. Not looked at where the provider has a page for it,
    /// and required where it has none, as are the three fields that follow.
    card_number: Option<String>,
    /// 1 to 12, as a number or a text.
    #[schema(value_type = Option<String>)]
    expiration_month: Option<String>,
    /// The year, as a number or a text.
    #[schema(value_type = Option<String>)]
    expiration_year: Option<String>,
    /// The card's code. Kept by nobody.
    cvv: Option<String>,
    /// In the place of the card's fields: what the provider's script made of them.
    opaque_data: Option<OpaqueData>,
    /// The card holder's address.
    billing_address: Option<NewBilling>,
    /// Whether it becomes the customer's default.
    #[schema(default = false)]
    is_default: Option<bool>,
    /// Which provider; the organization's default one where it is not said.
    #[schema(example = "WorldPay")]
    provider: Option<String>,
    /// Where the browser goes in the end, where the provider has a page.
    #[schema(value_type = Option<String>, default = "http://localhost:3000/payment-success")]
    return_url: Option<String>,
}

/// A card as the provider's script in the browser hands it over: good once, for some minutes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OpaqueData {
    /// What kind it is.
    #[schema(example = "COMMON.ACCEPT.INAPP.PAYMENT")]
    data_descriptor: String,
    /// The value.
    #[schema(value_type = String, example = "eyJjb2RlIjoiNTBfMl8wNjAwMDUyN…")]
    data_value: Secret,
}

impl Request for OpaqueData {
    fn read(fields: &mut Fields) -> Option<Self> {
        let data_descriptor = fields.required("dataDescriptor").text(1..=128);
        let data_value = fields.required("dataValue").secret(1..=8_192);
        Some(Self { data_descriptor: data_descriptor?, data_value: data_value? })
    }
}

/// A card holder's address. All of it may be left out.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewBilling {
    #[schema(example = "Ada")]
    first_name: Option<String>,
    #[schema(example = "Byron")]
    last_name: Option<String>,
    company: Option<String>,
    #[schema(example = "1 Main Street")]
    address1: Option<String>,
    address2: Option<String>,
    #[schema(example = "Bellevue")]
    city: Option<String>,
    #[schema(example = "WA")]
    state_province: Option<String>,
    /// Five digits or nine where the country is the United States.
    #[schema(example = "98004")]
    zip_postal_code: Option<String>,
    #[schema(example = "US")]
    country: Option<String>,
    phone: Option<String>,
}

impl Request for NewBilling {
    fn read(fields: &mut Fields) -> Option<Self> {
        // The longest that a provider takes of each (authorizenet-schema.txt).
        let mut text = |key, most| fields.optional(key).text(0..=most).filter(|it| !it.trim().is_empty());
        let it = Self {
            first_name: text("firstName", 50),
            last_name: text("lastName", 50),
            company: text("company", 50),
            address1: text("address1", 60),
            address2: text("address2", 60),
            city: text("city", 40),
            state_province: text("stateProvince", 40),
            zip_postal_code: text("zipPostalCode", 20),
            country: text("country", 60),
            phone: text("phone", 25),
        };
        if let Some(words) =
            it.zip_postal_code.as_deref().and_then(|zip| wrong_zip(zip, it.country.as_deref()))
        {
            fields.wrong("zipPostalCode", words);
        }
        Some(it)
    }
}

impl NewBilling {
    fn checked(self) -> Option<BillingAddress> {
        let it = BillingAddress {
            first_name: self.first_name,
            last_name: self.last_name,
            company: self.company,
            address1: self.address1,
            address2: self.address2,
            city: self.city,
            state: self.state_province,
            postal_code: self.zip_postal_code,
            country: self.country,
            phone: self.phone,
        };
        (it != BillingAddress::default()).then_some(it)
    }
}

/// What is wrong with a postal code.
fn wrong_zip(zip: &str, country: Option<&str>) -> Option<&'static str> {
    let home = country.map(|it| it.trim().to_ascii_uppercase());
    let home = home.is_some_and(|it| matches!(it.as_str(), "US" | "USA" | "UNITED STATES"));
    let digits = |it: &str, length| it.len() == length && it.bytes().all(|it| it.is_ascii_digit());
    let (five, four) = zip.split_once('-').map_or((zip, None), |(five, four)| (five, Some(four)));
    let fits = match four {
        None => digits(five, 5) || digits(five, 9),
        Some(four) => digits(five, 5) && digits(four, 4),
    };
    if home {
        return (!fits).then_some("must be a ZIP code such as 98004 or 98004-1234");
    }
    let plain = zip.chars().all(|it| it.is_alphanumeric() || matches!(it, ' ' | '-'));
    (!plain).then_some("must have letters, digits, blanks and dashes alone")
}

/// The checked request. No Debug: the card is in it.
pub(super) struct Asked {
    pub(super) customer_number: String,
    pub(super) email: Option<String>,
    /// None where the provider has a page for it.
    pub(super) what: Option<Typed>,
    pub(super) billing: Option<BillingAddress>,
    pub(super) is_default: bool,
    pub(super) return_url: Url,
}

/// Reads it. The card's fields are dropped, and wiped, where the provider has a `page` for them.
pub(super) fn read(fields: &mut Fields, web: &Web, page: bool, now: Timestamp) -> Option<Asked> {
    let customer_number = fields.required("customerNumber").text(1..=100);
    let email = fields.optional("email").text(0..=200).filter(|it| !it.trim().is_empty());
    if email.as_deref().is_some_and(|it| !is_email(it)) {
        fields.wrong("email", "must be an e-mail address");
    }
    let what = if page {
        for key in ["cardNumber", "expirationMonth", "expirationYear", "cvv", "opaqueData"] {
            fields.ignore(key);
        }
        Some(None)
    } else {
        typed(fields, now).map(Some)
    };
    let billing = fields.optional("billingAddress").object::<NewBilling>();
    let is_default = fields.optional("isDefault").boolean().unwrap_or(false);
    if let Some(name) = fields.optional("provider").text(1..=100) {
        let able = web.engine.registry.get(&name).is_some_and(|it| it.vaulting().is_some());
        if !able {
            fields.wrong("provider", "must be the name of a provider that keeps cards");
        }
    }
    let return_url = fields.optional("returnUrl").url();
    let return_url = return_url.or_else(|| Url::parse(RETURN).ok())?;
    Some(Asked {
        customer_number: customer_number?,
        email,
        what: what?,
        billing: billing.and_then(NewBilling::checked),
        is_default,
        return_url,
    })
}

/// One at, with something on both sides: more is the provider's to say.
fn is_email(text: &str) -> bool {
    let blank = text.chars().any(char::is_whitespace);
    let parts: Vec<&str> = text.split('@').collect();
    !blank
        && matches!(parts.as_slice(), [name, host] if !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.'))
}

/// The card, by its fields or as the script's.
fn typed(fields: &mut Fields, now: Timestamp) -> Option<Typed> {
    const CARD: [&str; 4] = ["cardNumber", "expirationMonth", "expirationYear", "cvv"];
    if fields.has("opaqueData") && !fields.is_null("opaqueData") {
        for key in CARD {
            if fields.has(key) && !fields.is_null(key) {
                fields.wrong(key, "cannot stand beside opaqueData");
            }
            fields.ignore(key);
        }
        let it = fields.optional("opaqueData").object::<OpaqueData>()?;
        return Some(Typed::Nonce(Nonce { descriptor: it.data_descriptor, value: it.data_value }));
    }
    fields.ignore("opaqueData");
    card(fields, now).map(Typed::Card)
}

/// Everything that is wrong with the card, each under its own field.
fn card(fields: &mut Fields, now: Timestamp) -> Option<Card> {
    let number = fields.required("cardNumber").card_digits();
    let month = fields.required("expirationMonth").integer_or_text(1..=2);
    let year = fields.required("expirationYear").integer_or_text(1..=4);
    let code = fields.required("cvv").card_digits();
    let number_text = number.as_deref().map_or("", String::as_str);
    for fault in Card::faults(number_text, code.as_deref().map(String::as_str)) {
        match fault {
            CardError::Number if number.is_none() => {}
            CardError::Code => fields.wrong("cvv", fault.to_string()),
            _ => fields.wrong("cardNumber", fault.to_string()),
        }
    }
    let month: Option<u8> = month.map(|it| it.parse().unwrap_or(0));
    let year: Option<u16> = year.map(|it| it.parse().unwrap_or(u16::MAX));
    let mut wrong = |fault: CardError| match fault {
        CardError::Month => fields.wrong("expirationMonth", fault.to_string()),
        _ => fields.wrong("expirationYear", fault.to_string()),
    };
    // Each alone first, so that both are told.
    if let Some(Err(fault)) = month.map(|it| Expiry::new(it, 2_099)) {
        wrong(fault);
    }
    if let Some(Err(fault)) = year.map(|it| Expiry::new(12, it)) {
        wrong(fault);
    }
    let expiry = Expiry::new(month?, year?).ok()?;
    if is_over(expiry, now) {
        let key = if is_over(Expiry::new(12, expiry.year()).ok()?, now) {
            "expirationYear"
        } else {
            "expirationMonth"
        };
        fields.wrong(key, "is past: the card has expired");
        return None;
    }
    Card::new(number?, expiry, Some(code?)).ok()
}

/// Whether the last month is over everywhere.
fn is_over(expiry: Expiry, now: Timestamp) -> bool {
    let there = now.saturating_sub(LAST_ZONE).unwrap_or(now).to_zoned(jiff::tz::TimeZone::UTC);
    let this = (i32::from(there.year()), i32::from(there.month()));
    (i32::from(expiry.year()), i32::from(expiry.month())) < this
}

#[cfg(test)]
mod tests;

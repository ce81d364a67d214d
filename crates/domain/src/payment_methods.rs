//! Cards that a provider keeps for a customer, under a name that is worth nothing to anybody else.
//!
//! Owns what may be shown of one and what a charge needs to know. Refuses anything that a card number could be in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Money,
    ids::{CustomerId, IntegrationId, PaymentMethodId},
};

/// A card holder's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingAddress {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// First line.
    pub address1: Option<String>,
    /// Second line.
    pub address2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    #[serde(rename = "stateProvince")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(rename = "zipPostalCode")]
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

impl BillingAddress {
    /// First and last name in one; none where neither is known.
    pub fn name(&self) -> Option<String> {
        let parts = [&self.first_name, &self.last_name];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// A brand as the documents spell it; one that they do not name stays as the provider spells it.
pub fn card_type(brand: &str) -> String {
    let letters: String = brand.chars().filter(char::is_ascii_alphanumeric).collect();
    let known = match letters.to_ascii_lowercase().as_str() {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "americanexpress" | "amex" => "AmericanExpress",
        "discover" => "Discover",
        _ => brand,
    };
    known.to_owned()
}

/// Where taking a card out of the provider's vault stands. One that is on its way out there is never taken back into
/// use: it would be a method with no card behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removal {
    /// Given up here; the provider was not asked yet.
    Waiting,
    /// The provider was asked, or is being asked.
    Asked,
    /// The provider has it no more.
    Done,
    /// The provider has it still, and nobody can ask: its integration was deleted.
    Left,
}

crate::words!(Removal { Waiting = "Waiting", Asked = "Asked", Done = "Done", Left = "Left" });

/// How a page stands on which a card is typed to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageStatus {
    /// Written down; the provider was not asked for it yet.
    Created,
    /// A card can be typed on it.
    Open,
    /// A card was kept.
    Saved,
    /// Nobody typed one while it was open.
    Nothing,
    /// There is no page.
    Failed,
}

crate::words!(PageStatus {
    Created = "Created",
    Open = "Open",
    Saved = "Saved",
    Nothing = "Nothing",
    Failed = "Failed",
});

impl PageStatus {
    /// Whether `next` may follow. A card that the provider names after all is kept after all.
    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::Created => false,
            Self::Open | Self::Failed => self == Self::Created,
            Self::Saved => matches!(self, Self::Open | Self::Nothing),
            Self::Nothing => self == Self::Open,
        }
    }

    /// Whether the provider has yet to be asked how it ended.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Open)
    }
}

/// A saved card as it is kept.
#[derive(Debug, Clone)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// Whose card it is.
    pub customer_id: CustomerId,
    /// The merchant's number of that customer.
    pub customer_number: String,
    /// Through which integration it was saved: it can be charged through that one alone.
    pub integration_id: IntegrationId,
    /// The template's id of the provider.
    pub provider: String,
    /// The customer whom the provider keeps it under, where it keeps customers.
    pub customer_profile_id: Option<String>,
    /// The provider's name of the card.
    pub payment_profile_id: String,
    /// The last four digits.
    pub last_four: Option<String>,
    /// The brand.
    pub card_type: Option<String>,
    /// The last month in which it is good, 1 to 12.
    pub expiration_month: Option<u8>,
    /// The year of that month, four digits.
    pub expiration_year: Option<u16>,
    /// The card holder's address.
    pub billing_address: Option<BillingAddress>,
    /// Whether it is charged where nobody says which.
    pub is_default: bool,
    /// Whether it may be charged.
    pub is_active: bool,
    /// Where taking it out of the provider's vault stands; none while it may be charged.
    pub removal: Option<Removal>,
    /// The network's id of the first use.
    pub network_transaction_id: Option<String>,
    /// The amount of the first use.
    pub original_amount: Option<Money>,
    /// Grows by one with each change; the `ETag`.
    pub version: i64,
    /// When it was saved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PaymentMethod {
    /// The number as its owner is shown it.
    pub fn masked(&self) -> Option<String> {
        self.last_four.as_deref().map(|it| format!("XXXX{it}"))
    }

    /// Whether the card networks know of a use of it, to which later ones can refer.
    pub fn was_used(&self) -> bool {
        self.original_amount.is_some() || self.network_transaction_id.is_some()
    }

    /// The end as the documents print it: `MM/YYYY`.
    pub fn expiration_date(&self) -> Option<String> {
        let (month, year) = (self.expiration_month?, self.expiration_year?);
        Some(format!("{month:02}/{year:04}"))
    }
}

#[cfg(test)]
mod tests;

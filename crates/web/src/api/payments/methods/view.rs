//! What is shown of a saved card.

use kontor_domain::payment_methods::{BillingAddress, PaymentMethod};
use kontor_engine::payment_methods::page::ReadyPage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::amount::Time;

/// A saved card.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentMethod)]
pub(crate) struct MethodView {
    #[schema(example = "pm_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    customer_number: String,
    /// The provider's name of the card; an invoice can be charged to it.
    #[schema(example = "901000234")]
    payment_profile_id: String,
    /// The customer whom the provider keeps it under, where it keeps customers.
    #[schema(example = "901000112")]
    customer_profile_id: Option<String>,
    #[schema(example = "XXXX1111")]
    masked_card_number: Option<String>,
    /// Visa, Mastercard, `AmericanExpress`, Discover, or as the provider spells it.
    #[schema(example = "Visa")]
    card_type: Option<String>,
    #[schema(example = "12/2029")]
    expiration_date: Option<String>,
    #[schema(example = 12)]
    expiration_month: Option<u8>,
    #[schema(example = 2029)]
    expiration_year: Option<u16>,
    billing_address: Option<BillingView>,
    /// Whether it is charged where nobody says which.
    is_default: bool,
    #[schema(example = "AuthorizeNet")]
    provider: String,
    is_active: bool,
    /// The network's id of the first use, which later ones refer to.
    #[schema(example = "0AK3T2QJ8K7VJ3N1SNXMJXU")]
    network_transaction_id: Option<String>,
    created_at: Time,
}

/// A card holder's address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BillingAddress)]
pub(crate) struct BillingView {
    #[schema(example = "Ada")]
    first_name: Option<String>,
    #[schema(example = "Byron")]
    last_name: Option<String>,
    #[schema(example = "Stralsund Bakery")]
    company: Option<String>,
    #[schema(example = "1 Main Street")]
    address1: Option<String>,
    #[schema(example = "Suite 2")]
    address2: Option<String>,
    #[schema(example = "Bellevue")]
    city: Option<String>,
    #[schema(example = "WA")]
    state_province: Option<String>,
    #[schema(example = "98004")]
    zip_postal_code: Option<String>,
    #[schema(example = "US")]
    country: Option<String>,
    #[schema(example = "425-555-0100")]
    phone: Option<String>,
}

impl BillingView {
    fn of(it: &BillingAddress) -> Self {
        Self {
            first_name: it.first_name.clone(),
            last_name: it.last_name.clone(),
            company: it.company.clone(),
            address1: it.address1.clone(),
            address2: it.address2.clone(),
            city: it.city.clone(),
            state_province: it.state.clone(),
            zip_postal_code: it.postal_code.clone(),
            country: it.country.clone(),
            phone: it.phone.clone(),
        }
    }
}

impl MethodView {
    pub(crate) fn of(it: &PaymentMethod) -> Self {
        Self {
            id: it.id.to_string(),
            customer_number: it.customer_number.clone(),
            payment_profile_id: it.payment_profile_id.clone(),
            customer_profile_id: it.customer_profile_id.clone(),
            masked_card_number: it.masked(),
            card_type: it.card_type.clone(),
            expiration_date: it.expiration_date(),
            expiration_month: it.expiration_month,
            expiration_year: it.expiration_year,
            billing_address: it.billing_address.as_ref().map(BillingView::of),
            is_default: it.is_default,
            provider: it.provider.clone(),
            is_active: it.is_active,
            network_transaction_id: it.network_transaction_id.clone(),
            created_at: it.created_at.into(),
        }
    }
}

/// What came of saving a card.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedView {
    /// Whether the customer has to type the card on the provider's page.
    #[schema(example = false)]
    requires_redirect: bool,
    /// That page; null where the card is saved already.
    redirect_url: Option<String>,
    #[schema(example = "AuthorizeNet")]
    provider: String,
    /// The card; null where it is yet to be typed.
    payment_method: Option<MethodView>,
}

impl SavedView {
    pub(super) fn page(it: &ReadyPage) -> Self {
        Self {
            requires_redirect: true,
            redirect_url: Some(it.url.clone()),
            provider: it.provider.clone(),
            payment_method: None,
        }
    }

    pub(super) fn saved(it: &PaymentMethod) -> Self {
        Self {
            requires_redirect: false,
            redirect_url: None,
            provider: it.provider.clone(),
            payment_method: Some(MethodView::of(it)),
        }
    }
}

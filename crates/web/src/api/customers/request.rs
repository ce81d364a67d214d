//! What a caller sends of a customer.

use jiff::Timestamp;
use kontor_domain::{
    Currency,
    customers::{Address, Contact, Customer, MAX_ENTRIES},
    ids::CustomerId,
};
use utoipa::ToSchema;

use crate::{
    body::{Fields, Request},
    problem::Problem,
};

/// A text field that is absent, cleared, or given.
pub(super) enum Text {
    Absent,
    Null,
    Given(String),
}

impl Text {
    fn read(fields: &mut Fields, key: &'static str, max: usize) -> Self {
        if fields.is_null(key) {
            fields.ignore(key);
            return Self::Null;
        }
        fields.optional(key).text(0..=max).map_or(Self::Absent, Self::Given)
    }

    fn over(self, before: Option<String>) -> Option<String> {
        match self {
            Self::Absent => before,
            Self::Null => None,
            Self::Given(text) => Some(text),
        }
    }
}

/// A customer. What is absent stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = CustomerChange)]
pub(crate) struct Put {
    /// The merchant's number.
    #[schema(example = "CUST-1001")]
    pub(super) customer_number: String,
    /// Required of a new customer.
    #[schema(example = "Stralsund Bakery")]
    company_name: Option<String>,
    #[schema(value_type = Option<String>)]
    company_email: Text,
    #[schema(value_type = Option<String>)]
    company_phone: Text,
    active: Option<bool>,
    #[schema(value_type = Option<String>)]
    terms: Text,
    /// USD where it is not said.
    #[schema(value_type = Option<String>, example = "USD")]
    currency_code: Option<Currency>,
    #[schema(value_type = Option<String>)]
    external_id: Text,
    #[schema(value_type = Option<Vec<AddressView>>)]
    addresses: Option<Vec<AddressView>>,
    #[schema(value_type = Option<Vec<ContactView>>)]
    contacts: Option<Vec<ContactView>>,
}

/// An address.
#[derive(ToSchema, serde::Serialize)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct AddressView(pub(super) Address);

/// A person.
#[derive(ToSchema, serde::Serialize)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct ContactView(pub(super) Contact);

impl Request for AddressView {
    fn read(fields: &mut Fields) -> Option<Self> {
        let mut text = |key| fields.optional(key).text(0..=200);
        let (address1, address2, city) = (text("address1"), text("address2"), text("city"));
        let (state_province, zip_postal_code, country) =
            (text("stateProvince"), text("zipPostalCode"), text("country"));
        let code = text("code");
        let address_type = fields.required("addressType").one_of(&["Billing", "Shipping"]);
        let default = fields.optional("default").boolean().unwrap_or(false);
        Some(Self(Address {
            address1,
            address2,
            city,
            state_province,
            zip_postal_code,
            country,
            address_type: address_type?.to_owned(),
            code,
            default,
        }))
    }
}

impl Request for ContactView {
    fn read(fields: &mut Fields) -> Option<Self> {
        let mut text = |key| fields.optional(key).text(0..=200);
        let (first_name, last_name) = (text("firstName"), text("lastName"));
        let (email, phone) = (text("email"), text("phone"));
        Some(Self(Contact { first_name, last_name, email, phone }))
    }
}

impl Request for Put {
    fn read(fields: &mut Fields) -> Option<Self> {
        let customer_number = fields.required("customerNumber").text(1..=100);
        let company_name = fields.optional("companyName").text(1..=200);
        let company_email = Text::read(fields, "companyEmail", 200);
        let company_phone = Text::read(fields, "companyPhone", 50);
        let active = fields.optional("active").boolean();
        let terms = Text::read(fields, "terms", 100);
        let currency_code = fields.optional("currencyCode").parsed();
        let external_id = Text::read(fields, "externalId", 200);
        let addresses = fields.optional("addresses").list(0..=MAX_ENTRIES);
        let contacts = fields.optional("contacts").list(0..=MAX_ENTRIES);
        Some(Self {
            customer_number: customer_number?,
            company_name,
            company_email,
            company_phone,
            active,
            terms,
            currency_code,
            external_id,
            addresses,
            contacts,
        })
    }
}

impl Put {
    /// The customer that follows. Errors: 400 where a new one has no name.
    pub(super) fn over(
        self,
        before: Option<Customer>,
        id: CustomerId,
        now: Timestamp,
    ) -> Result<Customer, Problem> {
        let before = match (before, &self.company_name) {
            (Some(before), _) => before,
            (None, None) => return Err(Problem::invalid("companyName", "is required of a new customer")),
            (None, Some(name)) => Customer {
                id,
                customer_number: self.customer_number,
                company_name: name.clone(),
                company_email: None,
                company_phone: None,
                active: true,
                terms: None,
                currency: Currency::USD,
                external_id: None,
                addresses: Vec::new(),
                contacts: Vec::new(),
                version: 1,
                created_at: now,
                updated_at: now,
            },
        };
        Ok(Customer {
            company_name: self.company_name.unwrap_or(before.company_name),
            company_email: self.company_email.over(before.company_email),
            company_phone: self.company_phone.over(before.company_phone),
            active: self.active.unwrap_or(before.active),
            terms: self.terms.over(before.terms),
            currency: self.currency_code.unwrap_or(before.currency),
            external_id: self.external_id.over(before.external_id),
            addresses: self
                .addresses
                .map_or(before.addresses, |all| all.into_iter().map(|it| it.0).collect()),
            contacts: self.contacts.map_or(before.contacts, |all| all.into_iter().map(|it| it.0).collect()),
            updated_at: now,
            ..before
        })
    }
}

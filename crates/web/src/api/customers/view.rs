//! What is shown of a customer.

use kontor_domain::customers::{Address, Contact, Customer};
use kontor_store::customers::Account;
use serde::Serialize;
use utoipa::ToSchema;

use super::request::{AddressView, ContactView};
use crate::amount::{Amount, Time};

/// A customer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer)]
pub(crate) struct View {
    #[schema(example = "cus_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    #[schema(example = "CUST-1001")]
    customer_number: String,
    company_name: String,
    company_email: Option<String>,
    company_phone: Option<String>,
    active: bool,
    terms: Option<String>,
    #[schema(example = "USD")]
    currency_code: &'static str,
    external_id: Option<String>,
    addresses: Vec<AddressView>,
    contacts: Vec<ContactView>,
    /// What its payable invoices still ask for, in its currency.
    open_balance: Amount,
    /// What it paid that lies on no invoice, in its currency.
    unapplied_credit: Amount,
    created_at: Time,
    updated_at: Time,
}

impl View {
    pub(super) fn of(it: &Customer, account: &Account) -> Self {
        Self {
            id: it.id.to_string(),
            customer_number: it.customer_number.clone(),
            company_name: it.company_name.clone(),
            company_email: it.company_email.clone(),
            company_phone: it.company_phone.clone(),
            active: it.active,
            terms: it.terms.clone(),
            currency_code: it.currency.code(),
            external_id: it.external_id.clone(),
            addresses: it.addresses.iter().map(|it: &Address| AddressView(it.clone())).collect(),
            contacts: it.contacts.iter().map(|it: &Contact| ContactView(it.clone())).collect(),
            open_balance: Amount::of(account.open_balance, it.currency),
            unapplied_credit: Amount::of(account.unapplied_credit, it.currency),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        }
    }
}

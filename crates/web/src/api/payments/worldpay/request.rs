//! What a caller sends to open the provider's hosted page.

use kontor_domain::{Currency, Money};
use url::Url;
use utoipa::ToSchema;

use crate::{
    amount::Amount,
    body::{Fields, Request},
};

/// A payment on the provider's hosted page.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = TransactionSetup)]
pub(crate) struct Setup {
    /// Who pays.
    #[schema(example = "CUST-1001")]
    pub(super) customer_number: String,
    /// US dollars; more than zero.
    #[schema(rename = "transactionAmount", value_type = Amount, example = 148.83)]
    pub(super) amount: Money,
    /// Where the customer's browser goes in the end.
    #[schema(rename = "applicationReturnUrl", value_type = String, example = "https://shop.example/paid")]
    pub(super) return_url: Url,
    /// The provider's word for the market; the integration's own where it is `Default`.
    #[schema(example = "Default")]
    pub(super) market_code: Option<String>,
    /// Whether a card that is saved becomes the default.
    #[schema(required = false)]
    pub(super) is_default: bool,
    /// Which invoice is paid.
    pub(super) invoice_id: Option<String>,
    /// The same by its number.
    pub(super) invoice_number: Option<String>,
}

impl Request for Setup {
    fn read(fields: &mut Fields) -> Option<Self> {
        let customer_number = fields.required("customerNumber").text(1..=100);
        let decimal = fields.required("transactionAmount").decimal();
        let amount = fields.positive_amount(decimal.as_ref(), Some(Currency::USD));
        let return_url = fields.required("applicationReturnUrl").url();
        let market_code = fields.optional("marketCode").text(1..=40);
        let is_default = fields.optional("isDefault").boolean().unwrap_or(false);
        let invoice_id = fields.optional("invoiceId").text(1..=100);
        let invoice_number = fields.optional("invoiceNumber").text(1..=50);
        if invoice_id.is_some() && invoice_number.is_some() {
            fields.wrong("invoiceNumber", "cannot stand beside invoiceId");
        }
        Some(Self {
            customer_number: customer_number?,
            amount: amount?,
            return_url: return_url?,
            market_code: market_code.filter(|it| !it.eq_ignore_ascii_case("Default")),
            is_default,
            invoice_id,
            invoice_number,
        })
    }
}

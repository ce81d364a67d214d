//! What a caller sends to open a provider's hosted page.

use kontor_domain::{Currency, Money};
use kontor_providers::Registry;
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
    /// US dollars; 0.00 keeps a card and takes nothing.
    #[schema(rename = "transactionAmount", value_type = Amount, example = 148.83)]
    pub(super) amount: Money,
    /// Where the customer's browser goes in the end.
    #[schema(rename = "applicationReturnUrl", value_type = String, example = "https://shop.example/paid")]
    pub(super) return_url: Url,
    /// The provider's word for the market; the integration's own where it is `Default`.
    #[schema(example = "Default")]
    pub(super) market_code: Option<String>,
    /// Whether the card is kept once it was paid with; always so where the amount is 0.00.
    #[schema(required = false)]
    pub(super) save_payment_method: bool,
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
        let amount = fields.amount(decimal.as_ref(), Some(Currency::USD));
        let return_url = fields.required("applicationReturnUrl").url();
        let market_code = fields.optional("marketCode").text(1..=40);
        let is_default = fields.optional("isDefault").boolean().unwrap_or(false);
        let save = fields.optional("savePaymentMethod").boolean();
        let invoice_id = fields.optional("invoiceId").text(1..=100);
        let invoice_number = fields.optional("invoiceNumber").text(1..=50);
        if invoice_id.is_some() && invoice_number.is_some() {
            fields.wrong("invoiceNumber", "cannot stand beside invoiceId");
        }
        if amount.is_some_and(kontor_domain::Money::is_zero) {
            for (key, given) in [("invoiceId", &invoice_id), ("invoiceNumber", &invoice_number)] {
                if given.is_some() {
                    fields.wrong(key, "cannot stand where the amount is 0.00: nothing is paid then");
                }
            }
            if save == Some(false) {
                fields.wrong("savePaymentMethod", "must be true where the amount is 0.00");
            }
        }
        Some(Self {
            customer_number: customer_number?,
            amount: amount?,
            return_url: return_url?,
            market_code: market_code.filter(|it| !it.eq_ignore_ascii_case("Default")),
            save_payment_method: save.unwrap_or(false),
            is_default,
            invoice_id,
            invoice_number,
        })
    }
}

/// A payment on a provider's hosted page, of any provider that has one.
#[expect(dead_code, reason = "written down for the document; `read_with_provider` makes the checked type")]
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct HostedSetup {
    /// Who pays.
    #[schema(example = "CUST-1001")]
    customer_number: String,
    /// US dollars; 0.00 keeps a card and takes nothing, where the provider has a page for that.
    #[schema(value_type = Amount, example = 148.83)]
    transaction_amount: Money,
    /// Where the customer's browser goes in the end.
    #[schema(value_type = String, example = "https://shop.example/paid")]
    application_return_url: Url,
    /// Which provider; the organization's default one where it is not said.
    #[schema(example = "AuthorizeNet")]
    provider: Option<String>,
    /// The provider's word for the market; the integration's own where it is `Default`.
    #[schema(example = "Default")]
    market_code: Option<String>,
    /// Whether the card is kept once it was paid with; always so where the amount is 0.00.
    #[schema(required = false)]
    save_payment_method: bool,
    /// Whether a card that is saved becomes the default.
    #[schema(required = false)]
    is_default: bool,
    /// Which invoice is paid.
    invoice_id: Option<String>,
    /// The same by its number.
    invoice_number: Option<String>,
}

/// Reads a setup and the name of its provider.
pub(super) fn read_with_provider(
    fields: &mut Fields,
    registry: &Registry,
) -> Option<(Setup, Option<String>)> {
    let name = fields.optional("provider").text(1..=100);
    let named = name.as_deref().map(|it| registry.get(it).filter(|it| it.hosted().is_some()));
    if let Some(None) = named {
        fields.wrong("provider", "must be the name of a provider that has a hosted page");
    }
    let setup = Setup::read(fields)?;
    Some((setup, named.flatten().map(|it| it.template().provider.clone())))
}

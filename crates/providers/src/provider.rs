//! What a provider can do, as traits: a capability is a trait that it answers with, not a flag.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
pub use kontor_domain::payment_methods::BillingAddress;
use kontor_domain::{Money, Secret, templates::Template};
use url::Url;

use crate::{Accounting, Charges, ProviderError, Reports, Vaulting, WebhookIn, hidden, oauth::OAuth};

/// An integration's settings and opened secrets, for one call.
pub struct Connection<'a> {
    /// The settings that are no secrets, by the template's key.
    pub configuration: &'a BTreeMap<String, String>,
    /// The secrets, by the template's key.
    pub secrets: &'a BTreeMap<String, Secret>,
    /// What the provider said of the account when somebody consented, such as a company's number; no secrets.
    pub account: &'a BTreeMap<String, String>,
    /// The access token, where somebody consented.
    pub access_token: Option<&'a Secret>,
}

/// What is known of an account that nobody consented for.
static NO_ACCOUNT: BTreeMap<String, String> = BTreeMap::new();

impl<'a> Connection<'a> {
    /// One without consent: settings and secrets are all there is.
    pub fn plain(configuration: &'a BTreeMap<String, String>, secrets: &'a BTreeMap<String, Secret>) -> Self {
        Self { configuration, secrets, account: &NO_ACCOUNT, access_token: None }
    }
}

/// How a connection test ended.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Whether the provider took the credentials.
    pub success: bool,
    /// One line.
    pub message: String,
    /// In words that a shop owner understands: what to do, where it failed.
    pub details: String,
    /// Why it failed.
    pub error: Option<ProviderError>,
}

impl TestReport {
    /// The same without what the provider repeats of these secrets.
    #[must_use]
    pub fn without(self, secrets: &[&Secret]) -> Self {
        let hide = |text: &str| hidden::hide(text, secrets).into_owned();
        Self {
            success: self.success,
            message: hide(&self.message),
            details: hide(&self.details),
            error: self.error.map(|it| it.without(secrets)),
        }
    }
}

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// What an integration with it consists of.
    fn template(&self) -> &Template;

    /// Its hosted payment pages, where it has them.
    fn hosted(&self) -> Option<&dyn HostedPayments> {
        None
    }

    /// Its charges of saved cards, where it takes them.
    fn charges(&self) -> Option<&dyn Charges> {
        None
    }

    /// Its saved cards, where it keeps some.
    fn vaulting(&self) -> Option<&dyn Vaulting> {
        None
    }

    /// Its own record of transactions, where it can be read.
    fn reports(&self) -> Option<&dyn Reports> {
        None
    }

    /// Its notifications, where it sends some.
    fn webhooks(&self) -> Option<&dyn WebhookIn> {
        None
    }

    /// The books that it keeps for a company, where it does.
    fn accounting(&self) -> Option<&dyn Accounting> {
        None
    }

    /// How it makes a new key by itself, where it does.
    fn rotation(&self) -> Option<&dyn KeyRotation> {
        None
    }

    /// Where people consent, for providers that want that.
    fn oauth(&self) -> Option<&dyn OAuth> {
        None
    }

    /// How requests of a caller's own reach it, where they may.
    fn proxied(&self) -> Option<&dyn Proxied> {
        None
    }

    /// Makes a real authenticated call.
    async fn test(&self, connection: &Connection<'_>) -> TestReport;
}

/// A key that the provider makes on request (worldpay-express.md §3.2). The new one is stored before it is activated:
/// where the answer to that is lost, one of the two works, and the connection test tells which.
#[async_trait]
pub trait KeyRotation: Send + Sync {
    /// The secret that it replaces, by the template's key.
    fn secret(&self) -> &'static str;

    /// Asks for a new one. The old one works on.
    async fn create(&self, connection: &Connection<'_>) -> Result<Secret, ProviderError>;

    /// Puts the new one in the old one's place. The connection has the old one.
    async fn activate(&self, connection: &Connection<'_>, new: &Secret) -> Result<(), ProviderError>;
}

/// Requests of a caller's own that are sent on with the credential put in.
#[async_trait]
pub trait Proxied: Send + Sync {
    /// What a caller's path is appended to: the environment's address.
    fn base(&self, connection: &Connection<'_>) -> Result<Url, ProviderError>;

    /// Whether a credential of this provider may go to that address.
    fn allows(&self, connection: &Connection<'_>, url: &Url) -> bool;

    /// Whether the credential is made from a body of that media type, so that the whole of it has to be there first.
    fn signs_body(&self, _content_type: Option<&str>) -> bool {
        false
    }

    /// Puts the credential in. Nothing of the caller's is interpolated.
    async fn authorize(
        &self,
        connection: &Connection<'_>,
        request: &mut Outgoing<'_>,
    ) -> Result<(), ProviderError>;
}

/// A caller's request on its way out.
pub struct Outgoing<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// Where to; a credential in the query is added here.
    pub url: Url,
    /// Headers that carry the credential.
    pub headers: Vec<(String, Secret)>,
    /// The body's media type, where it has one.
    pub content_type: Option<&'a str>,
    /// The body, for providers whose credential is a signature over it.
    pub body: &'a [u8],
}

/// Payments on the provider's own page.
#[async_trait]
pub trait HostedPayments: Send + Sync {
    /// How long a page can be paid on, at the most.
    fn lifetime(&self) -> Duration {
        Duration::from_mins(10)
    }

    /// Whether a page can be closed before its time is over.
    fn can_close(&self) -> bool {
        true
    }

    /// Asks for a page. May have made one when the answer was lost; nobody was sent there then.
    async fn open(
        &self,
        connection: &Connection<'_>,
        order: &HostedOrder<'_>,
    ) -> Result<HostedPage, ProviderError>;

    /// Closes a page. One that is closed, paid or gone already is no error, nor is one that ends by itself alone.
    async fn expire(&self, connection: &Connection<'_>, setup_id: &str) -> Result<(), ProviderError>;

    /// Reads what a browser carried back. Says nothing about its truth.
    fn read_return(&self, fields: &[(String, String)]) -> Result<HostedReturn, ReturnError>;
}

/// A page that is asked for.
#[derive(Debug, Clone)]
pub struct HostedOrder<'a> {
    /// How much; zero to keep a card and take nothing, where the provider's page can.
    pub amount: Money,
    /// Our reference: 16 digits, one for each payment.
    pub reference: &'a str,
    /// A short number for the provider's reports.
    pub ticket: &'a str,
    /// Where the browser goes in the end.
    pub return_url: &'a str,
    /// The provider's word for the market; none for the integration's own.
    pub market_code: Option<&'a str>,
    /// What is paid.
    pub description: Option<&'a str>,
    /// Whose name the page carries.
    pub company_name: Option<&'a str>,
    /// The customer's number at the merchant.
    pub customer_number: &'a str,
    /// The customer's address, where the page should have it filled in.
    pub billing: Option<BillingAddress>,
    /// Whether the card is kept after this payment: the networks want to hear of its first use that it is the first.
    pub keeps_card: bool,
}

/// A page that is ready.
pub struct HostedPage {
    /// The provider's id of it; our reference where the provider gives none.
    pub setup_id: String,
    /// Where to send the browser.
    pub url: String,
    /// What the browser has to post there as a form, by name; empty where following the address is enough.
    pub form: Vec<(&'static str, Secret)>,
    /// What a true return carries.
    pub validation_code: Secret,
}

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub enum Lookup<'a> {
    /// Everything that was tried on a page.
    Setup(&'a str),
    /// Everything with our reference, between two moments.
    Reference {
        /// Our reference.
        reference: &'a str,
        /// From.
        from: Timestamp,
        /// To.
        to: Timestamp,
    },
}

/// What a browser carried back.
pub struct HostedReturn {
    /// The page.
    pub setup_id: String,
    /// What the page said.
    pub status: ReturnStatus,
    /// What a true return carries.
    pub validation_code: Option<Secret>,
    /// The page's words, cleaned.
    pub message: Option<String>,
    /// The card that the page says it kept. As the rest, no more than a hint.
    pub saved_card: Option<String>,
}

/// What the page said to the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnStatus {
    /// It was gone through to the end.
    Complete,
    /// The customer left.
    Cancelled,
    /// Something else.
    Other(String),
}

/// What is wrong with what came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the returned fields are wrong")]
pub struct ReturnError {
    /// Every wrong field and what is wrong with it.
    pub fields: Vec<(String, String)>,
}

/// A transaction as the provider reports it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderTransaction {
    /// The provider's id of it.
    pub id: String,
    /// What it is.
    pub kind: TransactionKind,
    /// How it stands.
    pub state: TransactionState,
    /// What was asked for.
    pub requested: Option<Money>,
    /// What was approved.
    pub approved: Option<Money>,
    /// Our reference.
    pub reference: Option<String>,
    /// The page it was made on.
    pub setup_id: Option<String>,
    /// The issuer's approval.
    pub authorization_code: Option<String>,
    /// The address check's letter.
    pub avs_result: Option<String>,
    /// The card code check's letter.
    pub cvv_result: Option<String>,
    /// The card's brand.
    pub card_brand: Option<String>,
    /// The last four digits of the card.
    pub last_four: Option<String>,
    /// The provider's code.
    pub response_code: Option<String>,
    /// The provider's words, cleaned.
    pub response_message: Option<String>,
    /// When.
    pub happened_at: Option<Timestamp>,
    /// What it takes money from or gives it back for: the transaction before it.
    pub related_id: Option<String>,
    /// The network's id, which later charges of a stored card refer to.
    pub network_transaction_id: Option<String>,
    /// The batch that it settles in.
    pub batch_id: Option<String>,
}

/// What a transaction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionKind {
    /// Money is taken.
    Sale,
    /// Money is held.
    Authorization,
    /// Held money is taken, as a transaction of its own.
    Capture,
    /// Money is given back.
    Refund,
    /// Something before it is undone.
    Void,
    /// A card is checked for an amount of nothing.
    Verification,
    /// Something else.
    Other(String),
}

/// How a transaction stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionState {
    /// The issuer said yes.
    Approved,
    /// The issuer holds the money.
    Authorized,
    /// What was held was taken, which is a transaction of its own: this one holds nothing any more.
    Completed,
    /// The money is on its way.
    Settled,
    /// The issuer said no.
    Declined,
    /// The provider is still at it.
    Pending,
    /// It was taken back before it settled.
    Voided,
    /// It was undone.
    Reversed,
    /// The money went back.
    Returned,
    /// The hold ran out.
    Expired,
    /// The provider took it for a second try of the same thing.
    Duplicate,
    /// The provider failed at it.
    Error,
    /// A word that is not known.
    Unknown(String),
}

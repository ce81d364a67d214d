//! What Authorize.Net is sent: JSON that is turned into XML there (authorizenet.md §1.2).
//!
//! Pure. The order of the keys is the schema's, so every object is a struct. Credentials that the schema does not
//! take are an error before anything is sent.

use kontor_domain::Secret;
use serde::Serialize;

use crate::{Connection, ProviderError};

/// The longest login (§1.4).
const MAX_LOGIN: usize = 25;
/// The longest key (§1.4).
const MAX_KEY: usize = 16;

/// A request that is ready to be sent: it holds the credentials.
pub(super) type Message = Secret;

/// Who asks.
pub(super) struct Credentials<'a> {
    login: &'a str,
    key: &'a str,
}

impl<'a> Credentials<'a> {
    /// The connection's, without the white space that comes along when they are pasted.
    pub(super) fn of(connection: &'a Connection<'_>) -> Result<Self, ProviderError> {
        let secret =
            |name: &str| connection.secrets.get(name).map(|it| it.expose().trim()).unwrap_or_default();
        let it = Self { login: secret("ApiLoginId"), key: secret("TransactionKey") };
        let lengths = [("ApiLoginId", it.login, MAX_LOGIN), ("TransactionKey", it.key, MAX_KEY)];
        for (name, text, most) in lengths {
            match text.chars().count() {
                0 => return Err(ProviderError::misconfigured(&format!("{name} is empty"))),
                length if length > most => {
                    let words =
                        format!("{name} has {length} characters, and no such one has more than {most}");
                    return Err(ProviderError::misconfigured(&words));
                }
                _ => {}
            }
        }
        Ok(it)
    }

    /// Whether a text repeats any of them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        [self.login, self.key].iter().any(|it| text.contains(it))
    }
}

/// §1.5: the name before the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    name: &'a str,
    transaction_key: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    merchant_authentication: Authentication<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Root<'a> {
    AuthenticateTestRequest(Body<'a>),
    GetMerchantDetailsRequest(Body<'a>),
}

/// Do the credentials hold (§2.1)?
pub(super) fn authenticate_test(credentials: &Credentials<'_>) -> Result<Message, ProviderError> {
    message(&Root::AuthenticateTestRequest(body(credentials)))
}

/// Whose are they (§2.2)?
pub(super) fn merchant_details(credentials: &Credentials<'_>) -> Result<Message, ProviderError> {
    message(&Root::GetMerchantDetailsRequest(body(credentials)))
}

fn body<'a>(credentials: &Credentials<'a>) -> Body<'a> {
    let merchant_authentication =
        Authentication { name: credentials.login, transaction_key: credentials.key };
    Body { merchant_authentication }
}

fn message(root: &Root<'_>) -> Result<Message, ProviderError> {
    let text = serde_json::to_string(root);
    text.map(Secret::new).map_err(|_| ProviderError::misconfigured("the request cannot be written down"))
}

#[cfg(test)]
mod tests;

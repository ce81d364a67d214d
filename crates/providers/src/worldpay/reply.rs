//! What Express answers (worldpay-express.md §3, Appendix A).
//!
//! Pure, and strict about what money hangs on: an amount or a code that cannot be read is an error, never a
//! guess. Absent fields are absent; padded ones are trimmed.

pub(super) mod account;
pub(super) mod payment;

use jiff::{Timestamp, civil, tz::TimeZone};
use kontor_domain::{Currency, Money, Secret};

use super::{map, xml};
use crate::{ProviderError, ProviderTransaction, TransactionKind, TransactionState, error::clean};

/// An answer that is one of Express.
pub(super) struct Reply {
    /// Whether the root is the method's own: the general one is for requests that were not understood (§1.2).
    own: bool,
    code: String,
    message: String,
    response: xml::Element,
}

/// Reads an answer to a method. The root is the method's or the general one (§1.2).
pub(super) fn read(bytes: &[u8], method: &str) -> Result<Reply, ProviderError> {
    let mut root = xml::read(bytes)?;
    let own = root.name.eq_ignore_ascii_case(&format!("{method}Response"));
    if !own && !root.name.eq_ignore_ascii_case("Response") {
        return Err(ProviderError::nonsense("the answer is to another request"));
    }
    root.child("Response")?;
    let at = root.children.iter().position(|it| it.name.eq_ignore_ascii_case("Response"));
    let Some(at) = at else {
        return Err(ProviderError::nonsense("the answer has no response in it"));
    };
    let response = root.children.swap_remove(at);
    let Some(code) = response.value("ExpressResponseCode")?.map(str::to_owned) else {
        return Err(ProviderError::nonsense("the answer has no code"));
    };
    let message = response.value("ExpressResponseMessage")?.map(clean).unwrap_or_default();
    Ok(Reply { own, code, message, response })
}

impl Reply {
    /// The code (§4.1).
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// The words beside it.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The account's new token (§3.2).
    pub(super) fn new_token(&self) -> Result<Secret, ProviderError> {
        let credentials = self.response.child("Credentials")?;
        let token = credentials.map(|it| it.value("NewAccountToken")).transpose()?.flatten();
        let token = token.ok_or_else(|| ProviderError::nonsense("the answer has no NewAccountToken"))?;
        Ok(Secret::new(token.to_owned()))
    }

    /// A new page's id and the code that a true return carries (§3.3).
    pub(super) fn setup(&self) -> Result<(String, Secret), ProviderError> {
        let missing = |what: &str| ProviderError::nonsense(&format!("the answer has no {what}"));
        let setup = self.response.child("TransactionSetup")?.ok_or_else(|| missing("TransactionSetup"))?;
        let id = setup.value("TransactionSetupID")?.ok_or_else(|| missing("TransactionSetupID"))?;
        let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
        if id.len() > 50 || !id.bytes().all(plain) {
            return Err(ProviderError::nonsense("the page's id is none"));
        }
        let code = setup.value("ValidationCode")?.ok_or_else(|| missing("ValidationCode"))?;
        Ok((id.to_ascii_uppercase(), Secret::new(code.to_owned())))
    }

    /// The transactions of a query, oldest first (§3.14).
    pub(super) fn transactions(&self) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let items = match self.response.child("ReportingData")? {
            Some(data) => data.child("Items")?,
            None => None,
        };
        let Some(items) = items else {
            // "Nothing" must have been said: silence is no ground for giving a payment up.
            return if self.code == "90" {
                Ok(Vec::new())
            } else {
                Err(ProviderError::nonsense("the report has no items"))
            };
        };
        let mut found = items
            .children
            .iter()
            .filter(|it| it.name.eq_ignore_ascii_case("Item"))
            .map(item)
            .collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|it| it.happened_at);
        Ok(found)
    }
}

fn item(item: &xml::Element) -> Result<ProviderTransaction, ProviderError> {
    let text = |name: &str| Ok::<_, ProviderError>(item.value(name)?.map(str::to_owned));
    let id = text("TransactionID")?.ok_or_else(|| ProviderError::nonsense("a transaction has no id"))?;
    Ok(ProviderTransaction {
        id,
        kind: kind(item.value("TransactionType")?),
        state: state(item)?,
        requested: amount(item, "TransactionAmount")?,
        approved: amount(item, "ApprovedAmount")?,
        reference: text("ReferenceNumber")?,
        setup_id: text("TransactionSetupID")?,
        authorization_code: text("ApprovalNumber")?,
        avs_result: text("AVSResponseCode")?,
        cvv_result: text("CVVResponseCode")?,
        card_brand: text("CardLogo")?,
        last_four: last_four(item.value("CardNumberMasked")?),
        response_code: text("ExpressResponseCode")?,
        response_message: text("ExpressResponseMessage")?.map(|it| clean(&it)),
        happened_at: happened_at(item)?,
        // A completion or a return is a record of its own, and says nothing of the one before it (§3.14).
        related_id: None,
        network_transaction_id: text("NetworkTransactionID")?,
        batch_id: text("HostBatchID")?,
    })
}

/// The method that made it (§3.14).
fn kind(word: Option<&str>) -> TransactionKind {
    match word {
        Some("CreditCardSale") => TransactionKind::Sale,
        Some("CreditCardAuthorization") => TransactionKind::Authorization,
        Some("CreditCardAuthorizationCompletion") => TransactionKind::Capture,
        Some("CreditCardReturn" | "CreditCardCredit") => TransactionKind::Refund,
        Some("CreditCardVoid" | "CreditCardReversal") => TransactionKind::Void,
        Some("CreditCardAVSOnly") => TransactionKind::Verification,
        other => TransactionKind::Other(other.unwrap_or_default().to_owned()),
    }
}

/// The number decides; the word stands in where the number is missing (§4.2).
pub(super) fn state(item: &xml::Element) -> Result<TransactionState, ProviderError> {
    let number = item.value("TransactionStatusCode")?;
    let word = item.value("TransactionStatus")?;
    Ok(match (number.and_then(map::state_of_code), word) {
        (Some(state), _) => state,
        (None, Some(word)) => map::state_of_word(word),
        (None, None) => TransactionState::Unknown(number.unwrap_or_default().to_owned()),
    })
}

pub(super) fn amount(item: &xml::Element, name: &str) -> Result<Option<Money>, ProviderError> {
    let text = item.value(name)?;
    let read = |text: &str| Money::parse(text, Currency::USD);
    text.map(read).transpose().map_err(|_| ProviderError::nonsense(&format!("{name} is no amount")))
}

pub(super) fn last_four(masked: Option<&str>) -> Option<String> {
    let masked = masked?;
    let from = masked.len().checked_sub(4)?;
    let digits = masked.get(from..)?;
    digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.to_owned())
}

/// Central time, whatever the machine's zones are (§3).
pub(super) fn central() -> Result<TimeZone, ProviderError> {
    TimeZone::posix("CST6CDT,M3.2.0,M11.1.0")
        .map_err(|error| ProviderError::misconfigured(&error.to_string()))
}

fn happened_at(item: &xml::Element) -> Result<Option<Timestamp>, ProviderError> {
    let (Some(date), Some(time)) =
        (item.value("ExpressTransactionDate")?, item.value("ExpressTransactionTime")?)
    else {
        return Ok(None);
    };
    let unreadable = |_| ProviderError::nonsense("a transaction's time cannot be read");
    let read = civil::DateTime::strptime("%Y%m%d%H%M%S", format!("{date}{time}")).map_err(unreadable)?;
    let zoned = read.to_zoned(central()?).map_err(unreadable)?;
    Ok(Some(zoned.timestamp()))
}

#[cfg(test)]
mod tests;

//! What an answer to a request that moves money says (worldpay-express.md §3.5 to §3.12).

use kontor_domain::Money;

use super::{Reply, amount, last_four, state};
use crate::{ProviderError, TransactionState, worldpay::map};

/// The longest id: they have at most 10 digits (§2.3), and a card number has 12 or more.
const MAX_ID: usize = 11;

/// The answer's facts, each as it stands there.
pub(in crate::worldpay) struct Paid {
    /// Whether the answer is the method's own.
    pub(in crate::worldpay) own: bool,
    /// None where the answer has no status at all.
    pub(in crate::worldpay) state: Option<TransactionState>,
    /// Whether the status is the partial one: it is an approval too, of another amount.
    pub(in crate::worldpay) partial: bool,
    pub(in crate::worldpay) transaction_id: Option<String>,
    pub(in crate::worldpay) reference: Option<String>,
    pub(in crate::worldpay) approved: Option<Money>,
    pub(in crate::worldpay) authorization_code: Option<String>,
    pub(in crate::worldpay) network_transaction_id: Option<String>,
    pub(in crate::worldpay) avs_result: Option<String>,
    pub(in crate::worldpay) cvv_result: Option<String>,
    pub(in crate::worldpay) card_brand: Option<String>,
    pub(in crate::worldpay) last_four: Option<String>,
}

/// Reads the facts. A field that is there twice, or an amount that is none, is an error.
pub(in crate::worldpay) fn paid(reply: &Reply) -> Result<Paid, ProviderError> {
    let transaction = reply.response.child("Transaction")?;
    let card = reply.response.child("Card")?;
    let of = |class: Option<&super::xml::Element>, name: &str| {
        let value = class.map(|it| it.value(name)).transpose()?.flatten();
        Ok::<_, ProviderError>(value.map(str::to_owned))
    };
    let status = of(transaction, "TransactionStatusCode")?;
    let word = of(transaction, "TransactionStatus")?;
    let id = of(transaction, "TransactionID")?;
    if id.as_deref().is_some_and(|it| it.len() > MAX_ID || !it.bytes().all(|it| it.is_ascii_digit())) {
        return Err(ProviderError::nonsense("the transaction's id is none"));
    }
    Ok(Paid {
        own: reply.own,
        state: match (transaction, &status) {
            // A number that no table has is not explained away by the word beside it.
            (_, Some(number)) if map::state_of_code(number).is_none() => {
                Some(TransactionState::Unknown(crate::error::clean(number)))
            }
            (Some(transaction), _) if status.is_some() || word.is_some() => Some(state(transaction)?),
            _ => None,
        },
        partial: status.as_deref() == Some("16") || word.as_deref() == Some("PartialApproved"),
        transaction_id: id,
        reference: of(transaction, "ReferenceNumber")?,
        approved: transaction.map(|it| amount(it, "ApprovedAmount")).transpose()?.flatten(),
        authorization_code: of(transaction, "ApprovalNumber")?.map(|it| crate::error::clean(&it)),
        network_transaction_id: of(transaction, "NetworkTransactionID")?,
        avs_result: of(card, "AVSResponseCode")?.map(|it| crate::error::clean(&it)),
        cvv_result: of(card, "CVVResponseCode")?.map(|it| crate::error::clean(&it)),
        card_brand: of(card, "CardLogo")?.map(|it| crate::error::clean(&it)),
        last_four: last_four(of(card, "CardNumberMasked")?.as_deref()),
    })
}

#[cfg(test)]
mod tests;

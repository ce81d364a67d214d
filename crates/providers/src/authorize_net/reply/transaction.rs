//! What an answer to a request that moves money says (authorizenet.md §2.3).

use serde::Deserialize;

use super::{
    Reply,
    scalar::{Scalar, amount, id, last_four, text},
};
use crate::{ProviderError, error::clean};

use kontor_domain::Money;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    transaction_response: Option<Whole>,
    ref_id: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    response_code: Option<Scalar>,
    auth_code: Option<Scalar>,
    avs_result_code: Option<Scalar>,
    cvv_result_code: Option<Scalar>,
    trans_id: Option<Scalar>,
    #[serde(rename = "refTransID")]
    ref_trans_id: Option<Scalar>,
    test_request: Option<Scalar>,
    account_number: Option<Scalar>,
    account_type: Option<Scalar>,
    pre_paid_card: Option<PrePaid>,
    messages: Option<Vec<Message>>,
    errors: Option<Vec<Fault>>,
    network_trans_id: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrePaid {
    approved_amount: Option<Scalar>,
}

#[derive(Deserialize)]
struct Message {
    code: Option<Scalar>,
    description: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fault {
    error_code: Option<Scalar>,
    error_text: Option<Scalar>,
}

/// The answer's facts, each as it stands there. An id of zero is none.
#[derive(Debug)]
pub(in crate::authorize_net) struct Paid {
    pub(in crate::authorize_net) ref_id: Option<String>,
    /// 1 to 5; none where the answer is no more than a stub (§1.2).
    pub(in crate::authorize_net) response_code: Option<String>,
    pub(in crate::authorize_net) transaction_id: Option<String>,
    pub(in crate::authorize_net) related_id: Option<String>,
    pub(in crate::authorize_net) is_test: bool,
    /// What a prepaid card had left for it.
    pub(in crate::authorize_net) approved: Option<Money>,
    /// Codes of what went well, and the first's words.
    pub(in crate::authorize_net) messages: Vec<String>,
    pub(in crate::authorize_net) message: String,
    /// Codes of what went wrong, and the first's words as they came.
    pub(in crate::authorize_net) errors: Vec<String>,
    pub(in crate::authorize_net) error: String,
    pub(in crate::authorize_net) authorization_code: Option<String>,
    pub(in crate::authorize_net) avs_result: Option<String>,
    pub(in crate::authorize_net) cvv_result: Option<String>,
    pub(in crate::authorize_net) card_brand: Option<String>,
    pub(in crate::authorize_net) last_four: Option<String>,
    pub(in crate::authorize_net) network_transaction_id: Option<String>,
}

/// Reads the facts. None where the answer is about no transaction at all.
pub(in crate::authorize_net) fn paid(reply: &Reply) -> Result<Option<Paid>, ProviderError> {
    let created: Created = reply.typed()?;
    let Some(it) = created.transaction_response else { return Ok(None) };
    let own = |value: Option<&Scalar>| text(value).map(clean);
    let codes = |all: &[Option<&Scalar>]| all.iter().filter_map(|it| own(*it)).collect();
    let messages = it.messages.unwrap_or_default();
    let errors = it.errors.unwrap_or_default();
    let first = |all: Option<&Scalar>| text(all).unwrap_or_default().to_owned();
    Ok(Some(Paid {
        ref_id: text(created.ref_id.as_ref()).map(str::to_owned),
        response_code: own(it.response_code.as_ref()),
        transaction_id: id(it.trans_id.as_ref())?,
        related_id: id(it.ref_trans_id.as_ref())?,
        is_test: matches!(text(it.test_request.as_ref()), Some("1" | "true")),
        approved: amount(it.pre_paid_card.and_then(|it| it.approved_amount).as_ref())?,
        message: first(messages.first().and_then(|it| it.description.as_ref())),
        messages: codes(&messages.iter().map(|it| it.code.as_ref()).collect::<Vec<_>>()),
        error: first(errors.first().and_then(|it| it.error_text.as_ref())),
        errors: codes(&errors.iter().map(|it| it.error_code.as_ref()).collect::<Vec<_>>()),
        authorization_code: own(it.auth_code.as_ref()),
        avs_result: own(it.avs_result_code.as_ref()),
        cvv_result: own(it.cvv_result_code.as_ref()),
        card_brand: own(it.account_type.as_ref()),
        last_four: last_four(text(it.account_number.as_ref())),
        network_transaction_id: text(it.network_trans_id.as_ref()).map(str::to_owned),
    }))
}

#[cfg(test)]
mod tests;

//! What an answer about what has happened says (authorizenet.md §2.14).

use jiff::Timestamp;
use kontor_domain::{Currency, Money};
use serde::Deserialize;

use super::{
    Reply,
    scalar::{Scalar, amount, id, last_four, moment, text},
};
use crate::{
    Batch, ProviderError, ProviderTransaction, TransactionState, Window, authorize_net::map, error::clean,
};

#[derive(Deserialize)]
struct Details {
    transaction: Option<Whole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    trans_id: Option<Scalar>,
    ref_trans_id: Option<Scalar>,
    #[serde(rename = "submitTimeUTC")]
    submit_time_utc: Option<Scalar>,
    transaction_type: Option<Scalar>,
    transaction_status: Option<Scalar>,
    response_reason_code: Option<Scalar>,
    response_reason_description: Option<Scalar>,
    auth_code: Option<Scalar>,
    #[serde(rename = "AVSResponse")]
    avs_response: Option<Scalar>,
    card_code_response: Option<Scalar>,
    batch: Option<InBatch>,
    order: Option<Order>,
    requested_amount: Option<Scalar>,
    auth_amount: Option<Scalar>,
    settle_amount: Option<Scalar>,
    payment: Option<Payment>,
    network_trans_id: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InBatch {
    batch_id: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    invoice_number: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    credit_card: Option<Masked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Masked {
    card_number: Option<Scalar>,
    card_type: Option<Scalar>,
}

#[derive(Deserialize)]
struct List {
    transactions: Option<Vec<Summary>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    trans_id: Option<Scalar>,
    #[serde(rename = "submitTimeUTC")]
    submit_time_utc: Option<Scalar>,
    transaction_status: Option<Scalar>,
    invoice_number: Option<Scalar>,
    account_type: Option<Scalar>,
    account_number: Option<Scalar>,
    settle_amount: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batches {
    batch_list: Option<Vec<Settled>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settled {
    batch_id: Option<Scalar>,
    #[serde(rename = "settlementTimeUTC")]
    settlement_time_utc: Option<Scalar>,
    settlement_state: Option<Scalar>,
    statistics: Option<Vec<Statistic>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistic {
    charge_amount: Option<Scalar>,
    refund_amount: Option<Scalar>,
}

/// One transaction, whole.
pub(in crate::authorize_net) fn details(reply: &Reply) -> Result<ProviderTransaction, ProviderError> {
    let details: Details = reply.typed()?;
    let it = details.transaction.ok_or_else(|| ProviderError::nonsense("it has no transaction"))?;
    let own = |value: Option<&Scalar>| text(value).map(clean);
    let state = state(it.transaction_status.as_ref())?;
    let (held, settled) = (amount(it.auth_amount.as_ref())?, amount(it.settle_amount.as_ref())?);
    let card = it.payment.and_then(|it| it.credit_card);
    Ok(ProviderTransaction {
        id: required(it.trans_id.as_ref())?,
        kind: map::kind_of_type(text(it.transaction_type.as_ref()).unwrap_or_default()),
        requested: amount(it.requested_amount.as_ref())?.or(held),
        approved: match state {
            TransactionState::Authorized => held,
            TransactionState::Approved | TransactionState::Settled => settled,
            _ => None,
        },
        state,
        reference: it.order.and_then(|it| text(it.invoice_number.as_ref()).map(str::to_owned)),
        setup_id: None,
        authorization_code: own(it.auth_code.as_ref()),
        avs_result: own(it.avs_response.as_ref()),
        cvv_result: own(it.card_code_response.as_ref()),
        card_brand: card.as_ref().and_then(|it| own(it.card_type.as_ref())),
        last_four: last_four(card.as_ref().and_then(|it| text(it.card_number.as_ref()))),
        response_code: own(it.response_reason_code.as_ref()),
        response_message: own(it.response_reason_description.as_ref()),
        happened_at: moment(it.submit_time_utc.as_ref())?,
        related_id: id(it.ref_trans_id.as_ref())?,
        network_transaction_id: text(it.network_trans_id.as_ref()).map(str::to_owned),
        batch_id: it.batch.map(|it| id(it.batch_id.as_ref())).transpose()?.flatten(),
    })
}

/// A page of a list. What it is is not in it, and is read off its status as far as that says.
pub(in crate::authorize_net) fn list(reply: &Reply) -> Result<Vec<ProviderTransaction>, ProviderError> {
    if reply.is_empty() {
        return Ok(Vec::new());
    }
    let list: List = reply.typed()?;
    // "Nothing" has a code of its own: silence is no ground for giving a payment up.
    let all = list.transactions.ok_or_else(|| ProviderError::nonsense("it has no transactions"))?;
    all.iter().map(summary).collect()
}

fn summary(it: &Summary) -> Result<ProviderTransaction, ProviderError> {
    let state = state(it.transaction_status.as_ref())?;
    let settled = amount(it.settle_amount.as_ref())?;
    let status = text(it.transaction_status.as_ref()).unwrap_or_default();
    let moved = matches!(
        state,
        TransactionState::Authorized | TransactionState::Approved | TransactionState::Settled
    );
    Ok(ProviderTransaction {
        id: required(it.trans_id.as_ref())?,
        kind: map::kind_of_status(status),
        state,
        requested: settled,
        approved: settled.filter(|_| moved),
        reference: text(it.invoice_number.as_ref()).map(str::to_owned),
        setup_id: None,
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        card_brand: text(it.account_type.as_ref()).map(clean),
        last_four: last_four(text(it.account_number.as_ref())),
        response_code: None,
        response_message: None,
        happened_at: moment(it.submit_time_utc.as_ref())?,
        related_id: None,
        network_transaction_id: None,
        batch_id: None,
    })
}

/// The batches that settled. Some of a batch may still fail when its state says so.
pub(in crate::authorize_net) fn batches(reply: &Reply, within: Window) -> Result<Vec<Batch>, ProviderError> {
    if reply.is_empty() {
        return Ok(Vec::new());
    }
    let list: Batches = reply.typed()?;
    let all = list.batch_list.ok_or_else(|| ProviderError::nonsense("it has no batches"))?;
    all.iter().map(|it| batch(it, within)).collect()
}

fn batch(it: &Settled, within: Window) -> Result<Batch, ProviderError> {
    let sum = |of: fn(&Statistic) -> Option<&Scalar>| {
        let Some(all) = &it.statistics else { return Ok(None) };
        let mut sum = Money::zero(Currency::USD);
        for one in all {
            let more = amount(of(one))?.unwrap_or(Money::zero(Currency::USD));
            sum = sum.plus(more).map_err(|_| ProviderError::nonsense("a batch's sum is too large"))?;
        }
        Ok::<_, ProviderError>(Some(sum))
    };
    let settled_at: Option<Timestamp> = moment(it.settlement_time_utc.as_ref())?;
    Ok(Batch {
        id: required(it.batch_id.as_ref())?,
        settled_at,
        within,
        charged: sum(|it| it.charge_amount.as_ref())?,
        refunded: sum(|it| it.refund_amount.as_ref())?,
        complete: text(it.settlement_state.as_ref()) == Some("settledSuccessfully"),
    })
}

fn required(value: Option<&Scalar>) -> Result<String, ProviderError> {
    id(value)?.ok_or_else(|| ProviderError::nonsense("an id is missing"))
}

fn state(status: Option<&Scalar>) -> Result<TransactionState, ProviderError> {
    let status = text(status).ok_or_else(|| ProviderError::nonsense("a transaction has no status"))?;
    Ok(map::state_of_status(status))
}

#[cfg(test)]
mod tests;

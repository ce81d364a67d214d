//! How a request that moves money ended, by code, status and amount together (worldpay-express.md §4.1, §4.2).
//!
//! Owns the rule that only agreement is an approval: the code, the status, the transaction's id, our reference and
//! the amount. Refuses to read the words (§3.7: they vary).

use kontor_domain::Money;

use crate::{
    Approval, Outcome, ProviderError, Refusal, TransactionState, Unsure,
    error::Fault,
    worldpay::reply::{Reply, payment},
};

/// What the answer has to agree with.
#[derive(Debug, Clone)]
pub(in crate::worldpay) struct Asked<'a> {
    /// How much.
    pub(in crate::worldpay) amount: Money,
    /// Our reference.
    pub(in crate::worldpay) reference: &'a str,
    /// The status of one that was done.
    pub(in crate::worldpay) done: TransactionState,
}

/// What a code says about a request that moves money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Approved,
    Partial,
    /// The card: `hard` where it does no better later.
    Declined {
        hard: bool,
    },
    /// The request was not done.
    Refused,
    /// The account or the credentials.
    Misconfigured,
    Unclear,
}

fn meaning(code: &str) -> Meaning {
    match code {
        "0" => Meaning::Approved,
        "5" => Meaning::Partial,
        "20" | "25" => Meaning::Declined { hard: false },
        "8" | "21" | "24" => Meaning::Declined { hard: true },
        "101" | "103" => Meaning::Refused,
        "102" | "104" | "105" => Meaning::Misconfigured,
        // A duplicate is perhaps the first one's approval (§4.1: look it up). 6, 7, 30, 90 and 120 are no answers to
        // these requests; 1001, 1002 and 1009 say that nobody knows; the rest is in no table.
        _ => Meaning::Unclear,
    }
}

/// How it ended.
pub(in crate::worldpay) fn outcome(reply: &Reply, asked: &Asked<'_>) -> Outcome {
    match payment::paid(reply) {
        Ok(paid) => judge(reply, paid, asked),
        Err(error) => error.into(),
    }
}

fn judge(reply: &Reply, paid: payment::Paid, asked: &Asked<'_>) -> Outcome {
    let (code, message) = (reply.code(), reply.message());
    let unclear = |words: &str, id: Option<String>| {
        let error = ProviderError { code: Some(code.to_owned()), ..ProviderError::nonsense(words) };
        Outcome::Unknown(Unsure { error, transaction_id: id, held: false })
    };
    if paid.reference.as_deref().is_some_and(|it| it != asked.reference) {
        return unclear("the answer is about another transaction", None);
    }
    let meaning = meaning(code);
    if matches!(meaning, Meaning::Approved | Meaning::Partial) {
        return approved(reply, paid, asked, meaning == Meaning::Partial);
    }
    let taken = matches!(
        paid.state,
        Some(
            TransactionState::Approved
                | TransactionState::Authorized
                | TransactionState::Completed
                | TransactionState::Settled
        )
    );
    if taken || paid.approved.is_some_and(|it| !it.is_zero()) {
        return unclear("the answer says that it was approved and that it was not", paid.transaction_id);
    }
    match meaning {
        Meaning::Declined { hard } => Outcome::Declined(Refusal {
            transaction_id: paid.transaction_id,
            code: code.to_owned(),
            message: message.to_owned(),
            avs_result: paid.avs_result,
            cvv_result: paid.cvv_result,
            hard,
        }),
        Meaning::Refused => ProviderError::refused(Fault::Ours, Some(code), message).into(),
        Meaning::Misconfigured => ProviderError::misconfigured_code(Some(code), message).into(),
        Meaning::Approved | Meaning::Partial | Meaning::Unclear => unclear(message, paid.transaction_id),
    }
}

fn approved(reply: &Reply, paid: payment::Paid, asked: &Asked<'_>, partial: bool) -> Outcome {
    let id = paid.transaction_id.clone();
    if !paid.own {
        return Outcome::unclear("the approval is not this request's", id);
    }
    let Some(transaction_id) = paid.transaction_id else {
        return Outcome::unclear("the approval has no transaction", id);
    };
    if paid.state.as_ref() != Some(&asked.done) {
        return Outcome::unclear("the approval has another status", id);
    }
    let partial = partial || paid.partial;
    let amount = match paid.approved {
        Some(amount) if amount.minor() > asked.amount.minor() => {
            return Outcome::unclear("more was approved than asked for", id);
        }
        Some(amount) => amount,
        None if partial => return Outcome::unclear("the partial approval has no amount", id),
        None => asked.amount,
    };
    if partial && amount == asked.amount {
        return Outcome::unclear("the partial approval is a whole one", id);
    }
    let partial = amount.minor() < asked.amount.minor();
    if partial && amount.minor() <= 0 {
        return Outcome::unclear("nothing was approved", id);
    }
    let approval = Approval {
        transaction_id,
        amount,
        authorization_code: paid.authorization_code,
        avs_result: paid.avs_result,
        cvv_result: paid.cvv_result,
        card_brand: paid.card_brand,
        last_four: paid.last_four,
        network_transaction_id: paid.network_transaction_id,
        code: reply.code().to_owned(),
        message: reply.message().to_owned(),
    };
    if partial { Outcome::Partial(approval) } else { Outcome::Approved(approval) }
}

#[cfg(test)]
mod tests;

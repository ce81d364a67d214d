//! How a payment's transaction stands at its provider, and how the provider's row of something that was done reads as
//! the answer that got lost.

use jiff::Timestamp;
use kontor_domain::{Money, payments::Payment};
use kontor_providers::{
    Approval, Lookup, Outcome, ProviderError, ProviderTransaction, Refusal, TransactionState,
};

use kontor_store::crash;

use crate::{hosted::schedule, teller::Teller};

/// How far around its own times a reference is looked for. Clocks differ, and a reference is nobody else's, so that
/// too wide does no harm.
const MARGIN: std::time::Duration = std::time::Duration::from_hours(7 * 24);

/// How a payment stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// Approved and still in the open batch, or held.
    Unsettled,
    /// On its way to the merchant.
    Settled,
    /// Undone there.
    Gone,
    /// The provider does not say.
    Unclear,
}

/// What the provider says of a payment's transaction.
pub(crate) struct Standing {
    pub(crate) settlement: Settlement,
    pub(crate) row: Option<ProviderTransaction>,
}

/// What the provider's rows say of something that was asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// It ended like this.
    Ended(Box<Outcome>),
    /// Something else was done than was asked for: a person decides.
    Mismatch(&'static str),
    /// The provider is still at it.
    Pending,
    /// There is no such thing so far.
    Nothing,
}

impl Standing {
    /// The last four digits of the card: some providers want to hear them with a refund.
    pub(crate) fn last_four(&self) -> Option<&str> {
        self.row.as_ref()?.last_four.as_deref()
    }

    /// How the provider's row stands, where there is one.
    pub(crate) fn state(&self) -> Option<&TransactionState> {
        self.row.as_ref().map(|it| &it.state)
    }
}

impl Teller {
    /// How the payment stands at its provider. Reads alone.
    pub(crate) async fn standing(&self, payment: &Payment) -> Result<Standing, ProviderError> {
        let row = match &payment.provider_transaction_id {
            Some(id) => {
                let (reports, connection) = (self.reports()?, self.connection());
                let call = self.timed("transaction", reports.transaction(&connection, id));
                let asked = crash::call("teller.standing", call).await;
                asked.map_err(|it| self.without(it))?
            }
            None => None,
        };
        Ok(Standing { settlement: settlement(row.as_ref()), row })
    }

    /// What the provider has under a reference that went out at that time. Reads alone.
    pub(crate) async fn find(
        &self,
        reference: &str,
        sent: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<ProviderTransaction>, ProviderError> {
        let by = Lookup::Reference {
            reference,
            from: schedule::before(sent, MARGIN),
            to: schedule::after(now, MARGIN),
        };
        let (reports, connection) = (self.reports()?, self.connection());
        let call = self.timed("find", reports.find(&connection, &by));
        crash::call("teller.find", call).await.map_err(|it| self.without(it))
    }
}

/// Reads the provider's row of a payment's transaction.
pub(crate) fn settlement(row: Option<&ProviderTransaction>) -> Settlement {
    row.map_or(Settlement::Unclear, |it| match it.state {
        TransactionState::Approved
        | TransactionState::Authorized
        | TransactionState::Completed
        | TransactionState::Pending => Settlement::Unsettled,
        // A part that was given back already had settled before.
        TransactionState::Settled | TransactionState::Returned => Settlement::Settled,
        TransactionState::Voided | TransactionState::Reversed => Settlement::Gone,
        _ => Settlement::Unclear,
    })
}

/// The approval that a row stands for; `asked` where the row names no amount.
pub(crate) fn approval_of(it: &ProviderTransaction, asked: Money) -> Approval {
    Approval {
        transaction_id: it.id.clone(),
        amount: it.approved.or(it.requested).unwrap_or(asked),
        authorization_code: it.authorization_code.clone(),
        avs_result: it.avs_result.clone(),
        cvv_result: it.cvv_result.clone(),
        card_brand: it.card_brand.clone(),
        last_four: it.last_four.clone(),
        network_transaction_id: it.network_transaction_id.clone(),
        code: it.response_code.clone().unwrap_or_default(),
        message: it.response_message.clone().unwrap_or_default(),
    }
}

/// The decline that a row stands for.
pub(crate) fn refusal_of(it: &ProviderTransaction) -> Refusal {
    Refusal {
        transaction_id: Some(it.id.clone()),
        code: it.response_code.clone().unwrap_or_default(),
        message: it.response_message.clone().unwrap_or_default(),
        avs_result: it.avs_result.clone(),
        cvv_result: it.cvv_result.clone(),
        hard: false,
    }
}

/// The provider's own row says that the payment is undone.
pub(crate) fn undone(payment: &Payment) -> Approval {
    Approval {
        transaction_id: payment.provider_transaction_id.clone().unwrap_or_default(),
        amount: payment.amount,
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        card_brand: None,
        last_four: None,
        network_transaction_id: None,
        code: String::new(),
        message: String::new(),
    }
}

#[cfg(test)]
mod tests;

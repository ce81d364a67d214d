//! Charges at Express: each is one request, and one answer that is judged once.

use async_trait::async_trait;
use kontor_domain::Money;

use super::{
    Worldpay,
    document::Message,
    map::outcome::{Asked, outcome},
    wire::payment,
};
use crate::{
    CaptureOrder, ChargeOrder, Charges, Connection, Outcome, ProviderError, RefundOrder, TransactionState,
    VoidOrder,
};

impl Worldpay {
    /// Sends a request that may move money, and says how that ended.
    pub(super) async fn pay(
        &self,
        connection: &Connection<'_>,
        built: Result<Message, ProviderError>,
        (amount, reference, done): (Money, &str, TransactionState),
    ) -> Outcome {
        let message = match built {
            Ok(message) => message,
            Err(error) => return error.into(),
        };
        match self.send(connection, message).await {
            Ok(reply) => outcome(&reply, &Asked { amount, reference, done }),
            Err(error) => error.into(),
        }
    }
}

#[async_trait]
impl Charges for Worldpay {
    async fn sale(&self, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Outcome {
        let asked = (order.amount, order.reference, TransactionState::Approved);
        self.pay(connection, payment::sale(connection, order), asked).await
    }

    async fn authorize(&self, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Outcome {
        let asked = (order.amount, order.reference, TransactionState::Authorized);
        self.pay(connection, payment::authorization(connection, order), asked).await
    }

    async fn capture(&self, connection: &Connection<'_>, order: &CaptureOrder<'_>) -> Outcome {
        let asked = (order.amount, order.reference, TransactionState::Approved);
        self.pay(connection, payment::completion(connection, order), asked).await
    }

    async fn void(&self, connection: &Connection<'_>, order: &VoidOrder<'_>) -> Outcome {
        let asked = (order.amount, order.reference, TransactionState::Approved);
        self.pay(connection, payment::void(connection, order), asked).await
    }

    async fn refund(&self, connection: &Connection<'_>, order: &RefundOrder<'_>) -> Outcome {
        let asked = (order.amount, order.reference, TransactionState::Approved);
        self.pay(connection, payment::refund(connection, order), asked).await
    }
}

#[cfg(test)]
mod tests;

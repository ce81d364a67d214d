//! Charges at Authorize.Net: each is one request, and one answer that is judged once.

use async_trait::async_trait;

use super::{
    AuthorizeNet,
    map::outcome::{Asked, What, outcome},
    wire::{Built, Credentials, transaction},
};
use crate::{
    CaptureOrder, ChargeOrder, Charges, Connection, Outcome, ProviderError, RefundOrder, Reports as _,
    VoidOrder,
};

impl AuthorizeNet {
    /// Sends a request that may move money, and says how that ended.
    async fn pay(
        &self,
        connection: &Connection<'_>,
        asked: Asked<'_>,
        build: impl FnOnce(&Credentials<'_>) -> Built + Send,
    ) -> Outcome {
        let ready = Credentials::of(connection).and_then(|it| Ok((build(&it)?, it)));
        let (message, credentials) = match ready {
            Ok(both) => both,
            Err(error) => return error.into(),
        };
        match self.send(connection, message).await {
            Ok(reply) => outcome(&reply, &asked, &credentials),
            Err(error) => error.into(),
        }
    }

    /// The last four digits of the card that was charged: a refund names the card by them (§2.3.5).
    async fn charged_card(
        &self,
        connection: &Connection<'_>,
        transaction_id: &str,
    ) -> Result<Option<String>, ProviderError> {
        Ok(self.transaction(connection, transaction_id).await?.and_then(|it| it.last_four))
    }
}

#[async_trait]
impl Charges for AuthorizeNet {
    fn takes_nonces(&self) -> bool {
        true
    }

    async fn sale(&self, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Outcome {
        let asked = Asked { what: What::Charge, amount: order.amount, reference: order.reference };
        self.pay(connection, asked, |it| transaction::sale(it, order)).await
    }

    async fn authorize(&self, connection: &Connection<'_>, order: &ChargeOrder<'_>) -> Outcome {
        let asked = Asked { what: What::Charge, amount: order.amount, reference: order.reference };
        self.pay(connection, asked, |it| transaction::authorization(it, order)).await
    }

    async fn capture(&self, connection: &Connection<'_>, order: &CaptureOrder<'_>) -> Outcome {
        let what = What::Capture(order.transaction_id);
        let asked = Asked { what, amount: order.amount, reference: order.reference };
        self.pay(connection, asked, |it| transaction::capture(it, order)).await
    }

    async fn void(&self, connection: &Connection<'_>, order: &VoidOrder<'_>) -> Outcome {
        let what = What::Void(order.transaction_id);
        let asked = Asked { what, amount: order.amount, reference: order.reference };
        self.pay(connection, asked, |it| transaction::void(it, order)).await
    }

    async fn refund(&self, connection: &Connection<'_>, order: &RefundOrder<'_>) -> Outcome {
        let found = match order.last_four {
            Some(_) => None,
            None => match self.charged_card(connection, order.transaction_id).await {
                Ok(found) => found,
                // Nothing was sent that could move money.
                Err(error) => return Outcome::Failed(ProviderError { outcome_known: true, ..error }),
            },
        };
        let order = RefundOrder { last_four: order.last_four.or(found.as_deref()), ..*order };
        let what = What::Refund(order.transaction_id);
        let asked = Asked { what, amount: order.amount, reference: order.reference };
        self.pay(connection, asked, |it| transaction::refund(it, &order)).await
    }
}

#[cfg(test)]
mod tests;

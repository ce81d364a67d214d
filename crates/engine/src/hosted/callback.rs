//! The way back from the hosted page: a browser carries the provider's fields, or somebody who forged them.
//!
//! What a browser carried is never the ground for recording money: it only says when to ask the provider.

use kontor_domain::{
    ids::{InvoiceId, OrganizationId, PaymentId, PaymentMethodId},
    payment_methods::PageStatus,
    payments::{Payment, Status},
};
use kontor_providers::{HostedReturn, Provider, ReturnStatus};
use kontor_store::{Conn, card_pages, card_pages::CardPage, hosted, payments};
use serde_json::json;
use subtle::ConstantTimeEq;

use crate::{
    Actor, Engine, Error,
    resolve::{Why, digest},
};

/// How a customer came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnedStatus {
    /// Money was taken.
    Succeeded,
    /// The provider said no.
    Declined,
    /// The customer left the page.
    Cancelled,
    /// Nobody knows yet.
    Pending,
    /// It did not come about.
    Failed,
    /// A card was kept, and nothing was to be paid.
    Saved,
}

kontor_domain::words!(ReturnedStatus {
    Succeeded = "succeeded",
    Declined = "declined",
    Cancelled = "cancelled",
    Pending = "pending",
    Failed = "failed",
    Saved = "saved",
});

/// What a callback is answered with.
#[derive(Debug, Clone)]
pub struct Returned {
    /// How the customer came back.
    pub status: ReturnedStatus,
    /// The provider's id of the page.
    pub setup_id: String,
    /// The payment; none where a card was to be kept alone.
    pub payment: Option<PaymentId>,
    /// The card that was kept.
    pub method: Option<PaymentMethodId>,
    /// Its invoice.
    pub invoice: Option<InvoiceId>,
    /// For people.
    pub message: &'static str,
    /// Where the merchant wants the browser to go.
    pub return_url: String,
}

/// Why a callback changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// Fields are missing or wrong: name and message.
    #[error("fields are wrong")]
    Fields(Vec<(String, String)>),
    /// Nobody here opened that page.
    #[error("no such setup")]
    UnknownSetup,
    /// The code is not the page's.
    #[error("the validation code is missing or wrong")]
    WrongCode,
    /// What the provider reports is not what was asked for.
    #[error("{0}")]
    Mismatch(&'static str),
    /// No such provider, or one without a hosted page.
    #[error("no such provider")]
    UnknownProvider,
    /// Ours.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<kontor_store::Error> for CallbackError {
    fn from(error: kontor_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Engine {
    /// Takes a callback in: checks whose it is, asks the provider, and says where to send the browser.
    pub async fn take_back(
        &self,
        provider: &str,
        fields: &[(String, String)],
        actor: &Actor,
    ) -> Result<Returned, CallbackError> {
        let adapter = self.registry.get(provider);
        let pages = adapter.as_deref().and_then(Provider::hosted).ok_or(CallbackError::UnknownProvider)?;
        let back = pages.read_return(fields).map_err(|error| CallbackError::Fields(error.fields))?;
        let mut conn = self.db.read().await?;
        let setup = hosted::by_setup_id(&mut conn, provider, &back.setup_id).await?;
        let Some(setup) = setup else {
            let page = card_pages::by_setup_id(&mut conn, provider, &back.setup_id).await?;
            drop(conn);
            if let Some(page) = page {
                return self.take_back_card(page, &back, actor).await;
            }
            self.refuse(None, actor, &back, "unknown setup").await?;
            return Err(CallbackError::UnknownSetup);
        };
        let before = payments::get(&mut conn, setup.organization, setup.payment).await?;
        drop(conn);
        if back.status == ReturnStatus::Complete && !right_code(setup.validation_hash.as_deref(), &back) {
            self.refuse(
                Some((setup.organization, setup.payment.to_string())),
                actor,
                &back,
                "wrong validation code",
            )
            .await?;
            return Err(CallbackError::WrongCode);
        }
        let why = if back.status == ReturnStatus::Complete { Why::Returned } else { Why::Left };
        let resolved = self.resolve(setup.organization, setup.payment, why, actor).await?;
        if let Some(reason) = resolved.mismatch {
            self.refuse(Some((setup.organization, setup.payment.to_string())), actor, &back, reason).await?;
            return Err(CallbackError::Mismatch(reason));
        }
        if before.is_some_and(|it| !it.status.is_open()) {
            self.repeated(&setup, actor).await?;
        }
        Ok(answer(&setup, &back, &resolved.payment))
    }

    /// The same for a page on which a card was to be kept.
    async fn take_back_card(
        &self,
        page: CardPage,
        back: &HostedReturn,
        actor: &Actor,
    ) -> Result<Returned, CallbackError> {
        use ReturnedStatus::{Cancelled, Failed, Pending, Saved};
        let complete = back.status == ReturnStatus::Complete;
        if complete && !right_code(page.validation_hash.as_deref(), back) {
            let whose = Some((page.organization, page.id.to_string()));
            self.refuse(whose, actor, back, "wrong validation code").await?;
            return Err(CallbackError::WrongCode);
        }
        let why = if complete { Why::Returned } else { Why::Left };
        let page = self.resolve_card_page(page.organization, page.id, why, actor).await?;
        let (status, message) = match page.status {
            PageStatus::Saved => (Saved, "The card was saved."),
            _ if back.status == ReturnStatus::Cancelled => (Cancelled, "No card was saved."),
            PageStatus::Created | PageStatus::Open | PageStatus::Nothing if complete => {
                (Pending, "The card is being confirmed.")
            }
            _ => (Failed, "No card was saved."),
        };
        Ok(Returned {
            status,
            setup_id: back.setup_id.clone(),
            payment: None,
            method: page.method,
            invoice: None,
            message,
            return_url: page.return_url,
        })
    }

    /// Leaves an audit row of a callback that came when the payment had ended already: a reload, or a replay.
    async fn repeated(&self, setup: &hosted::Setup, actor: &Actor) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let subject = setup.payment.to_string();
        let detail = json!({ "setupId": setup.setup_id });
        self.audit(&mut tx, Some(setup.organization), actor, "callback.repeated", &subject, &detail).await?;
        Ok(tx.commit_at("callback.repeated").await?)
    }

    /// Leaves an audit row, and an alert where there is an organization to alert.
    async fn refuse(
        &self,
        whose: Option<(OrganizationId, String)>,
        actor: &Actor,
        back: &HostedReturn,
        reason: &str,
    ) -> Result<(), Error> {
        let (organization, subject) = whose.unzip();
        let subject = subject.unwrap_or_else(|| back.setup_id.clone());
        let detail = json!({ "reason": reason, "setupId": back.setup_id });
        let mut tx = self.db.write().await?;
        let conn: &mut Conn = &mut tx;
        self.audit(conn, organization, actor, "callback.refused", &subject, &detail).await?;
        if let Some(organization) = organization {
            self.alert(conn, organization, "callback_refused", &subject, &detail).await?;
        }
        Ok(tx.commit_at("callback.refused").await?)
    }
}

/// Compares the code in constant time (worldpay-express.md §5.2).
fn right_code(kept: Option<&str>, back: &HostedReturn) -> bool {
    let (Some(kept), Some(given)) = (kept, &back.validation_code) else { return false };
    bool::from(kept.as_bytes().ct_eq(digest(given.expose()).as_bytes()))
}

/// What the payment's state means to a customer who comes back.
fn answer(setup: &hosted::Setup, back: &HostedReturn, payment: &Payment) -> Returned {
    use ReturnedStatus::{Cancelled, Declined, Failed, Pending, Succeeded};
    let (status, message) = match payment.status {
        Status::Succeeded | Status::PartiallyRefunded | Status::Refunded | Status::Authorized => {
            (Succeeded, "The payment was received.")
        }
        Status::Declined => (Declined, "The payment was declined."),
        Status::Failed | Status::Voided | Status::Expired => (Failed, "The payment did not come about."),
        _ if back.status == ReturnStatus::Cancelled => (Cancelled, "The payment was cancelled."),
        Status::Created | Status::Submitted | Status::Unknown if back.status == ReturnStatus::Complete => {
            (Pending, "The payment is being confirmed.")
        }
        _ => (Failed, "The payment did not come about."),
    };
    Returned {
        status,
        setup_id: back.setup_id.clone(),
        payment: Some(payment.id),
        method: payment.payment_method_id,
        invoice: payment.invoice_id,
        message,
        return_url: setup.return_url.clone(),
    }
}

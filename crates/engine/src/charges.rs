//! Charges of cards that a provider knows: claim, call, record (money.md). What became of one whose answer got lost is
//! found out in [`crate::resolve`].
//!
//! A charge is sent once. Another provider is tried only where the first one surely took nothing and nobody said which
//! card to charge.

mod choose;
mod record;
pub(crate) mod resolve;
mod verdict;

use kontor_domain::{
    Id, Money,
    ids::{AutoPayChargeId, CustomerId, InvoiceId, OrganizationId, PaymentId, PaymentMethodId},
    invoices::Invoice,
    payments::{Method, Payment, Status},
};
use kontor_providers::{CardRef, CardUse, ChargeOrder, MerchantReason, Nonce, Outcome, Source};
use kontor_store::{Conn, crash, idempotency, integrations, invoices, payment_methods, payments};
use serde_json::json;

use crate::{
    Actor, Engine, Error,
    hosted::schedule,
    keep::Keep,
    payments::{Payer, Whole},
    resolve::RESOLVE,
    teller::{Closed, Teller},
};

use choose::Chosen;

/// A charge that is asked for. No Debug: a nonce may be in it.
pub struct Order {
    /// For which invoice.
    pub invoice: InvoiceId,
    /// Its customer, who pays.
    pub customer: CustomerId,
    /// How much, in the invoice's currency; more than zero.
    pub amount: Money,
    /// From what.
    pub from: From,
    /// Which provider, by its template's id, where that is said.
    pub provider: Option<String>,
    /// Whether the money is taken now; else it is held, to be captured later.
    pub capture: bool,
    /// Who charges, and on what ground.
    pub usage: Usage,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// The charge by auto-pay that this is a try of.
    pub auto_pay: Option<AutoPayChargeId>,
}

/// Where the money comes from.
pub enum From {
    /// A saved card.
    Method(PaymentMethodId),
    /// A saved card by the provider's name of it.
    Profile(String),
    /// The customer's default card.
    Default,
    /// A card that the provider's script took in the browser: charged once and not kept.
    Nonce(Nonce),
}

/// Who charges a saved card, and on what ground: the card networks want to hear it with each charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// The customer pays with it.
    Customer,
    /// The merchant charges it by itself.
    Merchant {
        /// Whether at times that were agreed.
        recurring: bool,
        /// Why not as agreed; none where it is as agreed.
        reason: Option<MerchantReason>,
    },
}

impl Engine {
    /// Charges a card for an invoice. The answer is how the last try stands: Succeeded or Authorized, Declined, Failed,
    /// or Unknown. With `keep`, the answer is kept with it.
    ///
    /// Where the customer's default card is charged and its provider surely took nothing (it was out of reach, or
    /// refused the request), the customer's card at another provider is tried, the organization's default provider
    /// first. What an issuer declined is declined.
    pub async fn charge(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        order: &Order,
        keep: Option<&Keep<'_, Whole>>,
    ) -> Result<Whole, Error> {
        let mut all = self.choose(organization, order).await?.into_iter().peekable();
        let mut before: Option<Whole> = None;
        while let Some(chosen) = all.next() {
            let more = all.peek().is_some();
            let tried =
                self.charge_one(organization, actor, order, &chosen, before.as_ref(), (more, keep)).await;
            match (tried, before.take()) {
                (Ok(Tried::Again(whole)), _) => before = Some(whole),
                (Ok(Tried::Done(whole)), _) => return Ok(whole),
                // The first try stands, and is told.
                (Err(error), Some(first)) => {
                    tracing::info!(%error, "no second card was charged");
                    self.keep_answer(&first, keep).await?;
                    return Ok(first);
                }
                (Err(Error::NoIntegration(_)), None) if more => {}
                (Err(error), None) => return Err(error),
            }
        }
        Err(Error::NoIntegration("charges of cards"))
    }

    /// One try with one card.
    async fn charge_one(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        order: &Order,
        chosen: &Chosen,
        before: Option<&Whole>,
        (more, keep): (bool, Option<&Keep<'_, Whole>>),
    ) -> Result<Tried, Error> {
        let teller = self.closed_teller(organization, &chosen.integration).await?;
        let (payment, invoice, teller) = self
            .claim_charge(organization, actor, order, (chosen, teller), before.map(|it| it.payment.id), keep)
            .await?;
        let outcome = self.call_charge(&teller, &payment, &invoice, order, chosen).await;
        let again = more && falls_back(&outcome);
        let kept = keep.filter(|_| !again);
        let recorded = self.record_charge(organization, &payment, outcome, kept).await?;
        if again && recorded.whole.payment.status == Status::Failed {
            return Ok(Tried::Again(recorded.whole));
        }
        let Some(undo) = recorded.undo else { return Ok(Tried::Done(recorded.whole)) };
        let outcome = self.call_action(&teller, &recorded.whole.payment, &undo).await;
        let acted = self.record_action(organization, &undo, outcome, None).await?;
        if !acted.whole.payment.status.is_open() {
            self.keep_answer(&acted.whole, keep).await?;
        }
        Ok(Tried::Done(acted.whole))
    }

    /// Claim: the payment, what it reserves, the job that will ask about it, and what the key stands for, before anybody
    /// is called.
    async fn claim_charge(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        order: &Order,
        (chosen, teller): (&Chosen, Closed),
        before: Option<PaymentId>,
        keep: Option<&Keep<'_, Whole>>,
    ) -> Result<(Payment, Invoice, Teller), Error> {
        let id = Id::new(&self.ambient);
        let mut tx = self.db.write().await?;
        if let Some(keep) = keep {
            self.claim_key(&mut tx, keep.key, before, id).await?;
        }
        let invoice = invoices::lock(&mut tx, organization, order.invoice).await?;
        let invoice = invoice.filter(|it| it.customer_id == order.customer).ok_or(Error::InvoiceNotFound)?;
        if invoice.totals.total.currency() != order.amount.currency() {
            return Err(Error::field("amount", "is not in the invoice's currency"));
        }
        self.check_payable(&mut tx, organization, &invoice, order.amount).await?;
        // Disabled, deleted or given up since it was read: nobody may charge it, or could ask about it, any more.
        let is_enabled = match &chosen.method {
            Some(method) => {
                let held = payment_methods::hold(&mut tx, organization, method.id).await?;
                held.ok_or(Error::MethodNotFound)?
            }
            None => integrations::hold(&mut tx, organization, chosen.integration.id).await?,
        };
        if !is_enabled {
            return Err(Error::NoIntegration("charges of this card"));
        }
        let mut payment = Payment { id, ..self.new_payment(Payer::of(&invoice), order.amount, Method::Card) };
        payment.status = Status::Submitted;
        payment.reserved = order.amount;
        payment.authorized = (!order.capture).then_some(order.amount);
        payment.provider = Some(chosen.integration.provider.clone());
        payment.integration_id = Some(chosen.integration.id);
        payment.payment_method_id = chosen.method.as_ref().map(|it| it.id);
        payment.reference.clone_from(&order.reference);
        payments::insert(&mut tx, organization, &payment).await?;
        if let Some(id) = order.auto_pay {
            self.begin_auto_pay(&mut tx, organization, id, &payment, before).await?;
        }
        let due = schedule::after(payment.created_at, self.call_deadline());
        self.schedule(&mut tx, organization, RESOLVE, payment.id, due).await?;
        let more = json!({ "capture": order.capture, "insteadOf": before, "paymentMethodId": payment.payment_method_id });
        self.tell_payment(&mut tx, organization, "payment.submitted", &payment, more).await?;
        let detail = json!({ "invoiceId": invoice.id, "amount": order.amount.to_string() });
        let subject = payment.id.to_string();
        self.audit(&mut tx, Some(organization), actor, "payment.charge_asked", &subject, &detail).await?;
        let teller = self.open_teller(&mut tx, organization, teller, actor, "charge").await?;
        tx.commit_at("charge.claim").await?;
        Ok((payment, invoice, teller))
    }

    /// The request's key stands for the payment from here on, as it stood for the one that was tried before.
    async fn claim_key(
        &self,
        conn: &mut Conn,
        key: &idempotency::Key,
        before: Option<PaymentId>,
        payment: PaymentId,
    ) -> Result<(), Error> {
        let payment = payment.to_string();
        match before {
            Some(before) => Ok(idempotency::rebind(conn, key, &before.to_string(), &payment).await?),
            None if idempotency::claim_for(conn, key, self.ambient.now(), &payment).await? => Ok(()),
            None => Err(Error::Repeated),
        }
    }

    /// Call. No transaction is open.
    async fn call_charge(
        &self,
        teller: &Teller,
        payment: &Payment,
        invoice: &Invoice,
        order: &Order,
        chosen: &Chosen,
    ) -> Outcome {
        let charges = match teller.charges() {
            Ok(charges) => charges,
            Err(error) => return error.into(),
        };
        let saved = chosen.method.as_ref().map(|it| CardRef {
            customer: it.customer_profile_id.clone(),
            id: it.payment_profile_id.clone(),
        });
        let source = match (&saved, &order.from) {
            (Some(card), _) => Source::Saved(card),
            (None, From::Nonce(nonce)) => Source::Nonce(nonce),
            (None, _) => {
                return kontor_providers::ProviderError::misconfigured("there is no card to charge").into();
            }
        };
        let card_use = match (&chosen.method, order.usage) {
            (None, _) => CardUse::Once,
            // Until it was charged once, the networks know nothing to refer to, whoever charges it.
            (Some(method), usage) if !method.was_used() => {
                CardUse::First { recurring: matches!(usage, Usage::Merchant { recurring: true, .. }) }
            }
            (Some(_), Usage::Customer) => CardUse::Customer,
            (Some(method), Usage::Merchant { recurring, reason }) => CardUse::Merchant {
                recurring,
                reason,
                network_transaction_id: method.network_transaction_id.as_deref(),
                original_amount: method.original_amount.filter(|it| !it.is_zero()),
            },
        };
        let description = format!("Invoice {}", invoice.invoice_number);
        let charge = ChargeOrder {
            amount: payment.amount,
            reference: &payment.provider_reference,
            ticket: payment.provider_reference.get(10..).unwrap_or_default(),
            source,
            card_use,
            description: Some(&description),
            customer_number: &payment.customer_number,
            billing: None,
            allow_partial: false,
        };
        let connection = teller.connection();
        let outcome = if payment.authorized.is_none() {
            crash::call("charge.sale", teller.timed("sale", charges.sale(&connection, &charge))).await
        } else {
            let call = teller.timed("authorize", charges.authorize(&connection, &charge));
            crash::call("charge.authorize", call).await
        };
        teller.hidden(outcome)
    }

    /// Keeps the answer of a payment that has ended, where it is not kept yet.
    async fn keep_answer(&self, whole: &Whole, keep: Option<&Keep<'_, Whole>>) -> Result<(), Error> {
        let Some(keep) = keep else { return Ok(()) };
        let mut tx = self.db.write().await?;
        idempotency::complete(&mut tx, keep.key, &(keep.answer)(whole)).await?;
        Ok(tx.commit_at("charge.answer").await?)
    }
}

/// How one try ended.
enum Tried {
    /// For good, or not known.
    Done(Whole),
    /// Nothing was taken, surely, and another provider may be tried.
    Again(Whole),
}

/// Whether another provider may take the money instead: this one surely took nothing, and no issuer was asked.
fn falls_back(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(error) if error.outcome_known)
}

//! Payments and refunds.

use std::collections::BTreeMap;

use kontor_domain::{
    Money,
    ids::{ApplicationId, PaymentId, RefundId},
    invoices::Line,
    payments::{Payment, Status},
    refunds::{self, Source},
    sync::Failure,
};
use kontor_providers::books::{Draft, Kind, Link as Tie, PaymentDraft, SaleDraft, SaleLineDraft};
use kontor_store::{Conn, invoices, payments, refunds as refund_rows, sync::links::Link};

use super::{Desired, Maker, Stands};
use crate::sync::{
    paper::note,
    plan::{invoice_key, is_due},
    turn::Halt,
};

/// The longest number of a payment (quickbooks-online.md §3.9); a longer one stands in the note.
const LONGEST_REFERENCE: usize = 21;

/// What of a payment is gone again, by where it lay; and of what was not applied.
struct Returned {
    applied: BTreeMap<ApplicationId, Money>,
    all: Money,
}

impl Maker<'_> {
    /// A payment with all that it pays. What went back so that an invoice is open again did not come in: the payment is
    /// smaller by it, and is voided when nothing is left.
    pub(super) async fn payment(&mut self, conn: &mut Conn, link: &Link) -> Result<Desired, Halt> {
        let id: PaymentId = link.local_id.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?;
        let Some(payment) = payments::get(conn, self.organization(), id).await? else {
            return Ok(Desired::Nothing);
        };
        let none = if link.remote_id.is_some() { Desired::Void } else { Desired::Nothing };
        let came = payment.status.holds_money() || payment.status == Status::Refunded;
        let returned = self.returned(conn, &payment).await?;
        let total = payment.amount.minus(returned.all).map_err(crate::Error::from)?;
        if !came || total.is_zero() {
            return Ok(none);
        }
        let mut applied = Vec::new();
        for application in payments::applications(conn, self.organization(), &payment).await? {
            let back = returned.applied.get(&application.id).copied();
            let back = back.unwrap_or_else(|| Money::zero(payment.amount.currency()));
            let amount = application.amount.minus(back).map_err(crate::Error::from)?;
            let invoice = invoices::get(conn, self.organization(), application.invoice_id).await?;
            let Some(invoice) = invoice.filter(|_| !amount.is_zero()) else { continue };
            let key = invoice_key(&invoice, self.mapping());
            let stands = if is_due(&invoice, self.mapping()) || self.is_there(conn, &key).await? {
                self.stands(conn, Kind::Invoice, &key, &invoice.invoice_number).await?
            } else {
                // It goes there when it is paid; until then the money is not applied there.
                continue;
            };
            match stands {
                Stands::As(id) => applied.push((amount, Tie { id, kind: "Invoice".to_owned() })),
                Stands::Not(waits) => return Ok(Desired::Waits(waits)),
            }
        }
        if applied.is_empty() && link.remote_id.is_none() {
            return Ok(Desired::Nothing);
        }
        let customer = match self.party(conn, &payment.customer_number, payment.amount.currency()).await? {
            Ok(Stands::As(id)) => id,
            Ok(Stands::Not(waits)) => return Ok(Desired::Waits(waits)),
            Err(failure) => return Ok(Desired::Unfit(failure)),
        };
        Ok(Desired::Is(Box::new(Draft::Payment(Box::new(self.receipt(&payment, total, customer, applied))))))
    }

    fn receipt(
        &self,
        payment: &Payment,
        total: Money,
        customer: String,
        applied: Vec<(Money, Tie)>,
    ) -> PaymentDraft {
        let own = payment.reference.clone().or_else(|| payment.provider_transaction_id.clone());
        let own = own.filter(|it| !it.trim().is_empty());
        let words = [Some(payment.method.to_string()), payment.provider.clone(), own.clone()];
        let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        PaymentDraft {
            customer: Some(customer),
            total: Some(total),
            currency: self.company.multicurrency.then(|| total.currency()),
            date: Some(self.day(payment.received_at.unwrap_or(payment.created_at))),
            applied: Some(applied),
            reference: own.filter(|it| it.chars().count() <= LONGEST_REFERENCE),
            deposit_account: self.mapping().deposit_to.clone(),
            private_note: Some(note(&words, &payment.id.to_string())),
            ..PaymentDraft::default()
        }
    }

    async fn is_there(&self, conn: &mut Conn, key: &str) -> Result<bool, Halt> {
        let link = self.found.link(conn, Kind::Invoice, key).await?;
        Ok(link.is_some_and(|it| it.remote_id.is_some()))
    }

    async fn returned(&self, conn: &mut Conn, payment: &Payment) -> Result<Returned, Halt> {
        let zero = Money::zero(payment.amount.currency());
        let mut returned = Returned { applied: BTreeMap::new(), all: zero };
        for refund in refund_rows::of_payment(conn, self.organization(), payment.id).await? {
            if refund.status != refunds::Status::Succeeded {
                continue;
            }
            for part in refund_rows::parts(conn, self.organization(), &refund).await? {
                match part.source {
                    Source::Applied { application, .. } if refund.reopen_invoice => {
                        let sum = returned.applied.entry(application).or_insert(zero);
                        *sum = sum.plus(part.amount).map_err(crate::Error::from)?;
                    }
                    // The invoice stays paid: a document of its own says that money went back.
                    Source::Applied { .. } => continue,
                    Source::Credit => {}
                }
                returned.all = returned.all.plus(part.amount).map_err(crate::Error::from)?;
            }
        }
        Ok(returned)
    }

    /// Money that went back for invoices that stay paid: a refund from an account, or a credit where no account was
    /// chosen.
    pub(super) async fn refund(&mut self, conn: &mut Conn, kind: Kind, link: &Link) -> Result<Desired, Halt> {
        let id: RefundId = link.local_id.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?;
        let Some(refund) = refund_rows::get(conn, self.organization(), id).await? else {
            return Ok(Desired::Nothing);
        };
        let Some(payment) = payments::get(conn, self.organization(), refund.payment_id).await? else {
            return Ok(Desired::Nothing);
        };
        let mut amount = Money::zero(refund.amount.currency());
        let mut of = None;
        for part in refund_rows::parts(conn, self.organization(), &refund).await? {
            if let Source::Applied { invoice, .. } = part.source {
                amount = amount.plus(part.amount).map_err(crate::Error::from)?;
                of = of.or(Some(invoice));
            }
        }
        let Some(of) = of.filter(|_| refund.status == refunds::Status::Succeeded && !refund.reopen_invoice)
        else {
            return Ok(Desired::Nothing);
        };
        let invoice = invoices::get(conn, self.organization(), of).await?;
        let invoice = invoice.ok_or(crate::Error::InvoiceNotFound)?;
        let customer = match self.party(conn, &payment.customer_number, amount.currency()).await? {
            Ok(Stands::As(id)) => id,
            Ok(Stands::Not(waits)) => return Ok(Desired::Waits(waits)),
            Err(failure) => return Ok(Desired::Unfit(failure)),
        };
        let item = match self.refunded_item(conn, &invoice.items).await? {
            Ok(item) => item,
            Err(desired) => return Ok(desired),
        };
        let tax = match self.mapping().line_tax(self.company, false) {
            Ok(tax) => tax,
            Err(error) => {
                let message = format!("{error}.");
                let advice = "Change the integration's settings, then retry.".to_owned();
                let field = Some("ExemptTaxCode".to_owned());
                return Ok(Desired::Unfit(Failure { code: "tax".to_owned(), field, message, advice }));
            }
        };
        let words = refund.reason.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
        let mapping = self.mapping();
        let account = mapping.refund_from.clone().or_else(|| mapping.deposit_to.clone());
        let draft = SaleDraft {
            customer: Some(customer),
            currency: self.company.multicurrency.then(|| amount.currency()),
            date: Some(self.day(refund.created_at)),
            lines: Some(vec![SaleLineDraft {
                id: None,
                item,
                description: Some(format!("Refund for {}{words}", invoice.invoice_number)),
                quantity: None,
                unit_price: None,
                amount,
                tax,
            }]),
            private_note: Some(note(&link.label, &link.local_id)),
            deposit_account: account.filter(|_| kind == Kind::RefundReceipt),
            ..SaleDraft::default()
        };
        Ok(Desired::Is(Box::new(Draft::Sale(kind, Box::new(draft)))))
    }

    async fn refunded_item(
        &mut self,
        conn: &mut Conn,
        lines: &[Line],
    ) -> Result<Result<String, Desired>, Halt> {
        if let Some(item) = self.mapping().default_item.clone() {
            return Ok(Ok(item));
        }
        for line in lines {
            let Some(sku) = line.sku.as_deref().map(str::trim).filter(|it| !it.is_empty()) else { continue };
            return Ok(match self.stands(conn, Kind::Item, sku, &line.description).await? {
                Stands::As(id) => Ok(id),
                Stands::Not(waits) => Err(Desired::Waits(waits)),
            });
        }
        Ok(Err(Desired::Unfit(super::sales::no_number("A refund"))))
    }
}

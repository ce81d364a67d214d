//! What a use case's refusal is as an HTTP answer. One table, so that a code means one thing everywhere.
//!
//! A provider's failure is the provider's: 422 refused, 502 unreachable or nonsense, 504 outcome unknown.

use axum::http::StatusCode;
use kontor_engine::{
    Error,
    error::{NotEnded, NotOrdered},
};
use kontor_providers::{ProviderError, error::Kind, http::Failure, pace::HeldBack, proxy::Refusal};

use crate::problem::{Errors, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Vault(cause) => Self::internal(cause),
            Error::KeyUnavailable(cause) => Self::unavailable(
                "The key that opens stored secrets is out of reach; nothing was changed. Try again.",
            )
            .code("vault_unavailable")
            .because(cause),
            unexpected @ (Error::KeyGone { .. } | Error::OrganizationInUse(_)) => Self::internal(unexpected),
            Error::Amount(error) => {
                Self::refused("amount_out_of_range", format!("The amounts do not add up: {error}."))
            }
            Error::Difference(why) => difference(&why),
            Error::Order(why) => order(&why),
            Error::Repeated => crate::repeat::running(),
            Error::CustomerNotFound => Self::not_found("customer_not_found"),
            Error::InvoiceNotFound => Self::not_found("invoice_not_found"),
            Error::PaymentNotFound => Self::not_found("payment_not_found"),
            Error::MethodNotFound => Self::not_found("payment_method_not_found"),
            error @ (Error::AutoPayChargeNotFound | Error::AutoPayState(_) | Error::NoDefaultMethod) => {
                auto_pay(&error)
            }
            error @ (Error::CardLeaving | Error::CardDeclined(_)) => card(error),
            Error::IntegrationNotFound => Self::not_found("integration_not_found"),
            Error::InFlight => Self::conflict(
                "invoice_payment_in_flight",
                "Another payment of this invoice is under way. Try again when it has ended.",
            ),
            Error::ExceedsBalance { balance } => Self::refused(
                "amount_exceeds_balance",
                format!("The amount is more than the balance of {balance} {}.", balance.currency()),
            ),
            error @ (Error::NotPayable(_)
            | Error::WrongState(_)
            | Error::PaymentState(_)
            | Error::PaymentSettled(_)
            | Error::PaymentBusy
            | Error::CurrencyNotTaken(_)
            | Error::ExceedsAuthorization { .. }
            | Error::ExceedsUnapplied { .. }
            | Error::ExceedsRefundable { .. }
            | Error::InvoiceNumberTaken) => money_refused(&error),
            error @ (Error::IntegrationInUse
            | Error::NothingKept
            | Error::RotationUnderWay { .. }
            | Error::NoIntegration(_)
            | Error::IntegrationDisabled
            | Error::NoProxy
            | Error::NoBooks
            | Error::SyncPaused) => integration(error),
            error @ (Error::RecordNotFound | Error::RecordState(_) | Error::TooMuch(_)) => books(&error),
            error @ (Error::NoOAuth
            | Error::OAuthNotConfigured(_)
            | Error::NotConnected
            | Error::NeedsReauthorization
            | Error::TokenBusy { .. }) => consent(error),
            Error::HeldBack(wait) => held_back(wait),
            Error::Proxy(refusal) => proxied(refusal),
            Error::Fields(fields) => wrong_fields(fields),
            Error::Changed => Self::precondition_failed(),
            Error::TooMany(what) => Self::conflict(
                "limit_reached",
                format!("The organization has as many {what} as it may have."),
            ),
            Error::Provider { error, payment } => {
                provider(&error).with_some("paymentId", payment.map(|id| id.to_string()))
            }
        }
    }
}

/// Why something of sync stays as it is.
fn books(error: &Error) -> Problem {
    match error {
        Error::RecordState(state) => Problem::conflict(
            "record_wrong_state",
            format!("The record is {state}: what came of the last write is being found out. Try again then."),
        )
        .with("currentStatus", state.as_str()),
        Error::TooMuch(most) => Problem::invalid(
            "since",
            format!("more than {most} orders or invoices were made since: choose a later day"),
        ),
        _ => Problem::not_found("record_not_found"),
    }
}

/// Every wrong field at once.
fn wrong_fields(fields: Vec<(String, String)>) -> Problem {
    let mut errors = Errors::new();
    for (field, message) in fields {
        errors.entry(field).or_default().push(message);
    }
    Problem::validation(errors)
}

/// Why an order stays as it is.
fn order(why: &NotOrdered) -> Problem {
    match why {
        NotOrdered::NotFound => Problem::not_found("order_not_found"),
        NotOrdered::NumberTaken => {
            Problem::conflict("order_number_taken", "Another order has this number. Choose another one.")
        }
        NotOrdered::State(status) => Problem::conflict(
            "order_wrong_state",
            format!("The order is {status}; that does not allow this."),
        )
        .with("currentStatus", status.as_str()),
        NotOrdered::Settled { status, fields } => Problem::conflict(
            "order_wrong_state",
            format!("The order is {status}: {} cannot change any more.", fields.join(", ")),
        )
        .with("currentStatus", status.as_str())
        .with("fields", fields.join(",")),
        NotOrdered::Invoiced(invoice) => Problem::conflict(
            "order_already_invoiced",
            "An invoice was made of this order. Void or cancel the invoice first.",
        )
        .with("invoiceId", invoice.to_string()),
    }
}

/// Why a card is not saved.
fn card(error: Error) -> Problem {
    match error {
        Error::CardLeaving => Problem::conflict(
            "payment_method_leaving",
            "This card was given up a moment ago, and its provider is being asked to forget it. Try again.",
        ),
        Error::CardDeclined(it) => {
            let it = *it;
            Problem::refused("card_declined", format!("The card was declined: {}", it.message))
                .with("providerCode", it.code)
                .with("providerMessage", it.message)
                .with_some("avsResult", it.avs_result)
                .with_some("cvvResult", it.cvv_result)
        }
        other => Problem::internal(other),
    }
}

/// What an integration does not do as it is.
fn integration(error: Error) -> Problem {
    match error {
        Error::IntegrationInUse => Problem::conflict(
            "integration_in_use",
            "Payments of this integration are open. Disable it, or wait until they have ended.",
        ),
        Error::RotationUnderWay { seconds } => Problem::conflict(
            "rotation_under_way",
            format!(
                "A secret of this integration is being replaced at its provider. Try again in {seconds} s."
            ),
        )
        .retry_after(seconds),
        Error::NothingKept => Problem::conflict(
            "nothing_to_roll_back",
            "There is nothing to go back to: secrets that were rotated are kept for 24 hours, and once.",
        ),
        Error::NoIntegration(what) => Problem::conflict(
            "integration_not_configured",
            format!("The organization has no enabled integration for {what}. Add or enable one."),
        ),
        Error::IntegrationDisabled => {
            Problem::conflict("integration_disabled", "The integration is disabled. Enable it first.")
        }
        Error::NoBooks => Problem::refused(
            "sync_not_supported",
            "The integration's provider keeps no books to be kept in step.",
        ),
        Error::SyncPaused => {
            Problem::conflict("sync_paused", "Somebody has the sync of these books wait. Resume it first.")
        }
        Error::NoProxy => {
            Problem::refused("proxy_not_supported", "Requests of your own cannot be sent to this provider.")
        }
        other => Problem::internal(other),
    }
}

/// What stands in the way of charging by itself.
fn auto_pay(error: &Error) -> Problem {
    match error {
        Error::AutoPayState(status) => Problem::conflict(
            "auto_pay_charge_not_waiting",
            format!("The charge is {status}: only one that waits can be called off."),
        )
        .with("chargeStatus", status.as_str()),
        Error::NoDefaultMethod => Problem::conflict(
            "no_default_payment_method",
            "The customer has no default payment method. Save one, or make one the default, and try again.",
        ),
        _ => Problem::not_found("auto_pay_charge_not_found"),
    }
}

/// Why a payment's money does not go where it was asked to.
fn money_refused(error: &Error) -> Problem {
    match error {
        Error::InvoiceNumberTaken => {
            Problem::conflict("invoice_number_taken", "Another invoice has this number. Choose another one.")
        }
        Error::NotPayable(status) => Problem::conflict(
            "invoice_not_payable",
            format!("The invoice is {status}; no payment is taken for it."),
        )
        .with("currentStatus", status.as_str()),
        Error::WrongState(status) => Problem::conflict(
            "invoice_wrong_state",
            format!("The invoice is {status}; that does not allow this."),
        )
        .with("currentStatus", status.as_str()),
        Error::PaymentState(status) => Problem::conflict(
            "payment_wrong_state",
            format!("The payment is {status}; that does not allow this."),
        )
        .with("currentStatus", status.as_str()),
        Error::PaymentSettled(status) => Problem::conflict(
            "payment_settled",
            "The payment has settled at the provider, so it cannot be voided any more. Refund it.",
        )
        .with("currentStatus", status.as_str()),
        Error::PaymentBusy => Problem::conflict(
            "payment_busy",
            "A capture, a void or a refund of this payment is under way. Try again when it has ended.",
        ),
        Error::CurrencyNotTaken(currency) => Problem::refused(
            "currency_not_supported",
            format!("No charges are made in {currency}: the provider takes another currency only."),
        ),
        Error::ExceedsAuthorization { authorized } => Problem::refused(
            "amount_exceeds_authorization",
            format!(
                "The amount is more than the {authorized} {} that are authorized.",
                authorized.currency()
            ),
        ),
        Error::ExceedsUnapplied { unapplied } => Problem::refused(
            "amount_exceeds_unapplied",
            format!(
                "The amount is more than the {unapplied} {} that lie on no invoice.",
                unapplied.currency()
            ),
        ),
        Error::ExceedsRefundable { refundable } => Problem::refused(
            "amount_exceeds_refundable",
            format!(
                "The amount is more than the {refundable} {} that may still go back.",
                refundable.currency()
            ),
        ),
        other => Problem::internal(other),
    }
}

/// What is wrong with a connection that somebody has to consent to.
fn consent(error: Error) -> Problem {
    match error {
        Error::NoOAuth => Problem::bad_request(
            "oauth_not_supported",
            "Nobody has to consent at this provider: its credentials are the integration's secrets.",
        ),
        Error::OAuthNotConfigured(words) => {
            Problem::conflict("oauth_not_configured", format!("{}.", words.trim_end_matches('.')))
        }
        Error::NotConnected => Problem::conflict(
            "integration_not_connected",
            "Nobody has connected this integration to its provider yet. Connect it first.",
        ),
        Error::NeedsReauthorization => Problem::conflict(
            "integration_needs_reauthorization",
            "The provider does not take this connection's tokens any more. Connect it again.",
        ),
        Error::TokenBusy { seconds } => {
            Problem::unavailable("The connection's token could not be renewed yet. Try again.")
                .code("token_not_renewed")
                .retry_after(seconds)
        }
        other => Problem::internal(other),
    }
}

impl From<kontor_store::Error> for Problem {
    fn from(error: kontor_store::Error) -> Self {
        match error {
            kontor_store::Error::Unavailable(cause) => {
                Self::unavailable("The database cannot be reached; nothing was changed. Try again.")
                    .code("database_unavailable")
                    .because(cause)
            }
            kontor_store::Error::Stale => Self::conflict(
                "changed_meanwhile",
                "Somebody changed this at the same moment. Read it and try again.",
            ),
            other => Self::internal(other),
        }
    }
}

fn provider(error: &ProviderError) -> Problem {
    let words = error.to_string();
    let problem = match error.kind {
        Kind::TimedOut => {
            Problem::timed_out(format!("{words} The outcome is not known yet; it will be asked for."))
        }
        Kind::Refused | Kind::Misconfigured | Kind::TokenRefused => {
            Problem::refused("provider_refused", words)
        }
        _ if !error.outcome_known => {
            Problem::unreachable(format!("{words} The outcome is not known yet; it will be asked for."))
                .code("provider_outcome_unknown")
        }
        _ => Problem::unreachable(words),
    };
    let said = (!error.message.is_empty()).then(|| error.message.clone());
    problem.with_some("providerCode", error.code.clone()).with_some("providerMessage", said)
}

/// A difference between our record and the provider's does not end that way.
fn difference(why: &NotEnded) -> Problem {
    match why {
        NotEnded::Over(status) => Problem::conflict(
            "difference_not_open",
            format!("The difference is {status}: it is over already."),
        )
        .with("currentStatus", status.as_str()),
        NotEnded::Stays(words) => Problem::conflict(
            "difference_not_resolved",
            format!("{words} Only a person can tell what is right: accept it with a reason."),
        ),
        NotEnded::NotFound => Problem::not_found("difference_not_found"),
    }
}

/// The provider is called as often as its template says, and no more; nothing was sent.
fn held_back(wait: HeldBack) -> Problem {
    let words = format!(
        "The provider may not be called more often for this integration, so nothing was sent. Wait {} s.",
        wait.seconds()
    );
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "provider_rate_limit",
        "Too many requests to the provider",
        words,
    )
    .retry_after(wait.seconds())
}

/// Why a caller's own request did not get through. Nobody asks later what came of it: that is the caller's to do.
fn proxied(refusal: Refusal) -> Problem {
    let failure = match refusal {
        Refusal::Field(field, message) => return Problem::invalid(field, message),
        Refusal::HeldBack(wait) => return held_back(wait),
        Refusal::Provider(error) => return provider(&error),
        Refusal::Failed(failure) => failure,
    };
    let known = if failure.not_sent() {
        "Nothing was sent."
    } else {
        "Whether the provider did what was asked is not known: look there before you ask again."
    };
    let words = format!("There is no answer of the provider's: {failure}. {known} {}", failure.advice());
    match failure {
        Failure::Refused(_) => Problem::refused("address_not_allowed", words),
        Failure::Unfit => Problem::bad_request("request_not_sendable", words),
        Failure::UploadTooLarge => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large", words)
        }
        Failure::UploadCut => Problem::bad_request("body_incomplete", words),
        Failure::TimedOut => Problem::timed_out(words),
        Failure::TooLarge => Problem::unreachable(words).code("provider_answer_too_large"),
        Failure::Cut => Problem::unreachable(words).code("provider_outcome_unknown"),
        Failure::NotResolved | Failure::NotSent | Failure::Certificate(_) | Failure::Tls => {
            Problem::unreachable(words)
        }
    }
}

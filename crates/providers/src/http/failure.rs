//! Why there is no answer, in kinds that a program can tell apart and words that a shop owner understands.
//!
//! Owns the line between "nothing was sent" and "nobody knows". Refuses to guess: what is not certainly before the
//! request counts as after it.

use std::error::Error;

use super::{
    guard::{Nowhere, Rule},
    stream::Unsent,
};
use crate::{ProviderError, error::Fault};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The name has no address.
    #[error("there is no server of that name")]
    NotResolved,
    /// The guard let it not go there.
    #[error("the address is not allowed: {0}")]
    Refused(Rule),
    /// The request cannot be sent as it is.
    #[error("the request cannot be written down")]
    Unfit,
    /// No connection was made: the request did not leave.
    #[error("no connection could be made")]
    NotSent,
    /// The server's certificate does not prove who it is: the request did not leave.
    #[error("the server's certificate is bad: {0}")]
    Certificate(Certificate),
    /// There is no common TLS: the request did not leave.
    #[error("no secure connection could be agreed on")]
    Tls,
    /// The connection ended before the answer was whole.
    #[error("the connection broke off before the answer was whole")]
    Cut,
    /// The time was up.
    #[error("there was no answer in time")]
    TimedOut,
    /// The answer was larger than the limit.
    #[error("the answer was too large")]
    TooLarge,
    /// The body that was handed on was larger than its limit; a part of it was sent.
    #[error("the request's body was too large")]
    UploadTooLarge,
    /// The body that was handed on broke off; a part of it was sent.
    #[error("the request's body broke off")]
    UploadCut,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Certificate {
    /// Its time is over, or has not begun.
    #[error("it is out of date")]
    OutOfDate,
    /// Nobody who is trusted signed it.
    #[error("it was issued by somebody who is not trusted")]
    Untrusted,
    /// It is somebody else's.
    #[error("it belongs to another server")]
    OtherName,
    /// It was taken back.
    #[error("it was revoked")]
    Revoked,
    /// Anything else.
    #[error("it does not hold")]
    Other,
}

impl Failure {
    /// Whether it is certain that nothing was sent.
    pub fn not_sent(self) -> bool {
        match self {
            Self::NotResolved
            | Self::Refused(_)
            | Self::Unfit
            | Self::NotSent
            | Self::Certificate(_)
            | Self::Tls => true,
            Self::Cut | Self::TimedOut | Self::TooLarge | Self::UploadTooLarge | Self::UploadCut => false,
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NotResolved => "Check the address for a typing error, and this machine's DNS.",
            Self::Refused(_) => {
                "Check the address in the settings. A server of your own has to be opened by the operator first."
            }
            Self::Unfit => "Check the settings and secrets for stray line breaks and unusual characters.",
            Self::NotSent => "Check the network and the provider's status page.",
            Self::Certificate(_) => {
                "Check the address. If it is right, the provider has to renew its certificate."
            }
            Self::Tls => "The server speaks no TLS that is safe today. Check the address and the port.",
            Self::Cut => "Try again. If it stays, ask the provider.",
            Self::TimedOut => "Try again later. Look at the provider's status page if it stays.",
            Self::UploadTooLarge => "Send less at a time.",
            Self::UploadCut => "Send it again, whole.",
            Self::TooLarge => "This is no answer of the provider's. Check the address in the settings.",
        }
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent => Self::unreachable("Nobody answers there"),
            Failure::NotResolved => Self::unreachable("There is no server of that name"),
            Failure::Refused(rule) => Self::misconfigured(&format!("The address is not allowed: {rule}")),
            Failure::Unfit => Self::misconfigured("A setting or a secret has characters that cannot be sent"),
            Failure::Certificate(what) => Self {
                fault: Fault::Theirs,
                ..Self::unreachable(&format!("The server's certificate is bad: {what}"))
            },
            Failure::Tls => {
                Self { fault: Fault::Theirs, ..Self::unreachable("No secure connection could be agreed on") }
            }
            Failure::UploadTooLarge => Self::cut("The request's body was too large"),
            Failure::UploadCut => Self::cut("The request's body broke off"),
            Failure::Cut => Self::cut(""),
            Failure::TimedOut => Self::timed_out(""),
            Failure::TooLarge => Self::nonsense("it went on and on: it was too large for an answer"),
        }
    }
}

impl From<Unsent> for Failure {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::TooLarge => Self::UploadTooLarge,
            Unsent::Cut => Self::UploadCut,
        }
    }
}

impl From<Nowhere> for Failure {
    fn from(nowhere: Nowhere) -> Self {
        match nowhere {
            Nowhere::NotResolved => Self::NotResolved,
            Nowhere::Refused(rule) => Self::Refused(rule),
        }
    }
}

/// A connection that was never made sent nothing; after that nobody can be sure.
pub(super) fn sort(error: &reqwest::Error) -> Failure {
    if error.is_builder() {
        return Failure::Unfit;
    }
    if error.is_connect() {
        return before_sending(error);
    }
    match find::<Unsent>(error) {
        Some(unsent) => (*unsent).into(),
        None if error.is_timeout() => Failure::TimedOut,
        None => Failure::Cut,
    }
}

/// The first cause of that type.
fn find<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

fn before_sending(error: &reqwest::Error) -> Failure {
    error.source().map_or(Failure::NotSent, of_connection)
}

/// Why no connection came about, out of whatever the error is made of.
pub(crate) fn of_connection(error: &(dyn Error + 'static)) -> Failure {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(nowhere) = cause.downcast_ref::<Nowhere>() {
            return (*nowhere).into();
        }
        // What an I/O error wraps is not its source but the error itself.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = wrapped.and_then(|it| it.downcast_ref()).or_else(|| cause.downcast_ref());
        if let Some(tls) = tls {
            return match tls {
                rustls::Error::InvalidCertificate(what) => Failure::Certificate(certificate(what)),
                _ => Failure::Tls,
            };
        }
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    Failure::NotSent
}

fn certificate(error: &rustls::CertificateError) -> Certificate {
    use rustls::CertificateError as Wrong;
    match error {
        Wrong::Expired
        | Wrong::ExpiredContext { .. }
        | Wrong::NotValidYet
        | Wrong::NotValidYetContext { .. } => Certificate::OutOfDate,
        Wrong::UnknownIssuer => Certificate::Untrusted,
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => Certificate::OtherName,
        Wrong::Revoked => Certificate::Revoked,
        _ => Certificate::Other,
    }
}

#[cfg(test)]
mod tests;

//! A provider's failure: what happened, whose fault it is, and whether the outcome is known.
//!
//! A provider's own words are kept, cut, without control characters, and with every long run of digits masked:
//! some providers repeat what they were sent, and that may have been a card number.

use std::fmt;

use kontor_domain::Secret;

use crate::hidden;

/// The longest text of a provider that is kept, in characters.
pub const MAX_MESSAGE: usize = 300;
/// So many digits in a row could be a card number.
const MASKED_DIGITS: usize = 12;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The provider understood and said no.
    Refused,
    /// The integration's settings or credentials do not work.
    Misconfigured,
    /// The access token is not taken; a new one may be.
    TokenRefused,
    /// Nobody answered there, or not to the end.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// An answer that is none of the provider's.
    Nonsense,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The merchant's settings, or Kontor's request.
    Ours,
    /// The provider's.
    Theirs,
    /// The card or its holder.
    Cardholder,
    /// What lies between.
    Network,
}

/// A provider's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ProviderError {
    /// What happened.
    pub kind: Kind,
    /// Whose fault it is.
    pub fault: Fault,
    /// Whether it is certain that the provider did nothing.
    pub outcome_known: bool,
    /// Whether the same request may be sent again without harm.
    pub retry_safe: bool,
    /// The provider's own code.
    pub code: Option<String>,
    /// The provider's own words, cleaned; empty where it said none.
    pub message: String,
}

impl ProviderError {
    /// The provider said no.
    pub fn refused(fault: Fault, code: Option<&str>, message: &str) -> Self {
        Self {
            kind: Kind::Refused,
            fault,
            outcome_known: true,
            retry_safe: false,
            code: code.map(str::to_owned),
            message: clean(message),
        }
    }

    /// The settings or credentials do not work; nothing was done.
    pub fn misconfigured(message: &str) -> Self {
        Self::misconfigured_code(None, message)
    }

    /// As [`Self::misconfigured`], with the provider's code.
    pub fn misconfigured_code(code: Option<&str>, message: &str) -> Self {
        Self { kind: Kind::Misconfigured, ..Self::refused(Fault::Ours, code, message) }
    }

    /// The access token is not taken; nothing was done.
    pub fn token_refused(code: Option<&str>, message: &str) -> Self {
        Self { kind: Kind::TokenRefused, ..Self::refused(Fault::Ours, code, message) }
    }

    /// Nobody could be reached, so nothing was done.
    pub fn unreachable(message: &str) -> Self {
        Self {
            kind: Kind::Unreachable,
            fault: Fault::Network,
            outcome_known: true,
            retry_safe: true,
            code: None,
            message: clean(message),
        }
    }

    /// The request went out and no whole answer came back.
    pub fn cut(message: &str) -> Self {
        Self { outcome_known: false, retry_safe: false, ..Self::unreachable(message) }
    }

    /// No answer in time.
    pub fn timed_out(message: &str) -> Self {
        Self { kind: Kind::TimedOut, ..Self::cut(message) }
    }

    /// An answer that makes no sense; what was done is not known.
    pub fn nonsense(message: &str) -> Self {
        Self { kind: Kind::Nonsense, fault: Fault::Theirs, ..Self::cut(message) }
    }
}

impl ProviderError {
    /// The same without what the provider repeats of these secrets.
    #[must_use]
    pub fn without(self, secrets: &[&Secret]) -> Self {
        let hide = |text: &str| hidden::hide(text, secrets).into_owned();
        Self { code: self.code.as_deref().map(hide), message: hide(&self.message), ..self }
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Refused => "The provider refused.",
            Kind::Misconfigured => "The provider does not take this integration's settings or credentials.",
            Kind::TokenRefused => "The provider does not take the access token.",
            Kind::Unreachable if self.outcome_known => "The provider could not be reached.",
            Kind::Unreachable => "The connection to the provider broke off.",
            Kind::TimedOut => "The provider did not answer in time.",
            Kind::Nonsense => "The provider's answer makes no sense.",
        })?;
        match (&self.code, self.message.is_empty()) {
            (Some(code), false) => write!(f, " It said: {} ({code}).", self.message.trim_end_matches('.')),
            (None, false) => write!(f, " {}.", self.message.trim_end_matches('.')),
            (Some(code), true) => write!(f, " Its code is {code}."),
            (None, true) => Ok(()),
        }
    }
}

/// A foreign text that is fit to be kept and shown.
pub fn clean(text: &str) -> String {
    let mut kept = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, kept: &mut String| {
        let count = digits.chars().filter(char::is_ascii_digit).count();
        if count >= MASKED_DIGITS {
            kept.push_str("[number]");
            kept.push_str(digits.get(digits.trim_end_matches([' ', '-']).len()..).unwrap_or_default());
        } else {
            kept.push_str(digits);
        }
        digits.clear();
    };
    for letter in text.trim().chars().take(MAX_MESSAGE) {
        let letter = if letter.is_control() { ' ' } else { letter };
        // Card numbers are also written in groups.
        let within = !digits.is_empty() && matches!(letter, ' ' | '-');
        if letter.is_ascii_digit() || within {
            digits.push(letter);
        } else {
            flush(&mut digits, &mut kept);
            kept.push(letter);
        }
    }
    flush(&mut digits, &mut kept);
    kept.trim_end().to_owned()
}

#[cfg(test)]
mod tests;

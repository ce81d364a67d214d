//! Why the books did not do it: what the engine decides by, and words for whoever keeps the shop.

use std::{fmt, time::Duration};

use kontor_domain::Secret;

use crate::ProviderError;

/// What to do about a failure. Status and code decide, texts never do: they are localised (§2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Somebody wrote in between: read again, merge, try again (5010).
    Stale,
    /// The name is taken, maybe by a vendor or employee: look who has it (6240).
    DuplicateName,
    /// The number is taken: look whose it is (6140).
    DuplicateNumber,
    /// A value is not taken; [`BooksError::field`] says which, where that is known.
    Validation,
    /// The books are closed for that day (6210).
    ClosedPeriod,
    /// What it refers to was deleted or put out of use (2500, 610 on a new object).
    Reference,
    /// It is not there (any more), or something that it refers to is not (610).
    Missing,
    /// It is locked in the books: on a deposit, reconciled (6540).
    Locked,
    /// Too often: [`BooksError::retry_after`] says when again. Nothing was done.
    Throttled,
    /// The token is not taken: a new one may be (3200). Nothing was done.
    Unauthorized,
    /// A person has to connect again, or get the right to (100, 120, 3100).
    Disconnected,
    /// The subscription is over: nothing is taken until it is renewed (6190).
    Lapsed,
    /// The feature is off, or the question is not answered (500, 5030).
    Unsupported,
    /// Changes that long ago are not kept: compare the whole (§4.3).
    TooOld,
    /// The books' rules do not allow it; a person has to look.
    Business,
    /// The books could not just now, and did nothing: later.
    Busy,
    /// Nobody was reached: later. Nothing was done.
    Unreached,
    /// Nobody knows whether it was done: look for it before it is sent again. For a question: ask again.
    Unknown,
}

kontor_domain::words!(Class {
    Stale = "stale",
    DuplicateName = "duplicate_name",
    DuplicateNumber = "duplicate_number",
    Validation = "validation",
    ClosedPeriod = "closed_period",
    Reference = "reference",
    Missing = "missing",
    Locked = "locked",
    Throttled = "throttled",
    Unauthorized = "unauthorized",
    Disconnected = "disconnected",
    Lapsed = "lapsed",
    Unsupported = "unsupported",
    TooOld = "too_old",
    Business = "business",
    Busy = "busy",
    Unreached = "unreached",
    Unknown = "unknown",
});

impl Class {
    /// Whether the same may go better later, by itself.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Busy | Self::Unreached | Self::Unknown)
    }

    /// Whether the connection is at fault and not what was asked: everything else waits with it.
    pub fn stops_the_connection(self) -> bool {
        matches!(self, Self::Unauthorized | Self::Disconnected | Self::Lapsed)
    }

    /// Whether it holds for everything that there is to do, and not for what was asked alone.
    pub fn halts(self) -> bool {
        self == Self::Throttled || self.stops_the_connection()
    }

    /// Whether a person has to change something about this one record.
    pub fn wants_a_person(self) -> bool {
        matches!(
            self,
            Self::Validation
                | Self::ClosedPeriod
                | Self::Reference
                | Self::Locked
                | Self::Unsupported
                | Self::Business
        )
    }
}

/// A failure of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BooksError {
    /// What to do about it.
    pub class: Class,
    /// The field that is wrong, in the provider's word.
    pub field: Option<String>,
    /// Who has the name or the number, where the answer says so: a hint, to be read and compared.
    pub holder: Option<String>,
    /// When again.
    pub retry_after: Option<Duration>,
    /// What the provider said, whose fault it is, and whether the outcome is known.
    pub source: Box<ProviderError>,
    /// What happened, for people.
    pub what: String,
    /// What to do, for people.
    pub advice: &'static str,
}

impl BooksError {
    /// Whether nothing was done for certain.
    pub fn surely_undone(&self) -> bool {
        self.source.outcome_known
    }

    /// The same without what the provider repeats of these secrets.
    #[must_use]
    pub fn without(self, secrets: &[&Secret]) -> Self {
        let hide = |text: &str| crate::hidden::hide(text, secrets).into_owned();
        Self {
            what: hide(&self.what),
            field: self.field.as_deref().map(hide),
            holder: self.holder.as_deref().map(hide),
            source: Box::new(self.source.without(secrets)),
            ..self
        }
    }
}

impl fmt::Display for BooksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.advice)
    }
}

impl std::error::Error for BooksError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

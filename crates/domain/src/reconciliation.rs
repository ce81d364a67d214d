//! Reconciliation: what can differ between our record of payments and the provider's, and how a day stands.

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// The most days that are reconciled, or shown, at once.
pub const MAX_DAYS: i32 = 31;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The provider moved money that nothing here knows of.
    MissingHere,
    /// Money that was moved by our record, and not by the provider's.
    MissingThere,
    /// Both know of it, with different amounts.
    AmountDiffers,
    /// Both know of it, and do not agree on how it ended.
    StateDiffers,
}

crate::words!(Kind {
    MissingHere = "missing_here",
    MissingThere = "missing_there",
    AmountDiffers = "amount_differs",
    StateDiffers = "state_differs",
});

/// How a difference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Somebody has to look at it.
    Open,
    /// Both sides agree by now.
    Resolved,
    /// A person said that it is right as it is, and why.
    Accepted,
}

crate::words!(Status { Open = "Open", Resolved = "Resolved", Accepted = "Accepted" });

/// How a day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayStatus {
    /// Both sides agree.
    Reconciled,
    /// They do not.
    Differs,
    /// The provider could not tell.
    NotReconciled,
}

crate::words!(DayStatus {
    Reconciled = "Reconciled",
    Differs = "Differs",
    NotReconciled = "NotReconciled",
});

/// How many, and how much in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// How much.
    pub minor: i64,
}

impl Sum {
    /// One more of that amount. Stays at the end of numbers, which no day reaches.
    pub fn add(&mut self, minor: i64) {
        self.count = self.count.saturating_add(1);
        self.minor = self.minor.saturating_add(minor);
    }
}

/// What one side says of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Money that was taken.
    pub payments: Sum,
    /// Money that was given back.
    pub refunds: Sum,
}

/// Both sides of a day in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// The currency's code.
    pub currency: String,
    /// By our record.
    pub here: Side,
    /// By the provider's.
    pub there: Side,
}

/// Days from one to another, both included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    from: Date,
    to: Date,
}

/// Why days are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDays {
    /// The last is before the first.
    #[error("must not be before from")]
    Backwards,
    /// More than may be looked at at once.
    #[error("must be at most 31 days from from")]
    TooMany,
}

impl Days {
    /// Both included.
    pub fn new(from: Date, to: Date) -> Result<Self, NoDays> {
        if to < from {
            return Err(NoDays::Backwards);
        }
        let days = Self { from, to };
        if days.all().nth(usize::try_from(MAX_DAYS).unwrap_or(usize::MAX)).is_some() {
            return Err(NoDays::TooMany);
        }
        Ok(days)
    }

    /// The last days up to a moment, so many before that moment's own.
    pub fn before(now: Timestamp, days: i32) -> Self {
        let to = day_of(now);
        let back = days.clamp(0, MAX_DAYS.saturating_sub(1));
        Self { from: to.saturating_sub(Span::new().days(back)), to }
    }

    /// The first.
    pub fn from(self) -> Date {
        self.from
    }

    /// The last.
    pub fn to(self) -> Date {
        self.to
    }

    /// Each, in order.
    pub fn all(self) -> impl Iterator<Item = Date> {
        self.from.series(Span::new().days(1)).take_while(move |it| *it <= self.to)
    }

    /// Whether a day is one of them.
    pub fn has(self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Their first moment.
    pub fn begin(self) -> Timestamp {
        start_of(self.from)
    }

    /// The moment after their last.
    pub fn end(self) -> Timestamp {
        self.to.tomorrow().map_or(Timestamp::MAX, start_of)
    }
}

/// The day that a moment lies in.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn start_of(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |it| it.timestamp())
}

#[cfg(test)]
mod tests;

//! Pages of long lists: by number, or by cursor at the same cost at any depth.

use jiff::Timestamp;

/// Which part of a list, newest or oldest first by creation.
#[derive(Debug, Clone)]
pub struct Slice {
    /// At most so many rows.
    pub limit: i64,
    /// Skipped rows; 0 with a cursor.
    pub offset: i64,
    /// The creation time and id of the last row seen.
    pub after: Option<(Timestamp, String)>,
    /// Newest first.
    pub descending: bool,
}

impl Slice {
    /// The cursor's time in microseconds; far past or future where there is no cursor, so that one statement serves.
    pub(crate) fn edge(&self) -> (i64, &str) {
        match &self.after {
            Some((at, id)) => (at.as_microsecond(), id),
            None if self.descending => (i64::MAX, "~"),
            None => (i64::MIN, ""),
        }
    }
}

/// A part of a list and the size of the whole.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many the whole list has; none where nobody counted.
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// How many the whole list has, as a count.
    pub fn count(&self) -> Option<u64> {
        self.total.and_then(|total| u64::try_from(total).ok())
    }
}

/// The times that a list is narrowed to, in microseconds: the beginning and the end of time where they are not given.
pub(crate) fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> (i64, i64) {
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    (micros(from).unwrap_or(i64::MIN), micros(to).unwrap_or(i64::MAX))
}

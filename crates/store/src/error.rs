//! What can go wrong with the database, sorted by what the caller can do about it.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached or is shutting down. Nothing was committed by this call, unless it was the commit itself.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A row with this key exists.
    #[error("a row with this key exists")]
    Conflict,
    /// The row is not in a state that this change may leave.
    #[error("the row is not in a state that this change may leave")]
    Stale,
    /// A stored value does not read back: the database was changed by something else.
    #[error("stored value of {0} does not read back")]
    Corrupt(&'static str),
    /// The schema is older or newer than this program.
    #[error("{0}")]
    Migrations(String),
    /// The URL is none that the store can open.
    #[error("{0}")]
    Url(String),
    /// Anything else that the database said.
    #[error("the database refused: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(refusal) if refusal.is_unique_violation() => Self::Conflict,
            sqlx::Error::Database(refusal) if gone(refusal.code().as_deref()) => Self::Unavailable(error),
            _ => Self::Database(error),
        }
    }
}

/// PostgreSQL 55000 (the database takes no connections), classes 08 (connection), 53 (resources) and 57P (shutdown), and SQLite's BUSY and IOERR families.
fn gone(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    let closed = code == "55000";
    let postgres = closed || code.starts_with("08") || code.starts_with("53") || code.starts_with("57P");
    let sqlite =
        code.parse::<i64>().is_ok_and(|number| code.len() <= 4 && matches!(number & 0xff, 5 | 10 | 14));
    postgres || sqlite
}

#[cfg(test)]
mod tests;

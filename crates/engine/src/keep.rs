//! The key of a request that moves money, and how its answer is made once it is known how that ended.

use kontor_store::idempotency;

/// The key of a request, and how an answer to it is made of what came about.
pub struct Keep<'a, T> {
    /// The key.
    pub key: &'a idempotency::Key,
    /// Makes the answer.
    pub answer: &'a (dyn Fn(&T) -> idempotency::Answer + Sync),
}

//! The proof of the money path: every operation is stopped at every point, and every fault of the provider's is tried on
//! it. After each the invariants of money have to hold, judged from outside by the simulators' ledgers.
//!
//! Owns the matrix, the races and the random runs. An operation is one row of `rows.rs`.

mod chaos;
mod judge;
mod matrix;
mod race;
mod rows;
mod wallet;
mod world;

/// A number that whoever runs the tests may set, such as `cargo xtask chaos`.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment what to do")]
fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

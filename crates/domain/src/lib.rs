//! The rules of the trading house, and nothing else.
//!
//! Owns money, ids, states and what may follow what. Refuses to do input, output, async, or to read
//! a clock or a random source by itself: [`ambient::Ambient`] is handed in by the binary.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod actions;
pub mod ambient;
pub mod auto_pay;
pub mod chain;
pub mod customers;
pub mod ids;
pub mod integrations;
pub mod invoices;
pub mod money;
pub mod orders;
pub mod payment_methods;
pub mod payments;
pub mod reconciliation;
pub mod refunds;
pub mod secret;
pub mod sync;
pub mod templates;
pub mod words;

pub use ambient::{Ambient, Clock, Entropy};
pub use ids::Id;
pub use money::{Currency, Money};
pub use secret::Secret;
// For what `words!` writes in other crates.
#[doc(hidden)]
pub use serde;

//! Who calls: tokens of the built-in issuer, and API keys.
//!
//! Owns what a token says, how it is signed and checked, and what a role may do. Refuses any algorithm but the
//! pinned one, a clock of its own, and to tell a caller which part of its credentials was wrong.

pub mod caller;
pub mod token;

pub use caller::{Caller, Role};
pub use token::{Claims, mint};

//! The simulated Worldpay Express beyond the hosted page: charges, what follows on them, tokens, rotation.

#![expect(clippy::expect_used, reason = "the whole crate is tests; a helper that fails is a test that fails")]

mod support;

mod accounts;
mod safety;
mod transactions;

//! The simulated Authorize.Net over HTTP, against the facts (authorizenet.md), without Kontor.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole crate is tests; a helper that fails is a test that fails"
)]

mod support;

mod hosted;
mod profiles;
mod reports;
mod safety;
mod transactions;
mod webhooks;

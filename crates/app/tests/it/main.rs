//! Kontor from the outside: the real program, on both engines, against the simulators.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole crate is tests; a helper that fails is a test that fails"
)]

mod adapters;
mod api;
mod audit;
mod auto_pay;
mod browser;
mod canary;
mod chains;
mod charges;
mod commands;
mod crash;
mod demo;
mod guard;
mod hosted;
mod jobs;
mod methods;
#[cfg(feature = "crash-points")]
mod money;
mod oauth;
mod payments;
mod proxy;
mod readme;
mod reconciliation;
mod support;
mod sync;
mod templates;
mod tenancy;
mod tidy;
mod vault;

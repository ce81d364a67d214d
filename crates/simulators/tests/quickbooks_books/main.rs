//! The simulated QuickBooks' interface to a company's books, over HTTP and without Kontor, against the facts
//! (quickbooks-online.md §2 to §5).

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole crate is tests; a helper that fails is a test that fails"
)]

mod batches;
mod limits;
mod money;
mod names;
mod queries;
mod support;
mod webhooks;

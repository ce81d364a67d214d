//! The audit trail: every write leaves its row, no row holds a value, and a row that was tampered with shows.

mod chain;
mod list;
mod rows;

//! The HTTP face: what comes in is read and checked, what goes out is shown, nothing is decided.
//!
//! Owns the routes, the rules that hold for all of them (API.md §1), and the reference page. Refuses SQL of its
//! own, and to let an organization come from anywhere but the caller's credentials.

pub mod amount;
pub mod answer;
mod api;
mod asking;
pub mod auth;
pub mod body;
mod demo;
mod docs;
pub mod enums;
pub mod etag;
mod html;
mod idempotency;
mod lists;
mod middleware;
mod openapi;
mod ops;
pub mod page;
mod pay;
pub mod problem;
mod query;
mod refusals;
mod repeat;
mod serve;
mod web;

pub use auth::{Claims, mint};
pub use demo::Demo;
pub use serve::{Options, serve};
pub use web::{Limits, Web};

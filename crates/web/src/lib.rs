//! Kontor: web.

pub mod problem;

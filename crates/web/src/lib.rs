//! Kontor: web.

pub mod body;
pub mod enums;
pub mod problem;

//! Kontor: web.

pub mod amount;
pub mod answer;
pub mod body;
pub mod enums;
pub mod etag;
pub mod page;
pub mod problem;

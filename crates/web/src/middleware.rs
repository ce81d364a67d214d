//! What surrounds every request: its id, its limits, its measure, and the last resort when a handler falls over.

pub mod limits;
pub mod observe;
pub mod rate;
pub mod request_id;
pub mod security;

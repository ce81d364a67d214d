//! What surrounds every request: its id, its limits, its measure, and the last resort when a handler falls over.

pub(crate) mod forwarded;
pub(crate) mod limits;
pub(crate) mod observe;
pub(crate) mod rate;
pub(crate) mod request_id;
pub(crate) mod security;

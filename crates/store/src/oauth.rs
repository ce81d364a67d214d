//! OAuth: ways to consent, what they brought, and tokens on their way out. Tokens themselves are in
//! [`crate::secrets`], sealed; here is only what may be read.

pub mod consents;
pub mod grants;
pub mod revocations;

//! Sealed secrets: an envelope that binds a value to its place, and the keys that open it.
//!
//! Owns the record's format (docs/vault-format.md), the data-encryption keys and the keys that wrap them.
//! Refuses to know a database, to show a key or a value, and to open a record anywhere but in its own place.

pub mod dek;
pub mod destroyed;
pub mod envelope;
pub mod kek;
pub mod keks;
pub mod keyring;

pub use dek::{Dek, DekError};
pub use destroyed::Destroyed;
pub use envelope::{Context, OpenError, SealError, dek_id, open, seal};
#[cfg(feature = "aws-kms")]
pub use kek::aws_kms::AwsKmsKek;
pub use kek::{Kek, KekError, WrongKey, check_fingerprints, local::LocalKek, pkcs11::Pkcs11Kek};
pub use keks::Keks;
pub use keyring::Keyring;

//! Credentials of integrations: sealed when they come in, opened for one call to a provider.
//!
//! The only place that opens a secret. Each opening leaves an audit row: who, which integration, which
//! fields, why.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kontor_domain::{Secret, ids::OrganizationId};
use kontor_store::{Conn, Db, audit, integrations::Integration, keys, secrets};
use kontor_vault::{Context, Dek, Kek, Keyring};
use serde_json::json;

use crate::{Actor, Engine, Error};

/// What the sealed value is for; part of what the seal binds.
const PURPOSE: &str = "integration-credential";

/// The key that wraps, and the opened keys of the organizations.
pub struct Credentials {
    kek: Box<dyn Kek>,
    keyring: Mutex<Keyring>,
}

/// An integration's settings and opened secrets, for one call.
pub struct Opened {
    /// The settings that are no secrets.
    pub configuration: BTreeMap<String, String>,
    /// The secrets by the template's key.
    pub secrets: BTreeMap<String, Secret>,
}

impl Credentials {
    /// Over the key that wraps. The caller has checked it against the database.
    pub fn new(kek: Box<dyn Kek>) -> Self {
        Self { kek, keyring: Mutex::new(Keyring::new()) }
    }
}

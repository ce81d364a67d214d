//! API credentials: made once, shown once, kept as a hash.

use kontor_domain::{Ambient, Id, Secret};
use kontor_store::{Conn, api_keys, api_keys::ApiKey, organizations::Organization};
use serde_json::json;

use crate::{Actor, Error, audit, resolve::digest};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is for.
    pub name: String,
    /// What its bearer may do: Admin, `SalesRep` or Customer.
    pub role: String,
    /// Which customer a Customer is.
    pub customer_number: Option<String>,
}

/// New credentials.
pub struct Made {
    /// What is kept.
    pub key: ApiKey,
    /// The secret, this once.
    pub secret: Secret,
}

/// Adds credentials in the caller's transaction.
pub async fn create(
    conn: &mut Conn,
    ambient: &Ambient,
    organization: &Organization,
    actor: &Actor,
    wanted: Wanted,
) -> Result<Made, Error> {
    if api_keys::count(conn, organization.id).await? >= api_keys::MAX_KEYS {
        return Err(Error::TooMany("API credentials"));
    }
    // 256 random bits need no slow hash: nobody guesses them, and login stays fast.
    let secret = Secret::new(format!("kk_{}", hex(&ambient.bytes::<32>())));
    let key = ApiKey {
        id: Id::new(ambient),
        organization: organization.id,
        org_code: organization.code.clone(),
        name: wanted.name,
        role: wanted.role,
        customer_number: wanted.customer_number,
        client_id: format!("kc_{}", hex(&ambient.bytes::<12>())),
        secret_hash: secret_hash(&secret),
        created_at: ambient.now(),
    };
    api_keys::insert(conn, &key).await?;
    let detail = json!({ "fields": fields(&key), "role": key.role });
    let subject = key.id.to_string();
    audit::write(conn, ambient, Some(organization.id), actor, "api_access.created", &subject, &detail)
        .await?;
    Ok(Made { key, secret })
}

/// Which fields were given.
fn fields(key: &ApiKey) -> Vec<&'static str> {
    let given = [("name", true), ("role", true), ("customerNumber", key.customer_number.is_some())];
    given.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
}

/// What is kept of a secret.
pub fn secret_hash(secret: &Secret) -> String {
    digest(secret.expose())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

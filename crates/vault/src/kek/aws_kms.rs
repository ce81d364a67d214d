//! The key in AWS's key service: it wraps there and never leaves it.
//!
//! Every wrapping binds organization and number as the service's encryption context, which its own log shows too, and
//! every call names the key by the address that the service gave at the start: an alias that is moved later changes
//! nothing here. Credentials come from the standard places of AWS's programs. Refuses a key that is not enabled, that
//! signs, or that this caller may not use, before anything is wrapped under it.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_lc_rs::digest;
use aws_sdk_kms::{
    Client,
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::{KeyMetadata, KeySpec, KeyState, KeyUsageType},
};
use data_encoding::HEXLOWER;
use kontor_domain::ambient::Entropy;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Kek, KekError, Owner};

/// What a wrapped key begins with.
const MAGIC: &[u8; 3] = b"KM1";
const KEY: usize = 32;
/// The longest ciphertext that the service makes.
const LONGEST: usize = 6_144;
/// How often a call is tried before it is an outage.
const TRIES: u32 = 3;
/// Time between the tries, in all.
const PAUSES: Duration = Duration::from_secs(3);
const FINGERPRINT_TEXT: &[u8] = b"kontor kek fingerprint 1";
/// The service says so of bytes that are not its own, were changed, or belong to another context or key.
const NOT_ITS_OWN: [&str; 2] = ["InvalidCiphertextException", "IncorrectKeyException"];

/// Where a key is.
#[derive(Debug, Clone)]
pub struct Place {
    /// The key's id, address or alias.
    pub key: String,
    /// The region that it is in.
    pub region: String,
    /// Another address than the region's own.
    pub endpoint: Option<String>,
    /// The longest that one try may take.
    pub timeout: Duration,
}

/// A key-encryption key in the service.
pub struct AwsKmsKek {
    client: Client,
    arn: String,
    fingerprint: String,
}

impl AwsKmsKek {
    /// Finds the key and tries it. Keys are made by whoever administers the service.
    pub async fn open(place: Place) -> Result<Self, KekError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(place.timeout)
            .operation_attempt_timeout(place.timeout)
            .operation_timeout(place.timeout.saturating_mul(TRIES).saturating_add(PAUSES));
        let shared = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(place.region))
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .timeout_config(timeouts.build())
            .load()
            .await;
        let mut config = aws_sdk_kms::config::Builder::from(&shared);
        config.set_endpoint_url(place.endpoint);
        let client = Client::from_conf(config.build());
        let described = client.describe_key().key_id(&place.key).send().await.map_err(|it| refused(&it))?;
        let arn = usable(&place.key, described.key_metadata())?;
        let kek = Self { client, fingerprint: fingerprint(&arn), arn };
        kek.try_out().await?;
        Ok(kek)
    }

    /// Wraps and unwraps nothing of value: what this caller may not do is told now and not by the first secret.
    async fn try_out(&self) -> Result<(), KekError> {
        let nobody = Owner { organization: "", id: 0 };
        let wrapped = self.encrypt(nobody, &[0; KEY]).await?;
        let back = self.unwrap(nobody, &wrapped).await?;
        if back.iter().all(|it| *it == 0) { Ok(()) } else { Err(KekError::DoesNotUnwrap) }
    }

    async fn encrypt(&self, owner: Owner<'_>, key: &[u8; KEY]) -> Result<Vec<u8>, KekError> {
        let asked = self.client.encrypt().key_id(&self.arn).set_encryption_context(Some(context(owner)));
        let answer = asked.plaintext(Blob::new(*key)).send().await.map_err(|it| refused(&it))?;
        let sealed = answer.ciphertext_blob.ok_or_else(odd)?.into_inner();
        let mut wrapped = MAGIC.to_vec();
        wrapped.extend(sealed);
        Ok(wrapped)
    }
}

#[async_trait]
impl Kek for AwsKmsKek {
    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn is_near(&self) -> bool {
        false
    }

    async fn wrap(&self, owner: Owner<'_>, key: &[u8; KEY], _: &dyn Entropy) -> Result<Vec<u8>, KekError> {
        self.encrypt(owner, key).await
    }

    async fn unwrap(&self, owner: Owner<'_>, wrapped: &[u8]) -> Result<Zeroizing<[u8; KEY]>, KekError> {
        let sealed = wrapped.strip_prefix(MAGIC.as_slice()).ok_or(KekError::DoesNotUnwrap)?;
        if sealed.is_empty() || sealed.len() > LONGEST {
            return Err(KekError::DoesNotUnwrap);
        }
        let asked = self.client.decrypt().key_id(&self.arn).set_encryption_context(Some(context(owner)));
        let answer = asked.ciphertext_blob(Blob::new(sealed)).send().await.map_err(|error| {
            let own = error.code().is_none_or(|it| !NOT_ITS_OWN.contains(&it));
            if own { refused(&error) } else { KekError::DoesNotUnwrap }
        })?;
        if answer.key_id().is_some_and(|it| it != self.arn) {
            return Err(KekError::DoesNotUnwrap);
        }
        let mut plain = answer.plaintext.ok_or_else(odd)?.into_inner();
        let mut key = Zeroizing::new([0; KEY]);
        let fits = plain.len() == KEY;
        if fits {
            key.copy_from_slice(&plain);
        }
        plain.zeroize();
        if fits { Ok(key) } else { Err(KekError::DoesNotUnwrap) }
    }
}

/// What the service binds a wrapping to, in words that its log shows.
fn context(owner: Owner<'_>) -> HashMap<String, String> {
    HashMap::from([
        ("kontor:purpose".to_owned(), "dek 1".to_owned()),
        ("kontor:organization".to_owned(), owner.organization.to_owned()),
        ("kontor:dek".to_owned(), owner.id.to_string()),
    ])
}

/// The key's address, where it is one that wraps.
fn usable(asked: &str, key: Option<&KeyMetadata>) -> Result<String, KekError> {
    let wrong = |why: String| KekError::Device(format!("the key {asked} in the key service {why}"));
    let key = key.ok_or_else(odd)?;
    let kind = (key.key_usage(), key.key_spec());
    if kind != (Some(&KeyUsageType::EncryptDecrypt), Some(&KeySpec::SymmetricDefault)) {
        return Err(wrong("is none that encrypts symmetrically".to_owned()));
    }
    match key.key_state() {
        Some(KeyState::Enabled) => {}
        other => {
            let state = other.map_or("in no known state", KeyState::as_str);
            return Err(wrong(format!("is not enabled but {state}")));
        }
    }
    key.arn().map(str::to_owned).ok_or_else(odd)
}

/// Names the key by its address. One that is replicated has the same name in each region: it is the same key.
fn fingerprint(arn: &str) -> String {
    let mut parts: Vec<&str> = arn.split(':').collect();
    if parts.last().is_some_and(|it| it.starts_with("key/mrk-"))
        && let Some(region) = parts.get_mut(3)
    {
        *region = "";
    }
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(FINGERPRINT_TEXT);
    hash.update(parts.join(":").as_bytes());
    let hash = hash.finish();
    let (half, _) = hash.as_ref().split_at(16);
    format!("aws-kms-{}", HEXLOWER.encode(half))
}

fn odd() -> KekError {
    KekError::Device("the key service answered without what was asked for".to_owned())
}

/// The service's own code and words, or why nobody answered. Neither has what was sent.
fn refused<E>(error: &SdkError<E, HttpResponse>) -> KekError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    KekError::Device(match error {
        SdkError::ServiceError(it) => {
            let (code, words) =
                (it.err().code().unwrap_or("no code"), it.err().message().unwrap_or_default());
            format!("the key service refused: {code} {words}").trim_end().to_owned()
        }
        other => format!("the key service cannot be asked: {}", DisplayErrorContext(other)),
    })
}

#[cfg(test)]
mod tests;

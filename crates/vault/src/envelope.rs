//! The record: a value sealed under a key of its own, bound to its place (vault.md, Envelope).
//!
//! Each record draws a salt; HKDF-SHA-256 over the organization's key and the place gives the encryption key and
//! a commitment to it. Moved anywhere else, or opened with another key, a record does not open.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};
use kontor_domain::{Secret, ambient::Entropy};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::Dek;

/// What a record begins with.
pub const MAGIC: &[u8; 3] = b"KV1";
/// The one suite there is: HKDF-SHA-256 and AES-256-GCM.
pub const SUITE: u8 = 1;
/// The longest secret, in bytes.
pub const MAX_SECRET: usize = 64 * 1024;

const SALT: usize = 16;
const COMMITMENT: usize = 32;
const KEY: usize = 32;
const TAG: usize = 16;
/// Magic, suite, key id, salt, nonce, commitment.
const HEAD: usize = 3 + 1 + 4 + SALT + NONCE_LEN + COMMITMENT;

/// Where a record belongs. All of it is bound into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The organization's id.
    pub organization: String,
    /// The integration's id.
    pub integration: String,
    /// The template's key of the secret.
    pub field: String,
    /// Grows with each new value of the field.
    pub version: u32,
    /// What the value is for.
    pub purpose: String,
}

impl Context {
    /// The canonical bytes: each text behind its length, so that no two places have the same.
    pub fn encoded(&self) -> Vec<u8> {
        let mut bytes = b"kontor place 1".to_vec();
        for text in [&self.organization, &self.integration, &self.field, &self.purpose] {
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend(self.version.to_be_bytes());
        bytes
    }
}

/// Why a value was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Larger than [`MAX_SECRET`].
    #[error("the secret is larger than {MAX_SECRET} bytes")]
    TooLarge,
    /// The cryptographic library refused.
    #[error("sealing failed")]
    Failed,
}

/// Why a record was not opened. None of them shows a byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short, too long, or not a record.
    #[error("the record is malformed")]
    Malformed,
    /// Written by something newer.
    #[error("the record's suite {0} is unknown to this version")]
    UnknownSuite(u8),
    /// It names another key.
    #[error("the record is sealed under key {0}")]
    OtherKey(u32),
    /// It was changed, moved from its place, or sealed under another key of this number.
    #[error("the record does not open here: it was changed or moved, or the key is another one")]
    DoesNotOpen,
}

/// The number of the key that a record is sealed under.
pub fn dek_id(record: &[u8]) -> Result<u32, OpenError> {
    Ok(parse(record)?.dek_id)
}

/// Seals a value for its place.
pub fn seal(dek: &Dek, place: &Context, value: &Secret, entropy: &dyn Entropy) -> Result<Vec<u8>, SealError> {
    let plain = value.expose().as_bytes();
    if plain.len() > MAX_SECRET {
        return Err(SealError::TooLarge);
    }
    let mut salt = [0; SALT];
    entropy.fill(&mut salt);
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let place = place.encoded();
    let derived = derive(dek, &salt, &place).ok_or(SealError::Failed)?;
    let mut record = Vec::with_capacity(HEAD.saturating_add(plain.len()).saturating_add(TAG));
    record.extend(MAGIC);
    record.push(SUITE);
    record.extend(dek.id().to_be_bytes());
    record.extend(salt);
    record.extend(nonce);
    record.extend(derived.commitment());
    // Full capacity from the start: the plain text never lies in a buffer that is left behind.
    let mut body = Zeroizing::new(Vec::with_capacity(plain.len().saturating_add(TAG)));
    body.extend_from_slice(plain);
    let key = derived.key().ok_or(SealError::Failed)?;
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&place), &mut *body)
        .map_err(|_| SealError::Failed)?;
    record.extend_from_slice(&body);
    Ok(record)
}

/// Opens a record in its place.
pub fn open(dek: &Dek, place: &Context, record: &[u8]) -> Result<Secret, OpenError> {
    let record = parse(record)?;
    if record.dek_id != dek.id() {
        return Err(OpenError::OtherKey(record.dek_id));
    }
    let place = place.encoded();
    let derived = derive(dek, record.salt, &place).ok_or(OpenError::DoesNotOpen)?;
    // Before anything is decrypted: a record that was made to open under two keys opens under none.
    if !bool::from(derived.commitment().ct_eq(record.commitment)) {
        return Err(OpenError::DoesNotOpen);
    }
    let key = derived.key().ok_or(OpenError::DoesNotOpen)?;
    let mut body = Zeroizing::new(record.sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(record.nonce);
    let plain = key.open_in_place(nonce, Aad::from(&place), &mut body).map_err(|_| OpenError::DoesNotOpen)?;
    let text = std::str::from_utf8(plain).map_err(|_| OpenError::DoesNotOpen)?;
    Ok(Secret::new(text.to_owned()))
}

struct Parsed<'a> {
    dek_id: u32,
    salt: &'a [u8],
    nonce: [u8; NONCE_LEN],
    commitment: &'a [u8],
    sealed: &'a [u8],
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, OpenError> {
    let (magic, rest) = record.split_first_chunk::<3>().ok_or(OpenError::Malformed)?;
    let (suite, rest) = rest.split_first().ok_or(OpenError::Malformed)?;
    if magic != MAGIC {
        return Err(OpenError::Malformed);
    }
    if *suite != SUITE {
        return Err(OpenError::UnknownSuite(*suite));
    }
    let (dek_id, rest) = rest.split_first_chunk::<4>().ok_or(OpenError::Malformed)?;
    let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or(OpenError::Malformed)?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Malformed)?;
    let (commitment, sealed) = rest.split_first_chunk::<COMMITMENT>().ok_or(OpenError::Malformed)?;
    if sealed.len() < TAG || sealed.len() > MAX_SECRET.saturating_add(TAG) {
        return Err(OpenError::Malformed);
    }
    Ok(Parsed { dek_id: u32::from_be_bytes(*dek_id), salt, nonce: *nonce, commitment, sealed })
}

/// Encryption key and commitment, from the organization's key, the record's salt and its place.
struct Derived(Zeroizing<[u8; KEY + COMMITMENT]>);

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY + COMMITMENT
    }
}

fn derive(dek: &Dek, salt: &[u8], place: &[u8]) -> Option<Derived> {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, salt);
    let prk = salt.extract(dek.expose());
    let mut bytes = Zeroizing::new([0; KEY + COMMITMENT]);
    let info = [place];
    prk.expand(&info, Length).ok()?.fill(bytes.as_mut_slice()).ok()?;
    Some(Derived(bytes))
}

impl Derived {
    fn key(&self) -> Option<LessSafeKey> {
        let (key, _) = self.0.split_at(KEY);
        UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
    }

    fn commitment(&self) -> &[u8] {
        self.0.split_at(KEY).1
    }
}

#[cfg(test)]
mod tests;

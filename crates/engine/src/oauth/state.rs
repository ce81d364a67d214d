//! The state that travels through a provider and a browser: signed, bound, and dead after a while.
//!
//! Pure. Whether a state was taken already is the database's to say; everything else is in the state itself and is
//! checked before anything is looked up. Refuses to say of a forged one whose it claims to be.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use kontor_domain::{
    Id, Secret,
    ids::{ConsentId, IntegrationId, OrganizationId},
};
use sha2::{Digest, Sha256};

/// The form of the state; a later one gets another number.
const FORM: u8 = 1;
/// What the key is derived for, so that no other signature of the installation fits.
const LABEL: &[u8] = b"kontor oauth state 1";
/// Bytes of a name's hash: enough that no two users or providers are taken for each other.
const NAME: usize = 16;
/// Form, three ids, the end, two names.
const PAYLOAD: usize = 1 + 16 * 3 + 8 + NAME * 2;
/// Bytes of the signature.
const SIGNATURE: usize = 32;

/// What states are signed with.
pub struct StateKey(hmac::Key);

impl StateKey {
    /// Derived from the installation's secret, which all of its processes share.
    pub fn derive(secret: &Secret) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, LABEL).as_ref()))
    }
}

/// What a state is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The way it belongs to.
    pub consent: ConsentId,
    /// Whose.
    pub organization: OrganizationId,
    /// For which integration.
    pub integration: IntegrationId,
    /// Until when.
    pub expires_at: Timestamp,
    user: [u8; NAME],
    provider: [u8; NAME],
}

impl Claims {
    /// Binds a way to its organization, integration, user and provider.
    pub fn new(
        consent: ConsentId,
        organization: OrganizationId,
        integration: IntegrationId,
        expires_at: Timestamp,
        user: &str,
        provider: &str,
    ) -> Self {
        Self { consent, organization, integration, expires_at, user: name(user), provider: name(provider) }
    }

    /// Whether it was made for this user.
    pub fn is_user(&self, user: &str) -> bool {
        self.user == name(user)
    }

    /// Whether it was made for this provider.
    pub fn is_provider(&self, provider: &str) -> bool {
        self.provider == name(provider)
    }

    fn payload(&self) -> [u8; PAYLOAD] {
        let mut bytes = [0; PAYLOAD];
        let parts: [&[u8]; 7] = [
            &[FORM],
            &self.consent.bytes(),
            &self.organization.bytes(),
            &self.integration.bytes(),
            &self.expires_at.as_microsecond().to_be_bytes(),
            &self.user,
            &self.provider,
        ];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    fn read(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        let mut left: &[u8] = bytes;
        let [form] = part::<1>(&mut left)?;
        if form != FORM {
            return None;
        }
        Some(Self {
            consent: Id::from_bytes(part(&mut left)?),
            organization: Id::from_bytes(part(&mut left)?),
            integration: Id::from_bytes(part(&mut left)?),
            expires_at: Timestamp::from_microsecond(i64::from_be_bytes(part(&mut left)?)).ok()?,
            user: part(&mut left)?,
            provider: part(&mut left)?,
        })
    }
}

/// Why a state is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is none of ours, or was changed on the way.
    Forged,
    /// Its time is over.
    Late(Claims),
    /// It was made for another provider.
    OtherProvider(Claims),
}

/// Signs a state.
pub fn seal(key: &StateKey, claims: &Claims) -> String {
    let payload = claims.payload();
    let mut bytes = payload.to_vec();
    bytes.extend_from_slice(hmac::sign(&key.0, &payload).as_ref());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Reads a state that came back from a provider.
pub fn open(key: &StateKey, text: &str, provider: &str, now: Timestamp) -> Result<Claims, Refused> {
    let claims = signed(key, text).ok_or(Refused::Forged)?;
    if !claims.is_provider(provider) {
        return Err(Refused::OtherProvider(claims));
    }
    if claims.expires_at <= now {
        return Err(Refused::Late(claims));
    }
    Ok(claims)
}

/// The claims of a text that we signed; the signature is compared in constant time.
fn signed(key: &StateKey, text: &str) -> Option<Claims> {
    if text.len() != (PAYLOAD + SIGNATURE).div_ceil(3) * 4 - padding() {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (payload, signature) = bytes.split_first_chunk::<PAYLOAD>()?;
    hmac::verify(&key.0, payload, signature).ok()?;
    Claims::read(payload)
}

/// Letters that the unpadded form leaves out.
const fn padding() -> usize {
    (3 - (PAYLOAD + SIGNATURE) % 3) % 3
}

fn part<const N: usize>(left: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = left.split_first_chunk::<N>()?;
    *left = rest;
    Some(*first)
}

fn name(text: &str) -> [u8; NAME] {
    let mut short = [0; NAME];
    for (place, byte) in short.iter_mut().zip(Sha256::digest(text.as_bytes())) {
        *place = byte;
    }
    short
}

#[cfg(test)]
mod tests;

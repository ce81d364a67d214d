//! The key in a hardware security module, by PKCS#11: it wraps inside of the token and never leaves it.
//!
//! AES-256-GCM in the token, so that what is wrapped is bound to its place as with the key in a file. A key that the
//! token would hand out is refused.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{Mechanism, aead::GcmParams},
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use data_encoding::HEXLOWER;
use kontor_domain::{Secret, ambient::Entropy};
use zeroize::Zeroizing;

use super::{Kek, KekError, Owner, local::MAGIC};

const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;
const TAG_BITS: u64 = 128;
/// Kept for the fingerprint; a wrapping draws its nonce and has this one with a chance of 2^-96.
const FINGERPRINT_NONCE: [u8; NONCE] = [0; NONCE];
const FINGERPRINT_TEXT: &[u8] = b"kontor kek fingerprint 1";

/// Where a key is in which token.
#[derive(Clone)]
pub struct Place {
    /// The module's shared library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's label.
    pub key: String,
    /// The user's PIN.
    pub pin: Secret,
}

/// A key-encryption key in a token.
pub struct Pkcs11Kek {
    inner: Arc<Inner>,
    fingerprint: String,
}

struct Inner {
    module: Pkcs11,
    place: Place,
    // One call at a time: tokens have few sessions.
    busy: Mutex<()>,
}

impl Pkcs11Kek {
    /// Finds the key. Makes it where there is none and `make` says so.
    pub async fn open(place: Place, make: bool) -> Result<Self, KekError> {
        blocking(move || {
            let module = Pkcs11::new(&place.module).map_err(|error| {
                KekError::Device(format!("the PKCS#11 module {}: {error}", place.module.display()))
            })?;
            match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
                Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
                Err(error) => return Err(device(&error)),
            }
            let inner = Inner { module, place, busy: Mutex::new(()) };
            let tag = inner.with_key(make, |session, key| {
                let mut nonce = FINGERPRINT_NONCE;
                gcm_encrypt(session, key, &mut nonce, FINGERPRINT_TEXT, FINGERPRINT_TEXT)
            })?;
            let tag = tag.get(FINGERPRINT_TEXT.len()..).unwrap_or_default();
            let fingerprint = format!("pkcs11-{}", HEXLOWER.encode(tag));
            Ok(Self { inner: Arc::new(inner), fingerprint })
        })
        .await
    }
}

#[async_trait]
impl Kek for Pkcs11Kek {
    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    fn is_near(&self) -> bool {
        false
    }

    async fn wrap(
        &self,
        owner: Owner<'_>,
        key: &[u8; KEY],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KekError> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let (inner, place, plain) = (Arc::clone(&self.inner), owner.bytes(), Zeroizing::new(*key));
        blocking(move || {
            let mut wrapped = MAGIC.to_vec();
            wrapped.extend(nonce);
            let sealed = inner.with_key(false, |session, key| {
                gcm_encrypt(session, key, &mut nonce, &place, plain.as_slice())
            })?;
            wrapped.extend(sealed);
            Ok(wrapped)
        })
        .await
    }

    async fn unwrap(&self, owner: Owner<'_>, wrapped: &[u8]) -> Result<Zeroizing<[u8; KEY]>, KekError> {
        let rest = wrapped.strip_prefix(MAGIC.as_slice()).ok_or(KekError::DoesNotUnwrap)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(KekError::DoesNotUnwrap)?;
        if sealed.len() != KEY + TAG {
            return Err(KekError::DoesNotUnwrap);
        }
        let (inner, place, sealed) = (Arc::clone(&self.inner), owner.bytes(), sealed.to_vec());
        let mut nonce = *nonce;
        blocking(move || {
            let plain = inner.with_key(false, |session, key| {
                let parameters =
                    GcmParams::new(&mut nonce, &place, TAG_BITS.into()).map_err(|it| device(&it))?;
                match session.decrypt(&Mechanism::AesGcm(parameters), key, &sealed) {
                    Ok(plain) => Ok(Zeroizing::new(plain)),
                    Err(error) if is_refusal(&error) => Err(KekError::DoesNotUnwrap),
                    Err(error) => Err(device(&error)),
                }
            })?;
            let mut key = Zeroizing::new([0; KEY]);
            if plain.len() != KEY {
                return Err(KekError::DoesNotUnwrap);
            }
            key.copy_from_slice(&plain);
            Ok(key)
        })
        .await
    }
}

impl Inner {
    /// Opens a session for one use of the key. Keys are asked for seldom and then kept unwrapped: a session that is
    /// always new survives a token that was taken out meanwhile.
    fn with_key<T>(
        &self,
        make: bool,
        used: impl FnOnce(&Session, ObjectHandle) -> Result<T, KekError>,
    ) -> Result<T, KekError> {
        let _alone = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = self.slot()?;
        let session =
            if make { self.module.open_rw_session(slot) } else { self.module.open_ro_session(slot) };
        let session = session.map_err(|it| device(&it))?;
        let pin = AuthPin::from(self.place.pin.expose().to_owned());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(device(&error)),
        }
        let key = match self.find(&session)? {
            Some(key) => key,
            None if make => self.make(&session)?,
            None => {
                let (token, key) = (self.place.token.clone(), self.place.key.clone());
                return Err(KekError::NoSuchKey { token, key });
            }
        };
        used(&session, key)
    }

    fn slot(&self) -> Result<Slot, KekError> {
        for slot in self.module.get_slots_with_token().map_err(|it| device(&it))? {
            let token = self.module.get_token_info(slot).map_err(|it| device(&it))?;
            if token.label() == self.place.token {
                return Ok(slot);
            }
        }
        Err(KekError::Device(format!("no token labelled {} is in the module's slots", self.place.token)))
    }

    fn find(&self, session: &Session) -> Result<Option<ObjectHandle>, KekError> {
        let wanted = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(true),
            Attribute::Label(self.place.key.clone().into_bytes()),
        ];
        let found = session.find_objects(&wanted).map_err(|it| device(&it))?;
        let key = match found.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            several => {
                let message = format!("{} AES keys are labelled {}", several.len(), self.place.key);
                return Err(KekError::Device(message));
            }
        };
        let asked = [AttributeType::Sensitive, AttributeType::Extractable];
        let kept = session.get_attributes(key, &asked).map_err(|it| device(&it))?;
        let leaves =
            kept.iter().any(|it| matches!(it, Attribute::Sensitive(false) | Attribute::Extractable(true)));
        if leaves {
            let message =
                format!("the token would hand the key {} out: make one that it keeps", self.place.key);
            return Err(KekError::Device(message));
        }
        Ok(Some(key))
    }

    fn make(&self, session: &Session) -> Result<ObjectHandle, KekError> {
        let attributes = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::ValueLen(32.into()),
            Attribute::Label(self.place.key.clone().into_bytes()),
        ];
        session.generate_key(&Mechanism::AesKeyGen, &attributes).map_err(|it| device(&it))
    }
}

fn gcm_encrypt(
    session: &Session,
    key: ObjectHandle,
    nonce: &mut [u8; NONCE],
    place: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, KekError> {
    let parameters = GcmParams::new(nonce, place, TAG_BITS.into()).map_err(|it| device(&it))?;
    session.encrypt(&Mechanism::AesGcm(parameters), key, plain).map_err(|it| device(&it))
}

/// The token looked at the bytes and found that they are not its own. SoftHSM says so with the general error.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange | RvError::GeneralError,
            _
        )
    )
}

fn device(error: &Error) -> KekError {
    KekError::Device(format!("the token refused: {error}"))
}

/// A token may take its time; the threads that serve requests do not wait for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KekError> + Send + 'static,
) -> Result<T, KekError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(KekError::Device("the call to the token ended without an answer".to_owned())))
}

#[cfg(test)]
mod tests;

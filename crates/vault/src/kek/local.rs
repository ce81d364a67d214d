//! The key in a file: 32 bytes, readable by its owner alone, made on the first start.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use async_trait::async_trait;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use data_encoding::HEXLOWER;
use kontor_domain::ambient::Entropy;
use zeroize::Zeroizing;

use super::{Kek, KekError, Owner};

/// What a wrapped key begins with.
pub(super) const MAGIC: &[u8; 3] = b"KW1";
const KEY: usize = 32;
const TAG: usize = 16;

/// A key-encryption key from a file.
pub struct LocalKek {
    key: Zeroizing<[u8; KEY]>,
}

impl LocalKek {
    /// Reads the key. Refuses a file that others may read, that is no regular file, or that has another size.
    pub fn load(path: &Path) -> Result<Self, KekError> {
        // A link could lead to a file that somebody else owns.
        if !fs::symlink_metadata(path).map_err(KekError::File)?.is_file() {
            return Err(KekError::NotAKey);
        }
        let mut file = File::open(path).map_err(KekError::File)?;
        let facts = file.metadata().map_err(KekError::File)?;
        if facts.mode() & 0o077 != 0 {
            return Err(KekError::Readable(facts.mode() & 0o777));
        }
        if facts.len() != KEY as u64 {
            return Err(KekError::NotAKey);
        }
        let mut key = Zeroizing::new([0; KEY]);
        file.read_exact(key.as_mut_slice()).map_err(KekError::File)?;
        Ok(Self { key })
    }

    /// Makes a key. Refuses where a file is already; on disk before it is used.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KekError> {
        let mut key = Zeroizing::new([0; KEY]);
        entropy.fill(key.as_mut_slice());
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(KekError::File)?;
        file.write_all(key.as_slice()).and_then(|()| file.sync_all()).map_err(KekError::File)?;
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|it| it.sync_all()).map_err(KekError::File)?;
        Ok(Self { key })
    }

    /// Reads the key, or makes it where there is none.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KekError> {
        match Self::load(path) {
            Err(KekError::File(error)) if error.kind() == ErrorKind::NotFound => {
                match Self::create(path, entropy) {
                    // Another process was faster.
                    Err(KekError::File(error)) if error.kind() == ErrorKind::AlreadyExists => {
                        Self::load(path)
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    fn cipher(&self) -> Result<LessSafeKey, KekError> {
        let key = UnboundKey::new(&AES_256_GCM, self.key.as_slice()).map_err(|_| KekError::NotAKey)?;
        Ok(LessSafeKey::new(key))
    }
}

#[async_trait]
impl Kek for LocalKek {
    fn fingerprint(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.as_slice());
        let tag = hmac::sign(&key, b"kontor kek fingerprint 1");
        let (half, _) = tag.as_ref().split_at(16);
        format!("local-{}", HEXLOWER.encode(half))
    }

    fn is_near(&self) -> bool {
        true
    }

    async fn wrap(
        &self,
        owner: Owner<'_>,
        key: &[u8; KEY],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KekError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut body = Zeroizing::new(Vec::with_capacity(KEY + TAG));
        body.extend_from_slice(key);
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner.bytes()),
                &mut *body,
            )
            .map_err(|_| KekError::DoesNotUnwrap)?;
        let mut wrapped = MAGIC.to_vec();
        wrapped.extend(nonce);
        wrapped.extend_from_slice(&body);
        Ok(wrapped)
    }

    async fn unwrap(&self, owner: Owner<'_>, wrapped: &[u8]) -> Result<Zeroizing<[u8; KEY]>, KekError> {
        let rest = wrapped.strip_prefix(MAGIC.as_slice()).ok_or(KekError::DoesNotUnwrap)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KekError::DoesNotUnwrap)?;
        let mut body = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .cipher()?
            .open_in_place(nonce, Aad::from(owner.bytes()), &mut body)
            .map_err(|_| KekError::DoesNotUnwrap)?;
        let mut key = Zeroizing::new([0; KEY]);
        if plain.len() != KEY {
            return Err(KekError::DoesNotUnwrap);
        }
        key.copy_from_slice(plain);
        Ok(key)
    }
}

#[cfg(test)]
mod tests;

//! A value that must not be seen: no `Debug`, no `Display`, no `Serialize`, wiped when dropped.
//!
//! It stands in `domain` because the vault makes it and the adapters use it, and neither knows the other.

use zeroize::Zeroizing;

/// A secret text, such as an account token. Wiped from memory on drop (vault.md, In the program).
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text over; the caller's copy is moved, not copied.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The plain text. Whoever calls this puts it into the provider's request and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests;

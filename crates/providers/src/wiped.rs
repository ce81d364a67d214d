//! A request's text that is wiped when it is dropped, and wherever it has to move while it grows.
//!
//! Owns the one place in which a card number is written down on its way out. Refuses to be copied or shown.

use std::io;

use zeroize::Zeroizing;

/// Room from the beginning, in bytes: what the largest request takes.
const ROOM: usize = 16 * 1024;

/// The text. No Debug, no Display, no Clone.
pub(crate) struct Wiped(Zeroizing<String>);

impl Wiped {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::with_room(ROOM)
    }

    fn with_room(bytes: usize) -> Self {
        Self(Zeroizing::new(String::with_capacity(bytes)))
    }

    /// Appends. Growing in place would leave the old bytes behind in freed memory: it moves by hand instead.
    pub(crate) fn push_str(&mut self, text: &str) {
        let needed = self.0.len().saturating_add(text.len());
        if needed > self.0.capacity() {
            let mut larger = Self::with_room(needed.saturating_mul(2));
            larger.0.push_str(&self.0);
            *self = larger;
        }
        self.0.push_str(text);
    }

    /// The text. Whoever calls this sends it and does nothing else with it.
    #[cfg(test)]
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The same memory as bytes, to be sent.
    pub(crate) fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(std::mem::take(&mut *self.0).into_bytes())
    }
}

impl io::Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        self.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

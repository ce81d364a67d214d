//! Time and randomness, as values that are passed down.
//!
//! The binary makes one [`Ambient`]; everything below it asks that one, so that a test can stand the
//! clock still and draw the same ids twice.

use std::sync::Arc;

use jiff::Timestamp;

/// A source of the current instant (UTC).
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// A source of random bytes, fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The two ambient sources together.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Ambient {
    /// Joins a clock and a random source.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// The random source itself.
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// 16 decimal digits, the first not zero: the reference that a provider carries back (money.md, Claim).
    pub fn reference(&self) -> String {
        const SPAN: u64 = 9_000_000_000_000_000;
        let drawn = u64::from_be_bytes(self.bytes::<8>()) % SPAN;
        drawn.saturating_add(1_000_000_000_000_000).to_string()
    }
}

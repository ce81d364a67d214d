//! Real time and real randomness: the one place where they enter.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use jiff::Timestamp;
use kontor_domain::{
    Ambient,
    ambient::{Clock, Entropy},
};

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where real time enters")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        #[cfg(feature = "crash-points")]
        let now = kontor_store::crash::shifted(now);
        now
    }
}

struct SystemEntropy(SystemRandom);

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if self.0.fill(bytes).is_err() {
            // Keys and ids without randomness would be worse than no service at all.
            tracing::error!("the system has no randomness");
            std::process::abort();
        }
    }
}

/// The system's clock and randomness.
pub(crate) fn ambient() -> Ambient {
    Ambient::new(Arc::new(SystemClock), Arc::new(SystemEntropy(SystemRandom::new())))
}

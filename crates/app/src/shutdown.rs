//! Ends cleanly on SIGTERM and Ctrl-C, whichever comes first.
//!
//! Owns the listening: it begins before anything is said to be ready, for whoever reads that may ask at once.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from here on for somebody who asks the process to end.
pub(crate) struct Shutdown {
    term: Signal,
    int: Signal,
}

impl Shutdown {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Waits until somebody asks; at once where somebody has.
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.term.recv() => tracing::info!("asked to end by SIGTERM"),
            _ = self.int.recv() => tracing::info!("asked to end by SIGINT"),
        }
    }
}

//! Ends cleanly on SIGTERM and Ctrl-C, whichever comes first.

use tokio::signal::unix::{SignalKind, signal};

/// Waits until somebody asks the process to end.
pub(crate) async fn asked() -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = term.recv() => tracing::info!("asked to end by SIGTERM"),
        _ = int.recv() => tracing::info!("asked to end by SIGINT"),
    }
    Ok(())
}

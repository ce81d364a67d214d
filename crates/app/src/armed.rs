//! The sweep as tests steer it, where the program is built to be stopped at points: also when it is asked for.
//!
//! A test that moves the clock wants to know that a sweep saw it. Refuses to be part of any other build.

use std::{sync::Arc, time::Duration};

use kontor_engine::Engine;
use kontor_store::crash;
use tokio::sync::watch;

/// How often the file is looked at that asks for sweeps.
const LOOK: Duration = Duration::from_millis(8);

/// Sweeps in its own time and whenever it is asked to, until `stop` says true.
pub(crate) async fn sweep_forever(engine: Arc<Engine>, owner: String, mut stop: watch::Receiver<bool>) {
    if crash::sweep().is_none() {
        return engine.sweep_forever(owner, stop).await;
    }
    let mut tick = tokio::time::interval(engine.settings.sweep);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let asked = tokio::select! {
            _ = tick.tick() => false,
            () = asked() => true,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let swept = engine.sweep(&owner).await;
        // In its own time elsewhere; here whoever asked looks at what follows from it.
        let linked = engine.link_chains().await;
        match swept.and(linked) {
            Ok(_) if asked => crash::swept(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the sweep did not end; the next one goes on"),
        }
    }
}

async fn asked() {
    while !crash::sweep_is_asked() {
        tokio::time::sleep(LOOK).await;
    }
}

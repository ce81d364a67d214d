//! A company's gate for somebody who would rather wait a little than be refused: a person who tests a connection.
//!
//! Refuses to wait longer than it was told to, all pauses of one call together, and to wait for what would take longer
//! anyway: then it says so at once.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    gate::{Errand, Gate, Pass},
    pace::CompanyGate,
};
use crate::pace::HeldBack;

/// The shortest pause: so many at the most fit into any wait.
const SHORTEST: Duration = Duration::from_millis(10);

type Pause = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A gate that waits.
pub struct Patient {
    gate: CompanyGate,
    most: Duration,
    pause: Pause,
}

impl CompanyGate {
    /// The same gate, before which each call waits so long at the most.
    pub fn patient(self, most: Duration) -> Patient {
        Patient { gate: self, most, pause: Arc::new(|it| Box::pin(tokio::time::sleep(it))) }
    }
}

#[async_trait]
impl Gate for Patient {
    async fn enter(&self, errand: Errand) -> Result<Pass, HeldBack> {
        let mut left = self.most;
        loop {
            let held = match self.gate.pass(errand) {
                Ok(pass) => return Ok(pass),
                Err(held) => held,
            };
            let pause = held.wait.max(SHORTEST);
            left = left.checked_sub(pause).ok_or(held)?;
            (self.pause)(pause).await;
        }
    }

    fn hold(&self, wait: Duration) {
        self.gate.hold(wait);
    }
}

#[cfg(test)]
mod tests;

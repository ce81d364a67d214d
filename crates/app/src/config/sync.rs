//! How books are kept in step: how often changes are asked for, and how long something is waited for.

use std::time::Duration;

use kontor_engine::sync::Pace;

use super::source::Source;

/// The settings under `sync`.
#[derive(Debug, Clone)]
pub(super) struct Sync {
    poll: u64,
    handover: u64,
    believe: u64,
    compare: u64,
}

impl Sync {
    pub(super) fn read(source: &mut Source) -> Self {
        Self {
            poll: source.number("sync.poll_seconds", 1..=86_400).unwrap_or(300),
            handover: source.number("sync.handover_seconds", 0..=3_600).unwrap_or(61),
            believe: source.number("sync.believe_seconds", 1..=3_600).unwrap_or(150),
            compare: source.number("sync.compare_seconds", 60..=2_592_000).unwrap_or(86_400),
        }
    }

    pub(super) fn pace(&self) -> Pace {
        Pace {
            poll: Duration::from_secs(self.poll),
            handover: Duration::from_secs(self.handover),
            believe: Duration::from_secs(self.believe),
            compare: Duration::from_secs(self.compare),
        }
    }

    /// By their names.
    pub(super) fn figures(&self) -> [(&'static str, u64); 4] {
        [
            ("poll_seconds", self.poll),
            ("handover_seconds", self.handover),
            ("believe_seconds", self.believe),
            ("compare_seconds", self.compare),
        ]
    }
}

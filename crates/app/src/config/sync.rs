//! How books are kept in step: how often changes are asked for, and how long something is waited for.

use std::{ops::RangeInclusive, time::Duration};

use kontor_engine::sync::Pace;

use super::source::Source;

/// The settings under `sync`.
pub(super) fn read(source: &mut Source) -> Pace {
    let usual = Pace::default();
    let mut seconds = |key: &str, range: RangeInclusive<u64>, usual: Duration| {
        source.number(key, range).map_or(usual, Duration::from_secs)
    };
    Pace {
        poll: seconds("sync.poll_seconds", 1..=86_400, usual.poll),
        handover: seconds("sync.handover_seconds", 0..=3_600, usual.handover),
        believe: seconds("sync.believe_seconds", 1..=3_600, usual.believe),
        compare: seconds("sync.compare_seconds", 60..=2_592_000, usual.compare),
    }
}

/// By their names.
pub(super) fn figures(it: &Pace) -> [(&'static str, u64); 4] {
    [
        ("poll_seconds", it.poll.as_secs()),
        ("handover_seconds", it.handover.as_secs()),
        ("believe_seconds", it.believe.as_secs()),
        ("compare_seconds", it.compare.as_secs()),
    ]
}

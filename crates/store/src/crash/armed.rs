//! Points that are armed, by files of the folder that `CRASH_CONTROL` names: a test writes them while the program runs.
//!
//! `point` holds a word of the test's own, a name, and at the how manieth pass to stop; `passed` gets a line for each
//! pass; `clock` says by how many seconds time is ahead; `sweep` how many milliseconds lie between two sweeps; `asked`
//! how many sweeps were asked for in all, and `swept` how many of these were made.

use std::{
    fs::{File, read_to_string},
    io::Write as _,
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

/// What is armed, as the file has it, and how often it was passed since.
static PASSES: Mutex<(String, u64)> = Mutex::new((String::new(), 0));

#[expect(clippy::disallowed_methods, reason = "tests alone steer this, and no setting may name it")]
fn file(name: &str) -> Option<PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| std::env::var_os("CRASH_CONTROL").map(PathBuf::from));
    folder.as_ref().map(|it| it.join(name))
}

fn text(name: &str) -> Option<String> {
    read_to_string(file(name)?).ok()
}

/// Writes the pass down, and stops where this is the one that is armed.
pub(super) fn pass(place: &str, side: &str) {
    let Some(passed) = file("passed") else { return };
    let name = format!("{place}.{side}");
    let mut seen = PASSES.lock().unwrap_or_else(PoisonError::into_inner);
    let line = format!("{name}\n");
    let _written =
        File::options().create(true).append(true).open(passed).map(|mut it| it.write_all(line.as_bytes()));
    let armed = text("point").unwrap_or_default();
    if seen.0 != armed {
        *seen = (armed, 0);
    }
    let mut words = seen.0.split_whitespace().skip(1);
    let is_meant = words.next() == Some(name.as_str());
    let nth = words.next().and_then(|it| it.parse().ok()).unwrap_or(1);
    if is_meant {
        seen.1 = seen.1.saturating_add(1);
        if seen.1 == nth {
            // No destructor runs and nothing is flushed.
            std::process::abort();
        }
    }
}

/// The time, as far ahead as the test wants it.
pub fn shifted(now: Timestamp) -> Timestamp {
    let ahead = text("clock").and_then(|it| it.trim().parse().ok()).unwrap_or(0);
    now.saturating_add(SignedDuration::from_secs(ahead)).unwrap_or(now)
}

/// How long to wait between two sweeps; none for the setting.
pub fn sweep() -> Option<Duration> {
    text("sweep").and_then(|it| it.trim().parse().ok()).map(Duration::from_millis)
}

/// Whether a sweep is asked for that was not made yet.
pub fn sweep_is_asked() -> bool {
    number("asked") > number("swept")
}

/// A sweep that was asked for before it began has ended.
pub fn swept() {
    let Some(swept) = file("swept") else { return };
    let beside = swept.with_extension("new");
    // Moved in one step: nobody reads half a number.
    let written = std::fs::write(&beside, number("swept").saturating_add(1).to_string());
    let _moved = written.and_then(|()| std::fs::rename(&beside, &swept));
}

fn number(name: &str) -> u64 {
    text(name).and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}

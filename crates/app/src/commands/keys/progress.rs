//! How far a long work is, on a terminal; and where a test ends the process.

use std::io::{IsTerminal as _, Write as _};

use kontor_engine::credentials::Watch;

/// The bar's width in letters.
const WIDTH: u64 = 30;

/// A bar on stderr.
pub(super) struct Progress {
    what: &'static str,
    of: u64,
    seen: u64,
    stop_after: Option<u64>,
    shown: bool,
}

impl Progress {
    /// Of such things; ends the process at that step where one is given.
    pub(super) fn new(what: &'static str, stop_after: Option<u64>) -> Self {
        Self { what, of: 0, seen: 0, stop_after, shown: std::io::stderr().is_terminal() }
    }

    /// With so many to do, where the work itself does not know.
    pub(super) fn of(self, of: u64) -> Self {
        Self { of, ..self }
    }

    /// A step that moves no bar.
    pub(super) fn step(&mut self) {
        self.seen = self.seen.saturating_add(1);
        if self.stop_after.is_some_and(|it| self.seen >= it) {
            // As a kill does: nothing is closed, flushed or rolled back by this process.
            std::process::abort();
        }
    }

    /// Leaves the bar's line.
    pub(super) fn end(&self) {
        if self.shown {
            let _ = writeln!(std::io::stderr());
        }
    }
}

impl Watch for Progress {
    fn at(&mut self, done: u64, total: u64) {
        self.step();
        if self.shown {
            let bar = bar(done, total.max(self.of));
            let _ = write!(std::io::stderr(), "\r{bar} {}", self.what);
        }
    }
}

fn bar(done: u64, total: u64) -> String {
    let total = total.max(done).max(1);
    let full = done.saturating_mul(WIDTH).checked_div(total).unwrap_or(WIDTH);
    let (full, empty) = (full, WIDTH.saturating_sub(full));
    let of = |letter: &str, times: u64| letter.repeat(usize::try_from(times).unwrap_or(0));
    format!("[{}{}] {done} of {total}", of("#", full), of(".", empty))
}

#[cfg(test)]
mod tests;

//! What is wrong with a template: the line, and what is expected there.
//!
//! Owns the collecting. Refuses to decide which file it was: whoever read the file says that.

use std::{cell::RefCell, fmt, ops::Range};

use super::text::{Place, Spot};

/// How many faults of one text are told; a text that is no template at all would fill a log.
pub const MAX_FAULTS: usize = 100;

/// Whether a template can be used in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The template is refused.
    Error,
    /// It works, and should be better.
    Warning,
}

crate::words!(Severity { Error = "error", Warning = "warning" });

/// One thing that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// Whether the template can be used in spite of it.
    pub severity: Severity,
    /// Where it is, and what is expected there.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.severity, self.message)
    }
}

/// A placeholder that was read, to be looked up once the whole template is known.
pub(super) struct Used {
    pub(super) place: Place,
    pub(super) spot: Spot,
    pub(super) span: Range<usize>,
}

/// Where faults go while a text is read.
pub(super) struct Sink {
    starts: Vec<usize>,
    faults: RefCell<Vec<Fault>>,
    used: RefCell<Vec<Used>>,
}

impl Sink {
    pub(super) fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.map(|(at, _)| at.saturating_add(1)).collect();
        Self { starts, faults: RefCell::default(), used: RefCell::default() }
    }

    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>) {
        self.push(span, Severity::Error, message.into());
    }

    pub(super) fn warn(&self, span: &Range<usize>, message: impl Into<String>) {
        self.push(span, Severity::Warning, message.into());
    }

    fn push(&self, span: &Range<usize>, severity: Severity, message: String) {
        let line = self.starts.partition_point(|start| *start <= span.start).saturating_add(1);
        let mut faults = self.faults.borrow_mut();
        // An error is never lost behind a hundred warnings: the first of them makes room.
        if faults.len() < MAX_FAULTS {
            faults.push(Fault { line, severity, message });
        } else if severity == Severity::Error
            && let Some(warning) = faults.iter().position(|it| it.severity == Severity::Warning)
        {
            faults.remove(warning);
            faults.push(Fault { line, severity, message });
        }
    }

    pub(super) fn uses(&self, place: Place, spot: Spot, span: Range<usize>) {
        self.used.borrow_mut().push(Used { place, spot, span });
    }

    pub(super) fn take_used(&self) -> Vec<Used> {
        self.used.take()
    }

    pub(super) fn failed(&self) -> bool {
        self.faults.borrow().iter().any(|it| it.severity == Severity::Error)
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|it| it.line);
        faults
    }
}

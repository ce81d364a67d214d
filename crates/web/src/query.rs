//! What a long list is narrowed by, from the query string: every wrong parameter at once.
//!
//! Owns the reading of texts and times beside the page's own parameters. Refuses to know what they narrow.

use axum::http::Uri;
use jiff::Timestamp;

use crate::{
    page::{Page, Sorts},
    problem::{Errors, Problem},
    web::{parameter, parsed},
};

/// The longest text that a list is narrowed by, in characters.
const MAX_TEXT: usize = 200;

/// A query string that is being read.
pub(crate) struct Query<'u> {
    uri: &'u Uri,
    errors: Errors,
}

impl<'u> Query<'u> {
    /// Of a request.
    pub(crate) fn of(uri: &'u Uri) -> Self {
        Self { uri, errors: Errors::new() }
    }

    /// A text that must be met letter for letter.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let text = self.sound(parameter(self.uri, name))??;
        if (1..=MAX_TEXT).contains(&text.chars().count()) {
            return Some(text);
        }
        self.sound::<()>(Err(Problem::invalid(name, format!("must have 1 to {MAX_TEXT} characters"))));
        None
    }

    /// `from`, which is in, and `to`, which is out.
    pub(crate) fn span(&mut self) -> (Option<Timestamp>, Option<Timestamp>) {
        let (from, to) = (self.time("from"), self.time("to"));
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            self.sound::<()>(Err(Problem::invalid("to", "must be after from")));
        }
        (from, to)
    }

    fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let words = "must be a time such as 2026-03-01T12:00:00Z";
        self.sound(parsed(self.uri, name, words, |text| text.parse().ok())).flatten()
    }

    /// The page that is asked for, unless anything was wrong. Errors: 400 naming every wrong parameter.
    pub(crate) fn page(mut self, sorts: Sorts) -> Result<Page, Problem> {
        match (Page::of(self.uri, sorts), self.errors.is_empty()) {
            (Ok(page), true) => Ok(page),
            (page, _) => {
                self.sound(page);
                Err(Problem::validation(self.errors))
            }
        }
    }

    fn sound<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.extend(problem.errors().clone());
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;

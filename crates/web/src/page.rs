//! Lists: which page is asked for, and the envelope it comes back in.
//!
//! Owns `pageSize`, `pageNumber`, `cursor`, `sortOn` and `sortDirection`, opaque cursors, and
//! `{data, totalRecords, currentPage, totalPages, nextCursor}`. Refuses to sort on what a route does
//! not list, and to read a cursor it did not write. A parameter it does not know is somebody else's.

pub mod cursor;

use std::fmt::Display;

use axum::http::Uri;
use jiff::Timestamp;
use serde::Serialize;

pub use cursor::Cursor;

use crate::problem::{Errors, Problem};

/// Items of a page where nothing is asked for.
pub const DEFAULT_SIZE: u32 = 25;

/// The most items of a page.
pub const MAX_SIZE: u32 = 200;

/// The last page that can be asked for by number; deeper ones are reached by cursor.
pub const MAX_NUMBER: u32 = 100_000;

/// What a route lets its list be sorted on; the first is the default, and the only one that cursors
/// follow (they carry a time and an id).
#[derive(Debug, Clone, Copy)]
pub struct Sorts(
    /// The names, in `camelCase`.
    pub &'static [&'static str],
);

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first; the default.
    Descending,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A page's number, from 1.
    Number(u32),
    /// After a known row.
    After(Cursor),
}

/// The page that is asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Items, 1 to [`MAX_SIZE`].
    pub size: u32,
    /// Where it begins.
    pub start: Start,
    /// One of the route's [`Sorts`].
    pub sort_on: &'static str,
    /// Up or down.
    pub direction: Direction,
}

impl Page {
    /// Reads a URI's query. Errors: 400 naming every wrong parameter.
    pub fn of(uri: &Uri, sorts: Sorts) -> Result<Self, Problem> {
        Self::read(uri.query().unwrap_or_default(), sorts)
    }

    /// Reads a query string. Errors: 400 naming every wrong parameter.
    pub fn read(query: &str, sorts: Sorts) -> Result<Self, Problem> {
        let mut known = Known { query, errors: Errors::new() };
        let size = known.number("pageSize", MAX_SIZE).unwrap_or(DEFAULT_SIZE);
        let number = known.number("pageNumber", MAX_NUMBER);
        let direction = known.one("sortDirection").and_then(|text| known.direction(&text));
        let default = sorts.0.first().copied().unwrap_or_default();
        let sort_on = known.one("sortOn").and_then(|text| known.sort(&text, sorts)).unwrap_or(default);
        let cursor = known.one("cursor").and_then(|text| known.cursor(&text));
        if let Some(cursor) = &cursor {
            if number.is_some() {
                known.wrong("cursor", "cannot stand beside pageNumber");
            }
            if sort_on != default {
                known.wrong("sortOn", format!("must be {default} where a cursor is given"));
            }
            if direction.is_some_and(|direction| direction != cursor.direction) {
                known.wrong("sortDirection", "differs from the list that the cursor is of");
            }
        }
        if !known.errors.is_empty() {
            return Err(Problem::validation(known.errors));
        }
        let follows = cursor.as_ref().map(|cursor| cursor.direction);
        let direction = direction.or(follows).unwrap_or(Direction::Descending);
        let start = cursor.map_or(Start::Number(number.unwrap_or(1)), Start::After);
        Ok(Self { size, start, sort_on, direction })
    }

    /// How many rows stand before the page; 0 after a cursor.
    pub fn offset(&self) -> u64 {
        match self.start {
            Start::Number(number) => u64::from(number.saturating_sub(1)) * u64::from(self.size),
            Start::After(_) => 0,
        }
    }

    /// Where a row stands in this list.
    pub fn cursor(&self, created_at: Timestamp, id: impl Display) -> Cursor {
        Cursor { micros: created_at.as_microsecond(), id: id.to_string(), direction: self.direction }
    }

    /// The envelope. `items` are the page's rows, with one more where the caller looked ahead: it is
    /// dropped, and tells that there is a next page. `total` is `None` where nobody counted, as on
    /// cursor pages. `at` makes the cursor of a row; it is asked only where rows come in cursor order.
    pub fn envelope<T>(
        &self,
        mut items: Vec<T>,
        total: Option<u64>,
        sorts: Sorts,
        at: impl Fn(&T) -> Cursor,
    ) -> Envelope<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let ordered = sorts.0.first() == Some(&self.sort_on);
        let next_cursor = items.last().filter(|_| more && ordered).map(|last| at(last).text());
        let current_page = match self.start {
            Start::Number(number) => Some(number),
            Start::After(_) => None,
        };
        let total_pages = total.map(|total| total.div_ceil(u64::from(self.size.max(1))));
        Envelope { data: items, total_records: total, current_page, total_pages, next_cursor }
    }
}

/// A page of a list, as it is answered. Counts and numbers are null where they are not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<T> {
    /// The items.
    pub data: Vec<T>,
    /// How many items there are in all.
    pub total_records: Option<u64>,
    /// The number of this page, from 1.
    pub current_page: Option<u32>,
    /// How many pages of this size there are.
    pub total_pages: Option<u64>,
    /// Leads to the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Envelope<T> {
    /// The same page with each item turned into its view.
    pub fn map<V>(mut self, view: impl FnMut(T) -> V) -> Envelope<V> {
        let data = std::mem::take(&mut self.data).into_iter().map(view).collect();
        self.showing(data)
    }

    /// The same page with these views of its items, one for each, in their order.
    pub fn showing<V>(self, data: Vec<V>) -> Envelope<V> {
        Envelope {
            data,
            total_records: self.total_records,
            current_page: self.current_page,
            total_pages: self.total_pages,
            next_cursor: self.next_cursor,
        }
    }
}

struct Known<'q> {
    query: &'q str,
    errors: Errors,
}

impl Known<'_> {
    /// The parameter's value; given twice is an error, for one of the two would be dropped silently.
    fn one(&mut self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_bytes());
        let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let (first, second) = (values.next(), values.next());
        if second.is_some() {
            self.wrong(name, "is given twice");
            return None;
        }
        first
    }

    fn number(&mut self, name: &str, max: u32) -> Option<u32> {
        let text = self.one(name)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (1..=max).contains(number));
        if number.is_none() {
            self.wrong(name, format!("must be a whole number from 1 to {max}"));
        }
        number
    }

    fn direction(&mut self, text: &str) -> Option<Direction> {
        match text.to_ascii_lowercase().as_str() {
            "asc" | "ascending" => Some(Direction::Ascending),
            "desc" | "descending" => Some(Direction::Descending),
            _ => {
                self.wrong("sortDirection", "must be asc or desc");
                None
            }
        }
    }

    fn sort(&mut self, text: &str, sorts: Sorts) -> Option<&'static str> {
        let found = sorts.0.iter().find(|name| name.eq_ignore_ascii_case(text)).copied();
        if found.is_none() {
            self.wrong("sortOn", format!("must be one of: {}", sorts.0.join(", ")));
        }
        found
    }

    fn cursor(&mut self, text: &str) -> Option<Cursor> {
        let cursor = Cursor::parse(text);
        if cursor.is_none() {
            self.wrong("cursor", "is not a cursor of this service");
        }
        cursor
    }

    fn wrong(&mut self, name: &str, message: impl Into<String>) {
        self.errors.entry(name.to_owned()).or_default().push(message.into());
    }
}

#[cfg(test)]
mod tests;

//! Opaque cursors: the place of one row in a list by time and id.
//!
//! Owns their text: base64url of a version, the direction, the time in microseconds, the id and a
//! check sum. The sum is no secret: it catches a cursor that was cut or edited, so that it is refused
//! instead of leading somewhere else. Refuses to guard rows: the query does that, by organization.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::Direction;

/// Bytes an id may have inside a cursor.
pub const MAX_ID: usize = 64;

/// Characters a cursor's text may have: version, direction, time, id and sum in base64url.
pub const MAX_TEXT: usize = (HEAD + MAX_ID + SUM).div_ceil(3) * 4;

const VERSION: u8 = 1;
/// Version, direction, eight bytes of time.
const HEAD: usize = 10;
const SUM: usize = 4;

/// A row's place in a list that is sorted by time, then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When the row was created, in microseconds since 1970.
    pub micros: i64,
    /// The row's id.
    pub id: String,
    /// The direction of the list it is of.
    pub direction: Direction,
}

impl Cursor {
    /// The text for the client. An id longer than [`MAX_ID`] makes a text that is not read again.
    pub fn text(&self) -> String {
        let mut bytes = vec![VERSION, u8::from(self.direction == Direction::Descending)];
        bytes.extend(self.micros.to_be_bytes());
        bytes.extend(self.id.as_bytes());
        bytes.extend(sum(&bytes));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a text; `None` for anything that [`Cursor::text`] did not write.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (body, tail) = bytes.split_last_chunk::<SUM>()?;
        if sum(body) != *tail {
            return None;
        }
        let (head, id) = body.split_first_chunk::<HEAD>()?;
        let [VERSION, direction @ 0..=1, time @ ..] = *head else { return None };
        let id = std::str::from_utf8(id).ok().filter(|id| (1..=MAX_ID).contains(&id.len()))?;
        let direction = if direction == 1 { Direction::Descending } else { Direction::Ascending };
        Some(Self { micros: i64::from_be_bytes(time), id: id.to_owned(), direction })
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    let [a, b, c, d, ..] =
        <[u8; 32]>::from(Sha256::new().chain_update(b"kontor cursor").chain_update(bytes).finalize());
    [a, b, c, d]
}

#[cfg(test)]
mod tests;

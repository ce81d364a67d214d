//! The JSON tree of a request body, with number texts kept exactly as they were sent.
//!
//! Owns parsing bytes into [`Json`] under limits (depth, number of values, one key once). Refuses to
//! turn a number into a binary float: `148.83` stays these six characters until a currency reads it.
//! An error says where (line and column) and never repeats what was sent there.

mod text;

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// How deep lists and objects may nest.
pub const MAX_DEPTH: usize = 32;

/// How many values (of any kind, the root included) one body may hold.
pub const MAX_VALUES: usize = 20_000;

/// A parsed JSON value. `Debug` shows the kind only, and texts are wiped when they are dropped: a body may hold
/// secrets and card numbers.
#[derive(Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The number's text, untouched.
    Number(Zeroizing<String>),
    /// A string, unescaped.
    Text(Zeroizing<String>),
    /// A list.
    List(Vec<Json>),
    /// An object in the order it was sent; no key twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What it is, in the words of an error message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Parses a whole body. Errors: not UTF-8, not JSON, too deep, too many values, a key twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Malformed::at(Fault::NotUtf8, bytes.get(..error.valid_up_to()).unwrap_or_default())
        })?;
        // The first pass checks the grammar of the whole text, so that its positions are the body's.
        let root: &RawValue = serde_json::from_str(text).map_err(|error| Malformed {
            fault: if error.is_eof() { Fault::EndsEarly } else { Fault::Syntax },
            line: error.line(),
            column: error.column(),
        })?;
        Reader { text, values: 0 }.value(root, 0)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// What is wrong with a body as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// The grammar of RFC 8259 does not hold.
    #[error("is not valid JSON")]
    Syntax,
    /// The text stops in the middle of a value.
    #[error("ends too early")]
    EndsEarly,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("is nested too deeply (at most 32 levels)")]
    TooDeep,
    /// More values than [`MAX_VALUES`].
    #[error("holds too many values (at most 20000)")]
    TooMany,
    /// A key stands twice in one object.
    #[error("has a key twice in one object")]
    KeyTwice,
}

/// A body that cannot be read, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The body {fault}: line {line}, column {column}.")]
pub struct Malformed {
    /// What is wrong.
    pub fault: Fault,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1 (0 is the end of the line before, as `serde_json` counts).
    pub column: usize,
}

impl Malformed {
    fn at(fault: Fault, before: &[u8]) -> Self {
        let line = before.split(|b| *b == b'\n').count();
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        Self { fault, line, column }
    }
}

struct Reader<'a> {
    text: &'a str,
    values: usize,
}

impl<'a> Reader<'a> {
    /// Raw values borrow from the body, so the difference of addresses is the place in it.
    fn malformed(&self, fault: Fault, raw: &RawValue) -> Malformed {
        let offset = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Malformed::at(fault, self.text.as_bytes().get(..offset).unwrap_or_default())
    }

    fn value(&mut self, raw: &'a RawValue, depth: usize) -> Result<Json, Malformed> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.malformed(Fault::TooMany, raw));
        }
        let text = raw.get();
        let nested = matches!(text.as_bytes().first(), Some(b'[' | b'{'));
        if nested && depth == MAX_DEPTH {
            return Err(self.malformed(Fault::TooDeep, raw));
        }
        match text.as_bytes().first() {
            Some(b'n') => Ok(Json::Null),
            Some(b't') => Ok(Json::Bool(true)),
            Some(b'f') => Ok(Json::Bool(false)),
            Some(b'"') => {
                text::unescaped(text).map(Json::Text).ok_or_else(|| self.malformed(Fault::Syntax, raw))
            }
            Some(b'[') => {
                let items = self.open(raw, Items { room: self.room() })?;
                let read = items.into_iter().map(|item| self.value(item, depth + 1));
                Ok(Json::List(read.collect::<Result<_, _>>()?))
            }
            Some(b'{') => {
                let entries = self.open(raw, Entries { room: self.room() })?;
                let mut seen = HashSet::with_capacity(entries.len());
                if let Some((_, value)) = entries.iter().find(|(key, _)| !seen.insert(key.as_str())) {
                    return Err(self.malformed(Fault::KeyTwice, value));
                }
                let read = entries.into_iter().map(|(key, item)| Ok((key, self.value(item, depth + 1)?)));
                Ok(Json::Object(read.collect::<Result<_, _>>()?))
            }
            _ => Ok(Json::Number(Zeroizing::new(text.to_owned()))),
        }
    }

    fn room(&self) -> usize {
        MAX_VALUES.saturating_sub(self.values)
    }

    fn open<S: DeserializeSeed<'a>>(&self, raw: &'a RawValue, seed: S) -> Result<S::Value, Malformed> {
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        seed.deserialize(&mut deserializer).map_err(|error| {
            // Our own visitors raise only "too many"; the rest are keys with a lone surrogate.
            let fault = if error.is_data() { Fault::TooMany } else { Fault::Syntax };
            self.malformed(fault, raw)
        })
    }
}

/// One level of a list, its items unread; stops as soon as there are more than `room`.
struct Items {
    room: usize,
}

impl<'de> DeserializeSeed<'de> for Items {
    type Value = Vec<&'de RawValue>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            if items.len() == self.room {
                return Err(serde::de::Error::custom("too many"));
            }
            items.push(item);
        }
        Ok(items)
    }
}

/// One level of an object, its values unread; stops as soon as there are more than `room`.
struct Entries {
    room: usize,
}

impl<'de> DeserializeSeed<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            if entries.len() == self.room {
                return Err(serde::de::Error::custom("too many"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests;

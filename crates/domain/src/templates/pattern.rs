//! Patterns: what a value looks like, as a regular expression that fits the whole value.

use std::fmt;

/// The longest pattern, in bytes.
pub const MAX_PATTERN: usize = 500;

/// A regular expression that fits a whole value.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: regex_lite::Regex,
}

impl Pattern {
    /// Reads one. Says what is wrong.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.len() > MAX_PATTERN {
            return Err(format!("has more than {MAX_PATTERN} bytes"));
        }
        // Alone first: `a)(b` would be sound within the brackets that are put around it.
        let wrong = |error| format!("is no regular expression: {error}");
        regex_lite::Regex::new(source).map_err(wrong)?;
        let regex = regex_lite::Regex::new(&format!("^(?:{source})$")).map_err(wrong)?;
        Ok(Self { source: source.to_owned(), regex })
    }

    /// Whether it fits the whole value.
    pub fn fits(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

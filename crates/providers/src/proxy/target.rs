//! Where a caller's request goes below a provider's address.
//!
//! Owns the check of path and query as they came, before anybody decodes them. Refuses whatever could mean another
//! place to somebody on the way: steps upwards, slashes that are written otherwise, empty steps, control characters.

use url::Url;

use super::Refusal;
use crate::ProviderError;

/// The longest path and query together, in bytes.
const MAX: usize = 8 * 1024;
/// How often a path is decoded in search of a step upwards: servers behind servers each do it once.
const DECODINGS: usize = 4;

/// A checked path and query. Nothing in it was interpolated or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    path: String,
    query: Option<String>,
}

impl Target {
    /// Checks what follows the proxy's own path, as it came.
    pub fn read(path: &str, query: Option<&str>) -> Result<Self, Refusal> {
        let wrong = |message: &str| Refusal::Field("path", message.to_owned());
        if path.len().saturating_add(query.map_or(0, str::len)) > MAX {
            return Err(wrong(&format!("must have at most {MAX} bytes with its query")));
        }
        if !path.bytes().all(|it| it.is_ascii_graphic()) || path.contains(['\\', '#', '?']) {
            return Err(wrong("must have visible ASCII letters alone, and no \\, # or ?"));
        }
        let last = path.split('/').count().saturating_sub(1);
        for (at, step) in path.split('/').enumerate() {
            if step.is_empty() && at != last {
                return Err(wrong("must not have an empty step, as // is"));
            }
            check(step).map_err(wrong)?;
        }
        let query = query.map(|it| {
            let plain = it.bytes().all(|it| it.is_ascii_graphic()) && !it.contains('#');
            let wrong =
                || Refusal::Field("query", "must have visible ASCII letters alone, and no #".to_owned());
            plain.then(|| encode(it)).ok_or_else(wrong)
        });
        Ok(Self { path: encode(path), query: query.transpose()? })
    }

    /// The path, as it is sent.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The names of the query's parameters, without their values.
    pub fn query_names(&self) -> Vec<String> {
        let query = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect()
    }

    /// The address below a provider's own, which has to stay what it is.
    pub(super) fn below(&self, base: &Url) -> Result<Url, Refusal> {
        let misread = || ProviderError::misconfigured("The provider's address cannot take this path");
        let root = base.path().trim_end_matches('/');
        let path = format!("{root}/{}", self.path);
        let mut url = base.clone();
        url.set_path(&path);
        url.set_query(match (base.query(), self.query.as_deref()) {
            (None, query) => query,
            (Some(_), _) => return Err(misread().into()),
        });
        // Whatever the standard's reader made of it must be what was checked.
        let same = url.path() == path && url.query() == self.query.as_deref();
        if !same || url.fragment().is_some() || url.origin() != base.origin() {
            return Err(misread().into());
        }
        Ok(url)
    }
}

/// Says what is wrong with one step of a path.
fn check(step: &str) -> Result<(), &'static str> {
    let mut now = step.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        if now.iter().any(|it| matches!(it, b'/' | b'\\')) {
            return Err("must not have an encoded slash");
        }
        if now.iter().any(u8::is_ascii_control) {
            return Err("must not have control characters");
        }
        let name = now.split(|it| *it == b';').next().unwrap_or_default();
        if matches!(name, b"." | b"..") {
            return Err("must not have the steps . and ..");
        }
        let next = decode(&now);
        if next == now {
            return Ok(());
        }
        now = next;
    }
    Err("is encoded too many times")
}

/// One decoding. What is no code stays as it is.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |it: Option<&u8>| it.and_then(|it| char::from(*it).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        let pair = (digit(others.first()), digit(others.get(1)));
        let code = match pair {
            (Some(high), Some(low)) if *first == b'%' => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { others.get(2..).unwrap_or_default() } else { others };
    }
    out
}

/// Codes for what has no place of its own in a path or query (RFC 3986 §3.3, §3.4); codes that are there stay.
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for (at, letter) in text.bytes().enumerate() {
        let code = |it: &[u8]| it.len() == 2 && it.iter().all(u8::is_ascii_hexdigit);
        let is_code = letter == b'%'
            && text.as_bytes().get(at.saturating_add(1)..at.saturating_add(3)).is_some_and(code);
        if letter.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/?".contains(&letter) || is_code {
            out.push(char::from(letter));
        } else {
            // Writing to a text cannot fail.
            let _written = write!(out, "%{letter:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests;

//! Answers that came compressed, because the caller asked for that.
//!
//! Refuses to unpack more than the caller's limit: a small answer may hold a very large one.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::{Answer, Failure};

/// What to ask with.
pub const ACCEPT: (&str, &str) = ("accept-encoding", "gzip");

/// The answer as it was before it was compressed, of at most so many bytes.
pub fn unpacked(answer: Answer, limit: usize) -> Result<Answer, Failure> {
    let coding = answer.headers.get("content-encoding").map(|it| it.trim().to_ascii_lowercase());
    match coding.as_deref() {
        None | Some("" | "identity") => return Ok(answer),
        // Servers name a coding for an answer without a body.
        Some("gzip" | "x-gzip") if answer.body.is_empty() => return Ok(answer),
        Some("gzip" | "x-gzip") => {}
        Some(_) => return Err(Failure::Cut),
    }
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut decoder = MultiGzDecoder::new(answer.body.as_slice()).take(most);
    decoder.read_to_end(&mut body).map_err(|_| Failure::Cut)?;
    if body.len() > limit {
        return Err(Failure::TooLarge);
    }
    Ok(Answer { body, ..answer })
}

#[cfg(test)]
mod tests;

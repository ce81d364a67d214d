//! A caller's own requests to a provider, from outside: what arrives there, what comes back, and what is refused.

mod credentials;
mod headers;
mod limits;
mod refusals;
mod retries;
mod streaming;

use crate::support::upstream::Upstream;

/// The secret of every integration here; in no log, no row and no answer.
const SECRET: &str = "s3cret-7f3a91";

/// A provider that takes a bearer token, which most of these tests are content with.
fn plain(upstream: &Upstream) {
    upstream.describe("Depot", "method = \"bearer\"\ntoken = \"{{secrets.ApiKey}}\"");
}

/// A header's value in a request or an answer as it was on the wire.
fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
    let lines = head.lines().skip(1).filter_map(|it| it.split_once(':'));
    lines.map(|(it, value)| (it, value.trim())).find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|it| it.1)
}

/// The body of a request or an answer as it was on the wire.
fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

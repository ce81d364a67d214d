//! Which headers pass the proxy, either way.
//!
//! Owns the names that belong to a connection, to Kontor, or to a credential. Refuses them in both directions, and
//! every header of an answer in which a secret of the integration stands.

use kontor_domain::Secret;

use super::Refusal;
use crate::http::Headers;

/// The most headers of a caller that are sent on.
const MAX: usize = 64;
/// A secret shorter than this stands in too many texts by chance.
const TELLING: usize = 6;

/// Of one connection, and never handed on (RFC 9110 §7.6.1), or set anew for the next one.
const CONNECTION: [&str; 10] = [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
    "expect",
    "http2-settings",
];
/// Credentials: the caller's are for Kontor, the provider's are for nobody.
const CREDENTIALS: [&str; 6] =
    ["authorization", "cookie", "cookie2", "x-api-key", "set-cookie", "set-cookie2"];
/// Ways to make a server take a request for another one.
const DISGUISES: [&str; 8] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-real-ip",
    "forwarded",
    "via",
];
/// What browsers say of the page that a request comes from, and what tells of Kontor's own inside.
const PRIVATE: [&str; 7] =
    ["origin", "referer", "traceparent", "tracestate", "baggage", "x-request-id", "dnt"];
/// What an answer may not set for Kontor's own address.
const OURS: [&str; 11] = [
    "www-authenticate",
    "alt-svc",
    "strict-transport-security",
    "public-key-pins",
    "clear-site-data",
    "refresh",
    "content-security-policy",
    "content-security-policy-report-only",
    "service-worker-allowed",
    "nel",
    "report-to",
];
/// Beginnings of names, with the same meanings.
const BEGINNINGS: [&str; 5] = ["proxy-", "x-kontor-", "x-forwarded-", "sec-", "access-control-"];

/// Whether a header of that name never passes.
fn stays(name: &str) -> bool {
    [&CONNECTION[..], &CREDENTIALS, &DISGUISES, &PRIVATE].iter().any(|list| list.contains(&name))
        || BEGINNINGS.iter().any(|it| name.starts_with(it))
}

/// The names that a `Connection` header binds to its connection.
fn bound<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let connection = headers.filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    connection.flat_map(|(_, value)| value.split(',')).map(|it| it.trim().to_ascii_lowercase()).collect()
}

/// A caller's headers that are sent on, names in small letters.
pub(super) fn out(headers: &[(String, String)]) -> Result<Vec<(String, String)>, Refusal> {
    if headers.len() > MAX {
        return Err(Refusal::Field("headers", format!("must be at most {MAX}")));
    }
    let bound = bound(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let named = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    Ok(named.filter(|(name, _)| !stays(name) && !bound.contains(name)).collect())
}

/// Those that the credential does not set.
pub(super) fn without<'a>(
    headers: &'a [(String, String)],
    credential: &[(String, Secret)],
) -> Vec<(&'a str, &'a str)> {
    let set = |name: &str| credential.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
    let kept = headers.iter().filter(|(name, _)| !set(name));
    kept.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// An answer's headers that are handed back.
pub(super) fn back(headers: &Headers, secrets: &[&Secret]) -> Vec<(String, String)> {
    let bound = bound(headers.iter());
    let plain = |name: &str| !stays(name) && !OURS.contains(&name) && !bound.iter().any(|it| it == name);
    let clean = |value: &str| !secrets.iter().any(|it| tells(value, it.expose()));
    let kept = headers.iter().filter(|(name, value)| plain(name) && clean(value));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Whether a secret stands in a text, as it is or as in an address.
fn tells(text: &str, secret: &str) -> bool {
    if secret.len() < TELLING {
        return false;
    }
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let spaced = encoded.replace('+', "%20");
    let small = |it: &str| it.to_ascii_lowercase();
    text.contains(secret) || [encoded, spaced].iter().any(|it| small(text).contains(&small(it)))
}

#[cfg(test)]
mod tests;

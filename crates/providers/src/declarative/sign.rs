//! Puts a template's authentication into a request that is ready otherwise.

use aws_lc_rs::{digest, hmac};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use kontor_domain::{
    Ambient, Secret,
    templates::{
        Authentication, Escape, Place, Text,
        authentication::{Encoding, Hash, HmacSignature},
        text::{Fact, Part},
    },
};

use super::{oauth1, scope::Values};
use crate::{Outgoing, ProviderError};

/// Puts the credential in. Tokens are in `values` already.
pub(super) fn authorize(
    values: &mut Values<'_>,
    request: &mut Outgoing<'_>,
    ambient: &Ambient,
) -> Result<(), ProviderError> {
    match &values.template().authentication {
        Authentication::ApiKeyHeader { header, value } => {
            put(request, header, values.fill(value, Escape::Header)?);
        }
        Authentication::Basic { username, password } => {
            let user = values.fill(username, Escape::User)?;
            let password = values.fill(password, Escape::Plain)?;
            put(request, "Authorization", basic(&user, &password));
        }
        Authentication::Bearer { token } => {
            let token = values.fill(token, Escape::Header)?;
            put(request, "Authorization", Secret::new(format!("Bearer {}", token.expose())));
        }
        Authentication::QueryParameter { name, value } => {
            let value = values.fill(value, Escape::Plain)?;
            request.url.query_pairs_mut().append_pair(name, value.expose());
        }
        Authentication::AuthorizationCode(_)
        | Authentication::ClientCredentials(_)
        | Authentication::JwtAssertion(_) => with_token(values, request, "Authorization", "Bearer ")?,
        Authentication::TwoStepToken(it) => with_token(values, request, &it.header, &it.prefix)?,
        Authentication::OAuth1(it) => oauth1::sign(values, it, request, ambient)?,
        Authentication::HmacSignature(it) => hmac_signature(values, it, request, ambient)?,
        Authentication::Smtp(_) | Authentication::Adapter => {
            return Err(ProviderError::misconfigured("This provider takes no requests of this kind"));
        }
    }
    Ok(())
}

/// Whether a signature is made over the body.
pub(super) fn reads_body(how: &Authentication, content_type: Option<&str>) -> bool {
    match how {
        Authentication::HmacSignature(it) => {
            let mut texts = std::iter::once(&it.payload).chain(it.headers.iter().map(|(_, text)| text));
            texts.any(|it| stands_in(Fact::Body, it) || stands_in(Fact::BodySha256, it))
        }
        Authentication::OAuth1(_) => content_type.is_some_and(oauth1::is_form),
        _ => false,
    }
}

fn stands_in(fact: Fact, text: &Text) -> bool {
    text.parts().contains(&Part::Place(Place::Request(fact)))
}

/// Sets a header, in place of one of that name.
pub(super) fn put(request: &mut Outgoing<'_>, name: &str, value: Secret) {
    request.headers.retain(|(it, _)| !it.eq_ignore_ascii_case(name));
    request.headers.push((name.to_owned(), value));
}

/// RFC 7617.
pub(super) fn basic(user: &Secret, password: &Secret) -> Secret {
    let pair = Secret::new(format!("{}:{}", user.expose(), password.expose()));
    Secret::new(format!("Basic {}", BASE64.encode(pair.expose().as_bytes())))
}

fn with_token(
    values: &Values<'_>,
    request: &mut Outgoing<'_>,
    header: &str,
    prefix: &str,
) -> Result<(), ProviderError> {
    let token = values
        .access_token
        .as_ref()
        .ok_or_else(|| ProviderError::misconfigured("The provider is not connected yet: connect it first"))?;
    if !token.expose().bytes().all(|it| (0x20..0x7f).contains(&it)) {
        return Err(ProviderError::nonsense("the provider gave a token that cannot be sent"));
    }
    put(request, header, Secret::new(format!("{prefix}{}", token.expose())));
    Ok(())
}

pub(super) fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => HEXLOWER.encode(bytes),
        Encoding::Base64 => BASE64.encode(bytes),
        Encoding::Base64Url => BASE64URL_NOPAD.encode(bytes),
    }
}

/// Bytes out of a text.
pub(crate) fn decode(encoding: Option<Encoding>, text: &str) -> Result<Vec<u8>, ProviderError> {
    let decoded = match encoding {
        None => return Ok(text.as_bytes().to_vec()),
        Some(Encoding::Hex) => data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
        Some(Encoding::Base64) => BASE64.decode(text.as_bytes()),
        Some(Encoding::Base64Url) => BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()),
    };
    decoded
        .map_err(|_| ProviderError::misconfigured("The signing secret is not written as this provider does"))
}

/// A keyed hash.
pub(super) fn mac(hash: Hash, key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm(hash), key), message).as_ref().to_vec()
}

/// The keyed hash's algorithm.
pub(crate) fn algorithm(hash: Hash) -> hmac::Algorithm {
    match hash {
        Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => hmac::HMAC_SHA256,
        Hash::Sha512 => hmac::HMAC_SHA512,
    }
}

/// How many bytes a keyed hash has.
pub(crate) fn length(hash: Hash) -> usize {
    algorithm(hash).digest_algorithm().output_len
}

fn hmac_signature(
    values: &mut Values<'_>,
    how: &HmacSignature,
    request: &mut Outgoing<'_>,
    ambient: &Ambient,
) -> Result<(), ProviderError> {
    let now = ambient.now();
    // Only where the text itself is signed does a body have to be one.
    let body = match std::str::from_utf8(request.body) {
        Ok(body) => body,
        Err(_) if !stands_in(Fact::Body, &how.payload) => "",
        Err(_) => return Err(ProviderError::misconfigured("The body is no text, and cannot be signed")),
    };
    let url = &request.url;
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let nonce = HEXLOWER.encode(&ambient.bytes::<16>());
    for (fact, value) in [
        (Fact::Method, request.method.to_owned()),
        (Fact::Host, host),
        (Fact::Path, url.path().to_owned()),
        (Fact::Query, url.query().unwrap_or_default().to_owned()),
        (Fact::Url, url.as_str().to_owned()),
        (Fact::Body, body.to_owned()),
        (Fact::BodySha256, HEXLOWER.encode(digest::digest(&digest::SHA256, request.body).as_ref())),
        (Fact::Timestamp, now.as_second().to_string()),
        (Fact::TimestampMillis, now.as_millisecond().to_string()),
        (Fact::Nonce, nonce),
    ] {
        values.set(fact, value);
    }
    let key = values.fill(&how.secret, Escape::Plain)?;
    let key = decode(how.secret_encoding, key.expose())?;
    let payload = values.fill(&how.payload, Escape::Plain)?;
    let signature = encode(how.encoding, &mac(how.algorithm, &key, payload.expose().as_bytes()));
    let prefix = how.prefix.as_ref().map(|it| values.fill(it, Escape::Header)).transpose()?;
    let prefix = prefix.as_ref().map(Secret::expose).unwrap_or_default();
    put(request, &how.header, Secret::new(format!("{prefix}{signature}")));
    if let Some(header) = &how.timestamp_header {
        put(request, header, Secret::new(now.as_second().to_string()));
    }
    for (name, text) in &how.headers {
        put(request, name, values.fill(text, Escape::Header)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! OAuth 1.0a: signs a request (RFC 5849 §3.4).

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use kontor_domain::{
    Ambient, Secret,
    templates::{
        Escape,
        authentication::Hash,
        oauth::{OAuth1, SignatureMethod},
    },
};
use url::{Url, form_urlencoded};

use super::{
    scope::Values,
    sign::{mac, put},
};
use crate::{Outgoing, ProviderError};

/// Signs a request.
pub(super) fn sign(
    values: &Values<'_>,
    how: &OAuth1,
    request: &mut Outgoing<'_>,
    ambient: &Ambient,
) -> Result<(), ProviderError> {
    let fill = |text| values.fill(text, Escape::Plain);
    let key = fill(&how.consumer_key)?;
    let secret = fill(&how.consumer_secret)?;
    let token = how.token.as_ref().map(fill).transpose()?;
    let token_secret = how.token_secret.as_ref().map(fill).transpose()?;
    let realm = how.realm.as_ref().map(|it| values.fill(it, Escape::Header)).transpose()?;
    let nonce = HEXLOWER.encode(&ambient.bytes::<16>());
    let credentials = Credentials {
        key: key.expose(),
        secret: secret.expose(),
        token: token.as_ref().map(Secret::expose),
        token_secret: token_secret.as_ref().map(Secret::expose).unwrap_or_default(),
        method: how.signature_method,
        realm: realm.as_ref().map(Secret::expose),
    };
    let header = header(&credentials, request, &nonce, ambient.now().as_second());
    put(request, "Authorization", header);
    Ok(())
}

/// What a request is signed with.
struct Credentials<'a> {
    key: &'a str,
    secret: &'a str,
    token: Option<&'a str>,
    token_secret: &'a str,
    method: SignatureMethod,
    realm: Option<&'a str>,
}

fn header(with: &Credentials<'_>, request: &Outgoing<'_>, nonce: &str, now: i64) -> Secret {
    let timestamp = now.to_string();
    let mut own = vec![("oauth_consumer_key", with.key)];
    own.extend(with.token.map(|token| ("oauth_token", token)));
    own.push(("oauth_signature_method", with.method.as_str()));
    if with.method != SignatureMethod::Plaintext {
        own.push(("oauth_timestamp", &timestamp));
        own.push(("oauth_nonce", nonce));
    }
    let key = Secret::new(format!("{}&{}", escape(with.secret), escape(with.token_secret)));
    let signed = |hash| {
        let base = base_string(request, &own);
        BASE64.encode(&mac(hash, key.expose().as_bytes(), base.expose().as_bytes()))
    };
    let signature = match with.method {
        SignatureMethod::HmacSha1 => signed(Hash::Sha1),
        SignatureMethod::HmacSha256 => signed(Hash::Sha256),
        SignatureMethod::Plaintext => key.expose().to_owned(),
    };
    let realm = with.realm.map(|it| format!("realm=\"{}\"", it.replace(['"', '\\'], "")));
    own.push(("oauth_signature", &signature));
    let own = own.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value)));
    let all: Vec<String> = realm.into_iter().chain(own).collect();
    Secret::new(format!("OAuth {}", all.join(", ")))
}

/// RFC 5849 §3.4.1.
fn base_string(request: &Outgoing<'_>, own: &[(&str, &str)]) -> Secret {
    let mut pairs: Vec<(String, String)> =
        own.iter().map(|(name, value)| (escape(name), escape(value))).collect();
    let query = request.url.query_pairs();
    pairs.extend(query.map(|(name, value)| (escape(&name), escape(&value))));
    if request.content_type.is_some_and(is_form) {
        let form = form_urlencoded::parse(request.body);
        pairs.extend(form.map(|(name, value)| (escape(&name), escape(&value))));
    }
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let parameters = escape(&pairs.join("&"));
    Secret::new(format!("{}&{}&{parameters}", request.method, escape(&base_uri(&request.url))))
}

/// Whether a body of that media type is signed along (RFC 5849 §3.4.1.3.1).
pub(super) fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// RFC 5849 §3.4.1.2.
fn base_uri(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let port = url.port().map(|it| format!(":{it}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

/// RFC 5849 §3.6.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&HEXUPPER.encode(&[byte]));
        }
    }
    escaped
}

#[cfg(test)]
mod tests;

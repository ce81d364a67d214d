//! What a provider checks, from the standards: RFC 7617, 6750, 5849, 6749, 7523, and what the templates describe.

use aws_lc_rs::{digest, hmac};
use axum::http::{HeaderMap, Method, Uri};
use data_encoding::{BASE64, HEXLOWER};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

/// A request that came in.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

type Check = fn(&Asked<'_>) -> bool;

/// Each way's name and check.
pub(super) const ALL: [(&str, Check); 13] = [
    ("key", |asked| asked.header("x-api-key") == "key-1" && asked.header("authorization").is_empty()),
    ("basic", |asked| {
        asked.header("authorization") == format!("Basic {}", BASE64.encode("user:pa:ss wörd".as_bytes()))
    }),
    ("bearer", |asked| asked.header("authorization") == "Bearer bearer-1"),
    ("query", |asked| asked.query().contains(&("api_key".to_owned(), "a key&more=1".to_owned()))),
    ("oauth1", |asked| {
        oauth1(asked, "HMAC-SHA256", "consumer secret", Some("token-1"), "tok&sec", Some("shop"))
    }),
    ("oauth1sha1", |asked| oauth1(asked, "HMAC-SHA1", "only secret", None, "", None)),
    ("oauth1plain", |asked| oauth1(asked, "PLAINTEXT", "only secret", None, "", None)),
    ("hmac", |asked| hmac_signature(asked)),
    ("clientheader", |asked| asked.header("authorization") == "Bearer token-of-clientheader"),
    ("clientbody", |asked| asked.header("authorization") == "Bearer token-of-clientbody"),
    ("twostep", |asked| asked.header("x-session") == "Session token-of-twostep"),
    ("jwtexchange", |asked| asked.header("authorization") == "Bearer token-of-jwtexchange"),
    ("jwtitself", |asked| statement(asked)),
];

impl Asked<'_> {
    fn header(&self, name: &str) -> &str {
        header(self.headers, name)
    }

    fn query(&self) -> Vec<(String, String)> {
        pairs(self.uri.query().unwrap_or_default().as_bytes())
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// RFC 3986, as RFC 5849 §3.6 wants it.
fn percent(text: &str) -> String {
    let kept = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|it| if kept(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

fn oauth1(
    asked: &Asked<'_>,
    method: &str,
    secret: &str,
    token: Option<&str>,
    token_secret: &str,
    realm: Option<&str>,
) -> bool {
    let Some(fields) = asked.header("authorization").strip_prefix("OAuth ") else { return false };
    let decoded = |it: &str| pairs(format!("x={it}").as_bytes()).remove(0).1;
    let fields: Vec<(String, String)> = fields
        .split(", ")
        .filter_map(|it| it.split_once('='))
        .map(|(name, value)| (name.to_owned(), decoded(value.trim_matches('"'))))
        .collect();
    let field = |name: &str| fields.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    let plain = method == "PLAINTEXT";
    let named = field("oauth_consumer_key") == Some("consumer-1")
        && field("oauth_token") == token
        && field("oauth_signature_method") == Some(method)
        && field("realm") == realm
        && (plain || field("oauth_nonce").is_some_and(|it| it.len() >= 16))
        && (plain
            || field("oauth_timestamp")
                .is_some_and(|it| it.parse::<u64>().is_ok_and(|it| it > 1_700_000_000)));
    let key = format!("{}&{}", percent(secret), percent(token_secret));
    let signature = field("oauth_signature").unwrap_or_default();
    if plain {
        return named && signature == key;
    }
    let mut all: Vec<(String, String)> =
        fields.iter().filter(|(name, _)| name != "realm" && name != "oauth_signature").cloned().collect();
    all.extend(asked.query());
    if asked.header("content-type") == "application/x-www-form-urlencoded" {
        all.extend(pairs(asked.body));
    }
    let mut all: Vec<String> =
        all.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    all.sort();
    let base = format!("http://{}{}", asked.header("host"), asked.uri.path());
    let text = format!("{}&{}&{}", asked.method, percent(&base), percent(&all.join("&")));
    let algorithm =
        if method == "HMAC-SHA1" { hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY } else { hmac::HMAC_SHA256 };
    let made = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text.as_bytes());
    named && signature == BASE64.encode(made.as_ref())
}

fn hmac_signature(asked: &Asked<'_>) -> bool {
    let text = format!(
        "{}\n{}\n{}?{}\n{}\n{}",
        asked.header("x-time"),
        asked.method,
        asked.uri.path(),
        asked.uri.query().unwrap_or_default(),
        HEXLOWER.encode(digest::digest(&digest::SHA256, asked.body).as_ref()),
        asked.header("x-nonce"),
    );
    let made = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"hmac secret"), text.as_bytes());
    asked.header("x-key") == "hmac-key"
        && asked.header("x-nonce").len() >= 16
        && asked.header("x-signature") == format!("v1={}", HEXLOWER.encode(made.as_ref()))
}

fn statement(asked: &Asked<'_>) -> bool {
    let Some(token) = asked.header("authorization").strip_prefix("Bearer ") else { return false };
    let mut expected = Validation::new(Algorithm::HS256);
    expected.set_audience(&["https://provider.example"]);
    expected.set_issuer(&["account-1"]);
    expected.set_required_spec_claims(&["exp", "iss", "aud"]);
    let key = DecodingKey::from_secret(b"a shared secret of the two");
    jsonwebtoken::decode::<Value>(token, &key, &expected).is_ok()
}

/// The answer to a request for a token; none where it is refused.
pub(super) fn token(way: &str, headers: &HeaderMap, body: &[u8], public: &[u8]) -> Option<Value> {
    let form = pairs(body);
    let field = |name: &str| form.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    let client = field("grant_type") == Some("client_credentials")
        && field("scope") == Some("labels:read labels:write")
        && field("audience") == Some("the shop");
    let good = match way {
        // RFC 6749 §2.3.1: both halves are encoded before they are joined.
        "clientheader" => {
            let pair = BASE64.encode(b"client%3A1:se+cret");
            client
                && header(headers, "authorization") == format!("Basic {pair}")
                && field("client_secret").is_none()
        }
        "clientbody" => {
            client
                && field("client_id") == Some("client-2")
                && field("client_secret") == Some("secret&2")
                && header(headers, "authorization").is_empty()
        }
        "twostep" => {
            let asked: Value = serde_json::from_slice(body).ok()?;
            if asked != json!({ "user": "shop", "password": "open \"sesame\"" }) {
                return None;
            }
            return Some(json!({ "session": { "token": "token-of-twostep", "seconds": "3600" } }));
        }
        "jwtexchange" => {
            field("grant_type") == Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
                && field("scope") == Some("labels")
                && asserted(field("assertion")?, public)
        }
        other => panic!("nobody gets tokens by {other}"),
    };
    good.then(
        || json!({ "access_token": format!("token-of-{way}"), "token_type": "Bearer", "expires_in": 3600 }),
    )
}

fn asserted(assertion: &str, public: &[u8]) -> bool {
    let key = DecodingKey::from_ec_der(public);
    let mut expected = Validation::new(Algorithm::ES256);
    expected.set_audience(&["https://provider.example/token"]);
    expected.set_issuer(&["account-1"]);
    expected.set_required_spec_claims(&["exp", "iss", "aud"]);
    let Ok(read) = jsonwebtoken::decode::<Value>(assertion, &key, &expected) else { return false };
    let seconds = |name: &str| read.claims[name].as_i64().unwrap_or_default();
    read.header.kid.as_deref() == Some("key-7")
        && seconds("exp") - seconds("iat") == 60
        && read.claims["jti"].as_str().is_some_and(|it| it.len() >= 16)
}

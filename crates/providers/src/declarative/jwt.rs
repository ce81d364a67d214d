//! Signed statements (RFC 7519, RFC 7523): makes one out of a template's claims.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair},
};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use kontor_domain::{
    Ambient, Secret,
    templates::{
        Escape,
        authentication::{Hash, JwtAlgorithm, JwtAssertion},
        text::Fact,
    },
};
use serde_json::{Map, Value};

use super::{scope::Values, sign::mac};
use crate::ProviderError;

/// Makes a statement.
pub(super) fn assertion(
    values: &mut Values<'_>,
    how: &JwtAssertion,
    ambient: &Ambient,
) -> Result<Secret, ProviderError> {
    let now = ambient.now().as_second();
    values.set(Fact::Timestamp, now.to_string());
    values.set(Fact::Nonce, HEXLOWER.encode(&ambient.bytes::<16>()));
    let mut claims = Map::new();
    for (name, text) in &how.claims {
        claims.insert(name.clone(), Value::String(values.fill(text, Escape::Plain)?.expose().to_owned()));
    }
    let lifetime = i64::try_from(how.lifetime_seconds).unwrap_or(i64::MAX);
    claims.insert("iat".to_owned(), Value::from(now));
    claims.insert("exp".to_owned(), Value::from(now.saturating_add(lifetime)));
    let mut head = Map::new();
    head.insert("alg".to_owned(), Value::from(how.algorithm.as_str()));
    head.insert("typ".to_owned(), Value::from("JWT"));
    if let Some(text) = &how.key_id {
        let key_id = values.fill(text, Escape::Plain)?;
        head.insert("kid".to_owned(), Value::from(key_id.expose()));
    }
    let part = |map: Map<String, Value>| BASE64URL_NOPAD.encode(Value::Object(map).to_string().as_bytes());
    let signed = format!("{}.{}", part(head), part(claims));
    let key = values.fill(&how.key, Escape::Plain)?;
    let signature = sign(how.algorithm, &key, signed.as_bytes())?;
    Ok(Secret::new(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))))
}

fn sign(algorithm: JwtAlgorithm, key: &Secret, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
    let refused = || {
        ProviderError::misconfigured(&format!(
            "The private key is no {algorithm} key in PEM form: it begins with -----BEGIN PRIVATE KEY-----"
        ))
    };
    if algorithm == JwtAlgorithm::Hs256 {
        return Ok(mac(Hash::Sha256, key.expose().as_bytes(), message));
    }
    let (kind, der) = pem(key).ok_or_else(refused)?;
    let random = SystemRandom::new();
    match algorithm {
        JwtAlgorithm::Hs256 => Err(refused()),
        JwtAlgorithm::Rs256 => {
            let pair = if kind == "RSA PRIVATE KEY" {
                rsa::KeyPair::from_der(&der)
            } else {
                rsa::KeyPair::from_pkcs8(&der)
            };
            let pair = pair.map_err(|_| refused())?;
            let mut signed = vec![0; pair.public_modulus_len()];
            pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signed).map_err(|_| refused())?;
            Ok(signed)
        }
        JwtAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &der);
            let signed = pair.map_err(|_| refused())?.sign(&random, message).map_err(|_| refused())?;
            Ok(signed.as_ref().to_vec())
        }
        JwtAlgorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| refused())?;
            Ok(pair.sign(message).as_ref().to_vec())
        }
    }
}

/// The kind and bytes of a PEM text (RFC 7468). Line breaks may have been lost on the way through a form.
fn pem(key: &Secret) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = key.expose().split_once("-----BEGIN ")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body = Secret::new(body.replace("\\n", "").split_whitespace().collect());
    Some((kind, BASE64.decode(body.expose().as_bytes()).ok()?))
}

#[cfg(test)]
mod tests;

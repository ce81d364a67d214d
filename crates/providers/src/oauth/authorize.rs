//! The address that somebody is sent to for consent, and the proof that whoever comes back is the same (RFC 7636).

use data_encoding::BASE64URL_NOPAD;
use kontor_domain::{Ambient, Secret};
use sha2::{Digest, Sha256};
use url::Url;

use super::Server;

/// The longest address that is made: browsers and servers cut longer ones.
const MAX_ADDRESS: usize = 8_000;

/// What a PKCE exchange proves itself with.
pub struct Verifier(Secret);

impl Verifier {
    /// 256 random bits, in the 43 letters that RFC 7636 §4.1 asks for.
    pub fn new(ambient: &Ambient) -> Self {
        Self(Secret::new(BASE64URL_NOPAD.encode(&ambient.bytes::<32>())))
    }

    /// The secret, for keeping until the way back.
    pub fn into_secret(self) -> Secret {
        self.0
    }

    /// What is shown of it beforehand.
    fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.0.expose().as_bytes()))
    }
}

/// What somebody is sent to consent with.
pub struct Consent<'a> {
    /// Where the browser comes back to.
    pub redirect_uri: &'a str,
    /// What it carries back unchanged.
    pub state: &'a str,
    /// The proof, where the server takes one.
    pub verifier: Option<&'a Verifier>,
}

impl Server {
    /// The address to send somebody to. None when it would be longer than browsers take.
    pub fn authorize(&self, consent: &Consent<'_>) -> Option<Url> {
        let mut url = self.authorization_url.clone();
        let challenge = consent.verifier.filter(|_| self.pkce).map(Verifier::challenge);
        let mut ours = vec![("client_id", self.client_id.as_str()), ("response_type", "code")];
        if !self.scope.is_empty() {
            ours.push(("scope", &self.scope));
        }
        ours.extend([("redirect_uri", consent.redirect_uri), ("state", consent.state)]);
        if let Some(challenge) = &challenge {
            ours.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        {
            let mut query = url.query_pairs_mut();
            // What the flow stands on is never taken from a template's additions.
            let more = self.authorize_parameters.iter();
            query.extend_pairs(&ours).extend_pairs(more.filter(|(name, _)| !reserved(name)));
        }
        (url.as_str().len() <= MAX_ADDRESS).then_some(url)
    }
}

fn reserved(name: &str) -> bool {
    let ours = [
        "client_id",
        "response_type",
        "scope",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    ours.contains(&name)
}

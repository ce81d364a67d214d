//! The way back from a consent: a browser carries a code, or somebody who forged it.
//!
//! Nothing that a browser carries is believed before its state is known to be ours, bound to this provider, in time
//! and taken for the first time. Everything that is refused leaves an audit row and changes nothing.

use std::{collections::BTreeMap, sync::Arc};

use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId},
    integrations::ConnectionStatus,
};
use kontor_providers::{
    ProviderError,
    error::Kind,
    oauth::{Odd, Server, Tokens},
};
use kontor_store::{
    Conn, choices, integrations, integrations::Integration, oauth::consents, oauth::consents::Consent,
    oauth::grants,
};
use serde_json::{Value, json};

use super::{
    UPKEEP, decide,
    state::{self, Claims, Refused},
};
use crate::{Actor, Engine, Error, credentials::Purpose};

/// The longest code, in bytes (RFC 6749 leaves it open; quickbooks-online.md §1.3 has 512).
const MAX_CODE: usize = 4_096;

/// How somebody came back.
#[derive(Debug, Clone)]
pub struct Back {
    /// Whose integration it is.
    pub organization: OrganizationId,
    /// Which.
    pub integration: IntegrationId,
    /// The provider, as people call it.
    pub provider: String,
    /// What the caller wanted back.
    pub caller_state: Option<String>,
    /// Why it failed, as a word; none where it did not.
    pub reason: Option<String>,
    /// For people.
    pub message: String,
    /// Whether another account is connected now than before.
    pub other_account: bool,
}

/// Why a callback changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// No such provider, or one without consent.
    #[error("no such provider")]
    UnknownProvider,
    /// A field is there twice, or not there at all.
    #[error("fields are missing or there twice")]
    Malformed,
    /// The state is none of ours.
    #[error("the state is none of ours")]
    Forged,
    /// It was made for another provider.
    #[error("the state was made for another provider")]
    OtherProvider,
    /// Its time is over.
    #[error("the link's time is over")]
    Late,
    /// It was taken already, or its integration is gone.
    #[error("the link was used already")]
    Used,
    /// Ours.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<kontor_store::Error> for CallbackError {
    fn from(error: kontor_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// Why a consent that is ours brought nothing: a word, and words.
struct Failed(String, String);

impl Failed {
    fn new(word: &str, words: &str) -> Self {
        Self(word.to_owned(), words.to_owned())
    }
}

impl Engine {
    /// Takes somebody back from a provider's consent.
    pub async fn finish_consent(
        self: &Arc<Self>,
        provider: &str,
        fields: &[(String, String)],
        actor: &Actor,
    ) -> Result<Back, CallbackError> {
        let adapter = self.registry.get(provider).filter(|it| it.oauth().is_some());
        let Some(adapter) = adapter else {
            self.refused(None, actor, provider, "no such provider").await?;
            return Err(CallbackError::UnknownProvider);
        };
        let name = adapter.template().provider.clone();
        let claims = self.claims(&name, fields, actor).await?;
        // Before the way is taken and the code is spent: keys that cannot be had now may be had a minute later.
        self.ready_to_seal(claims.organization).await?;
        let consent = self.take(&name, &claims, actor).await?;
        let Some(integration) = self.integration(&claims).await? else {
            self.refused(Some(&claims), actor, &name, "the integration is gone").await?;
            return Err(CallbackError::Used);
        };
        let brought = self.brought(&claims, &consent, &integration, fields, actor).await?;
        let mut back = Back {
            organization: claims.organization,
            integration: claims.integration,
            provider: adapter.template().display_name.clone(),
            caller_state: consent.caller_state.clone(),
            reason: None,
            message: String::new(),
            other_account: false,
        };
        match brought {
            Ok((server, account, tokens)) => {
                let other = self
                    .record_connection(&claims, &consent, &integration, &server, account, tokens, actor)
                    .await?;
                back.other_account = other;
                back.message = connected(&back.provider, other);
            }
            Err(Failed(word, words)) => {
                self.failed(&claims, &integration, actor, &word, &words).await?;
                (back.reason, back.message) = (Some(word), words);
            }
        }
        Ok(back)
    }

    /// The claims of the state that came back.
    async fn claims(
        &self,
        provider: &str,
        fields: &[(String, String)],
        actor: &Actor,
    ) -> Result<Claims, CallbackError> {
        let Ok(Some(state)) = one(fields, "state") else {
            self.refused(None, actor, provider, "no state, or two of them").await?;
            return Err(CallbackError::Malformed);
        };
        let refused = match state::open(&self.oauth.key, state, provider, self.ambient.now()) {
            Ok(claims) => return Ok(claims),
            Err(refused) => refused,
        };
        let (claims, error, why) = match refused {
            Refused::Forged => (None, CallbackError::Forged, "forged state"),
            Refused::Late(claims) => (Some(claims), CallbackError::Late, "late state"),
            Refused::OtherProvider(claims) => {
                (Some(claims), CallbackError::OtherProvider, "another provider's state")
            }
        };
        self.refused(claims.as_ref(), actor, provider, why).await?;
        Err(error)
    }

    /// Takes the way that the state belongs to: nobody else gets it after that.
    async fn take(&self, provider: &str, claims: &Claims, actor: &Actor) -> Result<Consent, CallbackError> {
        let mut tx = self.db.write().await?;
        let taken = consents::take(&mut tx, claims.organization, claims.consent, self.ambient.now()).await?;
        // The state is signed, so that a row that does not fit was changed by a hand on the database.
        let taken = taken.filter(|it| it.integration == claims.integration && claims.is_user(&it.asked_by));
        tx.commit().await?;
        let Some(consent) = taken else {
            self.refused(Some(claims), actor, provider, "used state").await?;
            return Err(CallbackError::Used);
        };
        Ok(consent)
    }

    async fn integration(&self, claims: &Claims) -> Result<Option<Integration>, Error> {
        let mut conn = self.db.read().await?;
        Ok(integrations::get(&mut conn, claims.organization, claims.integration).await?)
    }

    /// What the consent brought. The outer error is ours, the inner one says why it brought nothing.
    async fn brought(
        &self,
        claims: &Claims,
        consent: &Consent,
        integration: &Integration,
        fields: &[(String, String)],
        actor: &Actor,
    ) -> Result<Result<(Server, BTreeMap<String, String>, Tokens), Failed>, Error> {
        let organization = claims.organization;
        let verifier = self.verifier(claims, actor).await?;
        let server = match self.oauth_server(organization, integration, actor, "consent").await {
            Ok(server) => server,
            Err(Error::OAuthNotConfigured(words)) => return Ok(Err(Failed::new("not_configured", &words))),
            Err(error) => return Err(error),
        };
        let (account, code) = match read(&server, fields) {
            Ok(read) => read,
            Err(failed) => return Ok(Err(failed)),
        };
        if server.pkce && verifier.is_none() {
            let words = "The proof of who began is gone. Connect again.";
            return Ok(Err(Failed::new("verifier_missing", words)));
        }
        let provider = self.registry.get(&integration.provider).ok_or(Error::IntegrationNotFound)?;
        let http = provider.oauth().ok_or(Error::NoOAuth)?.http();
        let exchanged = server.exchange(http, &code, &consent.redirect_uri, verifier.as_ref()).await;
        Ok(match exchanged {
            Ok(tokens) => Ok((server, account, tokens)),
            Err(refusal) => Err(not_exchanged(&refusal.error)),
        })
    }

    /// What the exchange proves itself with; it is destroyed before it is used, so that it is used once.
    async fn verifier(&self, claims: &Claims, actor: &Actor) -> Result<Option<Secret>, Error> {
        let (organization, integration) = (claims.organization, claims.integration);
        let field = claims.consent.to_string();
        let purposes = [Purpose::OAuthVerifier];
        let mut values =
            self.open_secrets(organization, integration, &purposes, &[&field], actor, "consent").await?;
        let mut tx = self.db.write().await?;
        self.destroy_secrets(&mut tx, organization, integration, Purpose::OAuthVerifier, Some(&field))
            .await?;
        tx.commit().await?;
        Ok(values.remove(&(Purpose::OAuthVerifier, field)))
    }

    /// Stores what a consent brought. Says whether it is another account than before.
    #[expect(clippy::too_many_arguments, reason = "everything that a connection is made of, once")]
    async fn record_connection(
        &self,
        claims: &Claims,
        consent: &Consent,
        integration: &Integration,
        server: &Server,
        account: BTreeMap<String, String>,
        tokens: Tokens,
        actor: &Actor,
    ) -> Result<bool, Error> {
        let organization = claims.organization;
        let now = self.ambient.now();
        let brought = decide::renewed(&tokens, &server.facts, None, now);
        let subject = integration.id.to_string();
        // Once more: a rotation may have brought a newer key while the provider answered.
        self.ready_to_seal(organization).await?;
        let mut tx = self.db.write().await?;
        let before = grants::get(&mut tx, organization, integration.id).await?;
        let other = before.as_ref().is_some_and(|it| it.account != account);
        if other {
            // Another account's token would live on at the provider with nobody left to end it.
            self.begin_revocation(&mut tx, organization, integration, &Actor::system()).await?;
            choices::forget(&mut tx, organization, integration.id).await?;
        }
        // A refresh token of the older consent is of no use, and must not be taken for the new one's.
        self.destroy_secrets(&mut tx, organization, integration.id, Purpose::OAuthToken, None).await?;
        grants::connect(&mut tx, organization, integration.id, &account, &consent.asked_by, &brought).await?;
        self.seal_tokens(&mut tx, organization, integration, tokens).await?;
        let status = ConnectionStatus::Connected;
        if !integrations::set_connection(&mut tx, organization, integration.id, status, now).await? {
            return Err(Error::IntegrationNotFound);
        }
        self.schedule(&mut tx, organization, UPKEEP, integration.id, decide::upkeep_at(&brought, false))
            .await?;
        let data = json!({
            "provider": integration.provider,
            "account": account,
            "otherAccount": other,
            "accountBefore": before.filter(|_| other).map(|it| it.account),
            "connectedBy": consent.asked_by,
        });
        self.tell(&mut tx, organization, "integration.connected", &subject, &data).await?;
        // What the provider said of the account is told by the event; the trail holds names alone.
        let fields: Vec<String> = account.keys().map(|key| format!("account.{key}")).collect();
        let detail = json!({ "provider": integration.provider, "fields": fields, "otherAccount": other });
        self.audit(&mut tx, Some(organization), actor, "integration.connected", &subject, &detail).await?;
        tx.commit().await?;
        Ok(other)
    }

    async fn failed(
        &self,
        claims: &Claims,
        integration: &Integration,
        actor: &Actor,
        word: &str,
        words: &str,
    ) -> Result<(), Error> {
        let subject = integration.id.to_string();
        let data = json!({ "provider": integration.provider, "reason": word, "message": words });
        let mut tx = self.db.write().await?;
        let conn: &mut Conn = &mut tx;
        self.tell(conn, claims.organization, "integration.connect_failed", &subject, &data).await?;
        let action = "integration.connect_failed";
        let detail = json!({ "provider": integration.provider, "reason": word });
        self.audit(conn, Some(claims.organization), actor, action, &subject, &detail).await?;
        Ok(tx.commit().await?)
    }

    /// Leaves an audit row of a callback that changes nothing; in the organization's trail where its state is ours.
    async fn refused(
        &self,
        claims: Option<&Claims>,
        actor: &Actor,
        provider: &str,
        why: &str,
    ) -> Result<(), Error> {
        let subject =
            claims.map_or_else(|| kontor_providers::error::clean(provider), |it| it.integration.to_string());
        let detail: Value = json!({ "reason": why, "consent": claims.map(|it| it.consent) });
        let organization = claims.map(|it| it.organization);
        let mut tx = self.db.write().await?;
        self.audit(&mut tx, organization, actor, "oauth.callback_refused", &subject, &detail).await?;
        Ok(tx.commit().await?)
    }
}

/// The one value of a field; an error where it is there twice.
fn one<'a>(fields: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, ()> {
    let mut found = fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() { Err(()) } else { Ok(first) }
}

/// The account and the code, when another server did not answer and this one did not say no.
fn read(server: &Server, fields: &[(String, String)]) -> Result<(BTreeMap<String, String>, Secret), Failed> {
    let twice = |()| Failed::new("invalid_answer", "The provider's answer has a field twice.");
    server.check_issuer(one(fields, "iss").map_err(twice)?).map_err(|it| odd(&it))?;
    if let Some(error) = one(fields, "error").map_err(twice)? {
        return Err(said_no(error));
    }
    let code = one(fields, "code").map_err(twice)?.filter(|it| (1..=MAX_CODE).contains(&it.len()));
    let code = code.ok_or_else(|| Failed::new("invalid_answer", "The provider sent no code."))?;
    Ok((server.account(fields).map_err(|it| odd(&it))?, Secret::new(code.to_owned())))
}

fn odd(odd: &Odd) -> Failed {
    match odd {
        Odd::Issuer => Failed::new(
            "wrong_issuer",
            "The answer came from another authorization server than the one that was asked.",
        ),
        Odd::Account => Failed::new("account_missing", "The provider did not say which account it is."),
    }
}

/// The provider's word for a refusal, as far as it is one.
fn said_no(error: &str) -> Failed {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_word = (1..=60).contains(&error.len()) && error.bytes().all(plain);
    let word = if is_word { error } else { "provider_error" };
    let words = match word {
        "access_denied" => "The consent was not given.",
        "invalid_scope" => "The provider does not grant what was asked for.",
        "temporarily_unavailable" | "server_error" => "The provider is out of order. Try again later.",
        _ => "The provider refused.",
    };
    Failed::new(word, words)
}

fn not_exchanged(error: &ProviderError) -> Failed {
    let word = match error.kind {
        Kind::Refused | Kind::TokenRefused => "code_refused",
        Kind::Misconfigured => "client_refused",
        Kind::Unreachable | Kind::TimedOut | Kind::Nonsense => "provider_unavailable",
    };
    Failed(word.to_owned(), error.to_string())
}

fn connected(provider: &str, other: bool) -> String {
    if other {
        format!("{provider} is connected, but to another account than before.")
    } else {
        format!("{provider} is connected.")
    }
}

//! The token and revocation endpoints: who asks, what is asked for, and every refusal in its recorded form
//! (quickbooks-online.md §1.4, §1.5).

use axum::http::StatusCode;
use data_encoding::BASE64;

use super::{
    Answer, ParallelRefresh, Simulator, text,
    tokens::{self, Grant, Refused},
};
use crate::{running::lock, serve::Arrived};

/// A posted form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// A field; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// The form of a request; of at most fifty fields.
pub(super) fn form(request: &Arrived) -> Form {
    Form(url::form_urlencoded::parse(&request.body).into_owned().take(50).collect())
}

/// Who asks: HTTP Basic, or in the form (§1.4).
fn client(request: &Arrived, form: &Form) -> Option<(String, String)> {
    let Some((scheme, sent)) = request.header("authorization").split_once(' ') else {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        return Some((id.to_owned(), secret.to_owned()));
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(sent.trim().as_bytes()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn refused(error: &str) -> Answer {
    Answer::json(StatusCode::BAD_REQUEST, format!("{{\"error\":\"{error}\"}}")).because(error)
}

fn described(error: &str, description: &str) -> Answer {
    let body = format!("{{\"error_description\":\"{description}\",\"error\":\"{error}\"}}");
    Answer::json(StatusCode::BAD_REQUEST, body).because(error)
}

impl Simulator {
    /// The token endpoint.
    pub(super) fn token(&self, request: &Arrived, parallel: bool) -> Answer {
        let form = form(request);
        if let Some(refusal) = self.refuse_client(request, &form) {
            return refusal;
        }
        let choices = &self.settings.quickbooks;
        let mut state = lock(&self.state);
        let missing = |name: &str| described("invalid_request", &format!("{name} is required"));
        let granted = match form.get("grant_type") {
            "" => return missing("grant_type"),
            "authorization_code" if form.get("code").is_empty() => return missing("code"),
            "authorization_code" if form.get("redirect_uri").is_empty() => return missing("redirect_uri"),
            "authorization_code" => {
                tokens::exchange(&mut state, choices, form.get("code"), form.get("redirect_uri"))
            }
            "refresh_token" if form.get("refresh_token").is_empty() => return missing("refresh_token"),
            "refresh_token" => {
                let value = form.get("refresh_token");
                match choices.parallel_refresh {
                    ParallelRefresh::RevokesAll if parallel => {
                        tokens::revoke(&mut state, value);
                        Err(Refused::Invalid)
                    }
                    ParallelRefresh::SecondFails if parallel => Err(Refused::Invalid),
                    _ => tokens::refresh(&mut state, choices, value),
                }
            }
            _ => return refused("unsupported_grant_type"),
        };
        match granted {
            Ok(grant) => {
                let hard = request.header("x-include-refresh-token-hard-expires-in") == "true";
                Answer::json(StatusCode::OK, written(&grant, hard)).because(form.get("grant_type"))
            }
            Err(Refused::Invalid) => described("invalid_grant", "Token invalid"),
            Err(Refused::WrongKind) => described("invalid_grant", "Incorrect Token type or clientID"),
            Err(Refused::Full) => {
                let body = "the simulator is full, POST /_sim/reset".to_owned();
                Answer::new(StatusCode::SERVICE_UNAVAILABLE, "text/plain", body)
            }
        }
    }

    /// The revocation endpoint: JSON or a form, either token.
    pub(super) fn revoke(&self, request: &Arrived) -> Answer {
        let form = form(request);
        if let Some(refusal) = self.refuse_client(request, &form) {
            return refusal;
        }
        let json: Option<serde_json::Value> = serde_json::from_slice(&request.body).ok();
        let token = json.as_ref().map_or_else(|| form.get("token"), |it| text(it, "token"));
        if token.is_empty() {
            return refused("invalid_request");
        }
        if tokens::revoke(&mut lock(&self.state), token) {
            Answer::json(StatusCode::OK, String::new()).because("revoked")
        } else {
            described("invalid_grant", "Token invalid")
        }
    }

    fn refuse_client(&self, request: &Arrived, form: &Form) -> Option<Answer> {
        let known = (text(&self.credentials, "clientId"), text(&self.credentials, "clientSecret"));
        let right = client(request, form).is_some_and(|(id, secret)| (id.as_str(), secret.as_str()) == known);
        if right {
            return None;
        }
        let body = "{\"error\":\"invalid_client\"}".to_owned();
        Some(Answer::json(StatusCode::UNAUTHORIZED, body).because("invalid_client"))
    }
}

/// Members in the recorded order (§1.4).
fn written(grant: &Grant, hard: bool) -> String {
    let hard = if hard {
        format!("\"x_refresh_token_hard_expires_in\":{},", grant.hard_seconds)
    } else {
        String::new()
    };
    format!(
        "{{\"expires_in\":{},\"token_type\":\"bearer\",\"x_refresh_token_expires_in\":{},{hard}\
         \"refresh_token\":\"{}\",\"access_token\":\"{}\"}}",
        grant.access_seconds, grant.refresh_seconds, grant.refresh, grant.access
    )
}

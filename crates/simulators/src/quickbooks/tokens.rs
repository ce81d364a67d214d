//! Codes, connections and tokens: how long each lives, when a refresh token is replaced, what ends a connection
//! (quickbooks-online.md §1.3 to §1.5).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Choices, drawn};
use crate::state::State;

/// An access token's life, in seconds.
const ACCESS: i64 = 3_600;
/// A refresh token's, from its last use.
const REFRESH: i64 = 8_640_000;
/// A connection's, from its authorization: five years.
const HARD: i64 = 157_680_000;
/// A refresh after so long brings a new refresh token.
const ROTATION: i64 = 86_400;

const CODE: &str = "code";
const CONNECTION: &str = "connection";
const TOKEN: &str = "token";

/// What a person agreed to.
#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) realm_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    expires_at: Timestamp,
    /// What it was exchanged for.
    connection: Option<String>,
}

/// A company's connection to the app.
#[derive(Serialize, Deserialize)]
pub(super) struct Connection {
    pub(super) realm_id: String,
    pub(super) scope: String,
    authorized_at: Timestamp,
    revoked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Access,
    Refresh,
}

#[derive(Serialize, Deserialize)]
struct Token {
    kind: Kind,
    connection: String,
    issued_at: Timestamp,
    expires_at: Timestamp,
    replaced_at: Option<Timestamp>,
    /// How often it was used to refresh.
    uses: u64,
}

/// What a client gets.
pub(super) struct Grant {
    pub(super) access: String,
    pub(super) refresh: String,
    /// Seconds left.
    pub(super) access_seconds: i64,
    pub(super) refresh_seconds: i64,
    pub(super) hard_seconds: i64,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Unknown, used, expired, replaced or revoked.
    Invalid,
    /// An access token where a refresh token belongs.
    WrongKind,
    /// No place left.
    Full,
}

/// Why a bearer is not let in.
pub(super) enum NoBearer {
    Malformed,
    Expired,
    Revoked,
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}

/// A code for what a person agreed to; none where there is no place left.
pub(super) fn authorize(
    state: &mut State,
    choices: &Choices,
    (realm_id, redirect_uri, scope): (&str, &str, &str),
) -> Option<String> {
    if !state.has_place(CODE) {
        return None;
    }
    let code = format!("AB11{}", drawn(state.draw(), 42));
    let row = Code {
        realm_id: realm_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope: scope.to_owned(),
        expires_at: after(state.now(), choices.code_seconds),
        connection: None,
    };
    state.set_own(CODE, &code, &row);
    Some(code)
}

/// Exchanges a code. A second time ends what the first brought (§1.3).
pub(super) fn exchange(
    state: &mut State,
    choices: &Choices,
    code: &str,
    redirect_uri: &str,
) -> Result<Grant, Refused> {
    let mut row: Code = state.own(CODE, code).ok_or(Refused::Invalid)?;
    if let Some(connection) = &row.connection {
        end(state, connection);
        return Err(Refused::Invalid);
    }
    let now = state.now();
    if now >= row.expires_at || row.redirect_uri != redirect_uri {
        return Err(Refused::Invalid);
    }
    if !state.has_place(CONNECTION) || !state.has_place(TOKEN) {
        return Err(Refused::Full);
    }
    if choices.newest_only {
        end_all(state, &row.realm_id);
    }
    let id = format!("connection_{}", drawn(state.draw(), 12));
    let connection = Connection {
        realm_id: row.realm_id.clone(),
        scope: row.scope.clone(),
        authorized_at: now,
        revoked: false,
    };
    state.set_own(CONNECTION, &id, &connection);
    row.connection = Some(id.clone());
    state.set_own(CODE, code, &row);
    let refresh = issue(state, Kind::Refresh, &id, &connection);
    Ok(grant(state, &id, &connection, refresh))
}

/// Refreshes, which brings a new refresh token after a day.
pub(super) fn refresh(state: &mut State, choices: &Choices, value: &str) -> Result<Grant, Refused> {
    let mut token: Token = state.own(TOKEN, value).ok_or(Refused::Invalid)?;
    if token.kind == Kind::Access {
        return Err(Refused::WrongKind);
    }
    let id = token.connection.clone();
    let connection: Connection = state.own(CONNECTION, &id).ok_or(Refused::Invalid)?;
    let now = state.now();
    if connection.revoked || now >= token.expires_at || now >= after(connection.authorized_at, HARD) {
        return Err(Refused::Invalid);
    }
    if !state.has_place(TOKEN) {
        return Err(Refused::Full);
    }
    token.uses = token.uses.saturating_add(1);
    if let Some(replaced_at) = token.replaced_at {
        if seconds(replaced_at, now) >= choices.old_refresh_grace_seconds {
            return Err(Refused::Invalid);
        }
        state.set_own(TOKEN, value, &token);
        let current = current(state, &id).ok_or(Refused::Invalid)?;
        return Ok(grant(state, &id, &connection, current));
    }
    let refresh = if seconds(token.issued_at, now) >= ROTATION {
        token.replaced_at = Some(now);
        issue(state, Kind::Refresh, &id, &connection)
    } else {
        token.expires_at = expiry(now, Kind::Refresh, &connection);
        value.to_owned()
    };
    state.set_own(TOKEN, value, &token);
    Ok(grant(state, &id, &connection, refresh))
}

/// The refresh token of a connection that nothing has replaced.
fn current(state: &State, connection: &str) -> Option<String> {
    let all = state.all_own::<Token>(TOKEN);
    all.into_iter()
        .find(|(_, it)| it.connection == connection && it.kind == Kind::Refresh && it.replaced_at.is_none())
        .map(|(value, _)| value)
}

fn expiry(now: Timestamp, kind: Kind, connection: &Connection) -> Timestamp {
    match kind {
        Kind::Access => after(now, ACCESS),
        Kind::Refresh => after(now, REFRESH).min(after(connection.authorized_at, HARD)),
    }
}

fn issue(state: &mut State, kind: Kind, id: &str, connection: &Connection) -> String {
    let now = state.now();
    let number = state.draw();
    let value = match kind {
        // Looks like the encrypted JWT that it is there: a header and opaque parts (§1.4).
        Kind::Access => format!(
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..{}.{}.{}",
            drawn(number, 22),
            drawn(number ^ 1, 854),
            drawn(number ^ 2, 22)
        ),
        Kind::Refresh => format!("AB11{}", drawn(number, 46)),
    };
    let row = Token {
        kind,
        connection: id.to_owned(),
        issued_at: now,
        expires_at: expiry(now, kind, connection),
        replaced_at: None,
        uses: 0,
    };
    state.set_own(TOKEN, &value, &row);
    value
}

fn grant(state: &mut State, id: &str, connection: &Connection, refresh: String) -> Grant {
    let access = issue(state, Kind::Access, id, connection);
    let now = state.now();
    let left = state.own::<Token>(TOKEN, &refresh).map_or(0, |it| seconds(now, it.expires_at));
    Grant {
        access,
        refresh,
        access_seconds: ACCESS,
        refresh_seconds: left,
        hard_seconds: seconds(now, after(connection.authorized_at, HARD)),
    }
}

/// Ends the connection of either of its tokens; false where there is no such token.
pub(super) fn revoke(state: &mut State, value: &str) -> bool {
    let Some(token) = state.own::<Token>(TOKEN, value) else { return false };
    let ended = state.own::<Connection>(CONNECTION, &token.connection).is_none_or(|it| it.revoked);
    end(state, &token.connection);
    !ended
}

/// Ends every connection of a company, as its owner can in QuickBooks.
pub(super) fn end_all(state: &mut State, realm_id: &str) {
    for (id, connection) in state.all_own::<Connection>(CONNECTION) {
        if connection.realm_id == realm_id {
            end(state, &id);
        }
    }
}

fn end(state: &mut State, id: &str) {
    if let Some(mut connection) = state.own::<Connection>(CONNECTION, id) {
        connection.revoked = true;
        state.set_own(CONNECTION, id, &connection);
    }
}

/// The connection that an access token speaks for.
pub(super) fn bearer(state: &State, value: &str) -> Result<Connection, NoBearer> {
    let token = state.own::<Token>(TOKEN, value).filter(|it| it.kind == Kind::Access);
    let token = token.ok_or(NoBearer::Malformed)?;
    let connection = state.own::<Connection>(CONNECTION, &token.connection).ok_or(NoBearer::Malformed)?;
    if connection.revoked {
        return Err(NoBearer::Revoked);
    }
    if state.now() >= token.expires_at {
        return Err(NoBearer::Expired);
    }
    Ok(connection)
}

/// The tokens for whoever drives the simulator: never their values.
pub(super) fn listed(state: &State) -> Vec<Value> {
    let now = state.now();
    let mut all: Vec<(Timestamp, Value)> = state
        .all_own::<Token>(TOKEN)
        .into_iter()
        .map(|(value, it)| {
            let connection = state.own::<Connection>(CONNECTION, &it.connection);
            let status = match &connection {
                Some(connection) if !connection.revoked => match it.replaced_at {
                    Some(_) => "replaced",
                    None if now >= it.expires_at => "expired",
                    None => "active",
                },
                _ => "revoked",
            };
            let last_four = value.get(value.len().saturating_sub(4)..).unwrap_or_default();
            let row = json!({
                "id": format!("…{last_four}"), "kind": it.kind, "status": status,
                "realmId": connection.map(|it| it.realm_id), "connection": it.connection, "uses": it.uses,
                "createdAt": it.issued_at, "expiresAt": it.expires_at,
            });
            (it.issued_at, row)
        })
        .collect();
    all.sort_by_key(|(issued, _)| *issued);
    all.into_iter().map(|(_, row)| row).collect()
}

//! The rotation of an account's token: a new one beside the old one, then instead of it (worldpay-express.md
//! §3.2: the shape is known, the texts are inferred).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    reply::{dates, group, outcome, reply, tag},
    schema::TRANSACTION,
};
use crate::{state::State, xml::Element};

const KIND: &str = "accountToken";

/// What is not as it was when the account was made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Token {
    current: Option<String>,
    pending: Option<String>,
}

/// The accounts as they are now.
pub(super) fn credentials(state: &State, first: &Value) -> Value {
    let mut all = first.clone();
    for it in all.as_array_mut().into_iter().flatten() {
        let id = it.get("AccountId").and_then(Value::as_str).unwrap_or_default();
        let token: Option<Token> = state.own(KIND, id);
        if let (Some(current), Some(it)) = (token.and_then(|it| it.current), it.as_object_mut()) {
            it.insert("AccountToken".to_owned(), Value::from(current));
        }
    }
    all
}

/// A new token; the old one stays good.
pub(super) fn create(state: &mut State, account: &str) -> String {
    let parts = [(); 5].map(|()| format!("{:016X}", state.draw()));
    let token = parts.concat().get(..72).unwrap_or_default().to_owned();
    let old: Token = state.own(KIND, account).unwrap_or_default();
    state.set_own(KIND, account, &Token { pending: Some(token.clone()), ..old });
    let inner = outcome("0", "Success")
        + &dates(state.now())
        + &group("Credentials", &tag("NewAccountToken", &token));
    reply(TRANSACTION, "AccountTokenCreate", &inner)
}

/// From now on the new token is the only one.
pub(super) fn activate(state: &mut State, root: &Element, account: &str) -> String {
    let sent = root.get(&["Credentials", "NewAccountToken"]);
    let known: Token = state.own(KIND, account).unwrap_or_default();
    let inner = if sent.is_empty() {
        outcome("101", "NewAccountToken required")
    } else if known.pending.as_deref() == Some(sent) {
        state.set_own(KIND, account, &Token { current: known.pending, pending: None });
        outcome("0", "Success") + &dates(state.now())
    } else {
        outcome("101", "NewAccountToken invalid")
    };
    reply(TRANSACTION, "AccountTokenActivate", &inner)
}

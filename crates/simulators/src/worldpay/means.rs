//! What a request pays with: a card, or a token of one (worldpay-express.md §2.3, §2.4). No number leaves this file.

use super::{
    accounts::{self, Account},
    cards::Face,
};
use crate::{state::State, xml::Element};

/// A means of payment.
pub(super) struct Means {
    pub(super) face: Face,
    pub(super) cvv: String,
    /// The token that was used.
    pub(super) account: Option<Account>,
}

/// Why there is none.
pub(super) enum Missing {
    /// A field, in the words of the second error layer.
    Field(String),
    /// A token that is not known.
    Token(String),
}

/// The token's id, wherever it stands.
pub(super) fn token(root: &Element) -> &str {
    let top = root.get(&["PaymentAccount", "PaymentAccountID"]);
    if top.is_empty() { root.get(&["ExtendedParameters", "PaymentAccount", "PaymentAccountID"]) } else { top }
}

pub(super) fn read(state: &State, root: &Element, account: &str) -> Result<Means, Missing> {
    let cvv = root.get(&["Card", "CVV"]).to_owned();
    if !matches!(cvv.len(), 0 | 3 | 4) || !cvv.bytes().all(|it| it.is_ascii_digit()) {
        return Err(Missing::Field("CVV invalid".to_owned()));
    }
    let token = token(root);
    if !token.is_empty() {
        let found = accounts::find(state, account, token);
        let found = found.ok_or_else(|| Missing::Token(token.to_owned()))?;
        return Ok(Means { face: found.face.clone(), cvv, account: Some(found) });
    }
    match card(root) {
        Ok(Some(face)) => Ok(Means { face, cvv, account: None }),
        Ok(None) => Err(Missing::Field("CardNumber Required".to_owned())),
        Err(field) => Err(Missing::Field(field)),
    }
}

/// The card of a request; none where it has no number.
pub(super) fn card(root: &Element) -> Result<Option<Face>, String> {
    let get = |name: &str| root.get(&["Card", name]);
    let number = get("CardNumber");
    if number.is_empty() {
        return Ok(None);
    }
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if !digits(number) || !(12..=19).contains(&number.len()) {
        return Err("CardNumber invalid".to_owned());
    }
    let month = get("ExpirationMonth");
    if !month.parse::<u8>().is_ok_and(|it| (1..=12).contains(&it)) {
        let why = if month.is_empty() { "required" } else { "invalid" };
        return Err(format!("ExpirationMonth {why}"));
    }
    let year = get("ExpirationYear");
    if year.len() != 2 || !digits(year) {
        let why = if year.is_empty() { "required" } else { "invalid" };
        return Err(format!("ExpirationYear {why}"));
    }
    Ok(Some(Face::new(number, &format!("{month:0>2}"), year)))
}

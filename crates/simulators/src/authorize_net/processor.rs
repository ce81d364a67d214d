//! What becomes of a transaction: the sandbox's triggers (authorizenet.md §4) and a few of our own.

use jiff::Timestamp;

use super::{card::Face, choices::Choices};

/// What is asked of the processor.
pub(super) struct Asked<'a> {
    pub(super) face: &'a Face,
    /// The letter of the card code; empty where none was sent.
    pub(super) code: &'a str,
    pub(super) amount: Option<i64>,
    pub(super) zip: &'a str,
    pub(super) partial: bool,
    pub(super) is_authorization: bool,
    pub(super) now: Timestamp,
}

/// What the processor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// 1 approved, 2 declined, 3 error, 4 held.
    pub(super) response: u8,
    pub(super) reason: u16,
    pub(super) avs: &'static str,
    pub(super) cvv: String,
    /// What was approved, in hundredths.
    pub(super) approved: i64,
    /// What is left on a prepaid card.
    pub(super) balance: Option<i64>,
    /// The issuer said yes, whatever the gateway makes of it.
    pub(super) has_code: bool,
}

/// The amounts of our own: 4000 dollars and as many cents as the reason has.
const AMOUNTS: i64 = 400_000;

/// The processor's answer.
pub(super) fn judge(asked: &Asked<'_>, choices: &Choices) -> Verdict {
    let amount = asked.amount.unwrap_or(0);
    let said = |response, reason| Verdict {
        response,
        reason,
        avs: "P",
        cvv: String::new(),
        approved: 0,
        balance: None,
        has_code: false,
    };
    if let Some(reason) = refused(asked) {
        return said(3, reason);
    }
    if asked.face.is_bank() {
        // Up to a hundred is accepted (§4).
        let approved = Verdict { approved: amount, has_code: false, ..said(1, 1) };
        return if amount <= 10_000 { approved } else { said(2, 2) };
    }
    let (avs, cvv) = (address(asked.zip, &asked.face.brand), card_code(asked.code));
    let answer = |response, reason, approved, has_code| Verdict {
        avs,
        cvv: cvv.to_owned(),
        approved,
        has_code,
        ..said(response, reason)
    };
    if asked.zip == "46282" || asked.face.is_always_declined() {
        return answer(2, 2, 0, false);
    }
    match amount.checked_sub(AMOUNTS) {
        Some(reason @ (2 | 3 | 4 | 37 | 41)) => {
            return answer(2, u16::try_from(reason).unwrap_or(2), 0, false);
        }
        Some(reason @ (27 | 44 | 45 | 65)) => return answer(2, u16::try_from(reason).unwrap_or(2), 0, true),
        Some(reason @ (19 | 35 | 49 | 66)) => return said(3, u16::try_from(reason).unwrap_or(19)),
        // Held for review: 252 before the processor was asked, 253 after it said yes.
        Some(52) => return answer(4, 252, amount, false),
        Some(53) => return answer(4, 253, amount, true),
        _ => {}
    }
    if choices.declined_avs.contains(avs) {
        return answer(2, 27, 0, true);
    }
    if !cvv.is_empty() && choices.declined_cvv.contains(cvv) {
        return answer(2, 65, 0, true);
    }
    prepaid(asked, amount, choices).map_or_else(
        || answer(1, 1, amount, true),
        |(response, reason, approved, balance)| Verdict {
            balance: Some(balance),
            ..answer(response, reason, approved, true)
        },
    )
}

/// What is refused before the processor is asked: a reason of responseCode 3.
fn refused(asked: &Asked<'_>) -> Option<u16> {
    let face = asked.face;
    let Some(amount) = asked.amount else { return Some(5) };
    if amount < 0 || (amount == 0 && !asked.is_authorization) {
        return Some(5);
    }
    if face.is_bank() {
        return if face.is_valid { None } else { Some(9) };
    }
    if !face.is_valid || face.brand.is_empty() {
        return Some(6);
    }
    if face.expires.is_empty() {
        return Some(7);
    }
    if face.is_expired(asked.now) {
        return Some(8);
    }
    (amount == 0 && face.brand == "JCB").then_some(289)
}

/// A prepaid card's answer: response, reason, what was approved, what is left on it.
fn prepaid(asked: &Asked<'_>, amount: i64, choices: &Choices) -> Option<(u8, u16, i64, i64)> {
    if !asked.partial {
        return None;
    }
    match asked.zip {
        "46225" if amount > 123 => {
            Some(if choices.partial_is_held { (4, 295, 123, 0) } else { (1, 1, 123, 0) })
        }
        "46226" => Some((1, 1, amount, 123)),
        "46227" => Some((1, 1, amount, -123)),
        "46228" => Some((1, 1, amount, 0)),
        _ => None,
    }
}

/// The address letter by zip (§4).
fn address(zip: &str, brand: &str) -> &'static str {
    let (is_visa, is_amex) = (brand == "Visa", brand == "AmericanExpress");
    match zip.get(..5).unwrap_or(zip) {
        "46201" => "A",
        "46203" => "E",
        "46204" if !is_amex => "G",
        "46205" => "N",
        "46206" => "P",
        "46207" => "R",
        "46208" => "S",
        "46209" => "U",
        "46211" if !is_amex => "W",
        "46214" if !is_visa && !is_amex => "X",
        "46217" => "Z",
        _ => "Y",
    }
}

/// What was not sent is not processed.
fn card_code(letter: &str) -> &str {
    if letter.is_empty() { "P" } else { letter }
}

/// A reason's text (§3.3).
pub(super) fn text(reason: u16) -> &'static str {
    match reason {
        1 => "This transaction has been approved.",
        5 => "A valid amount is required.",
        6 | 37 | 315 => "The credit card number is invalid.",
        7 => "Credit card expiration date is invalid.",
        8 => "The credit card has expired.",
        9 => "The ABA code is invalid",
        11 => "A duplicate transaction has been submitted.",
        12 => "An authorization code is required but not present.",
        13 => "The merchant login ID or password is invalid or the account is inactive.",
        15 => "The transaction ID is invalid or not present.",
        16 => "The transaction cannot be found.",
        17 => "The merchant does not accept this type of credit card.",
        19 => "An error occurred during processing.  Please try again.",
        27 => {
            "The transaction has been declined because of an AVS mismatch. The address provided does not match billing \
             address of cardholder."
        }
        33 => "Payment information cannot be left blank.",
        35 => "An error occurred during processing. Call Merchant Service Provider.",
        39 => {
            "The supplied currency code is either invalid, not supported, not allowed for this merchant or doesnt have \
             an exchange rate."
        }
        47 => "The amount requested for settlement cannot be greater than the original amount authorized.",
        49 => "The transaction amount submitted was greater than the maximum amount allowed.",
        50 => "This transaction is awaiting settlement and cannot be refunded.",
        54 => "The referenced transaction does not meet the criteria for issuing a credit.",
        55 => "The sum of credits against the referenced transaction would exceed original debit amount.",
        66 => "This transaction cannot be accepted for processing.",
        72 => "The authorization code is invalid.",
        252 | 253 => "Your order has been received. Thank you for your business!",
        153 => "There was an error processing the payment data. Unable to decrypt data.",
        271 => {
            "The number of line items submitted is not allowed. A maximum of 30 line items can be submitted."
        }
        289 => "This processor does not accept zero dollar authorization for this card type.",
        290 => "There is one or more missing or invalid required fields.",
        295 => {
            "The amount of this request was only partially approved on the given prepaid card. An additional payment is \
             required to fulfill the balance of this transaction."
        }
        310 => "This transaction has already been voided.",
        311 => "This transaction has already been captured.",
        327 => {
            "The void request failed. Either the original transaction type does not support void, or the transaction is \
             in the process of being settled."
        }
        _ => "This transaction has been declined.",
    }
}

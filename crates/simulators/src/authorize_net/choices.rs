//! Switches: what the facts leave open, and which way the simulator takes (authorizenet.md §9). Set under `/_sim/switches`.

use serde::{Deserialize, Serialize};

use crate::state::State;

/// Where the switches are kept.
const KIND: &str = "switches";

/// The switches, each as the facts make it most likely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Choices {
    /// A decline also makes the call an error (E00027); the default is Ok (§2.3.1).
    pub(super) decline_is_error: bool,
    /// A request with `clientId` is answered E00013 although the transaction was approved (§6, 2).
    pub(super) client_id_is_refused: bool,
    /// A duplicate within an explicit window tells the first one's id and codes (§2.3.8).
    pub(super) duplicate_tells_original: bool,
    /// Refunds are held against the duplicate window too.
    pub(super) duplicate_refunds: bool,
    /// A bare array stands for a wrapped list (§1.2).
    pub(super) bare_lists: bool,
    /// Letters of the address check that decline with reason 27 (§4).
    pub(super) declined_avs: String,
    /// Letters of the card code check that decline with reason 65 (§4).
    pub(super) declined_cvv: String,
    /// How long after settlement a refund is possible (§2.3.5: 90 to 180).
    pub(super) refund_days: i64,
    /// A void of what is settled: reason 327 instead of 16 (§2.3.4).
    pub(super) void_settled_is_327: bool,
    /// A refund of what is not settled: reason 50 instead of 54 (§2.3.5).
    pub(super) refund_unsettled_is_50: bool,
    /// `transHashSha2` is filled (§2.3).
    pub(super) hashes: bool,
    /// The description and the email are part of what makes a customer profile a duplicate (§2.5).
    pub(super) duplicate_email: bool,
    /// How many calls a new profile is unknown to (E00040) before it can be used.
    pub(super) new_profile_misses: u32,
    /// A partial approval is held for review (responseCode 4) as recorded; false for an approval.
    pub(super) partial_is_held: bool,
    /// How long a hosted page's token is good for, in seconds (§2.12).
    pub(super) token_seconds: i64,
    /// How long a nonce is good for, in seconds (§2.4).
    pub(super) nonce_seconds: i64,
    /// A cancel ends the hosted page; false: its token stays good until its time is over.
    pub(super) cancel_ends_page: bool,
    /// Reporting calls are allowed; false for E00011 (§2.14).
    pub(super) reporting: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            decline_is_error: false,
            client_id_is_refused: false,
            duplicate_tells_original: false,
            duplicate_refunds: true,
            bare_lists: false,
            declined_avs: String::new(),
            declined_cvv: String::new(),
            refund_days: 120,
            void_settled_is_327: false,
            refund_unsettled_is_50: false,
            hashes: false,
            duplicate_email: true,
            new_profile_misses: 0,
            partial_is_held: true,
            token_seconds: 900,
            nonce_seconds: 900,
            cancel_ends_page: true,
            reporting: true,
        }
    }
}

impl Choices {
    /// As they are set now.
    pub(super) fn of(state: &State) -> Self {
        state.own(KIND, "1").unwrap_or_default()
    }

    /// Sets those that are named; the others stay. The error says what is wrong.
    pub(super) fn set(state: &mut State, body: &[u8]) -> Result<Self, String> {
        let sent: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let mut all = serde_json::to_value(Self::of(state)).map_err(|error| error.to_string())?;
        if let Some(all) = all.as_object_mut() {
            all.extend(sent);
        }
        let choices: Self = serde_json::from_value(all).map_err(|error| error.to_string())?;
        let seconds = [choices.token_seconds, choices.nonce_seconds];
        if seconds.iter().any(|it| !(1..=86_400).contains(it)) || !(1..=3_650).contains(&choices.refund_days)
        {
            return Err("seconds are 1 to 86400, refundDays 1 to 3650".to_owned());
        }
        state.set_own(KIND, "1", &choices);
        Ok(choices)
    }
}

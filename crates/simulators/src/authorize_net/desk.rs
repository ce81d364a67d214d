//! What an operation works with: the memory, whose request it is, the switches, and what is to be told by webhook.

use std::hash::RandomState;

use jiff::Timestamp;

use super::{
    choices::Choices,
    reply,
    webhooks::{self, Event},
};
use crate::state::State;

pub(super) struct Desk<'a> {
    pub(super) state: &'a mut State,
    /// The place among the credentials.
    pub(super) merchant: usize,
    pub(super) choices: Choices,
    /// Prints of cards are made under a key of this process.
    pub(super) hasher: &'a RandomState,
    /// What the hash of a transaction is made with, by merchant: login and signature key.
    pub(super) secrets: &'a [(String, String)],
    /// What happened, in order.
    pub(super) events: Vec<Event>,
}

const LETTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Desk<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// `transHashSha2` of a transaction.
    pub(super) fn hash(&self, id: &str, cents: i64) -> String {
        let secret = self.secrets.get(self.merchant);
        secret.map_or_else(String::new, |(login, key)| {
            webhooks::transaction_hash(key, login, id, &reply::decimal(cents))
        })
    }

    /// Capital letters and digits out of the seeded row.
    pub(super) fn letters(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        let mut number = 0_u64;
        for at in 0..length {
            if at % 10 == 0 {
                number = self.state.draw();
            }
            let place = usize::try_from(number % 36).unwrap_or(0);
            text.extend(LETTERS.get(place).map(|it| char::from(*it)));
            number /= 36;
        }
        text
    }

    /// A transaction's id: eleven digits, each higher than the last, not one after the other (§2.3).
    pub(super) fn transaction_id(&mut self) -> String {
        let drawn = self.state.draw();
        self.state.numbered(60_200_000_000, 53, drawn % 53)
    }

    /// An id of a profile: nine or ten digits.
    pub(super) fn profile_id(&mut self, first: u64) -> String {
        self.state.draw();
        self.state.numbered(first, 1, 0)
    }
}

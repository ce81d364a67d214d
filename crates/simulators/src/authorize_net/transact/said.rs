//! `transactionResponse` in the order of the schema (authorizenet.md §2.3).

use super::super::{
    choices::Choices,
    processor,
    reply::{Members, Value, decimal},
};

/// What a transaction is answered with.
#[derive(Debug, Clone, Default)]
pub(in crate::authorize_net) struct Said {
    pub(in crate::authorize_net) response: u8,
    pub(in crate::authorize_net) reason: u16,
    pub(in crate::authorize_net) auth_code: String,
    pub(in crate::authorize_net) avs: String,
    pub(in crate::authorize_net) cvv: String,
    pub(in crate::authorize_net) cavv: &'static str,
    pub(in crate::authorize_net) id: String,
    pub(in crate::authorize_net) refers_to: String,
    pub(in crate::authorize_net) is_test: bool,
    pub(in crate::authorize_net) masked: String,
    pub(in crate::authorize_net) brand: String,
    pub(in crate::authorize_net) split_tender: String,
    /// Requested, approved, left on the card.
    pub(in crate::authorize_net) prepaid: Option<[i64; 3]>,
    pub(in crate::authorize_net) user_fields: Vec<(String, String)>,
    pub(in crate::authorize_net) hash: String,
    /// Customer profile and payment profile.
    pub(in crate::authorize_net) profile: Option<[String; 3]>,
    pub(in crate::authorize_net) network: String,
}

impl Said {
    /// A gateway's error: nothing became of the request (§2.3.1).
    pub(in crate::authorize_net) fn error(reason: u16) -> Self {
        Self { response: 3, reason, avs: "P".to_owned(), id: "0".to_owned(), ..Self::default() }
    }

    pub(in crate::authorize_net) fn members(self, choices: &Choices) -> Members {
        let said = |text: &str| {
            if self.is_test { format!("(TESTMODE) {text}") } else { text.to_owned() }
        };
        let reason = self.reason.to_string();
        let text = said(processor::text(self.reason));
        let mut members: Members = vec![
            ("responseCode", Value::Text(self.response.to_string())),
            ("authCode", Value::Text(self.auth_code)),
            ("avsResultCode", Value::Text(self.avs)),
            ("cvvResultCode", Value::Text(self.cvv)),
            ("cavvResultCode", Value::text(self.cavv)),
            ("transId", Value::Text(self.id)),
            ("refTransID", Value::Text(self.refers_to)),
            ("transHash", Value::text("")),
            ("testRequest", Value::text(if self.is_test { "1" } else { "0" })),
            ("accountNumber", Value::Text(self.masked)),
            ("accountType", Value::Text(self.brand)),
        ];
        if !self.split_tender.is_empty() {
            members.push(("splitTenderId", Value::Text(self.split_tender)));
        }
        if let Some(amounts) = self.prepaid {
            let names = ["requestedAmount", "approvedAmount", "balanceOnCard"];
            let amounts = names.into_iter().zip(amounts.map(|it| Value::Text(decimal(it)))).collect();
            members.push(("prePaidCard", Value::Members(amounts)));
        }
        let (list, item, code, words) = if matches!(self.response, 1 | 4) {
            ("messages", "message", "code", "description")
        } else {
            ("errors", "error", "errorCode", "errorText")
        };
        let one = Value::Members(vec![(code, Value::Text(reason)), (words, Value::Text(text))]);
        members.push((list, Value::List(item, vec![one])));
        if !self.user_fields.is_empty() {
            let fields = self.user_fields.into_iter().map(|(name, value)| {
                Value::Members(vec![("name", Value::Text(name)), ("value", Value::Text(value))])
            });
            members.push(("userFields", Value::List("userField", fields.collect())));
        }
        if self.response != 3 {
            let hash = if choices.hashes { self.hash } else { String::new() };
            members.push(("transHashSha2", Value::Text(hash)));
        }
        if let Some([profile, payment, address]) = self.profile {
            let mut ids: Members = vec![
                ("customerProfileId", Value::Text(profile)),
                ("customerPaymentProfileId", Value::Text(payment)),
            ];
            if !address.is_empty() {
                ids.push(("customerAddressId", Value::Text(address)));
            }
            members.push(("profile", Value::Members(ids)));
        }
        if self.response != 3 {
            members.push(("SupplementalDataQualificationIndicator", Value::JsonOnly(0)));
        }
        if !self.network.is_empty() {
            members.push(("networkTransId", Value::Text(self.network)));
        }
        members
    }
}

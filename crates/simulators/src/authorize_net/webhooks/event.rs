//! What happened, as a webhook tells it (authorizenet.md §5).

use crate::authorize_net::{
    profiles::{Payment, Profile},
    record::Record,
    reply::{self, Members, Value},
};

/// Something that happened.
pub(in crate::authorize_net) struct Event {
    name: String,
    payload: String,
}

impl Event {
    /// After `net.authorize.`.
    pub(in crate::authorize_net) fn name(&self) -> String {
        format!("net.authorize.{}", self.name)
    }

    pub(in crate::authorize_net) fn payload(&self) -> &str {
        &self.payload
    }

    fn new(name: String, payload: &Members) -> Self {
        Self { name, payload: reply::object(payload) }
    }

    /// A charge, whatever came of it.
    pub(in crate::authorize_net) fn transaction(record: &Record, id: &str) -> Self {
        if record.response == 4 && record.reason != 295 {
            return Self::named("fraud.held", record, id);
        }
        let name = match record.kind.as_str() {
            "authOnlyTransaction" => "authorization.created",
            "captureOnlyTransaction" => "capture.created",
            _ => "authcapture.created",
        };
        Self::named(name, record, id)
    }

    /// A payment's event by its name.
    pub(in crate::authorize_net) fn named(name: &str, record: &Record, id: &str) -> Self {
        let amount = if record.response == 2 { record.requested } else { record.authorized };
        let mut payload: Members = vec![("responseCode", Value::Number(i64::from(record.response)))];
        if !record.ref_id.is_empty() {
            payload.push(("merchantReferenceId", Value::text(&record.ref_id)));
        }
        payload.push(("authCode", Value::text(&record.auth_code)));
        payload.push(("avsResponse", Value::text(&record.avs)));
        payload.push(("authAmount", Value::Amount(amount)));
        if !record.invoice.is_empty() {
            payload.push(("invoiceNumber", Value::text(&record.invoice)));
        }
        if name == "fraud.held" {
            let filter = vec![
                ("fraudFilter", Value::text("AmountFilter")),
                ("fraudAction", Value::text("authAndHold")),
            ];
            payload.push(("fraudList", Value::List("fraud", vec![Value::Members(filter)])));
        }
        payload.extend(entity("transaction", id));
        Self::new(format!("payment.{name}"), &payload)
    }

    /// A capture, a void or a refund.
    pub(in crate::authorize_net) fn follow(kind: &str, record: &Record, id: &str, amount: i64) -> Self {
        let mut payload: Members = vec![
            ("responseCode", Value::Number(i64::from(record.response))),
            ("authAmount", Value::Amount(amount)),
        ];
        if !record.invoice.is_empty() {
            payload.push(("invoiceNumber", Value::text(&record.invoice)));
        }
        payload.extend(entity("transaction", id));
        Self::new(format!("payment.{kind}.created"), &payload)
    }

    pub(in crate::authorize_net) fn customer(what: &str, profile: &Profile) -> Self {
        let one = |it: &Payment| {
            Value::Members(vec![
                ("id", Value::text(&it.id)),
                ("customerType", Value::text(kind(&it.customer_type))),
            ])
        };
        let mut payload: Members = vec![(
            "paymentProfiles",
            Value::List("paymentProfile", profile.payments.iter().map(one).collect()),
        )];
        for (name, text) in [("merchantCustomerId", &profile.customer), ("description", &profile.description)]
        {
            if !text.is_empty() {
                payload.push((name, Value::text(text)));
            }
        }
        payload.extend(entity("customerProfile", &profile.id));
        Self::new(format!("customer.{what}"), &payload)
    }

    pub(in crate::authorize_net) fn payment_profile(what: &str, profile: &Profile, it: &Payment) -> Self {
        let mut payload: Members = vec![("customerProfileId", Value::Plain(profile.id.clone()))];
        payload.extend(entity("customerPaymentProfile", &it.id));
        payload.push(("customerType", Value::text(kind(&it.customer_type))));
        Self::new(format!("customer.paymentProfile.{what}"), &payload)
    }

    /// What a ping tells.
    pub(super) fn ping() -> String {
        let mut payload: Members = vec![("responseCode", Value::Number(0)), ("authAmount", Value::Amount(0))];
        payload.extend(entity("transaction", "0"));
        reply::object(&payload)
    }
}

fn entity(name: &str, id: &str) -> Members {
    vec![("entityName", Value::text(name)), ("id", Value::text(id))]
}

fn kind(sent: &str) -> &str {
    if sent.is_empty() { "individual" } else { sent }
}

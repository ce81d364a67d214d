//! A simulator and requests of its XML interface.

use std::sync::Arc;

use kontor_simulators::{Running, Settings, worldpay};
use serde_json::{Value, json};

pub(crate) const TRANSACTION: &str = "https://transaction.elementexpress.com";
pub(crate) const SERVICES: &str = "https://services.elementexpress.com";
pub(crate) const REPORTING: &str = "https://reporting.elementexpress.com";
pub(crate) const CARD: &str = "<Card><CardNumber>4111111111111111</CardNumber><ExpirationMonth>12</ExpirationMonth><ExpirationYear>29</ExpirationYear><CVV>123</CVV></Card>";

pub(crate) struct Sim {
    pub(crate) running: Running,
    client: reqwest::Client,
}

pub(crate) fn settings() -> Settings {
    let now = "2026-01-15T16:15:00Z".parse().expect("a time");
    Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(move || now))
}

impl Sim {
    pub(crate) async fn new() -> Self {
        let running = worldpay::start(settings()).await.expect("it listens");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { running, client }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let url = format!("{}{path}", self.running.url());
        let request = self.client.request(method.parse().expect("a method"), url);
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    pub(crate) async fn credentials(&self) -> Value {
        serde_json::from_str(&self.send("GET", "/_sim/credentials", "").await.1).expect("JSON")
    }

    /// A method of an account; more may stand in its Credentials.
    pub(crate) async fn call_as(
        &self,
        account: &Value,
        namespace: &str,
        method: &str,
        more: &str,
        inner: &str,
    ) -> Reply {
        let of = |key: &str| account[key].as_str().expect("text").to_owned();
        let body = format!(
            "<{method} xmlns='{namespace}'><Credentials><AccountID>{}</AccountID><AccountToken>{}</AccountToken><AcceptorID>{}</AcceptorID>{more}</Credentials>\
             <Application><ApplicationID>{}</ApplicationID></Application>{inner}</{method}>",
            of("AccountId"),
            of("AccountToken"),
            of("AcceptorId"),
            of("ApplicationId")
        );
        Reply(self.send("POST", "/", &body).await.1)
    }

    pub(crate) async fn call(&self, namespace: &str, method: &str, inner: &str) -> Reply {
        let account = self.credentials().await[0].clone();
        self.call_as(&account, namespace, method, "", inner).await
    }

    /// A charge of an amount by card or token.
    pub(crate) async fn charge(&self, method: &str, means: &str, amount: &str, more: &str) -> Reply {
        let inner = format!(
            "{means}<Terminal><TerminalID>01</TerminalID><MotoECICode>7</MotoECICode></Terminal><Address><BillingAddress1>1 Main</BillingAddress1><BillingZipcode>12345</BillingZipcode></Address>\
             <Transaction><TransactionAmount>{amount}</TransactionAmount><ReferenceNumber>42</ReferenceNumber><MarketCode>3</MarketCode>{more}</Transaction>"
        );
        self.call(TRANSACTION, method, &inner).await
    }

    /// What follows on a transaction.
    pub(crate) async fn follow(&self, method: &str, id: &str, amount: &str, more: &str) -> Reply {
        let amount = if amount.is_empty() {
            String::new()
        } else {
            format!("<TransactionAmount>{amount}</TransactionAmount>")
        };
        let inner = format!(
            "<Transaction><TransactionID>{id}</TransactionID>{amount}<ReferenceNumber>43</ReferenceNumber>{more}</Transaction>"
        );
        self.call(TRANSACTION, method, &inner).await
    }

    pub(crate) async fn ledger(&self) -> Value {
        serde_json::from_str(&self.send("GET", "/_sim/ledger", "").await.1).expect("JSON")
    }

    /// Kind, status, amount and what it follows on, of every row.
    pub(crate) async fn rows(&self) -> Vec<String> {
        let ledger = self.ledger().await;
        let text = |it: &Value, key: &str| it[key].as_str().unwrap_or("-").to_owned();
        let rows = ledger["transactions"].as_array().expect("rows");
        rows.iter()
            .map(|it| ["kind", "status", "amount", "relatedId"].map(|key| text(it, key)).join(" "))
            .collect()
    }

    /// The report's status of a transaction.
    pub(crate) async fn status(&self, id: &str) -> String {
        let inner = format!("<Parameters><TransactionID>{id}</TransactionID></Parameters>");
        let report = self.call(REPORTING, "TransactionQuery", &inner).await;
        [report.get("TransactionStatus"), report.get("TransactionStatusCode")].join(" ")
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        let body = json!({ "advanceSeconds": seconds }).to_string();
        assert_eq!(self.send("POST", "/_sim/clock", &body).await.0, 200);
    }
}

pub(crate) struct Reply(pub(crate) String);

impl Reply {
    /// The text of the first element of that name; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> String {
        let found = self.0.split_once(&format!("<{name}>")).and_then(|it| it.1.split_once('<'));
        found.map(|it| it.0.to_owned()).unwrap_or_default()
    }

    /// Code and message.
    pub(crate) fn outcome(&self) -> String {
        [self.get("ExpressResponseCode"), self.get("ExpressResponseMessage")].join(" ")
    }
}

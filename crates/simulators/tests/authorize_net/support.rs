//! A simulator, requests as trees that are written in either format, answers that are read from either.

use std::{fmt, sync::Arc};

use kontor_simulators::{Running, Settings, authorize_net};
use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "AnetApi/xml/v1/schema/AnetApiSchema.xsd";
pub(crate) const CARD: &str = "4111111111111111";

/// Noon of a January day in the merchants' time zone.
pub(crate) fn settings() -> Settings {
    let now = "2026-01-15T20:00:00Z".parse().expect("a time");
    Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(move || now))
}

/// A request's element.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Text(String),
    Many(Vec<(&'static str, Node)>),
}

pub(crate) fn t(text: impl fmt::Display) -> Node {
    Node::Text(text.to_string())
}

pub(crate) fn n(children: &[(&'static str, Node)]) -> Node {
    Node::Many(children.to_vec())
}

impl Node {
    fn json(&self) -> String {
        match self {
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::Many(children) => {
                let mut keys: Vec<(&str, Vec<String>)> = Vec::new();
                for (name, child) in children {
                    match keys.last_mut() {
                        Some((last, all)) if last == name => all.push(child.json()),
                        _ => keys.push((name, vec![child.json()])),
                    }
                }
                let one = |(name, all): &(&str, Vec<String>)| match all.as_slice() {
                    [one] => format!("\"{name}\":{one}"),
                    all => format!("\"{name}\":[{}]", all.join(",")),
                };
                format!("{{{}}}", keys.iter().map(one).collect::<Vec<_>>().join(","))
            }
        }
    }

    fn xml(&self) -> String {
        match self {
            Self::Text(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
            Self::Many(children) => {
                let one = |it: &(&str, Self)| ["<", it.0, ">", &it.1.xml(), "</", it.0, ">"].concat();
                children.iter().map(one).collect()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

pub(crate) const BOTH: [Format; 2] = [Format::Json, Format::Xml];

/// An answer in either format.
pub(crate) struct Answer {
    pub(crate) text: String,
    format: Format,
}

impl Answer {
    /// The text at a path of names; empty where there is nothing. A number is a place in a list.
    pub(crate) fn get(&self, path: &str) -> String {
        let found = match self.format {
            Format::Json => {
                let value: Value = serde_json::from_str(&self.text).expect("JSON");
                value.pointer(&format!("/{path}")).map(|it| match it {
                    Value::String(text) => text.clone(),
                    Value::Number(number) if number.is_f64() => {
                        format!("{:.2}", number.as_f64().expect("a number"))
                    }
                    other => other.to_string(),
                })
            }
            Format::Xml => {
                let start = self.text.find("<?xml").map_or(0, |it| it);
                let after = self.text[start..].split_once("?>").expect("a declaration").1;
                let mut at = children(after).pop().expect("a root").1;
                let found = path.split('/').try_for_each(|name| {
                    let all = children(at);
                    let place: Option<usize> = name.parse().ok();
                    let next = match place {
                        Some(place) => all.get(place).map(|it| it.1),
                        None => all.iter().find(|it| it.0 == name).map(|it| it.1),
                    };
                    at = next?;
                    Some(())
                });
                found.map(|()| at.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
            }
        };
        found.unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        // The list of messages has no wrapper in either format.
        self.get(if self.format == Format::Json {
            "messages/message/0/code"
        } else {
            "messages/message/code"
        })
    }

    pub(crate) fn said(&self) -> String {
        self.get(if self.format == Format::Json {
            "messages/message/0/text"
        } else {
            "messages/message/text"
        })
    }

    pub(crate) fn response(&self, name: &str) -> String {
        self.get(&format!("transactionResponse/{name}"))
    }

    /// `responseCode` and the reason's code, such as `3/16`.
    pub(crate) fn outcome(&self) -> String {
        let reason = [self.response("messages/0/code"), self.response("errors/0/errorCode")].concat();
        format!("{}/{reason}", self.response("responseCode"))
    }
}

/// Names and contents of the elements of a text; what the simulator writes has no attributes but on the root.
fn children(mut text: &str) -> Vec<(&str, &str)> {
    let mut all = Vec::new();
    while let Some(rest) = text.strip_prefix('<') {
        let (head, tail) = rest.split_once('>').expect("an end");
        if let Some(name) = head.strip_suffix(" /") {
            all.push((name, ""));
            text = tail;
            continue;
        }
        let name = head.split(' ').next().expect("a name");
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let (mut depth, mut at) = (1, 0);
        let inner = loop {
            let end = tail[at..].find(&close).expect("a closing tag") + at;
            depth += tail[at..end].matches(&open).count();
            depth -= 1;
            if depth == 0 {
                break end;
            }
            at = end + close.len();
        };
        all.push((name, &tail[..inner]));
        text = &tail[inner + close.len()..];
    }
    all
}

/// A simulator at work.
pub(crate) struct Sim {
    pub(crate) running: Running,
    client: reqwest::Client,
}

impl Sim {
    pub(crate) async fn start(settings: Settings) -> Self {
        let running = authorize_net::start(settings).await.expect("it listens");
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { running, client }
    }

    pub(crate) async fn new() -> Self {
        Self::start(settings()).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}{path}", self.running.url());
        let request = self.client.request(method.parse().expect("a method"), url);
        request.header("content-type", kind).body(body.to_owned()).send().await
    }

    fn authentication(&self, merchant: usize) -> Node {
        let all = self.running.credentials();
        let of = |key: &str| t(all[merchant][key].as_str().expect("text"));
        n(&[("name", of("ApiLoginId")), ("transactionKey", of("TransactionKey"))])
    }

    pub(crate) fn body(&self, format: Format, merchant: usize, name: &str, inner: &Node) -> String {
        let Node::Many(inner) = inner else { panic!("a request has elements") };
        let mut all = vec![("merchantAuthentication", self.authentication(merchant))];
        all.extend(inner.iter().cloned());
        let all = Node::Many(all);
        match format {
            Format::Json => format!("{{\"{name}\":{}}}", all.json()),
            Format::Xml => format!("<{name} xmlns=\"{NAMESPACE}\">{}</{name}>", all.xml()),
        }
    }

    /// A signed request of a merchant.
    pub(crate) async fn by(&self, format: Format, merchant: usize, name: &str, inner: &Node) -> Answer {
        let body = self.body(format, merchant, name, inner);
        let kind = if format == Format::Json { "application/json" } else { "text/xml" };
        let answer = self.send("POST", "/xml/v1/request.api", kind, &body).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let bytes = answer.bytes().await.expect("bytes");
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
        Answer { text: String::from_utf8(text.to_vec()).expect("text"), format }
    }

    pub(crate) async fn ask(&self, format: Format, name: &str, inner: &Node) -> Answer {
        self.by(format, 0, name, inner).await
    }

    pub(crate) async fn transaction(&self, format: Format, request: &[(&'static str, Node)]) -> Answer {
        self.ask(format, "createTransactionRequest", &n(&[("transactionRequest", n(request))])).await
    }

    /// A charge of an amount with a card to a zip.
    pub(crate) async fn charge(&self, format: Format, kind: &str, amount: &str, zip: &str) -> Answer {
        self.transaction(
            format,
            &[
                ("transactionType", t(kind)),
                ("amount", t(amount)),
                ("payment", card(CARD)),
                ("billTo", n(&[("firstName", t("Ada")), ("zip", t(zip))])),
                ("transactionSettings", settings_of(&[("duplicateWindow", "0")])),
            ],
        )
        .await
    }

    /// An approved sale's id.
    pub(crate) async fn sale(&self, format: Format, amount: &str) -> String {
        let answer = self.charge(format, "authCaptureTransaction", amount, "98004").await;
        assert_eq!(answer.outcome(), "1/1", "{}", answer.text);
        answer.response("transId")
    }

    /// What follows on a transaction.
    pub(crate) async fn follow(&self, format: Format, kind: &str, id: &str, amount: &str) -> Answer {
        let mut request = vec![("transactionType", t(kind))];
        if !amount.is_empty() {
            request.push(("amount", t(amount)));
        }
        if kind == "refundTransaction" {
            request.push((
                "payment",
                n(&[("creditCard", n(&[("cardNumber", t("1111")), ("expirationDate", t("XXXX"))]))]),
            ));
        }
        request.push(("refTransId", t(id)));
        request.push(("transactionSettings", settings_of(&[("duplicateWindow", "0")])));
        self.transaction(format, &request).await
    }

    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.send(method, &format!("/_sim/{path}"), "application/json", &text).await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let text = answer.text().await.expect("text");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") }
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        self.control("POST", "clock", &json!({ "advanceSeconds": seconds })).await;
    }

    pub(crate) async fn switch(&self, name: &str, value: Value) {
        self.control("POST", "switches", &json!({ name: value })).await;
    }

    pub(crate) async fn ledger(&self) -> Value {
        self.control("GET", "ledger", &Value::Null).await
    }

    /// Kind, status and amount of a transaction's rows.
    pub(crate) async fn rows(&self, id: &str) -> Vec<String> {
        let ledger = self.ledger().await;
        let rows = ledger["transactions"].as_array().expect("rows");
        let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
        rows.iter()
            .filter(|it| it["id"] == id)
            .map(|it| [text(it, "kind"), text(it, "status"), text(it, "amount")].join(" "))
            .collect()
    }
}

pub(crate) fn card(number: &str) -> Node {
    n(&[(
        "creditCard",
        n(&[("cardNumber", t(number)), ("expirationDate", t("2030-12")), ("cardCode", t("900"))]),
    )])
}

pub(crate) fn settings_of(all: &[(&str, &str)]) -> Node {
    let one = |(name, value): &(&str, &str)| {
        ("setting", n(&[("settingName", t(name)), ("settingValue", t(value))]))
    };
    Node::Many(all.iter().map(one).collect())
}

//! Starts the real program and talks to it.

pub(crate) mod database;
pub(crate) mod judge;
pub(crate) mod merchant;
pub(crate) mod process;
pub(crate) mod upstream;
pub(crate) mod use_cases;
pub(crate) mod wire;

use reqwest::{Client, Method};
use serde_json::{Value, json};

pub(crate) use database::{Database, Engine};
pub(crate) use process::Program;

/// A card that is approved.
pub(crate) const CARD: &str = "4111111111111111";
/// A card that is always declined.
pub(crate) const DECLINED: &str = "4000000000000002";

/// What a customer types on Authorize.Net's page.
pub(crate) fn gateway_form(card: &str) -> [(&'static str, &str); 10] {
    [
        ("cardNum", card),
        ("expiryDate", "12/39"),
        ("cvv", "123"),
        ("firstName", "Ada"),
        ("lastName", "Byron"),
        ("address", "1 Main Street"),
        ("city", "Bellevue"),
        ("state", "WA"),
        ("zip", "98004"),
        ("country", "US"),
    ]
}

/// A variable that `cargo xtask test` sets.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the real parts are")]
pub(crate) fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// Asks until it is so; another process' state can only be asked for.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    for _ in 0..1_200 {
        if asked().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never came true: {what}");
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The names of the wrong fields.
    pub(crate) fn wrong_fields(&self) -> Vec<String> {
        self.json()["errors"].as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default()
    }
}

/// Sends requests to one place as one caller.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    pub(crate) base: String,
    token: Option<String>,
}

impl Caller {
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { client, base: base.to_owned(), token: token.map(str::to_owned) }
    }

    /// Another place, as the same caller.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The same place, as somebody else.
    pub(crate) fn as_other(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        self.try_send(method, path, headers, body)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> reqwest::Result<Answer> {
        let method: Method = method.parse().expect("a method");
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.client.request(method, url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], Some(body.to_string())).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[("content-type", "application/json")], Some(body.to_string())).await
    }

    /// An issued invoice of that total; its id.
    pub(crate) async fn invoice(&self, customer: &str, total: f64) -> String {
        let body = json!({
            "customerNumber": customer,
            "items": [{ "description": "Coffee", "quantity": 1, "unitPrice": total, "taxable": false }],
        });
        let made = self.post("/api/invoices", &body).await.expect(201).json();
        let id = made["id"].as_str().expect("an id").to_owned();
        self.send("POST", &format!("/api/invoices/{id}/issue"), &[], None).await.expect(200);
        id
    }

    pub(crate) async fn read_invoice(&self, id: &str) -> Value {
        self.get(&format!("/api/invoices/{id}")).await.expect(200).json()
    }

    /// Asks for a hosted page.
    pub(crate) async fn setup(&self, customer: &str, invoice: &str, amount: f64) -> Answer {
        let body = json!({
            "customerNumber": customer, "transactionAmount": amount, "invoiceId": invoice,
            "applicationReturnUrl": "http://localhost:3000/paid?order=7",
        });
        self.post("/api/payments/worldpay/transaction-setup", &body).await
    }
}

/// What a person types into the hosted page and sends.
pub(crate) async fn pay(page: &str, card: &str) -> Answer {
    submit(
        page,
        &[("cardNumber", card), ("ddlExpirationMonth", "12"), ("ddlExpirationYear", "39"), ("CVV", "123")],
    )
    .await
}

pub(crate) async fn submit(page: &str, fields: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    Caller::new("", None).send("POST", page, &form, Some(body)).await
}

/// Where the page sends the browser.
pub(crate) fn way_back(page: &Answer) -> Option<String> {
    let link = page.text.split("id=\"returnLink\" href=\"").nth(1)?.split('"').next()?;
    Some(link.replace("&amp;", "&"))
}

/// Each test on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::support::Engine::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::support::Engine::Postgres).await; })+
        }
    };
}
pub(crate) use on_both;

//! A simulator with somebody let in to its first company, and what is asked of it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use kontor_simulators::{Message, Running, Settings, quickbooks};
use reqwest::header::LOCATION;
use serde_json::{Value, json};

const BACK: &str = "http://localhost:8080/api/integrations/QuickBooks/callback";

/// What endpoints were sent, and whether they take it.
#[derive(Default)]
pub(crate) struct Inbox {
    pub(crate) messages: Vec<Message>,
    pub(crate) refuses: bool,
}

pub(crate) struct Sim {
    pub(crate) running: Running,
    pub(crate) client: reqwest::Client,
    pub(crate) token: String,
    pub(crate) realm: String,
    pub(crate) inbox: Arc<Mutex<Inbox>>,
}

/// Time that goes on by 200 ms whenever anybody looks, so that nobody asks too often without meaning to.
fn settings() -> (Settings, Arc<Mutex<Inbox>>) {
    let begin: jiff::Timestamp = "2026-01-15T16:15:00Z".parse().expect("a time");
    let looked = Arc::new(AtomicI64::new(0));
    let clock =
        move || begin + jiff::SignedDuration::from_millis(200 * looked.fetch_add(1, Ordering::Relaxed));
    let mut settings = Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(clock));
    let inbox: Arc<Mutex<Inbox>> = Arc::default();
    let into = Arc::clone(&inbox);
    settings.sender = Some(Arc::new(move |message| {
        let into = Arc::clone(&into);
        Box::pin(async move {
            let mut inbox = into.lock().unwrap_or_else(PoisonError::into_inner);
            inbox.messages.push(message);
            !inbox.refuses
        })
    }));
    (settings, inbox)
}

impl Sim {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let (mut settings, inbox) = settings();
        change(&mut settings);
        let running = quickbooks::start(settings).await.expect("it listens");
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().expect("a client");
        let realm = quickbooks::companies().next().expect("a company").to_owned();
        let mut sim = Self { running, client, token: String::new(), realm, inbox };
        sim.token = sim.connect().await;
        sim
    }

    async fn connect(&self) -> String {
        let known = self.running.credentials();
        let text = |key: &str| known[key].as_str().expect("text").to_owned();
        let mut url = url::Url::parse(&format!("{}/connect/oauth2", self.running.url())).expect("an address");
        url.query_pairs_mut().extend_pairs([
            ("client_id", text("clientId").as_str()),
            ("response_type", "code"),
            ("scope", "com.intuit.quickbooks.accounting"),
            ("redirect_uri", BACK),
            ("state", "s"),
        ]);
        let form = [("decision", "connect"), ("realmId", self.realm.as_str())];
        let answer = self.client.post(url).form(&form).send().await.expect("an answer");
        let to = answer.headers()[LOCATION].to_str().expect("text").to_owned();
        let to = url::Url::parse(&to).expect("an address");
        let code = to.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
        let request = self.client.post(format!("{}/oauth2/v1/tokens/bearer", self.running.url()));
        let request = request.basic_auth(text("clientId"), Some(text("clientSecret"))).form(&form);
        let tokens: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        tokens["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/v3/company/{}/{path}", self.running.url(), self.realm)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let request =
            self.client.get(self.url(path)).bearer_auth(&self.token).header("accept", "application/json");
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request =
            self.client.post(self.url(path)).bearer_auth(&self.token).header("accept", "application/json");
        let answer = request.body(body.to_string()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// What came of a write that is to succeed.
    pub(crate) async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, &body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        let members = answer.as_object().expect("members");
        members.iter().find(|it| it.0 != "time").expect("an object").1.clone()
    }

    /// The code and the detail of a refusal.
    pub(crate) async fn refused(&self, path: &str, body: Value) -> (String, String) {
        let (status, answer) = self.post(path, &body).await;
        assert_eq!(status, 400, "{path} {body}: {answer}");
        let error = &answer["Fault"]["Error"][0];
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        (text("code"), text("Detail"))
    }

    pub(crate) async fn code(&self, path: &str, body: Value) -> String {
        self.refused(path, body).await.0
    }

    pub(crate) async fn object(&self, entity: &str, id: &Value) -> Value {
        let id = id.as_str().expect("an id");
        let (status, answer) = self.get(&format!("{}/{id}", entity.to_lowercase())).await;
        assert_eq!(status, 200, "{answer}");
        answer[entity].clone()
    }

    /// What a query brings.
    pub(crate) async fn query(&self, text: &str) -> (u16, Value) {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        self.get(&format!("query?query={text}")).await
    }

    /// The control surface below `/_sim/quickbooks/`.
    pub(crate) async fn desk(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/_sim/{path}", self.running.url());
        let answer = self.client.post(url).body(body.to_string()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// The bookkeeper does something.
    pub(crate) async fn by_hand(&self, entity: &str, operation: &str, object: Value) -> Value {
        let path = format!("quickbooks/{}/objects/{entity}", self.realm);
        let (status, answer) = self.desk(&path, &json!({ "operation": operation, "object": object })).await;
        assert_eq!(status, 200, "{answer}");
        answer["object"].clone()
    }

    pub(crate) async fn switch(&self, switches: Value) {
        let (status, answer) = self.desk(&format!("quickbooks/{}/switches", self.realm), &switches).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) async fn see(&self, path: &str) -> Value {
        let url = format!("{}/_sim/{path}", self.running.url());
        self.client.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(crate) async fn later(&self, seconds: i64) {
        let (status, _) = self.desk("clock", &json!({ "advanceSeconds": seconds })).await;
        assert_eq!(status, 200);
    }
}

/// A line that sells an item.
pub(crate) fn line(item: &str, amount: f64) -> Value {
    json!({ "DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": { "ItemRef": { "value": item } } })
}

/// What names and versions an object.
pub(crate) fn version(object: &Value) -> Value {
    json!({ "Id": object["Id"], "SyncToken": object["SyncToken"] })
}

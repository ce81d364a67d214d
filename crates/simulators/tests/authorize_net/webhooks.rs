//! Webhooks: §5. What is sent, how it is signed, what happens when nobody listens.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::any,
};
use kontor_simulators::{Message, Sender, Settings};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{Format, Sim, n, settings, t};

/// Posts with a client of the tests' own.
fn sender() -> Sender {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    Arc::new(move |it: Message| {
        let client = client.clone();
        Box::pin(async move {
            let mut request = client.post(it.url).body(it.body);
            for (name, value) in it.headers {
                request = request.header(name, value);
            }
            request.send().await.is_ok_and(|it| it.status().is_success())
        })
    })
}

async fn start() -> Sim {
    Sim::start(Settings { sender: Some(sender()), ..settings() }).await
}

type Heard = Arc<(Mutex<Vec<(String, String)>>, watch::Sender<usize>, Mutex<StatusCode>)>;

/// An endpoint that remembers what it was told: signature and body.
struct Endpoint {
    url: String,
    heard: Heard,
}

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-anet-signature").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let body = String::from_utf8(body.to_vec()).expect("text");
    heard.0.lock().expect("a lock").push((signature.to_owned(), body));
    heard.1.send_modify(|count| *count += 1);
    *heard.2.lock().expect("a lock")
}

impl Endpoint {
    async fn start() -> Self {
        let heard: Heard =
            Arc::new((Mutex::new(Vec::new()), watch::Sender::new(0), Mutex::new(StatusCode::OK)));
        let app = Router::new().route("/hook", any(hear)).with_state(Arc::clone(&heard));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a place");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, heard }
    }

    fn answers(&self, status: StatusCode) {
        *self.heard.2.lock().expect("a lock") = status;
    }

    /// What was told, once it is so many messages.
    async fn told(&self, count: usize) -> Vec<(String, String)> {
        let mut told = self.heard.1.subscribe();
        told.wait_for(|it| *it >= count).await.expect("messages");
        self.heard.0.lock().expect("a lock").clone()
    }
}

/// Asks to be told everything; the signature key.
async fn subscribe(sim: &Sim, url: &str) -> String {
    let made = sim.control("POST", "webhooks", &json!({ "url": url })).await;
    made["signatureKey"].as_str().expect("a key").to_owned()
}

fn is_signed(key: &str, signature: &str, body: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes());
    let tag = data_encoding::HEXUPPER.encode(hmac::sign(&key, body.as_bytes()).as_ref());
    signature == format!("sha512={tag}")
}

/// Until the simulator has written down what came of its messages.
async fn settled(sim: &Sim, wanted: &str) -> Value {
    loop {
        let all = sim.control("GET", "webhooks", &Value::Null).await;
        let list = all["notifications"].as_array().expect("a list").clone();
        if !list.is_empty() && list.iter().all(|it| it["status"] == wanted && it["tries"] != 0) {
            return Value::from(list);
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_sale_is_told_as_the_official_sample_is() {
    let (sim, endpoint) = (start().await, Endpoint::start().await);
    let key = subscribe(&sim, &endpoint.url).await;
    assert_eq!(key.len(), 128);
    let request = [
        ("transactionType", t("authCaptureTransaction")),
        ("amount", t("45.00")),
        ("payment", crate::support::card(crate::support::CARD)),
        ("order", n(&[("invoiceNumber", t("INV-7"))])),
    ];
    let inner = n(&[("refId", t("r-9")), ("transactionRequest", n(&request))]);
    let paid = sim.ask(Format::Xml, "createTransactionRequest", &inner).await;
    let (signature, body) = endpoint.told(1).await.remove(0);
    assert!(is_signed(&key, &signature, &body), "{signature} {body}");
    assert!(!is_signed(&key, &signature, &format!("{body}\n")), "the body as it stands");
    let told: Value = serde_json::from_str(&body).expect("JSON");
    let id = |name: &str| told[name].as_str().expect("text").to_owned();
    assert_eq!(
        body,
        format!(
            "{{\"notificationId\":\"{}\",\"eventType\":\"net.authorize.payment.authcapture.created\",\"eventDate\":\"2026-01-15T20:00:00.0000000Z\",\"webhookId\":\"{}\",\
             \"payload\":{{\"responseCode\":1,\"merchantReferenceId\":\"r-9\",\"authCode\":\"{}\",\"avsResponse\":\"Y\",\"authAmount\":45.00,\"invoiceNumber\":\"INV-7\",\"entityName\":\"transaction\",\"id\":\"{}\"}}}}",
            id("notificationId"),
            id("webhookId"),
            paid.response("authCode"),
            paid.response("transId")
        )
    );
    settled(&sim, "Delivered").await;
}

#[tokio::test]
async fn everything_that_happens_has_its_event() {
    let (sim, endpoint) = (start().await, Endpoint::start().await);
    subscribe(&sim, &endpoint.url).await;
    let authorized = sim.charge(Format::Json, "authOnlyTransaction", "5.00", "").await.response("transId");
    sim.follow(Format::Json, "priorAuthCaptureTransaction", &authorized, "4.00").await;
    sim.follow(Format::Json, "voidTransaction", &authorized, "").await;
    let sale = sim.sale(Format::Json, "6.00").await;
    sim.control("POST", "settle", &Value::Null).await;
    sim.follow(Format::Json, "refundTransaction", &sale, "1.00").await;
    sim.charge(Format::Json, "authCaptureTransaction", "4000.53", "").await;
    let profile = n(&[("profile", n(&[("merchantCustomerId", t("C1"))]))]);
    sim.ask(Format::Json, "createCustomerProfileRequest", &profile).await;
    let mut names: Vec<String> = endpoint
        .told(7)
        .await
        .iter()
        .map(|(_, body)| {
            let told: Value = serde_json::from_str(body).expect("JSON");
            told["eventType"].as_str().expect("text").trim_start_matches("net.authorize.").to_owned()
        })
        .collect();
    // Each is sent in a task of its own: the order is not promised.
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "customer.created",
            "payment.authcapture.created",
            "payment.authorization.created",
            "payment.fraud.held",
            "payment.priorAuthCapture.created",
            "payment.refund.created",
            "payment.void.created"
        ]
    );
}

#[tokio::test]
async fn what_nobody_takes_is_sent_again_as_it_was() {
    let (sim, endpoint) = (start().await, Endpoint::start().await);
    subscribe(&sim, &endpoint.url).await;
    endpoint.answers(StatusCode::SERVICE_UNAVAILABLE);
    sim.sale(Format::Json, "5.00").await;
    let waiting = settled(&sim, "RetryPending").await;
    endpoint.answers(StatusCode::OK);
    sim.advance(179).await;
    assert_eq!(endpoint.told(1).await.len(), 1, "three minutes are not over");
    sim.advance(1).await;
    let told = endpoint.told(2).await;
    assert_eq!(told[0], told[1], "the same message, the same signature");
    settled(&sim, "Delivered").await;
    let again = json!({ "notificationId": waiting[0]["notificationId"] });
    sim.control("POST", "webhooks/redeliver", &again).await;
    assert_eq!(endpoint.told(3).await[2], told[0]);
}

#[tokio::test]
async fn an_endpoint_that_never_answers_well_is_left_alone_in_the_end() {
    let (sim, endpoint) = (start().await, Endpoint::start().await);
    subscribe(&sim, &endpoint.url).await;
    endpoint.answers(StatusCode::NOT_FOUND);
    sim.sale(Format::Json, "5.00").await;
    for at in 1..=11 {
        endpoint.told(at).await;
        if at < 11 {
            settled(&sim, "RetryPending").await;
            sim.advance(48 * 3_600).await;
        }
    }
    settled(&sim, "Failed").await;
    let all = sim.control("GET", "webhooks", &Value::Null).await;
    assert_eq!(all["webhooks"][0]["status"], "inactive");
    sim.sale(Format::Json, "6.00").await;
    let all = sim.control("GET", "webhooks", &Value::Null).await;
    assert_eq!(all["notifications"].as_array().map(Vec::len), Some(1), "nothing is queued for it");
}

#[tokio::test]
async fn faults_of_webhooks_happen_as_scripted() {
    let (sim, endpoint) = (start().await, Endpoint::start().await);
    let key = subscribe(&sim, &endpoint.url).await;
    let fault = async |action: &str, more: Value| {
        let mut fault = json!({ "operation": "Webhook", "action": action });
        fault.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
        sim.control("POST", "faults", &fault).await;
    };
    fault("duplicate_redirect", json!({})).await;
    sim.sale(Format::Json, "1.00").await;
    let twice = endpoint.told(2).await;
    assert_eq!(twice[0], twice[1]);
    settled(&sim, "Delivered").await;
    fault("wrong_id", json!({})).await;
    sim.sale(Format::Json, "2.00").await;
    let forged = endpoint.told(3).await.remove(2);
    assert!(!is_signed(&key, &forged.0, &forged.1));
    settled(&sim, "Delivered").await;
    fault("body", json!({ "body": "{}" })).await;
    sim.sale(Format::Json, "3.00").await;
    let changed = endpoint.told(4).await.remove(3);
    assert!(changed.1 == "{}" && !is_signed(&key, &changed.0, &changed.1));
    settled(&sim, "Delivered").await;
    fault("no_redirect", json!({})).await;
    sim.sale(Format::Json, "4.00").await;
    settled(&sim, "Delivered").await;
    assert_eq!(endpoint.told(4).await.len(), 4, "lost, and the sender does not know");
    fault("cut_before", json!({})).await;
    sim.sale(Format::Json, "5.00").await;
    sim.control("POST", "webhooks/redeliver", &json!({})).await;
    endpoint.told(5).await;
}

#[tokio::test]
async fn the_rest_interface_keeps_a_merchants_endpoints() {
    let (sim, endpoint) = (start().await, Endpoint::start().await);
    let all = sim.running.credentials();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let ask = async |merchant: usize, method: &str, path: &str, body: Value| {
        let text = |key: &str| all[merchant][key].as_str().expect("text").to_owned();
        let url = format!("{}/rest/v1/{path}", sim.running.url());
        let request = client.request(method.parse().expect("a method"), url);
        let request = request.basic_auth(text("ApiLoginId"), Some(text("TransactionKey")));
        let answer = request.body(body.to_string()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.expect("text")).unwrap_or(Value::Null))
    };
    let (status, types) = ask(0, "GET", "eventtypes", json!({})).await;
    assert_eq!((status, types.as_array().map(Vec::len)), (200, Some(21)));
    let hook = |url: &str, status: &str| json!({ "name": "kontor", "url": url, "eventTypes": ["net.authorize.payment.refund.created"], "status": status });
    let (status, wrong) = ask(0, "POST", "webhooks", hook("https://merchant.example/", "active")).await;
    assert_eq!((status, &wrong["reason"]), (400, &json!("INVALID_DATA")));
    let (status, made) = ask(0, "POST", "webhooks", hook(&endpoint.url, "inactive")).await;
    assert_eq!((status, &made["status"]), (200, &json!("inactive")), "{made}");
    let id = made["webhookId"].as_str().expect("an id").to_owned();
    let one = format!("webhooks/{id}");
    assert_eq!(ask(0, "GET", &one, json!({})).await.1, made);
    assert_eq!(ask(1, "GET", &one, json!({})).await.0, 404, "another merchant's");
    assert_eq!(ask(0, "POST", &format!("{one}/pings"), json!({})).await.0, 200);
    assert!(endpoint.told(1).await[0].1.contains("\"responseCode\":0"));
    assert_eq!(ask(0, "PUT", &one, hook(&endpoint.url, "active")).await.1["status"], "active");
    assert_eq!(
        ask(0, "POST", &format!("{one}/pings"), json!({})).await.0,
        400,
        "only an inactive one is pinged"
    );
    sim.sale(Format::Json, "5.00").await;
    let (_, history) = ask(0, "GET", "notifications?offset=0&limit=10", json!({})).await;
    assert_eq!(history["notifications"].as_array().map(Vec::len), Some(1), "a sale was not asked for");
    assert_eq!(history["notifications"][0]["deliveryStatus"], "Delivered");
    assert_eq!(ask(0, "DELETE", &one, json!({})).await.0, 200);
    assert_eq!(ask(0, "GET", "webhooks", json!({})).await.1, json!([]));
    let nobody =
        client.get(format!("{}/rest/v1/webhooks", sim.running.url())).send().await.expect("an answer");
    assert_eq!(nobody.status().as_u16(), 401);
    let refused: Value = serde_json::from_str(&nobody.text().await.expect("text")).expect("JSON");
    assert_eq!(refused["message"], "Invalid Authentication values provided");
}

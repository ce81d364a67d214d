//! The providers' own clients against the simulators: nothing of them is changed but the address that they talk to.
//!
//! They come through pip and npm in pinned versions; `cargo xtask test` installs them and says where they are.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole crate is tests; a helper that fails is a test that fails"
)]

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use kontor_simulators::{Running, Settings, authorize_net, quickbooks};
use serde_json::{Value, json};

/// A variable that `cargo xtask test` sets.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the real parts are")]
fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
}

/// Time stands still for a simulator, so that what is left of it can be told to the second.
fn settings() -> Settings {
    let now = "2026-01-15T16:15:00Z".parse().expect("a time");
    Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(move || now))
}

/// The two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Node,
}

/// Runs a program of `tests/sdks`; what it said.
async fn run(language: Language, name: &str, arguments: &[&str]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks");
    let mut command = match language {
        Language::Python => {
            let python =
                if name == "books/life" { "KONTOR_TEST_BOOKS_PYTHON" } else { "KONTOR_TEST_SDKS_PYTHON" };
            let mut command = Command::new(given(python));
            command.arg("-B").arg(folder.join(format!("{name}.py")));
            command
        }
        Language::Node => {
            let mut command = Command::new(given("KONTOR_TEST_NODE"));
            command.arg(folder.join(format!("{name}.js"))).env("NODE_PATH", given("KONTOR_TEST_SDKS_NODE"));
            command
        }
    };
    command.args(arguments).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("it ran");
    let output = ran.unwrap_or_else(|error| panic!("{language:?} does not start: {error}"));
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{language:?} {name}: {wrong}");
    let said = String::from_utf8(output.stdout).expect("text");
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("{language:?} {name} said {said:?}: {wrong}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

/// The members of `wanted` are in `said`.
fn holds(said: &Value, wanted: &Value) {
    for (key, value) in wanted.as_object().expect("members") {
        assert_eq!(&said[key], value, "{key}: {said}");
    }
}

async fn merchants_are_let_in_and_others_are_not(language: Language) {
    let running = authorize_net::start(settings()).await.expect("it listens");
    let address = format!("{}/xml/v1/request.api", running.url());
    let known = running.credentials();
    let mut gateways = Vec::new();
    for place in 0..2 {
        let (login, key) = (text(&known[place], "ApiLoginId"), text(&known[place], "TransactionKey"));
        let said = run(language, "authorize_net", &[&address, login, key]).await;
        let well = json!({ "resultCode": "Ok", "code": "I00001", "text": "Successful." });
        holds(&said["authenticateTest"], &well);
        holds(&said["authenticateTest"], &json!({ "refId": "sdk-1" }));
        let details = &said["getMerchantDetails"];
        holds(details, &well);
        holds(details, &json!({ "refId": "sdk-2", "currencies": ["USD"], "processors": 1 }));
        assert!(text(details, "merchantName").ends_with("(simulated)"), "{details}");
        gateways.push(text(details, "gatewayId").to_owned());
        if language == Language::Python {
            // The gateway's schema, as the SDK has it, takes the answer.
            holds(&said["authenticateTest"], &json!({ "bySchema": "Ok" }));
        }
    }
    assert_ne!(gateways[0], gateways[1], "each merchant is told of itself");
    let login = text(&known[0], "ApiLoginId");
    for key in ["0000000000000000", text(&known[1], "TransactionKey")] {
        let said = run(language, "authorize_net", &[&address, login, key]).await;
        for answer in ["authenticateTest", "getMerchantDetails"] {
            let refused = json!({ "resultCode": "Error", "code": "E00007",
                "text": "User authentication failed due to invalid authentication values." });
            holds(&said[answer], &refused);
        }
    }
    running.stop().await;
}

async fn a_connection_lives_and_ends(language: Language) -> (Running, Value) {
    let running = quickbooks::start(settings()).await.expect("it listens");
    let app = running.credentials();
    let company = quickbooks::companies().last().expect("a company");
    let (id, secret) = (text(&app, "clientId"), text(&app, "clientSecret"));
    let said = run(language, "quickbooks", &[&running.url(), id, secret, company]).await;
    holds(
        &said,
        &json!({
            "page": 200, "realmId": company, "expiresIn": 3600, "refreshExpiresIn": 8_640_000,
            "email": "owner@merchant.example",
            "company": "Bergen Fish Company", "newAccessToken": true,
            // Within a day the provider gives the same one again (quickbooks-online.md §1.4).
            "sameRefreshToken": true, "companyAfterRefresh": "Bergen Fish Company",
        }),
    );
    (running, said)
}

/// A sale, a decline, a capture, a void, a refund before and after settlement; a card kept, charged, changed, deleted;
/// the reports of all that. Judged by the ledger too.
async fn money_and_cards_live_whole_lives(language: Language) {
    let running = authorize_net::start(settings()).await.expect("it listens");
    let address = format!("{}/xml/v1/request.api", running.url());
    let known = running.credentials();
    let (login, key) = (text(&known[0], "ApiLoginId"), text(&known[0], "TransactionKey"));
    let said = run(language, "authorize_net_life", &[&address, login, key]).await;
    let done = &said["transactions"];
    let outcomes = ["sale", "declined", "held", "captured", "voided", "early", "refunded"];
    assert_eq!(
        outcomes.map(|it| text(&done[it], "outcome")),
        ["1/1", "2/2", "1/1", "1/1", "1/1", "3/54", "1/1"],
        "{said}"
    );
    assert_eq!(done["captured"]["id"], done["held"]["id"], "a capture keeps the id");
    assert_eq!(done["refunded"]["refersTo"], done["sale"]["id"]);
    let name = if language == Language::Python { "PYTHON" } else { "NODE" };
    holds(
        &said["profiles"],
        &json!({
            "made": "I00001", "chargedProfileIsIt": true, "updated": "I00001", "card": "XXXX1111", "expires": "2031-01",
            "firstName": "Eve", "customer": format!("{name}-7"), "payments": 1, "deleted": "I00001", "gone": "I00001",
            "after": "E00040",
        }),
    );
    holds(
        &said["reports"],
        &json!({
            "status": "settledSuccessfully", "settles": 19.99, "invoice": format!("{name}-1"),
            "unsettled": ["capturedPendingSettlement", "refundPendingSettlement"], "batchState": "settledSuccessfully",
            "brands": ["AmericanExpress", "Discover", "MasterCard", "Visa"], "inBatch": 4, "hasSale": true,
        }),
    );
    if language == Language::Python {
        // The SDK's classes give up on this type of the gateway's: too many ways to read an optional member.
        holds(&said, &json!({ "notReadBySchema": ["getCustomerProfile"] }));
    }
    let ledger = reqwest::Client::builder().no_proxy().build().expect("a client");
    let ledger = ledger.get(format!("{}/_sim/ledger", running.url())).send().await.expect("an answer");
    let ledger: Value = ledger.json().await.expect("JSON");
    let row = |it: &Value| ["kind", "status", "amount"].map(|key| text(it, key).to_owned()).join(" ");
    let rows: Vec<String> = ledger["transactions"].as_array().expect("rows").iter().map(row).collect();
    assert_eq!(
        rows,
        [
            "sale settled 19.99",
            "sale declined 5.00",
            "authorization approved 10.00",
            "capture settled 7.50",
            "sale voided 3.00",
            "refund approved 4.00",
            "sale approved 6.00",
        ]
    );
    assert_eq!(ledger["tokens"], json!([]));
    running.stop().await;
}

/// Time that goes on by 200 ms whenever anybody looks: a client that asks as fast as it can is not refused for it.
fn going_on() -> Settings {
    let begin: jiff::Timestamp = "2026-01-15T16:15:00Z".parse().expect("a time");
    let looked = AtomicI64::new(0);
    let clock =
        move || begin + jiff::SignedDuration::from_millis(200 * looked.fetch_add(1, Ordering::Relaxed));
    Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(clock))
}

async fn books_are_kept(language: Language) -> Value {
    let running = quickbooks::start(going_on()).await.expect("it listens");
    let app = running.credentials();
    let company = quickbooks::companies().next().expect("a company");
    let (id, secret) = (text(&app, "clientId"), text(&app, "clientSecret"));
    let said = run(language, "books/life", &[&running.url(), id, secret, company]).await;
    running.stop().await;
    said
}

#[tokio::test]
async fn python_quickbooks_lives_every_entitys_life() {
    let said = books_are_kept(Language::Python).await;
    holds(
        &said,
        &json!({
            "customer": ["1", "O'Hara & Sons"], "found": [true], "sku": ["GB-1"], "account": "Revenue", "count": 7,
            "twice": [6240, true], "invoice": ["1002", 100.0, 100.0, 2], "paid": [0.0, 40.0], "voided": [0, 100.0],
            "voidedInvoice": "Voided", "gone": 610, "credit": 5.0, "refund": 7.0, "receipt": [0, "4"], "deposit": 9.0,
            "batch": [1, ["6240"]], "changed": [2, 1], "prefs": "SalesFormsPrefs.DefaultCustomerMessage", "codes": 4,
        }),
    );
}

#[tokio::test]
async fn node_quickbooks_lives_every_entitys_life() {
    let said = books_are_kept(Language::Node).await;
    holds(
        &said,
        &json!({
            "customer": ["1", "O'Hara & Sons"], "twice": "6240", "stale": "5010", "found": [true], "count": 7,
            "invoice": ["1002", 100, 100, true], "paid": [0, 40], "deleted": [100, "610"], "sent": "EmailSent",
            "voided": "Voided", "gone": "Deleted", "credit": 5, "refund": 7, "deposit": [9, "6540"],
            "batch": ["One", "6240"], "changed": [2, "Deleted"], "prefs": true, "company": "Lübeck Coffee Roasters",
        }),
    );
}

#[tokio::test]
async fn authorize_nets_python_sdk_moves_money_in_xml() {
    money_and_cards_live_whole_lives(Language::Python).await;
}

#[tokio::test]
async fn authorize_nets_node_sdk_moves_money_in_json() {
    money_and_cards_live_whole_lives(Language::Node).await;
}

#[tokio::test]
async fn authorize_nets_python_sdk_is_answered_in_xml() {
    merchants_are_let_in_and_others_are_not(Language::Python).await;
}

#[tokio::test]
async fn authorize_nets_node_sdk_is_answered_in_json() {
    merchants_are_let_in_and_others_are_not(Language::Node).await;
}

#[tokio::test]
async fn intuits_python_client_connects_refreshes_and_revokes() {
    let (running, said) = a_connection_lives_and_ends(Language::Python).await;
    let invalid_grant = json!({ "status": 400, "tid": true,
        "content": "{\"error_description\":\"Token invalid\",\"error\":\"invalid_grant\"}" });
    holds(
        &said,
        &json!({
            "issuer": "https://oauth.platform.intuit.com/op/v1",
            "tokenEndpoint": format!("{}/oauth2/v1/tokens/bearer", running.url()),
            "stateIsOurs": true,
            // Five years.
            "hardExpiresIn": 157_680_000,
            "wrongSecret": { "status": 401, "tid": true, "content": "{\"error\":\"invalid_client\"}" },
            "wrongCode": invalid_grant,
            "revoked": true,
            "companyAfterRevocation": 401,
            "refreshAfterRevocation": invalid_grant,
            "revokedAgain": invalid_grant,
        }),
    );
    running.stop().await;
}

#[tokio::test]
async fn intuits_node_client_connects_refreshes_and_revokes() {
    let (running, said) = a_connection_lives_and_ends(Language::Node).await;
    let invalid_grant = json!({ "error": "invalid_grant", "description": "Token invalid", "tid": true });
    holds(
        &said,
        &json!({
            "state": "from-node",
            "isValid": true,
            "wrongSecret": { "error": "invalid_client", "description": "", "tid": true },
            "wrongCode": invalid_grant,
            "revoked": 200,
            "companyAfterRevocation": { "error": "HTTP Error", "description": null, "tid": false },
            "refreshAfterRevocation": invalid_grant,
            "revokedAgain": invalid_grant,
        }),
    );
    running.stop().await;
}

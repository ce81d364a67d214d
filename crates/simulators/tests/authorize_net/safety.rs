//! What must hold whatever is asked: no card number anywhere, a ledger that adds up, faults that happen as scripted.

use proptest::{
    prelude::{Strategy, any, prop},
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use crate::support::{BOTH, CARD, Format, Sim, card, n, settings, t};

/// A number with a check digit that fits, of a brand's beginning.
fn number() -> impl Strategy<Value = String> {
    prop::collection::vec(0_u8..10, 14).prop_map(|digits| {
        let mut text = format!("4{}", digits.iter().map(ToString::to_string).collect::<String>());
        let sum: u32 = text
            .chars()
            .rev()
            .enumerate()
            .map(|(at, it)| {
                let digit = it.to_digit(10).expect("a digit");
                if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
            })
            .sum();
        text += &((10 - sum % 10) % 10).to_string();
        text
    })
}

/// Everything that the simulator says of itself, in one text.
async fn everything(sim: &Sim) -> String {
    let mut all = String::new();
    for path in ["ledger", "calls", "webhooks", "faults", "switches"] {
        all += &sim.control("GET", path, &Value::Null).await.to_string();
    }
    let page = sim.send("GET", "/_sim", "text/plain", "").await.expect("an answer");
    all + &page.text().await.expect("text")
}

#[test]
fn no_number_is_said_again_or_written_down() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&(number(), 100_u16..1000, any::<bool>()), |(number, code, is_xml)| {
            let format = if is_xml { Format::Xml } else { Format::Json };
            runtime.block_on(async {
                let folder = tempfile::tempdir().expect("a folder");
                let state = folder.path().join("simulators.db");
                let sim =
                    Sim::start(kontor_simulators::Settings { state: Some(state.clone()), ..settings() })
                        .await;
                sim.control("POST", "webhooks", &json!({ "url": "http://127.0.0.1:9/" })).await;
                let means = n(&[(
                    "creditCard",
                    n(&[("cardNumber", t(&number)), ("expirationDate", t("2030-12")), ("cardCode", t(code))]),
                )]);
                let mut said = String::new();
                let sale = [
                    ("transactionType", t("authCaptureTransaction")),
                    ("amount", t("5.00")),
                    ("payment", means.clone()),
                ];
                let paid = sim.transaction(format, &sale).await;
                assert_eq!(paid.outcome(), "1/1");
                assert_eq!(paid.response("accountNumber"), format!("XXXX{}", &number[12..]));
                said += &paid.text;
                let profile = n(&[
                    ("merchantCustomerId", t("C1")),
                    (
                        "paymentProfiles",
                        n(&[("billTo", n(&[("zip", t("98004"))])), ("payment", means.clone())]),
                    ),
                ]);
                let inner = n(&[("profile", profile), ("validationMode", t("liveMode"))]);
                let made = sim.ask(format, "createCustomerProfileRequest", &inner).await;
                said += &made.text;
                let all = n(&[
                    ("customerProfileId", t(made.get("customerProfileId"))),
                    ("unmaskExpirationDate", t("true")),
                    ("includeIssuerInfo", t("true")),
                ]);
                said += &sim.ask(format, "getCustomerProfileRequest", &all).await.text;
                // A misplaced element, a number that is too long: the validator's words.
                let long = n(&[(
                    "creditCard",
                    n(&[("cardNumber", t(format!("{number}9"))), ("expirationDate", t("2030-12"))]),
                )]);
                let wrong = [("transactionType", t("authCaptureTransaction")), ("payment", long)];
                said += &sim.transaction(format, &wrong).await.text;
                said += &everything(&sim).await;
                sim.running.stop().await;
                assert!(!said.contains(&number), "{said}");
                for file in std::fs::read_dir(folder.path()).expect("a folder") {
                    let bytes = std::fs::read(file.expect("an entry").path()).expect("a file");
                    assert!(!bytes.windows(number.len()).any(|it| it == number.as_bytes()));
                }
            });
            Ok(())
        })
        .expect("no number is said again");
}

/// One step against a transaction that is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sale(u16),
    Authorize(u16),
    Capture(usize, u16),
    Refund(usize, u16),
    Void(usize),
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || 1_u16..2_000;
    prop::sample::select(vec![0_u8, 1, 2, 3, 3, 4, 5]).prop_flat_map(move |kind| {
        (amount(), 0_usize..8).prop_map(move |(amount, at)| match kind {
            0 => Step::Sale(amount),
            1 => Step::Authorize(amount),
            2 => Step::Capture(at, amount),
            3 => Step::Refund(at, amount),
            4 => Step::Void(at),
            _ => Step::Settle,
        })
    })
}

fn cents(it: &Value) -> i64 {
    it["amount"].as_str().expect("text").replace('.', "").parse().expect("a number")
}

fn dollars(cents: u16) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What the ledger must be, whatever was asked.
fn adds_up(ledger: &Value) {
    let rows = ledger["transactions"].as_array().expect("rows");
    let counts = |it: &&Value| matches!(it["status"].as_str(), Some("approved" | "settled"));
    for row in rows {
        let status = row["status"].as_str().expect("text");
        assert!(["approved", "declined", "voided", "settled"].contains(&status), "{row}");
        let refunds: i64 = rows
            .iter()
            .filter(|it| it["kind"] == "refund" && it["relatedId"] == row["id"])
            .filter(counts)
            .map(cents)
            .sum();
        let captured = rows.iter().find(|it| it["kind"] == "capture" && it["id"] == row["id"]);
        let taken = match (row["kind"].as_str(), captured) {
            (Some("sale"), _) => cents(row),
            (Some("authorization"), Some(capture)) => {
                assert!(cents(capture) <= cents(row), "more was captured than authorised: {row} {capture}");
                cents(capture)
            }
            (Some("capture"), _) => continue,
            _ => 0,
        };
        assert!(refunds <= taken, "more was given back than taken: {row}, {refunds}");
        if refunds > 0 {
            assert!(row["status"] != "voided", "what was given back was voided: {row}");
        }
    }
}

#[test]
fn the_ledger_adds_up_whatever_is_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    runner
        .run(&prop::collection::vec(step(), 1..24), |steps| {
            runtime.block_on(async {
                let sim = Sim::new().await;
                let mut ids: Vec<String> = Vec::new();
                for (place, step) in steps.iter().enumerate() {
                    let format = BOTH[place % 2];
                    let id = |at: usize| ids.get(at).cloned().unwrap_or_else(|| "1".to_owned());
                    let answer = match step {
                        Step::Sale(amount) => {
                            sim.charge(format, "authCaptureTransaction", &dollars(*amount), "").await
                        }
                        Step::Authorize(amount) => {
                            sim.charge(format, "authOnlyTransaction", &dollars(*amount), "").await
                        }
                        Step::Capture(at, amount) => {
                            sim.follow(format, "priorAuthCaptureTransaction", &id(*at), &dollars(*amount))
                                .await
                        }
                        Step::Refund(at, amount) => {
                            sim.follow(format, "refundTransaction", &id(*at), &dollars(*amount)).await
                        }
                        Step::Void(at) => sim.follow(format, "voidTransaction", &id(*at), "").await,
                        Step::Settle => {
                            sim.control("POST", "settle", &Value::Null).await;
                            continue;
                        }
                    };
                    let made = answer.response("transId");
                    if !ids.contains(&made) && made != "0" {
                        ids.push(made);
                    }
                    adds_up(&sim.ledger().await);
                }
                sim.running.stop().await;
            });
            Ok(())
        })
        .expect("the ledger adds up");
}

#[tokio::test]
async fn faults_of_the_interface_happen_as_scripted() {
    for format in BOTH {
        let sim = Sim::new().await;
        let fault = async |action: &str, more: Value| {
            let mut fault = json!({ "operation": "createTransactionRequest", "action": action });
            fault.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
            sim.control("POST", "faults", &fault).await;
        };
        let request = |amount: &str| {
            let inner = [
                ("transactionType", t("authCaptureTransaction")),
                ("amount", t(amount)),
                ("payment", card(CARD)),
            ];
            sim.body(format, 0, "createTransactionRequest", &n(&[("transactionRequest", n(&inner))]))
        };
        let kind = if format == Format::Json { "application/json" } else { "text/xml" };
        let send = async |amount: &str| sim.send("POST", "/xml/v1/request.api", kind, &request(amount)).await;
        let rows = async || sim.ledger().await["transactions"].as_array().map_or(0, Vec::len);
        fault("cut_before", json!({})).await;
        assert!(send("1.00").await.is_err());
        assert_eq!(rows().await, 0);
        fault("cut_after", json!({})).await;
        assert!(send("2.00").await.is_err());
        assert_eq!(rows().await, 1, "the work was done");
        fault("status", json!({ "status": 503 })).await;
        assert_eq!(send("3.00").await.expect("an answer").status().as_u16(), 503);
        assert_eq!(rows().await, 1);
        fault("body", json!({ "body": "garbage", "status": 502 })).await;
        let garbage = send("4.00").await.expect("an answer");
        assert_eq!(garbage.status().as_u16(), 502);
        assert_eq!(rows().await, 2);
        fault("truncate", json!({})).await;
        let half = send("5.00").await.expect("an answer").text().await.expect("text");
        assert!(!half.ends_with('}') && !half.ends_with('>'), "{half}");
        fault("wrong_id", json!({})).await;
        let wrong = send("6.00").await.expect("an answer").text().await.expect("text");
        let ledger = sim.ledger().await;
        let right = ledger["transactions"][3]["id"].as_str().expect("an id");
        assert!(!wrong.contains(right), "{wrong}");
        fault("delay", json!({ "delayMs": 1 })).await;
        assert_eq!(send("7.00").await.expect("an answer").status().as_u16(), 200);
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_and_a_file_outlives_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let with =
        || kontor_simulators::Settings { state: Some(folder.path().join("simulators.db")), ..settings() };
    let one = Sim::start(with()).await;
    let id = one.sale(Format::Json, "5.00").await;
    one.switch("refundDays", json!(7)).await;
    let profile = n(&[("profile", n(&[("merchantCustomerId", t("C1"))]))]);
    let customer =
        one.ask(Format::Json, "createCustomerProfileRequest", &profile).await.get("customerProfileId");
    let known = one.ledger().await;
    one.running.stop().await;
    let two = Sim::start(with()).await;
    assert_eq!(two.ledger().await, known);
    assert_eq!(two.control("GET", "switches", &Value::Null).await["refundDays"], 7);
    let twin = two.ask(Format::Json, "createCustomerProfileRequest", &profile).await;
    assert_eq!(twin.said(), format!("A duplicate record with ID {customer} already exists."));
    assert_eq!(two.follow(Format::Json, "voidTransaction", &id, "").await.outcome(), "1/1");
    assert_ne!(two.sale(Format::Json, "5.00").await, id, "the row of ids goes on");
    two.control("POST", "reset", &Value::Null).await;
    assert_eq!(two.ledger().await["tokens"], json!([]));
    assert_eq!(two.sale(Format::Json, "5.00").await, id, "the row of ids begins anew");
}

#[tokio::test]
async fn who_is_not_let_in_and_what_is_not_understood() {
    let sim = Sim::new().await;
    let send = async |kind: &str, body: &str| {
        let answer = sim.send("POST", "/xml/v1/request.api", kind, body).await.expect("an answer");
        answer.text().await.expect("text")
    };
    let login = sim.running.credentials()[0]["ApiLoginId"].as_str().expect("text").to_owned();
    let wrong = send(
        "application/json",
        &format!("{{\"createTransactionRequest\":{{\"merchantAuthentication\":{{\"name\":\"{login}\",\"transactionKey\":\"0000000000000000\"}},\"refId\":\"r\",\"transactionRequest\":{{\"transactionType\":\"voidTransaction\"}}}}}}"),
    )
    .await;
    assert!(wrong.contains("E00007") && wrong.contains("\"refId\":\"r\""), "{wrong}");
    let page = send(
        "application/json",
        &format!("{{\"createTransactionRequest\":{{\"merchantAuthentication\":{{\"name\":\"{login}\",\"clientKey\":\"k\"}},\"transactionRequest\":{{\"transactionType\":\"voidTransaction\"}}}}}}"),
    )
    .await;
    assert!(page.contains("E00059"), "{page}");
    let unknown = send("application/json", "{\"createWebhooks\":{}}").await;
    assert!(
        unknown.contains(
            "The 'AnetApi/xml/v1/schema/AnetApiSchema.xsd:createWebhooks' element is not declared."
        ),
        "{unknown}"
    );
    assert!(
        send("text/xml", "<result xmlns=\"AnetApi/xml/v1/schema/AnetApiSchema.xsd\"/>")
            .await
            .contains("E00004")
    );
    assert!(send("text/xml", "<createTransactionRequest/>").await.contains("E00045"));
    assert!(send("text/plain", "{}").await.contains("E00002"));
    let misplaced = sim
        .ask(
            Format::Xml,
            "createTransactionRequest",
            &n(&[("transactionRequest", n(&[("amount", t("1")), ("transactionType", t("x"))]))]),
        )
        .await;
    assert!(misplaced.text.contains("<ErrorResponse xmlns="), "{}", misplaced.text);
    assert!(misplaced.said().contains("has invalid child element 'amount'"), "{}", misplaced.text);
    let escaped = sim.ask(Format::Xml, "getTransactionDetailsRequest", &n(&[("transId", t("a&b"))])).await;
    assert!(escaped.text.contains("&amp;#39;a&amp;b&amp;#39;"), "{}", escaped.text);
}

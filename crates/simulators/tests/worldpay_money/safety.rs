//! What must hold whatever is asked: a ledger that adds up, and no card number anywhere.

use proptest::{
    prelude::{Strategy, prop},
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

use crate::support::{CARD, SERVICES, Sim};

/// One step against a transaction that is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sale(u16),
    Authorize(u16),
    Complete(usize, u16),
    Return(usize, u16),
    Void(usize),
    Reverse(usize, u16, u8),
    NextDay,
}

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![0_u8, 1, 2, 3, 3, 4, 5, 6]).prop_flat_map(|kind| {
        (1_u16..2_000, 0_usize..10, 1_u8..3).prop_map(move |(amount, at, reversal)| match kind {
            0 => Step::Sale(amount),
            1 => Step::Authorize(amount),
            2 => Step::Complete(at, amount),
            3 => Step::Return(at, amount),
            4 => Step::Void(at),
            5 => Step::Reverse(at, amount, reversal),
            _ => Step::NextDay,
        })
    })
}

fn dollars(cents: u16) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn cents(it: &Value) -> i64 {
    it["amount"].as_str().expect("text").replace('.', "").parse().expect("a number")
}

fn stands(it: &Value) -> bool {
    matches!(it["status"].as_str(), Some("approved" | "settled"))
}

/// What the ledger must be, whatever was asked.
fn adds_up(ledger: &Value) {
    let rows = ledger["transactions"].as_array().expect("rows");
    for row in rows {
        let follows = |kind: &str| -> Vec<&Value> {
            rows.iter()
                .filter(|it| it["kind"] == kind && it["relatedId"] == row["id"])
                .filter(|it| stands(it))
                .collect()
        };
        let returned: i64 = follows("refund").into_iter().map(cents).sum();
        let captures = follows("capture");
        match row["kind"].as_str() {
            Some("sale" | "capture") => {
                assert!(returned <= cents(row), "more was given back than taken: {row}");
                assert!(returned == 0 || row["status"] != "voided", "what was given back was voided: {row}");
                assert_eq!(row["status"] == "voided", !follows("void").is_empty(), "{row}");
            }
            Some("authorization") => {
                assert!(captures.len() <= 1, "captured twice: {row}");
                assert!(captures.iter().all(|it| cents(it) <= cents(row)), "more than authorised: {row}");
                assert_eq!(returned, 0, "an authorisation is not given back: {row}");
            }
            _ => {}
        }
    }
}

#[test]
fn the_ledger_adds_up_whatever_is_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let apart = "<DuplicateCheckDisableFlag>1</DuplicateCheckDisableFlag>";
    runner
        .run(&prop::collection::vec(step(), 1..24), |steps| {
            runtime.block_on(async {
                let sim = Sim::new().await;
                let mut ids: Vec<String> = Vec::new();
                for step in &steps {
                    let id = |at: usize| ids.get(at).cloned().unwrap_or_else(|| "1".to_owned());
                    let reply = match step {
                        Step::Sale(amount) => {
                            sim.charge("CreditCardSale", CARD, &dollars(*amount), apart).await
                        }
                        Step::Authorize(amount) => {
                            sim.charge("CreditCardAuthorization", CARD, &dollars(*amount), apart).await
                        }
                        Step::Complete(at, amount) => {
                            sim.follow("CreditCardAuthorizationCompletion", &id(*at), &dollars(*amount), "")
                                .await
                        }
                        Step::Return(at, amount) => {
                            sim.follow("CreditCardReturn", &id(*at), &dollars(*amount), "").await
                        }
                        Step::Void(at) => sim.follow("CreditCardVoid", &id(*at), "", "").await,
                        Step::Reverse(at, amount, kind) => {
                            let kind = format!("<ReversalType>{kind}</ReversalType>");
                            sim.follow("CreditCardReversal", &id(*at), &dollars(*amount), &kind).await
                        }
                        Step::NextDay => {
                            sim.advance(86_400).await;
                            continue;
                        }
                    };
                    let made = reply.get("TransactionID");
                    if !made.is_empty() && !ids.contains(&made) {
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
async fn no_card_number_is_said_again() {
    let sim = Sim::new().await;
    let number = "4111111111111111";
    let token = "<PaymentAccount><PaymentAccountType>0</PaymentAccountType><PaymentAccountReferenceNumber>c</PaymentAccountReferenceNumber></PaymentAccount>";
    let mut said = sim.charge("CreditCardSale", CARD, "5.00", "").await.0;
    said += &sim.charge("CreditCardSale", CARD, "0.51", "").await.0;
    said += &sim.charge("CreditCardSale", &CARD.replace(number, "41111111111111112222"), "1.00", "").await.0;
    said += &sim.charge("CreditCardReversal", CARD, "5.00", "<ReversalType>0</ReversalType>").await.0;
    said += &sim.call(SERVICES, "PaymentAccountCreate", &format!("{token}{CARD}")).await.0;
    let all =
        "<PaymentAccountParameters><PaymentAccountType>0</PaymentAccountType></PaymentAccountParameters>";
    said += &sim.call(SERVICES, "PaymentAccountQuery", all).await.0;
    for path in ["/_sim", "/_sim/ledger", "/_sim/calls"] {
        said += &sim.send("GET", path, "").await.1;
    }
    assert!(said.contains("xxxx-xxxx-xxxx-1111") && said.contains("xxxxxxxxxxxx1111"), "{said}");
    assert!(!said.contains(number) && !said.contains("41111111111111112222"), "{said}");
}

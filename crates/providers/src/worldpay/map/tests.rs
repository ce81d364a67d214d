use super::*;
use crate::{TransactionKind, Window, worldpay::reply};

fn answered(code: &str) -> Result<(), ProviderError> {
    let text = format!(
        "<Response><Response><ExpressResponseCode>{code}</ExpressResponseCode></Response></Response>"
    );
    accepted(&reply::read(text.as_bytes(), "HealthCheck").expect("an answer"))
}

#[test]
fn every_code_of_the_table_has_its_meaning() {
    let all = [
        "0", "5", "20", "22", "23", "90", "101", "102", "103", "104", "105", "120", "1001", "1002", "1009",
        "777",
    ];
    let table: Vec<String> = all
        .iter()
        .map(|code| match answered(code) {
            Ok(()) => format!("{code}: done"),
            Err(it) => format!(
                "{code}: {:?} {:?} known={} again={}",
                it.kind, it.fault, it.outcome_known, it.retry_safe
            ),
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn a_code_that_nobody_knows_is_told_all_the_same() {
    let error = answered("777").expect_err("no such code");
    assert_eq!(
        (error.kind, error.code.as_deref(), error.outcome_known),
        (Kind::Nonsense, Some("777"), false)
    );
}

#[test]
fn every_failure_comes_with_advice() {
    for code in ["20", "101", "102", "103", "104", "105", "1001"] {
        let error = answered(code).expect_err("refused");
        assert!(advice(&error).ends_with('.'), "{code}");
    }
}

#[test]
fn numbers_and_words_mean_the_same() {
    for (number, word, state) in STATES {
        assert_eq!(state_of_code(number).as_ref(), Some(&state));
        assert_eq!(state_of_word(&word.to_lowercase()), state);
    }
    assert_eq!(state_of_code("18"), None);
}

#[test]
fn an_answer_about_something_else_is_nonsense() {
    let found = |setup: Option<&str>, reference: Option<&str>| {
        vec![ProviderTransaction {
            id: "1".to_owned(),
            kind: TransactionKind::Sale,
            state: TransactionState::Approved,
            requested: None,
            approved: None,
            reference: reference.map(str::to_owned),
            setup_id: setup.map(str::to_owned),
            authorization_code: None,
            avs_result: None,
            cvv_result: None,
            card_brand: None,
            last_four: None,
            response_code: None,
            response_message: None,
            happened_at: None,
            related_id: None,
            network_transaction_id: None,
            batch_id: None,
        }]
    };
    let setup = Asked::Setup("ABC");
    assert!(belong(&found(Some("abc"), None), &setup).is_ok());
    assert!(belong(&found(None, None), &setup).is_ok(), "judged by its reference then");
    assert!(belong(&found(Some("abd"), None), &setup).is_err());
    let moment = jiff::Timestamp::UNIX_EPOCH;
    let window = Window { from: moment, to: moment };
    let reference = Asked::Reference("42", window);
    assert!(belong(&found(None, Some("42")), &reference).is_ok());
    assert!(belong(&found(None, Some("43")), &reference).is_err());
    assert!(belong(&found(None, None), &Asked::Id("1")).is_ok());
    assert!(belong(&found(None, None), &Asked::Id("2")).is_err());
    let mut batched = found(None, None);
    batched[0].batch_id = Some("7".to_owned());
    assert!(belong(&batched, &Asked::Batch("7", window)).is_ok());
    assert!(belong(&batched, &Asked::Batch("8", window)).is_err());
    assert!(belong(&batched, &Asked::Within(window)).is_ok());
}

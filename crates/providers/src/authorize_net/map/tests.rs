use std::collections::BTreeMap;

use kontor_domain::Secret;

use super::*;
use crate::{Connection, authorize_net::reply};

const KEY: &str = "Kk34567890123456";

/// What a refusal with this code and text becomes, and how a failed test tells of it.
fn told(code: &str, text: &str) -> (ProviderError, String, String) {
    let answer = serde_json::json!({
        "messages": { "resultCode": "Error", "message": [{ "code": code, "text": text }] }
    });
    let reply = reply::read(answer.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let secrets = [("ApiLoginId", "shop-login"), ("TransactionKey", KEY)];
    let secrets = BTreeMap::from(secrets.map(|(key, value)| (key.to_owned(), Secret::new(value.to_owned()))));
    let configuration = BTreeMap::new();
    let connection = Connection::plain(&configuration, &secrets);
    let credentials = Credentials::of(&connection).unwrap_or_else(|error| panic!("{error}"));
    let error = accepted(&reply, &credentials).expect_err("a refusal");
    let (message, details) = words(&error, "sandbox");
    (error, message, details)
}

#[test]
fn wrong_credentials_are_told_in_one_sentence() {
    for code in ["E00005", "E00006", "E00007", "E00059"] {
        let (error, message, details) = told(code, "User authentication failed.");
        assert_eq!(details, "Authentication failed. Check your ApiLoginId and TransactionKey.", "{code}");
        assert_eq!(error.kind, Kind::Misconfigured);
        assert!(error.outcome_known && message.contains("sandbox"), "{message}");
    }
}

#[test]
fn what_the_account_does_not_allow_says_what_to_do() {
    let advice = [
        ("E00008", "inactive"),
        ("E00009", "Test Mode"),
        ("E00010", "permissions"),
        ("E00011", "Transaction Details"),
    ];
    for (code, word) in advice {
        let (error, _, details) = told(code, "User authentication failed.");
        assert_eq!(error.kind, Kind::Misconfigured, "{code}");
        assert!(details.contains(word) && !details.contains("ApiLoginId"), "{details}");
        assert_eq!(is_forbidden(&error), matches!(code, "E00010" | "E00011"));
    }
}

#[test]
fn a_busy_provider_judges_nothing() {
    for code in ["E00001", "E00049", "E00053", "E00104"] {
        let (error, _, details) = told(code, "Server too busy");
        assert_eq!((error.kind, error.fault), (Kind::Refused, Fault::Theirs));
        assert!(!error.outcome_known, "a charge may have been made");
        assert!(
            details.contains("busy") && details.contains("not judged") && details.contains(code),
            "{details}"
        );
    }
    let (error, _, details) = told("E00027", "The transaction was unsuccessful.");
    assert!(error.outcome_known && details.contains("refused") && details.contains("E00027"), "{details}");
}

#[test]
fn a_credential_that_the_provider_repeats_is_not_kept() {
    let quoted = format!(
        "The 'AnetApi/xml/v1/schema/AnetApiSchema.xsd:name' element is invalid - The value &#39;{KEY}&#39; is invalid"
    );
    let (error, _, details) = told("E00003", &quoted);
    assert_eq!(error.message, "");
    assert_eq!(details, "Authentication failed. Check your ApiLoginId and TransactionKey.");
    let (error, message, details) = told("E00013", &format!("shop-login and {KEY} are invalid"));
    assert_eq!(error.message, "");
    assert!(!format!("{error} {message} {details}").contains("shop-login"), "{details}");
    let (error, _, details) = told("E00003", "The element 'refId' is misplaced");
    assert_eq!((error.kind, error.message.as_str()), (Kind::Refused, ""));
    assert!(details.contains("refused") && details.contains("E00003"), "{details}");
}

#[test]
fn failures_on_the_way_are_told_apart() {
    let said = |error: ProviderError| words(&error, "sandbox").1;
    let all = [
        said(ProviderError::unreachable("Check the network")),
        said(ProviderError::cut("")),
        said(ProviderError::timed_out("")),
        said(ProviderError::nonsense("it is a web page")),
        said(ProviderError::misconfigured("The address is not allowed: loopback")),
    ];
    let beginnings = [
        "could not be reached",
        "broke off",
        "did not answer in time",
        "What answered is not",
        "could not be asked",
    ];
    for (details, beginning) in all.iter().zip(beginnings) {
        assert!(details.contains(beginning) && details.contains("not judged"), "{details}");
    }
    assert!(all[3].contains("It is a web page."), "{}", all[3]);
}

#[test]
fn credentials_that_cannot_be_any_are_told_without_asking_anybody() {
    let (message, details) = unfit(&ProviderError::misconfigured("ApiLoginId is longer than 25 characters"));
    assert_eq!(message, "Connection test failed: ApiLoginId is longer than 25 characters");
    assert_eq!(details, WRONG);
}

use proptest::prelude::*;

use super::*;
use crate::error::Kind;

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;

fn refused(text: &str) -> String {
    match read(text.as_bytes()) {
        Ok(_) => panic!("taken: {text}"),
        Err(error) => {
            assert_eq!(error.kind, Kind::Nonsense);
            error.message
        }
    }
}

fn words(members: &str) -> String {
    let reply = read(format!("{{{members}{OK}}}").as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(reply.is_ok());
    reply.merchant().words()
}

#[test]
fn an_answer_is_read_with_and_without_its_mark() {
    for mark in ["", "\u{feff}"] {
        let reply = read(format!("{mark}{{{OK}}}").as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert!(reply.is_ok());
        assert_eq!(reply.code(), "I00001");
    }
    let error = r#"{"messages":{"resultCode":"Error","message":[{"code":"E00007","text":"No."},{"code":"E1","text":"x"}]}}"#;
    let reply = read(error.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((reply.is_ok(), reply.code(), reply.text()), (false, "E00007", "No."));
}

#[test]
fn what_does_not_say_whether_it_was_done_is_no_answer() {
    assert_eq!(refused(""), "it is empty");
    assert_eq!(refused("\u{feff} "), "it is empty");
    assert_eq!(refused("\u{feff} <html>"), "it is a web page");
    assert_eq!(refused("hello"), "it is no JSON");
    assert_eq!(refused(&format!("{{{OK}")), "it is no JSON", "cut off");
    let unsaid = "it does not say whether the request was done";
    for text in [
        "{}",
        "[]",
        "null",
        r#"{"messages":[]}"#,
        r#"{"messages":{"resultCode":"Maybe"}}"#,
        r#"{"success":true}"#,
    ] {
        assert_eq!(refused(text), unsaid, "{text}");
    }
    assert_eq!(refused(r#"{"messages":{"resultCode":"Ok","message":[]}}"#), "it has no code");
    assert_eq!(
        refused(&format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        "it is no JSON",
        "too deep"
    );
}

#[test]
fn whose_account_it_is_is_told_in_words() {
    let plain = "Connection test successful";
    assert_eq!(
        words(r#""isTestMode":false,"merchantName":"Demo","#),
        format!("{plain} to the account of Demo")
    );
    assert_eq!(words(""), plain);
    assert_eq!(words(r#""merchantName":"\u0007","isTestMode":"false","#), plain);
    for yes in ["true", "\"True\""] {
        assert_eq!(
            words(&format!(r#""isTestMode":{yes},"merchantName":"Demo","#)),
            format!(
                "{plain} to the account of Demo. The account is in Test Mode: payments are only pretended there until it is switched off"
            )
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}

use proptest::prelude::*;

use super::*;
use crate::{error::Kind, http::Headers};

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: Headers::default(), body: body.as_bytes().to_vec() }
}

fn refused(status: u16, body: &str) -> Refusal {
    match tokens(answer(status, body)) {
        Ok(_) => panic!("{status} {body}: tokens"),
        Err(refusal) => refusal,
    }
}

#[test]
fn tokens_are_read_with_numbers_in_every_form() {
    let body = r#"{"token_type":"Bearer","access_token":"A","refresh_token":"R","expires_in":"3600",
        "x_refresh_token_expires_in":8726400.0,"x_refresh_token_hard_expires_in":157680000,"realm":{"a":1}}"#;
    let read = tokens(answer(200, body)).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!((read.access.expose(), read.refresh.as_ref().map(Secret::expose)), ("A", Some("R")));
    assert_eq!(
        (read.expires_in, read.refresh_expires_in, read.grant_expires_in),
        (Some(3_600), Some(8_726_400), Some(157_680_000))
    );
    let bare = tokens(answer(200, r#"{"access_token":"A","expires_in":null}"#));
    let bare = bare.unwrap_or_else(|it| panic!("{it}"));
    assert!(bare.refresh.is_none() && bare.expires_in.is_none());
    let endless = tokens(answer(200, r#"{"access_token":"A","expires_in":99999999999999}"#));
    assert_eq!(endless.unwrap_or_else(|it| panic!("{it}")).expires_in, Some(MAX_SECONDS));
}

#[test]
fn a_token_that_no_header_takes_is_none() {
    for token in ["", "a b", "a\\nb", "å", &"a".repeat(MAX_TOKEN + 1)] {
        let refusal = refused(200, &format!(r#"{{"access_token":"{token}"}}"#));
        assert_eq!((refusal.class, refusal.error.kind), (Class::Transient, Kind::Nonsense));
        assert!(!refusal.error.outcome_known);
    }
    let longest = format!(r#"{{"access_token":"{}"}}"#, "a".repeat(MAX_TOKEN));
    assert!(tokens(answer(200, &longest)).is_ok());
    assert_eq!(refused(200, r#"{"access_token":"A","token_type":"mac"}"#).error.kind, Kind::Nonsense);
}

#[test]
fn each_refusal_means_what_it_says_for_the_grant() {
    use Class::{Misconfigured, Permanent, RateLimited, Transient};
    let page = "<!doctype html><title>Down</title>";
    // Status, body, meaning, and whether it is certain that nothing was done.
    let all = [
        (400, r#"{"error_description":"Token invalid","error":"invalid_grant"}"#, Permanent, true),
        (400, r#"{"error":"invalid_grant"}"#, Permanent, true),
        (200, r#"{"error":"invalid_grant"}"#, Permanent, true),
        (401, r#"{"error":"invalid_client"}"#, Misconfigured, true),
        (400, r#"{"error":"unauthorized_client"}"#, Misconfigured, true),
        (400, r#"{"error":"invalid_request"}"#, Misconfigured, true),
        (400, r#"{"error":"unsupported_grant_type"}"#, Misconfigured, true),
        (503, r#"{"error":"temporarily_unavailable"}"#, Transient, true),
        (500, r#"{"error":"server_error"}"#, Transient, true),
        (500, r#"{"error":"who_knows"}"#, Transient, true),
        (429, r#"{"error":"too_many"}"#, RateLimited, true),
        (400, r#"{"error":"slow_down"}"#, RateLimited, true),
        (429, "", RateLimited, true),
        (401, "", Misconfigured, true),
        (403, page, Misconfigured, true),
        (404, page, Misconfigured, true),
        (302, "", Misconfigured, true),
        (400, "", Misconfigured, true),
        (408, "", Transient, false),
        (500, page, Transient, false),
        (502, "Bad gateway", Transient, false),
        (503, "", Transient, false),
        (200, page, Transient, false),
        (200, "", Transient, false),
        (200, "[]", Transient, false),
        (200, r#"{"error":""}"#, Transient, false),
    ];
    for (status, body, class, known) in all {
        let refusal = refused(status, body);
        assert_eq!((refusal.class, refusal.error.outcome_known), (class, known), "{status} {body}");
    }
}

#[test]
fn a_wish_to_be_left_alone_is_heard() {
    let with = |text: &str| {
        let headers = Headers::from_iter([("retry-after".to_owned(), text.to_owned())]);
        Answer { headers, ..answer(429, "") }
    };
    let wait = |text: &str| match tokens(with(text)) {
        Ok(_) => panic!("tokens"),
        Err(refusal) => refusal.retry_after,
    };
    assert_eq!(wait("17"), Some(17));
    assert_eq!(wait("99999999"), Some(86_400));
    assert_eq!(wait("soon"), None);
}

#[test]
fn a_token_that_is_taken_back_is_gone_or_not() {
    assert!(revoked(&answer(200, "")).is_ok());
    let class = |status, body| revoked(&answer(status, body)).err().map(|it| it.class);
    assert_eq!(class(400, ""), Some(Class::Permanent));
    assert_eq!(class(400, r#"{"error":"invalid_grant"}"#), Some(Class::Permanent));
    assert_eq!(class(401, r#"{"error":"invalid_client"}"#), Some(Class::Misconfigured));
    assert_eq!(class(503, ""), Some(Class::Transient));
    assert_eq!(class(429, "{}"), Some(Class::RateLimited));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn whatever_comes_back_is_tokens_or_a_refusal(status in 100_u16..600, body in ".{0,80}") {
        if let Ok(found) = tokens(answer(status, &body)) {
            prop_assert!((200..300).contains(&status) && body.contains(found.access.expose()));
        }
    }
}

use kontor_domain::templates::Template;

use super::*;
use crate::http::Headers;

fn test() -> ConnectionTest {
    let template: Template = super::super::tests::described(
        r#"path = "/a"
predicates = [{ pointer = "/id", exists = true }]

[[connection_test.errors]]
status = [404]
meaning = "misconfigured"
message = "There is no such shop."

[[connection_test.errors]]
when = [{ pointer = "/error", equals = "suspended" }]
meaning = "permanent"
message = "The account is suspended."

[[connection_test.errors]]
status = [418]
meaning = "transient"
message = "Later."

[[connection_test.errors]]
status = [420]
meaning = "rate_limited"
message = "Slower."
"#,
    );
    template.connection_test.expect("a test")
}

fn judged(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Option<Value>, Trouble> {
    let answer = Answer { status, headers: Headers::of(headers), body: body.as_bytes().to_vec() };
    let secret = Secret::new("s3cret-key".to_owned());
    let test = test();
    judge(&test, &test.requests[0], &answer, &[&secret])
}

fn trouble(status: u16, body: &str) -> Trouble {
    judged(status, &[], body).expect_err("it is no good answer")
}

#[test]
fn a_good_answer_is_read() {
    let read = judged(200, &[], r#"{"id":7}"#).expect("it is good");
    assert_eq!(read, Some(serde_json::json!({ "id": 7 })));
}

#[test]
fn the_templates_rules_come_first() {
    let found = trouble(404, "{}");
    assert_eq!((found.error.kind, found.advice.as_str()), (Kind::Misconfigured, "There is no such shop."));
    // Also where the provider says 200 and no.
    let found = trouble(200, r#"{"id":7,"error":"suspended"}"#);
    assert_eq!((found.error.kind, found.advice.as_str()), (Kind::Refused, "The account is suspended."));
    let found = trouble(418, "{}");
    assert!(found.error.kind == Kind::Unreachable && found.error.retry_safe);
    let found = trouble(420, "{}");
    assert!(found.error.kind == Kind::Refused && found.error.retry_safe);
}

#[test]
fn a_status_means_what_it_usually_does() {
    for (status, kind, retry) in [
        (400, Kind::Misconfigured, false),
        (401, Kind::Misconfigured, false),
        (403, Kind::Misconfigured, false),
        (429, Kind::Refused, true),
        (500, Kind::Unreachable, true),
        (503, Kind::Unreachable, true),
        (204, Kind::Nonsense, false),
    ] {
        let found = trouble(status, "{}");
        assert_eq!((found.error.kind, found.error.retry_safe), (kind, retry), "{status}");
        assert!(found.advice.ends_with('.'), "{status}: {}", found.advice);
    }
}

#[test]
fn a_redirect_is_told_with_its_host_alone() {
    let to = [("location", "https://user:s3cret@evil.example/path?key=1")];
    let found = judged(302, &to, "").expect_err("a redirect");
    assert!(found.error.message.contains("evil.example"), "{}", found.error.message);
    assert!(!found.error.message.contains("s3cret") && !found.error.message.contains("path"));
    assert!(judged(302, &[], "").expect_err("a redirect").error.message.contains("another address"));
}

#[test]
fn the_providers_own_words_are_kept_without_the_secret() {
    let found = trouble(401, r#"{"error":"the key s3cret-key is not known"}"#);
    assert_eq!(found.error.message, "the key [secret] is not known");
    assert_eq!(masked("abc", &[&Secret::new("abc".to_owned())]), "abc", "a short one is found everywhere");
}

#[test]
fn what_is_no_data_is_told_apart() {
    for (headers, body, words) in [
        (&[("content-type", "text/html; charset=utf-8")][..], "<p>", "a web page"),
        (&[][..], " <!DOCTYPE html>", "a web page"),
        (&[][..], "", "empty"),
        (&[][..], "fine", "not the data"),
    ] {
        let found = judged(200, headers, body).expect_err("no data");
        assert!(found.error.message.contains(words), "{body}: {}", found.error.message);
        assert_eq!(found.error.kind, Kind::Nonsense);
    }
}

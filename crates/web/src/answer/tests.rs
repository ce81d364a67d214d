use axum::body::to_bytes;
use axum::http::Method;
use axum::http::header::{IF_NONE_MATCH, RETRY_AFTER};
use serde_json::json;

use super::*;
use crate::enums::{PREFER, PREFERENCE_APPLIED, Preference};

async fn sent(answer: Answer) -> (u16, HeaderMap, Bytes) {
    let response = problem::stamp(answer.into_response(), "another-id");
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, 65_536).await.unwrap())
}

#[tokio::test]
async fn answers_carry_status_type_body_location_and_tag() {
    let answer = Answer::created("/api/orders/ord_1", &json!({"a": 1})).unwrap().tagged(ETag::new(7));
    let (status, headers, body) = sent(answer).await;
    assert_eq!((status, &body[..]), (201, &br#"{"a":1}"#[..]));
    assert_eq!(headers[CONTENT_TYPE], "application/json");
    assert_eq!(headers[LOCATION], "/api/orders/ord_1");
    assert_eq!(headers[ETAG], "\"7\"");
    assert_eq!(Answer::ok(&1).unwrap().status(), 200);
    assert_eq!(Answer::accepted(&1).unwrap().status(), 202);
    let (status, headers, body) = sent(Answer::no_content()).await;
    assert_eq!((status, headers.len(), body.len()), (204, 0, 0));
}

#[test]
fn a_location_that_is_no_header_is_our_fault() {
    assert_eq!(Answer::created("a\nb", &1).unwrap_err().status(), 500);
}

#[tokio::test]
async fn a_kept_answer_comes_back_byte_for_byte() {
    let first = Answer::created("/api/orders/ord_1", &json!({"z": 1, "a": "é"})).unwrap();
    let headers: Vec<_> =
        first.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let again = Answer::kept(first.status().as_u16(), headers, first.body().clone()).unwrap();
    assert_eq!(again, first);
    assert_eq!(Answer::kept(42, [], "").unwrap_err().status(), 500);
    assert_eq!(Answer::kept(200, [("bad name", "x")], "").unwrap_err().status(), 500);
    assert_eq!(Answer::kept(200, [("x", "a\nb")], "").unwrap_err().status(), 500);
}

#[tokio::test]
async fn a_kept_problem_keeps_its_trace_id() {
    let problem = Problem::unavailable("Later.").because("disk");
    let (status, headers, body) = sent(Answer::of_problem(&problem, "req-1")).await;
    assert_eq!(status, 503);
    assert_eq!(headers[CONTENT_TYPE], problem::MEDIA_TYPE);
    assert_eq!(headers[RETRY_AFTER], "5");
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["traceId"], "req-1");
    assert!(!body.to_string().contains("disk"));
}

#[tokio::test]
async fn a_known_tag_needs_no_body() {
    let known = |tag: &'static str| {
        IfNoneMatch::of(&HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(tag))]))
    };
    let answer = Answer::ok(&json!({})).unwrap().tagged(ETag::new(3));
    let (status, headers, body) = sent(answer.clone().unless(&known("\"3\""))).await;
    assert_eq!((status, body.len()), (304, 0));
    assert_eq!(headers[ETAG], "\"3\"");
    assert!(!headers.contains_key(CONTENT_TYPE));
    assert_eq!(answer.clone().unless(&known("\"4\"")), answer);
    assert_eq!(answer.clone().unless(&IfNoneMatch::of(&HeaderMap::new())), answer);
    let untagged = Answer::ok(&1).unwrap();
    assert_eq!(untagged.clone().unless(&known("*")), untagged);
    let created = Answer::created("/x", &1).unwrap().tagged(ETag::new(3));
    assert_eq!(created.clone().unless(&known("*")), created, "only a 200 turns into a 304");
}

#[test]
fn the_form_is_confirmed_on_the_answer_and_in_the_tag() {
    let asked = HeaderMap::from_iter([(PREFER, HeaderValue::from_static("enums=names"))]);
    let choice = Preference::of(&Method::GET, &asked).choose(None);
    let answer = Answer::ok(&1).unwrap().tagged(ETag::new(7).in_form(choice)).in_form(choice);
    assert_eq!(answer.headers()[PREFERENCE_APPLIED], "enums=names");
    assert_eq!(answer.headers()[ETAG], "\"7-names\"");
}

#[test]
fn debug_shows_no_body() {
    let answer = Answer::ok(&json!({"AccessToken": "hunter2"})).unwrap();
    assert_eq!(format!("{answer:?}"), "Answer { status: 200, body_bytes: 25, .. }");
}

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::answer::Answer;

#[derive(Debug)]
struct Order {
    number: String,
    amount: Decimal,
}

impl Request for Order {
    fn read(fields: &mut Fields) -> Option<Self> {
        let number = fields.required("orderNumber").text(1..=10);
        let amount = fields.required("amount").decimal();
        fields.amount(amount.as_ref(), Some(kontor_domain::Currency::USD));
        Some(Self { number: number?, amount: amount? })
    }
}

struct Empty;

impl Request for Empty {
    const MAY_BE_EMPTY: bool = true;
    fn read(_: &mut Fields) -> Option<Self> {
        Some(Self)
    }
}

#[derive(Debug)]
struct Sulking;

impl Request for Sulking {
    fn read(fields: &mut Fields) -> Option<Self> {
        fields.ignore("a");
        None
    }
}

fn raw(content_type: Option<&str>, body: &str) -> RawBody {
    let mut headers = HeaderMap::new();
    if let Some(value) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
    }
    RawBody::new(&headers, Bytes::copy_from_slice(body.as_bytes()))
}

const JSON: Option<&str> = Some("application/json");

#[test]
fn a_good_body_is_read_exactly() {
    let order: Order = raw(JSON, r#"{"OrderNumber": "A-1", "amount": 148.830}"#).read().unwrap();
    assert_eq!((order.number.as_str(), order.amount.text()), ("A-1", "148.830"));
    assert!(raw(JSON, "{}").read::<Empty>().is_ok());
}

#[test]
fn all_wrong_fields_are_named_at_once() {
    let problem = raw(JSON, r#"{"amount": 1.005, "colour": 1}"#).read::<Order>().unwrap_err();
    assert_eq!((problem.status().as_u16(), problem.name()), (400, "validation_failed"));
    assert_eq!(problem.errors().keys().collect::<Vec<_>>(), ["amount", "colour", "orderNumber"]);
}

#[test]
fn only_json_is_read() {
    let status = |content_type: Option<&str>| match raw(content_type, "{}").read::<Empty>() {
        Ok(_) => 200,
        Err(problem) => problem.status().as_u16(),
    };
    for good in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/merge-patch+json",
    ] {
        assert_eq!(status(Some(good)), 200, "{good}");
    }
    for bad in [
        "text/json",
        "application/+json",
        "application/jsonx",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "",
    ] {
        assert_eq!(status(Some(bad)), 415, "{bad}");
    }
    assert_eq!(status(None), 415);
    let mut twice = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    assert!(is_json(&twice));
    twice.append(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    assert!(!is_json(&twice));
}

#[test]
fn an_empty_body_is_taken_only_where_it_may_be() {
    assert!(raw(None, "").read::<Empty>().is_ok());
    assert!(raw(JSON, "").read::<Empty>().is_ok());
    assert_eq!(raw(Some("text/plain"), "").read::<Empty>().err().unwrap().status(), 415);
    let problem = raw(None, "").read::<Order>().unwrap_err();
    assert_eq!((problem.status().as_u16(), problem.name()), (400, "malformed_json"));
}

#[test]
fn a_malformed_body_says_where() {
    let problem = raw(JSON, "{\n \"orderNumber\": oops}").read::<Order>().unwrap_err();
    assert_eq!((problem.status().as_u16(), problem.name()), (400, "malformed_json"));
    assert_eq!(problem.detail(), "The body is not valid JSON: line 2, column 17.");
    for no_object in ["[]", "1", "null", "\"x\""] {
        let problem = raw(JSON, no_object).read::<Order>().unwrap_err();
        assert_eq!(problem.detail(), "The body must be a JSON object.");
    }
}

#[test]
fn a_reader_that_gives_up_silently_is_our_fault() {
    assert_eq!(raw(JSON, "{}").read::<Sulking>().unwrap_err().status(), 500);
}

/// A route as a handler writes it: who, which, then what.
async fn handler(request: Option<axum::Extension<u16>>, body: RawBody) -> Result<Answer, Problem> {
    match request.map(|axum::Extension(status)| status) {
        Some(401) => Err(Problem::unauthorized("Who are you?")),
        Some(404) => Err(Problem::not_found("order_not_found")),
        _ => {
            let order: Order = body.read()?;
            Answer::ok(&json!({"number": order.number}))
        }
    }
}

async fn send(fails_with: Option<u16>, limit: Option<usize>, request: HttpRequest<Body>) -> (u16, Value) {
    let mut app = Router::new().route("/", post(handler));
    if let Some(limit) = limit {
        app = app.layer(axum::Extension(BodyLimit(limit)));
    }
    if let Some(status) = fails_with {
        app = app.layer(axum::Extension(status));
    }
    let response = app.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&to_bytes(response.into_body(), 65_536).await.unwrap()).unwrap())
}

fn request(content_type: &str, body: impl Into<Body>) -> HttpRequest<Body> {
    HttpRequest::post("/").header(CONTENT_TYPE, content_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn checks_come_in_order() {
    let status = async |fails_with, content_type, body: &'static str| {
        send(fails_with, Some(40), request(content_type, body)).await.0
    };
    let long = r#"{"orderNumber": "AAAAAAAAAA", "amount": 1.00}"#;
    assert_eq!(status(Some(401), "text/plain", long).await, 401, "nothing of the body counts before");
    assert_eq!(status(Some(404), "text/plain", long).await, 404);
    assert_eq!(status(None, "text/plain", long).await, 415);
    assert_eq!(status(None, "application/json", long).await, 413);
    assert_eq!(status(None, "application/json", "{").await, 400);
    assert_eq!(status(None, "application/json", r#"{"orderNumber": "A", "amount": 1}"#).await, 200);
}

#[tokio::test]
async fn the_size_has_a_limit_on_both_sides_declared_or_not() {
    let body = r#"{"orderNumber": "A", "amount": 1}"#;
    let chunks = || {
        let (head, tail) = body.split_at(10);
        let parts: Vec<Result<Bytes, std::io::Error>> = vec![Ok(head.into()), Ok(tail.into())];
        Body::new(Chunks(parts.into()))
    };
    assert_eq!(send(None, Some(body.len()), request("application/json", body)).await.0, 200);
    assert_eq!(send(None, Some(body.len()), request("application/json", chunks())).await.0, 200);
    let (status, problem) = send(None, Some(body.len() - 1), request("application/json", chunks())).await;
    assert_eq!((status, &problem["code"]), (413, &json!("payload_too_large")));
    let mut declared = request("application/json", body);
    declared.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    assert_eq!(send(None, Some(body.len() - 1), declared).await.0, 413);
    let spaces = " ".repeat(DEFAULT_LIMIT - body.len());
    assert_eq!(send(None, None, request("application/json", format!("{spaces}{body}"))).await.0, 200);
    assert_eq!(send(None, None, request("application/json", format!("{spaces}{body} "))).await.0, 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let parts: Vec<Result<Bytes, std::io::Error>> = vec![Ok("{".into()), Err(std::io::Error::other("gone"))];
    let (status, problem) =
        send(None, None, request("application/json", Body::new(Chunks(parts.into())))).await;
    assert_eq!((status, &problem["code"]), (400, &json!("incomplete_body")));
}

/// A body of known pieces and no declared length.
struct Chunks(std::collections::VecDeque<Result<Bytes, std::io::Error>>);

impl axum::body::HttpBody for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;
    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        std::task::Poll::Ready(self.0.pop_front().map(|part| part.map(hyper::body::Frame::data)))
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let status = match RawBody::new(&headers, bytes.into()).read::<Order>() {
            Ok(_) => 200,
            Err(problem) => Response::status(&problem.into_response()).as_u16(),
        };
        prop_assert!(status == 200 || status == 400);
    }

    #[test]
    fn any_object_is_an_answer_and_never_a_panic(key in ".{0,12}", value in r#"(null|true|-?[0-9]{1,20}(\.[0-9]{1,5})?|"[a-z]{0,12}"|\[\]|\{\})"#) {
        let body = format!("{{{}: {value}, \"orderNumber\": {value}, \"Amount\": {value}}}", serde_json::to_string(&key).unwrap());
        let problem = raw(JSON, &body).read::<Order>().err();
        prop_assert!(problem.is_none_or(|problem| problem.status() == 400));
    }
}

use axum::Router;
use axum::body::to_bytes;
use axum::http::Request;
use axum::routing::get;
use serde_json::json;
use tower::ServiceExt;

use super::*;

async fn json_of(response: Response) -> Value {
    let bytes = to_bytes(response.into_body(), 65_536).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_validation_problem_names_every_field() {
    let errors = Errors::from([
        ("amount".to_owned(), vec!["is required".to_owned()]),
        ("items[0].quantity".to_owned(), vec!["must be a number".to_owned(), "is too long".to_owned()]),
    ]);
    let response = stamp(Problem::validation(errors).into_response(), "req-1");
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_TYPE);
    assert_eq!(
        json_of(response).await,
        json!({
            "type": "urn:kontor:problem:validation_failed",
            "title": "The request is not valid",
            "status": 400,
            "detail": "2 fields are wrong.",
            "code": "validation_failed",
            "traceId": "req-1",
            "errors": {"amount": ["is required"], "items[0].quantity": ["must be a number", "is too long"]},
        })
    );
}

#[tokio::test]
async fn members_are_added_and_never_replace_a_standard_one() {
    let problem = Problem::refused("payment_declined", "Declined.")
        .with("providerCode", "2")
        .with("status", 200)
        .with_some("avsResult", Some("Y"))
        .with_some("cvvResult", None::<String>);
    let body = json_of(problem.into_response()).await;
    assert_eq!(body["status"], 422);
    assert_eq!(body["providerCode"], "2");
    assert_eq!(body["avsResult"], "Y");
    assert!(body.get("cvvResult").is_none());
    assert!(body.get("traceId").is_none(), "nobody stamped it");
}

#[tokio::test]
async fn an_internal_problem_shows_nothing_of_its_cause() {
    let problem = Problem::internal("table payments is on fire");
    assert!(!format!("{problem:?} {problem}").contains("fire"));
    let response = stamp(problem.into_response(), "req-2");
    assert_eq!(response.status(), 500);
    let body = json_of(response).await.to_string();
    assert!(!body.contains("fire"), "{body}");
    assert!(body.contains("req-2"), "{body}");
}

#[test]
fn headers_go_with_their_cases() {
    assert_eq!(Problem::unauthorized("x").headers()[WWW_AUTHENTICATE], r#"Bearer realm="kontor""#);
    assert_eq!(
        Problem::invalid_token("The token has expired").headers()[WWW_AUTHENTICATE],
        r#"Bearer realm="kontor", error="invalid_token", error_description="The token has expired""#
    );
    assert_eq!(Problem::too_many_requests(0).headers()[RETRY_AFTER], "1");
    assert_eq!(Problem::too_many_requests(9).headers()[RETRY_AFTER], "9");
    assert_eq!(Problem::unavailable("x").headers()[RETRY_AFTER], "5");
    assert_eq!(Problem::unavailable("x").retry_after(30).headers()[RETRY_AFTER], "30");
}

#[test]
fn every_case_has_its_status_and_word() {
    let cases = [
        (Problem::bad_request("malformed_json", "x"), 400, "malformed_json"),
        (Problem::invalid("a", "b"), 400, "validation_failed"),
        (Problem::unauthorized("x"), 401, "unauthorized"),
        (Problem::invalid_token("x"), 401, "invalid_token"),
        (Problem::forbidden("x"), 403, "forbidden"),
        (Problem::not_found("payment_not_found"), 404, "payment_not_found"),
        (Problem::method_not_allowed(), 405, "method_not_allowed"),
        (Problem::conflict("order_exists", "x"), 409, "order_exists"),
        (Problem::precondition_failed(), 412, "precondition_failed"),
        (Problem::payload_too_large(10), 413, "payload_too_large"),
        (Problem::unsupported_media_type("application/json"), 415, "unsupported_media_type"),
        (Problem::refused("declined", "x"), 422, "declined"),
        (Problem::too_many_requests(1), 429, "too_many_requests"),
        (Problem::internal("x"), 500, "internal"),
        (Problem::unreachable("x"), 502, "provider_unreachable"),
        (Problem::unreachable("x").code("provider_nonsense"), 502, "provider_nonsense"),
        (Problem::unavailable("x"), 503, "unavailable"),
        (Problem::timed_out("x"), 504, "provider_timed_out"),
    ];
    for (problem, status, code) in cases {
        assert_eq!((problem.status().as_u16(), problem.name()), (status, code));
    }
    assert_eq!(Problem::not_found("payment_method_not_found").detail(), "There is no such payment method.");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_and_405_names_the_methods() {
    let app = Router::new()
        .route("/here", get(|| async { "ok" }))
        .fallback(no_route)
        .method_not_allowed_fallback(method_not_allowed);
    let ask = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request)
    };
    let lost = ask("GET", "/there").await.unwrap();
    assert_eq!(lost.status(), 404);
    assert_eq!(json_of(lost).await["code"], "route_not_found");
    let wrong = ask("DELETE", "/here").await.unwrap();
    assert_eq!(wrong.status(), 405);
    assert_eq!(wrong.headers()["allow"], "GET,HEAD");
    assert_eq!(json_of(wrong).await["code"], "method_not_allowed");
}

#[tokio::test]
async fn a_panic_is_a_500_without_its_message() {
    for payload in
        [Box::new("secret words") as Box<dyn Any + Send>, Box::new("secret words".to_owned()), Box::new(7)]
    {
        let response = panicked(payload);
        assert_eq!(response.status(), 500);
        assert!(!json_of(response).await.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn stamping_leaves_other_answers_alone() {
    let response = stamp("plain".into_response(), "req-3");
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "plain");
}

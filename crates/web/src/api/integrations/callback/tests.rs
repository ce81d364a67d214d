use kontor_domain::Id;

use super::*;

fn back(reason: Option<&str>, state: &str, other_account: bool) -> Back {
    Back {
        organization: Id::from_bytes([1; 16]),
        integration: Id::from_bytes([2; 16]),
        provider: "Books & <Co>".to_owned(),
        caller_state: Some(state.to_owned()),
        reason: reason.map(str::to_owned),
        message: "\"No\"".to_owned(),
        other_account,
    }
}

fn sent(reason: Option<&str>, state: &str, other_account: bool) -> String {
    onward(Url::parse(state).expect("an address"), &back(reason, state, other_account)).into()
}

#[test]
fn the_callers_address_keeps_its_own_query() {
    assert_eq!(
        sent(None, "https://shop.example/a?tab=2#top", false),
        "https://shop.example/a?tab=2&status=connected&state=https%3A%2F%2Fshop.example%2Fa%3Ftab%3D2%23top#top"
    );
    assert_eq!(
        sent(Some("access_denied"), "https://shop.example/?state=xyz", false),
        "https://shop.example/?state=xyz&status=failed&reason=access_denied"
    );
    assert!(sent(None, "https://shop.example/", true).contains("&notice=other_account&"));
}

#[tokio::test]
async fn the_page_says_the_result_and_runs_nothing() {
    let response = Page::of(&back(Some("access_denied"), "opaque", false)).into_response();
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.expect("a body");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    assert!(
        text.contains("Books &amp; &lt;Co&gt; was not connected") && text.contains("&quot;No&quot;"),
        "{text}"
    );
    assert!(text.contains("access_denied") && !text.contains("<script") && !text.contains("opaque"));
    for (error, status) in [
        (CallbackError::Forged, 400),
        (CallbackError::Malformed, 400),
        (CallbackError::Late, 400),
        (CallbackError::Used, 400),
        (CallbackError::OtherProvider, 400),
        (CallbackError::UnknownProvider, 404),
    ] {
        assert_eq!(Page::refused(&error).into_response().status().as_u16(), status, "{error}");
    }
}

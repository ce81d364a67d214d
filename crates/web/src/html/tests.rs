use super::*;

#[test]
fn markup_in_a_text_is_shown_and_not_run() {
    assert_eq!(escaped("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
}

#[test]
fn the_policy_lets_nothing_in_that_was_not_named() {
    let policy = |page: Page| {
        let response = page.into_response();
        let text = response.headers().get(header::CONTENT_SECURITY_POLICY).and_then(|it| it.to_str().ok());
        text.expect("a policy").to_owned()
    };
    let plain = policy(Page::new(StatusCode::OK, "a", ""));
    assert!(plain.starts_with("default-src 'none'; style-src 'sha256-"), "{plain}");
    assert!(plain.ends_with("form-action 'none'") && !plain.contains("script-src"), "{plain}");
    let posting = policy(Page::new(StatusCode::OK, "a", "").script("AA==").posting_to("https://pay.example"));
    assert!(
        posting.contains("script-src 'sha256-AA=='; ")
            && posting.ends_with("form-action https://pay.example"),
        "{posting}"
    );
}

use super::*;

fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_callers_headers_pass_but_for_those_that_are_not_meant_for_the_provider() {
    let given = pairs(&[
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "k"),
        ("Stripe-Version", "2024-01-01"),
        ("User-Agent", "shop/1"),
        ("Authorization", "Bearer kontor"),
        ("X-Api-Key", "kontor"),
        ("Cookie", "a=b"),
        ("Proxy-Authorization", "Basic x"),
        ("X-Kontor-Anything", "x"),
        ("Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "host=evil.example"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("TE", "trailers"),
        ("Upgrade", "websocket"),
        ("Connection", "close, X-Hop, stripe-account"),
        ("X-Hop", "1"),
        ("Stripe-Account", "1"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("Expect", "100-continue"),
        ("Origin", "https://shop.example"),
        ("Sec-Fetch-Mode", "cors"),
        ("traceparent", "00-1"),
    ]);
    let sent = out(&given).expect("few");
    assert_eq!(names(&sent), ["accept", "content-type", "idempotency-key", "stripe-version", "user-agent"]);
}

#[test]
fn the_credential_takes_the_place_of_a_callers_header() {
    let given = pairs(&[("x-access-token", "mine"), ("accept", "*/*")]);
    let credential = [("X-Access-Token".to_owned(), Secret::new("theirs".to_owned()))];
    assert_eq!(without(&given, &credential), [("accept", "*/*")]);
}

#[test]
fn there_are_not_too_many() {
    let many = |count: usize| vec![("a".to_owned(), "b".to_owned()); count];
    assert_eq!(out(&many(MAX)).expect("as many as may be").len(), MAX);
    assert!(out(&many(MAX + 1)).is_err());
}

#[test]
fn an_answers_headers_carry_no_credential_back() {
    let secret = Secret::new("s3cr t/key".to_owned());
    let short = Secret::new("ab".to_owned());
    let given = Headers::of(&[
        ("content-type", "application/json"),
        ("etag", "\"ab\""),
        ("link", "<https://api.shop.example/?page=2>; rel=next"),
        ("retry-after", "9"),
        ("location", "https://files.example/?key=s3cr%20t%2fkey"),
        ("content-location", "/?key=s3cr+t%2Fkey"),
        ("x-echo", "Bearer s3cr t/key"),
        ("set-cookie", "session=1"),
        ("www-authenticate", "Basic"),
        ("x-api-key", "x"),
        ("proxy-authenticate", "Basic"),
        ("x-kontor-proxied", "forged"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("content-length", "5"),
        ("transfer-encoding", "chunked"),
        ("strict-transport-security", "max-age=1"),
        ("content-security-policy", "default-src *"),
        ("access-control-allow-origin", "*"),
        ("clear-site-data", "*"),
    ]);
    let passed = back(&given, &[&secret, &short]);
    assert_eq!(names(&passed), ["content-type", "etag", "link", "retry-after"]);
}

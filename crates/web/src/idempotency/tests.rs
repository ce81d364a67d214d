use axum::http::HeaderValue;

use super::*;

fn key(values: &[&str]) -> Result<Option<String>, u16> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(HEADER, HeaderValue::from_str(value).expect("a value"));
    }
    read(&headers).map_err(|problem| problem.status().as_u16())
}

#[test]
fn quoted_and_bare_are_the_same() {
    assert_eq!(key(&["abc-1"]), Ok(Some("abc-1".to_owned())));
    assert_eq!(key(&["\"abc-1\""]), Ok(Some("abc-1".to_owned())));
    assert_eq!(key(&[]), Ok(None));
}

#[test]
fn length_and_letters_have_limits() {
    assert!(key(&["x"]).is_ok());
    assert!(key(&[&"x".repeat(MAX_KEY)]).is_ok());
    assert_eq!(key(&[&"x".repeat(MAX_KEY + 1)]), Err(400));
    for wrong in ["", "\"\"", "\"", "a b", "\t"] {
        assert!(matches!(key(&[wrong]), Err(400) | Ok(Some(_))), "{wrong:?}");
    }
    assert_eq!(key(&["\"\""]), Err(400));
    assert_eq!(key(&["a b"]), Err(400));
    assert_eq!(key(&["a", "a"]), Err(400));
}

#[test]
fn another_body_is_another_request() {
    assert_eq!(hash(b"{}"), hash(b"{}"));
    assert_ne!(hash(b"{}"), hash(b"{ }"));
}

#[test]
fn a_body_with_a_card_is_hashed_under_a_secret() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let body = b"{\"cardNumber\": \"4111111111111111\"}";
    let hidden = hidden_hash(&secret("one"), body);
    assert_eq!(hidden, hidden_hash(&secret("one"), body));
    assert_ne!(hidden, hash(body));
    assert_ne!(hidden, hidden_hash(&secret("another"), body));
    assert_ne!(hidden, hidden_hash(&secret("one"), b"{}"));
}

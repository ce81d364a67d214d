use super::*;

#[test]
fn the_rest_of_the_path_is_taken_as_it_came() {
    let place = Place::of("/api/organizations/o/integrations/i/proxy/a//b/%2e%2e/c/").expect("a place");
    assert_eq!((place.organization, place.integration, place.path), ("o", "i", "a//b/%2e%2e/c/"));
    assert!(Place::of("/api/organizations/o/integrations/i/proxy").is_none());
}

#[test]
fn only_known_methods_pass() {
    assert_eq!(method(&Word::HEAD), Some(Method::Head));
    assert_eq!(method(&Word::PATCH), Some(Method::Patch));
    for word in [Word::OPTIONS, Word::TRACE, Word::CONNECT] {
        assert_eq!(method(&word), None);
    }
}

#[test]
fn a_header_that_is_no_text_is_named() {
    let mut map = HeaderMap::new();
    map.insert("x-a", HeaderValue::from_static("b"));
    assert_eq!(headers(&map).expect("text"), [("x-a".to_owned(), "b".to_owned())]);
    map.insert("x-c", HeaderValue::from_bytes(b"\xff").expect("a value"));
    assert!(headers(&map).is_err_and(|it| it.to_string().contains("x-c")));
}

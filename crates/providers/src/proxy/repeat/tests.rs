use super::*;
use crate::pace::Leave;

fn named(headers: &[(&str, &str)], method: Method, header: Option<&str>) -> (bool, Vec<(String, String)>) {
    let mut headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let manners =
        Manners { idempotency_header: header, once: "ours".to_owned(), enter: &|| Ok(Leave::default()) };
    (name(&mut headers, method, &manners), headers)
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_request_gets_a_name_where_the_provider_has_a_header_for_it() {
    assert_eq!(named(&[], Method::Post, Some("X-Once")), (true, vec![pair("x-once", "ours")]));
    assert_eq!(named(&[], Method::Post, None), (false, Vec::new()));
    assert_eq!(named(&[], Method::Put, Some("X-Once")), (false, Vec::new()), "it may be repeated anyhow");
}

#[test]
fn the_callers_own_name_stands_under_the_providers_word_for_it() {
    let own = named(&[("x-once", "theirs")], Method::Patch, Some("X-Once"));
    assert_eq!(own, (true, vec![pair("x-once", "theirs")]));
    let usual = named(&[("idempotency-key", "theirs")], Method::Post, Some("X-Once"));
    assert_eq!(usual, (true, vec![pair("x-once", "theirs")]));
    let other = named(&[("idempotency-key", "theirs")], Method::Post, None);
    assert_eq!(other, (false, vec![pair("idempotency-key", "theirs")]));
}

use super::*;

fn if_match(values: &[&str]) -> Result<IfMatch, Problem> {
    let value = |text: &&str| (IF_MATCH, HeaderValue::from_str(text).unwrap());
    IfMatch::of(&values.iter().map(value).collect())
}

fn if_none_match(value: &'static str) -> IfNoneMatch {
    IfNoneMatch::of(&HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(value))]))
}

#[test]
fn if_match_lets_the_read_version_pass_and_no_other() {
    let passes = |values: &[&str]| if_match(values).unwrap().check(7).is_ok();
    assert!(passes(&[]));
    assert!(passes(&["*"]));
    assert!(passes(&["\"7\""]));
    assert!(passes(&["\"7-names\""]), "the version counts, in either form");
    assert!(passes(&["\"6\", \"7\""]));
    assert!(passes(&["\"6\"", "\"7\""]), "two headers are one list");
    assert!(passes(&[", \"6\" ,, \"7\" ,"]), "empty elements are allowed");
    assert!(!passes(&["\"6\""]));
    assert!(!passes(&["W/\"7\""]), "a weak tag never matches");
    assert!(!passes(&["\"07\""]));
    assert!(!passes(&["\"7-other\""]));
    assert!(!passes(&["\"\""]));
    assert_eq!(if_match(&["\"6\""]).unwrap().check(7).unwrap_err().status(), 412);
    assert!(!if_match(&[]).unwrap().is_present());
    assert!(if_match(&["*"]).unwrap().is_present());
}

#[test]
fn a_malformed_if_match_is_a_400_not_a_free_pass() {
    for wrong in
        ["", ",", "7", "\"7", "7\"", "W/7", "w/\"7\"", "\"6\" \"7\"", "*, \"7\"", "\"7\", *", "**", "\"7\"x"]
    {
        assert_eq!(if_match(&[wrong]).unwrap_err().status(), 400, "{wrong}");
    }
    assert!(if_match(&["\"a, b\""]).is_ok(), "a comma may stand inside of a tag");
}

#[test]
fn the_number_of_tags_has_a_limit_on_both_sides() {
    let list = |n: usize| vec!["\"1\""; n].join(",");
    assert!(if_match(&[&list(MAX_TAGS)]).is_ok());
    assert_eq!(if_match(&[&list(MAX_TAGS + 1)]).unwrap_err().status(), 400);
}

#[test]
fn if_none_match_compares_weakly_and_by_form() {
    let tag = ETag::new(7).value();
    assert!(if_none_match("\"7\"").has(&tag));
    assert!(if_none_match("W/\"7\"").has(&tag));
    assert!(if_none_match("*").has(&tag));
    assert!(!if_none_match("\"7-names\"").has(&tag), "the other form has other bytes");
    assert!(!if_none_match("\"8\"").has(&tag));
    assert!(!if_none_match("7").has(&tag), "a malformed header counts as none");
    assert!(!IfNoneMatch::of(&HeaderMap::new()).has(&tag));
}

#[test]
fn a_tag_of_content_names_its_version_and_tells_other_bytes_apart() {
    let tag = |body: &[u8]| of_content(7, body).to_str().unwrap().to_owned();
    let (one, other) = (tag(b"one"), tag(b"other"));
    assert_ne!(one, other);
    assert_eq!(one, tag(b"one"));
    assert!(if_match(&[&one]).unwrap().check(7).is_ok(), "what is no edit is no conflict");
    assert_eq!(if_match(&[&one]).unwrap().check(8).unwrap_err().status(), 412);
    let known =
        IfNoneMatch::of(&HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(&one).unwrap())]));
    assert!(known.has(&of_content(7, b"one")) && !known.has(&of_content(7, b"other")));
    assert!(!known.has(&of_content(8, b"one")));
    for wrong in ["\"7-0123456789abcde\"", "\"7-0123456789abcdef0\"", "\"7-0123456789ABCDEF\"", "\"7-\""] {
        assert_eq!(if_match(&[wrong]).unwrap().check(7).unwrap_err().status(), 412, "{wrong}");
    }
}

#[tokio::test]
async fn a_malformed_if_match_is_told_when_it_is_asked_for() {
    let request = axum::http::Request::builder().header(IF_MATCH, "7").body(()).unwrap();
    let (mut parts, ()) = request.into_parts();
    let read = IfMatch::from_request_parts(&mut parts, &()).await.unwrap();
    assert!(read.is_present());
    assert_eq!(read.check(7).unwrap_err().status(), 400);
}

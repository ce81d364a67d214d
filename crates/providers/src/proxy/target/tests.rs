use proptest::prelude::*;

use super::*;

fn base() -> Url {
    Url::parse("https://api.shop.example/v1/").expect("a URL")
}

fn at(path: &str, query: Option<&str>) -> Option<String> {
    Target::read(path, query).ok()?.below(&base()).ok().map(String::from)
}

#[test]
fn a_path_goes_below_the_providers_address_as_it_came() {
    for (path, query, expected) in [
        ("customers/42", None, "https://api.shop.example/v1/customers/42"),
        ("customers/", Some(""), "https://api.shop.example/v1/customers/?"),
        ("a", Some("b=c&b=d%20e&f"), "https://api.shop.example/v1/a?b=c&b=d%20e&f"),
        ("a%20b/c%C3%A9", Some("q=100%25"), "https://api.shop.example/v1/a%20b/c%C3%A9?q=100%25"),
        (
            "a:b@c",
            Some("u=https://x.example/y?z"),
            "https://api.shop.example/v1/a:b@c?u=https://x.example/y?z",
        ),
        ("...", None, "https://api.shop.example/v1/..."),
        (".well-known/x", None, "https://api.shop.example/v1/.well-known/x"),
        ("100%", None, "https://api.shop.example/v1/100%25"),
        ("%zz", None, "https://api.shop.example/v1/%25zz"),
        (
            "{{secrets.ApiKey}}",
            Some("a={{secrets.ApiKey}}&b='\"<>`"),
            "https://api.shop.example/v1/%7B%7Bsecrets.ApiKey%7D%7D?a=%7B%7Bsecrets.ApiKey%7D%7D&b=%27%22%3C%3E%60",
        ),
        ("a", Some("q[]=1&line=%0D%0A"), "https://api.shop.example/v1/a?q%5B%5D=1&line=%0D%0A"),
    ] {
        assert_eq!(at(path, query).as_deref(), Some(expected), "{path}");
    }
    let plain = Url::parse("https://api.shop.example").expect("a URL");
    let target = Target::read("a", None).expect("a path");
    assert_eq!(target.below(&plain).expect("below").as_str(), "https://api.shop.example/a");
    let with_query = Url::parse("https://api.shop.example/v1?key=1").expect("a URL");
    assert!(target.below(&with_query).is_err());
}

#[test]
fn every_way_to_another_place_is_refused() {
    for path in [
        "/evil.example/",
        "https://evil.example/",
        "https:%2F%2Fevil.example",
        "a//b",
        "..",
        "../admin",
        "a/../../b",
        "a/./b",
        "%2e%2e/admin",
        "%2E./admin",
        ".%2e/admin",
        "%252e%252e/admin",
        "%25252e%25252e/admin",
        "..;/admin",
        "..;a=b/admin",
        "%2e%2e%3b/admin",
        "a%2fb",
        "a%2Fb",
        "a%252fb",
        "a%5cb",
        "a\\b",
        "..\\b",
        "a%0d%0aHost:%20evil.example",
        "a%250d%250ab",
        "a%00",
        "a\r\nb",
        "a b",
        "ä",
        "a?b",
        "a#b",
        "a%7f",
        "%2525252525252561",
    ] {
        assert!(Target::read(path, None).is_err(), "{path}");
    }
    for query in ["a b", "a\r\nb", "a#b", "ä", "\u{7f}"] {
        assert!(Target::read("a", Some(query)).is_err(), "{query}");
    }
}

#[test]
fn a_path_and_its_query_have_a_limit() {
    assert!(Target::read(&"a".repeat(MAX - 1), Some("b")).is_ok());
    assert!(Target::read(&"a".repeat(MAX), Some("b")).is_err());
}

#[test]
fn a_querys_names_are_told_without_its_values() {
    let target = Target::read("a", Some("key=secret&page=2&key=more&bare")).expect("a target");
    assert_eq!(target.query_names(), ["key", "page", "key", "bare"]);
}

/// What attacks are made of.
const PIECES: [&str; 36] = [
    "a",
    "z",
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2f",
    "%5C",
    "\\",
    ";",
    ":",
    "@",
    "%",
    "%25",
    "%252e",
    "%0d",
    "%0a",
    "\r",
    "\n",
    "#",
    "?",
    "=",
    "&",
    "{{secrets.ApiKey}}",
    "'",
    "\"",
    "<",
    " ",
    "\u{e4}",
    "\u{ff0f}",
    "\u{2024}",
    "%00",
    "https://evil.example",
    "[",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_path_leaves_the_providers_address(
        path in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..16),
        query in proptest::option::of(proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..8)),
    ) {
        let (path, query) = (path.concat(), query.map(|it| it.concat()));
        if let Ok(target) = Target::read(&path, query.as_deref()) {
            let url = target.below(&base()).expect("what was checked can be written down");
            prop_assert_eq!(url.origin(), base().origin());
            prop_assert!(url.path().starts_with("/v1/"), "{}", url);
            prop_assert!(url.username().is_empty() && url.fragment().is_none());
            let mut once = url.path().to_owned();
            for _ in 0..3 {
                once = String::from_utf8_lossy(&decode(once.as_bytes())).into_owned();
                prop_assert!(!once.split(['/', '\\']).any(|it| it == ".."), "{}", url);
                prop_assert!(!once.contains(['\r', '\n', '\\']), "{}", url);
            }
        }
    }
}

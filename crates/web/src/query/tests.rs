use super::*;
use crate::page::{Direction, Start};

const SORTS: Sorts = Sorts(&["createdAt"]);

fn uri(query: &str) -> Uri {
    format!("/api/list?{query}").parse().expect("a URI")
}

#[test]
fn texts_and_times_are_read_beside_the_page() {
    let uri = uri(
        "actor=key_1&from=2026-03-01T12:00:00Z&to=2026-03-01T13:00:00%2B01:00&pageSize=2&sortDirection=asc&other=x",
    );
    let mut query = Query::of(&uri);
    assert_eq!(query.text("actor").as_deref(), Some("key_1"));
    assert_eq!(query.text("action"), None);
    let (from, to) = query.span();
    assert_eq!(from.map(|it| it.to_string()).as_deref(), Some("2026-03-01T12:00:00Z"));
    // The same moment in another zone is not after it.
    assert_eq!(to, from);
    let wrong = query.page(SORTS).expect_err("an empty span");
    assert_eq!(wrong.errors().keys().collect::<Vec<_>>(), ["to"]);
}

#[test]
fn the_page_is_given_where_nothing_is_wrong() {
    let uri = uri("from=2026-03-01T12:00:00Z&pageSize=200&pageNumber=3&sortDirection=asc");
    let mut query = Query::of(&uri);
    assert!(query.span().1.is_none());
    let page = query.page(SORTS).expect("a page");
    assert_eq!((page.size, page.start, page.direction), (200, Start::Number(3), Direction::Ascending));
}

#[test]
fn every_wrong_parameter_is_named_at_once() {
    let long = "x".repeat(MAX_TEXT + 1);
    let uri =
        uri(&format!("actor={long}&action=&subject=a&subject=b&from=yesterday&to=2026-13-01&pageSize=0"));
    let mut query = Query::of(&uri);
    for name in ["actor", "action", "subject"] {
        assert_eq!(query.text(name), None, "{name}");
    }
    query.span();
    let wrong = query.page(SORTS).expect_err("all of them");
    let named: Vec<_> = wrong.errors().keys().map(String::as_str).collect();
    assert_eq!(named, ["action", "actor", "from", "pageSize", "subject", "to"]);
}

#[test]
fn a_text_of_the_longest_kind_is_taken() {
    let uri = uri(&format!("actor={}", "x".repeat(MAX_TEXT)));
    assert_eq!(Query::of(&uri).text("actor").map(|it| it.len()), Some(MAX_TEXT));
}

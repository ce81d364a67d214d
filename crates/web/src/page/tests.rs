use serde_json::json;

use super::*;

const SORTS: Sorts = Sorts(&["createdAt", "amount"]);

fn page(query: &str) -> Page {
    Page::read(query, SORTS).unwrap()
}

fn wrong(query: &str) -> Vec<String> {
    let problem = Page::read(query, SORTS).unwrap_err();
    assert_eq!(problem.status(), 400);
    problem.errors().keys().cloned().collect()
}

fn cursor(direction: Direction) -> Cursor {
    Cursor { micros: 5, id: "pay_1".to_owned(), direction }
}

#[test]
fn nothing_asked_is_the_first_page_of_the_newest() {
    let expected =
        Page { size: 25, start: Start::Number(1), sort_on: "createdAt", direction: Direction::Descending };
    assert_eq!(page(""), expected);
    assert_eq!(page("status=paid&x=1&pagesize=9"), expected, "unknown parameters are somebody else's");
    assert_eq!(Page::of(&Uri::from_static("/api/payments"), SORTS).unwrap(), expected);
}

#[test]
fn all_parameters_are_read() {
    let asked =
        Page::of(&Uri::from_static("/x?pageSize=10&pageNumber=3&sortOn=Amount&sortDirection=ASC"), SORTS)
            .unwrap();
    let expected =
        Page { size: 10, start: Start::Number(3), sort_on: "amount", direction: Direction::Ascending };
    assert_eq!(asked, expected);
    assert_eq!(asked.offset(), 20);
    assert_eq!(page("sortDirection=descending").direction, Direction::Descending);
}

#[test]
fn sizes_and_numbers_have_limits_on_both_sides() {
    assert_eq!(page("pageSize=1").size, 1);
    assert_eq!(page("pageSize=200").size, MAX_SIZE);
    assert_eq!(page("pageNumber=100000&pageSize=200").offset(), 19_999_800);
    for query in [
        "pageSize=0",
        "pageSize=201",
        "pageSize=",
        "pageSize=-1",
        "pageSize=%2B5",
        "pageSize=1e2",
        "pageSize=9999999999999",
    ] {
        assert_eq!(wrong(query), ["pageSize"], "{query}");
    }
    assert_eq!(wrong("pageNumber=0"), ["pageNumber"]);
    assert_eq!(wrong("pageNumber=100001"), ["pageNumber"]);
}

#[test]
fn all_wrong_parameters_are_named_at_once() {
    let query = "pageSize=x&pageNumber=x&sortOn=secret&sortDirection=up&cursor=x";
    assert_eq!(wrong(query), ["cursor", "pageNumber", "pageSize", "sortDirection", "sortOn"]);
    assert_eq!(wrong("pageSize=1&pageSize=2"), ["pageSize"]);
}

#[test]
fn a_cursor_brings_its_direction_and_bears_no_contradiction() {
    let text = cursor(Direction::Ascending).text();
    let after = page(&format!("cursor={text}&pageSize=2"));
    assert_eq!(after.start, Start::After(cursor(Direction::Ascending)));
    assert_eq!((after.direction, after.offset()), (Direction::Ascending, 0));
    assert_eq!(page(&format!("cursor={text}&sortDirection=asc&sortOn=createdAt")).start, after.start);
    assert_eq!(wrong(&format!("cursor={text}&sortDirection=desc")), ["sortDirection"]);
    assert_eq!(wrong(&format!("cursor={text}&sortOn=amount")), ["sortOn"]);
    assert_eq!(wrong(&format!("cursor={text}&pageNumber=1")), ["cursor"]);
    assert_eq!(wrong(&format!("cursor={text}x")), ["cursor"]);
}

#[test]
fn the_envelope_counts_and_leads_on() {
    let at = |row: &u8| Cursor {
        micros: i64::from(*row),
        id: format!("pay_{row}"),
        direction: Direction::Descending,
    };
    let two = page("pageSize=2");
    let envelope = two.envelope(vec![9, 8, 7], Some(5), SORTS, at);
    let next = at(&8).text();
    assert_eq!(
        serde_json::to_value(&envelope).unwrap(),
        json!({"data": [9, 8], "totalRecords": 5, "currentPage": 1, "totalPages": 3, "nextCursor": next})
    );
    let last = page(&format!("pageSize=2&cursor={next}")).envelope(vec![7, 6], None, SORTS, at);
    assert_eq!(
        serde_json::to_value(last.map(|row| row * 2)).unwrap(),
        json!({"data": [14, 12], "totalRecords": null, "currentPage": null, "totalPages": null, "nextCursor": null})
    );
    let by_amount = page("pageSize=2&sortOn=amount").envelope(vec![9, 8, 7], Some(3), SORTS, at);
    assert_eq!(
        (by_amount.next_cursor, by_amount.total_pages),
        (None, Some(2)),
        "no cursor off the time order"
    );
    let none = two.envelope(Vec::<u8>::new(), Some(0), SORTS, at);
    assert_eq!((none.total_pages, none.next_cursor), (Some(0), None));
}

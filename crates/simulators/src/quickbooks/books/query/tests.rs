use super::*;

fn refused(text: &str) -> (String, String) {
    let fault = parse(text).expect_err("refused");
    (fault.code.to_owned(), fault.detail)
}

#[test]
fn a_query_is_read_in_any_case_of_letters() {
    let query = parse(
        "select * from Invoice where DocNumber = 'O\\'Neil' and TotalAmt >= '3.00' AND Id IN ('1', '2') \
         order by MetaData.LastUpdatedTime desc, Id startposition 3 maxresults 7",
    )
    .expect("a query");
    assert_eq!(query.filters[0].values, [Literal::Text("O'Neil".into())]);
    assert_eq!(query.filters[2].values.len(), 2);
    assert_eq!(query.order, [("MetaData.LastUpdatedTime".to_owned(), true), ("Id".to_owned(), false)]);
    assert_eq!((query.start, query.most, query.entity.as_str()), (Some(3), Some(7), "Invoice"));
    assert!(parse("SELECT COUNT(*) FROM Item").expect("a query").count);
}

#[test]
fn what_the_language_does_not_have_is_refused_where_it_stands() {
    assert_eq!(
        refused("SELECT * FROM Purchase Where TxnDate"),
        ("4000".into(), "QueryParserError: Encountered \" <EOF> \" at line 1, column 37.".into())
    );
    assert_eq!(
        refused("SELECT * FROM Invoice LIMIT 5").1,
        "QueryParserError: Encountered \" <IDENTIFIER> \"LIMIT \"\" at line 1, column 23."
    );
    for text in [
        "SELECT * FROM Invoice WHERE Id = '1' OR Id = '2'",
        "SELECT * FROM Invoice WHERE (Id = '1')",
        "SELECT * FROM Invoice WHERE NOT Id = '1'",
        "SELECT * FROM Customer WHERE DisplayName = 'O'Neil'",
        "SELECT * FROM Customer WHERE DisplayName = 'x",
        "SELECT * FROM Invoice MAXRESULTS 'x'",
        "DELETE FROM Invoice",
        "",
    ] {
        assert_eq!(refused(text).0, "4000", "{text}");
    }
}

#[test]
fn patterns_and_moments() {
    for (text, pattern, fits) in [
        ("abc", "%b%", true),
        ("abc", "a%", true),
        ("abc", "%b", false),
        ("abc", "abc", true),
        ("abc", "%a%c%", true),
    ] {
        assert_eq!(like(text, pattern), fits, "{text} {pattern}");
    }
    let wanted = instant("2026-01-15T10:00:00-08:00");
    assert!(wanted.is_some());
    for text in [
        "2026-01-15T10:00:00",
        "2026-01-15T18:00:00Z",
        "2026-01-15T19:00:00 01:00",
        "2026-01-15T19:00:00+01:00",
    ] {
        assert_eq!(instant(text), wanted, "{text}");
    }
    assert_eq!(instant("2026-01-15"), instant("2026-01-15T00:00:00-08:00"));
    assert_eq!(instant("soon"), None);
}

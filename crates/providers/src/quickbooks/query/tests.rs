use proptest::prelude::*;

use super::*;

/// A text as the query language reads it (§4.1): the apostrophe and the backslash stand behind a backslash.
fn unquoted(text: &str) -> Option<String> {
    let mut letters = text.strip_prefix('\'')?.chars();
    let mut read = String::new();
    loop {
        match letters.next()? {
            '\'' => return letters.next().is_none().then_some(read),
            '\\' => read.push(letters.next()?),
            letter => read.push(letter),
        }
    }
}

proptest! {
    #[test]
    fn no_text_ends_its_quotes_early(text in "\\PC{0,40}") {
        prop_assert_eq!(unquoted(&quoted(&text)), Some(text));
    }

    #[test]
    fn nor_do_quotes_backslashes_and_control_characters(text in "['\\\\a\n\t\r ]{0,12}") {
        let expected = text.replace(['\n', '\t', '\r'], " ");
        prop_assert_eq!(unquoted(&quoted(&text)), Some(expected));
    }
}

#[test]
fn a_page_begins_after_the_last_id_and_is_in_the_order_of_ids() {
    let wanted = Wanted::which(Kind::Invoice, Which::All);
    assert_eq!(wanted.page(None, 1_000), "SELECT * FROM Invoice ORDERBY Id MAXRESULTS 1000");
    assert_eq!(
        wanted.page(Some("145"), 9_999),
        "SELECT * FROM Invoice WHERE Id > '145' ORDERBY Id MAXRESULTS 1000"
    );
    assert_eq!(wanted.page(None, 0), "SELECT * FROM Invoice ORDERBY Id MAXRESULTS 1");
    assert_eq!(wanted.count(), "SELECT COUNT(*) FROM Invoice");
}

#[test]
fn entries_out_of_use_are_asked_for_where_they_would_be_left_out() {
    let at = "2026-03-04T05:06:07.999Z".parse().expect("a time");
    assert_eq!(
        Wanted::which(Kind::Customer, Which::ChangedSince(at)).page(Some("7"), 10),
        "SELECT * FROM Customer WHERE Active IN (true, false) AND \
         MetaData.LastUpdatedTime >= '2026-03-04T05:06:07Z' AND Id > '7' ORDERBY Id MAXRESULTS 10"
    );
    assert_eq!(
        Wanted::active("Account").page(None, 10),
        "SELECT * FROM Account WHERE Active = true ORDERBY Id MAXRESULTS 10"
    );
    assert_eq!(Wanted::all("Invoice").count(), "SELECT COUNT(*) FROM Invoice");
}

#[test]
fn each_way_to_look_is_one_that_can_be_asked_for() {
    let since = "2026-03-04T05:06:07Z".parse().expect("a time");
    let statement = |kind, by: &Find<'_>| Wanted::find(kind, by).map(|it| it.page(None, 5));
    let starts = |kind, by: &Find<'_>, with: &str| {
        let statement = statement(kind, by).unwrap_or_else(|| panic!("{kind} {by:?}"));
        assert!(statement.contains(with), "{statement}");
    };
    starts(Kind::Customer, &Find::Name("O'Neill"), r"DisplayName = 'O\'Neill'");
    starts(Kind::Item, &Find::Name("Sod"), " Name = 'Sod'");
    starts(Kind::Customer, &Find::Email("a@b.example"), "PrimaryEmailAddr = 'a@b.example'");
    starts(Kind::Item, &Find::Sku("A-1"), "Sku = 'A-1'");
    starts(Kind::Invoice, &Find::Number("1001"), "DocNumber = '1001'");
    starts(Kind::Payment, &Find::Note { text: "k", since }, "MetaData.CreateTime >= '2026-03-04T05:06:07Z'");
    for (kind, by) in [
        (Kind::Payment, Find::Number("1")),
        (Kind::Invoice, Find::Name("a")),
        (Kind::Item, Find::Email("a@b.example")),
        (Kind::Customer, Find::Sku("a")),
        (Kind::Customer, Find::Note { text: "k", since }),
    ] {
        assert_eq!(statement(kind, &by), None, "{kind} {by:?}");
    }
}

use super::*;
use crate::http::Headers;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    Answer { status, headers: Headers::of(headers), body: body.as_bytes().to_vec() }
}

fn coded(code: &str, detail: &str) -> Vec<Refused> {
    let element = detail.strip_prefix("at ").map(str::to_owned);
    vec![Refused { code: Some(code.to_owned()), message: "M".to_owned(), detail: detail.to_owned(), element }]
}

const CREATE: Asked = Asked::Create(Kind::Invoice);
const CHANGE: Asked = Asked::Change(Kind::Invoice);

/// Status, code, detail; the class for a new object, for a change and for a question.
const TABLE: &[(u16, &str, &str, Class, Class, Class)] = {
    use Class::{
        Business, Busy, ClosedPeriod, Disconnected, DuplicateName, DuplicateNumber, Lapsed, Locked, Missing,
        Reference, Stale, Throttled, Unauthorized, Unknown, Unsupported, Validation,
    };
    &[
        (401, "100", "SRV-110", Disconnected, Disconnected, Disconnected),
        (400, "120", ": -11014-You do not", Disconnected, Disconnected, Disconnected),
        (400, "150", "", Busy, Busy, Busy),
        (400, "500", "Operation X is not supported.", Unsupported, Unsupported, Unsupported),
        (400, "600", "", Unknown, Unknown, Unknown),
        (400, "610", "Object Not Found", Reference, Missing, Missing),
        (400, "620", "", Reference, Reference, Reference),
        (400, "800", "", Business, Business, Business),
        (400, "1040", "", Business, Business, Business),
        (400, "2010", "", Validation, Validation, Validation),
        (400, "2020", "at Line", Validation, Validation, Validation),
        (400, "2050", "at DocNumber", Validation, Validation, Validation),
        (400, "2500", "Names element id 583 not found", Reference, Reference, Reference),
        (429, "3001", "", Throttled, Throttled, Throttled),
        (403, "3001", "", Throttled, Throttled, Throttled),
        (429, "1", "", Throttled, Throttled, Throttled),
        (403, "3100", "", Disconnected, Disconnected, Disconnected),
        (401, "3200", "Token expired", Unauthorized, Unauthorized, Unauthorized),
        (401, "1", "", Unauthorized, Unauthorized, Unauthorized),
        (400, "4000", "QueryParserError", Validation, Validation, Validation),
        (400, "5010", "Stale Object Error", Stale, Stale, Stale),
        (400, "5020", "", Business, Business, Business),
        (400, "5030", "", Unsupported, Unsupported, Unsupported),
        (400, "6000", "You must set a transaction amount.", Business, Business, Business),
        (400, "6000", "An unexpected error occurred while", Unknown, Unknown, Unknown),
        (400, "6000", "You can only add or edit one name at a time.", Busy, Busy, Busy),
        (400, "6070", "at Line.Amount", Validation, Validation, Validation),
        (400, "6140", "", DuplicateNumber, DuplicateNumber, DuplicateNumber),
        (400, "6190", "Subscription period has ended", Lapsed, Lapsed, Lapsed),
        (400, "6200", "", ClosedPeriod, ClosedPeriod, ClosedPeriod),
        (400, "6210", "", ClosedPeriod, ClosedPeriod, ClosedPeriod),
        (400, "6240", "", DuplicateName, DuplicateName, DuplicateName),
        (400, "6430", "", Validation, Validation, Validation),
        (400, "6540", "deposited", Locked, Locked, Locked),
        (500, "10000", "System Failure Error", Unknown, Unknown, Unknown),
        (200, "10000", "System Failure Error", Unknown, Unknown, Unknown),
        (400, "10200", "", Disconnected, Disconnected, Disconnected),
        (500, "7777", "", Unknown, Unknown, Unknown),
        (200, "6240", "", DuplicateName, DuplicateName, DuplicateName),
    ]
};

#[test]
fn each_code_has_its_class_and_words() {
    for (status, code, detail, create, change, question) in TABLE {
        for (asked, class) in [(CREATE, create), (CHANGE, change), (Asked::Question, question)] {
            let error = refused(asked, &answer(*status, &[], ""), &coded(code, detail));
            assert_eq!(error.class, *class, "{status} {code} {detail} {asked:?}");
            assert_eq!(error.source.code.as_deref(), Some(*code));
            assert!(error.what.ends_with('.') && error.advice.ends_with('.'), "{error}");
            // Only where nobody knows may something have been done, and a question does nothing.
            let unsure = *class == Class::Unknown && asked.is_write();
            assert_eq!(error.surely_undone(), !unsure, "{code} {asked:?}");
            assert_eq!(error.retry_after.is_some(), *class == Class::Throttled);
        }
    }
}

#[test]
fn an_item_of_a_batch_is_judged_by_its_code_alone() {
    for (status, code, detail, create, ..) in TABLE.iter().filter(|it| it.0 == 400) {
        assert_eq!(refused_item(CREATE, &coded(code, detail)).class, *create, "{status} {code}");
    }
    assert_eq!(refused_item(CREATE, &coded("3001", "")).class, Class::Throttled);
    assert_eq!(refused_item(CREATE, &coded("3200", "")).class, Class::Unauthorized);
    assert_eq!(refused_item(CREATE, &[Refused::default()]).class, Class::Unknown);
}

#[test]
fn a_throttle_says_when_again() {
    let wait = |headers: &[(&str, &str)]| {
        refused(CREATE, &answer(429, headers, ""), &[]).retry_after.expect("a wait").as_secs()
    };
    assert_eq!(wait(&[]), 60);
    assert_eq!(wait(&[("retry-after", "7")]), 7);
    assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]), 60);
    assert_eq!(wait(&[("retry-after", "999999999")]), 3_600);
    let held = held_back(CREATE, HeldBack { wait: Duration::from_secs(3) });
    assert_eq!((held.class, held.retry_after), (Class::Throttled, Some(Duration::from_secs(3))));
    assert!(held.surely_undone());
}

#[test]
fn a_status_without_a_fault_is_no_more_than_it_says() {
    for (status, body, class) in [
        (401, "", Class::Unauthorized),
        (401, "<html>Login</html>", Class::Unauthorized),
        (403, "", Class::Disconnected),
        (413, "<html>too large</html>", Class::Business),
        (429, "", Class::Throttled),
        (302, "", Class::Unknown),
        (404, "<html></html>", Class::Unknown),
        (500, "", Class::Unknown),
        (502, "<html>Bad gateway</html>", Class::Unknown),
        (503, "", Class::Unknown),
        (504, "", Class::Unknown),
    ] {
        let error = refused(CREATE, &answer(status, &[], body), &[]);
        assert_eq!(error.class, class, "{status}");
        assert_eq!(error.surely_undone(), class != Class::Unknown, "{status}");
    }
}

#[test]
fn what_did_not_leave_was_not_done() {
    for (failure, class) in [
        (Failure::NotSent, Class::Unreached),
        (Failure::NotResolved, Class::Unreached),
        (Failure::Tls, Class::Unreached),
        (Failure::Unfit, Class::Disconnected),
        (Failure::Cut, Class::Unknown),
        (Failure::TimedOut, Class::Unknown),
        (Failure::TooLarge, Class::Unknown),
    ] {
        let error = unanswered(CREATE, failure);
        assert_eq!(error.class, class, "{failure}");
        assert_eq!(error.surely_undone(), class != Class::Unknown, "{failure}");
        assert!(unanswered(Asked::Question, failure).surely_undone());
    }
}

#[test]
fn changes_of_long_ago_are_told_from_what_is_not_supported() {
    let detail = "Operation cdc with changedSince date X which is older than fixed days is not supported.";
    assert_eq!(refused(Asked::Changes, &answer(400, &[], ""), &coded("500", detail)).class, Class::TooOld);
    assert_eq!(
        refused(Asked::Question, &answer(400, &[], ""), &coded("500", detail)).class,
        Class::Unsupported
    );
    assert_eq!(too_old().class, Class::TooOld);
}

#[test]
fn every_error_of_a_fault_is_told_and_the_connections_first() {
    let two = [coded("2020", "at Line"), coded("2020", "Required parameter CustomerRef is missing")].concat();
    let error = refused(CREATE, &answer(400, &[], ""), &two);
    assert_eq!(error.field.as_deref(), Some("Line"));
    assert!(error.what.contains("its lines") && error.what.contains("CustomerRef"), "{error}");
    let lapsed = [coded("2020", "at Line"), coded("6190", "")].concat();
    assert_eq!(refused(CREATE, &answer(400, &[], ""), &lapsed).class, Class::Lapsed);
}

#[test]
fn the_words_say_what_to_do() {
    let words =
        |code: &str, detail: &str| refused(CREATE, &answer(400, &[], ""), &coded(code, detail)).to_string();
    let all = [
        words("2050", "at DocNumber"),
        words("2500", "Invalid Reference Id : Accounts element id 9 not found"),
        words("6000", "Business Validation Error: You must set a transaction amount."),
        words("6210", "The account period has closed"),
        words("6540", "This transaction has been deposited."),
        words("6140", "DocNumber=1001 is assigned to TxnType=Invoice with TxnId=145"),
        words("6240", "The name supplied already exists. : Id=58"),
        words("610", "Object Not Found : Something you're trying to use has been made inactive."),
        words("6190", ""),
        words("10000", "System Failure Error: x"),
        unfit(CREATE, "DisplayName", "a colon cannot stand in a name").to_string(),
        unanswered(CREATE, Failure::TimedOut).to_string(),
        unanswered(CREATE, Failure::NotSent).to_string(),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

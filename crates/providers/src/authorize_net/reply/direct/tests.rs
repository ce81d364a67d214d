use proptest::prelude::*;

use super::*;
use crate::tests::any_text;

/// A line of 69 fields, by position from 1.
fn fields(set: &[(usize, &str)]) -> Vec<String> {
    let mut all = vec![String::new(); 69];
    for (at, value) in set {
        (*value).clone_into(&mut all[at - 1]);
    }
    all
}

fn approved() -> Vec<String> {
    fields(&[
        (1, "1"),
        (2, "1"),
        (3, "1"),
        (4, "This transaction has been approved."),
        (5, "A80PZI"),
        (6, "Y"),
        (7, "2149186954"),
        (39, "M"),
        (51, "XXXX1111"),
        (52, "Visa"),
        (59, "0TN1VE648DFCJSHQ81GZH9F"),
    ])
}

#[test]
fn the_fields_are_where_they_should_be() {
    let it = read(&approved().join(",")).expect("a line");
    assert_eq!((it.response_code.as_str(), it.reason.as_str()), ("1", "1"));
    assert_eq!(it.text, "This transaction has been approved.");
    assert_eq!(it.authorization_code.as_deref(), Some("A80PZI"));
    assert_eq!((it.avs_result.as_deref(), it.cvv_result.as_deref()), (Some("Y"), Some("M")));
    assert_eq!(it.transaction_id.as_deref(), Some("2149186954"));
    assert_eq!((it.last_four.as_deref(), it.card_brand.as_deref()), (Some("1111"), Some("Visa")));
    assert_eq!(it.network_transaction_id.as_deref(), Some("0TN1VE648DFCJSHQ81GZH9F"));
    let short = &approved()[..68];
    assert_eq!(read(&short.join(",")), Some(it));
}

#[test]
fn what_parts_and_quotes_is_the_merchants() {
    let plain = read(&approved().join(",")).expect("a line");
    assert_eq!(read(&approved().join("|")).as_ref(), Some(&plain));
    let quoted: Vec<String> = approved().iter().map(|it| format!("\"{it}\"")).collect();
    assert_eq!(read(&quoted.join(",")).as_ref(), Some(&plain));
    let quoted: Vec<String> = approved().iter().map(|it| format!("'{it}'")).collect();
    assert_eq!(read(&quoted.join("|")).as_ref(), Some(&plain));
}

#[test]
fn a_text_that_parts_shifts_nothing_that_is_read() {
    let mut odd = approved();
    odd[3] = "one, two".to_owned();
    let it = read(&odd.join(",")).expect("a line");
    assert_eq!((it.response_code.as_str(), it.reason.as_str()), ("1", "1"));
    let behind = (it.authorization_code, it.avs_result, it.transaction_id, it.cvv_result, it.last_four);
    assert_eq!(behind, (None, None, None, None, None));
}

#[test]
fn an_error_of_a_live_check_has_no_transaction() {
    let line =
        fields(&[(1, "3"), (2, "1"), (3, "290"), (4, "There is one or more missing."), (6, "P"), (7, "0")]);
    let it = read(&line.join(",")).expect("a line");
    assert_eq!((it.response_code.as_str(), it.reason.as_str(), it.transaction_id), ("3", "290", None));
}

#[test]
fn what_is_no_line_is_none() {
    for text in ["", "1", "1,", "1,1", "1,1,", "x,1,1,", "1,1,x,", "12,1,1,", "\"1", "\"1\"", "1,1,12345,t"] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_line_panics(line in any_text(300), quote in any::<char>(), parting in any::<char>()) {
        let _ = read(&line);
        let _ = read(&format!("{quote}1{quote}{parting}{quote}1{quote}{parting}{quote}2{quote}{line}"));
        let _ = read(&format!("1{parting}1{parting}2{parting}{line}"));
    }
}

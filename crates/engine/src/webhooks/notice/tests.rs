use super::*;

fn hint(transaction: Option<&str>, reference: Option<&str>) -> Hint {
    Hint {
        notification_id: "n".to_owned(),
        event: "e".to_owned(),
        transaction_id: transaction.map(str::to_owned),
        reference: reference.map(str::to_owned),
    }
}

fn integration() -> IntegrationId {
    "int_0192f0c1e4b87c3a9d5e6f708192a3b4".parse().expect("an id")
}

#[test]
fn a_subject_is_read_as_it_was_written() {
    for hint in [
        hint(Some("60020981676"), Some("1234567890123456")),
        hint(Some("60020981676"), None),
        hint(None, Some("1234567890123456")),
    ] {
        let about = About::of(integration(), &hint).expect("something");
        assert_eq!(About::read(&about.subject()).as_ref(), Some(&about));
        assert_eq!((&about.transaction, &about.reference), (&hint.transaction_id, &hint.reference));
    }
}

#[test]
fn what_names_nothing_is_not_asked_about() {
    let long = "1".repeat(MAX_ID + 1);
    for hint in
        [hint(None, None), hint(Some(""), None), hint(Some("a b"), None), hint(Some(&long), Some("\n"))]
    {
        assert_eq!(About::of(integration(), &hint), None, "{hint:?}");
    }
    assert!(About::of(integration(), &hint(Some(&long[1..]), None)).is_some());
    for subject in
        ["", "int_0192f0c1e4b87c3a9d5e6f708192a3b4", "x 1 2", "int_0192f0c1e4b87c3a9d5e6f708192a3b4 1"]
    {
        assert_eq!(About::read(subject), None, "{subject}");
    }
}

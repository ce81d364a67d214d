use super::*;

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn wrong(pairs: &[(&str, &str)]) -> Vec<String> {
    let error = read(&fields(pairs)).err().expect("refused");
    error.fields.into_iter().map(|(name, message)| format!("{name} {message}")).collect()
}

#[test]
fn keys_and_words_are_read_in_any_case() {
    let back = read(&fields(&[
        ("hostedpaymentstatus", "COMPLETE"),
        ("TransactionSetupId", " abc-1 "),
        ("ValidationCode", "0123"),
        ("ExpressResponseMessage", "Approved\r\n"),
    ]))
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(back.status, ReturnStatus::Complete);
    assert_eq!(back.setup_id, "ABC-1");
    assert_eq!(back.validation_code.map(|it| it.expose().to_owned()).as_deref(), Some("0123"));
    assert_eq!(back.message.as_deref(), Some("Approved"));
}

#[test]
fn leaving_carries_little_and_the_unknown_is_kept() {
    let status = |word| {
        let back = read(&fields(&[("HostedPaymentStatus", word), ("TransactionSetupID", "A")]));
        back.unwrap_or_else(|error| panic!("{error}")).status
    };
    assert_eq!(status("Cancelled"), ReturnStatus::Cancelled);
    assert_eq!(status("Error"), ReturnStatus::Other("Error".to_owned()));
}

#[test]
fn every_wrong_field_is_named_at_once() {
    assert_eq!(wrong(&[]), ["hostedPaymentStatus is required", "transactionSetupId is required"]);
    assert_eq!(
        wrong(&[
            ("HostedPaymentStatus", "Complete"),
            ("hostedPaymentStatus", "Cancelled"),
            ("TransactionSetupID", &"x".repeat(MAX + 1)),
        ]),
        ["hostedPaymentStatus must be there once", "transactionSetupId must have at most 100 characters"]
    );
    assert!(read(&fields(&[("HostedPaymentStatus", "x"), ("TransactionSetupID", &"x".repeat(MAX))])).is_ok());
}

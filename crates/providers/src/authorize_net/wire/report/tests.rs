use super::*;
use crate::tests::Account;

fn sent(build: impl FnOnce(&Credentials<'_>) -> Built) -> String {
    let account = Account::of(&[], &[("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")]);
    let connection = account.connection();
    let credentials = Credentials::of(&connection).unwrap_or_else(|error| panic!("{error}"));
    build(&credentials).unwrap_or_else(|error| panic!("{error}")).expose().to_owned()
}

fn request(operation: &str, rest: &str) -> String {
    format!(
        r#"{{"{operation}":{{"merchantAuthentication":{{"name":"login","transactionKey":"0123456789abcdef"}},{rest}}}}}"#
    )
}

#[test]
fn every_question_is_as_written_down() {
    let expected = request("getTransactionDetailsRequest", r#""transId":"60223421156""#);
    assert_eq!(sent(|it| details(it, "60223421156")), expected);
    let order = r#""sorting":{"orderBy":"submitTimeUTC","orderDescending":true}"#;
    let expected = request(
        "getUnsettledTransactionListRequest",
        &format!(r#"{order},"paging":{{"limit":1000,"offset":2}}"#),
    );
    assert_eq!(sent(|it| unsettled(it, 2)), expected);
    let expected = request(
        "getTransactionListRequest",
        &format!(r#""batchId":"3990061",{order},"paging":{{"limit":1000,"offset":1}}"#),
    );
    assert_eq!(sent(|it| batch(it, "3990061", 1)), expected);
    let expected = request("getSettledBatchListRequest", r#""includeStatistics":true"#);
    assert_eq!(sent(|it| batches(it, None)), expected);
    let moment = |text: &str| text.parse().expect("a moment");
    let window = Window { from: moment("2026-01-01T00:00:00.5Z"), to: moment("2026-01-31T12:30:00Z") };
    let expected = request(
        "getSettledBatchListRequest",
        r#""includeStatistics":true,"firstSettlementDate":"2026-01-01T00:00:00Z","lastSettlementDate":"2026-01-31T12:30:00Z""#,
    );
    assert_eq!(sent(|it| batches(it, Some(window))), expected);
}

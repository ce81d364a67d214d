use super::*;
use crate::{
    Provider as _, TransactionKind,
    authorize_net::tests::{account, json, provider},
    tests::served,
};

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;
const REFERENCE: &str = "1234567890123456";

fn none() -> String {
    json(r#"{"messages":{"resultCode":"Ok","message":[{"code":"I00004","text":"No records found."}]}}"#)
}

fn missing() -> String {
    json(
        r#"{"messages":{"resultCode":"Error","message":[{"code":"E00040","text":"The record cannot be found."}]}}"#,
    )
}

fn forbidden() -> String {
    json(r#"{"messages":{"resultCode":"Error","message":[{"code":"E00011","text":"Access denied."}]}}"#)
}

fn summary(id: usize, status: &str, reference: &str, at: &str) -> String {
    format!(
        r#"{{"transId":"{id}","submitTimeUTC":"{at}","transactionStatus":"{status}","invoiceNumber":"{reference}","accountType":"Visa","accountNumber":"XXXX1111","settleAmount":5.0}}"#
    )
}

fn list(items: &[String]) -> String {
    json(&format!(r#"{{"transactions":[{}],{OK}}}"#, items.join(",")))
}

fn details(id: usize, status: &str, reference: &str) -> String {
    json(&format!(
        r#"{{"transaction":{{"transId":"{id}","submitTimeUTC":"2026-01-10T12:00:00Z","transactionType":"authCaptureTransaction","transactionStatus":"{status}","order":{{"invoiceNumber":"{reference}"}},"authAmount":5.0,"settleAmount":5.0}},{OK}}}"#
    ))
}

fn batches(ids: &[usize]) -> String {
    let all: Vec<String> = ids
        .iter()
        .map(|id| {
            format!(r#"{{"batchId":"{id}","settlementTimeUTC":"2026-01-{id}T08:00:00Z","settlementState":"settledSuccessfully"}}"#)
        })
        .collect();
    json(&format!(r#"{{"batchList":[{}],{OK}}}"#, all.join(",")))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn by() -> Lookup<'static> {
    Lookup::Reference {
        reference: REFERENCE,
        from: at("2026-01-10T00:00:00Z"),
        to: at("2026-01-12T00:00:00Z"),
    }
}

const NOON: &str = "2026-01-10T12:00:00Z";

#[tokio::test]
async fn a_payment_that_has_not_settled_is_found_and_confirmed() {
    let served = served(vec![
        list(&[
            summary(2, "capturedPendingSettlement", "other", NOON),
            summary(1, "capturedPendingSettlement", REFERENCE, NOON),
        ]),
        details(1, "capturedPendingSettlement", REFERENCE),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let reports = provider.reports().expect("reports");
    let found = reports.find(&account.connection(), &by()).await.unwrap_or_else(|error| panic!("{error}"));
    let [it] = found.as_slice() else { panic!("one: {found:?}") };
    assert_eq!((it.id.as_str(), it.state.clone()), ("1", TransactionState::Approved));
    assert_eq!(served.bodies().len(), 2, "nothing else had to be asked");
}

#[tokio::test]
async fn one_that_has_settled_is_found_also_behind_a_decline() {
    let served = served(vec![
        list(&[summary(1, "declined", REFERENCE, NOON)]),
        details(1, "declined", REFERENCE),
        batches(&[11, 12]),
        list(&[summary(3, "settledSuccessfully", "other", NOON)]),
        list(&[summary(4, "settledSuccessfully", REFERENCE, NOON)]),
        details(4, "settledSuccessfully", REFERENCE),
    ])
    .await;
    let account = account();
    let found = Reports::find(&provider(&served), &account.connection(), &by()).await;
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let states: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.state.clone())).collect();
    assert_eq!(states, [("1", TransactionState::Declined), ("4", TransactionState::Settled)]);
    let dates = r#""firstSettlementDate":"2026-01-10T00:00:00Z","lastSettlementDate":"2026-01-12T00:00:00Z""#;
    assert!(served.bodies()[2].contains(dates));
}

#[tokio::test]
async fn nothing_is_found_only_where_everything_was_read() {
    let account = account();
    let nothing = served(vec![none(), none()]).await;
    assert_eq!(Reports::find(&provider(&nothing), &account.connection(), &by()).await, Ok(Vec::new()));
    let empty = served(vec![none(), batches(&[11]), none()]).await;
    assert_eq!(Reports::find(&provider(&empty), &account.connection(), &by()).await, Ok(Vec::new()));
    for answers in [
        vec![forbidden()],
        vec![none(), forbidden()],
        vec![none(), batches(&[11]), forbidden()],
        vec![none(), batches(&[11]), json(&format!("{{{OK}}}"))],
        vec![list(&[summary(1, "capturedPendingSettlement", REFERENCE, NOON)]), missing()],
        vec![
            list(&[summary(1, "capturedPendingSettlement", REFERENCE, NOON)]),
            details(1, "voided", "other"),
        ],
        vec![
            list(&[summary(1, "capturedPendingSettlement", REFERENCE, NOON)]),
            details(2, "voided", REFERENCE),
        ],
        vec![String::new()],
    ] {
        let served = served(answers).await;
        assert!(Reports::find(&provider(&served), &account.connection(), &by()).await.is_err());
    }
}

#[tokio::test]
async fn a_page_is_asked_about_by_our_reference() {
    let served = served(vec![
        none(),
        batches(&[11]),
        list(&[summary(1, "settledSuccessfully", REFERENCE, NOON)]),
        details(1, "settledSuccessfully", REFERENCE),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let reports = provider.reports().expect("reports");
    let found = reports.find(&account.connection(), &Lookup::Setup(REFERENCE)).await;
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found[0].setup_id.as_deref(), Some(REFERENCE));
    assert!(!served.bodies()[1].contains("SettlementDate"), "the last day, as the provider counts it");
}

#[tokio::test]
async fn long_lists_are_read_page_by_page_down_to_the_time() {
    let page = |from: usize, at: &str| {
        let items: Vec<_> =
            (0..1000).map(|it| summary(from - it, "capturedPendingSettlement", "x", at)).collect();
        list(&items)
    };
    let within = Window { from: at("2026-01-10T00:00:00Z"), to: at("2026-01-11T00:00:00Z") };
    // The last of the first page has moved to the second one.
    let later =
        served(vec![page(9000, NOON), page(8001, NOON), list(&[summary(5, "voided", "x", NOON)])]).await;
    let account = account();
    let found = provider(&later).unsettled(&account.connection(), within).await;
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.len(), 2000, "1000, 999 more and one");
    assert!(later.bodies()[2].contains(r#""offset":3"#));
    // What is older than the time ends the reading, and is left out.
    let older = served(vec![page(9000, NOON), page(8000, "2026-01-09T23:59:59Z")]).await;
    let found = provider(&older).unsettled(&account.connection(), within).await;
    assert_eq!(found.map(|it| it.len()), Ok(1000));
    let newer = served(vec![list(&[summary(1, "voided", "x", "2026-01-11T00:00:01Z")])]).await;
    assert_eq!(provider(&newer).unsettled(&account.connection(), within).await, Ok(Vec::new()));
}

#[tokio::test]
async fn batches_are_asked_for_in_pieces_and_told_once() {
    let served = served(vec![
        batches(&[12, 11]),
        batches(&[12, 13]),
        list(&[summary(1, "refundSettledSuccessfully", "x", NOON)]),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let within = Window { from: at("2026-01-01T00:00:00Z"), to: at("2026-02-10T00:00:00Z") };
    let found =
        provider.batches(&account.connection(), within).await.unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["11", "12", "13"], "oldest first");
    assert!(served.bodies()[0].contains(r#""lastSettlementDate":"2026-01-31T00:00:00Z""#));
    let inside =
        provider.batch(&account.connection(), &found[0]).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (inside[0].batch_id.as_deref(), inside[0].kind.clone()),
        (Some("11"), TransactionKind::Refund)
    );
}

#[tokio::test]
async fn one_transaction_or_none() {
    let served = served(vec![details(1, "voided", REFERENCE), missing(), forbidden()]).await;
    let (provider, account) = (provider(&served), account());
    let found = provider.transaction(&account.connection(), "1").await;
    assert!(found.is_ok_and(|it| it.is_some_and(|it| it.state == TransactionState::Voided)));
    assert_eq!(provider.transaction(&account.connection(), "1").await, Ok(None));
    assert!(provider.transaction(&account.connection(), "1").await.is_err());
    assert!(provider.transaction(&account.connection(), "x").await.is_err(), "not even asked");
    assert_eq!(served.bodies().len(), 3);
}

#[test]
fn a_time_has_pieces_and_an_end() {
    let days = |days: i64| {
        let from = at("2026-01-01T00:00:00Z");
        Window { from, to: from.checked_add(SignedDuration::from_hours(24 * days)).expect("a moment") }
    };
    assert_eq!(pieces(days(30)).map(|it| it.len()), Ok(1));
    let two = pieces(days(31)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((two.len(), two[0].to, two[1].to), (2, two[1].from, days(31).to));
    assert_eq!(pieces(days(360)).map(|it| it.len()), Ok(12));
    assert!(pieces(days(361)).is_err_and(|it| it.outcome_known));
}

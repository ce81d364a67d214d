use super::*;
use crate::{
    Provider as _,
    tests::served,
    worldpay::tests::{account, provider, xml},
};

fn report(code: &str, items: &str) -> String {
    xml(&format!(
        "<TransactionQueryResponse xmlns='https://reporting.elementexpress.com'><Response><ExpressResponseCode>{code}\
         </ExpressResponseCode><ExpressResponseMessage>Words</ExpressResponseMessage><ReportingData><Items>{items}</Items>\
         </ReportingData></Response></TransactionQueryResponse>"
    ))
}

fn item(id: u32, kind: &str, status: u32, batch: &str, amount: &str) -> String {
    format!(
        "<Item><TransactionID>{id}</TransactionID><ApprovedAmount>{amount}</ApprovedAmount><HostBatchID>{batch}</HostBatchID>\
         <ReferenceNumber>42</ReferenceNumber><TransactionAmount>{amount}</TransactionAmount><TransactionStatusCode>{status}\
         </TransactionStatusCode><TransactionType>{kind}</TransactionType></Item>"
    )
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn window(days: i64) -> Window {
    let from = at("2026-01-10T00:00:00Z");
    Window { from, to: from.checked_add(SignedDuration::from_hours(24 * days)).expect("a moment") }
}

#[tokio::test]
async fn one_transaction_or_none_and_never_another() {
    let sale = |id| item(id, "CreditCardSale", 1, "15", "12.00");
    let served = served(vec![
        report("0", &sale(19)),
        report("90", ""),
        report("0", &sale(20)),
        report("0", &format!("{}{}", sale(19), sale(19))),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let reports = provider.reports().expect("reports");
    let connection = account.connection();
    let found = reports.transaction(&connection, "19").await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.map(|it| (it.id, it.batch_id)), Some(("19".to_owned(), Some("15".to_owned()))));
    assert_eq!(reports.transaction(&connection, "19").await, Ok(None));
    assert!(reports.transaction(&connection, "19").await.is_err(), "another one");
    assert!(reports.transaction(&connection, "19").await.is_err(), "two of them");
}

#[tokio::test]
async fn a_time_is_asked_about_day_by_day_and_batches_are_put_together() {
    let first = [
        item(1, "CreditCardSale", 15, "15", "12.00"),
        item(2, "CreditCardSale", 15, "15", "1.50"),
        item(3, "CreditCardReturn", 15, "15", "2.00"),
        item(4, "CreditCardSale", 4, "15", "9.00"),
        item(5, "CreditCardSale", 2, "15", "9.00"),
    ]
    .concat();
    let second = [
        item(2, "CreditCardSale", 15, "15", "1.50"),
        item(6, "CreditCardSale", 1, "16", "3.00"),
        item(7, "CreditCardSale", 15, "17", "4.00"),
        item(8, "CreditCardSale", 1, "17", "5.00"),
    ]
    .concat();
    let days = || vec![report("0", &first), report("0", &second)];
    let served = served([days(), days()].concat()).await;
    let (provider, account) = (provider(&served), account());
    let connection = account.connection();
    let batches = provider.batches(&connection, window(2)).await.unwrap_or_else(|error| panic!("{error}"));
    let sums: Vec<_> =
        batches.iter().map(|it| (it.id.as_str(), it.charged, it.refunded, it.complete)).collect();
    let expected = [
        ("15", Some(dollars(1350)), Some(dollars(200)), true),
        ("17", Some(dollars(400)), Some(dollars(0)), false),
    ];
    assert_eq!(sums, expected, "an open batch is none that settled");
    let open = provider.unsettled(&connection, window(2)).await.unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<&str> = open.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["4", "5", "6", "8"]);
    assert!(served.bodies()[0].contains("2026-01-09 18:00:00.000"), "Central time");
    assert!(served.bodies()[1].contains("<TransactionDateTimeEnd>2026-01-11 18:00:00.000"));
}

#[tokio::test]
async fn a_batch_is_asked_about_by_its_number() {
    let served = served(vec![
        report("0", &item(1, "CreditCardSale", 15, "15", "12.00")),
        report("0", &item(1, "CreditCardSale", 15, "16", "12.00")),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let batch = Batch {
        id: "15".to_owned(),
        settled_at: None,
        within: window(1),
        charged: None,
        refunded: None,
        complete: true,
    };
    let found = provider.batch(&account.connection(), &batch).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.len(), 1);
    assert!(served.bodies()[0].contains("<HostBatchID>15</HostBatchID>"));
    assert!(provider.batch(&account.connection(), &batch).await.is_err(), "another batch's");
}

#[test]
fn a_time_has_pieces_of_a_day_and_an_end() {
    let pieces = days(window(2)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(pieces.len(), 2);
    assert_eq!(pieces[0].to, pieces[1].from);
    assert_eq!(pieces[1].to, window(2).to);
    assert_eq!(days(window(0)).map(|it| it.len()), Ok(1));
    let most = i64::try_from(MAX_DAYS).expect("a number");
    assert!(days(window(most)).is_ok());
    assert!(days(window(most + 1)).is_err_and(|error| error.outcome_known));
    let backwards = Window { from: window(2).to, to: window(2).from };
    assert_eq!(days(backwards).map(|it| it.len()), Ok(1), "the provider finds nothing in it");
}

#[tokio::test]
async fn a_full_answer_is_asked_for_in_halves_and_is_never_taken_for_all() {
    let many = |first: u32, count: u32| {
        let all: String =
            (first..first + count).map(|id| item(id, "CreditCardSale", 1, "15", "1.00")).collect();
        report("0", &all)
    };
    let full = u32::try_from(FULL).expect("a number");
    let served = served(vec![
        many(1, full),
        many(1, full - 1),
        many(full - 1, full),
        many(full, 3),
        many(full + 3, 1),
    ])
    .await;
    let (provider, account) = (provider(&served), account());
    let found = provider.unsettled(&account.connection(), window(1)).await;
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<u32> = found.iter().map(|it| it.id.parse().expect("a number")).collect();
    assert_eq!(ids, (1..full + 4).collect::<Vec<_>>(), "each once, in order");
    let bodies = served.bodies();
    assert!(bodies[1].contains("<TransactionDateTimeBegin>2026-01-09 18:00:00.000"), "{}", bodies[1]);
    assert!(bodies[1].contains("<TransactionDateTimeEnd>2026-01-10 06:00:00.000"), "{}", bodies[1]);
    assert!(bodies[2].contains("<TransactionDateTimeBegin>2026-01-10 06:00:00.000"), "{}", bodies[2]);
    assert!(bodies[4].contains("<TransactionDateTimeEnd>2026-01-10 18:00:00.000"), "{}", bodies[4]);
}

#[tokio::test]
async fn more_than_can_be_asked_about_is_an_error() {
    let full = u32::try_from(FULL).expect("a number");
    let all: String = (0..full).map(|id| item(id + 1, "CreditCardSale", 1, "15", "1.00")).collect();
    let served = served(vec![report("0", &all); 40]).await;
    let (provider, account) = (provider(&served), account());
    let error = provider.unsettled(&account.connection(), window(1)).await.expect_err("too many");
    assert!(error.to_string().contains("more transactions lie in this time"), "{error}");
}

#[test]
fn a_batch_is_as_long_as_its_transactions_lie_apart() {
    let row = |id: &str, at: Option<&str>| ProviderTransaction {
        id: id.to_owned(),
        kind: TransactionKind::Sale,
        state: TransactionState::Settled,
        requested: None,
        approved: Some(dollars(100)),
        reference: None,
        setup_id: None,
        authorization_code: None,
        avs_result: None,
        cvv_result: None,
        card_brand: None,
        last_four: None,
        response_code: None,
        response_message: None,
        happened_at: at.map(self::at),
        related_id: None,
        network_transaction_id: None,
        batch_id: Some("15".to_owned()),
    };
    let times = ["2026-01-10T09:00:00Z", "2026-01-10T08:00:00Z", "2026-01-10T10:00:00Z"];
    let all: Vec<_> = times.iter().map(|it| row(it, Some(it))).collect();
    let batches = gathered(&all, window(9)).unwrap_or_else(|error| panic!("{error}"));
    let to = at("2026-01-10T10:00:01Z");
    assert_eq!(batches[0].within, Window { from: at(times[1]), to }, "to the end of its last second");
    let unsure = [row("1", Some(times[0])), row("2", None), row("3", Some(times[1]))];
    let batches = gathered(&unsure, window(9)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(batches[0].within, window(9), "one does not say");
    let halves = middle(window(1)).expect("a moment");
    assert_eq!(halves, at("2026-01-10T12:00:00Z"));
    assert_eq!(middle(window(0)), None);
}

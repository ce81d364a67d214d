use kontor_domain::{Currency, Money};

use super::*;
use crate::{
    books::{Class, CustomerDraft, Draft, Errand, HolderKind, LineTax, SaleDraft, SaleLineDraft},
    quickbooks::client::tests::Desk,
    tests::answer,
};

fn request() -> RequestId {
    RequestId::new("inv0190a-3").expect("an id")
}

fn invoice() -> Action {
    let line = SaleLineDraft {
        id: None,
        item: "5".to_owned(),
        description: None,
        quantity: None,
        unit_price: None,
        amount: Money::from_minor(1_250, Currency::USD),
        tax: LineTax::Unsaid,
    };
    let draft = SaleDraft { customer: Some("1".to_owned()), lines: Some(vec![line]), ..SaleDraft::default() };
    Action::Create(Draft::Sale(Kind::Invoice, Box::new(draft)))
}

fn customer(name: &str) -> Action {
    Action::Create(Draft::Customer(Box::new(CustomerDraft {
        name: Some(name.to_owned()),
        ..CustomerDraft::default()
    })))
}

fn void(kind: Kind, id: &str) -> Action {
    Action::Void { kind, id: id.to_owned(), token: "0".to_owned() }
}

const WRITTEN: &str = r#"{"Invoice":{"Id":"130","SyncToken":"0","TotalAmt":12.5,"Balance":12.5},"time":"t"}"#;

async fn write(answer: &str, action: &Action) -> (Desk, Result<Written, BooksError>) {
    let desk = Desk::json(&[answer]).await;
    let written = {
        let connection = desk.connection();
        desk.books.write(&desk.at(&connection), &request(), action).await
    };
    (desk, written)
}

#[tokio::test]
async fn a_write_names_its_request_and_is_read_back() {
    let (desk, written) = write(WRITTEN, &invoice()).await;
    let written = written.expect("an invoice");
    assert_eq!(written.object().map(|it| it.stamp().id.as_str()), Some("130"));
    let path = "POST /v3/company/9341453474484455/invoice?requestid=inv0190a-3&minorversion=75";
    assert_eq!(desk.lines(), [path]);
    assert!(desk.served.heads()[0].to_ascii_lowercase().contains("content-type: application/json"));
    assert!(desk.served.bodies()[0].contains(r#""Amount":12.5"#), "{:?}", desk.served.bodies());
    assert_eq!(*desk.gate.seen.lock().expect("no panic"), [Errand::Write]);
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let (desk, written) = write(WRITTEN, &customer("Wool: North")).await;
    assert_eq!(written.map_err(|it| it.class), Err(Class::Validation));
    assert_eq!(desk.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn row_17_an_answer_that_does_not_show_what_was_done_says_nothing() {
    let deleted = Action::Delete { kind: Kind::Invoice, id: "130".to_owned(), token: "0".to_owned() };
    let note = SaleDraft { private_note: Some("n".to_owned()), ..SaleDraft::default() };
    let draft = Draft::Sale(Kind::Invoice, Box::new(note));
    let changed = Action::Update { id: "131".to_owned(), token: "0".to_owned(), draft };
    for (answer, action) in [
        (r#"{"BatchItemResponse":[],"time":"t"}"#, invoice()),
        (r#"{"Invoice":{"Id":"130"}}"#, invoice()),
        ("", invoice()),
        // Nothing happened (§3.12).
        (WRITTEN, void(Kind::Invoice, "130")),
        (WRITTEN, void(Kind::Invoice, "131")),
        (WRITTEN, deleted.clone()),
        (r#"{"Invoice":{"status":"Deleted","Id":"7"}}"#, deleted.clone()),
        (r#"{"Invoice":{"status":"Deleted","Id":"130"}}"#, invoice()),
        // Another one than was changed.
        (WRITTEN, changed.clone()),
    ] {
        let (_, written) = write(answer, &action).await;
        let error = written.expect_err("no answer");
        assert!(error.class == Class::Unknown && !error.surely_undone(), "{answer} {error}");
    }
    let (desk, written) =
        write(r#"{"Invoice":{"status":"Deleted","domain":"QBO","Id":"130"}}"#, &deleted).await;
    assert_eq!(written, Ok(Written::Deleted { kind: Kind::Invoice, id: "130".to_owned() }));
    assert!(desk.lines()[0].contains("/invoice?operation=delete&requestid="), "{:?}", desk.lines());
}

#[tokio::test]
async fn a_void_is_believed_when_nothing_is_left() {
    let voided =
        r#"{"Invoice":{"Id":"130","SyncToken":"1","TotalAmt":0,"Balance":0,"PrivateNote":"Voided"}}"#;
    let (desk, written) = write(voided, &void(Kind::Invoice, "130")).await;
    assert!(written.is_ok() && desk.lines()[0].contains("/invoice?operation=void&"), "{:?}", desk.lines());
    let voided = r#"{"Payment":{"Id":"9","SyncToken":"1","TotalAmt":0,"UnappliedAmt":0,"Line":[]}}"#;
    let (desk, written) = write(voided, &void(Kind::Payment, "9")).await;
    assert!(written.is_ok());
    assert!(desk.lines()[0].contains("/payment?operation=update&include=void&"), "{:?}", desk.lines());
}

#[tokio::test]
async fn a_batch_is_answered_by_name_and_one_fault_says_nothing_of_the_others() {
    let batch = r#"{"BatchItemResponse":[
        {"bId":"_3","Fault":{"type":"ValidationFault","Error":[{"Message":"Duplicate Name Exists Error","code":"6240","Detail":"The name supplied already exists. : Id=58"}]}},
        {"bId":"_0","Invoice":{"Id":"130","SyncToken":"0","TotalAmt":12.5}},
        {"bId":"_9","Invoice":{"Id":"1","SyncToken":"0","TotalAmt":1}},
        {"Invoice":{"Id":"2","SyncToken":"0","TotalAmt":1}}]}"#;
    let voided = r#"{"Invoice":{"Id":"7","SyncToken":"1","TotalAmt":0,"Balance":0}}"#;
    let desk = Desk::json(&[batch, voided]).await;
    let connection = desk.connection();
    let actions = [invoice(), customer("a:b"), void(Kind::Invoice, "7"), customer("Wool"), customer("Yarn")];
    let results = desk.books.batch(&desk.at(&connection), &request(), &actions).await.expect("answers");
    let classes: Vec<_> = results.iter().map(|it| it.as_ref().map(|_| ()).map_err(|it| it.class)).collect();
    assert_eq!(
        classes,
        [Ok(()), Err(Class::Validation), Ok(()), Err(Class::DuplicateName), Err(Class::Unknown)]
    );
    assert_eq!(results[3].as_ref().err().and_then(|it| it.holder.as_deref()), Some("58"));
    let lines = desk.lines();
    assert!(lines[0].ends_with("/batch?requestid=inv0190a-3&minorversion=75"), "{lines:?}");
    assert!(
        lines[1].ends_with("/invoice?operation=void&requestid=inv0190a-3_2&minorversion=75"),
        "{lines:?}"
    );
    let body = &desk.served.bodies()[0];
    assert!(
        body.contains(r#""bId":"_4""#) && !body.contains("a:b") && !body.contains(r#""bId":"_2""#),
        "{body}"
    );
    assert_eq!(*desk.gate.seen.lock().expect("no panic"), [Errand::Batch, Errand::Write]);
}

#[tokio::test]
async fn a_throttle_within_a_batch_closes_the_gate_too() {
    let text = r#"{"BatchItemResponse":[{"bId":"_0","Fault":{"type":"SERVICE","Error":[{"Message":"message=ThrottleExceeded; errorCode=003001; statusCode=429","code":"3001"}]}}]}"#;
    let desk = Desk::json(&[text]).await;
    let connection = desk.connection();
    let results = desk.books.batch(&desk.at(&connection), &request(), &[invoice()]).await.expect("answers");
    assert_eq!(results[0].as_ref().map(|_| ()).map_err(|it| it.class), Err(Class::Throttled));
    assert_eq!(desk.gate.held.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn a_batch_has_at_most_thirty_and_none_is_no_call() {
    let desk = Desk::json(&[]).await;
    let connection = desk.connection();
    let many = vec![customer("a"); 31];
    let error = desk.books.batch(&desk.at(&connection), &request(), &many).await.expect_err("too many");
    assert!(error.class == Class::Validation && error.what.contains("30"), "{error}");
    assert_eq!(desk.books.batch(&desk.at(&connection), &request(), &[]).await, Ok(Vec::new()));
    assert_eq!(desk.books.batch_size(), 30);
    assert!(desk.served.heads().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_is_an_error_of_the_whole() {
    let fault = r#"{"Fault":{"Error":[{"Message":"Request has invalid or unsupported property","Detail":"Property Name:{0} specified is unsupported or invalid","code":"2010"}],"type":"ValidationFault"}}"#;
    for (text, class) in
        [(fault, Class::Validation), (r#"{"BatchItemResponse":{}}"#, Class::Unknown), ("{}", Class::Unknown)]
    {
        let desk = Desk::json(&[text]).await;
        let connection = desk.connection();
        let result = desk.books.batch(&desk.at(&connection), &request(), &[invoice()]).await;
        assert_eq!(result.map_err(|it| it.class), Err(class), "{text}");
    }
}

fn rows(entity: &str, ids: &[&str]) -> String {
    let row = |id: &&str| {
        format!(
            r#"{{"Id":"{id}","SyncToken":"0","TotalAmt":1,"DisplayName":"N{id}","PrivateNote":"kontor k{id}"}}"#
        )
    };
    let rows: Vec<String> = ids.iter().map(row).collect();
    format!(
        r#"{{"QueryResponse":{{"{entity}":[{}],"startPosition":1,"maxResults":{}}}}}"#,
        rows.join(","),
        ids.len()
    )
}

#[tokio::test]
async fn row_23_pages_go_on_until_one_is_empty() {
    let desk =
        Desk::json(&[&rows("Invoice", &["9", "12"]), &rows("Invoice", &["14"]), r#"{"QueryResponse":{}}"#])
            .await;
    let connection = desk.connection();
    let books = desk.at(&connection);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page =
            desk.books.page(&books, Kind::Invoice, Which::All, after.as_deref()).await.expect("a page");
        seen.extend(page.objects.iter().map(|it| it.stamp().id.clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["9", "12", "14"]);
    let lines = desk.lines();
    assert!(lines[1].contains("WHERE%20Id%20%3E%20%2712%27%20ORDERBY%20Id%20MAXRESULTS%201000"), "{lines:?}");
}

#[tokio::test]
async fn a_page_that_comes_again_is_an_error_and_no_loop() {
    let same = rows("Invoice", &["9", "12"]);
    let desk = Desk::json(&[&same]).await;
    let connection = desk.connection();
    let page = desk.books.page(&desk.at(&connection), Kind::Invoice, Which::All, Some("12")).await;
    assert_eq!(page.map_err(|it| it.class), Err(Class::Unknown));
}

#[tokio::test]
async fn an_object_that_cannot_be_read_hides_no_other() {
    let text = r#"{"QueryResponse":{"Invoice":[{"Id":"1","SyncToken":"0","TotalAmt":1},{"Id":"2","SyncToken":"0","TotalAmt":1.005},{"Id":"3","SyncToken":"0","TotalAmt":3}]}}"#;
    let desk = Desk::json(&[text]).await;
    let connection = desk.connection();
    let page = desk.books.page(&desk.at(&connection), Kind::Invoice, Which::All, None).await.expect("a page");
    assert_eq!(page.objects.len(), 2);
    assert_eq!(page.unreadable[0].id.as_deref(), Some("2"));
    assert_eq!(page.next.as_deref(), Some("3"));
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let endless = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 99999999\r\n\r\n".to_owned()
        + &" ".repeat(33 * 1024 * 1024);
    let desk = Desk::with(vec![endless, answer("application/json", &rows("Invoice", &["9"]))]).await;
    let connection = desk.connection();
    let page = desk.books.page(&desk.at(&connection), Kind::Invoice, Which::All, None).await.expect("a page");
    assert_eq!(page.objects.len(), 1);
    assert!(desk.lines()[1].contains("MAXRESULTS%20100&"), "{:?}", desk.lines());
}

#[tokio::test]
async fn row_06_a_note_is_looked_for_in_everything_since() {
    let desk =
        Desk::json(&[&rows("Payment", &["9", "12"]), &rows("Payment", &["14"]), r#"{"QueryResponse":{}}"#])
            .await;
    let connection = desk.connection();
    let since = "2026-03-04T05:06:07Z".parse().expect("a time");
    let by = Find::Note { text: "kontor k14", since };
    let found = desk.books.find(&desk.at(&connection), Kind::Payment, &by).await.expect("an answer");
    assert_eq!(found.iter().map(|it| it.stamp().id.as_str()).collect::<Vec<_>>(), ["14"]);
    let unasked = desk.books.find(&desk.at(&connection), Kind::Payment, &Find::Number("1")).await;
    assert_eq!(unasked.map_err(|it| it.class), Err(Class::Unsupported));
}

#[tokio::test]
async fn row_05_what_only_looks_like_it_is_not_found() {
    let text = r#"{"QueryResponse":{"Customer":[
        {"Id":"1","SyncToken":"0","DisplayName":"VISBY wool "},{"Id":"2","SyncToken":"0","DisplayName":"Visby Wool (deleted)"}]}}"#;
    let desk = Desk::json(&[text, r#"{"QueryResponse":{}}"#]).await;
    let connection = desk.connection();
    let found = desk.books.find(&desk.at(&connection), Kind::Customer, &Find::Name("Visby Wool")).await;
    assert_eq!(found.expect("an answer").iter().map(|it| it.stamp().id.as_str()).collect::<Vec<_>>(), ["1"]);
    assert!(desk.lines()[0].contains("Active%20IN%20%28true%2C%20false%29"), "{:?}", desk.lines());
}

#[tokio::test]
async fn row_03_whoever_uses_a_name_is_named_before_somebody_who_did() {
    let none = r#"{"QueryResponse":{}}"#;
    let inactive = r#"{"QueryResponse":{"Customer":[{"Id":"1","Active":false}]}}"#;
    let vendor = r#"{"QueryResponse":{"Vendor":[{"Id":"58","Active":true}]}}"#;
    let forbidden = r#"{"Fault":{"Error":[{"Message":"Permission Denied Error","code":"5020"}],"type":"ValidationFault"}}"#;
    let holder = |kind, id: &str, active| Some(Holder { kind, id: id.to_owned(), active });
    for (answers, expected, calls) in [
        (vec![inactive, vendor], holder(HolderKind::Vendor, "58", true), 2),
        (vec![inactive, none, none], holder(HolderKind::Customer, "1", false), 3),
        (vec![none, none, none], None, 3),
        (vec![none, forbidden, forbidden], None, 3),
    ] {
        let desk = Desk::json(&answers).await;
        let connection = desk.connection();
        let found = desk.books.holder(&desk.at(&connection), "Visby Wool").await.expect("an answer");
        assert_eq!(found, expected);
        assert_eq!(desk.lines().len(), calls);
    }
}

#[tokio::test]
async fn choices_end_where_only_those_come_that_come_always() {
    let codes = r#"{"QueryResponse":{"TaxCode":[{"Id":"TAX","Name":"TAX"},{"Id":"NON","Name":"NON"},{"Id":"2","Name":"Gotland 8%"},{"Id":"3","Name":"Off","Active":false}]}}"#;
    let always = r#"{"QueryResponse":{"TaxCode":[{"Id":"TAX","Name":"TAX"},{"Id":"NON","Name":"NON"}]}}"#;
    let desk = Desk::json(&[codes, always]).await;
    let connection = desk.connection();
    let at = desk.at(&connection);
    let choices = desk.books.choices(at.connection, at.gate, List::TaxCodes).await.expect("choices");
    assert_eq!(choices.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["Gotland 8%"]);
}

#[tokio::test]
async fn a_count_is_a_number_or_an_error() {
    let desk = Desk::json(&[r#"{"QueryResponse":{"totalCount":12}}"#, r#"{"QueryResponse":{}}"#]).await;
    let connection = desk.connection();
    let books = desk.at(&connection);
    assert_eq!(desk.books.count(&books, Kind::Invoice, Which::All).await, Ok(12));
    assert!(desk.books.count(&books, Kind::Invoice, Which::All).await.is_err());
}

#[tokio::test]
async fn row_24_changes_are_asked_for_from_a_little_before_and_not_from_long_ago() {
    let desk =
        Desk::json(&[r#"{"CDCResponse":[{"QueryResponse":[{}]}],"time":"2026-03-05T00:00:09Z"}"#]).await;
    let connection = desk.connection();
    let books = desk.at(&connection);
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let kinds = [Kind::Customer, Kind::Payment];
    let now = at("2026-03-05T00:00:00Z");
    let changes = desk.books.changes(&books, &kinds, at("2026-03-04T00:02:00Z"), now).await.expect("changes");
    assert_eq!(changes.until, at("2026-03-05T00:00:09Z"));
    assert!(
        desk.lines()[0].contains("/cdc?entities=Customer%2CPayment&changedSince=2026-03-04T00%3A00%3A00Z&"),
        "{:?}",
        desk.lines()
    );
    let old = desk.books.changes(&books, &kinds, at("2026-02-04T00:00:00Z"), now).await;
    assert_eq!(old.map_err(|it| it.class), Err(Class::TooOld));
    assert_eq!(desk.lines().len(), 1);
}

#[tokio::test]
async fn the_books_own_word_that_it_is_too_long_ago_is_the_same() {
    let fault = r#"{"Fault":{"Error":[{"Message":"Unsupported Operation","Detail":"Operation cdc with changedSince date X which is older than fixed days is not supported.","code":"500"}],"type":"ValidationFault"}}"#;
    let desk = Desk::json(&[fault]).await;
    let connection = desk.connection();
    let now = "2026-03-05T00:00:00Z".parse().expect("a time");
    let changes = desk.books.changes(&desk.at(&connection), &[Kind::Invoice], now, now).await;
    assert_eq!(changes.map_err(|it| it.class), Err(Class::TooOld));
}

#[tokio::test]
async fn the_company_is_two_questions() {
    let info = r#"{"CompanyInfo":{"CompanyName":"Visby Wool","Country":"US"}}"#;
    let preferences = r#"{"Preferences":{"CurrencyPrefs":{"HomeCurrency":{"value":"EUR"}}}}"#;
    let desk = Desk::json(&[info, preferences]).await;
    let connection = desk.connection();
    let company = desk.books.company(&connection, desk.gate.as_ref()).await.expect("a company");
    assert_eq!((company.name.as_str(), company.home_currency.code()), ("Visby Wool", "EUR"));
    assert_eq!(
        desk.lines(),
        [
            "GET /v3/company/9341453474484455/companyinfo/9341453474484455?minorversion=75",
            "GET /v3/company/9341453474484455/preferences?minorversion=75",
        ]
    );
    assert_eq!(desk.books.company_id(&connection).as_deref(), Some("9341453474484455"));
}

#[tokio::test]
async fn one_object_is_read_or_missing() {
    let gone = r#"{"Invoice":{"status":"Deleted","domain":"QBO","Id":"130"}}"#;
    let fault = r#"{"Fault":{"Error":[{"Message":"Object Not Found","Detail":"Object Not Found : x","code":"610","element":""}],"type":"ValidationFault"}}"#;
    let desk = Desk::json(&[WRITTEN, gone, fault, "{}"]).await;
    let connection = desk.connection();
    let books = desk.at(&connection);
    assert!(desk.books.read(&books, Kind::Invoice, "130").await.is_ok());
    for class in [Class::Missing, Class::Missing, Class::Unknown] {
        let read = desk.books.read(&books, Kind::Invoice, "130").await;
        assert_eq!(read.map_err(|it| it.class), Err(class));
    }
    let read = desk.books.read(&books, Kind::Invoice, "1/../2").await;
    assert_eq!(read.map_err(|it| it.class), Err(Class::Validation));
}

//! The query language over HTTP, and the forms of answers.

use serde_json::{Value, json};

use crate::support::{Sim, line};

fn names(answer: &Value, entity: &str, key: &str) -> Vec<String> {
    let rows = answer["QueryResponse"][entity].as_array().cloned().unwrap_or_default();
    rows.iter().map(|it| it[key].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn lists_are_filtered_ordered_paged_and_counted() {
    let sim = Sim::start().await;
    let (_, all) = sim.query("select * from Customer").await;
    assert_eq!(names(&all, "Customer", "DisplayName").len(), 6);
    assert_eq!(
        (&all["QueryResponse"]["startPosition"], &all["QueryResponse"]["maxResults"]),
        (&json!(1), &json!(6))
    );
    for (text, wanted) in [
        ("select * from customer where displayname = 'HARBOUR hotel'", &["Harbour Hotel"][..]),
        (
            "select * from Customer where DisplayName like '%b%' orderby DisplayName desc",
            &["Pine Street Bakery", "Juniper Books", "Harbour Hotel"],
        ),
        ("select * from Customer where Id in ('1','3') order by Id asc", &["Café Nordlys", "Juniper Books"]),
        (
            "select * from Customer where PrimaryEmailAddr = 'omar@pinestreet.example'",
            &["Pine Street Bakery"],
        ),
        ("select * from Customer where Balance > '0'", &[]),
        (
            "select * from Customer where Id > '4' orderby Id startposition 2 maxresults 1",
            &["Tidewater Offices"],
        ),
        ("select * from Customer where MetaData.CreateTime > '2016-01-01T00:00:00Z'", &[]),
        (
            "select * from Customer where DisplayName != 'Quarry Gym' and FamilyName in ('Fischer','Okafor')",
            &["Tidewater Offices"],
        ),
    ] {
        let (status, answer) = sim.query(text).await;
        assert_eq!(status, 200, "{text}: {answer}");
        assert_eq!(names(&answer, "Customer", "DisplayName"), wanted, "{text}");
    }
    assert_eq!(
        sim.query("select * from Customer where DisplayName = 'Nobody'").await.1["QueryResponse"],
        json!({})
    );
    assert_eq!(sim.query("select count(*) from Item").await.1["QueryResponse"], json!({ "totalCount": 6 }));
    let (_, part) = sim.query("select Id, DisplayName from Customer where Id = '5'").await;
    assert_eq!(
        part["QueryResponse"]["Customer"][0],
        json!({ "Id": "5", "DisplayName": "Quarry Gym", "domain": "QBO", "sparse": true })
    );
    let (_, codes) = sim.query("select * from TaxCode maxresults 1").await;
    assert_eq!(names(&codes, "TaxCode", "Id"), ["TAX", "NON", "CustomSalesTax", "3"]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let sim = Sim::start().await;
    for (text, code, detail) in [
        (
            "select * from Invoice where NoSuchField = '1'",
            "4001",
            "QueryValidationError: Property NoSuchField not found for Entity Invoice",
        ),
        (
            "select * from Invoice where DepartmentRef = '1'",
            "4001",
            "QueryValidationError: property 'DepartmentRef' is not queryable",
        ),
        (
            "select * from Invoice startposition 0",
            "4001",
            "QueryValidationError: value 0 is too small. Min allowed value is 1",
        ),
        (
            "select * from Invoice maxresults 1001",
            "4001",
            "QueryValidationError: value 1001 is too large. Max allowed value is 1000.",
        ),
        (
            "select * from Payment where DocNumber = '1'",
            "4001",
            "QueryValidationError: property 'DocNumber' is not queryable",
        ),
        ("select * from Elephant", "4001", "QueryValidationError: Entity Elephant is not supported"),
        (
            "select * from Invoice where Id = '1' or Id = '2'",
            "4000",
            "QueryParserError: Encountered \" <IDENTIFIER> \"or \"\" at line 1, column 38.",
        ),
    ] {
        let (status, answer) = sim.query(text).await;
        let error = &answer["Fault"]["Error"][0];
        assert_eq!((status, &error["code"], &error["Detail"]), (400, &json!(code), &json!(detail)), "{text}");
    }
}

#[tokio::test]
async fn transactions_come_newest_first_and_inactive_ones_when_asked_for() {
    let sim = Sim::start().await;
    for amount in [1.0, 2.0] {
        sim.ok("invoice", json!({ "CustomerRef": { "value": "2" }, "Line": [line("3", amount)] })).await;
    }
    let request =
        sim.client.post(sim.url("query")).bearer_auth(&sim.token).header("accept", "application/json");
    let request = request
        .header("content-type", "application/text")
        .body("select * from Invoice where CustomerRef = '2'");
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(names(&answer, "Invoice", "DocNumber"), ["1002", "1001"]);
    assert_eq!(answer["QueryResponse"]["totalCount"], 2);
    let customer =
        sim.ok("customer", json!({ "Id": "6", "SyncToken": "0", "sparse": true, "Active": false })).await;
    assert_eq!(customer["Active"], false);
    assert_eq!(names(&sim.query("select * from Customer").await.1, "Customer", "Id").len(), 5);
    let (_, all) = sim.query("select * from Customer where Active in (true, false)").await;
    assert_eq!(names(&all, "Customer", "Id").len(), 6);
}

#[tokio::test]
async fn answers_are_packed_and_xml_where_that_is_asked_for() {
    let sim = Sim::start().await;
    let request = sim.client.get(sim.url("customer/2")).bearer_auth(&sim.token);
    let answer = request.header("accept-encoding", "gzip").send().await.expect("an answer");
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(answer.headers()["content-type"], "application/xml");
    let bytes = answer.bytes().await.expect("bytes");
    assert_eq!(bytes.get(..2), Some(&[0x1f, 0x8b][..]));
    let plain =
        sim.client.get(sim.url("customer/2")).bearer_auth(&sim.token).send().await.expect("an answer");
    let text = plain.text().await.expect("text");
    assert!(text.contains("<Customer domain=\"QBO\" sparse=\"false\"><Id>2</Id>"), "{text}");
}

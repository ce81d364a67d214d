use serde_json::json;

use super::*;

fn given(entity: &str, sent: &Value) -> Result<Value, Fault> {
    read(entity, sent.as_object().expect("members")).map(Value::Object)
}

#[test]
fn what_is_sent_comes_into_one_form() {
    let sent = json!({
        "Id": 7, "SyncToken": 0, "sparse": true, "domain": "QBO", "TotalAmt": "12.50", "PrivateNote": "",
        "CustomerRef": { "value": 4, "name": "x" }, "ApplyTaxAfterDiscount": "true", "TxnDate": "2026-01-15T00:00:00Z",
        "Line": [{ "Amount": "1", "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": { "Qty": "2" } }],
    });
    let wanted = json!({
        "Id": "7", "SyncToken": "0", "TotalAmt": 12.5, "PrivateNote": null,
        "CustomerRef": { "value": "4", "name": "x" }, "ApplyTaxAfterDiscount": true, "TxnDate": "2026-01-15",
        "Line": [{ "Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": { "Qty": 2 } }],
    });
    assert_eq!(given("Invoice", &sent), Ok(wanted));
}

#[test]
fn what_there_is_not_is_refused() {
    for sent in [
        json!({ "Colour": "red" }),
        json!({ "Line": [{ "Colour": "red" }] }),
        json!({ "TotalAmt": "twelve" }),
        json!({ "CustomerRef": "4" }),
        json!({ "CustomerRef": { "id": "4" } }),
        json!({ "TxnDate": "yesterday" }),
    ] {
        assert_eq!(given("Invoice", &sent).expect_err("refused").code, "2010", "{sent}");
    }
}

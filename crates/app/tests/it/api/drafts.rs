//! `PUT /api/invoices/{id}`: a draft is written anew, and nothing but a draft.

use serde_json::{Value, json};

use crate::support::{Engine, on_both, process::Demo};

fn lines(price: f64) -> Value {
    json!({
        "customerNumber": "CUST-1001", "notes": "By the back door", "tax": 1.5,
        "items": [{ "sku": "COF-250", "description": "Coffee", "quantity": 2, "unitPrice": price }],
    })
}

/// A draft: its path, and it.
async fn draft(demo: &Demo, body: &Value) -> (String, Value) {
    let made = demo.admin.post("/api/invoices", body).await.expect(201).json();
    (format!("/api/invoices/{}", made["id"].as_str().expect("an id")), made)
}

async fn a_draft_is_written_anew_and_keeps_its_number_and_date(engine: Engine) {
    let demo = Demo::start(engine);
    let mut first = lines(10.0);
    first["invoiceDate"] = json!("2026-03-01");
    let (path, made) = draft(&demo, &first).await;
    let mut next = lines(12.5);
    next.as_object_mut().expect("an object").remove("notes");
    let answer = demo.admin.put(&path, &next).await.expect(200);
    let written = answer.json();
    for same in ["id", "invoiceNumber", "invoiceDate", "status", "createdAt"] {
        assert_eq!(written[same], made[same], "{same}");
    }
    assert_eq!((&written["total"], &written["notes"]), (&json!(26.5), &Value::Null));
    let read = demo.admin.get(&path).await.expect(200);
    assert_eq!((&read.text, read.header("etag")), (&answer.text, answer.header("etag")));
    // Another customer, and a number of one's own.
    next["customerNumber"] = json!("CUST-1002");
    next["invoiceNumber"] = json!("OURS-1");
    let moved = demo.admin.put(&path, &next).await.expect(200).json();
    assert_eq!((&moved["customerNumber"], &moved["invoiceNumber"]), (&json!("CUST-1002"), &json!("OURS-1")));
    // What was written is what goes out, and is paid.
    demo.admin.post(&format!("{path}/issue"), &json!({})).await.expect(200);
    let cheque = json!({ "amount": 26.5, "method": "Check", "reference": "1" });
    demo.admin.post(&format!("{path}/payments"), &cheque).await.expect(201);
    let refused = demo.admin.put(&path, &next).await.expect(409);
    assert_eq!(
        (refused.code().as_str(), &refused.json()["currentStatus"]),
        ("invoice_wrong_state", &json!("Paid"))
    );
    let events = "SELECT COUNT(*) FROM events WHERE kind = 'invoice.updated'";
    let rows = "SELECT COUNT(*) FROM audit WHERE action = 'invoice.updated'";
    assert_eq!((demo.database.count(events), demo.database.count(rows)), (2, 2));
}

async fn what_does_not_fit_is_refused_and_changes_nothing(engine: Engine) {
    let demo = Demo::start(engine);
    let (path, _) = draft(&demo, &lines(10.0)).await;
    let (other, taken) = draft(&demo, &lines(5.0)).await;
    let before = demo.admin.get(&path).await.expect(200);
    let wrong = json!({
        "customerNumber": "CUST-1001", "orderId": "ord_01890000000070008000000000000000", "total": 1,
        "items": [{ "description": "Coffee", "quantity": 0, "unitPrice": 1 }],
    });
    let fields = demo.admin.put(&path, &wrong).await.expect(400).wrong_fields();
    assert!(
        fields.iter().any(|it| it == "orderId") && fields.iter().any(|it| it.contains("quantity")),
        "{fields:?}"
    );
    let mut same = lines(10.0);
    same["invoiceNumber"] = taken["invoiceNumber"].clone();
    assert_eq!(demo.admin.put(&path, &same).await.expect(409).code(), "invoice_number_taken");
    let mut nobody = lines(10.0);
    nobody["customerNumber"] = json!("NOBODY");
    assert_eq!(demo.admin.put(&path, &nobody).await.expect(404).code(), "customer_not_found");
    let body = lines(11.0).to_string();
    let stale = [("content-type", "application/json"), ("if-match", "\"7\"")];
    demo.admin.send("PUT", &path, &stale, Some(body.clone())).await.expect(412);
    let foreign = demo.admin.as_other(Some(demo.text("otherAdminToken")));
    assert_eq!(foreign.put(&path, &lines(11.0)).await.expect(404).code(), "invoice_not_found");
    let owner = demo.caller("Customer", Some("CUST-1001"));
    owner.put(&path, &lines(11.0)).await.expect(403);
    assert_eq!(demo.admin.get(&path).await.expect(200).text, before.text);
    // Meant by its version, and once however often it is sent.
    let meant = [
        ("content-type", "application/json"),
        ("if-match", before.header("etag")),
        ("idempotency-key", "draft-1"),
    ];
    let first = demo.admin.send("PUT", &path, &meant, Some(body.clone())).await.expect(200);
    let again = demo.admin.send("PUT", &path, &meant, Some(body)).await.expect(200);
    assert_eq!(first.text, again.text);
    demo.admin.post(&format!("{other}/void"), &json!({})).await.expect(200);
    let void = demo.admin.put(&other, &lines(1.0)).await.expect(409).json();
    assert_eq!(void["currentStatus"], "Voided");
}

async fn a_draft_of_an_order_stays_the_orders(engine: Engine) {
    let demo = Demo::start(engine);
    let order = json!({
        "externalId": "shop-9", "customerNumber": "CUST-1001",
        "items": [{ "description": "Coffee", "quantity": 1, "unitPrice": 10 }],
    });
    let order = demo.admin.post("/api/orders", &order).await.expect(201).json();
    let id = order["id"].as_str().expect("an id");
    demo.admin.post(&format!("/api/orders/{id}/confirm"), &json!({})).await.expect(200);
    let (path, made) = draft(&demo, &json!({ "orderId": id })).await;
    let body = json!({ "items": [{ "description": "Coffee, late", "quantity": 1, "unitPrice": 9 }] });
    let written = demo.admin.put(&path, &body).await.expect(200).json();
    for same in ["orderId", "orderNumber", "customerNumber"] {
        assert_eq!(written[same], made[same], "{same}");
    }
    assert_eq!(written["total"], json!(9.0));
    // Nothing said is the order's again.
    assert_eq!(demo.admin.put(&path, &json!({})).await.expect(200).json()["total"], json!(10.0));
    let other = json!({ "customerNumber": "CUST-1002" });
    assert_eq!(demo.admin.put(&path, &other).await.expect(400).wrong_fields(), ["customerNumber"]);
}

on_both!(
    a_draft_is_written_anew_and_keeps_its_number_and_date,
    what_does_not_fit_is_refused_and_changes_nothing,
    a_draft_of_an_order_stays_the_orders,
);

//! Customers and invoices.

use serde_json::json;

use crate::support::{Engine, on_both, process::Demo};

async fn a_customer_is_added_and_then_changed_where_it_says_so(engine: Engine) {
    let demo = Demo::start(engine);
    let first = json!({
        "customerNumber": "N-1", "companyName": "Nidaros Timber", "companyEmail": "post@nidaros.example",
        "addresses": [{ "address1": "Kaien 1", "city": "Trondheim", "addressType": "Billing", "default": true }],
    });
    let made = demo.admin.put("/api/customers", &first).await.expect(201);
    assert_eq!(made.header("location"), "/api/customers/N-1");
    // PascalCase is read as well; what is absent stays.
    let changed =
        demo.admin.put("/api/customers", &json!({ "CustomerNumber": "N-1", "CompanyName": "Nidaros" })).await;
    let changed = changed.expect(200).json();
    assert_eq!(
        (&changed["companyName"], &changed["companyEmail"]),
        (&json!("Nidaros"), &json!("post@nidaros.example"))
    );
    assert_eq!(changed["addresses"][0]["city"], "Trondheim");
    assert_eq!(
        demo.admin
            .put("/api/customers", &json!({ "customerNumber": "N-2" }))
            .await
            .expect(400)
            .wrong_fields(),
        ["companyName"]
    );
    demo.admin.get("/api/customers/N-2").await.expect(404);
}

async fn all_wrong_fields_of_an_invoice_are_named_at_once(engine: Engine) {
    let demo = Demo::start(engine);
    let wrong = json!({
        "customerNumber": "", "currencyCode": "EURO", "invoiceDate": "2026-02-30", "invoiceNumber": 7,
        "items": [{ "quantity": -1, "unitPrice": "dear" }], "tax": 1.234,
    });
    let answer = demo.admin.post("/api/invoices", &wrong).await.expect(400);
    let fields = answer.wrong_fields();
    for field in
        ["customerNumber", "currencyCode", "invoiceDate", "items[0].description", "items[0].unitPrice"]
    {
        assert!(fields.contains(&field.to_owned()), "{field} of {fields:?}");
    }
    let problem = answer.json();
    for member in ["type", "title", "status", "detail", "code", "traceId", "errors"] {
        assert!(!problem[member].is_null(), "{member}");
    }
    let empty = demo.admin.post("/api/invoices", &json!({})).await.expect(400);
    assert_eq!(empty.wrong_fields(), ["customerNumber", "items"]);
    let both = "{\"customerNumber\": \"a\", \"CustomerNumber\": \"b\"}".to_owned();
    demo.admin
        .send("POST", "/api/invoices", &[("content-type", "application/json")], Some(both))
        .await
        .expect(400);
}

async fn an_invoice_goes_its_way_and_no_other(engine: Engine) {
    let demo = Demo::start(engine);
    let body = json!({
        "customerNumber": "CUST-1001", "tax": 1.75,
        "items": [{ "description": "Beans", "quantity": 2, "unitPrice": 10.5, "discount": 1.0 }],
    });
    let made = demo.admin.post("/api/invoices", &body).await.expect(201);
    let invoice = made.json();
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("Draft"), &json!(21.75)));
    let path = format!("/api/invoices/{}", invoice["id"].as_str().expect("an id"));
    assert_eq!(made.header("location"), path);
    let act = |verb: &'static str| {
        let (admin, path) = (demo.admin.clone(), path.clone());
        async move { admin.send("POST", &format!("{path}/{verb}"), &[], None).await }
    };
    demo.admin.post(&format!("{path}/payments"), &json!({ "amount": 1, "method": "Cash" })).await.expect(409);
    act("issue").await.expect(200);
    demo.admin
        .post(&format!("{path}/payments"), &json!({ "amount": 21.76, "method": "Cash" }))
        .await
        .expect(422);
    let paid =
        demo.admin.post(&format!("{path}/payments"), &json!({ "amount": 1.75, "method": "Cash" })).await;
    paid.expect(201);
    assert_eq!(demo.admin.get(&path).await.json()["status"], "PartiallyPaid");
    assert_eq!(act("void").await.expect(409).json()["currentStatus"], "PartiallyPaid");
    demo.admin
        .post(&format!("{path}/payments"), &json!({ "amount": 20, "method": "Cash" }))
        .await
        .expect(201);
    let read = demo.admin.get(&path).await.json();
    assert_eq!((&read["status"], &read["balance"]), (&json!("Paid"), &json!(0.0)));

    let second = demo.admin.invoice("CUST-1001", 5.0).await;
    demo.admin.send("POST", &format!("/api/invoices/{second}/void"), &[], None).await.expect(200);
    assert_eq!(demo.admin.read_invoice(&second).await["status"], "Voided");
}

async fn lists_are_paged_by_number_and_by_cursor(engine: Engine) {
    let demo = Demo::start(engine);
    for _ in 0..7 {
        demo.admin.invoice("CUST-1002", 1.0).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = demo
            .admin
            .get(&format!("/api/invoices?customerNumber=CUST-1002&pageSize=3{cursor}"))
            .await
            .expect(200)
            .json();
        seen.extend(
            page["data"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|it| it["id"].as_str().expect("an id").to_owned()),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert!(seen.len() <= 100, "the pages end");
    }
    let ids: std::collections::BTreeSet<_> = seen.iter().collect();
    assert!(seen.len() >= 7 && ids.len() == seen.len(), "each once: {}", seen.len());
    let second = demo
        .admin
        .get("/api/invoices?customerNumber=CUST-1002&pageSize=3&pageNumber=2")
        .await
        .expect(200)
        .json();
    assert_eq!(second["data"][0]["id"], seen[3]);
    demo.admin.get("/api/invoices?pageSize=200").await.expect(200);
    assert_eq!(demo.admin.get("/api/invoices?pageSize=201").await.expect(400).wrong_fields(), ["pageSize"]);
    demo.admin.get("/api/invoices?cursor=forged").await.expect(400);
}

on_both!(
    a_customer_is_added_and_then_changed_where_it_says_so,
    all_wrong_fields_of_an_invoice_are_named_at_once,
    an_invoice_goes_its_way_and_no_other,
    lists_are_paged_by_number_and_by_cursor,
);

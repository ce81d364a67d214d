//! Orders, and the invoices that are made of them.

use serde_json::{Value, json};

use super::{contract::still, futures};
use crate::support::{Answer, Engine, on_both, process::Demo};

/// 2.5 × 10.01 is 25.025, and half a cent goes up; 0.0005 × 10 is 0.005.
fn order(external_id: &str) -> Value {
    json!({
        "externalId": external_id, "customerNumber": "CUST-1001", "poNumber": "PO-88", "tax": 1.2, "shipping": 5,
        "items": [
            { "sku": "COF-250", "description": "Coffee", "quantity": 2.5, "unitPrice": 10.01, "discount": 0.03 },
            { "description": "Filters", "quantity": 0.0005, "unitPrice": 10 },
        ],
    })
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

async fn act(demo: &Demo, id: &str, verb: &str) -> Answer {
    demo.admin.send("POST", &format!("/api/orders/{id}/{verb}"), &[], None).await
}

/// A confirmed order.
async fn confirmed(demo: &Demo, external_id: &str) -> Value {
    let made = demo.admin.post("/api/orders", &order(external_id)).await.expect(201).json();
    act(demo, &id(&made), "confirm").await.expect(200).json()
}

fn problem(answer: &Answer) -> String {
    let mut value = answer.json();
    for key in ["traceId", "invoiceId"] {
        if !value[key].is_null() {
            value[key] = json!("…");
        }
    }
    serde_json::to_string_pretty(&value).expect("JSON")
}

async fn an_order_sent_again_is_the_same_one(engine: Engine) {
    let demo = Demo::start(engine);
    let first = demo.admin.post("/api/orders", &order("shop-1")).await.expect(201);
    let made = first.json();
    assert_eq!(first.header("location"), format!("/api/orders/{}", id(&made)));
    insta::assert_snapshot!("created", still(&demo, &made));
    let again = demo.admin.post("/api/orders", &order("shop-1")).await.expect(200);
    assert_eq!((&again.text, again.header("etag")), (&first.text, first.header("etag")));
    let mut other = order("shop-1");
    other["items"] = json!([{ "description": "Tea", "quantity": 1, "unitPrice": 3 }]);
    other["notes"] = json!("Ring twice");
    other["poNumber"] = Value::Null;
    let changed = demo.admin.post("/api/orders", &other).await.expect(200).json();
    assert_eq!((&changed["id"], &changed["orderNumber"]), (&made["id"], &made["orderNumber"]));
    assert_eq!((&changed["orderTotal"], &changed["poNumber"]), (&json!(9.2), &Value::Null));
    // What is not said stays.
    other.as_object_mut().expect("an object").remove("notes");
    assert_eq!(demo.admin.post("/api/orders", &other).await.expect(200).json()["notes"], "Ring twice");
    let many = futures(8, |_| {
        let admin = demo.admin.clone();
        async move { admin.post("/api/orders", &order("shop-2")).await }
    })
    .await;
    let ids: std::collections::BTreeSet<String> = many.iter().map(|it| id(&it.json())).collect();
    assert_eq!((ids.len(), many.iter().filter(|it| it.status == 201).count()), (1, 1));
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM orders WHERE external_id LIKE 'shop-%'"), 2);
}

async fn wrong_fields_of_an_order_are_named_at_once(engine: Engine) {
    let demo = Demo::start(engine);
    let wrong = json!({
        "customerNumber": "", "currencyCode": "EURO", "orderStatus": "Lost", "shipping": -1, "externalId": "",
        "items": [{ "description": "Tea", "quantity": 1.00001, "unitPrice": 3 }], "colour": "red",
    });
    let fields = demo.admin.post("/api/orders", &wrong).await.expect(400).wrong_fields();
    for field in [
        "customerNumber",
        "currencyCode",
        "orderStatus",
        "shipping",
        "externalId",
        "items[0].quantity",
        "colour",
    ] {
        assert!(fields.contains(&field.to_owned()), "{field} of {fields:?}");
    }
    let mut sums = order("shop-1");
    (sums["subtotal"], sums["orderTotal"]) = (json!(25.03), json!(31.2));
    let refused = demo.admin.post("/api/orders", &sums).await.expect(400);
    assert_eq!(refused.wrong_fields(), ["orderTotal", "subtotal"]);
    insta::assert_snapshot!("refused_sums", problem(&refused));
    (sums["subtotal"], sums["orderTotal"]) = (json!(25.01), json!(31.21));
    sums["customerNumber"] = json!("NOBODY");
    assert_eq!(demo.admin.post("/api/orders", &sums).await.expect(404).code(), "customer_not_found");
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM orders WHERE external_id = 'shop-1'"), 0);
    let mut taken = order("shop-3");
    taken["orderNumber"] = json!(7001);
    demo.admin.post("/api/orders", &taken).await.expect(201);
    taken["externalId"] = json!("shop-4");
    insta::assert_snapshot!(
        "refused_number",
        problem(&demo.admin.post("/api/orders", &taken).await.expect(409))
    );
}

async fn an_order_goes_forward_and_what_is_settled_stays(engine: Engine) {
    let demo = Demo::start(engine);
    let made = confirmed(&demo, "shop-1").await;
    let one = id(&made);
    assert_eq!(made["orderStatus"], "Confirmed");
    insta::assert_snapshot!("refused_confirm", problem(&act(&demo, &one, "confirm").await.expect(409)));
    let mut other = order("shop-1");
    other["tax"] = json!(1.3);
    other["notes"] = json!("Ring twice");
    insta::assert_snapshot!(
        "refused_settled",
        problem(&demo.admin.post("/api/orders", &other).await.expect(409))
    );
    other["tax"] = json!(1.2);
    other["orderStatus"] = json!("Shipped");
    let shipped = demo.admin.post("/api/orders", &other).await.expect(200).json();
    assert_eq!((&shipped["orderStatus"], &shipped["notes"]), (&json!("Shipped"), &json!("Ring twice")));
    assert_eq!(act(&demo, &one, "cancel").await.expect(409).json()["currentStatus"], "Shipped");
    other["orderStatus"] = json!("Pending");
    demo.admin.post("/api/orders", &other).await.expect(409);
    other["orderStatus"] = json!("Completed");
    demo.admin.post("/api/orders", &other).await.expect(200);
    other["notes"] = json!("Too late");
    assert_eq!(demo.admin.post("/api/orders", &other).await.expect(409).json()["fields"], "notes");
    let second = id(&demo.admin.post("/api/orders", &order("shop-2")).await.expect(201).json());
    assert_eq!(act(&demo, &second, "cancel").await.expect(200).json()["orderStatus"], "Cancelled");
    act(&demo, &second, "confirm").await.expect(409);
    let told = |kind: &str, id: &str| {
        let events = format!("SELECT COUNT(*) FROM events WHERE kind = '{kind}' AND subject = '{id}'");
        let audit = format!("SELECT COUNT(*) FROM audit WHERE action = '{kind}' AND subject = '{id}'");
        (demo.database.count(&events), demo.database.count(&audit))
    };
    for kind in ["order.created", "order.updated", "order.confirmed", "order.shipped", "order.completed"] {
        assert_eq!(told(kind, &one), (1, 1), "{kind}");
    }
    assert_eq!((told("order.cancelled", &second), told("order.confirmed", &second)), ((1, 1), (0, 0)));
}

async fn one_invoice_at_a_time_is_made_of_an_order(engine: Engine) {
    let demo = Demo::start(engine);
    let pending = demo.admin.post("/api/orders", &order("shop-1")).await.expect(201).json();
    let one = id(&pending);
    let invoice = json!({ "orderId": one });
    let early = demo.admin.post("/api/invoices", &invoice).await.expect(409);
    insta::assert_snapshot!("refused_pending", problem(&early));
    act(&demo, &one, "confirm").await.expect(200);
    let many = futures(8, |_| {
        let (admin, invoice) = (demo.admin.clone(), invoice.clone());
        async move { admin.post("/api/invoices", &invoice).await }
    })
    .await;
    let mut made = many.iter().filter(|it| it.status == 201);
    let (Some(first), None) = (made.next(), made.next()) else { panic!("not one of them was made") };
    let first = first.json();
    let refused = many.iter().find(|it| it.status == 409).expect("the others are refused");
    assert!(many.iter().all(|it| it.status == 201 || it.code() == "order_already_invoiced"));
    insta::assert_snapshot!("refused_invoiced", problem(refused));
    insta::assert_snapshot!("invoice", still(&demo, &dated(&first)));
    assert_eq!(demo.admin.get(&format!("/api/orders/{one}")).await.json()["invoiceId"], first["id"]);
    assert_eq!(act(&demo, &one, "cancel").await.expect(409).code(), "order_already_invoiced");
    let listed = demo.admin.get(&format!("/api/invoices?orderId={one}")).await.expect(200).json();
    assert_eq!((&listed["totalRecords"], &listed["data"][0]["id"]), (&json!(1), &first["id"]));
    demo.admin.get("/api/invoices?orderId=7").await.expect(400);
    // Taken back, another one may be made: of other lines too.
    demo.admin.send("POST", &format!("/api/invoices/{}/void", id(&first)), &[], None).await.expect(200);
    let part = json!({
        "orderId": one, "orderNumber": first["orderNumber"], "customerNumber": "CUST-1001",
        "items": [{ "description": "A first part", "quantity": 1, "unitPrice": 3 }],
    });
    let second = demo.admin.post("/api/invoices", &part).await.expect(201).json();
    assert_eq!((&second["total"], &second["poNumber"]), (&json!(3.0), &json!("PO-88")));
    let listed = demo.admin.get(&format!("/api/invoices?orderId={one}")).await.expect(200).json();
    assert_eq!(listed["totalRecords"], 2);
}

/// Without the day and the number on it.
fn dated(invoice: &Value) -> Value {
    let mut invoice = invoice.clone();
    for key in ["invoiceDate", "invoiceNumber"] {
        invoice[key] = json!("…");
    }
    invoice
}

async fn an_invoice_says_nothing_else_than_its_order(engine: Engine) {
    let demo = Demo::start(engine);
    let made = confirmed(&demo, "shop-1").await;
    let other =
        json!({ "orderId": made["id"], "customerNumber": "CUST-1002", "orderNumber": "X", "total": 1 });
    let fields = demo.admin.post("/api/invoices", &other).await.expect(400).wrong_fields();
    assert_eq!(fields, ["customerNumber", "orderNumber", "total"]);
    let other = json!({ "orderId": made["id"], "currencyCode": "EUR" });
    assert_eq!(demo.admin.post("/api/invoices", &other).await.expect(400).wrong_fields(), ["currencyCode"]);
    let unknown = json!({ "orderId": "ord_0192f0c1e4b87c3a9d5e6f708192a3b4" });
    assert_eq!(demo.admin.post("/api/invoices", &unknown).await.expect(404).code(), "order_not_found");
    let fields =
        demo.admin.post("/api/invoices", &json!({ "orderId": "7" })).await.expect(400).wrong_fields();
    assert_eq!(fields, ["customerNumber", "items", "orderId"]);
    let of_this = json!({ "orderId": made["id"] });
    let stranger = demo.stranger();
    assert_eq!(stranger.post("/api/invoices", &of_this).await.expect(404).code(), "order_not_found");
}

async fn orders_are_read_by_their_customer_and_listed_in_pages(engine: Engine) {
    let demo = Demo::start(engine);
    let mut mine = Vec::new();
    for number in 0..5 {
        mine.push(id(&demo
            .admin
            .post("/api/orders", &order(&format!("shop-{number}")))
            .await
            .expect(201)
            .json()));
    }
    mine.reverse();
    let customer = demo.caller("Customer", Some("CUST-1001"));
    let other = demo.caller("Customer", Some("CUST-1002"));
    let path = format!("/api/orders/{}", mine[0]);
    let read = customer.get(&path).await.expect(200);
    let known = [("if-none-match", read.header("etag"))];
    customer.send("GET", &path, &known, None).await.expect(304);
    other.get(&path).await.expect(404);
    other.get("/api/orders?customerNumber=CUST-1001").await.expect(403);
    assert_eq!(other.get("/api/orders").await.expect(200).json()["totalRecords"], 0);
    customer.send("POST", &format!("{path}/confirm"), &[], None).await.expect(403);
    demo.caller("SalesRep", None).send("POST", &format!("{path}/confirm"), &[], None).await.expect(200);
    customer.send("GET", &path, &known, None).await.expect(200);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..5 {
        let page = customer.get(&format!("/api/orders?pageSize=2{cursor}")).await.expect(200).json();
        seen.extend(page["data"].as_array().expect("a list").iter().map(id));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, mine);
    let ids = async |query: &str| {
        let page = demo.admin.get(&format!("/api/orders?{query}")).await.expect(200).json();
        page["data"].as_array().expect("a list").iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids("status=Confirmed&customerNumber=CUST-1001").await, mine[..1]);
    assert_eq!(ids("externalId=shop-0").await, mine[4..]);
    assert_eq!(ids("customerNumber=CUST-1001&sortDirection=asc&pageSize=1").await, mine[4..]);
    assert_eq!(demo.admin.get("/api/orders?status=Lost").await.expect(400).wrong_fields(), ["status"]);
    let headers = [("content-type", "application/json"), ("idempotency-key", "one")];
    let body = json!({ "customerNumber": "CUST-1001", "items": [{ "description": "Tea", "quantity": 1, "unitPrice": 3 }] });
    let first = demo.admin.send("POST", "/api/orders", &headers, Some(body.to_string())).await.expect(201);
    let again = demo.admin.send("POST", "/api/orders", &headers, Some(body.to_string())).await.expect(201);
    assert_eq!((&again.text, again.header("idempotent-replayed")), (&first.text, "true"));
}

on_both!(
    an_order_sent_again_is_the_same_one,
    wrong_fields_of_an_order_are_named_at_once,
    an_order_goes_forward_and_what_is_settled_stays,
    one_invoice_at_a_time_is_made_of_an_order,
    an_invoice_says_nothing_else_than_its_order,
    orders_are_read_by_their_customer_and_listed_in_pages,
);

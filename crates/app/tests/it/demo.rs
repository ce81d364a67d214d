//! What the demo starts with: everything that it promises works, and can be watched from both organizations.

use serde_json::{Value, json};

use crate::support::{Caller, Engine, on_both, process::Demo, until};

const ALL: [&str; 3] = ["AuthorizeNet", "QuickBooks", "WorldPay"];

async fn listed(admin: &Caller, organization: &str) -> Vec<Value> {
    let path = format!("/api/organizations/{organization}/integrations?isEnabled=true");
    admin.get(&path).await.expect(200).json()["integrations"].as_array().expect("a list").clone()
}

/// Both organizations: an Admin, and the id.
fn both(demo: &Demo) -> [(Caller, String); 2] {
    [
        (demo.admin.clone(), demo.text("organizationId").to_owned()),
        (demo.stranger(), demo.text("otherOrganizationId").to_owned()),
    ]
}

/// Each of the three is there once, tested, and a test of it now succeeds as well.
async fn all_work(demo: &Demo) {
    for (admin, organization) in both(demo) {
        let all = listed(&admin, &organization).await;
        let mut providers: Vec<_> = all.iter().filter_map(|it| it["provider"].as_str()).collect();
        providers.sort_unstable();
        assert_eq!(providers, ALL, "{all:?}");
        for it in all {
            let connection = if it["provider"] == "QuickBooks" { "Connected" } else { "NotRequired" };
            assert_eq!(
                (&it["connectionStatus"], &it["testStatus"]),
                (&json!(connection), &json!("Success")),
                "{it}"
            );
            let path = format!(
                "/api/organizations/{organization}/integrations/{}",
                it["id"].as_str().expect("an id")
            );
            let tested = admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json();
            assert_eq!(tested["success"], json!(true), "{tested}");
        }
    }
}

fn books(demo: &Demo) -> Caller {
    Caller::new(demo.line["simulators"]["quickBooks"].as_str().expect("an address"), None)
}

/// The companies whose connections are alive at the simulator.
async fn connected(demo: &Demo) -> Vec<String> {
    let ledger = books(demo).get("/_sim/ledger").await.expect(200).json();
    let tokens = ledger["tokens"].as_array().expect("tokens").clone();
    let alive = tokens.iter().filter(|it| it["kind"] == "refresh" && it["status"] == "active");
    let mut realms: Vec<_> = alive.map(|it| it["realmId"].as_str().expect("a company").to_owned()).collect();
    realms.sort();
    realms
}

async fn every_provider_is_there_and_works_in_both_organizations(engine: Engine) {
    let demo = Demo::start(engine);
    all_work(&demo).await;
    let invoice = demo.admin.read_invoice(demo.text("invoiceId")).await;
    assert_eq!(
        (&invoice["status"], &invoice["currencyCode"], &invoice["balance"], &invoice["payments"]),
        (&json!("Issued"), &json!("USD"), &invoice["total"], &json!([])),
        "{invoice}"
    );
    assert_eq!(invoice["customerNumber"], demo.line["customerNumber"]);
    demo.admin.get(&format!("/api/customers/{}", demo.text("customerNumber"))).await.expect(200);
}

async fn the_books_were_connected_by_consent_and_each_to_its_own_company(engine: Engine) {
    let demo = Demo::start(engine);
    let calls = books(&demo).get("/_sim/calls").await.expect(200).json();
    for operation in ["POST /connect/oauth2", "POST /oauth2/v1/tokens/bearer"] {
        assert_eq!(calls["counts"][operation], json!(2), "{operation}: {calls}");
    }
    assert_eq!(connected(&demo).await, ["9341453474484455", "9341453474484463"]);
    for (admin, organization) in both(&demo) {
        let path =
            format!("/api/organizations/{organization}/audit?pageSize=200&action=integration.connected");
        assert_eq!(admin.get(&path).await.expect(200).json()["totalRecords"], json!(1));
        let events =
            format!("/api/organizations/{organization}/events?pageSize=200&type=integration.connected");
        let event = admin.get(&events).await.expect(200).json()["data"][0].clone();
        assert_eq!(event["data"]["provider"], "QuickBooks", "{event}");
    }
}

async fn a_demo_that_starts_again_keeps_its_integrations_and_their_connections(engine: Engine) {
    let mut demo = Demo::start(engine);
    let mut before = Vec::new();
    for (admin, organization) in both(&demo) {
        before.extend(listed(&admin, &organization).await.iter().map(|it| it["id"].clone()));
    }
    demo.restart();
    let mut after = Vec::new();
    for (admin, organization) in both(&demo) {
        after.extend(listed(&admin, &organization).await.iter().map(|it| it["id"].clone()));
    }
    assert_eq!(before, after);
    let calls = books(&demo).get("/_sim/calls").await.expect(200).json();
    assert!(calls["counts"].get("POST /connect/oauth2").is_none(), "nobody had to consent again: {calls}");
    all_work(&demo).await;
    assert_eq!(connected(&demo).await.len(), 2);

    // Ended at the provider, and noticed: the next start connects it again.
    let ended = json!({ "realmId": "9341453474484455" });
    books(&demo).post("/_sim/disconnect", &ended).await.expect(204);
    let path = demo.seeded("QuickBooks").await;
    let tested = demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json();
    assert_eq!(tested["success"], json!(false), "{tested}");
    demo.restart();
    all_work(&demo).await;
}

async fn a_demo_away_from_localhost_connects_its_books_too(engine: Engine) {
    let public = ("KONTOR_PUBLIC_URL", "https://kontor.example");
    for (listen, settings, origin) in
        [("127.0.0.2:0", vec![], None), ("127.0.0.1:0", vec![public], Some(public.1))]
    {
        let demo = Demo::on(listen, engine, &settings);
        all_work(&demo).await;
        // It stays so after everything that happened was forgotten.
        books(&demo).post("/_sim/reset", &json!({})).await.expect(204);
        let origin = origin.unwrap_or(demo.text("baseUrl")).to_owned();
        let path = demo.seeded("QuickBooks").await;
        let begun = demo.admin.post(&format!("{path}/connect"), &json!({})).await.expect(200).json();
        let page = begun["authorizationUrl"].as_str().expect("an address");
        let asked = url::Url::parse(page).expect("an address");
        let (_, back) = asked.query_pairs().find(|(name, _)| name == "redirect_uri").expect("a way back");
        assert_eq!(back, format!("{origin}/api/integrations/QuickBooks/callback"));
        Caller::new("", None).get(page).await.expect(200);
        let swapped = page.replace("QuickBooks%2Fcallback", "QuickBooks%2Fcallback%2Fother");
        assert_ne!(swapped, page);
        Caller::new("", None).get(&swapped).await.expect(400);
    }
}

/// The card, the payments and today of a demo that tells its story.
async fn told(admin: &Caller) -> (Vec<Value>, Vec<Value>, Vec<Value>) {
    let cards = admin.get("/api/payments/payment-methods/CUST-1002").await.expect(200).json();
    let payments = admin.get("/api/payments?customerNumber=CUST-1002").await.expect(200).json();
    let report = admin.get("/api/reports/reconciliation").await.expect(200).json();
    let days = report["days"].as_array().expect("days").iter();
    let today = days.filter(|it| it["day"] == report["to"]).cloned().collect();
    let list = |it: &Value| it.as_array().expect("a list").clone();
    (list(&cards), list(&payments["data"]), today)
}

async fn a_person_finds_a_saved_card_an_auto_paid_invoice_a_refund_and_a_reconciled_day(engine: Engine) {
    let mut demo = Demo::telling(engine);
    for _ in 0..2 {
        let (cards, payments, today) = told(&demo.admin).await;
        assert_eq!((cards.len(), &cards[0]["isDefault"]), (1, &json!(true)), "{cards:?}");
        let [by_itself, refunded] = payments.as_slice() else { panic!("{payments:?}") };
        assert_eq!((&by_itself["status"], &by_itself["amount"]), (&json!("Succeeded"), &json!(51.36)));
        assert_eq!((&refunded["status"], &refunded["amountRefunded"]), (&json!("Refunded"), &json!(71.28)));
        let path = format!("/api/invoices/{}", by_itself["invoiceId"].as_str().expect("an id"));
        assert_eq!(demo.admin.get(&path).await.expect(200).json()["status"], json!("Paid"));
        let path = "/api/customers/CUST-1002/auto-pay";
        let auto_pay = demo.admin.get(path).await.expect(200).json();
        assert_eq!(auto_pay["isEnabled"], json!(true), "{auto_pay}");
        let stand: Vec<_> = today.iter().map(|it| (&it["provider"], &it["status"])).collect();
        let agreed = |provider| (json!(provider), json!("Reconciled"));
        let wanted = [agreed("AuthorizeNet"), agreed("WorldPay")];
        assert_eq!(stand.len(), 2, "{today:?}");
        assert!(wanted.iter().all(|it| stand.contains(&(&it.0, &it.1))), "{today:?}");
        // Started again, it does not happen again.
        demo.restart();
    }
}

/// What of the story's buyer is in the company's books.
async fn sold(demo: &Demo, kind: &str) -> Vec<Value> {
    let path = format!("/_sim/quickbooks/9341453474484455/objects/{kind}");
    let all = books(demo).get(&path).await.expect(200).json();
    let all = all["objects"].as_array().expect("objects").clone();
    let all = all.into_iter().map(|it| it["object"].clone());
    all.filter(|it| it["CustomerRef"]["name"] == "Greifswald Roastery").collect()
}

async fn an_order_and_its_paid_invoice_turn_up_in_the_books_and_an_edit_there_comes_back(engine: Engine) {
    let mut demo = Demo::telling(engine);
    for _ in 0..2 {
        let orders = demo.admin.get("/api/orders?externalId=SHOP-2001").await.expect(200).json();
        let order = &orders["data"][0];
        assert_eq!(
            (&orders["totalRecords"], &order["orderStatus"]),
            (&json!(1), &json!("Confirmed")),
            "{orders}"
        );
        let invoice = demo.admin.read_invoice(order["invoiceId"].as_str().expect("an invoice")).await;
        assert_eq!(invoice["status"], "Paid", "{invoice}");
        until("its payment is in the books", async || !sold(&demo, "Payment").await.is_empty()).await;
        let (estimates, invoices) = (sold(&demo, "Estimate").await, sold(&demo, "Invoice").await);
        let payments = sold(&demo, "Payment").await;
        assert_eq!((estimates.len(), invoices.len(), payments.len()), (1, 1, 1), "{invoices:?}");
        let (there, total) = (&invoices[0], invoice["total"].as_f64());
        assert_eq!((there["TotalAmt"].as_f64(), there["Balance"].as_f64()), (total, Some(0.0)));
        let tied = json!({ "TxnId": estimates[0]["Id"], "TxnType": "Estimate" });
        assert!(there["LinkedTxn"].as_array().is_some_and(|it| it.contains(&tied)), "{there}");
        until("the number that was written down there is here", async || {
            let customer = demo.admin.get("/api/customers/CUST-1003").await.expect(200).json();
            customer["companyPhone"] == "(555) 010-3107"
        })
        .await;
        let sync = format!("{}/sync", demo.seeded("QuickBooks").await);
        until("all of the story is in the books", async || {
            demo.admin.get(&sync).await.expect(200).json()["state"] == "InStep"
        })
        .await;
        let stands = demo.admin.get(&sync).await.expect(200).json();
        let wrong = ["failed", "gone", "different"].map(|it| stands["backlog"][it].clone());
        assert_eq!(wrong, [json!(0), json!(0), json!(0)], "{stands}");
        // Started again, it does not happen again.
        demo.restart();
    }
}

async fn programs_begin_without_a_story(engine: Engine) {
    let demo = Demo::start(engine);
    demo.admin.get("/api/customers/CUST-1003").await.expect(404);
    assert_eq!(demo.admin.get("/api/orders").await.expect(200).json()["totalRecords"], 0);
    let integration = demo.admin.get(&demo.seeded("QuickBooks").await).await.expect(200).json();
    assert_eq!(integration["configuration"].get("IncomeAccount"), None, "{integration}");
}

on_both!(
    an_order_and_its_paid_invoice_turn_up_in_the_books_and_an_edit_there_comes_back,
    programs_begin_without_a_story,
    a_person_finds_a_saved_card_an_auto_paid_invoice_a_refund_and_a_reconciled_day,
    every_provider_is_there_and_works_in_both_organizations,
    the_books_were_connected_by_consent_and_each_to_its_own_company,
    a_demo_that_starts_again_keeps_its_integrations_and_their_connections,
    a_demo_away_from_localhost_connects_its_books_too,
);

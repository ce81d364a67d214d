//! A company's books that are kept in step, and what a person decides about them.

use serde_json::json;

use super::drive::Driver;
use crate::support::until;

pub(super) async fn decided(driver: &mut Driver<'_>) {
    let demo = driver.demo;
    let body = json!({ "customerNumber": "C-7", "items": [{ "description": "Beans", "quantity": 1, "unitPrice": 2.0 }] });
    let made = demo.admin.post("/api/orders", &body).await.expect(201).json();
    let confirm = format!("/api/orders/{}/confirm", made["id"].as_str().expect("an id"));
    demo.admin.post(&confirm, &json!({})).await.expect(200);
    let sync = format!("{}/sync", demo.seeded("QuickBooks").await);
    let list = format!("{sync}/records?kind=Estimate");
    // Nobody has chosen where such sales are booked.
    let first = async || demo.admin.get(&list).await.expect(200).json()["data"][0].clone();
    until("the order was not taken", async || first().await["state"] == "Failed").await;
    let one = format!("{sync}/records/{}", first().await["id"].as_str().expect("an id"));
    let route = "{org}/integrations/{id}/sync";
    driver.get(route, &sync).await.expect(200);
    driver.get(&format!("{route}/records"), &list).await.expect(200);
    driver.get(&format!("{route}/records/{{recordId}}"), &one).await.expect(200);
    driver.get(&format!("{route}/differences"), &format!("{sync}/differences")).await.expect(200);
    let full = json!({ "full": true, "since": "2026-01-01T00:00:00Z" });
    driver.post(&format!("{route}/run"), &format!("{sync}/run"), &full).await.expect(202);
    for verb in ["pause", "resume"] {
        driver.empty(&format!("{route}/{verb}"), &format!("{sync}/{verb}")).await.expect(200);
    }
    for verb in ["retry", "dismiss"] {
        let route = format!("{route}/records/{{recordId}}/{verb}");
        driver.empty(&route, &format!("{one}/{verb}")).await.expect(200);
    }
}

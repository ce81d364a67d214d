//! How often a company may be asked, and what was counted.

use serde_json::json;

use crate::support::Sim;

#[tokio::test]
async fn one_call_too_many_is_refused_and_counted() {
    let sim = Sim::start().await;
    let (status, _) = sim.desk("quickbooks/limits", &json!({ "perMinute": 3, "perSecond": null })).await;
    assert_eq!(status, 200);
    for _ in 0..3 {
        assert_eq!(sim.get("customer/1").await.0, 200);
    }
    let ask =
        || sim.client.get(sim.url("customer/1")).bearer_auth(&sim.token).header("accept", "application/json");
    let refused = ask().send().await.expect("an answer");
    assert_eq!((refused.status().as_u16(), refused.headers().get("retry-after")), (429, None));
    let text = refused.text().await.expect("text");
    assert!(text.contains("<Error code=\"3001\"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"), "{text}");
    sim.desk("quickbooks/limits", &json!({ "xml": false, "retryAfter": true })).await;
    let refused = ask().send().await.expect("an answer");
    assert_eq!(refused.headers()["retry-after"], "60");
    let told: serde_json::Value = refused.json().await.expect("JSON");
    assert_eq!(told["fault"]["error"][0]["code"], "3001");
    let tally = &sim.see("quickbooks/limits").await["companies"][&sim.realm];
    assert_eq!(
        (&tally["calls"], &tally["refused"], &tally["mostAMinute"]),
        (&json!(3), &json!({ "perMinute": 2 }), &json!(3))
    );
    sim.later(60).await;
    assert_eq!(sim.get("customer/1").await.0, 200);
}

#[tokio::test]
async fn so_many_at_once_and_no_more() {
    let sim = Sim::start().await;
    sim.desk("quickbooks/limits", &json!({ "concurrent": 1 })).await;
    sim.desk("faults", &json!({ "operation": "GET /v3/company/*/customer/1", "action": "hold" })).await;
    let (first, second) = tokio::join!(sim.get("customer/1"), async {
        while sim.see("faults").await["held"] != 1 {}
        let request = sim.client.get(sim.url("customer/2")).bearer_auth(&sim.token);
        let status = request.send().await.expect("an answer").status().as_u16();
        sim.desk("release", &json!({})).await;
        status
    });
    assert_eq!((first.0, second), (200, 429));
    assert_eq!(sim.get("customer/2").await.0, 200);
}

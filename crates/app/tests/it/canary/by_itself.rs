//! A card that is charged by itself.

use serde_json::json;

use super::{Canaries, drive::Driver};

pub(super) async fn charged(driver: &mut Driver<'_>, canaries: &mut Canaries) {
    let body = json!({
        "customerNumber": "CUST-1002", "cardNumber": canaries.card(), "expirationMonth": 12, "expirationYear": 2039,
        "cvv": "987", "provider": "AuthorizeNet", "isDefault": true,
    });
    let route = "/api/payments/payment-methods";
    driver.post(route, route, &body).await.expect(200);
    let (route, path) = ("/api/customers/{customerNumber}/auto-pay", "/api/customers/CUST-1002/auto-pay");
    let agreed =
        json!({ "isEnabled": true, "consent": { "acceptedBy": "Anna Petersen", "text": "Charge it." } });
    driver.put(route, path, &agreed).await.expect(200);
    driver.get(route, path).await.expect(200);
    let invoice = driver.demo.admin.invoice("CUST-1002", 3.0).await;
    driver.demo.until_invoice(&invoice, "Paid").await;
    let list = "/api/auto-pay/charges";
    let all = driver.get(list, &format!("{list}?invoiceId={invoice}")).await.expect(200).json();
    let one = format!("{list}/{}", all["data"][0]["id"].as_str().expect("a charge"));
    driver.get("/api/auto-pay/charges/{id}", &one).await.expect(200);
    driver.empty("/api/auto-pay/charges/{id}/cancel", &format!("{one}/cancel")).await.expect(409);
}

//! The four steps of connecting a company's books, in a real browser where a person is needed: create, authorize, tokens
//! stored, enable. From then on what is paid here turns up there.

use serde_json::{Value, json};

use super::driver::Browser;
use crate::{
    support::{Engine, on_both},
    sync::Company,
};

/// The value of the option that has this name, of one of the settings that the company offers.
fn offered(integration: &Value, key: &str, name: &str) -> Value {
    let fields = integration["availableFields"]["configurationFields"].as_array().expect("settings");
    let field = fields.iter().find(|it| it["key"] == key).unwrap_or_else(|| panic!("no {key}"));
    let choices = field["choices"].as_array().unwrap_or_else(|| panic!("nothing is offered: {field}"));
    let found = choices.iter().find(|it| it["label"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {field}"))["value"].clone()
}

async fn an_owner_connects_the_books_and_finds_a_paid_invoice_in_them(engine: Engine) {
    let mut company = Company::start(engine).await;
    // The one that the demo connected is not to write beside the new one.
    company.admin("PUT", "", &json!({ "isEnabled": false })).await.expect(200);
    let list = company.path.rsplit_once('/').expect("a list").0.to_owned();

    // 1. Create.
    let body = json!({
        "integrationType": "Accounting", "provider": "QuickBooks", "displayName": "QuickBooks Online",
        "isEnabled": false, "configuration": {}, "secrets": {},
    });
    let made = company.demo.admin.post(&list, &body).await.expect(201).json();
    company.path = format!("{list}/{}", made["id"].as_str().expect("an id"));

    // 2. Authorize.
    let browser = Browser::start().await;
    browser.open(made["authorizationUrl"].as_str().expect("an address")).await;
    browser.until_text("form", "Lübeck Coffee Roasters").await;
    browser.click("label[for='company-9341453474484455']").await;
    browser.click("#connect").await;

    // 3. Tokens stored: nobody sees them, and they are good.
    browser.until_text("main.good h1", "QuickBooks Online is connected").await;
    browser.end().await;
    let connected = company.admin("GET", "", &Value::Null).await.expect(200).json();
    assert_eq!(
        (&connected["connectionStatus"], &connected["isEnabled"]),
        (&json!("Connected"), &json!(false)),
        "{connected}"
    );
    assert_eq!(company.admin("GET", "/sync", &Value::Null).await.expect(200).json()["state"], "Disabled");

    // 4. Test, choose where sales are booked, enable.
    let tested = company.admin("POST", "/test", &json!({})).await.expect(200).json();
    assert_eq!(tested["message"], "Connected to Lübeck Coffee Roasters", "{tested}");
    let read = company.admin("GET", "", &Value::Null).await.expect(200).json();
    let account = offered(&read, "IncomeAccount", "Sales of Product Income");
    let enable = json!({ "isEnabled": true, "configuration": { "IncomeAccount": account } });
    company.admin("PUT", "", &enable).await.expect(200);

    company.customer("C-100", "Hansa Imports").await;
    let invoice = company.invoice("C-100", "BEAN-1", "12.50").await;
    let paid = company.pay(&invoice).await;
    let reference = paid["reference"].as_str().expect("a reference");
    let payment = company.until("Payment", "PaymentRefNum", reference).await;
    let document = company.of(&invoice).await.expect("an invoice");
    assert_eq!((document["TotalAmt"].as_f64(), document["Balance"].as_f64()), (Some(25.0), Some(0.0)));
    assert_eq!(payment["Line"][0]["LinkedTxn"][0]["TxnId"], document["Id"]);
    let records = company.admin("GET", "/sync/records?kind=Invoice&state=Synced", &Value::Null).await;
    let records = records.expect(200).json();
    assert_eq!(records["data"][0]["remoteId"], document["Id"], "{records}");
}

on_both!(an_owner_connects_the_books_and_finds_a_paid_invoice_in_them);

//! What is paid here appears there: the customer, what was sold, the invoice and the payment, each once.

use super::Company;
use crate::support::{Engine, on_both, until};

async fn a_paid_invoice_appears_with_its_customer_its_article_and_its_payment(engine: Engine) {
    let company = Company::start(engine).await;
    company.customer("C-100", "Hansa Imports").await;
    let invoice = company.invoice("C-100", "BEAN-1", "12.50").await;
    let paid = company.pay(&invoice).await;
    let reference = paid["reference"].as_str().expect("a reference");
    let payment = company.until("Payment", "PaymentRefNum", reference).await;
    assert_eq!((payment["TotalAmt"].as_f64(), payment["UnappliedAmt"].as_f64()), (Some(25.0), Some(0.0)));
    let customer = company.until("Customer", "DisplayName", "Hansa Imports").await;
    assert_eq!(customer["PrimaryEmailAddr"]["Address"], "c-100@example.com");
    let item = company.until("Item", "Sku", "BEAN-1").await;
    let document = company.of(&invoice).await.expect("an invoice");
    assert_eq!(document["CustomerRef"]["value"], customer["Id"]);
    assert_eq!(document["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"], item["Id"]);
    assert_eq!((document["TotalAmt"].as_f64(), document["Balance"].as_f64()), (Some(25.0), Some(0.0)));
    assert_eq!(payment["Line"][0]["LinkedTxn"][0]["TxnId"], document["Id"]);
    // A second one brings what is new of it alone.
    let second = company.invoice("C-100", "BEAN-1", "3.00").await;
    let paid = company.pay(&second).await;
    company.until("Payment", "PaymentRefNum", paid["reference"].as_str().expect("a reference")).await;
    let names = company.objects("Customer").await;
    assert_eq!(names.iter().filter(|it| it["DisplayName"] == "Hansa Imports").count(), 1);
    let items = company.objects("Item").await;
    assert_eq!(items.iter().filter(|it| it["Sku"] == "BEAN-1").count(), 1);
}

async fn while_somebody_is_served_sync_makes_room(engine: Engine) {
    let company = Company::start(engine).await;
    company.customer("C-100", "Hansa Imports").await;
    let rested = async || company.demo.metric("kontor_background_rested_milliseconds_total").await;
    let before = rested().await;
    // It works once a second, and meets whoever comes at that moment.
    until("sync rests", async || {
        let paid = async || company.pay(&company.invoice("C-100", "BEAN-1", "12.50").await).await;
        tokio::join!(paid(), paid(), paid(), paid());
        rested().await > before
    })
    .await;
}

on_both!(
    a_paid_invoice_appears_with_its_customer_its_article_and_its_payment,
    while_somebody_is_served_sync_makes_room,
);

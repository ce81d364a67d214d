//! Tokens of cards, saving on the hosted page, and the rotation of an account's own token.

use serde_json::{Value, json};

use crate::support::{CARD, SERVICES, Sim, TRANSACTION};

const TOKEN: &str = "<PaymentAccount><PaymentAccountType>0</PaymentAccountType><PaymentAccountReferenceNumber>cust-7</PaymentAccountReferenceNumber></PaymentAccount>";

fn by_id(class: &str, id: &str) -> String {
    format!("<{class}><PaymentAccountID>{id}</PaymentAccountID></{class}>")
}

async fn create(sim: &Sim) -> String {
    let reply = sim.call(SERVICES, "PaymentAccountCreate", &format!("{TOKEN}{CARD}")).await;
    assert_eq!(reply.outcome(), "0 PaymentAccount created");
    reply.get("PaymentAccountID")
}

#[tokio::test]
async fn the_whole_life_of_a_token() {
    let sim = Sim::new().await;
    let id = create(&sim).await;
    let paid = sim.charge("CreditCardSale", &by_id("PaymentAccount", &id.to_lowercase()), "6.55", "").await;
    assert_eq!(
        (paid.outcome().as_str(), paid.get("CardNumberMasked").as_str()),
        ("0 Approved", "xxxx-xxxx-xxxx-1111")
    );
    assert_eq!((paid.get("PaymentAccountID"), paid.get("CVVResponseCode")), (id.clone(), String::new()));
    assert_eq!(paid.get("PaymentAccountReferenceNumber"), "cust-7");
    let nested = format!("<ExtendedParameters>{}</ExtendedParameters>", by_id("PaymentAccount", &id));
    assert_eq!(sim.charge("CreditCardAuthorization", &nested, "1.00", "").await.outcome(), "0 Approved");
    let query = async |inner: &str| sim.call(SERVICES, "PaymentAccountQuery", inner).await;
    let found = query(&by_id("PaymentAccountParameters", &id)).await;
    assert_eq!(found.outcome(), "0 Success");
    assert_eq!(found.get("PaymentAccountID"), id.to_lowercase(), "a query's ids are in small letters");
    assert_eq!(
        (found.get("TruncatedCardNumber"), found.get("ExpirationYear")),
        ("xxxxxxxxxxxx1111".to_owned(), "29".to_owned())
    );
    let update = format!(
        "<PaymentAccount><PaymentAccountID>{id}</PaymentAccountID><PaymentAccountType>0</PaymentAccountType><PaymentAccountReferenceNumber>cust-8</PaymentAccountReferenceNumber></PaymentAccount>\
         <Card><ExpirationMonth>1</ExpirationMonth><ExpirationYear>31</ExpirationYear></Card>"
    );
    assert_eq!(
        sim.call(SERVICES, "PaymentAccountUpdate", &update).await.outcome(),
        "0 PaymentAccount updated"
    );
    let by_reference = "<PaymentAccountParameters><PaymentAccountReferenceNumber>cust-8</PaymentAccountReferenceNumber></PaymentAccountParameters>";
    assert_eq!(query(by_reference).await.get("ExpirationMonth"), "01");
    let expiring = "<PaymentAccountParameters><ExpirationMonthBegin>01</ExpirationMonthBegin><ExpirationYearBegin>31</ExpirationYearBegin><ExpirationMonthEnd>01</ExpirationMonthEnd><ExpirationYearEnd>31</ExpirationYearEnd></PaymentAccountParameters>";
    assert_eq!(query(expiring).await.outcome(), "0 Success");
    let other = sim.credentials().await[1].clone();
    let foreign =
        sim.call_as(&other, SERVICES, "PaymentAccountDelete", "", &by_id("PaymentAccount", &id)).await;
    assert_eq!(foreign.outcome(), "101 Invalid Data");
    assert_eq!(
        sim.call(SERVICES, "PaymentAccountDelete", &by_id("PaymentAccount", &id)).await.outcome(),
        "0 PaymentAccount deleted"
    );
    assert_eq!(sim.ledger().await["tokens"], json!([]));
    let gone = query(&by_id("PaymentAccountParameters", &id)).await;
    assert_eq!(gone.outcome(), "101 PaymentAccount record(s) not found");
    assert!(!gone.get("ServicesID").is_empty());
    let dead = sim.charge("CreditCardSale", &by_id("PaymentAccount", &id), "6.55", "").await;
    assert_eq!(dead.outcome(), "103 PAYMENT ACCOUNT NOT FOUND");
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_as_recorded() {
    let sim = Sim::new().await;
    let none = sim.call(SERVICES, "PaymentAccountCreate", TOKEN).await;
    assert_eq!(none.outcome(), "101 CardNumber required");
    assert_eq!(none.get("PaymentAccountReferenceNumber"), "cust-7");
    let malformed = sim.call(SERVICES, "PaymentAccountQuery", &by_id("PaymentAccountParameters", "x")).await;
    assert_eq!(
        (malformed.outcome().as_str(), malformed.get("ServicesID").as_str()),
        ("101 Invalid PaymentAccountID", "")
    );
    let update = sim.call(SERVICES, "PaymentAccountUpdate", &by_id("PaymentAccount", "x")).await;
    assert_eq!(
        (update.outcome().as_str(), update.get("ExpressTransactionDate").as_str()),
        ("101 Invalid PaymentAccountID", "")
    );
    let delete = sim.call(SERVICES, "PaymentAccountDelete", &by_id("PaymentAccount", "x")).await;
    assert_eq!(delete.outcome(), "101 Invalid Data");
    let elsewhere = sim.call(TRANSACTION, "PaymentAccountCreate", TOKEN).await;
    assert!(elsewhere.get("ExpressResponseMessage").ends_with("element is not declared."), "{}", elsewhere.0);
}

#[tokio::test]
async fn a_token_is_made_of_a_payment() {
    let sim = Sim::new().await;
    let of = async |id: &str| {
        let inner = format!("{TOKEN}<Transaction><TransactionID>{id}</TransactionID></Transaction>");
        sim.call(SERVICES, "PaymentAccountCreateWithTransID", &inner).await
    };
    let sale = sim.charge("CreditCardSale", CARD, "6.55", "").await.get("TransactionID");
    let made = of(&sale).await;
    assert_eq!(
        (made.outcome().as_str(), made.get("ExpirationMonth").as_str()),
        ("0 PaymentAccount created", "12")
    );
    let token = by_id("PaymentAccount", &made.get("PaymentAccountID"));
    assert_eq!(sim.charge("CreditCardSale", &token, "7.00", "").await.outcome(), "0 Approved");
    assert_eq!(of("300009999").await.outcome(), "103 Transaction Not Found");
    let declined = sim.charge("CreditCardSale", CARD, "0.51", "").await.get("TransactionID");
    assert_eq!(of(&declined).await.outcome(), "103 Invalid Transaction Status");
    assert_eq!(of("").await.outcome(), "101 TransactionID required");
}

#[tokio::test]
async fn a_card_is_kept_on_the_hosted_page_without_a_charge() {
    let sim = Sim::new().await;
    let setup = async |method: &str, token: &str, amount: &str| {
        let inner = format!(
            "<TransactionSetup><TransactionSetupMethod>{method}</TransactionSetupMethod><ReturnURL>http://shop/return</ReturnURL><AutoReturn>1</AutoReturn></TransactionSetup>{token}{amount}"
        );
        sim.call(TRANSACTION, "TransactionSetup", &inner).await
    };
    assert_eq!(setup("7", "", "").await.outcome(), "101 PaymentAccountType required");
    let opened =
        setup("7", TOKEN, "<Transaction><TransactionAmount>0.00</TransactionAmount></Transaction>").await;
    let page = opened.get("TransactionSetupID");
    let shown = sim.send("GET", &format!("/?TransactionSetupID={page}"), "").await.1;
    assert!(shown.contains("nothing is charged") && !shown.contains("$0.00"), "{shown}");
    let submit = async |page: &str, number: &str| {
        let form = format!("cardNumber={number}&ddlExpirationMonth=11&ddlExpirationYear=30&CVV=123");
        sim.send("POST", &format!("/?TransactionSetupID={page}"), &form).await.1
    };
    assert!(submit(&page, "4111111111111112").await.contains("Card Number is not valid"));
    let back = submit(&page, "4111111111111111").await;
    let (_, query) = back.split_once("redirect(\"http://shop/return?").expect("the way back");
    let names: Vec<&str> =
        query.split('"').next().expect("a query").split('&').filter_map(|it| it.split('=').next()).collect();
    assert_eq!(
        names,
        [
            "HostedPaymentStatus",
            "TransactionSetupID",
            "ServicesID",
            "ExpressResponseCode",
            "ExpressResponseMessage",
            "PaymentAccountID",
            "LastFour",
            "ValidationCode"
        ]
    );
    let ledger = sim.ledger().await;
    assert_eq!((&ledger["transactions"], &ledger["setups"][0]["status"]), (&json!([]), &json!("completed")));
    // A browser that never came back: the page finds its token.
    let by_page = format!(
        "<PaymentAccountParameters><TransactionSetupID>{page}</TransactionSetupID></PaymentAccountParameters>"
    );
    let found = sim.call(SERVICES, "PaymentAccountQuery", &by_page).await;
    let id = found.get("PaymentAccountID").to_uppercase();
    assert!(back.contains(&id), "{back}");
    assert_eq!(
        (found.get("ExpirationMonth"), found.get("ExpirationYear")),
        ("11".to_owned(), "30".to_owned())
    );
    let replaced = TOKEN.replace(
        "<PaymentAccountType>",
        &format!("<PaymentAccountID>{id}</PaymentAccountID><PaymentAccountType>"),
    );
    let second = setup("8", &replaced, "").await.get("TransactionSetupID");
    assert!(submit(&second, "5499990123456781").await.contains("PaymentAccount+updated"));
    let paid = sim.charge("CreditCardSale", &by_id("PaymentAccount", &id), "3.00", "").await;
    assert_eq!(paid.get("CardLogo"), "Mastercard");
    assert_eq!(sim.ledger().await["tokens"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_accounts_token_is_replaced_in_two_steps() {
    let sim = Sim::new().await;
    let old = sim.credentials().await[0].clone();
    let health =
        async |account: &Value| sim.call_as(account, TRANSACTION, "HealthCheck", "", "").await.outcome();
    let activate = async |account: &Value, token: &str| {
        let more = format!("<NewAccountToken>{token}</NewAccountToken>");
        sim.call_as(account, TRANSACTION, "AccountTokenActivate", &more, "").await.outcome()
    };
    let make = async || sim.call(TRANSACTION, "AccountTokenCreate", "").await.get("NewAccountToken");
    let (first, second) = (make().await, make().await);
    assert_eq!(second.len(), 72);
    assert_eq!(health(&old).await, "0 ONLINE", "not in force yet");
    assert_eq!(activate(&old, &first).await, "101 NewAccountToken invalid", "the second took its place");
    assert_eq!(activate(&old, "").await, "101 NewAccountToken required");
    assert_eq!(activate(&old, &second).await, "0 Success");
    assert_eq!(health(&old).await, "104 Authorization failed");
    let new = sim.credentials().await[0].clone();
    assert_eq!(new["AccountToken"], json!(second));
    assert_eq!(health(&new).await, "0 ONLINE");
    sim.send("POST", "/_sim/reset", "").await;
    assert_eq!(health(&old).await, "0 ONLINE");
}

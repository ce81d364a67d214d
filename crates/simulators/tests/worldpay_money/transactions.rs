//! Charges and what follows on them: worldpay-express.md §3.5 to §3.12, with the replies of appendix A.

use crate::support::{CARD, REPORTING, Sim};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_sale_is_answered_as_it_was_recorded() {
    let sim = Sim::new().await;
    let reply = sim.charge("CreditCardSale", CARD, "6.55", "").await;
    assert_eq!(
        reply.0,
        "<CreditCardSaleResponse xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>0</ExpressResponseCode>\
         <ExpressResponseMessage>Approved</ExpressResponseMessage><HostResponseCode>000</HostResponseCode><HostResponseMessage>AP</HostResponseMessage>\
         <ExpressTransactionDate>20260115</ExpressTransactionDate><ExpressTransactionTime>101500</ExpressTransactionTime><ExpressTransactionTimezone>UTC-06:00:00</ExpressTransactionTimezone>\
         <Batch><HostBatchID>1</HostBatchID><HostItemID>1</HostItemID><HostBatchAmount>6.55</HostBatchAmount></Batch>\
         <Card><AVSResponseCode>N</AVSResponseCode><CVVResponseCode>M</CVVResponseCode><ExpirationMonth>12</ExpirationMonth><ExpirationYear>29</ExpirationYear><CardLogo>Visa</CardLogo><CardNumberMasked>xxxx-xxxx-xxxx-1111</CardNumberMasked><BIN>411111</BIN></Card>\
         <Transaction><TransactionID>300000001</TransactionID><ApprovalNumber>000015</ApprovalNumber><ReferenceNumber>42</ReferenceNumber><AcquirerData>aVb001234567810425c0425d5e00</AcquirerData><ProcessorName>NULL_PROCESSOR_TEST</ProcessorName><TransactionStatus>Approved</TransactionStatus><TransactionStatusCode>1</TransactionStatusCode><ApprovedAmount>6.55</ApprovedAmount><NetworkTransactionID>202601151015001</NetworkTransactionID></Transaction>\
         <Address><BillingAddress1>1 Main</BillingAddress1><BillingZipcode>12345</BillingZipcode></Address></Response></CreditCardSaleResponse>"
    );
    let declined = sim.charge("CreditCardSale", CARD, "0.51", "").await;
    assert!(
        declined.0.contains(
            "<HostResponseCode>007</HostResponseCode><HostResponseMessage>DECLINED</HostResponseMessage>"
        ) && declined.0.contains("<Batch><HostBatchID>1</HostBatchID></Batch>"),
        "{}",
        declined.0
    );
    assert_eq!(
        (declined.get("ApprovalNumber"), declined.get("ApprovedAmount")),
        (String::new(), String::new())
    );
    assert_eq!(sim.rows().await, ["sale approved 6.55 -", "sale declined 0.51 -"]);
}

#[tokio::test]
async fn an_authorisation_is_completed_once_and_for_no_more() {
    let sim = Sim::new().await;
    let authorized = sim.charge("CreditCardAuthorization", CARD, "10.00", "").await;
    assert_eq!(
        [authorized.get("TransactionStatus"), authorized.get("TransactionStatusCode")],
        ["Authorized", "5"]
    );
    assert_eq!(authorized.get("HostItemID"), "");
    let id = authorized.get("TransactionID");
    let complete = "CreditCardAuthorizationCompletion";
    assert_eq!(sim.follow(complete, &id, "10.01", "").await.outcome(), "101 TransactionAmount invalid");
    assert_eq!(sim.follow(complete, "", "1.00", "").await.outcome(), "101 TransactionID required");
    let done = sim.follow(complete, &id, "7.50", "").await;
    assert_eq!(done.outcome(), "0 Success");
    assert_ne!(done.get("TransactionID"), id);
    assert_eq!(done.get("HostBatchAmount"), "7.50");
    let again = sim.follow(complete, &id, "1.00", "").await;
    assert_eq!(
        (again.outcome().as_str(), again.get("TransactionID")),
        ("103 Invalid Transaction Status", id.clone())
    );
    assert_eq!(sim.status(&id).await, "AuthCompleted 6");
    let check = sim.charge("CreditCardAVSOnly", CARD, "5.00", "").await;
    assert_eq!((check.outcome().as_str(), check.get("ApprovedAmount").as_str()), ("0 Success", ""));
    let wrong = sim.follow(complete, &check.get("TransactionID"), "1.00", "").await;
    assert_eq!(wrong.outcome(), "103 Invalid Transaction Type");
    assert_eq!(
        sim.rows().await,
        [
            "authorization approved 10.00 -".to_owned(),
            format!("capture approved 7.50 {id}"),
            "authorization approved 0.00 -".to_owned()
        ]
    );
    sim.advance(DAY).await;
    assert!(sim.rows().await[1].starts_with("capture settled 7.50"));
}

#[tokio::test]
async fn a_sale_is_voided_while_its_batch_is_open() {
    let sim = Sim::new().await;
    let id = sim.charge("CreditCardSale", CARD, "6.55", "").await.get("TransactionID");
    let voided = sim.follow("CreditCardVoid", &id, "", "").await;
    assert_eq!(voided.outcome(), "0 Success");
    assert_eq!(
        (voided.get("ApprovalNumber"), voided.get("HostBatchAmount")),
        ("VOIDED".to_owned(), "0.00".to_owned())
    );
    assert_eq!([voided.get("TransactionStatus"), voided.get("TransactionStatusCode")], ["Success", "8"]);
    let again = sim.follow("CreditCardVoid", &id, "", "").await;
    assert_eq!(
        (again.outcome().as_str(), again.get("TransactionID")),
        ("103 Invalid Transaction Status", id.clone())
    );
    assert_eq!(sim.rows().await, ["sale voided 6.55 -".to_owned(), format!("void approved 6.55 {id}")]);
    assert_eq!(sim.status(&id).await, "Voided 4");
    let late = sim.charge("CreditCardSale", CARD, "7.00", "").await.get("TransactionID");
    sim.advance(DAY).await;
    assert_eq!(sim.follow("CreditCardVoid", &late, "", "").await.outcome(), "103 Invalid Transaction Status");
    assert_eq!(
        sim.follow("CreditCardVoid", "300009999", "", "").await.outcome(),
        "103 Transaction Not Found"
    );
}

#[tokio::test]
async fn a_return_gives_back_no_more_than_was_taken() {
    let sim = Sim::new().await;
    let id = sim.charge("CreditCardSale", CARD, "10.00", "").await.get("TransactionID");
    sim.advance(DAY).await;
    let first = sim.follow("CreditCardReturn", &id, "4.00", "").await;
    assert_eq!((first.outcome().as_str(), first.get("HostBatchAmount").as_str()), ("0 Approved", "-4.00"));
    assert_eq!(first.get("AcquirerData"), "");
    assert_eq!(sim.status(&id).await, "Settled 15");
    let over = sim.follow("CreditCardReturn", &id, "6.01", "").await;
    assert_eq!(
        (over.outcome().as_str(), over.get("TransactionStatus").as_str()),
        ("20 Declined", "Declined")
    );
    assert_eq!(sim.follow("CreditCardReturn", &id, "6.00", "").await.outcome(), "0 Approved");
    assert_eq!(sim.status(&id).await, "Returned 9");
    // A return can be taken back too, and then there is something to return again.
    let undone = sim.follow("CreditCardVoid", &first.get("TransactionID"), "", "").await;
    assert_eq!(undone.outcome(), "0 Success");
    assert_eq!(sim.follow("CreditCardReturn", &id, "4.00", "").await.outcome(), "0 Approved");
    let rows = sim.rows().await;
    assert_eq!(rows[0], "sale settled 10.00 -");
    assert_eq!(rows[1], format!("refund voided 4.00 {id}"));
    // What was given back in part is not voided as well.
    let part = sim.charge("CreditCardSale", CARD, "9.00", "").await.get("TransactionID");
    sim.follow("CreditCardReturn", &part, "1.00", "").await;
    assert_eq!(sim.follow("CreditCardVoid", &part, "", "").await.outcome(), "103 Invalid Transaction Status");
    let authorized = sim.charge("CreditCardAuthorization", CARD, "3.00", "").await.get("TransactionID");
    assert_eq!(
        sim.follow("CreditCardReturn", &authorized, "3.00", "").await.outcome(),
        "103 Invalid Transaction Type"
    );
}

#[tokio::test]
async fn reversals_full_partial_and_by_the_system() {
    let sim = Sim::new().await;
    let kind = |it: u8| format!("<ReversalType>{it}</ReversalType>");
    let id = sim.charge("CreditCardAuthorization", CARD, "10.00", "").await.get("TransactionID");
    let partial = sim.follow("CreditCardReversal", &id, "4.00", &kind(2)).await;
    assert_eq!(
        (partial.outcome().as_str(), partial.get("HostResponseMessage").as_str()),
        ("0 Success", "REVERSED")
    );
    let full = sim.follow("CreditCardReversal", &id, "6.00", &kind(1)).await;
    assert_eq!(full.outcome(), "0 Success");
    assert_eq!(
        sim.follow("CreditCardReversal", &id, "6.00", &kind(1)).await.outcome(),
        "103 Invalid Transaction Status"
    );
    assert_eq!(sim.status(&id).await, "Reversed 7");
    assert_eq!(sim.rows().await[0], "authorization reversed 6.00 -");
    let sale = sim.charge("CreditCardSale", CARD, "8.00", "").await.get("TransactionID");
    let system = async |amount: &str| sim.charge("CreditCardReversal", CARD, amount, &kind(0)).await;
    assert_eq!(system("8.01").await.outcome(), "103 Transaction Not Found");
    assert_eq!(system("8.00").await.outcome(), "0 Success");
    assert_eq!(sim.status(&sale).await, "Reversed 7");
    assert_eq!(system("8.00").await.outcome(), "103 Transaction Not Found");
    assert_eq!(
        sim.follow("CreditCardReversal", &sale, "", "").await.outcome(),
        "101 TransactionAmount required"
    );
}

#[tokio::test]
async fn the_second_layer_names_the_field() {
    let sim = Sim::new().await;
    let wrong = sim.charge("CreditCardSale", CARD, "6,55", "").await;
    assert_eq!(
        wrong.0,
        "<CreditCardSaleResponse xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>101</ExpressResponseCode><ExpressResponseMessage>TransactionAmount invalid</ExpressResponseMessage>\
         <Card><ExpirationMonth>12</ExpirationMonth><ExpirationYear>29</ExpirationYear></Card><Transaction><ReferenceNumber>42</ReferenceNumber></Transaction></Response></CreditCardSaleResponse>"
    );
    assert_eq!(sim.charge("CreditCardSale", "", "1.00", "").await.outcome(), "101 CardNumber Required");
    let bad = CARD.replace("4111111111111111", "4111111111111112");
    let bad = sim.charge("CreditCardSale", &bad, "1.00", "").await;
    assert_eq!(
        (bad.outcome().as_str(), bad.get("CardLogo").as_str(), bad.get("TransactionID").as_str()),
        ("101 INVALID CARD INFO", "Other", "")
    );
    let token = "<PaymentAccount><PaymentAccountID>0</PaymentAccountID></PaymentAccount>";
    let unknown = sim.charge("CreditCardSale", token, "1.00", "").await;
    assert_eq!(unknown.outcome(), "103 PAYMENT ACCOUNT NOT FOUND");
    for (more, said) in [
        ("<PartialApprovedFlag>x</PartialApprovedFlag>", "101 PartialApprovedFlag invalid"),
        ("<PaymentType>9</PaymentType>", "101 PaymentType invalid"),
        ("<MarketCode>3</MarketCode>", ""),
    ] {
        let reply = sim.charge("CreditCardSale", CARD, "1.00", more).await;
        if said.is_empty() {
            assert!(
                reply.get("ExpressResponseMessage").contains("cannot appear more than once"),
                "{}",
                reply.0
            );
        } else {
            assert_eq!(reply.outcome(), said);
        }
    }
    assert_eq!(sim.rows().await, Vec::<String>::new());
}

#[tokio::test]
async fn duplicates_partials_and_balances() {
    let sim = Sim::new().await;
    let sale = async |amount: &str, more: &str| sim.charge("CreditCardSale", CARD, amount, more).await;
    assert_eq!(sale("5.00", "").await.outcome(), "0 Approved");
    assert_eq!(sale("5.00", "").await.outcome(), "23 Duplicate");
    assert_eq!(
        sale("5.00", "<DuplicateOverrideFlag>1</DuplicateOverrideFlag>").await.outcome(),
        "0 Approved"
    );
    assert_eq!(
        sale("5.00", "<DuplicateCheckDisableFlag>1</DuplicateCheckDisableFlag>").await.outcome(),
        "0 Approved"
    );
    let partial = sale("23.05", "<PartialApprovedFlag>1</PartialApprovedFlag>").await;
    assert_eq!(partial.outcome(), "5 Partial Approved");
    assert_eq!(
        (partial.get("ApprovedAmount"), partial.get("TransactionStatusCode")),
        ("20.00".to_owned(), "16".to_owned())
    );
    assert_eq!(
        sale("23.05", "<DuplicateCheckDisableFlag>1</DuplicateCheckDisableFlag>").await.outcome(),
        "0 Approved"
    );
    assert_eq!(sale("23.06", "").await.get("BalanceCurrencyCode"), "USD");
    sim.advance(DAY).await;
    assert_eq!(sale("5.00", "").await.outcome(), "0 Approved", "another day's batch");
    let rows = sim.rows().await;
    assert!(rows.contains(&"sale settled 20.00 -".to_owned()), "{rows:?}");
}

#[tokio::test]
async fn another_account_finds_nothing() {
    let sim = Sim::new().await;
    let id = sim.charge("CreditCardSale", CARD, "5.00", "").await.get("TransactionID");
    let other = sim.credentials().await[1].clone();
    let inner = format!("<Transaction><TransactionID>{id}</TransactionID></Transaction>");
    let reply = sim.call_as(&other, crate::support::TRANSACTION, "CreditCardVoid", "", &inner).await;
    assert_eq!(reply.outcome(), "103 Transaction Not Found");
    let inner = "<Parameters><ReferenceNumber>42</ReferenceNumber></Parameters>";
    let none = sim.call_as(&other, REPORTING, "TransactionQuery", "", inner).await;
    assert_eq!(none.get("ExpressResponseCode"), "90");
}

#[tokio::test]
async fn a_charge_that_was_cut_is_found_by_its_reference() {
    let sim = Sim::new().await;
    let fault = "{\"operation\":\"CreditCardSale\",\"action\":\"cut_after\"}";
    sim.send("POST", "/_sim/faults", fault).await;
    let account = sim.credentials().await[0].clone();
    let body = format!(
        "<CreditCardSale xmlns='https://transaction.elementexpress.com'><Credentials><AccountID>{}</AccountID><AccountToken>{}</AccountToken><AcceptorID>{}</AcceptorID></Credentials>\
         <Application><ApplicationID>{}</ApplicationID></Application>{CARD}<Transaction><TransactionAmount>5.00</TransactionAmount><ReferenceNumber>77</ReferenceNumber></Transaction></CreditCardSale>",
        account["AccountId"].as_str().expect("text"),
        account["AccountToken"].as_str().expect("text"),
        account["AcceptorId"].as_str().expect("text"),
        account["ApplicationId"].as_str().expect("text")
    );
    let cut = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
        .post(sim.running.url())
        .body(body)
        .send()
        .await;
    assert!(cut.is_err());
    let inner = "<Parameters><ReferenceNumber>77</ReferenceNumber></Parameters>";
    let found = sim.call(REPORTING, "TransactionQuery", inner).await;
    assert_eq!(
        (found.get("TransactionStatus").as_str(), found.get("ApprovedAmount").as_str()),
        ("Approved", "5.00")
    );
}

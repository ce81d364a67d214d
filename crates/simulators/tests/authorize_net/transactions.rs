//! createTransactionRequest: the state machine of §2.16, the triggers of §4, duplicates, nonces, refusals.

use serde_json::{Value, json};

use crate::support::{BOTH, CARD, Format, Sim, card, n, settings_of, t};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_sale_is_answered_in_the_recorded_order() {
    let sim = Sim::new().await;
    let request = [
        ("transactionType", t("authCaptureTransaction")),
        ("amount", t("19.99")),
        ("payment", card(CARD)),
        ("userFields", n(&[("userField", n(&[("name", t("k")), ("value", t("v"))]))])),
    ];
    let answer = sim
        .ask(
            Format::Json,
            "createTransactionRequest",
            &n(&[("refId", t("r1")), ("transactionRequest", n(&request))]),
        )
        .await;
    let fixed = |text: &str| {
        let mut out = text.to_owned();
        for name in ["transId", "authCode", "networkTransId"] {
            let value = answer.response(name);
            assert!(!value.is_empty(), "{name}");
            out = out.replace(&format!("\"{value}\""), &format!("\"<{name}>\""));
        }
        out
    };
    assert_eq!(
        fixed(&answer.text),
        "{\"transactionResponse\":{\"responseCode\":\"1\",\"authCode\":\"<authCode>\",\"avsResultCode\":\"Y\",\
         \"cvvResultCode\":\"M\",\"cavvResultCode\":\"2\",\"transId\":\"<transId>\",\"refTransID\":\"\",\"transHash\":\"\",\
         \"testRequest\":\"0\",\"accountNumber\":\"XXXX1111\",\"accountType\":\"Visa\",\"messages\":[{\"code\":\"1\",\
         \"description\":\"This transaction has been approved.\"}],\"userFields\":[{\"name\":\"k\",\"value\":\"v\"}],\
         \"transHashSha2\":\"\",\"SupplementalDataQualificationIndicator\":0,\"networkTransId\":\"<networkTransId>\"},\
         \"refId\":\"r1\",\"messages\":{\"resultCode\":\"Ok\",\"message\":[{\"code\":\"I00001\",\"text\":\"Successful.\"}]}}"
    );
    assert_eq!(answer.response("transId").len(), 11);
    assert_eq!(answer.response("networkTransId").len(), 23);
    let declined = sim.charge(Format::Xml, "authCaptureTransaction", "5.00", "46282").await;
    assert!(
        declined.text.contains("<errors><error><errorCode>2</errorCode><errorText>This transaction has been declined.</errorText></error></errors><transHashSha2 /><networkTransId>"),
        "{}",
        declined.text
    );
    assert!(!declined.text.contains("Supplemental"), "{}", declined.text);
    assert_eq!(declined.code(), "I00001");
}

#[tokio::test]
async fn every_step_of_the_state_machine_by_both_formats() {
    for format in BOTH {
        let sim = Sim::new().await;
        let authorized = sim.charge(format, "authOnlyTransaction", "10.00", "").await.response("transId");
        assert_eq!(sim.rows(&authorized).await, ["authorization approved 10.00"]);
        assert_eq!(
            sim.follow(format, "priorAuthCaptureTransaction", &authorized, "10.01").await.outcome(),
            "3/47"
        );
        let captured = sim.follow(format, "priorAuthCaptureTransaction", &authorized, "7.50").await;
        assert_eq!(captured.outcome(), "1/1");
        assert_eq!(captured.response("transId"), authorized);
        assert_eq!(captured.response("refTransID"), authorized);
        assert_eq!(
            sim.follow(format, "priorAuthCaptureTransaction", &authorized, "").await.outcome(),
            "1/311"
        );
        assert_eq!(sim.rows(&authorized).await, ["authorization approved 10.00", "capture approved 7.50"]);
        let early = sim.follow(format, "refundTransaction", &authorized, "1.00").await;
        assert_eq!((early.outcome().as_str(), early.code().as_str()), ("3/54", "E00027"));
        sim.advance(DAY).await;
        assert_eq!(sim.rows(&authorized).await, ["authorization approved 10.00", "capture settled 7.50"]);
        assert_eq!(sim.follow(format, "voidTransaction", &authorized, "").await.outcome(), "3/16");
        let refund = sim.follow(format, "refundTransaction", &authorized, "5.00").await;
        assert_eq!(refund.outcome(), "1/1");
        let refund_id = refund.response("transId");
        assert_ne!(refund_id, authorized);
        assert_eq!(refund.response("authCode"), "");
        assert_eq!(sim.follow(format, "refundTransaction", &authorized, "2.51").await.outcome(), "3/55");
        // A refund that is voided gives back what it took.
        assert_eq!(sim.follow(format, "voidTransaction", &refund_id, "").await.outcome(), "1/1");
        assert_eq!(sim.follow(format, "refundTransaction", &authorized, "7.50").await.outcome(), "1/1");
        assert_eq!(sim.rows(&refund_id).await, ["refund voided 5.00"]);
        let sale = sim.sale(format, "3.00").await;
        let voided = sim.follow(format, "voidTransaction", &sale, "").await;
        assert_eq!(voided.outcome(), "1/1");
        assert_eq!(voided.response("transId"), sale);
        let again = sim.follow(format, "voidTransaction", &sale, "").await;
        assert_eq!((again.outcome().as_str(), again.response("transId").as_str()), ("1/310", "0"));
        assert_eq!(sim.rows(&sale).await, ["sale voided 3.00"]);
        for kind in ["priorAuthCaptureTransaction", "voidTransaction", "refundTransaction"] {
            let unknown = sim.follow(format, kind, "60200000001", "1.00").await;
            assert_eq!(unknown.outcome(), "3/16", "{kind}");
            assert_eq!(unknown.response("transId"), "0");
            assert_eq!(unknown.response("refTransID"), "60200000001");
        }
        let ledger = sim.ledger().await;
        let kinds: Vec<&str> = ledger["transactions"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|it| it["kind"].as_str())
            .collect();
        assert!(!kinds.contains(&"void"), "a void has no row of its own");
    }
}

#[tokio::test]
async fn an_authorisation_expires_after_thirty_days() {
    let sim = Sim::new().await;
    let id = sim.charge(Format::Json, "authOnlyTransaction", "10.00", "").await.response("transId");
    sim.advance(30 * DAY - 1).await;
    assert_eq!(sim.follow(Format::Json, "priorAuthCaptureTransaction", &id, "1.00").await.outcome(), "1/1");
    let other = sim.charge(Format::Json, "authOnlyTransaction", "10.00", "").await.response("transId");
    sim.advance(30 * DAY).await;
    assert_eq!(sim.follow(Format::Json, "priorAuthCaptureTransaction", &other, "").await.outcome(), "3/16");
}

#[tokio::test]
async fn capture_only_takes_the_code_that_the_merchant_has() {
    let sim = Sim::new().await;
    let capture = async |code: Option<&str>| {
        let mut request = vec![
            ("transactionType", t("captureOnlyTransaction")),
            ("amount", t("5.00")),
            ("payment", card(CARD)),
        ];
        request.extend(code.map(|it| ("authCode", t(it))));
        request.push(("transactionSettings", settings_of(&[("duplicateWindow", "0")])));
        sim.transaction(Format::Json, &request).await
    };
    let taken = capture(Some("ABC123")).await;
    assert_eq!((taken.outcome().as_str(), taken.response("authCode").as_str()), ("1/1", "ABC123"));
    assert_eq!(taken.response("avsResultCode"), "P");
    assert_eq!(capture(None).await.outcome(), "3/12");
    assert_eq!(capture(Some("A-1")).await.outcome(), "3/72");
}

#[tokio::test]
async fn cards_amounts_zips_and_codes_trigger_what_is_documented() {
    let sim = Sim::new().await;
    for (number, brand) in [
        ("370000000000002", "AmericanExpress"),
        ("6011000000000012", "Discover"),
        ("3088000000000017", "JCB"),
        ("38000000000006", "DinersClub"),
        ("4007000000027", "Visa"),
        ("4012888818888", "Visa"),
        ("5424000000000015", "MasterCard"),
        ("2223000010309703", "MasterCard"),
        ("6221499053360818", "Discover"),
    ] {
        let request = [
            ("transactionType", t("authCaptureTransaction")),
            ("amount", t("1.00")),
            ("payment", card(number)),
        ];
        let answer = sim.transaction(Format::Json, &request).await;
        assert_eq!((answer.outcome(), answer.response("accountType")), ("1/1".to_owned(), brand.to_owned()));
    }
    for (amount, outcome) in [
        ("0.00", "3/5"),
        ("-1.00", "3/5"),
        ("1.001", "3/5"),
        ("4000.02", "2/2"),
        ("4000.27", "2/27"),
        ("4000.65", "2/65"),
        ("4000.19", "3/19"),
        ("4000.52", "4/252"),
        ("4000.53", "4/253"),
    ] {
        let answer = sim.charge(Format::Xml, "authCaptureTransaction", amount, "").await;
        assert_eq!(answer.outcome(), outcome, "{amount}");
        let stored = answer.response("transId") != "0";
        assert_eq!(stored, !outcome.starts_with('3'), "{amount}");
    }
    for (zip, letter) in [("46201", "A"), ("46205", "N"), ("46217", "Z"), ("98004", "Y"), ("46214", "Y")] {
        let answer = sim.charge(Format::Json, "authCaptureTransaction", "1.00", zip).await;
        assert_eq!(answer.response("avsResultCode"), letter, "{zip}");
    }
    for (code, letter) in [("900", "M"), ("901", "N"), ("902", "S"), ("903", "U"), ("904", "P"), ("123", "P")]
    {
        let payment = n(&[(
            "creditCard",
            n(&[("cardNumber", t(CARD)), ("expirationDate", t("1230")), ("cardCode", t(code))]),
        )]);
        let request = [
            ("transactionType", t("authOnlyTransaction")),
            ("amount", t("0")),
            ("payment", payment),
            ("customerIP", t(code)),
        ];
        let request: Vec<_> = request
            .into_iter()
            .chain([("transactionSettings", settings_of(&[("duplicateWindow", "0")]))])
            .collect();
        let answer = sim.transaction(Format::Json, &request).await;
        assert_eq!((answer.outcome().as_str(), answer.response("cvvResultCode").as_str()), ("1/1", letter));
    }
}

#[tokio::test]
async fn a_card_that_cannot_be_is_an_error_and_leaves_nothing() {
    let sim = Sim::new().await;
    for (number, expiry, outcome) in [
        ("4111111111111112", "2030-12", "3/6"),
        ("400030001111222", "2030-12", "3/6"),
        (CARD, "2030-13", "3/7"),
        (CARD, "2025-12", "3/8"),
    ] {
        let payment = n(&[("creditCard", n(&[("cardNumber", t(number)), ("expirationDate", t(expiry))]))]);
        let request =
            [("transactionType", t("authCaptureTransaction")), ("amount", t("1.00")), ("payment", payment)];
        let answer = sim.transaction(Format::Json, &request).await;
        assert_eq!(
            (answer.outcome().as_str(), answer.code().as_str()),
            (outcome, "E00027"),
            "{number} {expiry}"
        );
        assert_eq!(answer.response("avsResultCode"), "P");
    }
    assert_eq!(sim.ledger().await["transactions"], json!([]));
}

#[tokio::test]
async fn a_repeated_charge_is_refused_within_its_window_alone() {
    let sim = Sim::new().await;
    let charge = async |window: Option<&str>, invoice: &str| {
        let mut request = vec![
            ("transactionType", t("authCaptureTransaction")),
            ("amount", t("5.00")),
            ("payment", card(CARD)),
            ("order", n(&[("invoiceNumber", t(invoice))])),
        ];
        request.extend(window.map(|it| ("transactionSettings", settings_of(&[("duplicateWindow", it)]))));
        sim.transaction(Format::Json, &request).await
    };
    assert_eq!(charge(None, "1").await.outcome(), "1/1");
    let again = charge(None, "1").await;
    assert_eq!((again.outcome().as_str(), again.response("transId").as_str()), ("3/11", "0"));
    assert_eq!(charge(None, "2").await.outcome(), "1/1", "another invoice");
    sim.advance(119).await;
    assert_eq!(charge(None, "1").await.outcome(), "3/11");
    sim.advance(1).await;
    assert_eq!(charge(None, "1").await.outcome(), "1/1");
    assert_eq!(charge(Some("0"), "1").await.outcome(), "1/1");
    assert_eq!(charge(Some("0"), "1").await.outcome(), "1/1");
    let first = charge(Some("28800"), "3").await.response("transId");
    sim.advance(28_799).await;
    assert_eq!(charge(Some("28800"), "3").await.outcome(), "3/11");
    sim.switch("duplicateTellsOriginal", json!(true)).await;
    assert_eq!(charge(Some("28800"), "3").await.response("transId"), first);
}

#[tokio::test]
async fn partial_approvals_say_what_was_approved() {
    let sim = Sim::new().await;
    let charge = async |zip: &str, partial: &str| {
        let request = [
            ("transactionType", t("authCaptureTransaction")),
            ("amount", t("5.00")),
            ("payment", card(CARD)),
            ("billTo", n(&[("zip", t(zip))])),
            ("transactionSettings", settings_of(&[("allowPartialAuth", partial), ("duplicateWindow", "0")])),
        ];
        sim.transaction(Format::Json, &request).await
    };
    let partial = charge("46225", "true").await;
    assert_eq!(partial.outcome(), "4/295");
    assert_eq!(partial.response("prePaidCard/approvedAmount"), "1.23");
    assert_eq!(partial.response("prePaidCard/requestedAmount"), "5.00");
    assert!(!partial.response("splitTenderId").is_empty());
    assert_eq!(sim.rows(&partial.response("transId")).await, ["sale approved 1.23"]);
    assert_eq!(charge("46225", "false").await.outcome(), "1/1");
    let full = charge("46226", "true").await;
    assert_eq!(
        (full.outcome(), full.response("prePaidCard/balanceOnCard")),
        ("1/1".to_owned(), "1.23".to_owned())
    );
    sim.switch("partialIsHeld", json!(false)).await;
    assert_eq!(charge("46225", "true").await.outcome(), "1/1");
}

#[tokio::test]
async fn what_is_held_waits_for_the_merchant() {
    let sim = Sim::new().await;
    let held = sim.charge(Format::Json, "authCaptureTransaction", "4000.53", "").await.response("transId");
    assert_eq!(sim.rows(&held).await, ["authorization approved 4000.53"]);
    let decide = async |id: &str, action: &str| {
        let inner = n(&[("heldTransactionRequest", n(&[("action", t(action)), ("refTransId", t(id))]))]);
        sim.ask(Format::Xml, "updateHeldTransactionRequest", &inner).await
    };
    assert_eq!(decide(&held, "approve").await.outcome(), "1/1");
    assert_eq!(sim.rows(&held).await, ["sale approved 4000.53"]);
    assert_eq!(decide(&held, "approve").await.outcome(), "3/16");
    let other = sim.charge(Format::Json, "authCaptureTransaction", "4000.52", "").await.response("transId");
    assert_eq!(decide(&other, "decline").await.outcome(), "1/1");
    assert_eq!(sim.rows(&other).await, ["sale declined 4000.52"]);
    assert_eq!(decide(&other, "hold").await.code(), "E00003");
}

#[tokio::test]
async fn a_nonce_stands_for_a_card_once() {
    let sim = Sim::new().await;
    let details = sim.ask(Format::Json, "getMerchantDetailsRequest", &n(&[])).await;
    let key = details.get("publicClientKey");
    assert_eq!(key.len(), 64);
    let login = sim.running.credentials()[0]["ApiLoginId"].as_str().expect("text").to_owned();
    let issue = async |number: &str| {
        let text = format!(
            "{{\"securePaymentContainerRequest\":{{\"merchantAuthentication\":{{\"name\":\"{login}\",\"clientKey\":\"{key}\"}},\
             \"data\":{{\"type\":\"TOKEN\",\"id\":\"1\",\"token\":{{\"cardNumber\":\"{number}\",\"expirationDate\":\"1230\",\"cardCode\":\"901\",\"zip\":\"46201\"}}}}}}}}"
        );
        let answer =
            sim.send("POST", "/xml/v1/request.api", "application/json", &text).await.expect("an answer");
        let text = answer.text().await.expect("text");
        serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')).expect(&text)
    };
    let issued = issue(CARD).await;
    let nonce = issued["opaqueData"]["dataValue"].as_str().unwrap_or_else(|| panic!("{issued}")).to_owned();
    assert_eq!(issue("4111111111111112").await["messages"]["message"][0]["code"], "E00113");
    let pay = async |value: &str| {
        let opaque = n(&[("dataDescriptor", t("COMMON.ACCEPT.INAPP.PAYMENT")), ("dataValue", t(value))]);
        let request = [
            ("transactionType", t("authCaptureTransaction")),
            ("amount", t("9.00")),
            ("payment", n(&[("opaqueData", opaque)])),
        ];
        sim.transaction(Format::Xml, &request).await
    };
    let paid = pay(&nonce).await;
    assert_eq!(paid.outcome(), "1/1");
    assert_eq!(
        (paid.response("cvvResultCode"), paid.response("avsResultCode")),
        ("N".to_owned(), "A".to_owned())
    );
    let again = pay(&nonce).await;
    assert_eq!((again.code().as_str(), again.said().as_str()), ("E00114", "Invalid OTS Token."));
    assert!(again.text.contains("<transactionResponse />"), "{}", again.text);
    let late = issue(CARD).await["opaqueData"]["dataValue"].as_str().expect("a nonce").to_owned();
    sim.advance(900).await;
    assert_eq!(pay(&late).await.code(), "E00115");
}

#[tokio::test]
async fn switches_turn_what_is_not_sure() {
    let sim = Sim::new().await;
    sim.switch("declineIsError", json!(true)).await;
    assert_eq!(sim.charge(Format::Json, "authCaptureTransaction", "5.00", "46282").await.code(), "E00027");
    sim.switch("declinedAvs", json!("N")).await;
    assert_eq!(sim.charge(Format::Json, "authCaptureTransaction", "5.00", "46205").await.outcome(), "2/27");
    sim.switch("clientIdIsRefused", json!(true)).await;
    let request =
        [("transactionType", t("authCaptureTransaction")), ("amount", t("6.00")), ("payment", card(CARD))];
    let inner = n(&[("clientId", t("sdk")), ("transactionRequest", n(&request))]);
    let quirk = sim.ask(Format::Json, "createTransactionRequest", &inner).await;
    assert_eq!((quirk.code().as_str(), quirk.outcome().as_str()), ("E00013", "1/1"));
    sim.switch("voidSettledIs327", json!(true)).await;
    let sale = sim.sale(Format::Json, "2.00").await;
    sim.switch("refundUnsettledIs50", json!(true)).await;
    assert_eq!(sim.follow(Format::Json, "refundTransaction", &sale, "1.00").await.outcome(), "3/50");
    assert_eq!(sim.control("POST", "settle", &Value::Null).await["settled"], 4);
    assert_eq!(sim.follow(Format::Json, "voidTransaction", &sale, "").await.outcome(), "3/327");
    sim.advance(119 * DAY).await;
    assert_eq!(sim.follow(Format::Json, "refundTransaction", &sale, "1.00").await.outcome(), "1/1");
    sim.advance(2 * DAY).await;
    assert_eq!(sim.follow(Format::Json, "refundTransaction", &sale, "0.50").await.outcome(), "3/54");
    sim.switch("hashes", json!(true)).await;
    let hashed = sim.charge(Format::Json, "authCaptureTransaction", "1.00", "").await;
    assert_eq!(hashed.response("transHashSha2").len(), 128);
    let wrong = sim.send("POST", "/_sim/switches", "application/json", "{\"nothing\":true}").await;
    assert_eq!(wrong.expect("an answer").status(), 400);
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_before_there_is_a_transaction() {
    let sim = Sim::new().await;
    let ask = async |more: &[(&'static str, crate::support::Node)]| {
        let mut request = vec![("transactionType", t("authCaptureTransaction")), ("amount", t("5.00"))];
        request.extend(more.iter().cloned());
        sim.transaction(Format::Json, &request).await
    };
    let profile = |more: &[(&'static str, crate::support::Node)]| ("profile", n(more));
    let both = ask(&[("payment", card(CARD)), profile(&[("customerProfileId", t("1"))])]).await;
    assert_eq!(both.code(), "E00090");
    assert_eq!(
        both.text.matches("\"transactionResponse\":{\"SupplementalDataQualificationIndicator\":0}").count(),
        1
    );
    let unknown = ask(&[profile(&[("customerProfileId", t("1"))])]).await;
    assert_eq!(unknown.said(), "Customer Profile ID or Customer Payment Profile ID not found.");
    assert_eq!(ask(&[profile(&[("createProfile", t("true"))])]).await.code(), "E00089");
    assert_eq!(ask(&[profile(&[("shippingProfileId", t("1"))])]).await.code(), "E00095");
    assert_eq!(ask(&[("currencyCode", t("EUR")), ("payment", card(CARD))]).await.outcome(), "3/39");
    assert_eq!(ask(&[]).await.outcome(), "3/33");
    let kind = sim.transaction(Format::Json, &[("transactionType", t("nothing"))]).await;
    assert_eq!(kind.code(), "E00060");
    let test =
        ask(&[("payment", card(CARD)), ("transactionSettings", settings_of(&[("testRequest", "true")]))])
            .await;
    assert_eq!((test.response("testRequest").as_str(), test.response("transId").as_str()), ("1", "0"));
    assert!(test.response("messages/0/description").starts_with("(TESTMODE) "));
    assert_eq!(sim.ledger().await["transactions"], json!([]));
}

#[tokio::test]
async fn another_merchant_finds_nothing() {
    let sim = Sim::new().await;
    let sale = sim.sale(Format::Json, "5.00").await;
    let inner = n(&[(
        "transactionRequest",
        n(&[("transactionType", t("voidTransaction")), ("refTransId", t(&sale))]),
    )]);
    let answer = sim.by(Format::Json, 1, "createTransactionRequest", &inner).await;
    assert_eq!(answer.outcome(), "3/16");
}

#[tokio::test]
async fn the_script_that_brings_nonces_is_served() {
    let sim = Sim::new().await;
    let script = sim.send("GET", "/v1/Accept.js", "text/plain", "").await.expect("an answer");
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    let text = script.text().await.expect("text");
    assert!(text.contains("window.Accept = { dispatchData }"), "{text}");
}

//! Cards that are sent to Kontor and go on to the provider at once.

use serde_json::{Value, json};

use super::{CUSTOMER, METHODS, card, direct, hide, kept, save, saved, text};
use crate::support::{CARD, Engine, merchant::Gateway, on_both, process::Demo, until};

const OTHER_CARD: &str = "5424000000000015";

async fn a_card_is_saved_shown_and_given_up(engine: Engine) {
    let demo = Demo::start(engine);
    let said = demo.admin.post(METHODS, &card(CARD, json!({}))).await.expect(200).json();
    assert_eq!((&said["requiresRedirect"], &said["redirectUrl"]), (&json!(false), &Value::Null));
    let it = &said["paymentMethod"];
    let mut shown = said.clone();
    hide(&mut shown["paymentMethod"]);
    insta::assert_json_snapshot!("saved_card", shown);
    assert_eq!(saved(&demo.admin).await, std::slice::from_ref(it));
    let there = kept(&direct(&demo)).await;
    assert_eq!((there.len(), &there[0]["id"]), (1, &it["paymentProfileId"]));
    // The same card once more is the same card, with what is new of it.
    let again = save(&demo.admin, CARD, json!({ "expirationYear": 2040, "isDefault": true })).await;
    assert_eq!(
        (&again["id"], &again["expirationDate"], &again["isDefault"]),
        (&it["id"], &json!("12/2040"), &json!(true))
    );
    assert_eq!(kept(&direct(&demo)).await.len(), 1);
    // Another card is kept under the same customer.
    let second = save(&demo.admin, OTHER_CARD, json!({})).await;
    assert_eq!(
        (&second["customerProfileId"], &second["isDefault"]),
        (&it["customerProfileId"], &json!(false))
    );

    let path = format!("{METHODS}/{}", text(it, "id"));
    demo.admin.delete(&path).await.expect(204);
    assert_eq!(demo.admin.delete(&path).await.expect(404).code(), "payment_method_not_found");
    demo.admin.put(&format!("{path}/default"), &json!({})).await.expect(404);
    let left = saved(&demo.admin).await;
    assert_eq!(
        (left.len(), &left[0]["id"], &left[0]["isDefault"]),
        (1, &second["id"], &json!(true)),
        "another is the default now"
    );
    until("the provider has forgotten it", async || kept(&direct(&demo)).await.len() == 1).await;
    // A card that was given up comes back as a new one.
    let back = save(&demo.admin, CARD, json!({})).await;
    assert_eq!((&back["isActive"], kept(&direct(&demo)).await.len()), (&json!(true), 2));
}

async fn a_card_is_saved_by_what_the_providers_script_made_of_it(engine: Engine) {
    let demo = Demo::start(engine);
    let gateway = Gateway::new(&direct(&demo).base, &demo.line["credentials"]["authorizeNet"][0]);
    let opaque = gateway.nonce().await;
    let body = json!({
        "customerNumber": CUSTOMER, "provider": "AuthorizeNet", "opaqueData": opaque, "isDefault": true,
        "billingAddress": { "zipPostalCode": "98004" },
    });
    let said = demo.admin.post(METHODS, &body).await.expect(200).json();
    let it = &said["paymentMethod"];
    assert_eq!(
        (&it["maskedCardNumber"], &it["expirationDate"], &it["isDefault"], &said["requiresRedirect"]),
        (&json!("XXXX1111"), &json!("12/2040"), &json!(true), &json!(false)),
        "{said}"
    );
    let there = kept(&direct(&demo)).await;
    assert_eq!((there.len(), &there[0]["id"]), (1, &it["paymentProfileId"]));
    assert_eq!(saved(&demo.admin).await, std::slice::from_ref(it));
    // It is good for one use, and written down nowhere.
    let again = demo.admin.post(METHODS, &body).await;
    assert!(again.status >= 400, "{}", again.text);
    assert_eq!((saved(&demo.admin).await.len(), kept(&direct(&demo)).await.len()), (1, 1));
    let value = opaque["dataValue"].as_str().expect("a nonce");
    assert!(!said.to_string().contains(value) && !demo.log().contains(value));
    // And it can be charged.
    let invoice = demo.admin.invoice(CUSTOMER, 6.0).await;
    let charge = json!({ "amount": 6, "paymentMethodId": it["id"] });
    let paid =
        demo.admin.post(&format!("/api/invoices/{invoice}/payments"), &charge).await.expect(201).json();
    assert_eq!(paid["status"], "Succeeded", "{paid}");
}

async fn everything_wrong_is_told_at_once_and_nothing_is_sent(engine: Engine) {
    let demo = Demo::start(engine);
    let body = json!({
        "customerNumber": CUSTOMER, "cardNumber": "4111111111111112", "expirationMonth": 13, "expirationYear": "1999",
        "cvv": "12", "email": "nobody", "provider": "AuthorizeNet", "colour": 1,
        "billingAddress": { "zipPostalCode": "9800", "country": "US", "firstName": "x".repeat(51), "planet": "Mars" },
    });
    let answer = demo.admin.post(METHODS, &body).await.expect(400);
    assert_eq!(
        answer.wrong_fields(),
        [
            "billingAddress.firstName",
            "billingAddress.planet",
            "billingAddress.zipPostalCode",
            "cardNumber",
            "colour",
            "cvv",
            "email",
            "expirationMonth",
            "expirationYear",
        ]
    );
    let missing = json!({ "provider": "AuthorizeNet" });
    assert_eq!(
        demo.admin.post(METHODS, &missing).await.expect(400).wrong_fields(),
        ["cardNumber", "customerNumber", "cvv", "expirationMonth", "expirationYear"]
    );
    for (change, field) in [
        (json!({ "expirationYear": "2020" }), "expirationYear"),
        (json!({ "cvv": "1234" }), "cvv"),
        (json!({ "provider": "QuickBooks" }), "provider"),
        (json!({ "provider": "Nobody" }), "provider"),
        (json!({ "cardNumber": { "a": 1 } }), "cardNumber"),
        (json!({ "opaqueData": { "dataDescriptor": "x" } }), "opaqueData.dataValue"),
    ] {
        let wrong = demo.admin.post(METHODS, &card(CARD, change.clone())).await.expect(400).wrong_fields();
        assert!(wrong.iter().any(|it| it == field), "{change}: {wrong:?}");
    }
    let unknown = card(CARD, json!({ "customerNumber": "NOBODY" }));
    assert_eq!(demo.admin.post(METHODS, &unknown).await.expect(404).code(), "customer_not_found");
    assert!(kept(&direct(&demo)).await.is_empty());
    // American Express has four digits.
    save(&demo.admin, "370000000000002", json!({ "cvv": "1234" })).await;
}

async fn a_customer_has_its_own_cards_alone(engine: Engine) {
    let demo = Demo::start(engine);
    let (own, other) = (demo.caller("Customer", Some(CUSTOMER)), demo.caller("Customer", Some("CUST-1002")));
    let it = save(&own, CARD, json!({})).await;
    let path = format!("{METHODS}/{}", text(&it, "id"));
    for caller in [&other, &demo.stranger()] {
        caller.delete(&path).await.expect(404);
        caller.put(&format!("{path}/default"), &json!({})).await.expect(404);
    }
    other.get(&format!("{METHODS}/{CUSTOMER}")).await.expect(403);
    demo.stranger().get(&format!("{METHODS}/ONLY-HERE")).await.expect(404);
    // Whose card it is comes before what is wrong with it.
    other.post(METHODS, &json!({ "customerNumber": CUSTOMER, "cardNumber": 1 })).await.expect(403);
    assert_eq!(own.put(&format!("{path}/default"), &json!({})).await.expect(200).json()["isDefault"], true);
    demo.caller("SalesRep", None).delete(&path).await.expect(204);
    assert!(saved(&own).await.is_empty());
}

async fn what_is_cut_off_is_saved_once_by_the_same_request(engine: Engine) {
    let demo = Demo::with(engine, &[("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000")]);
    let simulator = direct(&demo);
    let key = |it: &str| {
        vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), it.to_owned()),
        ]
    };
    let calls = ["createCustomerProfileRequest", "createCustomerPaymentProfileRequest"];
    for (at, (call, action)) in
        calls.iter().flat_map(|call| ["cut_before", "cut_after", "truncate"].map(|it| (call, it))).enumerate()
    {
        simulator.post("/_sim/faults", &json!({ "operation": call, "action": action })).await.expect(200);
        // A customer of its own each time, or the second has a profile already.
        let number = format!("CUT-{at}");
        demo.admin
            .put("/api/customers", &json!({ "customerNumber": number, "companyName": "Cut" }))
            .await
            .expect(201);
        let body = card(CARD, json!({ "customerNumber": number })).to_string();
        let headers = key(&number);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let first = demo.admin.send("POST", METHODS, &headers, Some(body.clone())).await;
        assert!([502, 504].contains(&first.status), "{call} {action}: {} {}", first.status, first.text);
        let second = demo.admin.send("POST", METHODS, &headers, Some(body.clone())).await.expect(200);
        let third = demo.admin.send("POST", METHODS, &headers, Some(body)).await.expect(200);
        assert_eq!((&third.text, third.header("idempotent-replayed")), (&second.text, "true"));
        let there = kept(&simulator).await;
        let own = there.iter().filter(|it| it["reference"].as_str().is_some_and(|it| it == number)).count();
        assert_eq!(own, 1, "{call} {action}: {there:?}");
    }
}

async fn a_declined_card_is_not_saved(engine: Engine) {
    let demo = Demo::start(engine);
    // The sandbox looks at the fields alone: an issuer's no is scripted, a line of 68 fields.
    let mut line = vec![String::new(); 68];
    for (at, value) in
        [(1, "2"), (2, "1"), (3, "2"), (4, "This transaction has been declined."), (6, "N"), (39, "N")]
    {
        value.clone_into(&mut line[at - 1]);
    }
    let said = json!({
        "customerProfileId": "1", "validationDirectResponse": line.join(","),
        "messages": { "resultCode": "Error", "message": [{ "code": "E00027", "text": "The transaction was unsuccessful." }] },
    });
    let fault = json!({ "operation": "createCustomerPaymentProfileRequest", "action": "body", "body": said.to_string() });
    direct(&demo).post("/_sim/faults", &fault).await.expect(200);
    let refused = demo.admin.post(METHODS, &card(CARD, json!({}))).await.expect(422).json();
    assert_eq!(
        (&refused["code"], &refused["providerCode"]),
        (&json!("card_declined"), &json!("2")),
        "{refused}"
    );
    assert_eq!((&refused["avsResult"], &refused["cvvResult"]), (&json!("N"), &json!("N")), "{refused}");
    assert!(saved(&demo.admin).await.is_empty());
}

async fn a_card_is_forgotten_however_often_that_is_cut_off(engine: Engine) {
    let demo = Demo::with(engine, &[("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000")]);
    let simulator = direct(&demo);
    for action in ["cut_before", "cut_after", "status"] {
        let fault =
            json!({ "operation": "deleteCustomerPaymentProfileRequest", "action": action, "status": 500 });
        simulator.post("/_sim/faults", &fault).await.expect(200);
        let it = save(&demo.admin, CARD, json!({})).await;
        demo.admin.delete(&format!("{METHODS}/{}", text(&it, "id"))).await.expect(204);
        assert!(saved(&demo.admin).await.is_empty(), "it is given up at once");
        until("forgotten", async || kept(&simulator).await.is_empty()).await;
        until("written down", async || {
            demo.database
                .count("SELECT COUNT(*) FROM payment_methods WHERE removal <> 'Done' OR is_active = 1")
                == 0
        })
        .await;
    }
    assert_eq!(demo.database.count("SELECT COUNT(*) FROM jobs WHERE kind = 'remove_card'"), 0);
}

async fn defaults_that_race_leave_exactly_one(engine: Engine) {
    let demo = Demo::start(engine);
    let mut paths = Vec::new();
    for number in [CARD, OTHER_CARD, "6011000000000012", "4007000000027"] {
        let it = save(&demo.admin, number, json!({ "isDefault": true })).await;
        paths.push(format!("{METHODS}/{}", text(&it, "id")));
    }
    for round in 0..4 {
        let mut running = Vec::new();
        for at in 0..16 {
            let (caller, path) = (demo.admin.clone(), paths[at % paths.len()].clone());
            let deletes = at == 7 && round == 1;
            running.push(tokio::spawn(async move {
                if deletes {
                    caller.delete(&path).await.status
                } else {
                    caller.put(&format!("{path}/default"), &json!({})).await.status
                }
            }));
        }
        for it in running {
            let status = it.await.expect("an answer");
            assert!([200, 204, 404].contains(&status), "{status}");
        }
        let defaults: Vec<bool> = saved(&demo.admin).await.iter().map(|it| it["isDefault"] == true).collect();
        assert_eq!(defaults.iter().filter(|it| **it).count(), 1, "{defaults:?}");
    }
    assert_eq!(saved(&demo.admin).await.len(), 3);
}

async fn a_card_of_a_deleted_integration_is_of_no_use(engine: Engine) {
    let demo = Demo::start(engine);
    save(&demo.admin, CARD, json!({ "isDefault": true })).await;
    let path = demo.seeded("AuthorizeNet").await;
    demo.admin.delete(&path).await.expect(204);
    assert!(saved(&demo.admin).await.is_empty());
    let none = demo.admin.post(METHODS, &card(CARD, json!({}))).await.expect(409);
    assert_eq!(none.code(), "integration_not_configured");
}

on_both!(
    a_card_is_saved_shown_and_given_up,
    a_card_is_saved_by_what_the_providers_script_made_of_it,
    everything_wrong_is_told_at_once_and_nothing_is_sent,
    a_customer_has_its_own_cards_alone,
    what_is_cut_off_is_saved_once_by_the_same_request,
    a_declined_card_is_not_saved,
    a_card_is_forgotten_however_often_that_is_cut_off,
    defaults_that_race_leave_exactly_one,
    a_card_of_a_deleted_integration_is_of_no_use,
);

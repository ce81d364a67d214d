//! Customer profiles and payment profiles: §2.5 to §2.11.

use serde_json::json;

use crate::support::{Answer, BOTH, CARD, Format, Node, Sim, n, settings_of, t};

fn payment(number: &str, name: &str) -> Node {
    n(&[
        ("customerType", t("individual")),
        (
            "billTo",
            n(&[
                ("firstName", t(name)),
                ("lastName", t("Holm")),
                ("address", t("1 Pier")),
                ("zip", t("98004")),
            ]),
        ),
        ("payment", n(&[("creditCard", n(&[("cardNumber", t(number)), ("expirationDate", t("2030-12"))]))])),
    ])
}

async fn create(sim: &Sim, format: Format, customer: &str, payments: &[Node], mode: &str) -> Answer {
    let mut profile = vec![("merchantCustomerId", t(customer)), ("email", t("a@merchant.example"))];
    profile.extend(payments.iter().map(|it| ("paymentProfiles", it.clone())));
    let mut inner = vec![("profile", Node::Many(profile))];
    if !mode.is_empty() {
        inner.push(("validationMode", t(mode)));
    }
    sim.ask(format, "createCustomerProfileRequest", &Node::Many(inner)).await
}

async fn add(sim: &Sim, format: Format, id: &str, one: Node) -> Answer {
    let inner = n(&[("customerProfileId", t(id)), ("paymentProfile", one)]);
    sim.ask(format, "createCustomerPaymentProfileRequest", &inner).await
}

async fn charge(sim: &Sim, format: Format, id: &str, payment: &str, amount: &str) -> Answer {
    let profile =
        n(&[("customerProfileId", t(id)), ("paymentProfile", n(&[("paymentProfileId", t(payment))]))]);
    let request = [
        ("transactionType", t("authCaptureTransaction")),
        ("amount", t(amount)),
        ("profile", profile),
        ("processingOptions", n(&[("isFirstSubsequentAuth", t("true"))])),
    ];
    sim.transaction(format, &request).await
}

#[tokio::test]
async fn the_whole_life_of_a_profile_by_both_formats() {
    for format in BOTH {
        let sim = Sim::new().await;
        let made = create(&sim, format, "C1", &[payment(CARD, "Ada")], "testMode").await;
        assert_eq!(made.code(), "I00001", "{}", made.text);
        let (id, card) = (made.get("customerProfileId"), made.get("customerPaymentProfileIdList/0"));
        assert_eq!((id.len(), card.len()), (9, 10));
        assert!(made.get("validationDirectResponseList/0").starts_with("1,1,1,(TESTMODE) "), "{}", made.text);
        let both = n(&[("customerProfileId", t(&id)), ("customerPaymentProfileId", t(&card))]);
        let got = sim.ask(format, "getCustomerPaymentProfileRequest", &both).await;
        assert_eq!(got.get("paymentProfile/payment/creditCard/cardNumber"), "XXXX1111");
        assert_eq!(got.get("paymentProfile/payment/creditCard/expirationDate"), "XXXX");
        assert_eq!(got.get("paymentProfile/payment/creditCard/issuerNumber"), "");
        let open = n(&[
            ("customerProfileId", t(&id)),
            ("customerPaymentProfileId", t(&card)),
            ("unmaskExpirationDate", t("true")),
            ("includeIssuerInfo", t("true")),
        ]);
        let got = sim.ask(format, "getCustomerPaymentProfileRequest", &open).await;
        assert_eq!(got.get("paymentProfile/payment/creditCard/expirationDate"), "2030-12");
        assert_eq!(got.get("paymentProfile/payment/creditCard/issuerNumber"), "411111");
        let paid = charge(&sim, format, &id, &card, "5.00").await;
        assert_eq!(paid.outcome(), "1/1", "{}", paid.text);
        assert_eq!(paid.response("profile/customerPaymentProfileId"), card);
        let got = sim.ask(format, "getCustomerPaymentProfileRequest", &both).await;
        assert_eq!(got.get("paymentProfile/originalNetworkTransId"), paid.response("networkTransId"));
        // The mask comes back, everything else is replaced.
        let update = n(&[
            ("customerProfileId", t(&id)),
            (
                "paymentProfile",
                n(&[
                    ("billTo", n(&[("firstName", t("Eve"))])),
                    (
                        "payment",
                        n(&[(
                            "creditCard",
                            n(&[("cardNumber", t("XXXX1111")), ("expirationDate", t("2031-01"))]),
                        )]),
                    ),
                    ("customerPaymentProfileId", t(&card)),
                ]),
            ),
        ]);
        assert_eq!(sim.ask(format, "updateCustomerPaymentProfileRequest", &update).await.code(), "I00001");
        let got = sim.ask(format, "getCustomerPaymentProfileRequest", &open).await;
        assert_eq!(got.get("paymentProfile/payment/creditCard/expirationDate"), "2031-01");
        assert_eq!(got.get("paymentProfile/billTo/firstName"), "Eve");
        assert_eq!(got.get("paymentProfile/billTo/lastName"), "");
        let whole =
            sim.ask(format, "getCustomerProfileRequest", &n(&[("merchantCustomerId", t("C1"))])).await;
        assert_eq!(whole.get("profile/customerProfileId"), id);
        assert_eq!(sim.ask(format, "deleteCustomerPaymentProfileRequest", &both).await.code(), "I00001");
        assert_eq!(sim.ask(format, "deleteCustomerPaymentProfileRequest", &both).await.code(), "E00040");
        let alone = n(&[("customerProfileId", t(&id))]);
        assert_eq!(sim.ask(format, "deleteCustomerProfileRequest", &alone).await.code(), "I00001");
        let gone = sim.ask(format, "getCustomerProfileRequest", &alone).await;
        assert_eq!((gone.code().as_str(), gone.said().as_str()), ("E00040", "The record cannot be found."));
        assert_eq!(sim.ledger().await["tokens"], json!([]));
    }
}

#[tokio::test]
async fn members_stand_in_the_order_of_each_format() {
    let sim = Sim::new().await;
    let id = create(&sim, Format::Json, "C1", &[payment(CARD, "Ada")], "").await.get("customerProfileId");
    let ask = n(&[("customerProfileId", t(&id))]);
    let json = sim.ask(Format::Json, "getCustomerProfileRequest", &ask).await.text;
    let place = |text: &str, name: &str| text.find(name).unwrap_or_else(|| panic!("{name} in {text}"));
    let order = [
        "paymentProfiles",
        "profileType",
        "\"customerProfileId\"",
        "merchantCustomerId",
        "email",
        "messages",
    ];
    assert!(order.windows(2).all(|it| place(&json, it[0]) < place(&json, it[1])), "{json}");
    assert!(place(&json, "\"payment\":{") < place(&json, "\"billTo\":{"), "{json}");
    let xml = sim.ask(Format::Xml, "getCustomerProfileRequest", &ask).await.text;
    let order = [
        "<messages>",
        "<merchantCustomerId>",
        "<email>",
        "<customerProfileId>",
        "<paymentProfiles>",
        "<billTo>",
        "<payment>",
        "<profileType>",
    ];
    assert!(order.windows(2).all(|it| place(&xml, it[0]) < place(&xml, it[1])), "{xml}");
}

#[tokio::test]
async fn a_duplicate_names_the_one_that_is_there() {
    for format in BOTH {
        let sim = Sim::new().await;
        let id = create(&sim, format, "C1", &[payment(CARD, "Ada")], "").await.get("customerProfileId");
        let again = create(&sim, format, "C1", &[], "").await;
        assert_eq!(again.code(), "E00039");
        assert_eq!(again.said(), format!("A duplicate record with ID {id} already exists."));
        assert_eq!(again.get("customerProfileId"), "", "the id stands in the text alone");
        let twin = add(&sim, format, &id, payment(CARD, "Ada")).await;
        assert_eq!((twin.code(), twin.get("customerProfileId")), ("E00039".to_owned(), id.clone()));
        assert!(!twin.get("customerPaymentProfileId").is_empty());
        assert_eq!(add(&sim, format, &id, payment(CARD, "Eve")).await.code(), "I00001", "another name");
        for at in 2..10 {
            assert_eq!(add(&sim, format, &id, payment(CARD, &format!("N{at}"))).await.code(), "I00001");
        }
        let eleventh = add(&sim, format, &id, payment(CARD, "Last")).await;
        assert_eq!(eleventh.said(), "You cannot add more than 10 payment profiles.");
        assert_eq!(
            create(&sim, format, "C2", &[payment(CARD, "Ada")], "").await.code(),
            "I00001",
            "another customer"
        );
        let foreign =
            sim.by(format, 1, "getCustomerProfileRequest", &n(&[("customerProfileId", t(&id))])).await;
        assert_eq!(foreign.code(), "E00040");
    }
}

#[tokio::test]
async fn validation_is_what_was_asked_for() {
    let sim = Sim::new().await;
    // Nothing said, nothing checked: it is stored and fails when it is charged.
    let bad = create(&sim, Format::Json, "C1", &[payment("4111111111111112", "Ada")], "").await;
    assert_eq!(bad.code(), "I00001");
    let paid = charge(
        &sim,
        Format::Json,
        &bad.get("customerProfileId"),
        &bad.get("customerPaymentProfileIdList/0"),
        "1.00",
    )
    .await;
    assert_eq!((paid.outcome().as_str(), paid.code().as_str()), ("3/6", "E00027"));
    let refused = create(&sim, Format::Json, "C2", &[payment("4111111111111112", "Ada")], "testMode").await;
    assert_eq!(
        (refused.code().as_str(), refused.said().as_str()),
        ("E00027", "The credit card number is invalid.")
    );
    assert!(refused.get("validationDirectResponseList/0").starts_with("3,1,6,"), "{}", refused.text);
    assert_eq!(refused.get("customerPaymentProfileIdList"), "[]");
    let short = create(&sim, Format::Json, "C3", &[payment("1234", "Ada")], "").await;
    assert_eq!(short.said(), "The field length is invalid for Card Number.");
    let live = create(&sim, Format::Json, "C4", &[payment(CARD, "Ada")], "liveMode").await;
    let direct = live.get("validationDirectResponseList/0");
    assert_eq!(direct.split(',').count(), 69);
    let id = direct.split(',').nth(6).expect("an id").to_owned();
    assert_eq!(sim.rows(&id).await, ["authorization voided 0.00"]);
    let bare = n(&[(
        "payment",
        n(&[("creditCard", n(&[("cardNumber", t(CARD)), ("expirationDate", t("2030-12"))]))]),
    )]);
    let missing = create(&sim, Format::Json, "C5", &[bare], "liveMode").await;
    assert!(missing.get("validationDirectResponseList/0").starts_with("3,1,290,"), "{}", missing.text);
    let empty = sim.ask(Format::Json, "createCustomerProfileRequest", &n(&[("profile", n(&[]))])).await;
    assert_eq!(empty.code(), "E00041");
}

#[tokio::test]
async fn a_new_profile_can_be_unknown_for_a_while() {
    let sim = Sim::new().await;
    sim.switch("newProfileMisses", json!(2)).await;
    let made = create(&sim, Format::Json, "C1", &[payment(CARD, "Ada")], "").await;
    let (id, card) = (made.get("customerProfileId"), made.get("customerPaymentProfileIdList/0"));
    assert_eq!(charge(&sim, Format::Json, &id, &card, "1.00").await.code(), "E00040");
    assert_eq!(add(&sim, Format::Json, &id, payment(CARD, "Eve")).await.code(), "E00040");
    assert_eq!(charge(&sim, Format::Json, &id, &card, "1.00").await.outcome(), "1/1");
    let second = add(&sim, Format::Json, &id, payment(CARD, "Eve")).await.get("customerPaymentProfileId");
    assert_eq!(charge(&sim, Format::Json, &id, &second, "2.00").await.code(), "E00040");
    assert_eq!(charge(&sim, Format::Json, &id, &second, "2.00").await.code(), "E00040");
    assert_eq!(charge(&sim, Format::Json, &id, &second, "2.00").await.outcome(), "1/1");
}

#[tokio::test]
async fn a_default_is_charged_where_none_is_named() {
    let sim = Sim::new().await;
    let id = create(&sim, Format::Json, "C1", &[payment(CARD, "Ada")], "").await.get("customerProfileId");
    let by_default = async || {
        let request = [
            ("transactionType", t("authCaptureTransaction")),
            ("amount", t("3.00")),
            ("profile", n(&[("customerProfileId", t(&id))])),
            ("transactionSettings", settings_of(&[("duplicateWindow", "0")])),
        ];
        sim.transaction(Format::Json, &request).await
    };
    assert_eq!(by_default().await.code(), "E00121");
    let Node::Many(mut one) = payment(CARD, "Eve") else { panic!("elements") };
    one.push(("defaultPaymentProfile", t("true")));
    let card = add(&sim, Format::Json, &id, Node::Many(one)).await.get("customerPaymentProfileId");
    assert_eq!(by_default().await.response("profile/customerPaymentProfileId"), card);
}

#[tokio::test]
async fn profiles_are_made_of_transactions() {
    for format in BOTH {
        let sim = Sim::new().await;
        let request = [
            ("transactionType", t("authCaptureTransaction")),
            ("amount", t("3.00")),
            ("payment", crate::support::card(CARD)),
            ("profile", n(&[("createProfile", t("true"))])),
            ("customer", n(&[("id", t("C9")), ("email", t("c9@merchant.example"))])),
        ];
        let paid = sim.transaction(format, &request).await;
        let id = paid.get("profileResponse/customerProfileId");
        assert_eq!(id.len(), 9, "{}", paid.text);
        let card = paid.get("profileResponse/customerPaymentProfileIdList/0");
        assert_eq!(charge(&sim, format, &id, &card, "4.00").await.outcome(), "1/1");
        let sale = sim.sale(format, "8.00").await;
        let none = sim
            .ask(format, "createCustomerProfileFromTransactionRequest", &n(&[("transId", t(&sale))]))
            .await;
        assert_eq!(none.code(), "E00102");
        let named = n(&[("transId", t(&sale)), ("customer", n(&[("merchantCustomerId", t("C10"))]))]);
        let made = sim.ask(format, "createCustomerProfileFromTransactionRequest", &named).await;
        assert_eq!(made.get("customerProfileId").len(), 9, "{}", made.text);
        assert_eq!(sim.ask(format, "getCustomerProfileIdsRequest", &n(&[])).await.get("ids/0"), id);
        let wrong = n(&[("transId", t("1"))]);
        assert_eq!(
            sim.ask(format, "createCustomerProfileFromTransactionRequest", &wrong).await.code(),
            "E00099"
        );
    }
}

#[tokio::test]
async fn addresses_are_kept_with_their_customer() {
    for format in BOTH {
        let sim = Sim::new().await;
        let id = create(&sim, format, "C1", &[], "").await.get("customerProfileId");
        let address = n(&[("firstName", t("Ada")), ("zip", t("98004"))]);
        let inner = n(&[("customerProfileId", t(&id)), ("address", address.clone())]);
        let made =
            sim.ask(format, "createCustomerShippingAddressRequest", &inner).await.get("customerAddressId");
        let both = n(&[("customerProfileId", t(&id)), ("customerAddressId", t(&made))]);
        let got = sim.ask(format, "getCustomerShippingAddressRequest", &both).await;
        assert_eq!(got.get("address/zip"), "98004");
        let unknown = n(&[
            ("customerProfileId", t(&id)),
            ("address", n(&[("zip", t("1")), ("customerAddressId", t("1"))])),
        ]);
        let said = sim.ask(format, "updateCustomerShippingAddressRequest", &unknown).await.said();
        assert_eq!(said, "Cannot find the specified shipping address.");
        assert_eq!(sim.ask(format, "deleteCustomerShippingAddressRequest", &both).await.code(), "I00001");
        assert_eq!(sim.ask(format, "getCustomerShippingAddressRequest", &both).await.code(), "E00040");
    }
}

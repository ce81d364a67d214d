//! Accept Hosted: §2.12, the page as a browser sees it.

use serde_json::{Value, json};

use crate::support::{BOTH, CARD, Format, Node, Sim, n, t};

const URL: &str = "http://127.0.0.1:9/back?o=42";
const CANCEL: &str = "http://127.0.0.1:9/cancel";

fn options(more: &[(&str, &str)]) -> Node {
    let back = format!("{{\"showReceipt\":false,\"url\":\"{URL}\",\"cancelUrl\":\"{CANCEL}\"}}");
    let one = |(name, value): &(&str, &str)| {
        ("setting", n(&[("settingName", t(name)), ("settingValue", t(value))]))
    };
    let named = more.iter().any(|it| it.0 == "hostedPaymentReturnOptions");
    let first = (!named).then(|| one(&("hostedPaymentReturnOptions", back.as_str())));
    Node::Many(first.into_iter().chain(more.iter().map(one)).collect())
}

fn request(more: &[(&'static str, Node)]) -> Vec<(&'static str, Node)> {
    let mut all = vec![("transactionType", t("authCaptureTransaction")), ("amount", t("12.50"))];
    all.extend(more.iter().cloned());
    all
}

async fn open(sim: &Sim, format: Format, request: Vec<(&'static str, Node)>, options: Node) -> String {
    let inner = n(&[("transactionRequest", Node::Many(request)), ("hostedPaymentSettings", options)]);
    let answer = sim.ask(format, "getHostedPaymentPageRequest", &inner).await;
    assert_eq!(answer.code(), "I00001", "{}", answer.text);
    answer.get("token")
}

/// A form as a browser posts it: status, where it leads, the page.
async fn post(sim: &Sim, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer = sim.send("POST", path, "application/x-www-form-urlencoded", &body).await.expect("an answer");
    let location =
        answer.headers().get("location").and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    (answer.status().as_u16(), location, answer.text().await.expect("text"))
}

async fn pay(sim: &Sim, token: &str, number: &str, more: &[(&str, &str)]) -> (u16, String, String) {
    let mut fields = vec![("token", token), ("cardNum", number), ("expiryDate", "12/30"), ("cvv", "900")];
    fields.extend(more);
    post(sim, "/payment/submit", &fields).await
}

#[tokio::test]
async fn a_payment_leads_back_without_a_word_of_it() {
    for format in BOTH {
        let sim = Sim::new().await;
        let order = [("order", n(&[("invoiceNumber", t("INV-9")), ("description", t("A <b>"))]))];
        let token = open(&sim, format, request(&order), options(&[])).await;
        assert!(token.len() > 100, "{token}");
        let (status, _, page) = post(&sim, "/payment/payment", &[("token", &token)]).await;
        assert_eq!(status, 200);
        for shown in ["INV-9", "A &lt;b&gt;", "$12.50", "id=\"cardNum\"", "id=\"payBtn\"", "id=\"cancelBtn\""]
        {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let (status, location, _) = pay(&sim, &token, CARD, &[("zip", "98004")]).await;
        assert_eq!((status, location.as_str()), (303, URL));
        let ledger = sim.ledger().await;
        let row = &ledger["transactions"][0];
        assert_eq!(
            [&row["kind"], &row["status"], &row["amount"], &row["reference"], &row["setupId"]],
            [&json!("sale"), &json!("approved"), &json!("12.50"), &json!("INV-9"), &json!(token)]
        );
        assert_eq!(ledger["setups"][0]["status"], "completed");
        // The same form again charges nothing.
        let (_, _, again) = pay(&sim, &token, CARD, &[("zip", "98004")]).await;
        assert!(again.contains("made already"), "{again}");
        assert_eq!(sim.ledger().await["transactions"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_decline_stays_and_shows_nothing_of_the_card() {
    let sim = Sim::new().await;
    let token = open(&sim, Format::Json, request(&[]), options(&[])).await;
    let (status, _, page) = pay(&sim, &token, CARD, &[("zip", "46282"), ("firstName", "Ada")]).await;
    assert_eq!(status, 200);
    assert!(page.contains("This transaction has been declined.") && page.contains("value=\"Ada\""), "{page}");
    assert!(!page.contains(CARD) && !page.contains("value=\"900\"") && !page.contains("12/30"), "{page}");
    let (status, location, _) = pay(&sim, &token, CARD, &[("zip", "98004")]).await;
    assert_eq!((status, location.as_str()), (303, URL));
    let ledger = sim.ledger().await;
    let statuses: Vec<&Value> =
        ledger["transactions"].as_array().expect("rows").iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, ["declined", "approved"]);
}

#[tokio::test]
async fn bad_input_is_said_all_at_once() {
    let sim = Sim::new().await;
    let required = [
        ("hostedPaymentPaymentOptions", "{\"cardCodeRequired\":true}"),
        ("hostedPaymentBillingAddressOptions", "{\"show\":true,\"required\":true}"),
    ];
    let token = open(&sim, Format::Json, request(&[]), options(&required)).await;
    let (_, _, page) = post(&sim, "/payment/submit", &[("token", &token)]).await;
    for said in [
        "Card number is required",
        "Expiration date is required",
        "Card code is required",
        "Last name is required",
        "Zip code is required",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let fields =
        [("token", token.as_str()), ("cardNum", "4111111111111112"), ("expiryDate", "13/30"), ("cvv", "9")];
    let (_, _, page) = post(&sim, "/payment/submit", &fields).await;
    for said in ["Card number is not valid", "Expiration date is not valid", "Card code is not valid"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let fields = [("token", token.as_str()), ("cardNum", CARD), ("expiryDate", "12/25"), ("cvv", "900")];
    assert!(post(&sim, "/payment/submit", &fields).await.2.contains("The card has expired"));
    assert_eq!(sim.ledger().await["transactions"], json!([]));
}

#[tokio::test]
async fn a_page_ends_by_cancel_and_by_time() {
    let sim = Sim::new().await;
    let token = open(&sim, Format::Json, request(&[]), options(&[])).await;
    let (status, location, _) = post(&sim, "/payment/submit", &[("token", &token), ("cancel", "1")]).await;
    assert_eq!((status, location.as_str()), (303, CANCEL));
    assert!(pay(&sim, &token, CARD, &[]).await.2.contains("was cancelled"));
    sim.switch("cancelEndsPage", json!(false)).await;
    let open_still = open(&sim, Format::Json, request(&[]), options(&[])).await;
    post(&sim, "/payment/submit", &[("token", &open_still), ("cancel", "1")]).await;
    assert_eq!(pay(&sim, &open_still, CARD, &[]).await.0, 303);
    let late = open(&sim, Format::Json, request(&[]), options(&[])).await;
    sim.advance(899).await;
    assert!(post(&sim, "/payment/payment", &[("token", &late)]).await.2.contains("1 more minute."));
    sim.advance(1).await;
    assert!(pay(&sim, &late, CARD, &[]).await.2.contains("The payment token has expired."));
    for wrong in ["", "nothing"] {
        assert!(
            post(&sim, "/payment/payment", &[("token", wrong)]).await.2.contains("Missing or invalid token")
        );
    }
    let ledger = sim.ledger().await;
    let ends: Vec<&Value> =
        ledger["setups"].as_array().expect("pages").iter().map(|it| &it["status"]).collect();
    assert_eq!(ends, ["cancelled", "completed", "expired"]);
}

#[tokio::test]
async fn a_receipt_a_communicator_and_a_browser_that_is_lost() {
    let sim = Sim::new().await;
    let receipt = (
        "hostedPaymentReturnOptions",
        "{\"showReceipt\":true,\"url\":\"http://127.0.0.1:9/done\",\"urlText\":\"On\"}",
    );
    let token = open(&sim, Format::Json, request(&[]), options(&[receipt])).await;
    let (_, _, page) = pay(&sim, &token, CARD, &[]).await;
    assert!(page.contains("href=\"http://127.0.0.1:9/done\">On</a>") && page.contains("XXXX1111"), "{page}");
    // The text "true" does not work: only a boolean does.
    let texts =
        ("hostedPaymentReturnOptions", "{\"showReceipt\":\"false\",\"url\":\"http://127.0.0.1:9/done\"}");
    let token = open(&sim, Format::Json, request(&[("poNumber", t("2"))]), options(&[texts])).await;
    assert_eq!(pay(&sim, &token, CARD, &[]).await.0, 200);
    let frame = ("hostedPaymentIFrameCommunicatorUrl", "{\"url\":\"http://127.0.0.1:9/frame\"}");
    let token = open(&sim, Format::Json, request(&[("poNumber", t("3"))]), options(&[frame])).await;
    let (_, _, page) = pay(&sim, &token, CARD, &[]).await;
    assert!(
        page.contains("src=\"http://127.0.0.1:9/frame#action=transactResponse&amp;response=%7B"),
        "{page}"
    );
    assert!(page.contains("transId") && !page.contains("refId"), "{page}");
    let token = open(&sim, Format::Json, request(&[("poNumber", t("4"))]), options(&[])).await;
    sim.control("POST", "faults", &json!({ "operation": "HostedPayment", "action": "no_redirect" })).await;
    let (status, location, _) = pay(&sim, &token, CARD, &[]).await;
    assert_eq!((status, location.as_str()), (200, ""));
    assert_eq!(sim.ledger().await["setups"][3]["status"], "completed");
    let token = open(&sim, Format::Json, request(&[("poNumber", t("5"))]), options(&[])).await;
    sim.control("POST", "faults", &json!({ "operation": "HostedPayment", "action": "cut_after" })).await;
    let body = format!("token={token}&cardNum={CARD}&expiryDate=12/30");
    let cut = sim.send("POST", "/payment/submit", "application/x-www-form-urlencoded", &body).await;
    assert!(cut.is_err());
    assert_eq!(sim.ledger().await["setups"][4]["status"], "completed");
}

#[tokio::test]
async fn a_card_is_kept_with_its_customer_where_the_person_says_so() {
    let sim = Sim::new().await;
    let profile = n(&[("profile", n(&[("merchantCustomerId", t("C1"))]))]);
    let id = sim.ask(Format::Json, "createCustomerProfileRequest", &profile).await.get("customerProfileId");
    let customer = [("profile", n(&[("customerProfileId", t(&id))]))];
    let keeps = [("hostedPaymentCustomerOptions", "{\"addPaymentProfile\":true}")];
    let token = open(&sim, Format::Json, request(&customer), options(&keeps)).await;
    assert!(post(&sim, "/payment/payment", &[("token", &token)]).await.2.contains("savePaymentMethod"));
    pay(&sim, &token, CARD, &[("savePaymentMethod", "1")]).await;
    let ledger = sim.ledger().await;
    assert_eq!(ledger["tokens"][0]["customerProfileId"], json!(id));
    assert_eq!(ledger["transactions"][0]["token"], ledger["tokens"][0]["id"]);
    let unknown = n(&[(
        "transactionRequest",
        Node::Many(request(&[("profile", n(&[("customerProfileId", t("1"))]))])),
    )]);
    assert_eq!(sim.ask(Format::Json, "getHostedPaymentPageRequest", &unknown).await.code(), "E00040");
    let paid = n(&[("transactionRequest", Node::Many(request(&[("payment", crate::support::card(CARD))])))]);
    assert_eq!(sim.ask(Format::Json, "getHostedPaymentPageRequest", &paid).await.code(), "E00119");
    let settings = n(&[
        ("transactionRequest", Node::Many(request(&[]))),
        ("hostedPaymentSettings", options(&[("hostedPaymentOrderOptions", "show")])),
    ]);
    let wrong = sim.ask(Format::Json, "getHostedPaymentPageRequest", &settings).await;
    assert_eq!(wrong.said(), "hostedPaymentOrderOptions is invalid.");
}

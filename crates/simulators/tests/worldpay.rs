//! The simulated Worldpay Express over HTTP, against the facts (worldpay-express.md), without Kontor.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole crate is tests; a helper that fails is a test that fails"
)]

use std::sync::Arc;

use kontor_simulators::{
    Settings,
    worldpay::{self, Running, TEST_CARD},
};
use serde_json::{Value, json};

const TRANSACTION: &str = "https://transaction.elementexpress.com";
const REPORTING: &str = "https://reporting.elementexpress.com";

fn settings() -> Settings {
    let now = "2026-01-15T16:15:00Z".parse().expect("a time");
    Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(move || now))
}

struct Sim {
    running: Running,
    client: reqwest::Client,
}

impl Sim {
    async fn start(settings: Settings) -> Self {
        let running = worldpay::start(settings).await.expect("it listens");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { running, client }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request =
            self.client.request(method.parse().expect("a method"), format!("{}{path}", self.running.url()));
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    async fn xml(&self, body: &str) -> String {
        self.send("POST", "/", body).await.1
    }

    fn account(&self, place: usize) -> String {
        let all = self.running.credentials();
        let of = |key: &str| all[place][key].as_str().expect("text").to_owned();
        format!(
            "<Credentials><AccountID>{}</AccountID><AccountToken>{}</AccountToken><AcceptorID>{}</AcceptorID></Credentials>\
             <Application><ApplicationID>{}</ApplicationID></Application>",
            of("AccountId"),
            of("AccountToken"),
            of("AcceptorId"),
            of("ApplicationId")
        )
    }

    /// Opens a page; its id.
    async fn setup(&self, setup: &str, transaction: &str) -> String {
        let reply = self
            .xml(&format!(
                "<TransactionSetup xmlns='{TRANSACTION}'>{}<TransactionSetup><TransactionSetupMethod>1</TransactionSetupMethod>\
                 <ReturnURL>http://shop/return?o=42</ReturnURL>{setup}</TransactionSetup>\
                 <Transaction>{transaction}<ReferenceNumber>42</ReferenceNumber></Transaction></TransactionSetup>",
                self.account(0)
            ))
            .await;
        text(&reply, "TransactionSetupID").unwrap_or_else(|| panic!("{reply}"))
    }

    async fn pay(&self, id: &str, card: &str) -> String {
        let form = format!("cardNumber={card}&ddlExpirationMonth=12&ddlExpirationYear=29&CVV=123");
        self.send("POST", &format!("/?TransactionSetupID={id}"), &form).await.1
    }

    async fn query(&self, place: usize, parameters: &str) -> String {
        let account = self.account(place);
        self.xml(&format!(
            "<TransactionQuery xmlns='{REPORTING}'>{account}<Parameters>{parameters}</Parameters></TransactionQuery>"
        ))
        .await
    }

    async fn ledger(&self) -> Value {
        serde_json::from_str(&self.send("GET", "/_sim/ledger", "").await.1).expect("JSON")
    }
}

fn text(xml: &str, tag: &str) -> Option<String> {
    let after = xml.split_once(&format!("<{tag}>"))?.1;
    Some(after.split_once('<')?.0.to_owned())
}

const AMOUNT: &str = "<TransactionAmount>6.55</TransactionAmount>";

#[tokio::test]
async fn replies_are_one_line_in_the_recorded_order() {
    let sim = Sim::start(settings()).await;
    let reply =
        sim.xml(&format!("<HealthCheck xmlns=\"{TRANSACTION}\">{}</HealthCheck>", sim.account(0))).await;
    assert_eq!(
        reply,
        "<HealthCheckResponse xmlns='https://transaction.elementexpress.com'><Response>\
         <ExpressResponseCode>0</ExpressResponseCode><ExpressResponseMessage>ONLINE</ExpressResponseMessage>\
         <ExpressTransactionDate>20260115</ExpressTransactionDate><ExpressTransactionTime>101500</ExpressTransactionTime>\
         <ExpressTransactionTimezone>UTC-06:00:00</ExpressTransactionTimezone>\
         <Transaction><ProcessorName>NULL_PROCESSOR_TEST</ProcessorName></Transaction></Response></HealthCheckResponse>"
    );
}

#[tokio::test]
async fn the_three_layers_of_errors() {
    let sim = Sim::start(settings()).await;
    let layer_one = sim.xml("<HealthCheck/>").await;
    assert!(layer_one.starts_with(&format!("<Response xmlns='{TRANSACTION}'><Response>")), "{layer_one}");
    assert_eq!(text(&layer_one, "ExpressResponseMessage").as_deref(), Some("TargetNamespace required"));
    assert_eq!(text(&sim.xml("no xml").await, "ExpressResponseCode").as_deref(), Some("103"));
    let empty = "<Credentials><AccountID/><AccountToken/><AcceptorID/></Credentials><Application/>";
    let empty = sim.xml(&format!("<HealthCheck xmlns='{TRANSACTION}'>{empty}</HealthCheck>")).await;
    assert_eq!(text(&empty, "ExpressResponseMessage").as_deref(), Some("Invalid Request"));
    for (from, to, code) in
        [("1000001", "1000009", "102"), ("300000001", "300000009", "104"), ("20001", "20009", "104")]
    {
        let wrong = sim.account(0).replace(from, to);
        let reply = sim.xml(&format!("<HealthCheck xmlns='{TRANSACTION}'>{wrong}</HealthCheck>")).await;
        assert_eq!(text(&reply, "ExpressResponseCode").as_deref(), Some(code), "{reply}");
        assert!(reply.starts_with("<HealthCheckResponse "), "{reply}");
    }
    for (setup, transaction, message) in [
        ("", AMOUNT, "TransactionSetupMethod required"),
        ("<TransactionSetupMethod>5</TransactionSetupMethod>", AMOUNT, "TransactionSetupMethod invalid"),
        (
            "<TransactionSetupMethod>1</TransactionSetupMethod><ReturnURL>http://a/</ReturnURL>",
            "",
            "TransactionAmount required",
        ),
        (
            "<TransactionSetupMethod>1</TransactionSetupMethod>",
            "<TransactionAmount>6,55</TransactionAmount>",
            "TransactionAmount invalid",
        ),
        ("<TransactionSetupMethod>1</TransactionSetupMethod>", AMOUNT, "ReturnURL required"),
        (
            "<TransactionSetupMethod>1</TransactionSetupMethod><ReturnURL>javascript:a</ReturnURL>",
            AMOUNT,
            "ReturnURL invalid",
        ),
    ] {
        let account = sim.account(0);
        let body =
            format!("<TransactionSetup>{setup}</TransactionSetup><Transaction>{transaction}</Transaction>");
        let reply = sim
            .xml(&format!("<TransactionSetup xmlns='{TRANSACTION}'>{account}{body}</TransactionSetup>"))
            .await;
        assert_eq!(text(&reply, "ExpressResponseMessage").as_deref(), Some(message));
        assert_eq!(text(&reply, "ExpressResponseCode").as_deref(), Some("101"));
    }
}

#[tokio::test]
async fn reports_have_their_quirks_and_belong_to_their_account() {
    let sim = Sim::start(settings()).await;
    let id = sim.setup("", AMOUNT).await;
    let none = sim.query(0, &format!("<TransactionSetupID>{id}</TransactionSetupID>")).await;
    assert_eq!(text(&none, "ExpressResponseCode").as_deref(), Some("90"));
    assert!(none.contains("<ReportingData><Items /></ReportingData>"), "{none}");
    sim.pay(&id, "9999999999999995").await;
    sim.pay(&id, TEST_CARD).await;
    // The page alone decides: the other filter is ignored.
    let by_page = format!(
        "<TransactionSetupID>{}</TransactionSetupID><TransactionID>1</TransactionID>",
        id.to_lowercase()
    );
    let found = sim.query(0, &by_page).await;
    assert_eq!(found.matches("<Item>").count(), 2, "{found}");
    assert!(found.contains("<CVVResponseCode>M         </CVVResponseCode>"), "{found}");
    assert!(
        found.contains(&format!("<TransactionSetupID>{}</TransactionSetupID>", id.to_lowercase())),
        "{found}"
    );
    assert!(
        found.contains("<TransactionStatusCode>13</TransactionStatusCode>")
            && found.contains("INVALID CARD INFO"),
        "{found}"
    );
    let newest = sim.query(0, "<ReferenceNumber>42</ReferenceNumber><ReverseOrder>1</ReverseOrder>").await;
    assert_eq!(text(&newest, "TransactionStatus").as_deref(), Some("Approved"));
    let window = |begin: &str, end: &str| {
        format!(
            "<TransactionDateTimeBegin>{begin}</TransactionDateTimeBegin><TransactionDateTimeEnd>{end}</TransactionDateTimeEnd>"
        )
    };
    let inside = sim.query(0, &window("2026-01-15 10:15:00.000", "2026-01-15 10:15:00.000")).await;
    assert_eq!(inside.matches("<Item>").count(), 2);
    let before = sim.query(0, &window("2026-01-14", "2026-01-15")).await;
    assert_eq!(text(&before, "ExpressResponseCode").as_deref(), Some("90"));
    assert_eq!(text(&sim.query(0, "").await, "ExpressResponseCode").as_deref(), Some("101"));
    let foreign = sim.query(1, &format!("<TransactionSetupID>{id}</TransactionSetupID>")).await;
    assert_eq!(text(&foreign, "ExpressResponseCode").as_deref(), Some("90"));
    sim.send("POST", "/_sim/clock", "{\"advanceSeconds\": 86400}").await;
    let settled = sim.query(0, &format!("<TransactionSetupID>{id}</TransactionSetupID>")).await;
    assert!(settled.contains("<TransactionStatusCode>15</TransactionStatusCode>"), "{settled}");
    assert_eq!(sim.ledger().await["transactions"][1]["status"], "settled");
}

#[tokio::test]
async fn the_page_is_branded_and_its_style_stays_a_style() {
    let sim = Sim::start(settings()).await;
    let css = "<CustomCss>a &gt; b{} &lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;</CustomCss>";
    let brand = "<CompanyName>Shop &lt;b&gt;</CompanyName><ProcessTransactionTitle>Pay Now</ProcessTransactionTitle><CVVRequired>1</CVVRequired>";
    let id = sim.setup(&format!("{css}{brand}"), AMOUNT).await;
    let page = sim.send("GET", &format!("/?transactionsetupid={id}"), "").await.1;
    assert!(page.contains("Shop &lt;b&gt;") && page.contains("Pay Now") && page.contains("*CVV"), "{page}");
    assert!(page.contains("a > b{}") && !page.contains("<script>alert"), "{page}");
    for hook in [
        "cardNumber",
        "ddlExpirationMonth",
        "ddlExpirationYear",
        "CVV",
        "submit",
        "btnCancel",
        "tableTransactionEntry",
        "divRequiredLegend",
    ] {
        assert!(page.contains(&format!("id=\"{hook}\"")), "{hook}");
    }
    let embedded = sim.setup("<Embedded>1</Embedded><CompanyName>Shop</CompanyName>", AMOUNT).await;
    let page = sim.send("GET", &format!("/?TransactionSetupID={embedded}"), "").await.1;
    assert!(!page.contains("Shop") && !page.contains("id=\"trFooter\""), "{page}");
}

#[tokio::test]
async fn a_page_ends_once_and_leads_back_as_it_was_asked_to() {
    let sim = Sim::start(settings()).await;
    let id = sim.setup("<AutoReturn>1</AutoReturn>", AMOUNT).await;
    let back = sim.pay(&id, TEST_CARD).await;
    assert!(
        back.contains("redirect(\"http://shop/return?o=42&HostedPaymentStatus=Complete&TransactionSetupID="),
        "{back}"
    );
    assert!(!back.contains(TEST_CARD), "{back}");
    assert!(sim.pay(&id, TEST_CARD).await.contains("already"));
    assert!(sim.send("GET", &format!("/?TransactionSetupID={id}"), "").await.1.contains("already"));
    let link = sim
        .setup(
            "<AutoReturn>0</AutoReturn><ReturnURLTitle>Back</ReturnURLTitle>",
            "<TransactionAmount>7</TransactionAmount>",
        )
        .await;
    let shown = sim.pay(&link, TEST_CARD).await;
    assert!(shown.contains(">Back</a>") && !shown.contains("<script>"), "{shown}");
    assert!(shown.contains("ApprovedAmount=7.00"), "{shown}");
    let posted = Sim::start(Settings { return_by_post: true, ..settings() }).await;
    let id = posted.setup("<AutoReturn>1</AutoReturn>", AMOUNT).await;
    let form = posted.pay(&id, TEST_CARD).await;
    assert!(
        form.contains("method=\"post\" action=\"http://shop/return?o=42\"")
            && form.contains("name=\"ValidationCode\""),
        "{form}"
    );
}

#[tokio::test]
async fn bad_input_stays_on_the_page_and_nothing_is_recorded() {
    let sim = Sim::start(settings()).await;
    let id = sim.setup("<CVVRequired>1</CVVRequired>", AMOUNT).await;
    let path = format!("/?TransactionSetupID={id}");
    for (form, said) in [
        ("", "Card Number is required"),
        ("cardNumber=abc", "Card Number is not valid"),
        ("cardNumber=4111111111111111", "Expiration month and year"),
        ("cardNumber=4111111111111111&ddlExpirationMonth=12&ddlExpirationYear=25", "has expired"),
        ("cardNumber=4111111111111111&ddlExpirationMonth=12&ddlExpirationYear=29", "CVV is required"),
        (
            "cardNumber=4111111111111111&ddlExpirationMonth=12&ddlExpirationYear=29&CVV=12a",
            "CVV is not valid",
        ),
    ] {
        let page = sim.send("POST", &path, form).await.1;
        assert!(page.contains(said), "{form}: {page}");
        assert!(!page.contains("value=\"4111"), "{page}");
    }
    assert_eq!(sim.ledger().await["transactions"], json!([]));
    sim.pay(&id, TEST_CARD).await;
    let again = sim.setup("", AMOUNT).await;
    assert!(sim.pay(&again, TEST_CARD).await.contains("Duplicate"));
    let allowed = format!("{AMOUNT}<DuplicateCheckDisableFlag>1</DuplicateCheckDisableFlag>");
    let allowed = sim.setup("", &allowed).await;
    assert!(sim.pay(&allowed, TEST_CARD).await.contains("HostedPaymentStatus=Complete"));
}

#[tokio::test]
async fn a_page_lives_for_its_window_and_can_be_ended_early() {
    let sim = Sim::start(settings()).await;
    let expire = |place: usize, id: String| {
        let account = sim.account(place);
        let body =
            format!("<TransactionSetup><TransactionSetupID>{id}</TransactionSetupID></TransactionSetup>");
        format!("<TransactionSetupExpire xmlns='{TRANSACTION}'>{account}{body}</TransactionSetupExpire>")
    };
    let code = |reply: String| text(&reply, "ExpressResponseCode").expect("a code");
    let first = sim.setup("", AMOUNT).await;
    assert_eq!(code(sim.xml(&expire(1, first.clone())).await), "101", "another's page");
    assert_eq!(code(sim.xml(&expire(0, first.clone())).await), "0");
    assert!(sim.pay(&first, TEST_CARD).await.contains("TransactionSetupID expired"));
    let second = sim.setup("", AMOUNT).await;
    sim.send("POST", "/_sim/clock", "{\"advanceSeconds\": 599}").await;
    assert!(sim.send("GET", &format!("/?TransactionSetupID={second}"), "").await.1.contains("id=\"submit\""));
    sim.send("POST", "/_sim/clock", "{\"advanceSeconds\": 1}").await;
    assert!(sim.pay(&second, TEST_CARD).await.contains("TransactionSetupID expired"));
    let third = sim.setup("", AMOUNT).await;
    sim.pay(&third, TEST_CARD).await;
    assert_eq!(code(sim.xml(&expire(0, third)).await), "103", "it is completed");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_and_a_file_outlives_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = Some(folder.path().join("simulators.db"));
    let one = Sim::start(Settings { state: state.clone(), ..settings() }).await;
    let id = one.setup("", AMOUNT).await;
    one.pay(&id, TEST_CARD).await;
    let known = one.ledger().await;
    one.running.stop().await;
    let two = Sim::start(Settings { state, ..settings() }).await;
    assert_eq!(two.ledger().await, known);
    assert_ne!(two.setup("", AMOUNT).await, id, "the row of ids goes on");
    two.send("POST", "/_sim/reset", "").await;
    assert_eq!(two.ledger().await["transactions"], json!([]));
    let fresh = Sim::start(settings()).await;
    assert_eq!(fresh.setup("", AMOUNT).await, id);
    let bytes = std::fs::read(folder.path().join("simulators.db")).expect("the file");
    assert!(!bytes.windows(16).any(|it| it == TEST_CARD.as_bytes()));
}

#[tokio::test]
async fn a_scripted_fault_happens_as_scripted() {
    let sim = Sim::start(settings()).await;
    let health = format!("<HealthCheck xmlns='{TRANSACTION}'>{}</HealthCheck>", sim.account(0));
    let script = |fault: Value| {
        let (sim, text) = (&sim, fault.to_string());
        async move { assert_eq!(sim.send("POST", "/_sim/faults", &text).await.0, 200) }
    };
    script(json!({ "operation": "HealthCheck", "action": "cut_before" })).await;
    let cut = sim.client.post(sim.running.url()).body(health.clone()).send().await;
    assert!(cut.is_err());
    script(json!({ "operation": "HealthCheck", "action": "status", "status": 500 })).await;
    assert_eq!(sim.send("POST", "/", &health).await.0, 500);
    script(json!({ "operation": "Health*", "action": "truncate" })).await;
    assert!(!sim.xml(&health).await.ends_with("</HealthCheckResponse>"));
    script(json!({ "operation": "*", "action": "body", "body": "hello" })).await;
    assert_eq!(sim.xml(&health).await, "hello");
    script(json!({ "operation": "TransactionSetup", "action": "wrong_id" })).await;
    let wrong = sim.setup("", AMOUNT).await;
    let right = sim.ledger().await["setups"][0]["id"].as_str().expect("an id").to_owned();
    assert_ne!(wrong, right);
    assert_eq!(wrong.len(), right.len());
    assert_eq!(
        sim.send("POST", "/_sim/faults", "{\"operation\": \"*\", \"action\": \"explode\"}").await.0,
        400
    );
    assert_eq!(sim.send("GET", "/_sim/nothing", "").await.0, 404);
    assert!(sim.xml(&health).await.ends_with("</HealthCheckResponse>"), "faults are spent");
}

//! The simulated Intuit over HTTP, against the facts (quickbooks-online.md §1), without Kontor: what becomes of a code,
//! of a refresh token, and of two refreshes at once. Time is moved, and what is under way is held: nothing waits.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole crate is tests; a helper that fails is a test that fails"
)]

use std::sync::Arc;

use kontor_simulators::{
    Running, Settings,
    quickbooks::{self, ParallelRefresh},
};
use reqwest::header::LOCATION;
use serde_json::{Value, json};

const BACK: &str = "http://localhost:8080/api/integrations/QuickBooks/callback";
const TOKENS: &str = "/oauth2/v1/tokens/bearer";
const DAY: i64 = 86_400;

fn settings() -> Settings {
    let now = "2026-01-15T16:15:00Z".parse().expect("a time");
    Settings::new(([127, 0, 0, 1], 0).into(), Arc::new(move || now))
}

struct Sim {
    running: Running,
    client: reqwest::Client,
}

impl Sim {
    async fn start(change: impl FnOnce(&mut quickbooks::Choices)) -> Arc<Self> {
        let mut settings = settings();
        change(&mut settings.quickbooks);
        let running = quickbooks::start(settings).await.expect("it listens");
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Arc::new(Self { running, client: client.build().expect("a client") })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    fn app(&self, key: &str) -> String {
        self.running.credentials()[key].as_str().expect("text").to_owned()
    }

    /// A person consents at the page; where the browser is sent.
    async fn consent(&self, redirect_uri: &str) -> (u16, String) {
        let mut url = url::Url::parse(&self.url("/connect/oauth2")).expect("an address");
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.app("clientId").as_str()),
            ("response_type", "code"),
            ("scope", "com.intuit.quickbooks.accounting"),
            ("redirect_uri", redirect_uri),
            ("state", "s"),
        ]);
        let company = quickbooks::companies().next().expect("a company");
        let form = [("decision", "connect"), ("realmId", company)];
        let answer = self.client.post(url).form(&form).send().await.expect("an answer");
        let to = answer.headers().get(LOCATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
        (answer.status().as_u16(), to.to_owned())
    }

    async fn code(&self) -> String {
        let (status, to) = self.consent(BACK).await;
        assert_eq!(status, 302);
        let to = url::Url::parse(&to).expect("an address");
        to.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }

    /// Asks the token endpoint.
    async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.client.post(self.url(TOKENS));
        let request = request.basic_auth(self.app("clientId"), Some(self.app("clientSecret")));
        let answer = request.form(form).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn exchange(&self, code: &str, redirect_uri: &str) -> (u16, Value) {
        self.token(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)])
            .await
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A new connection's tokens.
    async fn connected(&self) -> Value {
        let (status, tokens) = self.exchange(&self.code().await, BACK).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    /// Whether the company's data is given to whoever has the token.
    async fn opens(&self, tokens: &Value) -> bool {
        let company = quickbooks::companies().next().expect("a company");
        let path = format!("/v3/company/{company}/companyinfo/{company}");
        let request = self.client.get(self.url(&path)).bearer_auth(text(tokens, "access_token"));
        request.send().await.expect("an answer").status() == 200
    }

    async fn control(&self, path: &str, body: Value) {
        let answer = self.client.post(self.url(path)).body(body.to_string()).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn later(&self, seconds: i64) {
        self.control("/_sim/clock", json!({ "advanceSeconds": seconds })).await;
    }

    async fn held(&self) -> u64 {
        let answer = self.client.get(self.url("/_sim/faults")).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")["held"].as_u64().expect("a number")
    }

    /// Two refreshes with one token, of which the second comes while the first is under way.
    async fn two_at_once(self: &Arc<Self>) -> ((u16, Value), (u16, Value)) {
        let tokens = self.connected().await;
        let token = text(&tokens, "refresh_token").to_owned();
        self.control("/_sim/faults", json!({ "operation": format!("POST {TOKENS}"), "action": "hold" }))
            .await;
        let first = {
            let (sim, token) = (Arc::clone(self), token.clone());
            tokio::spawn(async move { sim.refresh(&token).await })
        };
        while self.held().await == 0 {
            assert!(!first.is_finished(), "it was not held");
        }
        let second = self.refresh(&token).await;
        assert!(!first.is_finished(), "held until it is let go");
        self.control("/_sim/release", json!({})).await;
        (first.await.expect("it ran"), second)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

fn refused((status, answer): &(u16, Value)) -> bool {
    *status == 400 && answer["error"] == "invalid_grant"
}

#[tokio::test]
async fn a_refresh_token_stays_for_a_day_and_is_then_replaced() {
    let sim = Sim::start(|_| {}).await;
    let first = sim.connected().await;
    assert_eq!(first["x_refresh_token_expires_in"], 8_640_000);
    sim.later(DAY - 1).await;
    let (_, same) = sim.refresh(text(&first, "refresh_token")).await;
    assert_eq!(same["refresh_token"], first["refresh_token"]);
    assert_ne!(same["access_token"], first["access_token"]);
    assert_eq!(same["x_refresh_token_expires_in"], 8_640_000, "its time begins anew");
    sim.later(1).await;
    let (_, next) = sim.refresh(text(&first, "refresh_token")).await;
    assert_ne!(next["refresh_token"], first["refresh_token"]);
    assert!(refused(&sim.refresh(text(&first, "refresh_token")).await), "the old one ends at once");
    assert!(sim.opens(&next).await, "and the connection lives on");
    assert_eq!(sim.refresh(text(&next, "refresh_token")).await.0, 200);
}

#[tokio::test]
async fn where_the_old_one_has_grace_it_leads_to_the_new_one() {
    let sim = Sim::start(|it| it.old_refresh_grace_seconds = 60).await;
    let first = sim.connected().await;
    sim.later(DAY).await;
    let (_, next) = sim.refresh(text(&first, "refresh_token")).await;
    sim.later(59).await;
    let (status, again) = sim.refresh(text(&first, "refresh_token")).await;
    assert_eq!((status, &again["refresh_token"]), (200, &next["refresh_token"]));
    sim.later(1).await;
    assert!(refused(&sim.refresh(text(&first, "refresh_token")).await));
}

#[tokio::test]
async fn tokens_end_after_an_hour_after_a_hundred_days_and_after_five_years() {
    let sim = Sim::start(|_| {}).await;
    let mut tokens = sim.connected().await;
    sim.later(3_599).await;
    assert!(sim.opens(&tokens).await);
    sim.later(1).await;
    assert!(!sim.opens(&tokens).await);
    // Used every ninety-nine days it lives on, for 1,782 days; at 1,825, five years, it ends all the same.
    for round in 0..18 {
        sim.later(99 * DAY).await;
        let (status, next) = sim.refresh(text(&tokens, "refresh_token")).await;
        assert_eq!(status, 200, "round {round}");
        tokens = next;
    }
    let left = tokens["x_refresh_token_expires_in"].as_i64().expect("seconds");
    assert!(left < 8_640_000, "no longer than the connection itself: {left}");
    sim.later(left).await;
    assert!(refused(&sim.refresh(text(&tokens, "refresh_token")).await));

    let unused = sim.connected().await;
    sim.later(100 * DAY).await;
    assert!(refused(&sim.refresh(text(&unused, "refresh_token")).await));
}

#[tokio::test]
async fn a_code_is_good_once_for_a_while_and_for_its_own_address() {
    let sim = Sim::start(|_| {}).await;
    let code = sim.code().await;
    assert!(refused(&sim.exchange(&code, "http://localhost:8080/other").await));
    let (status, tokens) = sim.exchange(&code, BACK).await;
    assert_eq!(status, 200, "a wrong address does not use it up");
    assert!(refused(&sim.exchange(&code, BACK).await));
    assert!(!sim.opens(&tokens).await, "whoever has stolen a code has nothing of it");
    let late = sim.code().await;
    sim.later(300).await;
    assert!(refused(&sim.exchange(&late, BACK).await));
}

#[tokio::test]
async fn of_two_refreshes_at_once_the_second_is_refused() {
    let sim = Sim::start(|_| {}).await;
    let (first, second) = sim.two_at_once().await;
    assert_eq!(first.0, 200);
    assert!(refused(&second), "{second:?}");
    assert!(sim.opens(&first.1).await);
}

#[tokio::test]
async fn of_two_refreshes_at_once_both_succeed_where_that_is_chosen() {
    let sim = Sim::start(|it| it.parallel_refresh = ParallelRefresh::Succeeds).await;
    let (first, second) = sim.two_at_once().await;
    assert_eq!((first.0, second.0), (200, 200));
    assert!(sim.opens(&first.1).await && sim.opens(&second.1).await);
}

#[tokio::test]
async fn two_refreshes_at_once_end_the_connection_where_that_is_chosen() {
    let sim = Sim::start(|it| it.parallel_refresh = ParallelRefresh::RevokesAll).await;
    let (first, second) = sim.two_at_once().await;
    assert!(refused(&first) && refused(&second), "{first:?} {second:?}");
}

#[tokio::test]
async fn connecting_again_ends_the_older_connection_where_that_is_chosen() {
    for (newest_only, lives) in [(false, true), (true, false)] {
        let sim = Sim::start(|it| it.newest_only = newest_only).await;
        let older = sim.connected().await;
        let newer = sim.connected().await;
        assert_eq!((sim.opens(&older).await, sim.opens(&newer).await), (lives, true), "{newest_only}");
    }
}

#[tokio::test]
async fn people_are_sent_to_registered_addresses_alone() {
    let sim = Sim::start(|_| {}).await;
    let ours = "https://kontor.example/api/integrations/QuickBooks/callback";
    assert_eq!(sim.consent(ours).await, (400, String::new()), "nobody is sent to a stranger's");
    sim.control("/_sim/redirect-uris", json!({ "redirectUri": ours })).await;
    for kept in 0..2 {
        let (status, to) = sim.consent(ours).await;
        assert!(status == 302 && to.starts_with(&format!("{ours}?code=")), "{kept}: {status} {to}");
        assert_eq!(sim.consent(&format!("{ours}/")).await.0, 400, "to the letter");
        sim.control("/_sim/reset", json!({})).await;
    }
    for wrong in
        ["nowhere", "ftp://kontor.example/", "https://kontor.example/?a=1", "https://a@kontor.example/"]
    {
        let body = json!({ "redirectUri": wrong }).to_string();
        let answer =
            sim.client.post(sim.url("/_sim/redirect-uris")).body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{wrong}");
    }
}

//! One client of many: does something, and does not give up when the server goes under it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use super::{Dice, Steps};
use crate::{
    money::{
        rows,
        world::{CUSTOMER, World},
    },
    support::{
        Answer, CARD, Caller, DECLINED,
        judge::{Books, cents, list, text},
        until, way_back,
    },
};

/// What clients were told that was done: it has to be there in the end.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<BTreeMap<String, String>>>);

impl Kept {
    /// Somebody was told that the request of that key made this.
    fn add(&self, key: &str, id: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.insert(key.to_owned(), id.to_owned());
        assert!(before.is_none_or(|it| it == id), "the request {key} was done twice");
    }

    /// Everything that somebody was told of, and nothing twice for one key.
    pub(super) fn are_in(&self, books: &Books) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let payments = books.payments.iter().map(|it| text(it, "id").to_owned());
        let refunds =
            books.payments.iter().flat_map(|it| list(it, "refunds")).map(|it| text(&it, "id").to_owned());
        let there: Vec<String> = payments.chain(refunds).collect();
        for (key, id) in all.iter() {
            assert!(there.contains(id), "{id} of the request {key} is lost");
        }
        let mut keys: Vec<&str> =
            books.payments.iter().map(|it| text(it, "reference")).filter(|it| !it.is_empty()).collect();
        let many = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), many, "one request made two payments");
    }
}

pub(super) struct Client {
    admin: Caller,
    browser: Caller,
    number: u64,
    requests: u64,
    dice: Dice,
    steps: Steps,
    kept: Kept,
    /// Its customer's saved cards.
    cards: [String; 2],
}

impl Client {
    pub(super) async fn new(world: &World, number: u64, dice: Dice, steps: Steps, kept: Kept) -> Self {
        let cards = [world.card("AuthorizeNet").await, world.card("WorldPay").await];
        let browser = world.admin.as_other(None);
        Self { admin: world.admin.clone(), browser, number, requests: 0, dice, steps, kept, cards }
    }

    pub(super) async fn work(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            match self.dice.below(12) {
                0..=2 => self.pay_on_a_page().await,
                3 => self.send_a_cheque().await,
                4 | 5 => self.give_back().await,
                6 => self.apply_credit().await,
                7..=9 => self.charge_a_card().await,
                10 => self.undo().await,
                _ => self.ask_about_one().await,
            }
        }
    }

    fn key(&mut self) -> String {
        self.requests += 1;
        format!("client-{}-{}", self.number, self.requests)
    }

    fn note(&self, what: &str) {
        self.steps.add(format!("  {}: {what}", self.number));
    }

    /// Sends a request until the server is there to answer it; the same one again where an answer was cut off.
    async fn ask(&mut self, method: &str, path: &str, key: Option<&str>, body: Option<&Value>) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        let said = OnceLock::new();
        until("the server answers", async || {
            let sent = self.admin.try_send(method, path, &headers, body.map(Value::to_string)).await;
            sent.is_ok_and(|answer| said.set(answer).is_ok())
        })
        .await;
        let answer = said.into_inner().expect("an answer");
        self.note(&format!("{method} {path} {} -> {}", key.unwrap_or("-"), answer.status));
        answer
    }

    /// A request with a key, now and then sent twice. What it made is to be there in the end.
    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let key = self.key();
        self.post_as(path, &key, body).await
    }

    async fn post_as(&mut self, path: &str, key: &str, body: &Value) -> Answer {
        let answer = self.ask("POST", path, Some(key), Some(body)).await;
        self.keep(key, &answer);
        if self.dice.below(3) == 0 {
            let again = self.ask("POST", path, Some(key), Some(body)).await;
            self.keep(key, &again);
            let is_final = |it: &Answer| it.status < 400 || it.status == 422;
            if is_final(&answer) {
                assert_eq!((again.status, &again.text), (answer.status, &answer.text), "{path} {key}");
            }
            return again;
        }
        answer
    }

    fn keep(&self, key: &str, answer: &Answer) {
        if answer.status == 201 && answer.json()["amount"].is_number() {
            self.kept.add(key, text(&answer.json(), "id"));
        }
    }

    async fn invoice(&mut self) -> Option<(String, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "a few dollars")]
        let total = (100 + self.dice.below(9_900)) as f64 / 100.0;
        let body = json!({
            "customerNumber": CUSTOMER,
            "items": [{ "description": "Wool", "quantity": 1, "unitPrice": total, "taxable": false }],
        });
        let made = self.post("/api/invoices", &body).await;
        let id = (made.status == 201).then(|| made.json()["id"].as_str().map(str::to_owned)).flatten()?;
        let issued = self.ask("POST", &format!("/api/invoices/{id}/issue"), None, None).await;
        matches!(issued.status, 200 | 409).then_some((id, total))
    }

    /// A shopper's browser, which gives up when the page does not come.
    async fn shop(&mut self, page: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.browser.try_send("POST", page, &form, Some(body)).await.ok()
    }

    async fn pay_on_a_page(&mut self) {
        let Some((invoice, total)) = self.invoice().await else { return };
        for _ in 0..=self.dice.below(2) {
            let mut order = json!({
                "customerNumber": CUSTOMER, "transactionAmount": total, "applicationReturnUrl": "http://localhost:3000/",
            });
            if self.dice.below(4) > 0 {
                order["invoiceId"] = json!(invoice);
            }
            let setup = self.post(rows::SETUP, &order).await;
            if setup.status != 200 {
                continue;
            }
            let setup = setup.json();
            let page = text(&setup, "hostedPaymentUrl").to_owned();
            let card = *self.dice.of(&[CARD, CARD, CARD, DECLINED]);
            let fields = [
                ("cardNumber", card),
                ("ddlExpirationMonth", "12"),
                ("ddlExpirationYear", "39"),
                ("CVV", "123"),
            ];
            let cancel = [("btnCancel", "1")];
            let fields: &[(&str, &str)] = if self.dice.below(8) == 0 { &cancel } else { &fields };
            let shown = self.shop(&page, fields).await;
            self.note(&format!("on the page of {}", setup["paymentId"]));
            let Some(back) = shown.as_ref().and_then(way_back) else { continue };
            // Some never come back, some twice.
            for _ in 0..self.dice.below(3) {
                let answer = self.ask("GET", &back, None, None).await;
                assert!(answer.status == 303 || answer.status >= 500, "{} {}", answer.status, answer.text);
            }
        }
    }

    async fn send_a_cheque(&mut self) {
        let Some((invoice, total)) = self.invoice().await else { return };
        let part = self.dice.below(2) == 0;
        let amount = if part { (total * 50.0).floor() / 100.0 } else { total };
        for _ in 0..=self.dice.below(2) {
            let key = self.key();
            let body = json!({ "amount": amount, "method": "Check", "reference": key });
            self.post_as(&format!("/api/invoices/{invoice}/payments"), &key, &body).await;
        }
    }

    /// Now, or held and then captured or let go of.
    async fn charge_a_card(&mut self) {
        let Some((invoice, total)) = self.invoice().await else { return };
        let (card, now) = (self.dice.of(&self.cards.clone()).clone(), self.dice.below(3) > 0);
        let key = self.key();
        let body = json!({ "amount": total, "paymentMethodId": card, "capture": now, "reference": key });
        let path = format!("/api/invoices/{invoice}/payments");
        let made = self.post_as(&path, &key, &body).await;
        if made.status == 201 && !now && self.dice.below(4) > 0 {
            let what = *self.dice.of(&["capture", "capture", "void"]);
            self.post(&format!("/api/payments/{}/{what}", text(&made.json(), "id")), &json!({})).await;
        }
    }

    async fn undo(&mut self) {
        let status = *self.dice.of(&["Succeeded", "Authorized"]);
        let Some(payment) = self.payment(status).await else { return };
        self.post(&format!("/api/payments/{}/void", text(&payment, "id")), &json!({})).await;
    }

    /// One of the last payments, by chance.
    async fn payment(&mut self, status: &str) -> Option<Value> {
        let path = format!("/api/payments?pageSize=20&status={status}");
        let page = self.ask("GET", &path, None, None).await;
        let rows = if page.status == 200 { list(&page.json(), "data") } else { Vec::new() };
        if rows.is_empty() { None } else { Some(self.dice.of(&rows).clone()) }
    }

    async fn give_back(&mut self) {
        let status = *self.dice.of(&["Succeeded", "Succeeded", "PartiallyRefunded"]);
        let Some(payment) = self.payment(status).await else { return };
        let body = match self.dice.below(3) {
            0 => json!({}),
            1 => json!({ "reopenInvoice": false }),
            _ => json!({ "amount": 0.5, "reopenInvoice": self.dice.below(2) == 0 }),
        };
        assert!(cents(&payment, "amount") > 0);
        self.post(&format!("/api/payments/{}/refunds", text(&payment, "id")), &body).await;
    }

    async fn apply_credit(&mut self) {
        let Some(payment) = self.payment("Succeeded").await else { return };
        let Some((invoice, _)) = self.invoice().await else { return };
        let path = format!("/api/payments/{}/applications", text(&payment, "id"));
        self.post(&path, &json!({ "invoiceId": invoice })).await;
    }

    async fn ask_about_one(&mut self) {
        let status = *self.dice.of(&["Submitted", "Unknown", "Abandoned", "PartiallyRefunded"]);
        let Some(payment) = self.payment(status).await else { return };
        let path = format!("/api/payments/{}/resolve", text(&payment, "id"));
        self.ask("POST", &path, None, None).await;
    }
}

//! A demo whose organization is connected to a simulated company, and what both have.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Engine, process::Demo, until};

/// The company that the demo's first organization is connected to.
const REALM: &str = "9341453474484455";

pub(crate) struct Company {
    pub(crate) demo: Demo,
    pub(crate) simulator: Caller,
    /// The integration's own path.
    pub(crate) path: String,
}

impl Company {
    /// A connected company whose sales have an account to go to.
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::with(engine, &json!({ "IncomeAccount": "79" })).await
    }

    /// The same with these choices.
    pub(crate) async fn with(engine: Engine, choices: &Value) -> Self {
        let settings = [
            ("KONTOR_PAYMENTS__SWEEP_SECONDS", "1"),
            ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "1"),
            ("KONTOR_SYNC__POLL_SECONDS", "1"),
            ("KONTOR_SYNC__BELIEVE_SECONDS", "2"),
        ];
        let demo = Demo::with(engine, &settings);
        let path = demo.seeded("QuickBooks").await;
        let simulator = demo.line["simulators"]["quickBooks"].as_str().expect("an address").to_owned();
        let company = Self { simulator: Caller::new(&simulator, None), path, demo };
        let limits = json!({ "perSecond": null });
        company.simulator.post("/_sim/quickbooks/limits", &limits).await.expect(200);
        company.admin("POST", "/test", &json!({})).await.expect(200);
        company.choose(choices).await;
        company
    }

    /// Changes what the integration says of the company.
    pub(crate) async fn choose(&self, choices: &Value) {
        self.admin("PUT", "", &json!({ "configuration": choices })).await.expect(200);
    }

    /// A call about the integration.
    pub(crate) async fn admin(&self, method: &str, rest: &str, body: &Value) -> Answer {
        let path = format!("{}{rest}", self.path);
        match method {
            "GET" => self.demo.admin.get(&path).await,
            "PUT" => self.demo.admin.put(&path, body).await,
            _ => self.demo.admin.post(&path, body).await,
        }
    }

    /// What is in the company's books of a kind, without what was deleted.
    pub(crate) async fn objects(&self, kind: &str) -> Vec<Value> {
        let path = format!("/_sim/quickbooks/{REALM}/objects/{kind}");
        let all = self.simulator.get(&path).await.expect(200).json();
        let all = all["objects"].as_array().expect("objects").clone();
        all.into_iter().filter(|it| it["deleted"] == false).map(|it| it["object"].clone()).collect()
    }

    /// Somebody there makes, changes or deletes something.
    pub(crate) async fn at(&self, kind: &str, what: &Value) {
        self.simulator.post(&format!("/_sim/quickbooks/{REALM}/objects/{kind}"), what).await.expect(200);
    }

    /// The one whose field has this value.
    pub(crate) async fn find(&self, kind: &str, field: &str, value: &str) -> Option<Value> {
        self.objects(kind).await.into_iter().find(|it| it[field] == value)
    }

    /// Waits until there is one, and gives it.
    pub(crate) async fn until(&self, kind: &str, field: &str, value: &str) -> Value {
        until(&format!("{kind} {value}"), async || self.find(kind, field, value).await.is_some()).await;
        self.find(kind, field, value).await.expect("it is there")
    }

    /// What an invoice of ours is there, by our key in its note.
    pub(crate) async fn of(&self, ours: &Value) -> Option<Value> {
        let key = format!("kontor:{}", ours["id"].as_str().expect("an id"));
        let is_it = |it: &Value| it["PrivateNote"].as_str().is_some_and(|it| it.contains(&key));
        self.objects("Invoice").await.into_iter().find(is_it)
    }

    /// A customer of ours.
    pub(crate) async fn customer(&self, number: &str, name: &str) {
        let body = json!({
            "customerNumber": number, "companyName": name, "companyEmail": format!("{}@example.com", number.to_lowercase()),
            "currencyCode": "USD",
        });
        let answer = self.demo.admin.put("/api/customers", &body).await;
        assert!(matches!(answer.status, 200 | 201), "{} {}", answer.status, answer.text);
    }

    /// An issued invoice over one article.
    pub(crate) async fn invoice(&self, customer: &str, sku: &str, price: &str) -> Value {
        let body = format!(
            r#"{{"customerNumber":"{customer}","items":[{{"sku":"{sku}","description":"Coffee","quantity":2,
               "unitPrice":{price},"taxable":false}}]}}"#
        );
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let made = self.demo.admin.post("/api/invoices", &body).await.expect(201).json();
        let path = format!("/api/invoices/{}/issue", made["id"].as_str().expect("an id"));
        self.demo.admin.post(&path, &json!({})).await.expect(200).json()
    }

    /// Pays what is open of it, with a cheque.
    pub(crate) async fn pay(&self, invoice: &Value) -> Value {
        let id = invoice["id"].as_str().expect("an id");
        let path = format!("/api/invoices/{id}/payments");
        let open = self.demo.admin.read_invoice(id).await["balance"].clone();
        let body =
            json!({ "amount": open, "method": "Check", "reference": format!("CHK-{}", &id[id.len() - 6..]) });
        self.demo.admin.post(&path, &body).await.expect(201).json()
    }
}

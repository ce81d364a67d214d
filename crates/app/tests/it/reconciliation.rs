//! Our record against the providers' own, which the simulators keep: what agrees, what does not, and how that ends.

mod differences;
mod endings;
mod runs;
mod saved;

use serde_json::{Value, json};

use crate::support::{
    Caller, Engine,
    merchant::{Express, Gateway},
    pay,
    process::Demo,
    way_back,
};

const REPORT: &str = "/api/reports/reconciliation";
const CUSTOMER: &str = "CUST-1001";

/// Which provider a test is about; each test is about both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    AuthorizeNet,
    Worldpay,
}

const BOTH: [At; 2] = [At::AuthorizeNet, At::Worldpay];

/// Kontor with both providers, and the merchant's own way to them.
struct Books {
    demo: Demo,
    gateway: Gateway,
    express: Express,
    ids: [String; 2],
}

impl Books {
    /// Nobody asks by himself within a test's time.
    async fn start(engine: Engine) -> Self {
        Self::with(engine, &[]).await
    }

    async fn with(engine: Engine, more: &[(&str, &str)]) -> Self {
        let quiet = ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "3600");
        let settings: Vec<_> = [quiet].iter().chain(more).copied().collect();
        let demo = Demo::with(engine, &settings);
        let place = demo.line["simulators"]["authorizeNet"].as_str().expect("an address");
        let gateway = Gateway::new(place, &demo.line["credentials"]["authorizeNet"][0]);
        let express = Express::new(&demo.simulator().base);
        let mut ids = Vec::new();
        for provider in ["AuthorizeNet", "WorldPay"] {
            let path = demo.seeded(provider).await;
            ids.push(path.rsplit('/').next().expect("an id").to_owned());
        }
        Self { demo, gateway, express, ids: ids.try_into().expect("two") }
    }

    fn admin(&self) -> &Caller {
        &self.demo.admin
    }

    fn id(&self, at: At) -> &str {
        &self.ids[usize::from(at == At::Worldpay)]
    }

    fn simulator(&self, at: At) -> &Caller {
        match at {
            At::AuthorizeNet => &self.gateway.simulator,
            At::Worldpay => &self.express.simulator,
        }
    }

    /// A payment that succeeded, of an invoice of its own.
    async fn paid(&self, at: At, amount: f64) -> Value {
        let invoice = self.admin().invoice(CUSTOMER, amount).await;
        let setup = self.admin().setup(CUSTOMER, &invoice, amount).await.expect(200).json();
        let id = setup["paymentId"].as_str().expect("a payment").to_owned();
        match at {
            At::Worldpay => {
                let page =
                    pay(setup["hostedPaymentUrl"].as_str().expect("a page"), crate::support::CARD).await;
                self.demo.nobody().get(&way_back(&page).expect("a way back")).await.expect(303);
            }
            At::AuthorizeNet => {
                // A hand on the database moves a page's payment there; the gateway takes it, and is asked.
                let to = format!("provider = 'AuthorizeNet', integration_id = '{}'", self.id(at));
                self.demo.database.execute(&format!(
                    "UPDATE payments SET {to}, transaction_setup_id = NULL WHERE id = '{id}';
                     UPDATE hosted_setups SET {to}, setup_id = NULL WHERE payment_id = '{id}'"
                ));
                let payment = self.payment(&id).await;
                self.gateway.sale(&format!("{amount:.2}"), text(&payment, "providerReference")).await;
                let path = format!("/api/payments/{id}/resolve");
                self.admin().send("POST", &path, &[], None).await.expect(200);
            }
        }
        let payment = self.payment(&id).await;
        assert_eq!(payment["status"], "Succeeded", "{at:?}: {payment}");
        payment
    }

    async fn payment(&self, id: &str) -> Value {
        self.admin().get(&format!("/api/payments/{id}")).await.expect(200).json()
    }

    /// A sale at the provider, past Kontor.
    async fn sale(&self, at: At, amount: &str, reference: &str) -> String {
        match at {
            At::AuthorizeNet => self.gateway.sale(amount, reference).await,
            At::Worldpay => self.express.sale(amount, reference).await,
        }
    }

    /// A sale undone at the provider, past Kontor.
    async fn void(&self, at: At, id: &str, amount: &str) {
        match at {
            At::AuthorizeNet => self.gateway.void(id).await,
            At::Worldpay => self.express.void(id, amount).await,
        };
    }

    /// Everything that is open has settled.
    async fn settle(&self, at: At) {
        match at {
            At::AuthorizeNet => self.gateway.settle().await,
            At::Worldpay => {
                let days = json!({ "advanceSeconds": 2 * 86_400 });
                self.express.simulator.post("/_sim/clock", &days).await.expect(200);
            }
        }
    }

    /// Reconciles one provider now; the report of yesterday and today.
    async fn run(&self, at: At) -> Value {
        self.admin().post(REPORT, &json!({ "integrationId": self.id(at) })).await.expect(200).json()
    }

    async fn report(&self, at: At) -> Value {
        self.admin().get(&format!("{REPORT}?integrationId={}", self.id(at))).await.expect(200).json()
    }

    async fn end(&self, difference: &Value, body: &Value) -> crate::support::Answer {
        let path = format!("{REPORT}/differences/{}/resolve", text(difference, "id"));
        self.admin().post(&path, body).await
    }
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_else(|| panic!("no {key}: {of}"))
}

/// Every difference of a report that is in that state.
fn listed(report: &Value, status: &str) -> Vec<Value> {
    let days = report["days"].as_array().expect("days");
    let all = days.iter().flat_map(|it| it["differences"].as_array().expect("differences").clone());
    all.filter(|it| it["status"] == status).collect()
}

/// The only open difference of a report.
fn only(report: &Value, kind: &str) -> Value {
    let open = listed(report, "Open");
    assert_eq!(open.len(), 1, "{report}");
    assert_eq!(open[0]["kind"], kind, "{report}");
    for words in ["message", "advice"] {
        assert!(text(&open[0], words).len() > 20, "{report}");
    }
    open[0].clone()
}

/// The statuses of a report's days on which anything happened.
fn statuses(report: &Value) -> Vec<&str> {
    let days = report["days"].as_array().expect("days").iter();
    let busy = days.filter(|it| it["sums"].as_array().is_some_and(|it| !it.is_empty()));
    busy.map(|it| text(it, "status")).collect()
}

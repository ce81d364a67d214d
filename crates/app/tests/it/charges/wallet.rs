//! Saved cards of a customer of the demo, put there by the adapter and by hand: how they are saved is another test's.

use std::collections::BTreeMap;

use kontor_domain::{Ambient, Secret};
use kontor_providers::{
    BillingAddress, CaptureOrder, Card, CardRef, CardUse, ChargeOrder, Connection, Expiry, Http, Outcome,
    Provider, Save, SaveOrder, Source, authorize_net, http::Opened, worldpay,
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    adapters::Still,
    support::{CARD, Caller, Engine, process::Demo},
};

/// A demo that finds out soon what happened.
pub(super) fn start(engine: Engine) -> Demo {
    Demo::with(
        engine,
        &[
            ("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000"),
            ("KONTOR_PROVIDERS__QUICKBOOKS__TIMEOUT_MS", "1000"),
            ("KONTOR_TEMPLATES__TIMEOUT_MS", "1000"),
            ("KONTOR_PAYMENTS__NOT_FOUND_AFTER_SECONDS", "1"),
            ("KONTOR_PAYMENTS__SETTLEMENT_POLL_SECONDS", "1"),
        ],
    )
}

/// A customer of the demo, and a provider that keeps cards for it.
pub(super) struct Wallet<'a> {
    demo: &'a Demo,
    name: &'static str,
    provider: Box<dyn Provider>,
    configuration: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    pub(super) simulator: Caller,
    pub(super) customer: String,
}

impl<'a> Wallet<'a> {
    /// A new customer with an empty wallet.
    pub(super) async fn new(demo: &'a Demo, name: &'static str) -> Self {
        Self::of(demo, name, &format!("WALLET-{name}")).await
    }

    pub(super) async fn of(demo: &'a Demo, name: &'static str, customer: &str) -> Self {
        let body = json!({ "customerNumber": customer, "companyName": "Wallet" });
        demo.admin.put("/api/customers", &body).await;
        let key = if name == "WorldPay" { "worldpay" } else { "authorizeNet" };
        let place = demo.line["simulators"][key].as_str().expect("an address").to_owned();
        let url = Url::parse(&place).expect("a URL");
        let http = Http::new(&[Opened::of(&url).expect("a host")]).expect("a client");
        let keys = &demo.line["credentials"][key][0];
        let given = |key: &str| keys[key].as_str().expect("a text").to_owned();
        let secret = |key: &str| (key.to_owned(), Secret::new(given(key)));
        let (provider, configuration, secrets): (Box<dyn Provider>, _, BTreeMap<_, _>) = if name == "WorldPay"
        {
            let settings = worldpay::Settings { timeout_ms: 5_000, sandbox_url: Some(url) };
            let configuration = BTreeMap::from([("ApplicationId".to_owned(), given("ApplicationId"))]);
            let provider = worldpay::Worldpay::new(settings, http).expect("a provider");
            let secrets = ["AccountId", "AccountToken", "AcceptorId"].map(secret);
            (Box::new(provider), configuration, secrets.into())
        } else {
            let settings = authorize_net::Settings { timeout_ms: 5_000, sandbox_url: Some(url) };
            let ambient = Ambient::new(std::sync::Arc::new(Still), std::sync::Arc::new(Still));
            let provider = authorize_net::AuthorizeNet::new(settings, http, ambient).expect("a provider");
            (Box::new(provider), BTreeMap::new(), ["ApiLoginId", "TransactionKey"].map(secret).into())
        };
        Self {
            demo,
            name,
            provider,
            configuration,
            secrets,
            simulator: Caller::new(&place, None),
            customer: customer.to_owned(),
        }
    }

    fn connection(&self) -> Connection<'_> {
        Connection::plain(&self.configuration, &self.secrets)
    }

    /// Keeps a card at the provider and here; the method's id.
    pub(super) async fn save(&self, zip: &str) -> String {
        let end = Expiry::new(12, 2040).expect("an expiry");
        let card = Card::new(CARD.to_owned().into(), end, Some("900".to_owned().into())).expect("a card");
        let billing = BillingAddress {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Byron".to_owned()),
            address1: Some("1 Main".to_owned()),
            postal_code: Some(zip.to_owned()),
            ..BillingAddress::default()
        };
        let order = SaveOrder {
            what: Save::Card(&card),
            customer_number: &self.customer,
            customer: None,
            email: Some("ada@example.test"),
            billing: Some(&billing),
            is_default: false,
        };
        let vaulting = self.provider.vaulting().expect("a vault");
        let saved = vaulting.save(&self.connection(), &order).await;
        let saved = saved.unwrap_or_else(|error| panic!("{error:?}"));
        self.keep(&saved.card).await
    }

    async fn keep(&self, card: &CardRef) -> String {
        let place = self.demo.seeded(self.name).await;
        let integration = place.rsplit('/').next().expect("an id").to_owned();
        let database = &self.demo.database;
        let customer = database.value(&format!(
            "SELECT id FROM customers WHERE customer_number = '{}' AND organization_id = '{}'",
            self.customer,
            self.demo.text("organizationId")
        ));
        let id = format!("pm_{}", integration.get(4..).expect("an id's digits"));
        let under = card.customer.as_ref().map_or_else(|| "NULL".to_owned(), |it| format!("'{it}'"));
        database.execute(&format!(
            "INSERT INTO payment_methods (id, organization_id, customer_id, customer_number, integration_id, provider,
               customer_profile_id, payment_profile_id, is_default, is_active, version, created_at, updated_at)
             VALUES ('{id}', '{}', '{customer}', '{}', '{integration}', '{}', {under}, '{}', 0, 1, 1, 1, 1)",
            self.demo.text("organizationId"),
            self.customer,
            self.name,
            card.id,
        ));
        id
    }

    pub(super) fn make_default(&self, method: &str) {
        self.demo
            .database
            .execute(&format!("UPDATE payment_methods SET is_default = 1 WHERE id = '{method}'"));
    }

    pub(super) fn give_up(&self, method: &str) {
        self.demo.database.execute(&format!(
            "UPDATE payment_methods SET is_default = 0, is_active = 0, removal = 'Waiting' WHERE id = '{method}'"
        ));
    }

    /// Less than is asked for is approved at the provider, by nobody in Kontor; the provider's id of it.
    pub(super) async fn part(&self, card: &str, minor: i64) -> String {
        let card = CardRef { customer: None, id: card.to_owned() };
        let order = ChargeOrder {
            amount: kontor_domain::Money::from_minor(minor, kontor_domain::Currency::USD),
            reference: "9000000000000001",
            ticket: "1",
            source: Source::Saved(&card),
            card_use: CardUse::Customer,
            description: None,
            customer_number: &self.customer,
            billing: None,
            allow_partial: true,
        };
        let charges = self.provider.charges().expect("charges");
        match charges.sale(&self.connection(), &order).await {
            Outcome::Partial(it) => it.transaction_id,
            other => panic!("{other:?}"),
        }
    }

    /// Somebody at the merchant's captures a part of a hold at the provider.
    pub(super) async fn capture_elsewhere(&self, transaction: &str, minor: i64) {
        let order = CaptureOrder {
            transaction_id: transaction,
            amount: kontor_domain::Money::from_minor(minor, kontor_domain::Currency::USD),
            reference: "9000000000000002",
            ticket: "1",
        };
        let charges = self.provider.charges().expect("charges");
        let outcome = charges.capture(&self.connection(), &order).await;
        assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    }

    /// Somebody at the merchant's decides about what a filter holds.
    pub(super) async fn decide(&self, transaction: &str, action: &str) {
        let login = self.secrets["ApiLoginId"].expose();
        let key = self.secrets["TransactionKey"].expose();
        let said = self
            .raw(format!(
                r#"{{"updateHeldTransactionRequest":{{"merchantAuthentication":{{"name":"{login}","transactionKey":"{key}"}},"heldTransactionRequest":{{"action":"{action}","refTransId":"{transaction}"}}}}}}"#
            ))
            .await;
        assert_eq!(said["messages"]["resultCode"], "Ok", "{said}");
    }

    /// What a script of the provider's makes of a card in the browser.
    pub(super) async fn nonce(&self) -> Value {
        let login = self.secrets["ApiLoginId"].expose();
        let key = self.secrets["TransactionKey"].expose();
        let details = format!(
            r#"{{"getMerchantDetailsRequest":{{"merchantAuthentication":{{"name":"{login}","transactionKey":"{key}"}}}}}}"#
        );
        let public = self.raw(details).await["publicClientKey"].as_str().expect("a key").to_owned();
        let said = self
            .raw(format!(
                r#"{{"securePaymentContainerRequest":{{"merchantAuthentication":{{"name":"{login}","clientKey":"{public}"}},"data":{{"type":"TOKEN","id":"1","token":{{"cardNumber":"{CARD}","expirationDate":"2040-12","cardCode":"900"}}}}}}}}"#
            ))
            .await;
        said["opaqueData"].clone()
    }

    async fn raw(&self, body: String) -> Value {
        let kind = [("content-type", "application/json")];
        let said =
            self.simulator.send("POST", "/xml/v1/request.api", &kind, Some(body)).await.expect(200).text;
        serde_json::from_str(said.trim_start_matches('\u{feff}')).expect("JSON")
    }

    /// What the provider is called for this.
    pub(super) fn operation(&self, what: &str) -> &'static str {
        match (self.name, what) {
            ("WorldPay", "sale") => "CreditCardSale",
            ("WorldPay", "authorize") => "CreditCardAuthorization",
            ("WorldPay", "capture") => "CreditCardAuthorizationCompletion",
            ("WorldPay", "void") => "CreditCardVoid",
            ("WorldPay", "release") => "CreditCardReversal",
            _ => "createTransactionRequest",
        }
    }

    /// The next call of that kind goes wrong.
    pub(super) async fn fault(&self, what: &str, more: Value) {
        let mut fault = json!({ "operation": self.operation(what), "occurrence": 1 });
        fault.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        self.simulator.post("/_sim/faults", &fault).await.expect(200);
    }

    pub(super) async fn mend(&self) {
        self.simulator.delete("/_sim/faults").await;
    }

    /// Two days pass at the provider.
    pub(super) async fn settle(&self) {
        self.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 2 * 86_400 })).await.expect(200);
    }

    pub(super) async fn rows(&self) -> Vec<Value> {
        let ledger = self.simulator.get("/_sim/ledger").await.json();
        ledger["transactions"].as_array().cloned().unwrap_or_default()
    }

    /// Sales that stand: money that was taken from a card.
    pub(super) async fn sales(&self) -> Vec<Value> {
        let mut rows = self.rows().await;
        rows.retain(|it| {
            it["kind"] == "sale" && matches!(it["status"].as_str(), Some("approved" | "settled"))
        });
        rows
    }
}

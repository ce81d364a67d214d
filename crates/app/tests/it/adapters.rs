//! The adapters against the simulators: two readings of the same facts, written by different people, have to agree.
//! The simulator's ledger is the truth.

mod books;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use kontor_domain::{
    Ambient, Currency, Money, Secret,
    ambient::{Clock, Entropy},
};
use kontor_providers::{
    BillingAddress, CaptureOrder, Card, CardChange, CardRef, CardUse, ChargeOrder, Connection, Expiry,
    HostedOrder, Http, Lookup, Nonce, Outcome, Provider, ProviderTransaction, RefundOrder, Save, SaveOrder,
    SavedCard, Source, TransactionKind, TransactionState, VoidOrder, Voided, Window, authorize_net,
    http::Opened, worldpay,
};
use serde_json::{Value, json};
use url::Url;

use crate::support::{CARD, Caller, process::Simulated};

pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Entropy for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// The adapter with a merchant's credentials, and the simulator that it speaks to.
struct Shop {
    provider: Box<dyn Provider>,
    configuration: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    simulator: Caller,
    _simulated: Simulated,
}

impl Shop {
    fn authorize_net() -> Self {
        let simulated = Simulated::start();
        let place = simulated.place("authorizeNet").to_owned();
        let url = Url::parse(&place).expect("a URL");
        let http = Http::new(&[Opened::of(&url).expect("a host")]).expect("a client");
        let settings = authorize_net::Settings { timeout_ms: 5_000, sandbox_url: Some(url) };
        let ambient = Ambient::new(Arc::new(Still), Arc::new(Still));
        let provider = authorize_net::AuthorizeNet::new(settings, http, ambient).expect("a provider");
        let credentials = &simulated.line["credentials"]["authorizeNet"][0];
        let secrets = ["ApiLoginId", "TransactionKey"].map(|key| {
            (key.to_owned(), Secret::new(credentials[key].as_str().expect("a secret").to_owned()))
        });
        Self {
            provider: Box::new(provider),
            configuration: BTreeMap::new(),
            secrets: secrets.into(),
            simulator: Caller::new(&place, None),
            _simulated: simulated,
        }
    }

    fn worldpay() -> Self {
        let simulated = Simulated::start();
        let place = simulated.place("worldpay").to_owned();
        let url = Url::parse(&place).expect("a URL");
        let http = Http::new(&[Opened::of(&url).expect("a host")]).expect("a client");
        let settings = worldpay::Settings { timeout_ms: 5_000, sandbox_url: Some(url) };
        let provider = worldpay::Worldpay::new(settings, http).expect("a provider");
        let credentials = &simulated.line["credentials"]["worldpay"][0];
        let given = |key: &str| credentials[key].as_str().expect("a text").to_owned();
        let secrets =
            ["AccountId", "AccountToken", "AcceptorId"].map(|it| (it.to_owned(), Secret::new(given(it))));
        Self {
            provider: Box::new(provider),
            configuration: BTreeMap::from([("ApplicationId".to_owned(), given("ApplicationId"))]),
            secrets: secrets.into(),
            simulator: Caller::new(&place, None),
            _simulated: simulated,
        }
    }

    fn connection(&self) -> Connection<'_> {
        Connection::plain(&self.configuration, &self.secrets)
    }

    async fn save(&self, number: &str, zip: &str) -> SavedCard {
        let end = Expiry::new(12, 2040).expect("an expiry");
        let card = Card::new(number.to_owned().into(), end, Some("900".to_owned().into())).expect("a card");
        let billing = BillingAddress {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Byron".to_owned()),
            address1: Some("1 Main".to_owned()),
            postal_code: Some(zip.to_owned()),
            ..BillingAddress::default()
        };
        let order = SaveOrder {
            what: Save::Card(&card),
            customer_number: "C-1",
            customer: None,
            email: Some("ada@example.test"),
            billing: Some(&billing),
            is_default: false,
        };
        let vaulting = self.provider.vaulting().expect("a vault");
        vaulting.save(&self.connection(), &order).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn sale(&self, card: &CardRef, minor: i64, reference: &str) -> Outcome {
        let order = order(card, minor, reference, CardUse::Customer);
        self.provider.charges().expect("charges").sale(&self.connection(), &order).await
    }

    async fn transaction(&self, id: &str) -> ProviderTransaction {
        let reports = self.provider.reports().expect("reports");
        let found = reports.transaction(&self.connection(), id).await;
        found.unwrap_or_else(|error| panic!("{error:?}")).expect("it is there")
    }

    /// By our reference, within a day of a transaction that is known.
    async fn find(&self, reference: &str, near: &str) -> Vec<ProviderTransaction> {
        let within = self.around(near).await;
        let by = Lookup::Reference { reference, from: within.from, to: within.to };
        let found = self.provider.reports().expect("reports").find(&self.connection(), &by).await;
        found.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn around(&self, near: &str) -> Window {
        let at = self.transaction(near).await.happened_at.expect("a moment");
        let days = |it: i64| jiff::SignedDuration::from_hours(24 * it);
        Window {
            from: at.checked_sub(days(1)).expect("a moment"),
            to: at.checked_add(days(5)).expect("a moment"),
        }
    }

    /// What a browser would send.
    async fn raw(&self, body: String) -> Value {
        let kind = [("content-type", "application/json")];
        let said =
            self.simulator.send("POST", "/xml/v1/request.api", &kind, Some(body)).await.expect(200).text;
        serde_json::from_str(said.trim_start_matches('\u{feff}')).expect("JSON")
    }

    async fn ledger(&self) -> Vec<Value> {
        let ledger = self.simulator.get("/_sim/ledger").await.expect(200).json();
        ledger["transactions"].as_array().expect("a list").clone()
    }

    /// Two days pass: everything that was captured settles.
    async fn settle(&self) {
        self.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 2 * 24 * 3600 })).await.expect(200);
    }
}

fn order<'a>(card: &'a CardRef, minor: i64, reference: &'a str, card_use: CardUse<'a>) -> ChargeOrder<'a> {
    ChargeOrder {
        amount: dollars(minor),
        reference,
        ticket: "123456",
        source: Source::Saved(card),
        card_use,
        description: Some("Invoice 7"),
        customer_number: "C-1",
        billing: None,
        allow_partial: false,
    }
}

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

/// The id of what was approved, for exactly this.
fn approved(outcome: &Outcome, minor: i64) -> String {
    let Outcome::Approved(it) = outcome else { panic!("not approved: {outcome:?}") };
    assert_eq!(it.amount, dollars(minor));
    it.transaction_id.clone()
}

fn states(found: &[ProviderTransaction]) -> Vec<(&str, TransactionState, Option<Money>)> {
    found.iter().map(|it| (it.id.as_str(), it.state.clone(), it.approved)).collect()
}

#[tokio::test]
async fn a_card_is_saved_once_changed_checked_and_forgotten() {
    let shop = Shop::authorize_net();
    let connection = shop.connection();
    let vaulting = shop.provider.vaulting().expect("a vault");
    let first = shop.save(CARD, "98004").await;
    assert_eq!((first.last_four.as_deref(), first.expiry), (Some("1111"), Expiry::new(12, 2040).ok()));
    assert!(first.card.customer.is_some() && first.brand.is_some(), "{first:?}");
    let again = shop.save(CARD, "98004").await;
    assert_eq!(again.card, first.card, "taken over");
    let other = shop.save("5424000000000015", "98004").await;
    assert_eq!(other.card.customer, first.card.customer, "one customer");
    assert_ne!(other.card.id, first.card.id);
    let change = CardChange { expiry: Expiry::new(1, 2041).ok(), ..CardChange::default() };
    assert_eq!(vaulting.update(&connection, &first.card, &change).await, Ok(()));
    let kept = vaulting.get(&connection, &first.card).await.expect("an answer").expect("a card");
    assert_eq!((kept.expiry, kept.last_four.as_deref()), (Expiry::new(1, 2041).ok(), Some("1111")));
    let zip = kept.billing.and_then(|it| it.postal_code);
    assert_eq!(zip.as_deref(), Some("98004"), "what was not changed stays");
    approved(&vaulting.validate(&connection, &first.card, "1", "1").await, 0);
    assert_eq!(vaulting.delete(&connection, &first.card).await, Ok(()));
    assert_eq!(vaulting.delete(&connection, &first.card).await, Ok(()), "gone already");
    assert_eq!(vaulting.get(&connection, &first.card).await, Ok(None));
    let customer = other.card.customer.clone().expect("a customer");
    assert_eq!(vaulting.delete_customer(&connection, &customer).await, Ok(()));
    assert_eq!(vaulting.get(&connection, &other.card).await, Ok(None));
}

#[tokio::test]
async fn a_sale_is_found_by_its_reference_voided_and_found_so() {
    let shop = Shop::authorize_net();
    let charges = shop.provider.charges().expect("charges");
    let card = shop.save(CARD, "98004").await.card;
    let id = approved(&shop.sale(&card, 1999, "1000000000000001").await, 1999);
    shop.sale(&card, 2500, "1000000000000002").await;
    let found = shop.find("1000000000000001", &id).await;
    assert_eq!(states(&found), [(id.as_str(), TransactionState::Approved, Some(dollars(1999)))]);
    assert_eq!(shop.find("1000000000000003", &id).await, []);
    let voiding = VoidOrder {
        transaction_id: &id,
        of: Voided::Sale,
        amount: dollars(1999),
        reference: "1000000000000004",
        ticket: "1",
    };
    for _ in 0..2 {
        approved(&charges.void(&shop.connection(), &voiding).await, 1999);
    }
    assert_eq!(shop.transaction(&id).await.state, TransactionState::Voided);
    let nowhere = VoidOrder { transaction_id: "99999999999", ..voiding };
    assert!(charges.void(&shop.connection(), &nowhere).await.surely_not_taken());
}

#[tokio::test]
async fn a_hold_is_captured_once_and_never_above_itself() {
    let shop = Shop::authorize_net();
    let charges = shop.provider.charges().expect("charges");
    let connection = shop.connection();
    let card = shop.save(CARD, "98004").await.card;
    let holding = order(&card, 3000, "1000000000000001", CardUse::First { recurring: false });
    let id = approved(&charges.authorize(&connection, &holding).await, 3000);
    assert_eq!(shop.transaction(&id).await.state, TransactionState::Authorized);
    let capture = |minor| CaptureOrder {
        transaction_id: &id,
        amount: dollars(minor),
        reference: "1000000000000002",
        ticket: "1",
    };
    let above = charges.capture(&connection, &capture(3001)).await;
    assert!(matches!(&above, Outcome::Failed(error) if error.code.as_deref() == Some("47")), "{above:?}");
    assert_eq!(approved(&charges.capture(&connection, &capture(2000)).await, 2000), id);
    let now = shop.transaction(&id).await;
    assert_eq!((now.state, now.approved), (TransactionState::Approved, Some(dollars(2000))));
    let twice = charges.capture(&connection, &capture(1000)).await;
    assert!(matches!(&twice, Outcome::Unknown(_)), "captured before, for another amount: {twice:?}");
}

#[tokio::test]
async fn a_refund_waits_for_settlement_and_never_exceeds_it() {
    let shop = Shop::authorize_net();
    let charges = shop.provider.charges().expect("charges");
    let reports = shop.provider.reports().expect("reports");
    let connection = shop.connection();
    let card = shop.save(CARD, "98004").await.card;
    let id = approved(&shop.sale(&card, 1999, "1000000000000001").await, 1999);
    let refund = |minor, reference| RefundOrder {
        transaction_id: &id,
        amount: dollars(minor),
        reference,
        ticket: "1",
        last_four: None,
    };
    let early = charges.refund(&connection, &refund(500, "1000000000000002")).await;
    assert!(early.surely_not_taken(), "{early:?}");
    let within = shop.around(&id).await;
    shop.settle().await;
    let found = shop.find("1000000000000001", &id).await;
    assert_eq!(states(&found), [(id.as_str(), TransactionState::Settled, Some(dollars(1999)))]);
    let refunded = approved(&charges.refund(&connection, &refund(500, "1000000000000003")).await, 500);
    let over = charges.refund(&connection, &refund(1500, "1000000000000004")).await;
    assert!(over.surely_not_taken(), "{over:?}");
    let found = shop.find("1000000000000003", &id).await;
    assert_eq!((found.len(), &found[0].kind, &found[0].id), (1, &TransactionKind::Refund, &refunded));
    assert_eq!(found[0].related_id.as_deref(), Some(id.as_str()));
    let batches = reports.batches(&connection, within).await.unwrap_or_else(|error| panic!("{error:?}"));
    let [batch] = batches.as_slice() else { panic!("one batch: {batches:?}") };
    assert!(batch.complete && batch.charged == Some(dollars(1999)), "{batch:?}");
    let inside = reports.batch(&connection, batch).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(inside.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
}

#[tokio::test]
async fn a_decline_is_one_and_leaves_nothing_taken() {
    let shop = Shop::authorize_net();
    let card = shop.save(CARD, "46282").await.card;
    let outcome = shop.sale(&card, 1999, "1000000000000001").await;
    let Outcome::Declined(it) = &outcome else { panic!("{outcome:?}") };
    assert_eq!((it.code.as_str(), it.hard), ("2", false));
    let id = it.transaction_id.clone().expect("an id");
    assert_eq!(shop.transaction(&id).await.state, TransactionState::Declined);
    let gone = CardRef { id: "999999".to_owned(), ..card };
    let outcome = shop.sale(&gone, 1999, "1000000000000002").await;
    assert!(
        matches!(&outcome, Outcome::Failed(error) if error.code.as_deref() == Some("E00040")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn one_attempt_that_is_sent_twice_takes_money_once() {
    let shop = Shop::authorize_net();
    let card = shop.save(CARD, "98004").await.card;
    let id = approved(&shop.sale(&card, 1999, "1000000000000001").await, 1999);
    let twice = shop.sale(&card, 1999, "1000000000000001").await;
    assert!(matches!(&twice, Outcome::Unknown(_)), "it may be the first one's: {twice:?}");
    approved(&shop.sale(&card, 1999, "1000000000000002").await, 1999);
    let found = shop.find("1000000000000001", &id).await;
    assert_eq!(found.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
}

#[tokio::test]
async fn a_lost_answer_is_unknown_until_it_is_looked_up() {
    let shop = Shop::authorize_net();
    let card = shop.save(CARD, "98004").await.card;
    let near = approved(&shop.sale(&card, 100, "1000000000000001").await, 100);
    for (action, reference, taken) in
        [("cut_before", "1000000000000002", 0), ("cut_after", "1000000000000003", 1)]
    {
        let fault = json!({ "operation": "createTransactionRequest", "occurrence": 1, "action": action });
        shop.simulator.post("/_sim/faults", &fault).await;
        let outcome = shop.sale(&card, 1999, reference).await;
        assert!(matches!(&outcome, Outcome::Unknown(_)), "{action}: {outcome:?}");
        assert_eq!(shop.find(reference, &near).await.len(), taken, "{action}");
        let written = shop.ledger().await;
        let mine = written.iter().filter(|it| it["reference"] == reference).count();
        assert_eq!(mine, taken, "{action}: {written:?}");
        shop.simulator.send("DELETE", "/_sim/faults", &[], None).await;
    }
}

#[tokio::test]
async fn the_merchant_charges_with_what_the_first_charge_left() {
    let shop = Shop::authorize_net();
    let charges = shop.provider.charges().expect("charges");
    let card = shop.save(CARD, "98004").await.card;
    let first = order(&card, 1999, "1000000000000001", CardUse::First { recurring: true });
    let outcome = charges.sale(&shop.connection(), &first).await;
    let network =
        outcome.approval().and_then(|it| it.network_transaction_id.clone()).expect("a network's id");
    let later = CardUse::Merchant {
        recurring: true,
        reason: Some(kontor_providers::MerchantReason::Resubmission),
        network_transaction_id: Some(&network),
        original_amount: Some(dollars(1999)),
    };
    let later = order(&card, 1999, "1000000000000002", later);
    approved(&charges.sale(&shop.connection(), &later).await, 1999);
}

#[tokio::test]
async fn the_card_of_a_transaction_is_kept() {
    let shop = Shop::authorize_net();
    let card = shop.save(CARD, "98004").await.card;
    let id = approved(&shop.sale(&card, 1999, "1000000000000001").await, 1999);
    let order = SaveOrder {
        what: Save::Transaction { id: &id, reference: "4471920385566021" },
        customer_number: "C-1",
        customer: card.customer.as_deref(),
        email: Some("ada@example.test"),
        billing: None,
        is_default: false,
    };
    let saved = shop.provider.vaulting().expect("a vault").save(&shop.connection(), &order).await;
    let saved = saved.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!((saved.card.customer, saved.last_four.as_deref()), (card.customer, Some("1111")));
}

#[tokio::test]
async fn a_page_opens_and_takes_its_token() {
    let shop = Shop::authorize_net();
    let pages = shop.provider.hosted().expect("pages");
    let order = HostedOrder {
        amount: dollars(14_883),
        reference: "1000000000000001",
        ticket: "1",
        return_url: "http://127.0.0.1:9/back",
        market_code: None,
        description: Some("Invoice 7 & 8"),
        company_name: Some("Hansa & Co"),
        customer_number: "C-1",
        billing: None,
        keeps_card: true,
    };
    let page = pages.open(&shop.connection(), &order).await.unwrap_or_else(|error| panic!("{error:?}"));
    let [(name, token)] = page.form.as_slice() else { panic!("one field") };
    let form =
        url::form_urlencoded::Serializer::new(String::new()).append_pair(name, token.expose()).finish();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let shown = shop.simulator.send("POST", &page.url, &kind, Some(form)).await.expect(200).text;
    assert!(shown.contains("148.83"), "{shown}");
    assert!(pages.lifetime() >= Duration::from_mins(15));
    let reports = shop.provider.reports().expect("reports");
    let nothing = reports.find(&shop.connection(), &Lookup::Setup(&page.setup_id)).await;
    assert_eq!(nothing, Ok(Vec::new()), "nobody has paid");
}

#[tokio::test]
async fn a_scripts_nonce_pays_once() {
    let shop = Shop::authorize_net();
    let card = shop.save(CARD, "98004").await.card;
    let near = approved(&shop.sale(&card, 100, "1000000000000001").await, 100);
    // In the schema's order, as the script in the browser does it: with the key that may be public.
    let login = shop.secrets["ApiLoginId"].expose();
    let key = shop.secrets["TransactionKey"].expose();
    let details = format!(
        r#"{{"getMerchantDetailsRequest":{{"merchantAuthentication":{{"name":"{login}","transactionKey":"{key}"}}}}}}"#
    );
    let details = shop.raw(details).await;
    let public = details["publicClientKey"].as_str().unwrap_or_else(|| panic!("{details}"));
    let said = shop
        .raw(format!(
            r#"{{"securePaymentContainerRequest":{{"merchantAuthentication":{{"name":"{login}","clientKey":"{public}"}},"data":{{"type":"TOKEN","id":"1","token":{{"cardNumber":"{CARD}","expirationDate":"2040-12","cardCode":"900"}}}}}}}}"#
        ))
        .await;
    let part = |name: &str| {
        let value = said["opaqueData"][name].as_str();
        value.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let nonce = Nonce { descriptor: part("dataDescriptor"), value: Secret::new(part("dataValue")) };
    let charges = shop.provider.charges().expect("charges");
    let paying = |reference| ChargeOrder {
        source: Source::Nonce(&nonce),
        ..order(&card, 1999, reference, CardUse::Once)
    };
    approved(&charges.sale(&shop.connection(), &paying("1000000000000002")).await, 1999);
    let twice = charges.sale(&shop.connection(), &paying("1000000000000003")).await;
    assert!(matches!(&twice, Outcome::Failed(error) if error.code.as_deref() == Some("E00114")), "{twice:?}");
    assert_eq!(shop.find("1000000000000002", &near).await.len(), 1);
    assert_eq!(shop.find("1000000000000003", &near).await.len(), 0);
}

#[tokio::test]
async fn worldpays_charges_end_as_its_ledger_says() {
    let shop = Shop::worldpay();
    let charges = shop.provider.charges().expect("charges");
    let vaulting = shop.provider.vaulting().expect("a vault");
    let connection = shop.connection();
    let saved = shop.save(CARD, "12345").await;
    let kept = vaulting.get(&connection, &saved.card).await.expect("an answer").expect("a card");
    assert_eq!((kept.expiry, kept.last_four.as_deref()), (Expiry::new(12, 2040).ok(), Some("1111")));
    let card = saved.card;
    let id = approved(&shop.sale(&card, 655, "1000000000000001").await, 655);
    let found = shop.find("1000000000000001", &id).await;
    assert_eq!(states(&found), [(id.as_str(), TransactionState::Approved, Some(dollars(655)))]);
    let voiding = |of, id| VoidOrder {
        transaction_id: id,
        of,
        amount: dollars(655),
        reference: "1000000000000002",
        ticket: "1",
    };
    approved(&charges.void(&connection, &voiding(Voided::Sale, &id)).await, 655);
    let again = charges.void(&connection, &voiding(Voided::Sale, &id)).await;
    assert!(again.surely_not_taken(), "it is void already: {again:?}");
    assert_eq!(shop.transaction(&id).await.state, TransactionState::Voided);
    let holding = order(&card, 655, "1000000000000003", CardUse::First { recurring: false });
    let held = approved(&charges.authorize(&connection, &holding).await, 655);
    let capturing = CaptureOrder {
        transaction_id: &held,
        amount: dollars(500),
        reference: "1000000000000004",
        ticket: "1",
    };
    let captured = approved(&charges.capture(&connection, &capturing).await, 500);
    assert_ne!(captured, held, "a completion is a transaction of its own");
    let refunding = RefundOrder {
        transaction_id: &captured,
        amount: dollars(100),
        reference: "1000000000000005",
        ticket: "1",
        last_four: None,
    };
    approved(&charges.refund(&connection, &refunding).await, 100);
    let holding = order(&card, 655, "1000000000000006", CardUse::Customer);
    let held = approved(&charges.authorize(&connection, &holding).await, 655);
    approved(&charges.void(&connection, &voiding(Voided::Hold, &held)).await, 655);
    let declined = shop.sale(&card, 51, "1000000000000007").await;
    assert!(matches!(&declined, Outcome::Declined(it) if it.code == "20"), "{declined:?}");
    approved(&vaulting.validate(&connection, &card, "1000000000000008", "1").await, 0);
    assert_eq!(vaulting.delete(&connection, &card).await, Ok(()));
    assert_eq!(vaulting.get(&connection, &card).await, Ok(None));
    let gone = shop.sale(&card, 655, "1000000000000009").await;
    assert!(matches!(&gone, Outcome::Failed(error) if error.code.as_deref() == Some("103")), "{gone:?}");
}

#[tokio::test]
async fn worldpays_parts_and_lost_answers_are_told_apart() {
    let shop = Shop::worldpay();
    let charges = shop.provider.charges().expect("charges");
    let card = shop.save(CARD, "12345").await.card;
    let near = approved(&shop.sale(&card, 100, "1000000000000001").await, 100);
    let part =
        ChargeOrder { allow_partial: true, ..order(&card, 2305, "1000000000000002", CardUse::Customer) };
    let outcome = charges.sale(&shop.connection(), &part).await;
    assert!(matches!(&outcome, Outcome::Partial(it) if it.amount.minor() < 2305), "{outcome:?}");
    for (action, reference, taken) in
        [("cut_before", "1000000000000003", 0), ("cut_after", "1000000000000004", 1)]
    {
        let fault = json!({ "operation": "CreditCardSale", "occurrence": 1, "action": action });
        shop.simulator.post("/_sim/faults", &fault).await;
        let outcome = shop.sale(&card, 1999, reference).await;
        assert!(matches!(&outcome, Outcome::Unknown(_)), "{action}: {outcome:?}");
        assert_eq!(shop.find(reference, &near).await.len(), taken, "{action}");
        shop.simulator.send("DELETE", "/_sim/faults", &[], None).await;
    }
}

#[tokio::test]
async fn worldpays_new_token_takes_the_old_ones_place() {
    let shop = Shop::worldpay();
    let rotation = shop.provider.rotation().expect("a rotation");
    let new = rotation.create(&shop.connection()).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert!(shop.provider.test(&shop.connection()).await.success, "the old one works on");
    assert_eq!(rotation.activate(&shop.connection(), &new).await, Ok(()));
    assert!(!shop.provider.test(&shop.connection()).await.success);
    let mut secrets = shop.secrets.clone();
    secrets.insert(rotation.secret().to_owned(), new);
    let renewed = Connection::plain(&shop.configuration, &secrets);
    assert!(shop.provider.test(&renewed).await.success);
}

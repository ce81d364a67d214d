//! Saved cards: typed to us, typed on the provider's page, kept while paying; and how they are given up.

mod first_use;
mod links;
mod page;
mod posted;
mod saved;

use serde_json::{Value, json};

use crate::support::{Answer, Caller, process::Demo};

const CUSTOMER: &str = "CUST-1001";
const METHODS: &str = "/api/payments/payment-methods";

/// The provider that takes cards from Kontor.
fn direct(demo: &Demo) -> Caller {
    Caller::new(demo.line["simulators"]["authorizeNet"].as_str().expect("an address"), None)
}

/// The cards that a provider keeps.
async fn kept(simulator: &Caller) -> Vec<Value> {
    let ledger = simulator.get("/_sim/ledger").await.expect(200).json();
    ledger["tokens"].as_array().expect("cards").clone()
}

fn card(number: &str, more: Value) -> Value {
    let mut body = json!({
        "customerNumber": CUSTOMER, "email": "ada@bakery.example", "cardNumber": number, "expirationMonth": "12",
        "expirationYear": "2039", "cvv": "123", "provider": "AuthorizeNet",
        "billingAddress": { "firstName": "Ada", "lastName": "Byron", "address1": "1 Main Street", "city": "Bellevue",
            "stateProvince": "WA", "zipPostalCode": "98004", "country": "US" },
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// Saves a card with the provider that takes cards from Kontor.
async fn save(caller: &Caller, number: &str, more: Value) -> Value {
    let said = caller.post(METHODS, &card(number, more)).await.expect(200).json();
    said["paymentMethod"].clone()
}

async fn saved(caller: &Caller) -> Vec<Value> {
    let all = caller.get(&format!("{METHODS}/{CUSTOMER}")).await.expect(200).json();
    all.as_array().expect("a list").clone()
}

fn text<'a>(it: &'a Value, key: &str) -> &'a str {
    it[key].as_str().unwrap_or_else(|| panic!("{key}: {it}"))
}

/// The value of a parameter that the browser is sent on with.
fn told(answer: &Answer, name: &str) -> Option<String> {
    let url = url::Url::parse(answer.header("location")).expect("an address");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Puts words in the place of what is another each time.
fn hide(method: &mut Value) {
    for key in ["id", "createdAt", "paymentProfileId", "customerProfileId"] {
        if method[key].is_string() {
            method[key] = json!(format!("[{key}]"));
        }
    }
}

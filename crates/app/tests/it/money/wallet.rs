//! Cards that a customer has at the providers, and what a merchant does there past Kontor.

use serde_json::{Value, json};

use super::world::{CUSTOMER, World};
use crate::support::CARD;

/// A method of Worldpay's, with the merchant's own credentials; the answer's text.
pub(super) async fn as_merchant(world: &World, service: &str, method: &str, inner: &str) -> String {
    let keys = &world.program.simulated["credentials"]["worldpay"][0];
    let key = |name: &str| keys[name].as_str().expect("a text");
    let body = format!(
        "<{method} xmlns='https://{service}.elementexpress.com'><Credentials><AccountID>{}</AccountID>\
         <AccountToken>{}</AccountToken><AcceptorID>{}</AcceptorID></Credentials><Application><ApplicationID>{}</ApplicationID>\
         </Application>{inner}</{method}>",
        key("AccountId"),
        key("AccountToken"),
        key("AcceptorId"),
        key("ApplicationId"),
    );
    world.simulator("worldpay").send("POST", "/", &[], Some(body)).await.expect(200).text
}

/// The integration that charges cards at Authorize.Net.
pub(super) async fn connect_authorize_net(world: &World) {
    let keys = &world.program.simulated["credentials"]["authorizeNet"][0];
    let body = json!({
        "integrationType": 1, "provider": "AuthorizeNet", "displayName": "Other cards",
        "configuration": { "IsSandbox": "true" },
        "secrets": { "ApiLoginId": keys["ApiLoginId"], "TransactionKey": keys["TransactionKey"] },
    });
    let path = format!("/api/organizations/{}/integrations", world.program.organization);
    world.admin.post(&path, &body).await.expect(201);
}

/// Keeps a card at a provider, past Kontor, and its token here; the method's id.
pub(super) async fn save(world: &World, provider: &str) -> String {
    let (customer, token) = if provider == "WorldPay" {
        (None, at_worldpay(world).await)
    } else {
        let (customer, token) = at_authorize_net(world).await;
        (Some(customer), token)
    };
    let (database, organization) = (&world.program.database, &world.program.organization);
    let one = |table: &str, column: &str, value: &str| {
        database.value(&format!(
            "SELECT id FROM {table} WHERE {column} = '{value}' AND organization_id = '{organization}'"
        ))
    };
    let integration = one("integrations", "provider", provider);
    let owner = one("customers", "customer_number", CUSTOMER);
    let id = format!("pm_{:032x}", world.number() + 1);
    let under = customer.map_or_else(|| "NULL".to_owned(), |it| format!("'{it}'"));
    database.execute(&format!(
        "INSERT INTO payment_methods (id, organization_id, customer_id, customer_number, integration_id, provider,
           customer_profile_id, payment_profile_id, is_default, is_active, version, created_at, updated_at)
         VALUES ('{id}', '{organization}', '{owner}', '{CUSTOMER}', '{integration}', '{provider}', {under}, '{token}', 0, 1, 1, 1, 1)"
    ));
    id
}

async fn at_worldpay(world: &World) -> String {
    let inner = format!(
        "<PaymentAccount><PaymentAccountType>0</PaymentAccountType><PaymentAccountReferenceNumber>{CUSTOMER}\
         </PaymentAccountReferenceNumber></PaymentAccount><Card><CardNumber>{CARD}</CardNumber><ExpirationMonth>12\
         </ExpirationMonth><ExpirationYear>39</ExpirationYear></Card>"
    );
    let said = as_merchant(world, "services", "PaymentAccountCreate", &inner).await;
    let rest = said.split_once("<PaymentAccountID>").unwrap_or_else(|| panic!("{said}")).1;
    rest.split('<').next().expect("a token").to_owned()
}

/// Takes what is held there, in the merchant's own interface. Once: what was captured is not captured again.
pub(super) async fn capture_at_authorize_net(world: &World, transaction: &str, amount: f64) {
    let inner = format!(
        r#""transactionRequest":{{"transactionType":"priorAuthCaptureTransaction","amount":"{amount:.2}","refTransId":"{transaction}"}}"#
    );
    at_gateway(world, "createTransactionRequest", &inner).await;
}

/// A request of Authorize.Net's, with the merchant's own credentials.
async fn at_gateway(world: &World, request: &str, inner: &str) -> Value {
    let keys = &world.program.simulated["credentials"]["authorizeNet"][0];
    let key = |name: &str| keys[name].as_str().expect("a text");
    let body = format!(
        r#"{{"{request}":{{"merchantAuthentication":{{"name":"{}","transactionKey":"{}"}},{inner}}}}}"#,
        key("ApiLoginId"),
        key("TransactionKey"),
    );
    let kind = [("content-type", "application/json")];
    let simulator = world.simulator("authorizeNet");
    let said = simulator.send("POST", "/xml/v1/request.api", &kind, Some(body)).await.expect(200).text;
    let said: Value = serde_json::from_str(said.trim_start_matches('\u{feff}')).expect("JSON");
    assert_eq!(said["messages"]["resultCode"], "Ok", "{said}");
    said
}

async fn at_authorize_net(world: &World) -> (String, String) {
    // The schema wants this order.
    let inner = format!(
        r#""profile":{{"merchantCustomerId":"{CUSTOMER}","email":"ada@example.test","paymentProfiles":[{{"billTo":{{"firstName":"Ada","lastName":"Byron","address":"1 Main","zip":"98004"}},"payment":{{"creditCard":{{"cardNumber":"{CARD}","expirationDate":"2039-12"}}}}}}]}},"validationMode":"testMode""#
    );
    let said = at_gateway(world, "createCustomerProfileRequest", &inner).await;
    let text = |it: &Value| it.as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
    (text(&said["customerProfileId"]), text(&said["customerPaymentProfileIdList"][0]))
}

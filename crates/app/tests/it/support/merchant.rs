//! A merchant at a simulated provider's own interface, past Kontor: what is done there, Kontor has to find out.

use serde_json::{Value, json};

use super::{CARD, Caller, until};

/// At Authorize.Net, with the merchant's own credentials.
pub(crate) struct Gateway {
    pub(crate) simulator: Caller,
    keys: Value,
}

impl Gateway {
    /// Where the simulator is, and the merchant's credentials.
    pub(crate) fn new(place: &str, keys: &Value) -> Self {
        Self { simulator: Caller::new(place, None), keys: keys.clone() }
    }

    /// One transaction; the keys in the schema's order. Its id.
    async fn transact(&self, inner: &str) -> String {
        let key = |name: &str| self.keys[name].as_str().expect("a credential");
        let body = format!(
            r#"{{"createTransactionRequest":{{"merchantAuthentication":{{"name":"{}","transactionKey":"{}"}},"transactionRequest":{{{inner}}}}}}}"#,
            key("ApiLoginId"),
            key("TransactionKey")
        );
        let kind = [("content-type", "application/json")];
        let said =
            self.simulator.send("POST", "/xml/v1/request.api", &kind, Some(body)).await.expect(200).text;
        let said: Value = serde_json::from_str(said.trim_start_matches('\u{feff}')).expect("JSON");
        let response = &said["transactionResponse"];
        assert_eq!(response["responseCode"], "1", "{said}");
        response["transId"].as_str().expect("an id").to_owned()
    }

    /// Charges a card; the transaction's id.
    pub(crate) async fn sale(&self, amount: &str, reference: &str) -> String {
        self.transact(&format!(
            r#""transactionType":"authCaptureTransaction","amount":"{amount}","payment":{{"creditCard":{{"cardNumber":"{CARD}","expirationDate":"2039-12","cardCode":"123"}}}},"order":{{"invoiceNumber":"{reference}"}},"billTo":{{"firstName":"Ada","lastName":"Byron","address":"1 Main","zip":"98004"}}"#
        ))
        .await
    }

    /// What the provider's script makes of a card in the browser.
    pub(crate) async fn nonce(&self) -> Value {
        let key = |name: &str| self.keys[name].as_str().expect("a credential");
        let login = key("ApiLoginId");
        let details = format!(
            r#"{{"getMerchantDetailsRequest":{{"merchantAuthentication":{{"name":"{login}","transactionKey":"{}"}}}}}}"#,
            key("TransactionKey")
        );
        let public = self.said(details).await["publicClientKey"].as_str().expect("a key").to_owned();
        let asked = format!(
            r#"{{"securePaymentContainerRequest":{{"merchantAuthentication":{{"name":"{login}","clientKey":"{public}"}},"data":{{"type":"TOKEN","id":"1","token":{{"cardNumber":"{CARD}","expirationDate":"2040-12","cardCode":"900"}}}}}}}}"#
        );
        self.said(asked).await["opaqueData"].clone()
    }

    async fn said(&self, body: String) -> Value {
        let kind = [("content-type", "application/json")];
        let said =
            self.simulator.send("POST", "/xml/v1/request.api", &kind, Some(body)).await.expect(200).text;
        serde_json::from_str(said.trim_start_matches('\u{feff}')).expect("JSON")
    }

    /// Undoes a transaction.
    pub(crate) async fn void(&self, id: &str) -> String {
        self.transact(&format!(r#""transactionType":"voidTransaction","refTransId":"{id}""#)).await
    }

    /// Gives a part of a settled transaction back; the new transaction's id.
    pub(crate) async fn refund(&self, id: &str, amount: &str) -> String {
        self.transact(&format!(
            r#""transactionType":"refundTransaction","amount":"{amount}","payment":{{"creditCard":{{"cardNumber":"1111","expirationDate":"XXXX"}}}},"refTransId":"{id}""#
        ))
        .await
    }

    /// Has every event told at that address; the key that they are signed with.
    pub(crate) async fn subscribe(&self, url: &str) -> String {
        let made = self.simulator.post("/_sim/webhooks", &json!({ "url": url })).await.expect(200).json();
        made["signatureKey"].as_str().expect("a key").to_owned()
    }

    /// What was told so far, oldest first.
    pub(crate) async fn told(&self) -> Vec<Value> {
        let all = self.simulator.get("/_sim/webhooks").await.expect(200).json();
        all["notifications"].as_array().expect("a list").clone()
    }

    /// How often each operation was called.
    pub(crate) async fn called(&self, operation: &str) -> u64 {
        let calls = self.simulator.get("/_sim/calls").await.expect(200).json();
        calls["counts"][operation].as_u64().unwrap_or(0)
    }

    /// Closes the open batch.
    pub(crate) async fn settle(&self) {
        self.simulator.post("/_sim/settle", &json!({})).await.expect(200);
    }
}

/// At Worldpay, with the first merchant's own credentials.
pub(crate) struct Express {
    pub(crate) simulator: Caller,
}

impl Express {
    /// Where the simulator is.
    pub(crate) fn new(place: &str) -> Self {
        Self { simulator: Caller::new(place, None) }
    }

    /// The credentials as they are now.
    pub(crate) async fn keys(&self) -> Value {
        self.simulator.get("/_sim/credentials").await.expect(200).json()[0].clone()
    }

    /// A method of the transaction host; the answer's text.
    async fn call(&self, method: &str, inner: &str) -> String {
        let keys = self.keys().await;
        let of = |key: &str| keys[key].as_str().expect("a credential").to_owned();
        let body = format!(
            "<{method} xmlns='https://transaction.elementexpress.com'><Credentials><AccountID>{}</AccountID>\
             <AccountToken>{}</AccountToken><AcceptorID>{}</AcceptorID></Credentials>\
             <Application><ApplicationID>{}</ApplicationID></Application>{inner}</{method}>",
            of("AccountId"),
            of("AccountToken"),
            of("AcceptorId"),
            of("ApplicationId")
        );
        let said = self.simulator.send("POST", "/", &[("content-type", "text/xml")], Some(body)).await.text;
        assert!(said.contains("<ExpressResponseCode>0</ExpressResponseCode>"), "{said}");
        said
    }

    /// The text of the first element of that name.
    fn of(said: &str, name: &str) -> String {
        let found = said.split_once(&format!("<{name}>")).and_then(|it| it.1.split_once('<'));
        found.unwrap_or_else(|| panic!("no {name}: {said}")).0.to_owned()
    }

    /// Charges a card; the transaction's id.
    pub(crate) async fn sale(&self, amount: &str, reference: &str) -> String {
        let inner = format!(
            "<Card><CardNumber>{CARD}</CardNumber><ExpirationMonth>12</ExpirationMonth><ExpirationYear>39</ExpirationYear><CVV>123</CVV></Card>\
             <Terminal><TerminalID>01</TerminalID><MotoECICode>7</MotoECICode></Terminal>\
             <Address><BillingAddress1>1 Main</BillingAddress1><BillingZipcode>12345</BillingZipcode></Address>\
             <Transaction><TransactionAmount>{amount}</TransactionAmount><ReferenceNumber>{reference}</ReferenceNumber><MarketCode>3</MarketCode></Transaction>"
        );
        Self::of(&self.call("CreditCardSale", &inner).await, "TransactionID")
    }

    async fn follow(&self, method: &str, id: &str, amount: &str, reference: &str) -> String {
        let inner = format!(
            "<Transaction><TransactionID>{id}</TransactionID><TransactionAmount>{amount}</TransactionAmount><ReferenceNumber>{reference}</ReferenceNumber></Transaction>"
        );
        Self::of(&self.call(method, &inner).await, "TransactionID")
    }

    /// Undoes a sale.
    pub(crate) async fn void(&self, id: &str, amount: &str) -> String {
        self.follow("CreditCardVoid", id, amount, "43").await
    }

    /// Takes what is held; the new transaction's id.
    pub(crate) async fn capture(&self, id: &str, amount: &str, reference: &str) -> String {
        self.follow("CreditCardAuthorizationCompletion", id, amount, reference).await
    }

    /// Gives a part of a settled sale back; the new transaction's id.
    pub(crate) async fn refund(&self, id: &str, amount: &str, reference: &str) -> String {
        self.follow("CreditCardReturn", id, amount, reference).await
    }

    /// Has a new token made.
    pub(crate) async fn make_token(&self) {
        self.call("AccountTokenCreate", "").await;
    }

    /// Waits until a call is held there.
    pub(crate) async fn until_held(&self) {
        until("a call is held", async || {
            self.simulator.get("/_sim/faults").await.expect(200).json()["held"] == 1
        })
        .await;
    }
}

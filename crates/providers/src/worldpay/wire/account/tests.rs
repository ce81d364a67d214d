use zeroize::Zeroizing;

use super::*;
use crate::tests::Account;

const CREDENTIALS: &str = "<Credentials><AccountID>1000001</AccountID><AccountToken>TOKEN</AccountToken>\
    <AcceptorID>300000001</AcceptorID></Credentials><Application><ApplicationID>20001</ApplicationID>\
    <ApplicationName>Kontor</ApplicationName><ApplicationVersion>0.1.0</ApplicationVersion></Application>";
const ID: &str = "11111111-2222-3333-4444-555555555555";

fn account() -> Account {
    Account::of(
        &[("ApplicationId", "20001")],
        &[("AccountId", "1000001"), ("AccountToken", "TOKEN"), ("AcceptorId", "300000001")],
    )
}

fn card() -> Card {
    let number = Zeroizing::new("4111111111111111".to_owned());
    let code = Some(Zeroizing::new("123".to_owned()));
    Card::new(number, Expiry::new(3, 2029).expect("an expiry"), code).expect("a card")
}

fn document(method: &str, body: &str) -> String {
    format!("<{method} xmlns=\"https://services.elementexpress.com\">{CREDENTIALS}{body}</{method}>")
}

fn sent(built: Built) -> String {
    let message = built.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(message.host, Host::Services);
    message.text.expose().to_owned()
}

#[test]
fn keeping_a_card_sends_its_number_once_and_its_code_never() {
    let account = account();
    let billing = BillingAddress { postal_code: Some("12345".to_owned()), ..BillingAddress::default() };
    let built = sent(create(&account.connection(), "cust-7", &card(), Some(&billing)));
    let body = "<PaymentAccount><PaymentAccountType>0</PaymentAccountType><PaymentAccountReferenceNumber>cust-7\
        </PaymentAccountReferenceNumber></PaymentAccount><Card><CardNumber>4111111111111111</CardNumber>\
        <ExpirationMonth>03</ExpirationMonth><ExpirationYear>29</ExpirationYear></Card><Address>\
        <BillingZipcode>12345</BillingZipcode></Address>";
    assert_eq!(built, document("PaymentAccountCreate", body));
}

#[test]
fn keeping_the_card_of_a_transaction_names_the_transaction() {
    let account = account();
    let built = sent(create_with_transaction(&account.connection(), "cust-7", "300000001", None));
    let body = "<PaymentAccount><PaymentAccountType>0</PaymentAccountType><PaymentAccountReferenceNumber>cust-7\
        </PaymentAccountReferenceNumber></PaymentAccount><Transaction><TransactionID>300000001</TransactionID>\
        </Transaction>";
    assert_eq!(built, document("PaymentAccountCreateWithTransID", body));
}

#[test]
fn changing_sends_the_new_end_or_the_new_card() {
    let account = account();
    let end = CardChange { expiry: Some(Expiry::new(12, 30).expect("an expiry")), ..CardChange::default() };
    let head = format!(
        "<PaymentAccount><PaymentAccountID>{ID}</PaymentAccountID><PaymentAccountType>0</PaymentAccountType>\
         <PaymentAccountReferenceNumber>cust-7</PaymentAccountReferenceNumber></PaymentAccount>"
    );
    let built = sent(update(&account.connection(), ID, Some("cust-7"), &end));
    let body = format!(
        "{head}<Card><ExpirationMonth>12</ExpirationMonth><ExpirationYear>30</ExpirationYear></Card>"
    );
    assert_eq!(built, document("PaymentAccountUpdate", &body));
    let card = card();
    let whole = CardChange { card: Some(&card), ..end };
    let built = sent(update(&account.connection(), ID, Some("cust-7"), &whole));
    let body = format!(
        "{head}<Card><CardNumber>4111111111111111</CardNumber><ExpirationMonth>03</ExpirationMonth>\
         <ExpirationYear>29</ExpirationYear></Card>"
    );
    assert_eq!(built, document("PaymentAccountUpdate", &body));
}

#[test]
fn asking_and_forgetting_are_as_written_down() {
    let account = account();
    let connection = account.connection();
    let body = format!("<PaymentAccount><PaymentAccountID>{ID}</PaymentAccountID></PaymentAccount>");
    assert_eq!(sent(delete(&connection, ID)), document("PaymentAccountDelete", &body));
    let body = format!(
        "<PaymentAccountParameters><PaymentAccountID>{ID}</PaymentAccountID></PaymentAccountParameters>"
    );
    assert_eq!(sent(query(&connection, Kept::Id(ID))), document("PaymentAccountQuery", &body));
    let body = format!(
        "<PaymentAccountParameters><TransactionSetupID>{ID}</TransactionSetupID></PaymentAccountParameters>"
    );
    assert_eq!(sent(query(&connection, Kept::Setup(ID))), document("PaymentAccountQuery", &body));
    assert!(query(&connection, Kept::Id("")).is_err(), "all of them would be asked for");
}

use kontor_domain::Secret;
use zeroize::Zeroizing;

use super::*;
use crate::{Expiry, tests::Account};

fn built(build: impl FnOnce(&Credentials<'_>) -> Built) -> Result<String, ProviderError> {
    let account = Account::of(&[], &[("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")]);
    let connection = account.connection();
    let credentials = Credentials::of(&connection)?;
    Ok(build(&credentials)?.expose().to_owned())
}

fn sent(build: impl FnOnce(&Credentials<'_>) -> Built) -> String {
    built(build).unwrap_or_else(|error| panic!("{error}"))
}

/// The whole request, from what stands behind the credentials.
fn request(operation: &str, rest: &str) -> String {
    format!(
        r#"{{"{operation}":{{"merchantAuthentication":{{"name":"login","transactionKey":"0123456789abcdef"}},{rest}}}}}"#
    )
}

fn card(number: &str, code: Option<&str>) -> Card {
    let text = |it: &str| Zeroizing::new(it.to_owned());
    Card::new(text(number), Expiry::new(3, 2030).expect("an expiry"), code.map(text)).expect("a card")
}

fn billing() -> BillingAddress {
    BillingAddress { postal_code: Some("98004".to_owned()), ..BillingAddress::default() }
}

#[test]
fn customers_are_made_asked_for_and_forgotten() {
    let expected = request(
        "createCustomerProfileRequest",
        r#""profile":{"merchantCustomerId":"C1","email":"a@b.test"}"#,
    );
    assert_eq!(sent(|it| create_customer(it, "C1", Some("a@b.test"))), expected);
    let expected = request("createCustomerProfileRequest", r#""profile":{"merchantCustomerId":"C1"}"#);
    assert_eq!(sent(|it| create_customer(it, "C1", None)), expected);
    assert_eq!(sent(|it| create_customer(it, "C1", Some("a&b@c.test"))), expected, "left out");
    let expected =
        request("getCustomerProfileRequest", r#""customerProfileId":"527262","unmaskExpirationDate":true"#);
    assert_eq!(sent(|it| get_customer(it, "527262")), expected);
    let expected = request("deleteCustomerProfileRequest", r#""customerProfileId":"527262""#);
    assert_eq!(sent(|it| delete_customer(it, "527262")), expected);
    assert!(built(|it| get_customer(it, "x")).is_err());
}

#[test]
fn a_card_is_kept_with_its_digits_a_nonce_or_a_mask() {
    let card = card("4111111111111111", Some("900"));
    let expected = request(
        "createCustomerPaymentProfileRequest",
        r#""customerProfileId":"527262","paymentProfile":{"billTo":{"zip":"98004"},"payment":{"creditCard":{"cardNumber":"4111111111111111","expirationDate":"2030-03","cardCode":"900"}},"defaultPaymentProfile":true},"validationMode":"testMode""#,
    );
    let made =
        sent(|it| create_card(it, "527262", Kept::Card(&card), Some(&billing()), true, Validation::TestMode));
    assert_eq!(made, expected);
    let nonce = Nonce { descriptor: "D".to_owned(), value: Secret::new("V".to_owned()) };
    let expected = request(
        "createCustomerPaymentProfileRequest",
        r#""customerProfileId":"527262","paymentProfile":{"payment":{"opaqueData":{"dataDescriptor":"D","dataValue":"V"}}},"validationMode":"liveMode""#,
    );
    let made = sent(|it| create_card(it, "527262", Kept::Nonce(&nonce), None, false, Validation::LiveMode));
    assert_eq!(made, expected);
    let expected = request(
        "updateCustomerPaymentProfileRequest",
        r#""customerProfileId":"527262","paymentProfile":{"billTo":{"zip":"98004"},"payment":{"creditCard":{"cardNumber":"XXXX1111","expirationDate":"XXXX"}},"defaultPaymentProfile":false,"customerPaymentProfileId":"87"},"validationMode":"testMode""#,
    );
    let masked = Kept::Masked { last_four: "1111", expiry: "XXXX" };
    let made =
        sent(|it| update_card(it, ("527262", "87"), masked, Some(&billing()), false, Validation::TestMode));
    assert_eq!(made, expected);
}

#[test]
fn a_number_that_the_schema_does_not_take_is_not_sent() {
    let long = card("6304000000000000000", None);
    let made = built(|it| create_card(it, "1", Kept::Card(&long), None, false, Validation::TestMode));
    let error = made.expect_err("19 digits");
    assert_eq!((error.fault, error.outcome_known), (Fault::Cardholder, true));
}

#[test]
fn cards_are_asked_for_forgotten_and_checked() {
    let expected = request(
        "getCustomerPaymentProfileRequest",
        r#""customerProfileId":"527262","customerPaymentProfileId":"87","unmaskExpirationDate":true"#,
    );
    assert_eq!(sent(|it| get_card(it, "527262", "87")), expected);
    let expected = request(
        "deleteCustomerPaymentProfileRequest",
        r#""customerProfileId":"527262","customerPaymentProfileId":"87""#,
    );
    assert_eq!(sent(|it| delete_card(it, "527262", "87")), expected);
    let expected = request(
        "validateCustomerPaymentProfileRequest",
        r#""customerProfileId":"527262","customerPaymentProfileId":"87","validationMode":"liveMode""#,
    );
    assert_eq!(sent(|it| validate_card(it, ("527262", "87"), Validation::LiveMode)), expected);
}

#[test]
fn the_card_of_a_transaction_goes_to_a_customer_known_or_new() {
    let expected = request(
        "createCustomerProfileFromTransactionRequest",
        r#""transId":"60223421156","customer":{"merchantCustomerId":"C1","email":"a@b.test"},"defaultPaymentProfile":true"#,
    );
    let made = sent(|it| create_from_transaction(it, "60223421156", ("C1", Some("a@b.test")), None, true));
    assert_eq!(made, expected);
    let expected = request(
        "createCustomerProfileFromTransactionRequest",
        r#""transId":"60223421156","customerProfileId":"527262","defaultPaymentProfile":false"#,
    );
    let made = sent(|it| create_from_transaction(it, "60223421156", ("C1", None), Some("527262"), false));
    assert_eq!(made, expected);
}

#[test]
fn a_long_customer_number_has_a_short_one_that_is_always_the_same() {
    assert_eq!(customer_id("12345678901234567890"), "12345678901234567890");
    let long = customer_id("123456789012345678901");
    assert_eq!((long.len(), &long), (20, &customer_id("123456789012345678901")));
    assert_ne!(long, customer_id("123456789012345678902"));
    for odd in ["", "Müller", "A&B", "with blank"] {
        assert!(customer_id(odd).bytes().all(|it| it.is_ascii_hexdigit()), "{odd}");
    }
}

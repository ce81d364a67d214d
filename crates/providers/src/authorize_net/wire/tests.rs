use std::collections::BTreeMap;

use kontor_domain::Secret;

use super::*;

fn with<T>(login: &str, key: &str, work: impl FnOnce(&Connection<'_>) -> T) -> T {
    let secrets = [("ApiLoginId", login), ("TransactionKey", key)];
    let secrets = BTreeMap::from(secrets.map(|(key, value)| (key.to_owned(), Secret::new(value.to_owned()))));
    work(&Connection::plain(&BTreeMap::new(), &secrets))
}

#[test]
fn every_request_is_as_written_down() {
    with(" login-1\n", "Ab3&\"<>4567890ab", |connection| {
        let credentials = Credentials::of(connection).unwrap_or_else(|error| panic!("{error}"));
        let all = [authenticate_test(&credentials), merchant_details(&credentials)];
        let texts: Vec<_> = all
            .into_iter()
            .map(|it| it.unwrap_or_else(|error| panic!("{error}")).expose().to_owned())
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        {"authenticateTestRequest":{"merchantAuthentication":{"name":"login-1","transactionKey":"Ab3&\"<>4567890ab"}}}
        {"getMerchantDetailsRequest":{"merchantAuthentication":{"name":"login-1","transactionKey":"Ab3&\"<>4567890ab"}}}
        "#);
    });
}

#[test]
fn lengths_are_the_schemas() {
    let refused = |login: usize, key: usize| {
        with(&"l".repeat(login), &"k".repeat(key), |connection| {
            Credentials::of(connection).err().map(|it| it.message)
        })
    };
    assert_eq!(refused(25, 16), None);
    assert_eq!(refused(1, 1), None);
    let said = refused(26, 16).expect("too long");
    assert_eq!(said, "ApiLoginId has 26 characters, and no such one has more than 25");
    let said = refused(25, 17).expect("too long");
    assert_eq!(said, "TransactionKey has 17 characters, and no such one has more than 16");
    assert_eq!(refused(0, 16).as_deref(), Some("ApiLoginId is empty"));
    assert_eq!(refused(1, 0).as_deref(), Some("TransactionKey is empty"));
    let none = Credentials::of(&Connection::plain(&BTreeMap::new(), &BTreeMap::new())).err();
    assert_eq!(none.map(|it| it.message).as_deref(), Some("ApiLoginId is empty"));
}

use super::*;
use crate::authorize_net::reply::read;

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;

fn facts(members: &str) -> Result<Option<Paid>, ProviderError> {
    paid(&read(format!("{{{members}{OK}}}").as_bytes())?)
}

#[test]
fn a_stub_is_a_transaction_that_says_nothing() {
    assert!(facts("").is_ok_and(|it| it.is_none()));
    assert!(facts(r#""transactionResponse":null,"#).is_ok_and(|it| it.is_none()));
    let stub = facts(r#""transactionResponse":{"SupplementalDataQualificationIndicator":0},"#);
    let stub = stub.unwrap_or_else(|error| panic!("{error}")).expect("a stub");
    assert!(stub.response_code.is_none() && stub.transaction_id.is_none() && stub.messages.is_empty());
}

#[test]
fn members_come_as_texts_or_as_themselves() {
    let it = facts(
        r#""refId":"r","transactionResponse":{"responseCode":1,"transId":60223421156,"refTransID":"0","testRequest":true,"prePaidCard":{"approvedAmount":1.23},"messages":[{"code":1,"description":"A"},{"code":"310"}],"errors":null,"requestedAmountSpecified":false},"#,
    );
    let it = it.unwrap_or_else(|error| panic!("{error}")).expect("a transaction");
    assert_eq!((it.response_code.as_deref(), it.transaction_id.as_deref()), (Some("1"), Some("60223421156")));
    assert_eq!((it.ref_id.as_deref(), it.related_id.as_deref(), it.is_test), (Some("r"), None, true));
    assert_eq!(it.approved.map(Money::minor), Some(123));
    assert_eq!((it.messages, it.message.as_str()), (vec!["1".to_owned(), "310".to_owned()], "A"));
}

#[test]
fn another_kind_of_member_is_nonsense() {
    for odd in [
        r#""transactionResponse":[],"#,
        r#""transactionResponse":"x","#,
        r#""transactionResponse":{"messages":{"message":[]}},"#,
        r#""transactionResponse":{"transId":{}},"#,
        r#""transactionResponse":{"transId":"1","transId":"2"},"#,
        r#""transactionResponse":{},"transactionResponse":{},"#,
    ] {
        assert!(facts(odd).is_err(), "{odd}");
    }
}

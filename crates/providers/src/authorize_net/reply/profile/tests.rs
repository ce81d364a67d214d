use proptest::prelude::*;

use super::*;
use crate::authorize_net::reply::read;

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;

fn reply(members: &str) -> Reply {
    read(format!("\u{feff}{{{members}{OK}}}").as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str) -> Reply {
    let text =
        format!(r#"{{"messages":{{"resultCode":"Error","message":[{{"code":"E00039","text":"{text}"}}]}}}}"#);
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

const CARD: &str = r#"{"customerPaymentProfileId":"87","payment":{"creditCard":{"cardNumber":"XXXX1111","expirationDate":"2030-12","cardType":"Visa","issuerNumber":"411111"}},"subscriptionIds":["1"],"originalNetworkTransId":"0TN1","originalAuthAmount":0,"customerType":"individual","defaultPaymentProfile":true,"billTo":{"phoneNumber":"+49 40 123456789012","firstName":"J","address":"1 Main","zip":"98004"}}"#;

#[test]
fn names_are_where_each_answer_has_them() {
    let it = names(&reply(
        r#""customerProfileId":"527262","customerPaymentProfileIdList":["86","87"],"customerShippingAddressIdList":[],"validationDirectResponseList":["1,1,1"],"#,
    ));
    let it = it.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((it.customer.as_deref(), it.card.as_deref()), (Some("527262"), Some("86")));
    let it = names(&reply(
        r#""customerProfileId":527262,"customerPaymentProfileId":"87","validationDirectResponse":"2,1,27,No","#,
    ));
    let it = it.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((it.customer.as_deref(), it.card.as_deref()), (Some("527262"), Some("87")));
    assert_eq!(it.checked.map(|it| it.reason), Some("27".to_owned()));
    let it = names(&reply("")).unwrap_or_else(|error| panic!("{error}"));
    assert!(it.customer.is_none() && it.card.is_none() && it.checked.is_none());
    assert!(names(&reply(r#""customerProfileId":"x","#)).is_err());
}

#[test]
fn the_duplicates_id_is_in_its_words_alone() {
    let found = |text: &str| duplicate_customer(&refusal(text));
    assert_eq!(found("A duplicate record with ID 20382791 already exists.").as_deref(), Some("20382791"));
    for text in [
        "A duplicate customer payment profile already exists.",
        "A duplicate record with ID x already exists.",
        "A duplicate record with ID 20382791x already exists.",
        "A duplicate record with ID 20382791",
        "A duplicate record with ID 123456789012345678901 already exists.",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

#[test]
fn a_customer_has_its_cards() {
    let text = format!(
        r#""profile":{{"paymentProfiles":[{CARD}],"shipToList":[],"profileType":"regular","customerProfileId":"527262","merchantCustomerId":"C1","email":"a@b.test"}},"#
    );
    let it = customer(&reply(&text)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.customer_number.as_deref(), Some("C1"));
    let [kept] = it.cards.as_slice() else { panic!("one") };
    assert!(kept.is_default);
    let expected = CardRef { customer: Some("527262".to_owned()), id: "87".to_owned() };
    assert_eq!(kept.card.card, expected);
    assert_eq!((kept.card.last_four.as_deref(), kept.card.brand.as_deref()), (Some("1111"), Some("Visa")));
    assert_eq!(kept.card.expiry, Expiry::new(12, 2030).ok());
    assert_eq!(kept.card.network_transaction_id.as_deref(), Some("0TN1"));
    let phone = kept.card.billing.as_ref().and_then(|it| it.phone.as_deref());
    assert_eq!(phone, Some("+49 40 123456789012"), "it is sent back as it is");
    let none = customer(&reply(r#""profile":{"customerProfileId":"527262"},"#));
    assert!(none.is_ok_and(|it| it.cards.is_empty()));
    assert!(customer(&reply("")).is_err());
}

#[test]
fn a_card_is_under_the_customer_that_was_asked_for_or_says_another() {
    let read = |text: &str| card(&reply(&format!(r#""paymentProfile":{text},"#)), "527262");
    let it = read(CARD).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.card.card.customer.as_deref(), Some("527262"));
    let other = CARD.replacen('{', r#"{"customerProfileId":"1","#, 1);
    let it = read(&other).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.card.card.customer.as_deref(), Some("1"));
    let masked = CARD.replace("2030-12", "XXXX");
    assert!(read(&masked).is_ok_and(|it| it.card.expiry.is_none()));
    assert!(read(&CARD.replace(r#""customerPaymentProfileId":"87","#, "")).is_err());
    assert!(card(&reply(""), "1").is_err());
    let bank = r#"{"customerPaymentProfileId":"87","payment":{"bankAccount":{"accountNumber":"XXXX6789"}}}"#;
    assert!(read(bank).is_ok_and(|it| it.card.last_four.is_none() && it.card.billing.is_none()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_answer_panics(at in 0_usize..2000, byte in any::<u8>()) {
        let text = format!(
            r#"{{"profile":{{"paymentProfiles":[{CARD}],"customerProfileId":"527262"}},"paymentProfile":{CARD},"customerProfileId":"527262","customerPaymentProfileIdList":["86"],"validationDirectResponse":"2,1,27,No",{OK}}}"#
        );
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(reply) = read(&bytes) {
            let _ = (names(&reply), customer(&reply), card(&reply, "1"), duplicate_customer(&reply));
        }
    }
}

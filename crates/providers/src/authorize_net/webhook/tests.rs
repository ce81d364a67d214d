use data_encoding::HEXUPPER;
use kontor_domain::Secret;
use proptest::prelude::*;

use super::*;
use crate::{
    Http,
    authorize_net::Settings,
    tests::{Account, ambient, any_text},
};

const BODY: &str = r#"{"notificationId":"d0e8e7fe-c3e7-4add-a480-27bc5ce28a18","eventType":"net.authorize.payment.authcapture.created","eventDate":"2017-03-29T20:48:02.0080095Z","webhookId":"63d6fea2-aa13-4b1d-a204-f5fbc15942b7","payload":{"responseCode":1,"merchantReferenceId":"19102146534003137356","authCode":"LZ6I19","avsResponse":"Y","authAmount":45.00,"entityName":"transaction","id":"60020981676"}}"#;
const DIGEST: &str = "BB7CAB5B8DBADF5787582BCC32FFBE05D2403E6C88C48F9289963D52A02898240557DBA374CA52C830A56FE78272998C9717742F6E48E32425B645BA9CFAB4E9";

fn key() -> String {
    "0123456789ABCDEF".repeat(8)
}

fn provider() -> &'static AuthorizeNet {
    static ONCE: std::sync::OnceLock<AuthorizeNet> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| {
        let http = Http::new(&[]).expect("a client");
        AuthorizeNet::new(Settings::default(), http, ambient()).expect("a provider")
    })
}

fn with(key: &str, headers: &[(&str, &str)], body: &str) -> Result<Hint, Unproven> {
    let account = Account::of(&[], &[("SignatureKey", key)]);
    ask(&account.connection(), headers, body.as_bytes())
}

fn ask(connection: &Connection<'_>, headers: &[(&str, &str)], body: &[u8]) -> Result<Hint, Unproven> {
    // As the server reads a header: one that is there twice is none.
    let header = |name: &str| {
        let mut found = headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let first = found.next().map(|(_, value)| (*value).to_owned());
        first.filter(|_| found.next().is_none())
    };
    let call = Call { method: "POST", url: "https://kontor.example/", path: "/", header: &header, body };
    let read = WebhookIn::read(provider(), connection, &call);
    // What has not the form costs nobody the opening of a key.
    assert_eq!(provider().is_signed(&call), read != Err(Unproven::Unsigned));
    read
}

fn read(signature: &str, body: &str) -> Result<Hint, Unproven> {
    with(&key(), &[("X-ANET-Signature", signature)], body)
}

/// Signed as it should be.
fn signed(body: &str) -> Result<Hint, Unproven> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key().as_bytes()), body.as_bytes());
    read(&format!("sha512={}", HEXUPPER.encode(tag.as_ref())), body)
}

#[test]
fn the_published_vector_holds_in_either_case_of_letters() {
    let hint = read(&format!("sha512={DIGEST}"), BODY).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(hint.transaction_id.as_deref(), Some("60020981676"));
    assert_eq!(hint.reference.as_deref(), Some("19102146534003137356"));
    assert_eq!(hint.event, "net.authorize.payment.authcapture.created");
    assert_eq!(hint.notification_id, "d0e8e7fe-c3e7-4add-a480-27bc5ce28a18");
    assert_eq!(read(&format!("SHA512={}", DIGEST.to_lowercase()), BODY), Ok(hint));
}

#[test]
fn anything_else_is_refused() {
    let good = format!("sha512={DIGEST}");
    for signature in [
        "",
        "sha512=",
        "sha512",
        DIGEST,
        &format!("sha256={DIGEST}"),
        &good[..good.len() - 2],
        &good[..good.len() - 1],
        &format!("{good}00"),
        &good.replace('B', "X"),
        "é12=00",
        // What the key spelled out in hex would make.
        "sha512=0BAD3C94F6A64F43",
    ] {
        assert_eq!(read(signature, BODY), Err(Unproven::Unsigned), "{signature}");
    }
    assert_eq!(read(&good.replace("BB7C", "BB7D"), BODY), Err(Unproven::Wrong));
    assert_eq!(read(&good, &format!("{BODY}\n")), Err(Unproven::Wrong), "the bytes as they came");
    assert_eq!(read(&good, &BODY.replace("45.00", "45.01")), Err(Unproven::Wrong));
    assert_eq!(with(&key(), &[], BODY), Err(Unproven::Unsigned));
    let twice = [("X-ANET-Signature", good.as_str()), ("x-anet-signature", good.as_str())];
    assert_eq!(with(&key(), &twice, BODY), Err(Unproven::Unsigned));
    let header = [("x-anet-signature", good.as_str())];
    assert!(with(&format!(" {}\n", key()), &header, BODY).is_ok(), "pasted with white space");
    assert_eq!(with(&key().to_lowercase(), &header, BODY), Err(Unproven::Wrong), "not hex, but letters");
}

#[test]
fn without_a_key_nothing_is_taken() {
    let header = format!("sha512={DIGEST}");
    let none = Account::of(&[], &[]);
    assert_eq!(
        ask(&none.connection(), &[("x-anet-signature", &header)], BODY.as_bytes()),
        Err(Unproven::NoSecret)
    );
    for blank in ["", " \n"] {
        // What an empty key would make is refused too.
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, b""), BODY.as_bytes());
        let header = format!("sha512={}", HEXUPPER.encode(tag.as_ref()));
        assert_eq!(with(blank, &[("x-anet-signature", &header)], BODY), Err(Unproven::NoSecret));
    }
}

#[test]
fn it_is_a_hint_and_no_more() {
    let own = BODY
        .replace(r#""merchantReferenceId":"19102146534003137356""#, r#""invoiceNumber":"1234567890123456""#);
    assert!(signed(&own).is_ok_and(|it| it.reference.as_deref() == Some("1234567890123456")));
    let without = BODY.replace(r#""merchantReferenceId":"19102146534003137356","#, "");
    assert!(signed(&without).is_ok_and(|it| it.reference.is_none() && it.transaction_id.is_some()));
    let foreign = BODY.replace("19102146534003137356", "INV-1");
    assert!(signed(&foreign).is_ok_and(|it| it.reference.is_none()), "none of ours");
    let customer =
        BODY.replace("net.authorize.payment.authcapture.created", "net.authorize.customer.created");
    assert!(signed(&customer).is_ok_and(|it| it.transaction_id.is_none() && it.reference.is_none()));
    let other = BODY.replace(r#""entityName":"transaction""#, r#""entityName":"customerProfile""#);
    assert!(signed(&other).is_ok_and(|it| it.transaction_id.is_none()));
    let number = BODY.replace(r#""id":"60020981676""#, r#""id":60020981676"#);
    assert!(signed(&number).is_ok_and(|it| it.transaction_id.as_deref() == Some("60020981676")));
    let ping = BODY.replace(r#""id":"60020981676""#, r#""id":"0""#);
    assert!(signed(&ping).is_ok_and(|it| it.transaction_id.is_none()));
}

#[test]
fn what_is_signed_and_unreadable_is_told_apart() {
    for body in ["", "{}", "[]", "x", r#"{"notificationId":"1"}"#, r#"{"notificationId":"","eventType":""}"#]
    {
        assert_eq!(signed(body), Err(Unproven::Unreadable), "{body}");
    }
    assert!(signed(r#"{"notificationId":"1","eventType":"x"}"#).is_ok());
}

#[test]
fn the_key_is_never_shown() {
    let error = with(&key(), &[], BODY).expect_err("refused");
    assert!(!format!("{error} {error:?}").contains("0123456789ABCDEF"));
    let _: Secret = Secret::new(key());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn nothing_unsigned_passes(signature in any_text(150), body in prop::collection::vec(any::<u8>(), 0..200)) {
        let account = Account::of(&[], &[("SignatureKey", &key())]);
        let read = ask(&account.connection(), &[("x-anet-signature", &signature)], &body);
        prop_assert!(matches!(read, Err(Unproven::Unsigned | Unproven::Wrong)));
    }

    #[test]
    fn nothing_signed_panics(body in any_text(200)) {
        let _ = signed(&body);
    }
}

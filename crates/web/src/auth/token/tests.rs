use data_encoding::BASE64URL_NOPAD;

use super::*;

fn secret() -> Secret {
    Secret::new("0123456789abcdef0123456789abcdef".to_owned())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

fn claims() -> Claims {
    let organization = "org_0192f0c1e4b87c3a9d5e6f708192a3b4".parse().expect("an id");
    Claims::new(&organization, "HANSA", "Admin", None, "key_1", at(1_000_000), 100)
}

fn token() -> String {
    mint(&claims(), &secret()).expect("a token")
}

#[test]
fn a_token_is_good_from_its_beginning_to_its_end_with_some_leeway() {
    let good = |second| verify(&token(), &secret(), at(second)).map(|it| it.sub);
    assert_eq!(good(1_000_050).as_deref(), Ok("key_1"));
    assert_eq!(good(1_000_100 + LEEWAY - 1).as_deref(), Ok("key_1"));
    assert_eq!(good(1_000_100 + LEEWAY), Err(Refusal::Expired));
    assert_eq!(good(1_000_000 - LEEWAY).as_deref(), Ok("key_1"));
    assert_eq!(good(1_000_000 - LEEWAY - 1), Err(Refusal::Early));
}

#[test]
fn what_was_changed_or_signed_otherwise_is_refused() {
    let now = at(1_000_001);
    let other = Secret::new("x".repeat(32));
    assert_eq!(verify(&token(), &other, now).err(), Some(Refusal::Invalid));
    let text = token();
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("three parts") };
    let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let larger = BASE64URL_NOPAD.encode(br#"{"alg":"HS512","typ":"JWT"}"#);
    let admin = BASE64URL_NOPAD.encode(br#"{"OrganizationId":"x","role":"Admin","sub":"a","iss":"kontor","aud":"kontor","iat":1,"nbf":1,"exp":9999999999}"#);
    for forged in [
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        format!("{larger}.{payload}.{signature}"),
        format!("{header}.{admin}.{signature}"),
        format!("{header}.{payload}"),
        String::new(),
        "a.b.c".to_owned(),
        "x".repeat(MAX_TOKEN + 1),
    ] {
        assert_eq!(verify(&forged, &secret(), now).err(), Some(Refusal::Invalid), "{forged}");
    }
}

#[test]
fn another_issuer_or_audience_is_refused() {
    let minted = |change: fn(&mut Claims)| {
        let mut claims = claims();
        change(&mut claims);
        verify(&mint(&claims, &secret()).expect("a token"), &secret(), at(1_000_001)).err()
    };
    assert_eq!(minted(|it| it.iss = "else".to_owned()), Some(Refusal::Foreign));
    assert_eq!(minted(|it| it.aud = "else".to_owned()), Some(Refusal::Foreign));
    assert_eq!(minted(|_| {}), None);
}

#[test]
fn roles_are_one_or_many() {
    let mut many = claims();
    many.role = Roles::Many(vec!["SalesRep".to_owned(), "Admin".to_owned()]);
    let token = mint(&many, &secret()).expect("a token");
    let read = verify(&token, &secret(), at(1_000_001)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.role.iter().collect::<Vec<_>>(), ["SalesRep", "Admin"]);
}

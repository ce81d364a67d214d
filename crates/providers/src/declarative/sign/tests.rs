use super::*;

#[test]
fn bytes_are_read_and_written_the_same_way() {
    let bytes = [0_u8, 1, 250, 255, 62];
    for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
        let text = encode(encoding, &bytes);
        assert_eq!(decode(Some(encoding), &text), Ok(bytes.to_vec()), "{encoding:?} {text}");
        assert!(decode(Some(encoding), "§").is_err(), "{encoding:?}");
    }
    assert_eq!(decode(Some(Encoding::Hex), "00FA"), Ok(vec![0, 250]), "capitals are the same digits");
    assert_eq!(decode(Some(Encoding::Base64Url), "-_8="), Ok(vec![251, 255]), "padding is no harm");
    assert_eq!(decode(None, "as it is"), Ok(b"as it is".to_vec()));
}

/// RFC 4231 §4.3 and RFC 2202 §3, second cases.
#[test]
fn a_keyed_hash_is_the_one_of_the_standard() {
    let made = |hash| HEXLOWER.encode(&mac(hash, b"Jefe", b"what do ya want for nothing?"));
    assert_eq!(made(Hash::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_eq!(made(Hash::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert!(made(Hash::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd6"));
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
        assert_eq!(mac(hash, b"k", b"m").len(), length(hash));
    }
}

/// RFC 7617 §2.1.
#[test]
fn basic_is_the_one_of_the_standard() {
    let pair = |user: &str, password: &str| {
        basic(&Secret::new(user.to_owned()), &Secret::new(password.to_owned())).expose().to_owned()
    };
    assert_eq!(pair("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(pair("test", "123£"), "Basic dGVzdDoxMjPCow==");
}

#[test]
fn a_header_stands_once() {
    let url = url::Url::parse("https://a.example/").expect("a URL");
    let mut request = Outgoing { method: "GET", url, headers: Vec::new(), body: b"", content_type: None };
    put(&mut request, "X-Key", Secret::new("one".to_owned()));
    put(&mut request, "x-key", Secret::new("two".to_owned()));
    let all: Vec<_> = request.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(all, [("x-key", "two")]);
}

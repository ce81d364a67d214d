use super::*;

fn pem_of(text: &str) -> Option<(String, Vec<u8>)> {
    pem(&Secret::new(text.to_owned())).map(|(kind, der)| (kind.to_owned(), der))
}

#[test]
fn a_key_is_read_however_its_lines_came_through() {
    let expected = Some(("PRIVATE KEY".to_owned(), b"hello".to_vec()));
    for text in [
        "-----BEGIN PRIVATE KEY-----\naGVs\nbG8=\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY----- aGVs bG8= -----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\\naGVsbG8=\\n-----END PRIVATE KEY-----\\n",
        "\r\n-----BEGIN PRIVATE KEY-----\r\naGVsbG8=\r\n-----END PRIVATE KEY-----",
    ] {
        assert_eq!(pem_of(text), expected, "{text}");
    }
    for text in [
        "",
        "aGVsbG8=",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----",
    ] {
        assert_eq!(pem_of(text), None, "{text}");
    }
}

#[test]
fn a_key_of_another_kind_is_refused_in_words() {
    let key = Secret::new("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----".to_owned());
    for algorithm in [JwtAlgorithm::Rs256, JwtAlgorithm::Es256, JwtAlgorithm::EdDsa] {
        let error = sign(algorithm, &key, b"x").expect_err("no key");
        assert!(error.message.contains(&algorithm.to_string()), "{}", error.message);
        assert!(!error.message.contains("aGVsbG8"), "{}", error.message);
    }
}

/// RFC 7515 appendix A.1, whose key and signature are printed there.
#[test]
fn a_shared_secret_signs_as_the_standard_says() {
    let message = concat!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.",
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    );
    let key = BASE64URL_NOPAD
        .decode(b"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
        .expect("a key");
    let made = mac(Hash::Sha256, &key, message.as_bytes());
    assert_eq!(BASE64URL_NOPAD.encode(&made), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

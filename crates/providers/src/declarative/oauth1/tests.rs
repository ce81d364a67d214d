use super::*;

/// The example of RFC 5849 §3.4.1.1, whose base string is printed there.
#[test]
fn the_base_string_is_the_one_of_the_standard() {
    let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").expect("a URL");
    let request = Outgoing {
        method: "POST",
        url,
        headers: Vec::new(),
        body: b"c2&a3=2+q",
        content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
    };
    let own = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ];
    let expected = concat!(
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D",
        "%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a",
        "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    );
    assert_eq!(base_string(&request, &own).expose(), expected);
}

/// The example of RFC 5849 §1.2, with its secrets and its signature.
#[test]
fn the_signature_is_the_one_of_the_standard() {
    let url = Url::parse("http://photos.example.net/photos?file=vacation.jpg&size=original").expect("a URL");
    let request = Outgoing { method: "GET", url, headers: Vec::new(), body: b"", content_type: None };
    let with = Credentials {
        key: "dpf43f3p2l4k3l03",
        secret: "kd94hf93k423kf44",
        token: Some("nnch734d00sl2jdk"),
        token_secret: "pfkkdhi9sl3r4s00",
        method: SignatureMethod::HmacSha1,
        realm: Some("Photos"),
    };
    let header = header(&with, &request, "chapoH", 137_131_202);
    assert!(header.expose().starts_with("OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\""));
    assert!(
        header.expose().contains("oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""),
        "{}",
        header.expose()
    );
}

#[test]
fn only_a_forms_fields_are_signed() {
    assert!(is_form("application/x-www-form-urlencoded"));
    assert!(is_form("Application/X-WWW-Form-Urlencoded ;charset=utf-8"));
    assert!(!is_form("application/json") && !is_form(""));
}

#[test]
fn a_secret_in_plain_is_both_secrets() {
    let url = Url::parse("https://a.example/").expect("a URL");
    let request = Outgoing { method: "GET", url, headers: Vec::new(), body: b"", content_type: None };
    let with = Credentials {
        key: "k",
        secret: "a&b",
        token: None,
        token_secret: "",
        method: SignatureMethod::Plaintext,
        realm: None,
    };
    let header = header(&with, &request, "nonce", 1);
    assert!(header.expose().contains("oauth_signature=\"a%2526b%26\""), "{}", header.expose());
    assert!(!header.expose().contains("nonce") && !header.expose().contains("timestamp"));
}

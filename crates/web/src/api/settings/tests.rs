use kontor_domain::{Ambient, Id};

use super::*;

fn organization(urls: &[&str]) -> Organization {
    struct Zero;
    impl kontor_domain::ambient::Clock for Zero {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }
    impl kontor_domain::ambient::Entropy for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }
    let ambient = Ambient::new(Arc::new(Zero), Arc::new(Zero));
    Organization {
        id: Id::new(&ambient),
        code: "HANSA".to_owned(),
        name: "Hansa".to_owned(),
        return_urls: urls.iter().map(|it| (*it).to_owned()).collect(),
        default_payment_provider: None,
        version: 1,
        created_at: ambient.now(),
    }
}

#[test]
fn an_origin_is_an_origin_and_nothing_more() {
    assert_eq!(origin("https://Shop.example/").as_deref(), Ok("https://shop.example"));
    assert_eq!(origin("https://shop.example:443").as_deref(), Ok("https://shop.example"));
    assert_eq!(origin("http://shop.example:8080").as_deref(), Ok("http://shop.example:8080"));
    for text in [
        "shop.example",
        "ftp://shop.example",
        "https://shop.example/a",
        "https://shop.example/?a",
        "javascript:1",
    ] {
        assert!(origin(text).is_err(), "{text}");
    }
    assert!(origin("https://user@shop.example").is_err());
}

#[test]
fn customers_are_sent_to_listed_origins_only() {
    let listed = organization(&["https://shop.example"]);
    let may = |text: &str, production| may_return_to(&listed, &Url::parse(text).expect("a URL"), production);
    assert!(may("https://shop.example/paid?a=1", true));
    assert!(!may("https://shop.example:8443/paid", true));
    assert!(!may("http://shop.example/paid", true));
    assert!(!may("https://shop.example.evil.example/", true));
    assert!(!may("https://user@shop.example/", true));
    assert!(may("http://localhost:3000/paid", false));
    assert!(may("http://127.0.0.1:1/", false));
    assert!(!may("http://localhost:3000/paid", true));
    assert!(!may("http://localhost.evil.example/", false));
    assert!(!may("ftp://localhost/", false));
}

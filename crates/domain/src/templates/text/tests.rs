//! Filling in: a value never leaves the place where it stands, whatever it is.

use std::collections::BTreeMap;

use url::Url;

use super::*;

mod random;

struct Known(BTreeMap<Place, String>);

impl Scope for Known {
    fn value(&self, place: &Place) -> Option<&str> {
        self.0.get(place).map(String::as_str)
    }
}

/// Knows a secret and a setting.
fn known(secret: &str, setting: &str) -> Known {
    let all = [(Place::Secret("Key".to_owned()), secret), (Place::Configuration("Shop".to_owned()), setting)];
    Known(all.into_iter().map(|(place, value)| (place, value.to_owned())).collect())
}

fn text(written: &str) -> Text {
    Text::parse(written).unwrap_or_else(|message| panic!("{written}: {message}"))
}

fn filled(written: &str, secret: &str, escape: Escape) -> Result<String, Unfilled> {
    text(written).render(&known(secret, ""), escape).map(|it| it.expose().to_owned())
}

fn address(written: &str, setting: &str) -> Result<String, Unfilled> {
    text(written).render_url(&known("", setting)).map(|it| it.expose().to_owned())
}

#[test]
fn a_text_is_its_literals_and_places() {
    let read = text("Bearer {{secrets.Key}} of {{ configuration.Shop }}!");
    assert_eq!(
        read.parts(),
        [
            Part::Literal("Bearer ".to_owned()),
            Part::Place(Place::Secret("Key".to_owned())),
            Part::Literal(" of ".to_owned()),
            Part::Place(Place::Configuration("Shop".to_owned())),
            Part::Literal("!".to_owned()),
        ]
    );
    assert_eq!(text("plain").literal(), Some("plain"));
    assert_eq!(text("").literal(), Some(""));
    assert_eq!(text("{{token}}").literal(), None);
}

#[test]
fn every_place_is_read_as_it_is_written() {
    for written in [
        "secrets.Key",
        "configuration.Shop",
        "environment.base_url",
        "account.realmId",
        "operator.client_id",
        "operator.client_secret",
        "access_token",
        "token",
        "request.method",
        "request.host",
        "request.path",
        "request.query",
        "request.url",
        "request.body",
        "request.body_sha256",
        "request.timestamp",
        "request.timestamp_ms",
        "request.nonce",
    ] {
        let read = text(&format!("{{{{{written}}}}}"));
        assert_eq!(read.places().map(ToString::to_string).collect::<Vec<_>>(), [written]);
    }
    for wrong in [
        "{{",
        "{{}}",
        "{{secrets}}",
        "{{secrets.}}",
        "{{secrets.a-b}}",
        "{{Secrets.Key}}",
        "{{token.x}}",
        "{{request.ip}}",
        "{{x",
    ] {
        assert!(Text::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn lengths_and_numbers_have_an_end() {
    assert!(Text::parse(&"x".repeat(MAX_TEXT)).is_ok());
    assert!(Text::parse(&"x".repeat(MAX_TEXT + 1)).is_err());
    assert!(Text::parse(&"{{token}}".repeat(MAX_PLACES)).is_ok());
    assert!(Text::parse(&"{{token}}".repeat(MAX_PLACES + 1)).is_err());
}

#[test]
fn what_has_no_value_is_an_error() {
    let missing = text("{{secrets.Other}}").render(&known("x", ""), Escape::Plain);
    assert_eq!(missing.err(), Some(Unfilled::Unresolved(Place::Secret("Other".to_owned()))));
    assert!(text("https://x.example/{{secrets.Other}}").render_url(&known("x", "")).is_err());
}

#[test]
fn a_value_is_written_for_where_it_stands() {
    assert_eq!(
        address("https://x.example/a/{{configuration.Shop}}/b", "ä /?#"),
        Ok("https://x.example/a/%C3%A4%20%2F%3F%23/b".to_owned())
    );
    assert_eq!(
        address("https://x.example/a?q={{configuration.Shop}}", "a&b=c"),
        Ok("https://x.example/a?q=a%26b%3Dc".to_owned())
    );
    assert_eq!(
        address("https://{{configuration.Shop}}.x.example/", "my-shop"),
        Ok("https://my-shop.x.example/".to_owned())
    );
    assert_eq!(
        address("{{configuration.Shop}}/v1", "https://own.example:8443/"),
        Ok("https://own.example:8443/v1".to_owned())
    );
    assert_eq!(
        filled("<a>{{secrets.Key}}</a>", "<&\"'>\n", Escape::Xml),
        Ok("<a>&lt;&amp;&quot;&apos;&gt;&#10;</a>".to_owned())
    );
    assert_eq!(filled("{{secrets.Key}}", "as it is\n", Escape::Plain), Ok("as it is\n".to_owned()));
}

#[test]
fn a_value_that_could_leave_its_place_is_refused() {
    for shop in ["", ".", "..", "a/../b"] {
        // The last is one segment once it is encoded.
        let made = address("https://x.example/{{configuration.Shop}}/b", shop);
        assert_eq!(made.is_ok(), shop == "a/../b", "{shop}: {made:?}");
    }
    for shop in ["evil.example/", "a.b", "-a", "a-", "", "a@b", &"a".repeat(64)] {
        assert!(address("https://{{configuration.Shop}}.x.example/", shop).is_err(), "{shop}");
    }
    for shop in [
        "ftp://x",
        "x",
        "https://",
        "https://u@x",
        "https://x/#a",
        "https://x/?a",
        "https://x y",
        "https://x/../y",
        "https://x/%2E%2e/y",
        "https:\\\\x",
    ] {
        assert!(address("{{configuration.Shop}}/v1", shop).is_err(), "{shop}");
    }
    for secret in ["a\r\nHost: evil", "\0", "ä", "\u{7f}"] {
        assert!(filled("Bearer {{secrets.Key}}", secret, Escape::Header).is_err(), "{secret:?}");
    }
    assert!(filled("{{secrets.Key}}", "a:b", Escape::User).is_err());
    assert!(filled("{{secrets.Key}}", "\0", Escape::Xml).is_err());
}

#[test]
fn a_complaint_names_the_place_and_not_the_value() {
    let refused = filled("Bearer {{secrets.Key}}", "s3cret\n", Escape::Header).expect_err("a line break");
    let words = refused.to_string();
    assert!(words.contains("{{secrets.Key}}") && !words.contains("s3cret"), "{words}");
}

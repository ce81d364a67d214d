//! Ten thousand values in every place of a request that a text can stand in. What JSON and forms make of a value is
//! tested beside the code that writes them.

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

use super::*;

const CASES: u32 = 10_000;
/// Printed when a case fails; the same cases come again with it.
const SEED: [u8; 32] = *b"placeholders, filled in anywhere";

fn ten_thousand<S: Strategy>(cases: &S, rule: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    println!("{CASES} cases with the seed {:?}", std::str::from_utf8(&SEED));
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    if let Err(found) = TestRunner::new_with_rng(config, random).run(cases, rule) {
        panic!("{found}");
    }
}

/// Ordinary texts, any texts, and those that an attacker would try.
fn values() -> impl Strategy<Value = String> {
    let telling = prop::collection::vec(
        prop::sample::select(vec![
            "..",
            ".",
            "/",
            "\\",
            "%2e",
            "%2F",
            "%00",
            "?",
            "#",
            "@",
            ":",
            "&",
            "=",
            ";",
            "+",
            " ",
            "\r\n",
            "\t",
            "\0",
            "<",
            ">",
            "\"",
            "'",
            "]]>",
            "<!--",
            "&amp;",
            "{{",
            "}}",
            "{{secrets.Key}}",
            "https://",
            "http://",
            "evil.example",
            "xn--",
            "ä",
            "\u{202e}",
            "\u{fffe}",
            "a",
            "0",
        ]),
        0..8,
    );
    prop_oneof![any::<String>(), "[ -~]{0,40}", telling.prop_map(|it| it.concat())]
}

#[test]
fn a_value_in_a_path_is_one_segment_of_it() {
    ten_thousand(&values(), |value| {
        let Ok(made) = address("https://api.x.example/v1/{{configuration.Shop}}/end?a=1", &value) else {
            prop_assert!(matches!(value.as_str(), "" | "." | ".."), "{value:?} could stand there");
            return Ok(());
        };
        let url = Url::parse(&made).map_err(|error| TestCaseError::fail(format!("{made}: {error}")))?;
        prop_assert_eq!(url.as_str(), &made, "nothing is left to be put right");
        prop_assert_eq!(
            (url.scheme(), url.host_str(), url.query()),
            ("https", Some("api.x.example"), Some("a=1"))
        );
        let segments: Vec<&str> = url.path_segments().expect("a path").collect();
        prop_assert_eq!(segments.len(), 3);
        prop_assert_eq!(decoded(segments[1]), value);
        Ok(())
    });
}

#[test]
fn a_value_in_a_query_is_one_value_of_it() {
    ten_thousand(&values(), |value| {
        let made = address("https://api.x.example/v1?a=1&q={{configuration.Shop}}&b=2", &value);
        let made = made.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let url = Url::parse(&made).map_err(|error| TestCaseError::fail(format!("{made}: {error}")))?;
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        prop_assert_eq!(pairs, [pair("a", "1"), pair("q", &value), pair("b", "2")]);
        prop_assert_eq!((url.path(), url.fragment(), url.host_str()), ("/v1", None, Some("api.x.example")));
        Ok(())
    });
}

#[test]
fn a_value_in_a_host_is_one_label_of_it() {
    let labels = prop_oneof![values(), "[A-Za-z0-9-]{0,70}"];
    ten_thousand(&labels, |value| {
        let Ok(made) = address("https://{{configuration.Shop}}.x.example/v1", &value) else {
            let plain = value.bytes().all(|it| it.is_ascii_alphanumeric());
            prop_assert!(!plain || value.is_empty() || value.len() > 63, "{value:?} could stand there");
            return Ok(());
        };
        prop_assert_eq!(&made, &format!("https://{value}.x.example/v1"));
        // A label that only looks like another alphabet's may be none; the client then refuses the address.
        if let Ok(url) = Url::parse(&made) {
            let host = url.host_str().unwrap_or_default().to_owned();
            prop_assert_eq!(
                host.strip_suffix(".x.example").map(|it| it.contains('.')),
                Some(false),
                "{}",
                made
            );
            prop_assert!(url.username().is_empty() && url.port().is_none() && url.path() == "/v1", "{made}");
        }
        Ok(())
    });
}

#[test]
fn an_address_of_the_merchants_own_keeps_what_the_template_puts_behind_it() {
    let origins = prop_oneof![
        values(),
        "https?://[a-z]{1,9}\\.example(:[0-9]{1,4})?(/[a-z.%2]{0,6}){0,3}/?",
        values().prop_map(|it| format!("https://own.example/{it}")),
    ];
    ten_thousand(&origins, |value| {
        let Ok(made) = address("{{configuration.Shop}}/v1/orders", &value) else { return Ok(()) };
        let Ok(url) = Url::parse(&made) else { return Ok(()) };
        prop_assert!(matches!(url.scheme(), "http" | "https"), "{made}");
        prop_assert!(url.username().is_empty() && url.password().is_none(), "{made}");
        prop_assert!(url.query().is_none() && url.fragment().is_none(), "{made}");
        prop_assert!(url.path().ends_with("/v1/orders"), "{made}");
        let given = Url::parse(&value).map_err(|error| TestCaseError::fail(format!("{value}: {error}")))?;
        prop_assert_eq!(url.host_str(), given.host_str(), "{}", made);
        Ok(())
    });
}

#[test]
fn a_value_in_a_header_is_on_its_line() {
    ten_thousand(&values(), |value| {
        match filled("Bearer {{secrets.Key}}", &value, Escape::Header) {
            Ok(made) => {
                prop_assert_eq!(&made, &format!("Bearer {value}"));
                prop_assert!(made.bytes().all(|it| (0x20..0x7f).contains(&it)), "{made:?}");
            }
            Err(error) => {
                prop_assert!(value.bytes().any(|it| !(0x20..0x7f).contains(&it)), "{value:?}");
                prop_assert!(value.len() < 4 || !error.to_string().contains(&value), "{error}");
            }
        }
        if let Ok(user) = filled("{{secrets.Key}}", &value, Escape::User) {
            prop_assert!(!user.contains(':'), "{user}");
        }
        Ok(())
    });
}

#[test]
fn a_value_in_xml_is_a_text_of_it() {
    ten_thousand(&values(), |value| {
        let Ok(made) = filled("<a b=\"{{secrets.Key}}\">{{secrets.Key}}</a>", &value, Escape::Xml) else {
            let odd = |it: char| it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}');
            prop_assert!(value.chars().any(|it| odd(it) && !matches!(it, '\t' | '\n' | '\r')), "{value:?}");
            return Ok(());
        };
        let inside = made.strip_prefix("<a b=\"").and_then(|it| it.strip_suffix("</a>"));
        let (attribute, content) =
            inside.and_then(|it| it.split_once("\">")).expect("the template's own marks");
        for part in [attribute, content] {
            prop_assert!(!part.contains(['<', '>', '"', '\'', '\t', '\n', '\r']), "{part}");
            prop_assert_eq!(unescaped(part), Some(value.clone()), "{}", part);
        }
        Ok(())
    });
}

#[test]
fn any_text_is_read_or_refused_and_never_more_than_that() {
    let texts = prop_oneof![
        values(),
        prop::collection::vec(
            prop_oneof![
                values(),
                Just("{{secrets.Key}}".to_owned()),
                Just("{{ configuration.Shop }}".to_owned()),
                Just("{{request.body}}".to_owned()),
            ],
            0..12
        )
        .prop_map(|it| it.concat()),
    ];
    ten_thousand(&texts, |written| {
        let Ok(read) = Text::parse(&written) else {
            prop_assert!(written.contains("{{"), "{written:?} has nothing to be filled in");
            return Ok(());
        };
        let again: String = read
            .parts()
            .iter()
            .map(|it| match it {
                Part::Literal(text) => text.clone(),
                Part::Place(place) => format!("{{{{{place}}}}}"),
            })
            .collect();
        prop_assert_eq!(Text::parse(&again), Ok(read));
        Ok(())
    });
}

fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next(), rest.next()].map(|it| char::from(it.expect("two digits")));
            bytes.push(u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("text")
}

/// What an XML reader makes of it; none where an ampersand is none of an entity.
fn unescaped(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('&').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let Some(rest) = rest else { return Some(first.to_owned()) };
    let (entity, rest) = rest.split_once(';')?;
    let letter = match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        number => char::from_u32(number.strip_prefix('#')?.parse().ok()?)?,
    };
    Some(format!("{first}{letter}{}", unescaped(rest)?))
}

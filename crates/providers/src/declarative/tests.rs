//! Requests out of a template: whatever a value is, a form and a JSON body carry it whole and nothing more.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;

use super::*;

const CASES: u32 = 10_000;
/// Printed when a case fails; the same cases come again with it.
const SEED: [u8; 32] = *b"values in forms and in JSON text";

/// A template with one request, which has this in it.
pub(super) fn described(request: &str) -> Template {
    let text = format!(
        r#"
provider = "Described"
display_name = "Described"
description = "A provider of a test."
integration_type = "Shipping"
documentation_url = "https://described.example"
allowed_hosts = ["api.described.example"]

[environments.production]
base_url = "https://api.described.example/v1"

[[configuration_fields]]
key = "Shop"
display_name = "Shop"
type = "Text"

[[secret_fields]]
key = "Key"
display_name = "Key"

[authentication]
method = "bearer"
token = "{{{{secrets.Key}}}}"

[connection_test]
messages = ["/error"]
[[connection_test.requests]]
{request}
"#
    );
    Template::parse(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The template's request with this secret and setting in it.
fn made(template: &Template, secret: &str, shop: &str) -> Result<build::Built, ProviderError> {
    let secrets = BTreeMap::from([("Key".to_owned(), Secret::new(secret.to_owned()))]);
    let configuration = BTreeMap::from([("Shop".to_owned(), shop.to_owned())]);
    let connection = Connection::plain(&configuration, &secrets);
    let app = App::default();
    let values = Values::new(template, &connection, &app)?;
    let test = template.connection_test.as_ref().expect("a test");
    build(&values, &test.requests[0].request)
}

fn ten_thousand(rule: impl Fn(String, String) -> Result<(), TestCaseError>) {
    println!("{CASES} cases with the seed {:?}", std::str::from_utf8(&SEED));
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let telling = prop::sample::select(vec![
        "\"",
        "\\",
        "\"}",
        "\",\"admin\":true,\"",
        "\u{0}",
        "\u{2028}",
        "&admin=1",
        "=",
        "+",
        "%26",
        "{{secrets.Key}}",
        "\r\n\r\n",
        "../..",
        "?x=1#y",
        "",
    ]);
    let values = prop_oneof![any::<String>(), telling.prop_map(str::to_owned)];
    let mut runner = TestRunner::new_with_rng(config, random);
    if let Err(found) = runner.run(&(values.clone(), values), |(one, two)| rule(one, two)) {
        panic!("{found}");
    }
}

#[test]
fn a_value_in_json_is_one_text_of_it() {
    let template = described(
        "method = \"POST\"\npath = \"/a\"\njson = { key = \"{{secrets.Key}}\", list = [\"x {{configuration.Shop}} y\", 7, true], none = {} }",
    );
    ten_thousand(|secret, shop| {
        let built =
            made(&template, &secret, &shop).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let read: Value =
            serde_json::from_slice(&built.body).map_err(|it| TestCaseError::fail(it.to_string()))?;
        prop_assert_eq!(read, json!({ "key": secret, "list": [format!("x {shop} y"), 7, true], "none": {} }));
        let kind = built.content_type();
        prop_assert_eq!(kind.as_deref(), Some("application/json"));
        Ok(())
    });
}

#[test]
fn a_value_in_a_form_is_one_field_of_it() {
    let template = described(
        "method = \"POST\"\npath = \"/a\"\nform = { a = \"{{secrets.Key}}\", b = \"{{configuration.Shop}}!\", c = \"3\" }",
    );
    ten_thousand(|secret, shop| {
        let built =
            made(&template, &secret, &shop).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let read: BTreeMap<String, String> = url::form_urlencoded::parse(&built.body).into_owned().collect();
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let all = [pair("a", secret), pair("b", format!("{shop}!")), pair("c", "3".to_owned())];
        prop_assert_eq!(read, BTreeMap::from(all));
        Ok(())
    });
}

#[test]
fn a_value_in_a_request_stays_at_the_templates_host_and_path() {
    let template = described(
        "path = \"/shops/{{configuration.Shop}}/orders\"\nquery = { key = \"{{secrets.Key}}\" }\nheaders = { \"X-Shop\" = \"{{configuration.Shop}}\" }",
    );
    ten_thousand(|secret, shop| {
        let Ok(built) = made(&template, &secret, &shop) else {
            let in_a_header = shop.bytes().all(|it| (0x20..0x7f).contains(&it));
            prop_assert!(!in_a_header || matches!(shop.as_str(), "" | "." | ".."), "{shop:?} could be sent");
            return Ok(());
        };
        prop_assert_eq!(built.url.host_str(), Some("api.described.example"));
        let path: Vec<&str> = built.url.path_segments().expect("a path").collect();
        prop_assert_eq!((path.len(), path[0], path[1], path[3]), (4, "v1", "shops", "orders"));
        let query: Vec<(String, String)> = built.url.query_pairs().into_owned().collect();
        prop_assert_eq!(query, [("key".to_owned(), secret)]);
        let header = built.headers.iter().find(|(name, _)| name == "X-Shop").expect("it is there");
        prop_assert_eq!(header.1.expose(), shop);
        Ok(())
    });
}

#[test]
fn what_has_no_value_is_told_without_a_request() {
    let template = described("path = \"/a/{{configuration.Shop}}\"");
    let secrets = BTreeMap::new();
    let configuration = BTreeMap::new();
    let connection = Connection::plain(&configuration, &secrets);
    let app = App::default();
    let values = Values::new(&template, &connection, &app).expect("an environment");
    let test = template.connection_test.as_ref().expect("a test");
    let error = build(&values, &test.requests[0].request).err().expect("nothing to fill in");
    assert_eq!(error.message, "The setting Shop is not set");
}

use std::collections::BTreeMap;

use super::*;
use crate::Secret;

mod random;
mod reading;
mod schema;

/// The templates that Kontor brings along, by name.
fn embedded() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let files = std::fs::read_dir(folder).expect("the folder").map(|it| it.expect("a file").path());
    let mut all: Vec<(String, String)> = files
        .filter(|it| it.extension().is_some_and(|it| it == "toml"))
        .map(|it| (it.display().to_string(), std::fs::read_to_string(it).expect("text")))
        .collect();
    all.sort();
    assert!(all.len() >= 11, "{}", all.len());
    all
}

const SAMPLE: &str = r#"
provider = "Sample"
display_name = "Sample"
description = "A sample."
integration_type = "Payment"
documentation_url = "https://sample.example"
allowed_hosts = ["api.sample.example", "sandbox.sample.example"]

[environments]
selected_by = "Live"

[environments.production]
when = ["true"]
base_url = "https://api.sample.example"
key_patterns = { Key = "live_.+" }

[environments.sandbox]
when = ["false"]
base_url = "https://sandbox.sample.example"
key_patterns = { Key = "test_.+" }

[[configuration_fields]]
key = "Live"
display_name = "Live"
type = "Boolean"
required = true
default = "true"
critical = true

[[configuration_fields]]
key = "Name"
display_name = "Name"
type = "Text"
required = true

[[configuration_fields]]
key = "Count"
display_name = "Count"
type = "Number"

[[configuration_fields]]
key = "Kind"
display_name = "Kind"
type = "Select"
default = "A"
options = ["A", "B"]

[[configuration_fields]]
key = "Site"
display_name = "Site"
type = "Url"

[[configuration_fields]]
key = "Code"
display_name = "Code"
type = "Text"
required = true
pattern = "[0-9]{3}"
visible_when = { key = "Kind", equals = ["B"] }

[[secret_fields]]
key = "Key"
display_name = "Key"
required = true

[[secret_fields]]
key = "Extra"
display_name = "Extra"
pattern = "[a-z]+"
visible_when = { key = "Kind", equals = ["B"] }

[authentication]
method = "bearer"
token = "{{secrets.Key}}"

[connection_test]
[[connection_test.requests]]
path = "/account"
"#;

fn template() -> Template {
    Template::parse(SAMPLE).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn given(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect()
}

fn fields(wrong: &[FieldError]) -> Vec<&str> {
    wrong.iter().map(|it| it.field.as_str()).collect()
}

#[test]
fn creation_fills_defaults_in() {
    let made = template()
        .check_configuration(&given(&[("Name", Some("x")), ("Live", Some("FALSE"))]), None)
        .expect("fits");
    assert_eq!(made.get("Live").map(String::as_str), Some("false"));
    assert_eq!(made.get("Kind").map(String::as_str), Some("A"));
    assert!(!made.contains_key("Count"));
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let wrong = template()
        .check_configuration(
            &given(&[
                ("Live", Some("perhaps")),
                ("Count", Some("1e3")),
                ("Kind", Some("C")),
                ("Site", Some("ftp://x")),
                ("Other", Some("1")),
            ]),
            None,
        )
        .expect_err("much is wrong");
    let mut named = fields(&wrong);
    named.sort_unstable();
    assert_eq!(
        named,
        [
            "configuration.Count",
            "configuration.Kind",
            "configuration.Live",
            "configuration.Name",
            "configuration.Other",
            "configuration.Site"
        ]
    );
}

#[test]
fn a_change_is_merged_and_none_removes() {
    let template = template();
    let old = template
        .check_configuration(
            &given(&[("Name", Some("x")), ("Count", Some("2.5")), ("Live", Some("false"))]),
            None,
        )
        .expect("fits");
    let new = template
        .check_configuration(&given(&[("Count", None), ("Kind", None), ("Live", None)]), Some(&old))
        .expect("fits");
    assert_eq!(new.get("Name").map(String::as_str), Some("x"));
    assert_eq!(new.get("Live").map(String::as_str), Some("true"), "a required key goes back to its default");
    assert!(!new.contains_key("Count") && !new.contains_key("Kind"));
    assert!(template.critical_changed(&old, &new));
    assert!(!template.critical_changed(&old, &old));
    let wrong = template.check_configuration(&given(&[("Name", None)]), Some(&old)).expect_err("required");
    assert_eq!(fields(&wrong), ["configuration.Name"]);
}

fn secrets(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::new((*value).to_owned()))).collect()
}

fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn secrets_are_the_templates() {
    let template = template();
    let live = settings(&[("Live", "true"), ("Kind", "A")]);
    assert!(template.check_secrets(&secrets(&[("Key", "live_1")]), &live, Needed::All).is_ok());
    assert!(template.check_secrets(&secrets(&[]), &live, Needed::None).is_ok());
    let wrong =
        template.check_secrets(&secrets(&[("Other", "x")]), &live, Needed::All).expect_err("two are wrong");
    assert_eq!(fields(&wrong), ["secrets.Other", "secrets.Key"]);
}

#[test]
fn a_sandbox_key_in_production_is_told() {
    let template = template();
    let live = settings(&[("Live", "true")]);
    let wrong =
        template.check_secrets(&secrets(&[("Key", "test_1")]), &live, Needed::All).expect_err("a test key");
    assert_eq!(wrong[0].message, "is a key of the sandbox environment, and the settings choose production");
    let wrong =
        template.check_secrets(&secrets(&[("Key", "other")]), &live, Needed::All).expect_err("no key");
    assert_eq!(wrong[0].message, "does not look like a key of the production environment");
    assert!(
        template
            .check_secrets(&secrets(&[("Key", "test_1")]), &settings(&[("Live", "false")]), Needed::All)
            .is_ok()
    );
}

#[test]
fn a_hidden_field_is_neither_required_nor_taken() {
    let template = template();
    let made = template.check_configuration(&given(&[("Name", Some("x"))]), None).expect("Code is hidden");
    assert!(!made.contains_key("Code"));
    let wrong = template
        .check_configuration(&given(&[("Name", Some("x")), ("Code", Some("123"))]), None)
        .expect_err("hidden");
    assert_eq!(wrong[0].message, "is used only where Kind is B");
    let wrong = template
        .check_configuration(&given(&[("Name", Some("x")), ("Kind", Some("B"))]), None)
        .expect_err("required now");
    assert_eq!(fields(&wrong), ["configuration.Code"]);
    let made = template
        .check_configuration(&given(&[("Name", Some("x")), ("Kind", Some("B")), ("Code", Some("123"))]), None)
        .expect("fits");
    let back = template.check_configuration(&given(&[("Kind", Some("A"))]), Some(&made)).expect("fits");
    assert!(!back.contains_key("Code"), "what was given for a field goes when it is hidden");
    let hidden =
        template.check_secrets(&secrets(&[("Extra", "abc")]), &settings(&[("Kind", "A")]), Needed::None);
    assert_eq!(fields(&hidden.expect_err("hidden")), ["secrets.Extra"]);
    assert!(
        template
            .check_secrets(&secrets(&[("Extra", "abc")]), &settings(&[("Kind", "B")]), Needed::None)
            .is_ok()
    );
}

#[test]
fn a_value_looks_as_its_pattern_says() {
    let template = template();
    for (code, fits) in [("123", true), ("1234", false), ("12a", false), ("x123", false)] {
        let all = given(&[("Name", Some("x")), ("Kind", Some("B")), ("Code", Some(code))]);
        assert_eq!(template.check_configuration(&all, None).is_ok(), fits, "{code}");
    }
    let wrong =
        template.check_secrets(&secrets(&[("Extra", "ABC")]), &settings(&[("Kind", "B")]), Needed::None);
    let wrong = wrong.expect_err("does not fit");
    assert_eq!(wrong[0].message, "must look like [a-z]+", "and the value is not repeated");
}

#[test]
fn a_value_has_a_longest_length() {
    let template = template();
    for (length, fits) in [(MAX_VALUE, true), (MAX_VALUE + 1, false)] {
        let text = "x".repeat(length);
        assert_eq!(
            template.check_configuration(&given(&[("Name", Some(&text))]), None).is_ok(),
            fits,
            "{length}"
        );
    }
}

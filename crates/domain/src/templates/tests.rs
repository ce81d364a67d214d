use super::*;

fn field(key: &str, field_type: FieldType, required: bool, default: Option<&str>) -> ConfigurationField {
    let options =
        if field_type == FieldType::Select { vec!["A".to_owned(), "B".to_owned()] } else { Vec::new() };
    ConfigurationField {
        key: key.to_owned(),
        display_name: key.to_owned(),
        description: String::new(),
        field_type,
        required,
        default: default.map(str::to_owned),
        options,
        critical: key == "Live",
    }
}

fn secret(key: &str, required: bool) -> SecretField {
    SecretField { key: key.to_owned(), display_name: key.to_owned(), description: String::new(), required }
}

fn template() -> Template {
    Template {
        provider: "Sample".to_owned(),
        display_name: "Sample".to_owned(),
        description: String::new(),
        integration_type: IntegrationType::Payment,
        documentation_url: "https://sample.example".to_owned(),
        supported_features: Vec::new(),
        requires_oauth: false,
        configuration_fields: vec![
            field("Live", FieldType::Boolean, true, Some("true")),
            field("Name", FieldType::Text, true, None),
            field("Count", FieldType::Number, false, None),
            field("Kind", FieldType::Select, false, Some("A")),
            field("Site", FieldType::Url, false, None),
        ],
        secret_fields: vec![secret("Key", true), secret("Extra", false)],
    }
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

#[test]
fn secrets_are_the_templates() {
    let template = template();
    assert!(template.check_secrets(&BTreeSet::from(["Key"]), true).is_ok());
    assert!(template.check_secrets(&BTreeSet::new(), false).is_ok());
    let wrong = template.check_secrets(&BTreeSet::from(["Other"]), true).expect_err("two are wrong");
    assert_eq!(fields(&wrong), ["secrets.Other", "secrets.Key"]);
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

#[test]
fn an_unsound_template_is_told() {
    let mut template = template();
    assert_eq!(template.faults(), Vec::<String>::new());
    template.configuration_fields.push(field("Live", FieldType::Boolean, true, Some("perhaps")));
    template.secret_fields.push(secret("not a key", true));
    assert_eq!(template.faults().len(), 3);
}

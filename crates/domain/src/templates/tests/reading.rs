//! Reading: every fault with its line.

use super::*;

fn faults(text: &str) -> Vec<(usize, String)> {
    Template::read(text).faults.into_iter().map(|it| (it.line, it.message)).collect()
}

fn line_of(text: &str, part: &str) -> usize {
    let before = text.split(part).next().expect("there");
    before.matches('\n').count() + 1
}

/// The sample with one thing changed is refused once, at the line of the change.
fn refused(old: &str, new: &str, message: &str) {
    assert!(SAMPLE.contains(old), "{old}");
    let text = SAMPLE.replacen(old, new, 1);
    let found = faults(&text);
    assert!(found.iter().any(|(_, it)| it.contains(message)), "{new}: expected {message:?} in {found:#?}");
    assert!(Template::parse(&text).is_err(), "{new}");
    let part = new.lines().last().expect("a line");
    let (line, _) = found.iter().find(|(_, it)| it.contains(message)).expect("found");
    assert_eq!(*line, line_of(&text, part), "{new}: {found:?}");
}

#[test]
fn the_sample_is_sound() {
    assert_eq!(faults(SAMPLE), Vec::new());
}

#[test]
fn a_fault_is_told_at_its_line() {
    refused(
        "type = \"Number\"",
        "type = \"Numbr\"",
        "type: expected one of Text, Number, Boolean, Select, Url, found the text \"Numbr\"",
    );
    refused(
        "key = \"Count\"",
        "key = \"Count\"\nother = 1",
        "configuration_fields[2].other is not known; expected here: key, display_name",
    );
    refused(
        "display_name = \"Count\"",
        "display_name = 3",
        "display_name: expected a text, found the number 3",
    );
    refused(
        "integration_type = \"Payment\"",
        "integration_type = \"Money\"",
        "expected one of Payment, Accounting",
    );
    refused(
        "{{secrets.Key}}",
        "{{secrets.Kee}}",
        "{{secrets.Kee}} cannot be filled in: no such secret field",
    );
    refused("{{secrets.Key}}", "{{secret.Key}}", "has no placeholder {{secret.Key}}");
    refused("{{secrets.Key}}", "{{secrets.Key", "has {{ without }}");
    refused("pattern = \"[0-9]{3}\"", "pattern = \"[0-9\"", "is no regular expression");
    refused("default = \"A\"", "default = \"C\"", "default must be one of: A, B");
    refused(
        "method = \"bearer\"",
        "method = \"beerer\"",
        "authentication.method: expected one of api_key_header",
    );
    refused("path = \"/account\"", "path = \"account\"", "path must begin with /");
    refused("path = \"/account\"", "url = \"ftp://x\"", "url must begin with https://");
}

#[test]
fn faults_are_told_all_at_once() {
    let text = SAMPLE
        .replace("type = \"Number\"", "type = 1")
        .replace("method = \"bearer\"", "method = \"bearer\"\nextra = true")
        .replace("description = \"A sample.\"\n", "");
    assert_eq!(faults(&text).len(), 3, "{:#?}", faults(&text));
}

#[test]
fn a_text_that_is_no_toml_is_told() {
    let found = faults("provider = \"A\"\ndisplay_name = ");
    assert_eq!(found[0].0, 2);
    assert!(found[0].1.contains("this is no TOML"), "{found:?}");
    assert!(Template::parse("provider = ").is_err());
}

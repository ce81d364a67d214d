use super::*;

const VALUE: &str = "k3y/with+signs&more";

fn hidden(text: &str) -> String {
    hide(text, &[&Secret::new(VALUE.to_owned())]).into_owned()
}

#[test]
fn a_secret_is_hidden_in_every_form_that_it_comes_back_in() {
    assert_eq!(hidden(&format!("Invalid key: {VALUE}.")), "Invalid key: [secret].");
    for name in ["", "a", "ab", "abc"] {
        let basic = BASE64.encode(format!("{name}{VALUE}:x").as_bytes());
        let shown = hidden(&format!("got Basic {basic}!"));
        assert!(shown.contains("[secret]") && shown.ends_with('!'), "{shown}");
        let left = shown.replace("got Basic ", "").replace("[secret]", "");
        assert!(left.len() < 12, "{left}");
    }
    let percent: String = url::form_urlencoded::byte_serialize(VALUE.as_bytes()).collect();
    for form in [percent, HEXLOWER.encode(VALUE.as_bytes()), HEXUPPER.encode(VALUE.as_bytes())] {
        assert_eq!(hidden(&format!("{form} and {form}")), "[secret] and [secret]");
    }
}

#[test]
fn a_piece_at_the_end_is_hidden_and_a_short_one_is_not() {
    assert_eq!(hidden(&format!("the key {}", &VALUE[..12])), "the key [secret]");
    assert_eq!(hidden(&format!("the key {}", &VALUE[..7])), format!("the key {}", &VALUE[..7]));
    assert_eq!(hidden("nothing of it"), "nothing of it");
    assert_eq!(hide("a key", &[&Secret::new("key".to_owned())]), "a key", "too short to be told from words");
}

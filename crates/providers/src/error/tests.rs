use super::*;

#[test]
fn a_number_like_a_cards_is_masked() {
    assert_eq!(clean("card 4111111111111111 refused"), "card [number] refused");
    assert_eq!(clean("card 4111-1111-1111-1111."), "card [number].");
    assert_eq!(clean("code 12345678901 stays"), "code 12345678901 stays");
    assert_eq!(clean("code 123456789012"), "code [number]");
}

#[test]
fn a_text_is_cut_and_has_no_control_characters() {
    assert_eq!(clean("a\r\nb\u{7}"), "a  b");
    assert_eq!(clean(&"x".repeat(MAX_MESSAGE)).len(), MAX_MESSAGE);
    assert_eq!(clean(&"x".repeat(MAX_MESSAGE + 1)).len(), MAX_MESSAGE);
}

#[test]
fn only_what_surely_did_not_happen_is_known() {
    assert!(ProviderError::unreachable("").outcome_known);
    assert!(ProviderError::misconfigured("").outcome_known);
    assert!(ProviderError::refused(Fault::Cardholder, None, "").outcome_known);
    for error in [ProviderError::cut(""), ProviderError::timed_out(""), ProviderError::nonsense("")] {
        assert!(!error.outcome_known, "{error}");
    }
}

#[test]
fn the_words_are_for_people() {
    let error = ProviderError::misconfigured_code(Some("104"), "Invalid Account Token.");
    assert_eq!(
        error.to_string(),
        "The provider does not take this integration's settings or credentials. It said: Invalid Account Token (104)."
    );
    assert_eq!(ProviderError::timed_out("").to_string(), "The provider did not answer in time.");
}

use super::*;
use crate::http::Headers;

fn answer(body: &str) -> Answer {
    Answer { status: 400, headers: Headers::default(), body: body.as_bytes().to_vec() }
}

fn errors(body: &str) -> Vec<(Option<u32>, String, Option<String>)> {
    of(&answer(body)).into_iter().map(|it| (it.number(), it.said().to_owned(), it.element)).collect()
}

#[test]
fn each_shape_gives_code_words_and_field() {
    let capital = r#"{"Fault":{"Error":[{"Detail":"Required parameter Line is missing in the request","Message":"Required param missing","code":"2020","element":"Line"},
        {"Message":"Required param missing","code":2020,"element":"CustomerRef"}],"type":"ValidationFault"},"time":"t"}"#;
    let field = |it: &str| Some(it.to_owned());
    assert_eq!(
        errors(capital),
        [
            (Some(2020), "Required parameter Line is missing in the request".to_owned(), field("Line")),
            (Some(2020), "Required param missing".to_owned(), field("CustomerRef")),
        ]
    );
    let small = r#"{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired: eyJ","code":"3200","element":null}],"type":"AUTHENTICATION"},"batchItemResponse":[],"time":1}"#;
    assert_eq!(errors(small), [(Some(3200), "Token expired: eyJ".to_owned(), None)]);
    let xml = r#"<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="ValidationFault"><Error code="2050" element="DocNumber"><Message>Short</Message><Detail>Length of the field exceeds 21 chars</Detail></Error><Error code="6000"><Message>Other</Message></Error></Fault></IntuitResponse>"#;
    assert_eq!(
        errors(xml),
        [
            (Some(2050), "Length of the field exceeds 21 chars".to_owned(), field("DocNumber")),
            (Some(6000), "Other".to_owned(), None),
        ]
    );
}

#[test]
fn what_is_no_fault_has_no_errors() {
    for body in
        ["", "{}", "[]", "null", "<html><body>Bad</body></html>", r#"{"Fault":null}"#, "{\"Invoice\":{}}"]
    {
        assert_eq!(errors(body), [], "{body}");
    }
    // A fault that cannot be read is one all the same.
    assert_eq!(of(&answer(r#"{"Fault":{"type":"SystemFault"}}"#)), [Refused::default()]);
    assert_eq!(of(&answer(r#"{"fault":{"error":[]}}"#)), [Refused::default()]);
}

#[test]
fn a_document_type_is_not_read_and_an_endless_text_ends() {
    assert_eq!(xml(b"<!DOCTYPE a [<!ENTITY b \"c\">]><Error code=\"1\"></Error>"), []);
    let endless = "<a>".repeat(MAX_EVENTS) + "<Error code=\"1\"></Error>";
    assert_eq!(xml(endless.as_bytes()), []);
    let many = format!("<F>{}</F>", "<Error code=\"1\"></Error>".repeat(MAX_ERRORS + 5));
    assert_eq!(xml(many.as_bytes()).len(), MAX_ERRORS);
}

#[test]
fn who_has_a_name_or_a_number_is_a_hint_at_the_end() {
    let said = |detail: &str| Refused { detail: detail.to_owned(), ..Refused::default() };
    for (detail, mark, id) in [
        ("The name supplied already exists. : Id=58", "Id=", Some("58")),
        ("Ce nom existe déjà. : Id=425", "Id=", Some("425")),
        ("Another customer, vendor or employee is already using this \nname.", "Id=", None),
        (
            "You must specify a different number. DocNumber=1001 is assigned to TxnType=Sales Receipt with TxnId=145",
            "TxnId=",
            Some("145"),
        ),
        ("TxnId=7 of DocNumber TxnId=9", "TxnId=", Some("9")),
        ("TxnId=", "TxnId=", None),
        ("You must specify a different number.", "TxnId=", None),
    ] {
        assert_eq!(said(detail).id_after(mark).as_deref(), id, "{detail}");
    }
}

#[test]
fn a_throttle_is_one_by_its_code_or_its_name() {
    let of = |code: Option<&str>, message: &str| Refused {
        code: code.map(str::to_owned),
        message: message.to_owned(),
        ..Refused::default()
    };
    assert!(of(Some("3001"), "").is_throttle() && of(Some("003001"), "").is_throttle());
    assert!(of(None, "message=ThrottleExceeded; errorCode=003001; statusCode=403").is_throttle());
    assert!(!of(Some("3100"), "message=AuthorizationFailed").is_throttle());
}

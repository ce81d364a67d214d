use super::*;
use crate::authorize_net::json;

/// What the validator says to a request.
fn said(request: &str) -> Option<String> {
    let root = json::read(request.as_bytes()).expect("JSON");
    check(&root).err()
}

fn test(authentication: &str, more: &str) -> Option<String> {
    said(&format!("{{\"authenticateTestRequest\":{{\"merchantAuthentication\":{authentication}{more}}}}}"))
}

const KEY: &str = "{\"name\":\"n\",\"transactionKey\":\"k\"}";
const NS: &str = "AnetApi/xml/v1/schema/AnetApiSchema.xsd";

#[test]
fn the_order_is_the_schemas() {
    assert_eq!(test(KEY, ",\"clientId\":\"c\",\"refId\":\"r\""), None);
    assert_eq!(
        test(KEY, ",\"refId\":\"r\",\"clientId\":\"c\"").as_deref(),
        Some(format!("The element 'authenticateTestRequest' in namespace '{NS}' has invalid child element 'clientId' in namespace '{NS}'.").as_str())
    );
    let late = test("{\"transactionKey\":\"k\",\"name\":\"n\"}", "").expect("out of order");
    assert!(
        late.ends_with(&format!("List of possible elements expected: 'mobileDeviceId, encPassword, encMobileDeviceId, activationCode' in namespace '{NS}'.")),
        "{late}"
    );
    let unknown = said("{\"authenticateTestRequest\":{\"a\":1}}").expect("unknown");
    assert_eq!(
        unknown,
        format!(
            "The element 'authenticateTestRequest' in namespace '{NS}' has invalid child element 'a' in namespace '{NS}'. List of possible elements expected: 'merchantAuthentication' in namespace '{NS}'."
        )
    );
    let twice = test("{\"transactionKey\":[\"k\",\"l\"]}", "").expect("a second one");
    assert!(twice.contains("has invalid child element 'transactionKey'"), "{twice}");
}

#[test]
fn what_must_be_there_is_missed() {
    assert_eq!(
        said("{\"authenticateTestRequest\":{}}"),
        Some(format!(
            "The element 'authenticateTestRequest' in namespace '{NS}' has incomplete content. List of possible elements expected: 'merchantAuthentication' in namespace '{NS}'."
        ))
    );
    // The choice holds optional elements: nothing of it is required.
    assert_eq!(test("{}", ""), None);
    let partner = test("{\"impersonationAuthentication\":{\"partnerLoginId\":\"p\"}}", "").expect("half");
    assert!(partner.contains("'impersonationAuthentication'") && partner.contains("incomplete"), "{partner}");
    assert_eq!(said("{\"isAliveRequest\":{}}"), None);
    assert_eq!(said("{\"isAliveRequest\":null}"), None);
}

#[test]
fn lengths_have_their_limits_and_secrets_are_masked() {
    let name = |length: usize| test(&format!("{{\"name\":\"{}\"}}", "n".repeat(length)), "");
    assert_eq!(name(25), None);
    assert_eq!(
        name(26),
        Some(format!(
            "The '{NS}:name' element is invalid - The value &#39;{}&#39; is invalid according to its datatype 'String' - The actual length is greater than the MaxLength value.",
            "n".repeat(26)
        ))
    );
    let key = |length: usize| test(&format!("{{\"transactionKey\":\"{}\"}}", "k".repeat(length)), "");
    assert_eq!(key(16), None);
    let long = key(17).expect("too long");
    assert!(long.contains(&format!("The value {} is invalid", "X".repeat(17))), "{long}");
    assert!(!long.contains("kkk"));
    let reference =
        |length: usize| said(&format!("{{\"isAliveRequest\":{{\"refId\":\"{}\"}}}}", "r".repeat(length)));
    assert_eq!(reference(50), None);
    assert!(reference(51).is_some());
}

#[test]
fn text_and_elements_stay_apart() {
    assert_eq!(
        test("\"text\"", ""),
        Some(format!(
            "The element 'merchantAuthentication' in namespace '{NS}' cannot contain text. List of possible elements expected: 'name, transactionKey, sessionToken, password, impersonationAuthentication, fingerPrint, clientKey, accessToken, mobileDeviceId, encPassword, encMobileDeviceId, activationCode' in namespace '{NS}'."
        ))
    );
    let inside = test("{\"name\":{\"a\":1}}", "").expect("text only");
    assert!(inside.contains("content model is text only"), "{inside}");
}

#[test]
fn every_type_that_is_named_is_known() {
    let open = SCHEMA.unknown();
    let meant = ["aftInformation", "debtRepaymentIndicator", "discount", "purchaseLevel", "tapToPhone"];
    let mut names: Vec<&str> =
        open.iter().filter(|it| it.0 == "transactionRequestType").map(|it| it.1).collect();
    names.sort_unstable();
    assert_eq!(names, meant);
    let others: Vec<_> = open.iter().filter(|it| it.0 != "transactionRequestType").collect();
    let track = [
        ("paymentEmvType", "emvData"),
        ("paymentEmvType", "emvDescriptor"),
        ("paymentEmvType", "emvVersion"),
        ("paymentType", "encryptedTrackData"),
    ];
    assert_eq!(others, track.iter().collect::<Vec<_>>());
    assert_eq!(open.iter().filter(|it| it.0.is_empty()).count(), 0);
}

/// What the validator says to the transaction inside a request.
fn transaction(inner: &str) -> Option<String> {
    said(&format!(
        "{{\"createTransactionRequest\":{{\"merchantAuthentication\":{KEY},\"transactionRequest\":{inner}}}}}"
    ))
}

#[test]
fn values_are_held_to_their_types() {
    let amount = |it: &str| transaction(&format!("{{\"transactionType\":\"x\",\"amount\":{it}}}"));
    for right in ["5", "5.00", "\"5.00\"", "\"-1\"", "\" 1.5 \""] {
        assert_eq!(amount(right), None, "{right}");
    }
    assert_eq!(
        amount("\"\"").expect("an empty amount"),
        format!(
            "The '{NS}:amount' element is invalid - The value &#39;&#39; is invalid according to its datatype \
             'http://www.w3.org/2001/XMLSchema:decimal' - The string &#39;&#39; is not a valid Decimal value."
        )
    );
    let card = |number: &str, expiry: &str, code: &str| {
        transaction(&format!(
            "{{\"transactionType\":\"x\",\"payment\":{{\"creditCard\":{{\"cardNumber\":\"{number}\",\"expirationDate\":\"{expiry}\",\"cardCode\":\"{code}\"}}}}}}"
        ))
    };
    assert_eq!(card("4111111111111111", "2030-12", "900"), None);
    let long = card("41111111111111111", "2030-12", "900").expect("too long");
    assert!(
        long.contains("The value XXXXXXXXXXXXXXXXX is invalid") && long.ends_with("MaxLength value."),
        "{long}"
    );
    assert!(card("4111111111111111", "1", "900").expect("too short").ends_with("MinLength value."));
    let code = card("4111111111111111", "2030-12", "9a0").expect("no number");
    assert!(
        code.contains(&format!("datatype '{NS}:cardCode' - The Pattern constraint failed."))
            && !code.contains("9a0"),
        "{code}"
    );
    let line = |quantity: &str| {
        transaction(&format!(
            "{{\"transactionType\":\"x\",\"lineItems\":{{\"lineItem\":{{\"itemId\":\"1\",\"name\":\"n\",\"quantity\":\"{quantity}\",\"unitPrice\":\"1\"}}}}}}"
        ))
    };
    assert_eq!(line("0.1234"), None);
    assert!(line("0.12345").expect("five digits").contains("datatype 'Decimal' - The FractionDigits"));
    assert!(line("-1").expect("below zero").contains("MinInclusive"));
}

#[test]
fn lists_are_bounded_and_choices_are_one() {
    let field = "{\"name\":\"a\",\"value\":\"b\"}";
    let fields = |count: usize| {
        let all = vec![field; count].join(",");
        transaction(&format!("{{\"transactionType\":\"x\",\"userFields\":{{\"userField\":[{all}]}}}}"))
    };
    assert_eq!(fields(20), None);
    assert!(fields(21).expect("too many").contains("invalid child element 'userField'"));
    let both = transaction(
        "{\"transactionType\":\"x\",\"payment\":{\"opaqueData\":{\"dataDescriptor\":\"a\",\"dataValue\":\"b\"},\"payPal\":{}}}",
    );
    assert!(both.expect("two of a choice").contains("invalid child element 'payPal'"));
    // What may come next ends with the first that must.
    let bank =
        transaction("{\"transactionType\":\"x\",\"payment\":{\"bankAccount\":{\"accountNumber\":\"1\"}}}");
    assert!(bank.expect("out of order").contains("expected: 'accountType, routingNumber' in namespace"));
}

#[test]
fn bare_lists_get_the_wrapper_that_they_lack() {
    let line = "{\"itemId\":\"1\",\"name\":\"n\",\"quantity\":\"1\",\"unitPrice\":\"1\"}";
    let request = format!(
        "{{\"createTransactionRequest\":{{\"merchantAuthentication\":{KEY},\"transactionRequest\":{{\"transactionType\":\"x\",\"lineItems\":[{line},{line}],\"poNumber\":\"1\"}}}}}}"
    );
    let mut root = json::read(request.as_bytes()).expect("JSON");
    assert!(check(&root).is_err());
    wrap_bare_lists(&mut root);
    assert_eq!(check(&root), Ok(()));
    let lines = root.children[1].child("lineItems").expect("a list");
    assert_eq!(
        lines.children.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["lineItem", "lineItem"]
    );
}

use super::*;
use crate::authorize_net::json;

/// What the validator says to a request.
fn said(request: &str) -> Option<String> {
    let root = json::read(request.as_bytes()).expect("JSON");
    let operation = operation(&root.name).expect("an operation");
    check(&root, operation.content).err()
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

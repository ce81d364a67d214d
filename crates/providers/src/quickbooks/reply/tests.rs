use super::*;
use crate::http::Headers;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: Headers::default(), body: body.as_bytes().to_vec() }
}

fn refused(status: u16, body: &str) -> ProviderError {
    company(&answer(status, body)).expect_err("a refusal")
}

#[test]
fn a_company_is_read_with_what_it_pays_for() {
    let body = r#"{"CompanyInfo":{"CompanyName":"Visby Wool","LegalName":"Visby Wool Ltd","Country":"US",
        "NameValue":[{"Name":"NeoEnabled","Value":"true"},{"Name":"SubscriptionStatus","Value":"PAID"},
          {"Name":"OfferingSku","Value":"QuickBooks Online Plus"}],"Id":"1","SyncToken":"4"},"time":"…"}"#;
    let read = company(&answer(200, body)).expect("a company");
    assert_eq!(
        read.words("sandbox"),
        "Connected to the sandbox company Visby Wool (US). Product: QuickBooks Online Plus. Subscription: PAID."
    );
    let bare = company(&answer(200, r#"{"CompanyInfo":{"LegalName":"A"}}"#)).expect("a company");
    assert_eq!(bare.words("production"), "Connected to the production company A.");
    let long = format!(r#"{{"CompanyInfo":{{"CompanyName":"{}"}}}}"#, "a".repeat(500));
    assert_eq!(company(&answer(200, &long)).expect("a company").name.len(), MAX_TEXT);
}

// The five shapes (§2.5), and what stands in front of the provider.
#[test]
fn each_shape_of_a_refusal_is_understood() {
    let capital = r#"{"Fault":{"Error":[{"Message":"Duplicate","Detail":"A \ntext","code":"6240","element":""}],"type":"ValidationFault"},"time":"…"}"#;
    assert_eq!(refused(400, capital).code.as_deref(), Some("6240"));
    assert_eq!(refused(400, capital).kind, Kind::Refused);
    assert_eq!(refused(200, capital).kind, Kind::Refused);
    let gateway = r#"{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired: eyJ","code":"3200","element":null}],"type":"AUTHENTICATION"},"time":1767323045678}"#;
    assert_eq!(refused(401, gateway).kind, Kind::TokenRefused);
    let forbidden = r#"{"fault":{"error":[{"message":"message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403","detail":null,"code":"3100","element":null}],"type":"SERVICE"}}"#;
    assert_eq!(refused(403, forbidden).kind, Kind::Misconfigured);
    assert!(advice(&refused(403, forbidden), "production").contains("Environment"));
    let realm = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="t"><Fault type="AuthenticationFault"><Error code="100"><Message>General Authentication Error</Message><Detail>AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401</Detail></Error></Fault></IntuitResponse>"#;
    let error = refused(401, realm);
    assert_eq!((error.kind, error.code.as_deref()), (Kind::Misconfigured, Some("100")));
    assert!(error.message.contains("SRV-110"), "{error}");
    for (status, body) in [
        (429, ""),
        (429, gateway),
        (
            403,
            r#"<IntuitResponse><Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=403</Message><Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"#,
        ),
    ] {
        let error = refused(status, body);
        assert_eq!(
            (error.kind, error.fault, error.retry_safe),
            (Kind::Refused, Fault::Theirs, true),
            "{body}"
        );
    }
    for status in [500, 502, 503, 504] {
        assert_eq!(refused(status, "<html><body>Bad gateway</body></html>").kind, Kind::Nonsense);
        assert_eq!(refused(status, "").kind, Kind::Nonsense);
    }
    assert_eq!(refused(401, "").kind, Kind::TokenRefused);
    assert_eq!(refused(401, "<html>Login</html>").kind, Kind::TokenRefused);
    assert_eq!(refused(302, "").kind, Kind::Nonsense);
    assert_eq!(refused(413, "<html>too large</html>").kind, Kind::Nonsense);
    for body in ["", "[]", "{}", "<html></html>", r#"{"CompanyInfo":[]}"#, r#"{"CompanyInfo":{}}"#] {
        assert_eq!(refused(200, body).kind, Kind::Nonsense, "{body}");
    }
}

#[test]
fn every_failure_says_what_to_do() {
    let codes = ["100", "120", "3100", "6190", "1"];
    for code in codes {
        let error = ProviderError::misconfigured_code(Some(code), "");
        assert!(advice(&error, "sandbox").ends_with('.'));
    }
    assert!(advice(&ProviderError::token_refused(None, ""), "sandbox").contains("again"));
    assert!(advice(&ProviderError::timed_out(""), "sandbox").contains("later"));
}

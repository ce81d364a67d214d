use super::*;
use crate::xml::parse;

fn refused(body: &str) -> String {
    check(&parse(body.as_bytes()).expect("a document")).expect_err("refused")
}

#[test]
fn the_texts_are_those_that_were_observed() {
    let ns = TRANSACTION;
    assert_eq!(refused("<HealthCheck/>"), "TargetNamespace required");
    assert_eq!(
        refused(&format!("<HealthCheck xmlns='{ns}'></HealthCheck>")),
        format!(
            "The element 'HealthCheck' in namespace '{ns}' has incomplete content. \
             List of possible elements expected: 'Credentials' in namespace '{ns}'."
        )
    );
    let twice = format!(
        "<TransactionSetup xmlns='{ns}'><Credentials/><Application/>\
         <Transaction><MarketCode>3</MarketCode><MarketCode>3</MarketCode></Transaction></TransactionSetup>"
    );
    assert_eq!(
        refused(&twice),
        format!("Element '{ns}:MarketCode' cannot appear more than once if content model type is \"all\".")
    );
}

#[test]
fn branding_in_the_outer_element_is_refused_with_what_could_stand_there() {
    let outer = format!(
        "<TransactionSetup xmlns='{TRANSACTION}'><Credentials/><Application/><CustomCss>a</CustomCss></TransactionSetup>"
    );
    let text = refused(&outer);
    assert!(text.contains("has invalid child element 'CustomCss'"), "{text}");
    assert!(text.contains("DemandDepositAccount"), "{text}");
    assert!(!text.contains("'Credentials"), "{text}");
}

#[test]
fn a_method_on_the_wrong_host_is_not_declared() {
    let text = refused(&format!("<TransactionQuery xmlns='{TRANSACTION}'/>"));
    assert_eq!(text, format!("The '{TRANSACTION}:TransactionQuery' element is not declared."));
}

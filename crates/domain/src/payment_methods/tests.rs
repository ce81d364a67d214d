use serde_json::json;

use super::*;

#[test]
fn an_address_is_kept_under_the_names_of_the_api() {
    let address = BillingAddress {
        first_name: Some("Ada".to_owned()),
        last_name: Some("Byron".to_owned()),
        state: Some("WA".to_owned()),
        postal_code: Some("98004".to_owned()),
        ..BillingAddress::default()
    };
    let kept = serde_json::to_value(&address).unwrap();
    assert_eq!((&kept["stateProvince"], &kept["zipPostalCode"]), (&json!("WA"), &json!("98004")));
    assert_eq!(serde_json::from_value::<BillingAddress>(kept).unwrap(), address);
    assert_eq!(address.name().as_deref(), Some("Ada Byron"));
    assert_eq!(BillingAddress::default().name(), None);
}

#[test]
fn removal_reads_back() {
    for it in Removal::ALL {
        assert_eq!(it.as_str().parse::<Removal>().ok(), Some(*it));
    }
}

#[test]
fn brands_are_spelled_as_the_documents_spell_them() {
    for (brand, spelled) in [
        ("VISA", "Visa"),
        ("MasterCard", "Mastercard"),
        ("American Express", "AmericanExpress"),
        ("AMEX", "AmericanExpress"),
        ("Discover", "Discover"),
        ("JCB", "JCB"),
    ] {
        assert_eq!(card_type(brand), spelled);
    }
}

use serde_json::json;

use super::*;
use crate::words::tests::{named, those};

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
        ("DISCOVER", "Discover"),
        ("JCB", "JCB"),
    ] {
        assert_eq!(card_type(brand), spelled);
    }
}

#[test]
fn each_state_of_a_page_leads_where_it_should() {
    let led = |from: PageStatus| named(PageStatus::ALL, |to| from.may_become(to));
    assert_eq!(led(PageStatus::Created), "Open Failed");
    assert_eq!(led(PageStatus::Open), "Saved Nothing");
    assert_eq!(led(PageStatus::Nothing), "Saved");
    assert_eq!((led(PageStatus::Saved), led(PageStatus::Failed)), (String::new(), String::new()));
    assert_eq!(those(PageStatus::ALL, PageStatus::is_open), [PageStatus::Created, PageStatus::Open]);
}

fn method() -> PaymentMethod {
    PaymentMethod {
        id: crate::Id::from_bytes([7; 16]),
        customer_id: crate::Id::from_bytes([7; 16]),
        customer_number: "C-1".to_owned(),
        integration_id: crate::Id::from_bytes([7; 16]),
        provider: "AuthorizeNet".to_owned(),
        customer_profile_id: None,
        payment_profile_id: "1".to_owned(),
        last_four: None,
        card_type: None,
        expiration_month: None,
        expiration_year: None,
        billing_address: None,
        is_default: false,
        is_active: true,
        removal: None,
        network_transaction_id: None,
        original_amount: None,
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn its_owner_is_shown_four_digits_and_an_end_where_both_are_known() {
    let bare = method();
    assert_eq!((bare.masked(), bare.expiration_date()), (None, None));
    let known = PaymentMethod {
        last_four: Some("1111".to_owned()),
        expiration_month: Some(3),
        expiration_year: Some(2031),
        ..method()
    };
    assert_eq!(known.masked().as_deref(), Some("XXXX1111"));
    assert_eq!(known.expiration_date().as_deref(), Some("03/2031"));
    assert_eq!(PaymentMethod { expiration_month: None, ..known }.expiration_date(), None);
}

#[test]
fn either_mark_of_a_first_use_is_one() {
    let amount = Some(Money::from_minor(100, crate::Currency::USD));
    assert!(!method().was_used());
    assert!(PaymentMethod { original_amount: amount, ..method() }.was_used());
    assert!(PaymentMethod { network_transaction_id: Some("1".to_owned()), ..method() }.was_used());
}

use serde_json::json;

use super::*;

fn fault(value: Value) -> Fault {
    serde_json::from_value(value).expect("a fault")
}

#[test]
fn the_second_matching_call_meets_it_and_no_other() {
    let mut faults = Faults::default();
    faults.add(fault(json!({ "operation": "Sale", "occurrence": 2, "action": "cut_after" }))).expect("added");
    assert!(faults.meet("Other").is_none());
    assert!(faults.meet("Sale").is_none());
    assert_eq!(faults.meet("Sale").map(|it| it.action), Some(Action::CutAfter));
    assert!(faults.meet("Sale").is_none());
    assert!(faults.all().is_empty(), "spent");
}

#[test]
fn every_call_meets_one_that_stays() {
    let mut faults = Faults::default();
    faults
        .add(fault(json!({ "operation": "*", "occurrence": "every", "action": "cut_before" })))
        .expect("added");
    for _ in 0..3 {
        assert!(faults.meet("Sale").is_some());
    }
    faults.clear();
    assert!(faults.meet("Sale").is_none());
}

#[test]
fn patterns_stand_for_paths() {
    assert!(matches("POST /v3/company/*/invoice", "POST /v3/company/12/invoice"));
    assert!(!matches("POST /v3/company/*/invoice", "POST /v3/company/12/payment"));
    assert!(matches("*", "anything"));
    assert!(matches("Sale", "Sale"));
    assert!(!matches("Sale", "SaleX"));
    assert!(!matches("Sale", "XSale"));
}

#[test]
fn what_cannot_be_scripted_is_refused() {
    let mut faults = Faults::default();
    for wrong in [
        json!({ "operation": "", "action": "cut_before" }),
        json!({ "operation": "*", "occurrence": 0, "action": "cut_before" }),
        json!({ "operation": "*", "occurrence": "twice", "action": "cut_before" }),
        json!({ "operation": "*", "action": "delay" }),
        json!({ "operation": "*", "action": "delay", "delayMs": 600_001 }),
        json!({ "operation": "*", "action": "status", "status": 99 }),
        json!({ "operation": "*", "action": "body" }),
    ] {
        assert!(faults.add(fault(wrong.clone())).is_err(), "{wrong}");
    }
    assert!(serde_json::from_value::<Fault>(json!({ "operation": "*", "action": "explode" })).is_err());
    for _ in 0..MAX_FAULTS {
        faults.add(fault(json!({ "operation": "never", "action": "cut_before" }))).expect("room");
    }
    assert!(faults.add(fault(json!({ "operation": "never", "action": "cut_before" }))).is_err());
}

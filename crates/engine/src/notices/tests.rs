use kontor_providers::books::{Kind, What};

use super::*;

fn notice(company: &str, kind: Option<Kind>, id: &str, merged: Option<&str>) -> Notice {
    Notice {
        company: company.to_owned(),
        kind,
        entity: "whatever".to_owned(),
        id: id.to_owned(),
        what: What::Updated,
        merged: merged.map(str::to_owned),
        at: None,
        notice_id: None,
    }
}

#[test]
fn each_thing_is_looked_at_once_in_its_own_company() {
    let companies = by_company(vec![
        notice("1", Some(Kind::Invoice), "7", None),
        notice("1", Some(Kind::Invoice), "7", None),
        notice("1", Some(Kind::Payment), "7", None),
        notice("1", None, "8", None),
        notice("2", Some(Kind::Customer), "7", Some("9")),
        notice("3", None, "1", None),
    ]);
    let told = |company: &str| {
        let (count, about) = &companies[company];
        let about: Vec<_> =
            about.iter().map(|(kind, id, merged)| (*kind, id.as_str(), merged.as_deref())).collect();
        (*count, about)
    };
    assert_eq!(told("1"), (4, vec![("Invoice", "7", None), ("Payment", "7", None)]));
    assert_eq!(told("2"), (1, vec![("Customer", "7", Some("9"))]));
    assert_eq!(told("3"), (1, Vec::new()));
}

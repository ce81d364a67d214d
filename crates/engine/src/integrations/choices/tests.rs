use super::*;

const SETTINGS: &[Mapped] = &[
    Mapped { key: "DepositTo", list: List::Accounts, kinds: &["Bank"] },
    Mapped { key: "TaxCode", list: List::TaxCodes, kinds: &[] },
];

fn kept() -> Vec<Listed> {
    let entry = |id: &str, kind: &str| Entry {
        id: id.to_owned(),
        name: format!("Account {id}"),
        kind: Some(kind.to_owned()),
    };
    let read_at = "2026-01-02T03:04:05Z".parse().expect("a time");
    let entries = vec![entry("35", "Bank"), entry("79", "Income")];
    vec![Listed { list: "Accounts".to_owned(), entries, read_at }]
}

fn wrong(offered: &Offered, key: &str, value: Option<&str>) -> Option<String> {
    let key = key.to_owned();
    let all = offered.check(std::iter::once((&key, value)));
    assert!(all.len() < 2 && all.iter().all(|it| it.field == format!("configuration.{key}")));
    all.into_iter().next().map(|it| it.message)
}

#[test]
fn what_the_company_has_can_be_chosen_and_nothing_else() {
    let offered = Offered::of(SETTINGS, &kept());
    let ids: Vec<&str> =
        offered.entries("DepositTo").expect("a list").iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["35"], "an income account holds no money");
    assert_eq!(wrong(&offered, "DepositTo", Some("35")), None);
    for value in ["79", "36", "Account 35", "35 or 1"] {
        let message = wrong(&offered, "DepositTo", Some(value)).expect("it is wrong");
        assert!(message.contains("none of the company's"), "{message}");
    }
    for value in [None, Some(""), Some(" ")] {
        assert_eq!(wrong(&offered, "DepositTo", value), None, "nothing may be chosen");
    }
}

#[test]
fn what_was_not_read_yet_cannot_be_chosen_and_other_settings_are_nobodys_business() {
    let offered = Offered::of(SETTINGS, &kept());
    assert_eq!(offered.entries("TaxCode"), None);
    let message = wrong(&offered, "TaxCode", Some("2")).expect("it is wrong");
    assert!(message.contains("connected"), "{message}");
    assert_eq!(wrong(&offered, "Environment", Some("Sandbox")), None);
    assert_eq!(wrong(&Offered::default(), "DepositTo", Some("1")), None);
}

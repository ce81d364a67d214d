use proptest::prelude::*;

use super::*;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn whoever_changed_a_field_alone_is_right() {
    let agreed = fields(&[(EMAIL, "a@x.de"), (PHONE, "1")]);
    let (ours, theirs) =
        (fields(&[(EMAIL, "b@x.de"), (PHONE, "1")]), fields(&[(EMAIL, "a@x.de"), (PHONE, "2")]));
    let merged = merge(Some(&agreed), &ours, &theirs);
    assert_eq!(merged, Merge { out: vec![EMAIL], inward: vec![PHONE], conflicts: vec![] });
    let both = merge(Some(&agreed), &ours, &fields(&[(EMAIL, "c@x.de"), (PHONE, "1")]));
    assert_eq!((both.conflicts, both.out, both.inward), (vec![EMAIL], vec![], vec![]));
}

#[test]
fn what_one_side_lacks_is_the_others_to_give_before_they_ever_agreed() {
    let merged = merge(None, &fields(&[(EMAIL, "a@x.de")]), &fields(&[(PHONE, "2")]));
    assert_eq!(merged, Merge { out: vec![EMAIL], inward: vec![PHONE], conflicts: vec![] });
    // Taken away here since: taken away there.
    let agreed = fields(&[(PHONE, "2")]);
    assert_eq!(merge(Some(&agreed), &Fields::new(), &agreed).out, [PHONE]);
    let taken_away = only(&CustomerDraft::default(), &[PHONE]);
    assert_eq!((taken_away.phone.as_deref(), taken_away.email), (Some(""), None));
}

fn client(address: Address) -> Client {
    Client {
        stamp: kontor_providers::books::Stamp {
            id: "1".to_owned(),
            token: "0".to_owned(),
            created_at: None,
            updated_at: None,
        },
        name: "A".to_owned(),
        full_name: None,
        active: true,
        company_name: None,
        given_name: None,
        family_name: None,
        email: Some("Chief@X.de".to_owned()),
        phone: None,
        bill_to: Some(address),
        ship_to: None,
        currency: None,
        taxable: None,
        notes: None,
        parent: None,
        balance: None,
    }
}

fn customer() -> Customer {
    Customer {
        id: "cus_00000000000000000000000000000001".parse().expect("an id"),
        customer_number: "C-1".to_owned(),
        company_name: "A".to_owned(),
        company_email: None,
        company_phone: Some("1".to_owned()),
        active: true,
        terms: None,
        currency: kontor_domain::Currency::USD,
        external_id: None,
        addresses: vec![Ours {
            address1: Some("Old street".to_owned()),
            address_type: "Billing".to_owned(),
            code: Some("HQ".to_owned()),
            ..Ours::default()
        }],
        contacts: Vec::new(),
        version: 1,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn what_is_taken_in_is_then_the_same_on_both_sides() {
    let lines = ["One", "Two", "Three"].map(str::to_owned).to_vec();
    let there = client(Address { lines, city: Some("Lübeck".to_owned()), ..Address::default() });
    let mut here = customer();
    take_in(&mut here, &there, &[EMAIL, PHONE, BILLING, SHIPPING]);
    assert_eq!(ours(&here), theirs(&there), "{here:?}");
    assert_eq!(here.addresses.len(), 1);
    assert_eq!(here.addresses.first().and_then(|it| it.code.as_deref()), Some("HQ"));
    take_in(&mut here, &client(Address::default()), &[BILLING]);
    assert!(here.addresses.is_empty());
}

fn any() -> impl Strategy<Value = Fields> {
    prop::collection::btree_map(prop::sample::select(ALL.to_vec()), "[ab]", 0..4)
        .prop_map(|it| it.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

proptest! {
    #[test]
    fn a_merge_leaves_nothing_but_conflicts(before in prop::option::of(any()), here in any(), there in any()) {
        let merged = merge(before.as_ref(), &here, &there);
        let (mut ours, mut theirs) = (here.clone(), there.clone());
        let copy = |from: &Fields, to: &mut Fields, field: &str| match from.get(field) {
            Some(value) => { to.insert(field.to_owned(), value.clone()); }
            None => { to.remove(field); }
        };
        for field in &merged.out { copy(&here, &mut theirs, field); }
        for field in &merged.inward { copy(&there, &mut ours, field); }
        for field in ALL {
            let same = ours.get(field) == theirs.get(field);
            prop_assert_eq!(same, !merged.conflicts.contains(&field));
        }
        // From what both have by then nothing follows any more, and a conflict stays one.
        let known = agreed(before.as_ref(), &ours, &theirs);
        let again = merge(Some(&known), &ours, &theirs);
        prop_assert!(again.out.is_empty() && again.inward.is_empty() || before.is_none(), "{:?}", again);
    }
}

use super::*;

#[test]
fn a_key_is_old_when_its_organization_has_a_newer_one() {
    let deks = [(("org_a", 1), 4), (("org_a", 2), 0), (("org_a", 10), 7), (("org_b", 1), 3)];
    let deks = deks.into_iter().map(|((organization, id), records)| ((organization.to_owned(), id), records));
    let old = not_newest(deks.collect());
    let seen: Vec<_> = old.iter().map(|it| (it.organization.as_str(), it.id, it.records)).collect();
    assert_eq!(seen, [("org_a", 1, 4), ("org_a", 2, 0)]);
    assert!(not_newest(BTreeMap::new()).is_empty());
}

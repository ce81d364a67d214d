use kontor_domain::ambient::Entropy;

use super::*;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

#[test]
fn the_oldest_key_goes_when_there_are_too_many() {
    let mut keyring = Keyring::new();
    let organization = |at: usize| format!("org_{at}");
    for at in 0..MAX_KEYS {
        keyring.put(&organization(at), Arc::new(Dek::generate(1, &Zeros)));
    }
    assert!(keyring.get(&organization(0), 1).is_some(), "as many as may be");
    keyring.put(&organization(5), Arc::new(Dek::generate(1, &Zeros)));
    assert!(keyring.get(&organization(0), 1).is_some(), "a key that is held already takes no place");
    keyring.put("org_new", Arc::new(Dek::generate(1, &Zeros)));
    assert!(keyring.get(&organization(0), 1).is_none());
    assert!(keyring.get(&organization(1), 1).is_some() && keyring.get("org_new", 1).is_some());
    assert!(keyring.get("org_new", 1).is_some_and(|it| it.id() == 1));
}

#[test]
fn a_key_is_another_organizations_to_nobody() {
    let mut keyring = Keyring::new();
    keyring.put("org_1", Arc::new(Dek::generate(2, &Zeros)));
    assert!(keyring.get("org_2", 2).is_none());
}

use super::*;

#[test]
fn only_the_keys_of_the_database_are_taken() {
    let keys = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(check_fingerprints(&[], &keys(&["a"])), Ok(()), "a new database takes any");
    assert_eq!(check_fingerprints(&keys(&["a"]), &keys(&["a", "b"])), Ok(()));
    assert_eq!(check_fingerprints(&keys(&["b", "a"]), &keys(&["a", "b"])), Ok(()));
    let wrong = check_fingerprints(&keys(&["b", "a"]), &keys(&["b"])).expect_err("one is missing");
    assert_eq!((wrong.wanted.as_str(), wrong.found.as_str()), ("a", "b"));
    assert!(wrong.to_string().contains("nothing was opened or changed"));
    let none = check_fingerprints(&keys(&["a"]), &[]).expect_err("none is here");
    assert_eq!(none.found, "none");
}

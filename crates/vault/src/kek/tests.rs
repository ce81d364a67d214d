use super::*;

struct Named(&'static str);

impl Kek for Named {
    fn fingerprint(&self) -> String {
        self.0.to_owned()
    }

    fn wrap(&self, _: &[u8], _: &[u8; 32], _: &dyn Entropy) -> Result<Vec<u8>, KekError> {
        Err(KekError::DoesNotUnwrap)
    }

    fn unwrap(&self, _: &[u8], _: &[u8]) -> Result<Zeroizing<[u8; 32]>, KekError> {
        Err(KekError::DoesNotUnwrap)
    }
}

#[test]
fn only_the_key_of_the_database_is_taken() {
    assert_eq!(check_fingerprint(None, &Named("a")), Ok(()));
    assert_eq!(check_fingerprint(Some("a"), &Named("a")), Ok(()));
    let wrong = check_fingerprint(Some("a"), &Named("b")).expect_err("another key");
    assert_eq!((wrong.wanted.as_str(), wrong.found.as_str()), ("a", "b"));
    assert!(wrong.to_string().contains("nothing was opened or changed"));
}

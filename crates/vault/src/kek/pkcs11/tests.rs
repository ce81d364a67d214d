use super::*;
use crate::Dek;

struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

/// SoftHSM's token that `cargo xtask test` prepares.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the real parts are")]
fn place(key: &str) -> Place {
    let given = |name: &str| {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
    };
    Place {
        module: given("KONTOR_TEST_PKCS11_MODULE").into(),
        token: "kontor-test".to_owned(),
        key: format!("{key}-{}", std::process::id()),
        pin: Secret::new("1234".to_owned()),
    }
}

fn refused<T>(result: Result<T, KekError>) -> KekError {
    result.err().expect("it should be refused")
}

#[tokio::test]
async fn a_key_in_a_token_wraps_as_the_one_in_a_file_does() {
    let one = Pkcs11Kek::open(place("one"), true).await.expect("made");
    let again = Pkcs11Kek::open(place("one"), false).await.expect("found");
    let other = Pkcs11Kek::open(place("other"), true).await.expect("made");
    assert_eq!(one.fingerprint(), again.fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert!(
        one.fingerprint().starts_with("pkcs11-") && one.fingerprint().len() == 39,
        "{}",
        one.fingerprint()
    );
    let dek = Dek::generate(3, &Seeded(9));
    let wrapped = dek.wrap(&one, "org_1", &Seeded(4)).await.expect("wrapped");
    assert!(!wrapped.windows(32).any(|it| it == dek.expose()));
    let back = Dek::unwrap(&again, "org_1", 3, &wrapped).await.expect("unwrapped");
    assert_eq!(back.expose(), dek.expose());
    for (organization, id, kek) in [("org_2", 3, &one), ("org_1", 4, &one), ("org_1", 3, &other)] {
        let error = refused(Dek::unwrap(kek, organization, id, &wrapped).await);
        assert!(matches!(error, KekError::DoesNotUnwrap), "{organization} {id}: {error}");
    }
    for at in 0..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        let error = refused(Dek::unwrap(&one, "org_1", 3, &changed).await);
        assert!(matches!(error, KekError::DoesNotUnwrap), "byte {at}: {error}");
    }
    assert!(matches!(refused(Dek::unwrap(&one, "org_1", 3, &wrapped[..40]).await), KekError::DoesNotUnwrap));
}

#[tokio::test]
async fn what_cannot_be_used_says_why() {
    let error = refused(Pkcs11Kek::open(place("nothing"), false).await);
    assert!(matches!(error, KekError::NoSuchKey { .. }), "{error}");
    let error = refused(Pkcs11Kek::open(Place { token: "elsewhere".to_owned(), ..place("one") }, true).await);
    assert!(error.to_string().contains("no token labelled elsewhere"), "{error}");
    let pin = Secret::new("4321".to_owned());
    let error = refused(Pkcs11Kek::open(Place { pin, ..place("one") }, true).await).to_string();
    assert!(error.contains("PIN") && !error.contains("4321"), "{error}");
    let module = "/nowhere/module.so".into();
    let error = refused(Pkcs11Kek::open(Place { module, ..place("one") }, true).await).to_string();
    assert!(error.contains("/nowhere/module.so"), "{error}");
}

#[tokio::test]
async fn a_key_that_the_token_would_hand_out_is_refused() {
    let place = place("loose");
    let module = Pkcs11::new(&place.module).expect("the module");
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => panic!("{error}"),
    }
    let inner = Inner { module, place: place.clone(), busy: Mutex::new(()) };
    let session = inner.module.open_rw_session(inner.slot().expect("a slot")).expect("a session");
    session.login(UserType::User, Some(&AuthPin::from("1234".to_owned()))).expect("logged in");
    let attributes = [
        Attribute::Token(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(true),
        Attribute::Encrypt(true),
        Attribute::ValueLen(32.into()),
        Attribute::Label(place.key.clone().into_bytes()),
    ];
    session.generate_key(&Mechanism::AesKeyGen, &attributes).expect("made");
    let error = refused(Pkcs11Kek::open(place, false).await);
    assert!(error.to_string().contains("hand the key"), "{error}");
}

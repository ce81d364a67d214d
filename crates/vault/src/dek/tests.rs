use tempfile::tempdir;

use super::*;
use crate::LocalKek;

struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[tokio::test]
async fn a_wrapped_key_unwraps_in_its_own_row_under_its_own_kek_alone() {
    let folder = tempdir().expect("a folder");
    let kek = LocalKek::create(&folder.path().join("one"), &Seeded(1)).expect("a key");
    let other = LocalKek::create(&folder.path().join("two"), &Seeded(2)).expect("a key");
    let dek = Dek::generate(3, &Seeded(9));
    let wrapped = dek.wrap(&kek, "org_1", &Seeded(4)).await.expect("wrapped");
    let back = Dek::unwrap(&kek, "org_1", 3, &wrapped).await.expect("unwrapped");
    assert_eq!((back.id(), back.expose()), (3, dek.expose()));
    assert!(Dek::unwrap(&kek, "org_2", 3, &wrapped).await.is_err(), "another organization");
    assert!(Dek::unwrap(&kek, "org_1", 4, &wrapped).await.is_err(), "another number");
    assert!(Dek::unwrap(&other, "org_1", 3, &wrapped).await.is_err(), "another key");
    for at in 0..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        assert!(Dek::unwrap(&kek, "org_1", 3, &changed).await.is_err(), "byte {at}");
        assert!(Dek::unwrap(&kek, "org_1", 3, &wrapped[..at]).await.is_err(), "the first {at} bytes");
    }
    assert!(!wrapped.windows(32).any(|it| it == dek.expose()));
}

#[tokio::test]
async fn the_written_vector_is_what_is_wrapped() {
    let folder = tempdir().expect("a folder");
    let kek = LocalKek::create(&folder.path().join("key"), &Counting(0x20)).expect("a key");
    let dek = Dek::generate(1, &Counting(7));
    let wrapped = dek.wrap(&kek, "org_1", &Counting(3)).await.expect("wrapped");
    let hex = data_encoding::HEXLOWER.encode(&wrapped);
    let written = include_str!("../../../../docs/vault-format.md");
    assert!(written.contains(&hex), "the vector is not in docs/vault-format.md: {hex}");
    assert!(written.contains(&kek.fingerprint()), "nor is {}", kek.fingerprint());
}

struct Counting(u8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = self.0.wrapping_add(u8::try_from(at).unwrap_or(0));
        }
    }
}

/// Not `Debug`: this compiles only while that is so, since two implementations would leave the choice open.
#[test]
fn a_key_cannot_be_shown() {
    trait Shown<Which> {
        fn is_hidden() {}
    }
    struct Any;
    struct Debugs;
    impl<T: ?Sized> Shown<Any> for T {}
    impl<T: ?Sized + std::fmt::Debug> Shown<Debugs> for T {}
    <Dek as Shown<_>>::is_hidden();
    <LocalKek as Shown<_>>::is_hidden();
    <kontor_domain::Secret as Shown<_>>::is_hidden();
}

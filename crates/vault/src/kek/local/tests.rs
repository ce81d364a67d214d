use std::{fs, os::unix::fs::PermissionsExt as _};

use tempfile::tempdir;

use super::*;

struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
}

fn refused(path: &Path) -> KekError {
    match LocalKek::load(path) {
        Ok(_) => panic!("it was read"),
        Err(error) => error,
    }
}

#[test]
fn a_key_is_made_once_for_its_owner_and_never_over_another() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("key");
    let made = LocalKek::load_or_create(&path, &Seeded(1)).expect("made");
    let facts = fs::metadata(&path).expect("facts");
    assert_eq!((facts.len(), facts.permissions().mode() & 0o777), (32, 0o600));
    let read = LocalKek::load_or_create(&path, &Seeded(2)).expect("read");
    assert_eq!(made.fingerprint(), read.fingerprint());
    assert!(matches!(LocalKek::create(&path, &Seeded(3)), Err(KekError::File(_))));
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("key");
    LocalKek::create(&path, &Seeded(1)).expect("made");
    for bits in [0o640, 0o604, 0o644, 0o620, 0o601] {
        mode(&path, bits);
        let error = refused(&path);
        assert!(matches!(error, KekError::Readable(found) if found == bits), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for bits in [0o600, 0o400] {
        mode(&path, bits);
        assert!(LocalKek::load(&path).is_ok(), "{bits:o}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("key");
    assert!(matches!(refused(&path), KekError::File(_)));
    for length in [0, 31, 33] {
        fs::write(&path, vec![1; length]).expect("written");
        mode(&path, 0o600);
        assert!(matches!(refused(&path), KekError::NotAKey), "{length} bytes");
    }
    assert!(matches!(refused(folder.path()), KekError::NotAKey));
    fs::write(&path, [1; 32]).expect("written");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    assert!(matches!(refused(&link), KekError::NotAKey));
}

#[test]
fn the_fingerprint_tells_keys_apart_and_nothing_of_them() {
    let folder = tempdir().expect("a folder");
    let of = |name: &str, seed| {
        LocalKek::create(&folder.path().join(name), &Seeded(seed)).expect("made").fingerprint()
    };
    let (one, two) = (of("one", 1), of("two", 2));
    assert_ne!(one, two);
    assert!(one.starts_with("local-") && one.len() == 38, "{one}");
    assert!(!one.contains("0101"), "{one}");
}

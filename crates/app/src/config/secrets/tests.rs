use std::os::unix::fs::PermissionsExt as _;

use super::*;

struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, value) in bytes.iter_mut().zip(0_u8..) {
            *byte = value;
        }
    }
}

#[test]
fn a_secret_is_made_once_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep").join("auth.secret");
    let first = read_or_make(&path, &Counting).expect("made");
    assert_eq!(first.expose().len(), 96);
    let mode = |path: &Path| fs::metadata(path).expect("facts").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    fs::write(&path, "x".repeat(40)).expect("written");
    assert_eq!(read_or_make(&path, &Counting).expect("kept").expose(), "x".repeat(40));
}

#[test]
fn a_short_secret_is_refused_without_being_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    fs::write(&path, format!("  {}\n", "x".repeat(MIN))).expect("written");
    assert_eq!(read(&path).map(|it| it.expose().len()).ok(), Some(MIN));
    fs::write(&path, format!("{}\n", "hunter2".repeat(4))).expect("written");
    let error = read(&path).err().map(|it| format!("{it:#}")).unwrap_or_default();
    assert!(error.contains("28 bytes") && !error.contains("hunter2"), "{error}");
    assert!(read(&folder.path().join("none")).is_err());
}

#[test]
fn a_secret_is_written_for_its_owner_alone_over_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep").join("app.secret");
    write(&path, &Secret::new("one".to_owned())).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opened");
    write(&path, &Secret::new("2".to_owned())).expect("written again");
    assert_eq!(read_given(&path).expect("read").expose(), "2");
    assert_eq!(fs::metadata(&path).expect("facts").permissions().mode() & 0o777, 0o600);
}

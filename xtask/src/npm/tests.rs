use super::*;

#[test]
fn the_version_is_read() {
    assert_eq!(major("v20.20.2\n"), Some(20));
    assert_eq!(major("v8.0.0"), Some(8));
    assert_eq!((major("20.1"), major("")), (None, None));
}

#[test]
fn a_folder_without_a_lock_file_is_named() {
    let nowhere = root().join("xtask/src/npm");
    if program(&["node", "nodejs"]).is_none() || program(&["npm"]).is_none() {
        return;
    }
    let error = prepare("nothing", &nowhere).err().map(|it| it.to_string()).unwrap_or_default();
    assert!(error.contains("xtask/src/npm"), "{error}");
}

#[test]
fn the_lock_files_name_no_registry() {
    for folder in ["crates/app/tests/oidc", "crates/simulators/tests/sdks"] {
        let lock = fs::read_to_string(root().join(folder).join("package-lock.json")).expect("a lock file");
        assert!(!lock.contains("://"), "an address is in the lock file of {folder}");
        assert!(lock.contains("\"integrity\": \"sha512-"), "{folder}");
    }
}

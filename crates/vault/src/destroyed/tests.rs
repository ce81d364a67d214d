use tempfile::tempdir;

use super::*;

#[test]
fn who_is_on_the_list_is_refused_and_stays_on_it() {
    let folder = tempdir().expect("a folder");
    let list = Destroyed::at(folder.path().join("destroyed"));
    assert!(list.check("org_1").is_ok(), "no list yet");
    list.add("org_1").expect("added");
    list.add("org_2").expect("added");
    list.add("org_1").expect("there already");
    assert_eq!(list.all().expect("read"), ["org_1", "org_2"]);
    assert!(matches!(list.check("org_1"), Err(KekError::Destroyed(it)) if it == "org_1"));
    assert!(list.check("org_").is_ok() && list.check("org_12").is_ok(), "a part of a name is another one");
}

#[test]
fn a_list_that_cannot_be_read_opens_nothing() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("destroyed");
    fs::write(&path, [0xff, 0xfe]).expect("written");
    assert!(matches!(Destroyed::at(path).check("org_1"), Err(KekError::File(_))));
    assert!(matches!(Destroyed::at(folder.path().to_owned()).check("org_1"), Err(KekError::File(_))));
}

#[test]
fn a_list_has_a_largest_size() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("destroyed");
    let file = fs::File::create(&path).expect("made");
    file.set_len(LARGEST).expect("its size");
    assert!(Destroyed::at(path.clone()).all().is_ok(), "as large as may be");
    file.set_len(LARGEST + 1).expect("its size");
    assert!(Destroyed::at(path).all().is_err());
}

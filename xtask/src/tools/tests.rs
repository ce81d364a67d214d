use super::*;

#[test]
fn the_newest_version_is_a_number_not_a_word() {
    let folders = ["/p/9", "/p/15", "/p/common"].map(PathBuf::from).to_vec();
    assert_eq!(newest(folders), Some(PathBuf::from("/p/15")));
    assert_eq!(newest(vec![PathBuf::from("/p/common")]), None);
}

#[test]
fn a_program_is_found_on_the_path_and_only_there() {
    assert!(program(&["no-such-program", "sh"]).is_some());
    assert!(program(&["no-such-program"]).is_none());
}

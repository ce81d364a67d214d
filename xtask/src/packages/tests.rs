use super::*;

#[test]
fn every_package_is_pinned_and_no_address_is_named() {
    for list in ["crates/simulators/tests/sdks/requirements.txt", "crates/vault/tests/moto.txt"] {
        let text = fs::read_to_string(root().join(list)).expect("a list");
        let lines: Vec<_> = text.lines().filter(|it| !it.is_empty() && !it.starts_with('#')).collect();
        assert!(!lines.is_empty(), "{list}");
        for line in lines {
            assert!(line.split_once("==").is_some_and(|(_, version)| !version.is_empty()), "{list}: {line}");
            assert!(!line.contains("://") && !line.starts_with('-'), "{list}: {line}");
        }
    }
}

#[test]
fn a_list_that_is_not_there_is_named() {
    let nowhere = root().join("xtask/src/packages/nothing.txt");
    let error = pip("nothing", Path::new("python3"), &nowhere).err().map(|it| it.to_string());
    assert!(error.is_some_and(|it| it.contains("nothing.txt")));
}

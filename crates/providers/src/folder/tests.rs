use super::*;

const TEMPLATE: &str = r#"
provider = "NAME"
display_name = "NAME"
description = "A provider of a test."
integration_type = "Shipping"
documentation_url = "https://a.example"
allowed_hosts = ["a.example"]

[environments.production]
base_url = "https://a.example"

[[secret_fields]]
key = "Key"
display_name = "Key"

[authentication]
method = "bearer"
token = "{{secrets.Key}}"

[connection_test]
[[connection_test.requests]]
path = "/a"
"#;

fn text(name: &str) -> String {
    TEMPLATE.replace("NAME", name)
}

struct Place {
    _kept: tempfile::TempDir,
    path: PathBuf,
    folder: Folder,
}

impl Place {
    fn new(files: &[(&str, String)]) -> Self {
        let kept = tempfile::tempdir().expect("a folder");
        let path = kept.path().to_owned();
        let place = Self { folder: Folder::new(path.clone()), path, _kept: kept };
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path.join(name), text).expect("a file");
    }

    /// The names of the templates, and what is said of the files that are refused.
    fn look(&mut self) -> (Vec<String>, Vec<String>) {
        let contents = self.folder.look(|name| name.eq_ignore_ascii_case("BuiltIn"));
        let names = contents.templates.iter().map(|it| it.provider.clone()).collect();
        let refused = contents.refused.iter().map(|it| {
            let file = it.file.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
            format!("{file}: {}", it.message)
        });
        (names, refused.collect())
    }
}

#[test]
fn a_wrong_file_stands_in_nobodys_way() {
    let mut place =
        Place::new(&[("a.toml", text("A")), ("b.toml", "provider =".to_owned()), ("c.toml", text("C"))]);
    let (names, refused) = place.look();
    assert_eq!(names, ["A", "C"]);
    assert!(!refused.is_empty() && refused.iter().all(|it| it.starts_with("b.toml: ")), "{refused:?}");
}

#[test]
fn a_name_has_one_owner() {
    let mut place = Place::new(&[("a.toml", text("A")), ("b.toml", text("a")), ("c.toml", text("builtin"))]);
    let (names, refused) = place.look();
    assert_eq!(names, ["A"]);
    assert!(refused[0].contains("is the provider of") && refused[1].contains("is built in"), "{refused:?}");
    // Whoever had a name keeps it, also against a file that comes first by its own name.
    place.write("0.toml", &text("A"));
    let (names, refused) = place.look();
    assert_eq!(names, ["A"]);
    assert!(refused.iter().any(|it| it.starts_with("0.toml: A is the provider of")), "{refused:?}");
    // With its file gone, the next one has it.
    fs::remove_file(place.path.join("a.toml")).expect("away");
    let (names, _) = place.look();
    assert_eq!(names, ["A"]);
    let owner = place.folder.owners.get("a").and_then(|it| it.file_name()).expect("an owner");
    assert_eq!(owner, "0.toml");
}

#[test]
fn a_version_that_went_wrong_leaves_the_one_before_in_force() {
    let mut place = Place::new(&[("a.toml", text("A"))]);
    assert_eq!(place.look().0, ["A"]);
    place.write("a.toml", "provider = \"A\"");
    let (names, refused) = place.look();
    assert_eq!(names, ["A"]);
    assert!(refused.iter().any(|it| it.contains("the version before stays in force")), "{refused:?}");
    place.write("a.toml", &text("B"));
    assert_eq!(place.look(), (vec!["B".to_owned()], Vec::new()));
}

#[test]
fn a_folder_that_is_away_takes_no_provider_with_it() {
    let mut place = Place::new(&[("a.toml", text("A"))]);
    assert_eq!(place.look().0, ["A"]);
    let elsewhere = place.path.with_extension("away");
    fs::rename(&place.path, &elsewhere).expect("away");
    let (names, refused) = place.look();
    fs::rename(&elsewhere, &place.path).expect("back");
    assert_eq!(names, ["A"]);
    assert!(refused[0].contains("cannot be read"), "{refused:?}");
}

#[test]
fn a_file_that_did_not_change_is_not_read_again() {
    let mut place = Place::new(&[("a.toml", text("A"))]);
    let first = place.folder.look(|_| false).templates.remove(0);
    let again = place.folder.look(|_| false).templates.remove(0);
    assert!(Arc::ptr_eq(&first, &again));
}

#[test]
fn a_file_has_a_longest_length() {
    let limit = usize::try_from(MAX_FILE).expect("it fits");
    let padded = |length: usize| format!("{}#{}", text("A"), "x".repeat(length - text("A").len() - 1));
    let mut place = Place::new(&[("a.toml", padded(limit))]);
    assert_eq!(place.look().0, ["A"]);
    let mut place = Place::new(&[("a.toml", padded(limit + 1))]);
    let (names, refused) = place.look();
    assert!(names.is_empty() && refused[0].contains("has more than"), "{refused:?}");
}

#[test]
fn what_is_no_template_is_passed_by() {
    let mut place = Place::new(&[("a.txt", text("A")), (".b.toml", text("B")), ("c.toml.bak", text("C"))]);
    fs::create_dir(place.path.join("d.toml")).expect("a folder");
    assert_eq!(place.look(), (Vec::new(), Vec::new()));
}

#[test]
fn a_provider_that_needs_code_is_refused_at_its_line() {
    let coded = text("A").replace("method = \"bearer\"\ntoken = \"{{secrets.Key}}\"", "method = \"adapter\"");
    let coded = coded.split("[connection_test]").next().expect("the first part").to_owned();
    let faults = check(&coded).expect_err("it needs code");
    let line = coded.lines().position(|it| it.starts_with("method")).expect("a line") + 1;
    assert_eq!((faults.len(), faults[0].line), (1, line), "{faults:?}");
}

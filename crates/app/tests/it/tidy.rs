//! Holds the code to the rules of CONTRIBUTING.md. Each rule is a function over a path and a text, tried on a sample first.

mod borders;
mod network;
mod points;
mod scan;
mod shape;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the project, its path as written from the root.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project")
}

/// Every file below the folders whose name ends so.
fn files(folders: &[&str], ending: &str) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = folders.iter().map(|it| root.join(it)).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            if path.file_name().is_none_or(|it| it != "target") {
                left.extend(fs::read_dir(&path).expect("a folder").map(|it| it.expect("an entry").path()));
            }
        } else if path.to_str().is_some_and(|it| it.ends_with(ending)) {
            let name = path.strip_prefix(&root).expect("below the root").to_str().expect("text").to_owned();
            found.push(File { path: name, text: fs::read_to_string(&path).expect("text") });
        }
    }
    found.sort_by(|one, two| one.path.cmp(&two.path));
    assert!(!found.is_empty(), "no {ending} in {folders:?}");
    found
}

fn rust() -> Vec<File> {
    files(&["crates", "xtask"], ".rs")
}

/// No file breaks the rule.
fn hold(files: &[File], rule: impl Fn(&File) -> Vec<String>) {
    let broken: Vec<String> =
        files.iter().flat_map(|it| rule(it).into_iter().map(|what| format!("{}:{what}", it.path))).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// The rule sees what is wrong in the sample: a check that cannot fail is none.
fn catches(path: &str, text: &str, rule: impl Fn(&File) -> Vec<String>) {
    assert!(!rule(&File::sample(path, text)).is_empty(), "not seen in {path}: {text}");
}

fn passes(path: &str, text: &str, rule: impl Fn(&File) -> Vec<String>) {
    let said = rule(&File::sample(path, text));
    assert!(said.is_empty(), "wrongly seen in {path}: {said:?}");
}

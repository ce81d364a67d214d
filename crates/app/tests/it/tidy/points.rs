//! Crash points: each has its name in the one list and a place in the code, and no release has any.

use std::collections::BTreeSet;

use kontor_store::crash::{CALLS, COMMITS};

use super::{File, catches, files, hold, passes, rust, scan};

/// Where a name stands in the code.
const MARKS: [(&str, &[&str]); 2] = [("commit_at(\"", COMMITS), ("crash::call(\"", CALLS)];

/// The names that a file gives after a mark, with their lines.
fn names<'a>(file: &'a File, mark: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let lines = file.text.lines().enumerate();
    lines.flat_map(move |(at, line)| {
        line.split(mark).skip(1).filter_map(move |rest| Some((at + 1, rest.split('"').next()?)))
    })
}

fn unlisted(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    for (mark, known) in MARKS {
        for (line, name) in names(file, mark).filter(|(_, name)| !known.contains(name)) {
            broken.push(format!("{line}: {name} is not in the list of crates/store/src/crash.rs"));
        }
    }
    broken
}

fn product() -> Vec<File> {
    rust().into_iter().filter(|it| !it.is_test()).collect()
}

#[test]
fn every_point_is_listed() {
    catches("crates/engine/src/a.rs", concat!("tx.commit_", "at(\"no.such\").await?"), unlisted);
    catches("crates/engine/src/a.rs", concat!("crash::", "call(\"hosted.claim\", a)"), unlisted);
    passes("crates/engine/src/a.rs", concat!("tx.commit_", "at(\"hosted.claim\").await?"), unlisted);
    hold(&product(), unlisted);
}

#[test]
fn every_listed_point_is_in_the_code_and_once_in_the_list() {
    let files = product();
    for (mark, known) in MARKS {
        let used: BTreeSet<&str> =
            files.iter().flat_map(|it| names(it, mark).map(|(_, name)| name)).collect();
        let listed: BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(listed.len(), known.len(), "a name stands twice in the list");
        assert!(
            listed.is_subset(&used),
            "in the list alone: {:?}",
            listed.difference(&used).collect::<Vec<_>>()
        );
    }
}

/// Where money is moved, or what moves it is written down: by folder, so that a file that is added is held to it too.
const MONEY: [&str; 15] = [
    "crates/engine/src/actions",
    "crates/engine/src/auto_pay",
    "crates/engine/src/charges",
    "crates/engine/src/hosted",
    "crates/engine/src/jobs",
    "crates/engine/src/payment_",
    "crates/engine/src/payments",
    "crates/engine/src/reconcile",
    "crates/engine/src/refunds",
    "crates/engine/src/resolve",
    "crates/engine/src/webhooks",
    "crates/web/src/api/auto_pay",
    "crates/web/src/api/payments",
    "crates/web/src/pay",
    "crates/web/src/repeat",
];

/// A transaction of the money path that ends where no test can stop it.
fn nameless(file: &File) -> Vec<String> {
    if !MONEY.iter().any(|it| file.path.starts_with(it)) {
        return Vec::new();
    }
    let code = scan::code(&file.text);
    let ends =
        |line: &str| line.chars().filter(|it| !it.is_whitespace()).collect::<String>().contains(".commit()");
    let bare = code.lines().enumerate().filter(|(_, line)| ends(line));
    bare.map(|(at, _)| format!("{}: commit_at, with a name of crates/store/src/crash.rs", at + 1)).collect()
}

#[test]
fn no_transaction_of_money_ends_without_a_point() {
    let bare = concat!("Ok(tx.com", "mit().await?)");
    catches("crates/engine/src/charges/new.rs", bare, nameless);
    catches("crates/engine/src/auto_pay.rs", concat!("tx", ".com", "mit()\n.await?"), nameless);
    catches("crates/web/src/api/payments/new.rs", bare, nameless);
    passes(
        "crates/engine/src/charges/new.rs",
        concat!("tx.commit_", "at(\"charge.claim\").await?"),
        nameless,
    );
    passes("crates/engine/src/charges/new.rs", concat!("// tx.com", "mit()"), nameless);
    passes("crates/engine/src/oauth/new.rs", bare, nameless);
    let files = product();
    for place in MONEY {
        assert!(files.iter().any(|it| it.path.starts_with(place)), "{place} is nowhere");
    }
    hold(&files, nameless);
}

/// A manifest that switches the points on, or a chore that builds something else than tests with them.
fn switched_on(file: &File) -> Vec<String> {
    let tests = ["xtask/src/test.rs", "xtask/src/kms.rs", "xtask/src/chaos.rs"];
    if tests.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let mut broken = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let declares = line.starts_with("crash-points = ");
        if line.contains("crash-points") && !declares && !line.trim_start().starts_with(['#', '/']) {
            broken.push(format!("{}: crash points are for tests alone", at + 1));
        }
    }
    broken
}

#[test]
fn no_release_has_points() {
    catches("crates/app/Cargo.toml", "default = [\"crash-points\"]", switched_on);
    catches("crates/web/Cargo.toml", "kontor-store = { features = [\"crash-points\"] }", switched_on);
    catches("xtask/src/bench.rs", "\"--features\", \"kontor/crash-points\"", switched_on);
    passes("crates/app/Cargo.toml", "crash-points = [\"kontor-store/crash-points\"]", switched_on);
    hold(&files(&["crates", "xtask"], "Cargo.toml"), switched_on);
    let chores = rust().into_iter().filter(|it| it.path.starts_with("xtask/")).collect::<Vec<_>>();
    hold(&chores, switched_on);
    // And the compiler refuses it.
    let store = std::fs::read_to_string(super::root().join("crates/store/src/crash.rs")).expect("the list");
    let guard = "#[cfg(all(feature = \"crash-points\", not(debug_assertions)))]\ncompile_error!(";
    assert!(store.contains(guard), "a release build with the feature must not compile");
}

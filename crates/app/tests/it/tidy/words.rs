//! Words that must not be there, numbers that must not be there, and paths that must.

use super::{File, catches, files, hold, passes, root, rust};

fn unfinished(file: &File) -> Vec<String> {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("HA", "CK:"),
        concat!("unimplemented", "!("),
        concat!("todo", "!("),
    ];
    let found = file.text.lines().enumerate().filter(|(_, line)| words.iter().any(|it| line.contains(it)));
    found.map(|(at, _)| format!("{}: unfinished things are absent", at + 1)).collect()
}

#[test]
fn nothing_is_left_for_later() {
    catches("crates/a/src/b.rs", concat!("// TO", "DO: later"), unfinished);
    hold(&rust(), unfinished);
}

/// Card numbers stand in tests, simulators and documents alone.
fn card_numbers(file: &File) -> Vec<String> {
    let free = ["crates/simulators/", "crates/web/src/demo"];
    if file.is_test() || free.iter().any(|it| file.path.starts_with(it)) {
        return Vec::new();
    }
    let mut broken = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let numbers = line.split(|it: char| !it.is_ascii_digit() && it != ' ' && it != '-');
        for number in numbers.map(|it| it.replace([' ', '-'], "")) {
            if (13..=19).contains(&number.len()) && luhn(&number) && !number.starts_with("0000") {
                broken.push(format!("{}: a card number; test cards live in tests and simulators", at + 1));
            }
        }
    }
    broken
}

fn luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|it| it.to_digit(10)).enumerate();
    let sum: u32 = digits.map(|(at, it)| if at % 2 == 0 { it } else { it * 2 / 10 + it * 2 % 10 }).sum();
    sum.is_multiple_of(10) && sum > 0
}

#[test]
fn no_card_number_stands_in_the_product() {
    catches("crates/a/src/b.rs", "const A: &str = \"4111111111111111\";", card_numbers);
    catches("crates/a/src/b.rs", "// 4111 1111 1111 1111", card_numbers);
    passes("crates/a/src/b.rs", "const A: u64 = 4111111111111112;", card_numbers);
    passes("crates/a/src/b/tests.rs", "4111111111111111", card_numbers);
    let product: Vec<File> = rust().into_iter().filter(|it| !it.path.ends_with("commands/demo.rs")).collect();
    hold(&product, card_numbers);
}

/// Paths in backticks that look like the project's own.
fn paths(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        for word in line.split('`').skip(1).step_by(2) {
            let ours = ["crates/", "xtask/", "docs/", "migrations/", "templates/", ".ci/", ".config/"]
                .iter()
                .any(|it| word.starts_with(it));
            let plain = word.chars().all(|it| it.is_alphanumeric() || "/._-".contains(it));
            if ours && plain && !root().join(word).exists() {
                broken.push(format!("{}: {word} does not exist", at + 1));
            }
        }
    }
    broken
}

#[test]
fn documents_name_files_that_exist() {
    catches("ARCHITECTURE.md", "see `crates/nothing/src/a.rs`", paths);
    passes("ARCHITECTURE.md", "see `crates/app/src/main.rs`", paths);
    hold(&files(&["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs"], ".md"), paths);
}

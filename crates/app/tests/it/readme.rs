//! The tour in the README, run as printed.

use std::process::Command;

use crate::support::{Engine, on_both, process::Demo};

/// Commands of the fenced blocks, and the answers that are printed behind each.
fn tour() -> Vec<(String, String)> {
    let readme = include_str!("../../../../README.md");
    let blocks = readme.split("```sh\n").skip(1);
    let steps: Vec<_> = blocks
        .map(|block| {
            let (command, rest) = block.split_once("```").expect("the block ends");
            let answer = rest.lines().find_map(|line| line.strip_prefix("    ")).expect("an answer");
            (command.to_owned(), answer.to_owned())
        })
        .collect();
    assert!(steps.len() >= 4, "{steps:?}");
    steps
}

async fn the_tour_says_what_the_readme_prints(engine: Engine) {
    let demo = Demo::start(engine);
    let steps = tour();
    let script: String = steps.iter().map(|(command, _)| command.as_str()).collect();
    let output = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .envs([
            ("BASE", demo.text("baseUrl")),
            ("TOKEN", demo.text("adminToken")),
            ("INVOICE", demo.text("invoiceId")),
            ("CUSTOMER", demo.text("customerNumber")),
            ("ORG", demo.text("organizationId")),
        ])
        .output()
        .expect("bash runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("text");
    let printed: Vec<_> = steps.iter().map(|(_, answer)| answer.as_str()).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), printed);
}

on_both!(the_tour_says_what_the_readme_prints);

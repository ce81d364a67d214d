//! docs/add-a-provider.md, followed to the letter: its files are written, its commands run, and they say what it prints.

use std::{fs, process::Command};

use serde_json::Value;

use crate::support::{Engine, on_both, process::Demo};

const PAGE: &str = include_str!("../../../../../docs/add-a-provider.md");
const SCHEMA: &str = include_str!("../../../../../docs/template.schema.json");
/// The address that the page gives the fake; a test has its own.
const FAKE: &str = "127.0.0.1:9300";

/// What is to be done, in the page's order.
#[derive(Debug)]
enum Step {
    /// A file, and what stands in it.
    Write(String, String),
    /// Commands, and what they print.
    Run(String, Vec<String>),
    /// How Kontor is started.
    Start(String),
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("\n```") {
        let (kind, after) = after.split_once('\n').expect("a fence has a line");
        let (block, after) = after.split_once("\n```\n").expect("the block ends");
        match kind {
            "toml" => {
                let name = before.trim_end().strip_suffix("`:").and_then(|it| it.rsplit('`').next());
                steps.push(Step::Write(
                    name.expect("the file's name stands before it").to_owned(),
                    block.to_owned(),
                ));
            }
            "sh" => {
                let printed = after.trim_start_matches('\n').lines().map_while(|it| it.strip_prefix("    "));
                steps.push(Step::Run(block.to_owned(), printed.map(str::to_owned).collect()));
            }
            "console" => steps.push(Step::Start(block.to_owned())),
            other => panic!("a block of {other:?}"),
        }
        rest = after;
    }
    steps
}

/// The settings that stand before the command that starts Kontor.
fn settings(start: &str) -> Vec<(String, String)> {
    let line = start.lines().find(|it| it.ends_with("kontor demo")).expect("it is started");
    let set = line.split(' ').filter_map(|it| it.split_once('='));
    set.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

async fn whoever_follows_the_page_has_a_connected_provider(engine: Engine) {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let page = PAGE.replace(FAKE, &free.to_string());
    let steps = steps(&page);
    let place = tempfile::tempdir().expect("a folder");
    fs::create_dir(place.path().join("templates")).expect("a folder");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_kontor")).parent().expect("its folder");
    #[expect(clippy::disallowed_methods, reason = "the page's commands are found where the test's are")]
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a path"));
    let mut demo = None;
    let (mut script, mut printed) = (String::from("trap 'kill $(jobs -p)' EXIT\n"), Vec::new());
    for step in &steps {
        match step {
            Step::Start(start) => {
                let mut set = settings(start);
                for (_, value) in set.iter_mut().filter(|(key, _)| key == "KONTOR_TEMPLATES__FOLDER") {
                    *value = place.path().join(&*value).display().to_string();
                }
                let set: Vec<(&str, &str)> =
                    set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                assert_eq!(set.len(), 2, "{set:?}");
                demo = Some(Demo::with(engine, &set));
            }
            Step::Write(name, text) => {
                let file = place.path().join(name);
                fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                fs::write(file, format!("{text}\n")).expect("a file");
            }
            Step::Run(commands, prints) => {
                script.push_str(commands);
                script.push('\n');
                printed.extend(prints.iter().cloned());
            }
        }
    }
    let demo = demo.expect("the page starts Kontor");
    let output = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .current_dir(place.path())
        .envs([
            ("BASE", demo.text("baseUrl")),
            ("TOKEN", demo.text("adminToken")),
            ("ORG", demo.text("organizationId")),
        ])
        .env("PATH", path)
        .output()
        .expect("bash runs");
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}\n{}", String::from_utf8_lossy(&output.stdout));
    let said = String::from_utf8(output.stdout).expect("text");
    // The fake says where it stands, in between.
    let said: Vec<_> = said.lines().filter(|it| !it.starts_with("the fake")).collect();
    assert_eq!(said, printed, "{wrong}");
    assert!(printed.len() >= 7, "{printed:?}");
}

/// The names of every key that a schema allows.
fn keys(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().cloned());
            }
            for word in ["const", "enum"] {
                let words =
                    map.get(word).map(|it| it.as_array().cloned().unwrap_or_else(|| vec![it.clone()]));
                found.extend(words.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)));
            }
            map.values().for_each(|it| keys(it, found));
        }
        Value::Array(list) => list.iter().for_each(|it| keys(it, found)),
        _ => {}
    }
}

#[test]
fn every_key_and_word_of_the_format_stands_in_the_table() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut all = Vec::new();
    keys(&schema, &mut all);
    all.sort();
    all.dedup();
    assert!(all.len() > 100, "{}", all.len());
    let (_, table) = PAGE.split_once("## Every key").expect("the table");
    let missing: Vec<_> = all.iter().filter(|it| !table.contains(&format!("`{it}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

on_both!(whoever_follows_the_page_has_a_connected_provider);

//! The operator's folder: what is put there, changed, broken, renamed and taken away is seen without a restart.

use std::{fs, path::Path, process::Output};

use serde_json::json;

use super::{Described, KEYED, template};
use crate::support::{Engine, on_both, process::kontor, until};

fn named(provider: &str, words: &str) -> String {
    template(provider, "https://api.folder.example", "/account", KEYED)
        .replace("A provider of a test.", words)
}

/// `kontor templates …` with this folder.
fn command(folder: &Path, args: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = kontor()
        .arg("templates")
        .args(args)
        .env("KONTOR_TEMPLATES__FOLDER", folder)
        .env("KONTOR_DATA_DIR", folder.join("data"))
        .current_dir(folder)
        .output()
        .expect("it runs");
    (status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

async fn a_bad_file_is_refused_with_its_line_and_the_rest_keep_working(engine: Engine) {
    let bad = named("Bad", "It is wrong.").replace("required = true", "required = \"yes\"");
    let line = bad.lines().position(|it| it == "required = \"yes\"").expect("a line") + 1;
    let coded = named("Coded", "Code.").replace(KEYED, "method = \"adapter\"");
    let files = [
        ("bad.toml", bad),
        ("good.toml", named("Good", "It is right.")),
        ("half.toml", "provider = \"Half".to_owned()),
        ("taken.toml", named("EasyPost", "Another one.")),
        ("twice.toml", named("good", "A second one of that name.")),
        ("adapter.toml", coded.split("[connection_test]").next().expect("the first part").to_owned()),
        ("notes.txt", "no template".to_owned()),
        (".hidden.toml", "nor this".to_owned()),
    ];
    let shop = Described::start(engine, &[], &files);
    assert!(shop.offers("Good").await);
    for refused in ["Bad", "Half", "good", "Coded"] {
        assert!(!shop.offers(refused).await, "{refused}");
    }
    let easypost = shop.described_as("EasyPost").await.expect("it is built in");
    assert_ne!(easypost["description"], "Another one.", "what is built in stays");
    shop.create("Shipping", "Good", &json!({}), &json!({ "ApiKey": "k" })).await;
    let log = shop.demo.log();
    let (sound, listed) = command(shop.folder.path(), &["list"]);
    assert!(!sound, "a folder with bad files is not sound");
    for words in [
        format!("bad.toml:{line}: secret_fields[0].required: expected true or false, found the text \"yes\""),
        "half.toml:1: this is no TOML".to_owned(),
        "taken.toml: EasyPost is built in: choose another provider name".to_owned(),
        "twice.toml: good is the provider of".to_owned(),
        "authentication.method adapter is for providers that are built in".to_owned(),
    ] {
        assert!(listed.contains(&words), "{words:?} is not in: {listed}");
        assert!(log.contains(words.split('"').next().expect("a part")), "{words:?} is not in the log");
    }
    assert!(!listed.contains("notes.txt") && !listed.contains(".hidden"), "{listed}");
    let (_, checked) = command(shop.folder.path(), &["check", "bad.toml", "good.toml"]);
    assert!(checked.contains(&format!("bad.toml:{line}: error: ")), "{checked}");
    assert!(checked.contains("good.toml: ok: Good (Shipping)"), "{checked}");
}

async fn files_come_change_move_and_go_without_a_restart(engine: Engine) {
    let shop = Described::start(engine, &[], &[]);
    let at = |name: &str| shop.folder.path().join(name);
    let says = async |words: &str| {
        until(words, async || shop.described_as("Moving").await.is_some_and(|it| it["description"] == words))
            .await;
    };
    // One that is half written is no template yet; whole, it is one.
    let text = named("Moving", "The first.");
    fs::write(at("a.toml"), &text[..text.len() / 2]).expect("a file");
    fs::write(at("other.toml"), named("Other", "Beside.")).expect("a file");
    shop.until_offered("Other", true).await;
    assert!(!shop.offers("Moving").await);
    fs::write(at("a.toml"), &text).expect("a file");
    says("The first.").await;
    let id = shop.create("Shipping", "Moving", &json!({}), &json!({ "ApiKey": "k" })).await;

    fs::write(at("a.toml"), named("Moving", "The second.")).expect("a file");
    says("The second.").await;
    // A file that goes wrong leaves the version before in force.
    fs::write(at("a.toml"), named("Moving", "The third.").replace("[secret_fields]", "[secret_fields"))
        .expect("a file");
    until("it is told", async || shop.demo.log().contains("the version before stays in force")).await;
    assert_eq!(shop.described_as("Moving").await.expect("it is there")["description"], "The second.");

    fs::write(at("a.toml"), named("Moving", "The fourth.")).expect("a file");
    says("The fourth.").await;
    fs::rename(at("a.toml"), at("b.toml")).expect("another name");
    fs::write(at("c.toml"), named("Later", "To see that it was looked at.")).expect("a file");
    shop.until_offered("Later", true).await;
    says("The fourth.").await;

    fs::remove_file(at("b.toml")).expect("away");
    shop.until_offered("Moving", false).await;
    assert!(shop.offers("Other").await && shop.offers("Later").await);
    // Its integration is still there, is told to have no template, and can be renamed and deleted.
    let path = format!("{}/{id}", shop.path());
    shop.demo.admin.get(&path).await.expect(200);
    let said = shop.fails(&id).await;
    assert!(said.contains("The file that describes this provider was removed"), "{said}");
    shop.demo.admin.put(&path, &json!({ "displayName": "An orphan" })).await.expect(200);
    let refused = shop.demo.admin.put(&path, &json!({ "secrets": { "ApiKey": "x" } })).await.expect(400);
    assert_eq!(refused.wrong_fields(), ["secrets.ApiKey"]);
    assert_eq!(
        shop.ask("Shipping", "Moving", &json!({}), &json!({})).await.expect(400).wrong_fields(),
        ["provider"]
    );

    // Back again, under a name that is written otherwise: it is the same provider.
    fs::write(at("d.toml"), named("Moving", "Back.")).expect("a file");
    says("Back.").await;
    shop.demo.admin.put(&path, &json!({ "secrets": { "ApiKey": "x" } })).await.expect(200);
    shop.demo.admin.delete(&path).await.expect(204);
}

on_both!(
    a_bad_file_is_refused_with_its_line_and_the_rest_keep_working,
    files_come_change_move_and_go_without_a_restart,
);

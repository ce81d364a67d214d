//! What is typed, and what comes back.

use std::fs;

use serde_json::Value;

use crate::support::{
    CARD, Caller, Engine, Program, on_both, pay,
    process::{Demo, kontor},
    way_back,
};

fn wrong(output: &std::process::Output) -> String {
    assert!(!output.status.success(), "it should not succeed");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn the_demo_prints_the_documented_line(engine: Engine) {
    let demo = Demo::start(engine);
    for name in [
        "baseUrl",
        "organizationId",
        "adminToken",
        "customerNumber",
        "invoiceId",
        "dataDir",
        "otherOrganizationId",
        "otherAdminToken",
    ] {
        assert!(demo.line[name].is_string(), "{name}: {}", demo.line);
    }
    for name in ["authorizeNet", "worldpay", "quickBooks"] {
        let base = demo.line["simulators"][name].as_str().unwrap_or_else(|| panic!("{name}: {}", demo.line));
        let page = Caller::new(base, None).get("/_sim").await.expect(200);
        assert!(page.text.contains("simulated"), "{name}");
        let told = Caller::new(base, None).get("/_sim/credentials").await.expect(200).json();
        assert_eq!(told, demo.line["credentials"][name], "{name}");
    }
    let credentials = &demo.line["credentials"];
    for place in 0..2 {
        assert!(credentials["authorizeNet"][place]["ApiLoginId"].is_string(), "{credentials}");
        assert!(credentials["authorizeNet"][place]["TransactionKey"].is_string(), "{credentials}");
        assert!(credentials["worldpay"][place]["AccountToken"].is_string(), "{credentials}");
    }
    assert!(credentials["quickBooks"]["clientSecret"].is_string(), "{credentials}");
    let page = demo.nobody().get("/demo").await.expect(200);
    assert!(!page.header("content-security-policy").is_empty());
}

async fn a_demo_on_another_address_can_be_paid_in_too(engine: Engine) {
    for (listen, found) in [("127.0.0.2:0", "http://127.0.0.2:"), ("0.0.0.0:0", "http://127.0.0.1:")] {
        let demo = Demo::on(listen, engine, &[]);
        assert!(demo.text("baseUrl").starts_with(found), "a browser can open {}", demo.text("baseUrl"));
        let back = format!("{}/demo", demo.text("baseUrl"));
        let body = serde_json::json!({ "customerNumber": demo.text("customerNumber"), "transactionAmount": 148.83,
            "invoiceId": demo.text("invoiceId"), "applicationReturnUrl": back });
        let page =
            demo.admin.post("/api/payments/worldpay/transaction-setup", &body).await.expect(200).json();
        let paid = pay(page["hostedPaymentUrl"].as_str().expect("a page"), CARD).await;
        let back = way_back(&paid).expect("a way back");
        assert!(back.starts_with(found), "{back}");
        demo.nobody().get(&back).await.expect(303);
        assert_eq!(demo.admin.read_invoice(demo.text("invoiceId")).await["status"], "Paid");
    }
}

async fn a_demo_without_a_folder_leaves_nothing_behind(engine: Engine) {
    use std::io::BufRead as _;
    let folder = tempfile::tempdir().expect("a folder");
    let database = crate::support::Database::new(engine, folder.path());
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).expect("a folder");
    let mut child = kontor()
        .args(["demo", "--json", "--listen", "127.0.0.1:0", "--database-url", &database.url()])
        .env("TMPDIR", &temporary)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().expect("output")).read_line(&mut line).expect("a line");
    let data: Value = serde_json::from_str(&line).expect("JSON");
    let data = std::path::PathBuf::from(data["dataDir"].as_str().expect("a folder"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&data).expect("its mode").permissions());
    assert_eq!(mode & 0o077, 0, "for its owner alone");
    let asked = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(asked.is_ok_and(|it| it.success()));
    assert!(child.wait().expect("it ends").success());
    assert_eq!(fs::read_dir(&temporary).expect("the folder").count(), 0);
}

async fn a_wrong_key_is_refused_at_the_start(engine: Engine) {
    let mut program = Program::start(engine).await;
    program.kill();
    let key = program.folder.path().join("data.key");
    let right = fs::read(&key).expect("the key");
    fs::remove_file(&key).expect("removed");
    let said = wrong(&program.run(&["serve"]));
    assert!(said.contains("sealed under a key"), "{said}");
    assert!(!key.exists(), "no new key is made for a database that has one");
    let other = tempfile::tempdir().expect("a folder");
    let made = kontor()
        .args(["serve", "--migrate", "--print-config"])
        .env("KONTOR_DATA_DIR", other.path().join("data"))
        .output()
        .expect("it runs");
    assert!(made.status.success());
    let mut flipped = right.clone();
    let last = flipped.iter().rposition(u8::is_ascii_alphanumeric).expect("a letter");
    flipped[last] = if flipped[last] == b'0' { b'1' } else { b'0' };
    write_key(&key, &flipped);
    let said = wrong(&program.run(&["serve"]));
    assert!(said.contains("key"), "{said}");
    assert!(!said.contains(String::from_utf8_lossy(&right).trim()), "no key in an error");
    write_key(&key, &right);
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("its mode");
    let said = wrong(&program.run(&["serve"]));
    assert!(said.contains("chmod 600") && !said.contains("put that key there"), "{said}");
    write_key(&key, &right);
    program.serve().await;
    assert!(program.command(&["doctor"]).status.success());
}

fn write_key(path: &std::path::Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, bytes).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its mode");
}

async fn the_commands_say_what_they_made_and_nothing_else(engine: Engine) {
    let program = Program::start(engine).await;
    let token = program.command(&["token", "mint", "--org", &program.organization, "--role", "SalesRep"]);
    assert_eq!(String::from_utf8_lossy(&token.stdout).trim().split('.').count(), 3, "the token alone");
    let access =
        program.command(&["access", "create", "--org", &program.organization, "--role", "Admin", "--json"]);
    let access: Value = serde_json::from_slice(&access.stdout).expect("JSON");
    for name in ["orgCode", "clientId", "clientSecret", "apiKey"] {
        assert!(access[name].is_string(), "{access}");
    }
    let key = program.command(&["access", "create", "--org", &program.organization, "--role", "Admin"]);
    let key = String::from_utf8(key.stdout).expect("text");
    assert_eq!(key.lines().count(), 1);
    program.admin.as_other(Some(key.trim())).get("/api/invoices").await.expect(200);
    let said = wrong(&program.run(&["token", "mint", "--org", "org_nobody", "--role", "Admin"]));
    assert!(said.contains("there is no organization"), "{said}");
    let refused = program.run(&["token", "mint", "--role", "Admin"]);
    assert_eq!(refused.status.code(), Some(2), "wrong use");
    let doctor = program.command(&["doctor"]);
    assert!(!doctor.stdout.is_empty());
}

on_both!(
    the_demo_prints_the_documented_line,
    a_demo_on_another_address_can_be_paid_in_too,
    a_demo_without_a_folder_leaves_nothing_behind,
    a_wrong_key_is_refused_at_the_start,
    the_commands_say_what_they_made_and_nothing_else,
);

#[test]
fn whoever_reads_that_it_is_ready_may_ask_it_to_end_at_once() {
    use std::io::BufRead as _;
    for round in 0..10 {
        let mut child = kontor()
            .args(["simulate", "--json", "--listen", "127.0.0.1:0"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().expect("output")).read_line(&mut line).expect("a line");
        let asked = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(asked.is_ok_and(|it| it.success()));
        assert!(child.wait().expect("it ends").success(), "round {round}");
    }
}

#[test]
fn a_typo_in_the_settings_is_an_error_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kontor.toml");
    fs::write(
        &file,
        "listen = \"127.0.0.1:0\"\n\n[payments]\nsweep_secnods = 5\nresolve_after_seconds = \"soon\"\n",
    )
    .expect("written");
    let output = kontor().args(["serve"]).current_dir(folder.path()).output().expect("it runs");
    let said = wrong(&output);
    assert!(said.contains("kontor.toml:4") || said.contains("line 4"), "{said}");
    assert!(said.contains("kontor.toml:5") || said.contains("line 5"), "all at once: {said}");
    let output = kontor()
        .args(["serve"])
        .env("KONTOR_SWEEP", "1")
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    assert!(wrong(&output).contains("KONTOR_SWEEP"));
}

#[test]
fn the_settings_in_force_are_printed_without_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = kontor()
        .args(["serve", "--print-config"])
        .env("KONTOR_DATABASE_URL", "postgres://kontor:hunter2@db.example/kontor")
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && said.contains("db.example"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

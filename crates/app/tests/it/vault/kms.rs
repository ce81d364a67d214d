//! The key-encryption key in a key service: rotated to and from, refused where it is another one, away for a while.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use super::{Tenant, same_secrets, status};
use crate::support::{Caller, Engine, Program, given, on_both};

const REGION: &str = "eu-north-1";

/// Asks the service as whoever administers it.
async fn administer(operation: &str, body: &Value) -> Value {
    let target = format!("TrentService.{operation}");
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/kms/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target.as_str()),
        ("authorization", signed.as_str()),
    ];
    let service = Caller::new(&given("KONTOR_TEST_KMS_URL"), None);
    let answer = service.send("POST", "/", &headers, Some(body.to_string())).await.expect(200);
    serde_json::from_str(&answer.text).unwrap_or_default()
}

async fn new_key() -> String {
    // The service fills these in by itself; what stands for it does not.
    let kind = json!({ "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT" });
    let made = administer("CreateKey", &kind).await;
    made["KeyMetadata"]["KeyId"].as_str().expect("an id").to_owned()
}

/// The settings that lead to a key at this address of the service.
fn settings(table: &str, key: &str, endpoint: &str) -> String {
    format!(
        "[{table}]\nbackend = \"aws-kms\"\naws_kms_key = \"{key}\"\naws_kms_region = \"{REGION}\"\n\
         aws_kms_endpoint = \"{endpoint}\"\naws_kms_timeout_ms = 2000\n"
    )
}

fn write(program: &Program, text: &str) {
    std::fs::write(program.folder.path().join("kontor.toml"), text).expect("written");
}

async fn started_with(program: &mut Program, text: &str) {
    write(program, text);
    program.kill();
    program.serve().await;
}

fn active(program: &Program) -> String {
    let now = status(program);
    let active =
        now["keks"].as_array().expect("keys").iter().find(|it| it["state"] == "active").expect("one");
    active["fingerprint"].as_str().expect("a name").to_owned()
}

fn refused(program: &Program) -> String {
    let refused = program.run(&["serve"]);
    assert!(!refused.status.success(), "it does not start");
    String::from_utf8_lossy(&refused.stderr).into_owned()
}

async fn kms_takes_the_place_of_a_file_and_a_file_of_kms(engine: Engine) {
    let mut program = Program::start(engine).await;
    let tenant = Tenant::new(&program, "Visby Wool", 1).await;
    let (one, two, service) = (new_key().await, new_key().await, given("KONTOR_TEST_KMS_URL"));
    program.kill();
    program.serve().await;
    write(&program, &settings("vault.next", &one, &service));
    let said = program.command(&["keys", "rotate", "kek"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("move the settings"));
    assert!(tenant.opens().await, "the server that was there before opens what is under the service's key");
    assert!(active(&program).starts_with("aws-kms-"));

    std::fs::remove_file(program.folder.path().join("data.key")).expect("the file is needed no more");
    started_with(&mut program, &settings("vault", &one, &service)).await;
    assert!(tenant.opens().await);
    tenant.admin.put(&tenant.path(&tenant.integrations[0]), &same_secrets(&program)).await.expect(200);
    program.command(&["keys", "rotate", "dek"]);
    assert!(tenant.opens().await, "organizations' keys are changed under it too");
    program.command(&["doctor"]);

    // The next key of the service; a start with the retired one alone is refused by its name.
    write(&program, &(settings("vault", &one, &service) + &settings("vault.next", &two, &service)));
    program.command(&["keys", "rotate", "kek"]);
    started_with(&mut program, &settings("vault", &two, &service)).await;
    assert!(tenant.opens().await);
    write(&program, &settings("vault", &one, &service));
    let said = refused(&program);
    assert!(said.contains("is not the one"), "{said}");

    let back =
        settings("vault", &two, &service) + "[vault.next]\nbackend = \"local\"\nkey_file = \"back.key\"\n";
    write(&program, &back);
    program.command(&["keys", "rotate", "kek"]);
    assert!(active(&program).starts_with("local-"));
    started_with(&mut program, "[vault]\nkey_file = \"back.key\"\n").await;
    administer("DisableKey", &json!({ "KeyId": one })).await;
    administer("DisableKey", &json!({ "KeyId": two })).await;
    assert!(tenant.opens().await, "the service is needed no more");
    program.command(&["doctor"]);
}

async fn kms_is_asked_at_the_start_and_a_key_that_does_not_serve_is_refused(engine: Engine) {
    let mut program = Program::start(engine).await;
    let (key, service) = (new_key().await, given("KONTOR_TEST_KMS_URL"));
    write(&program, &settings("vault.next", &key, &service));
    program.command(&["keys", "rotate", "kek"]);
    started_with(&mut program, &settings("vault", &key, &service)).await;
    program.kill();
    administer("DisableKey", &json!({ "KeyId": key })).await;
    let said = refused(&program);
    assert!(said.contains("not enabled but Disabled") && said.contains("sealed under a key"), "{said}");
    administer("EnableKey", &json!({ "KeyId": key })).await;
    program.serve().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    write(&program, &settings("vault", &key, &format!("http://{closed}")));
    let said = refused(&program);
    assert!(said.contains("cannot be asked"), "{said}");
    write(&program, &settings("vault", &key, "http://kms.example"));
    assert!(refused(&program).contains("must begin with https://"));
}

/// Passes connections on to the service until it is told that the line is cut.
async fn line() -> (SocketAddr, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let cut = Arc::new(AtomicBool::new(false));
    let service = given("KONTOR_TEST_KMS_URL").replace("http://", "");
    let is_cut = Arc::clone(&cut);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (service, is_cut) = (service.clone(), Arc::clone(&is_cut));
            tokio::spawn(async move {
                if is_cut.load(Ordering::Relaxed) {
                    return;
                }
                let mut far = TcpStream::connect(service).await.expect("the service");
                // Connections are kept open: one that was made before the cut ends with it.
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    () = async { while !is_cut.load(Ordering::Relaxed) { tokio::task::yield_now().await } } => {}
                }
            });
        }
    });
    (address, cut)
}

async fn kms_may_be_away_while_keys_are_at_hand(engine: Engine) {
    let mut program = Program::start(engine).await;
    let warm = Tenant::new(&program, "Visby Wool", 1).await;
    let cold = Tenant::new(&program, "Riga Salt", 1).await;
    let (address, cut) = line().await;
    let (key, endpoint) = (new_key().await, format!("http://{address}"));
    write(&program, &settings("vault.next", &key, &endpoint));
    program.command(&["keys", "rotate", "kek"]);
    started_with(&mut program, &settings("vault", &key, &endpoint)).await;
    assert!(warm.opens().await);

    cut.store(true, Ordering::Relaxed);
    assert!(warm.opens().await, "its key was unwrapped before");
    let path = warm.path(&warm.integrations[0]);
    warm.admin.put(&path, &same_secrets(&program)).await.expect(200);
    let one = cold.path(&cold.integrations[0]);
    let test = cold.admin.send("POST", &format!("{one}/test"), &[], None).await.expect(503);
    assert_eq!(test.code(), "vault_unavailable");
    assert!(!test.header("retry-after").is_empty() && !test.text.contains("127.0.0.1"), "{}", test.text);
    let put = cold.admin.put(&one, &same_secrets(&program)).await.expect(503);
    assert_eq!(put.code(), "vault_unavailable");
    let path = format!("/api/organizations/{}/integrations", cold.id);
    let body = crate::support::process::integration(&program.simulated["credentials"]["worldpay"][0]);
    cold.admin.post(&path, &body).await.expect(503);
    assert_eq!(
        cold.admin.get(&path).await.expect(200).json()["integrations"].as_array().map(Vec::len),
        Some(1)
    );
    cold.admin.send("POST", &format!("{one}/rotate-secrets/rollback"), &[], None).await.expect(503);

    cut.store(false, Ordering::Relaxed);
    assert!(cold.opens().await, "back by itself");
    cold.admin.put(&one, &same_secrets(&program)).await.expect(200);
}

on_both!(
    kms_takes_the_place_of_a_file_and_a_file_of_kms,
    kms_is_asked_at_the_start_and_a_key_that_does_not_serve_is_refused,
    kms_may_be_away_while_keys_are_at_hand,
);

//! Both rotations, ended by force at every step, while a server serves and somebody writes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::json;

use super::{Tenant, same_secrets, status};
use crate::support::{Engine, Program, given, on_both};

/// Sets the first integration's secrets again and again until told to end; whatever is answered must be good.
struct Writer {
    stop: Arc<AtomicBool>,
    wrote: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Writer {
    fn start(program: &Program, tenant: &Tenant) -> Self {
        let (stop, wrote) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (admin, path) = (tenant.admin.clone(), tenant.path(&tenant.integrations[0]));
        let body = same_secrets(program).to_string();
        let (stopped, written) = (Arc::clone(&stop), Arc::clone(&wrote));
        let task = tokio::spawn(async move {
            let json = [("content-type", "application/json")];
            while !stopped.load(Ordering::Relaxed) {
                // The server is killed at times; nobody answers then.
                if let Ok(answer) = admin.try_send("PUT", &path, &json, Some(body.clone())).await {
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    written.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { stop, wrote, task }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("every write was answered well");
        assert!(self.wrote.load(Ordering::Relaxed) > 0, "it wrote while keys were rotated");
    }
}

/// Rotates, ended by force at each step in turn, and brings each to its end; after every kill everything opens, also
/// for a server that starts then.
async fn killed_at_each_step(engine: Engine, rotate: &[&str], steps: usize) {
    let mut program = Program::start(engine).await;
    let tenants = [Tenant::new(&program, "Visby Wool", 2).await, Tenant::new(&program, "Riga Salt", 1).await];
    let records = status(&program)["records"]["total"].clone();
    let writer = Writer::start(&program, &tenants[0]);
    let mut step = 0;
    loop {
        step += 1;
        let at = step.to_string();
        let killed = program.run(&[rotate, &["--batch", "2", "--stop-after", &at]].concat());
        if killed.status.success() {
            break;
        }
        assert!(killed.status.code().is_none(), "{}", String::from_utf8_lossy(&killed.stderr));
        if step % 3 == 0 {
            program.kill();
            program.serve().await;
        }
        // What is written to at this moment is no good test: its answer is about what was there before.
        for (tenant, first) in [(&tenants[0], 1), (&tenants[1], 0)] {
            assert!(tenant.opens_from(first).await, "killed at step {step}: {}", status(&program));
        }
        if step % 2 == 0 {
            program.command(rotate);
            settled(&program, &records);
        }
    }
    assert!(step > steps, "it was ended at {step} steps");
    writer.end().await;
    settled(&program, &records);
    program.command(&["doctor"]);
    program.kill();
    program.serve().await;
    for tenant in &tenants {
        assert!(tenant.opens().await, "nothing is lost");
    }
}

fn settled(program: &Program, records: &serde_json::Value) {
    let now = status(program);
    assert_eq!(now["records"], json!({ "total": records, "onOldDek": 0, "withoutKey": 0 }), "{now}");
    assert_eq!((&now["deks"]["onOldKek"], &now["deks"]["old"]), (&json!(0), &json!([])), "{now}");
    assert_eq!(now["rotating"], json!([]), "{now}");
    let states: Vec<&str> =
        now["keks"].as_array().expect("keys").iter().filter_map(|it| it["state"].as_str()).collect();
    assert!(!states.contains(&"staged") && states.iter().filter(|it| **it == "active").count() == 1, "{now}");
}

async fn a_rotation_of_the_key_encryption_key_is_killed_and_loses_nothing(engine: Engine) {
    killed_at_each_step(engine, &["keys", "rotate", "kek"], 7).await;
}

async fn a_rotation_of_the_organizations_keys_is_killed_and_loses_nothing(engine: Engine) {
    killed_at_each_step(engine, &["keys", "rotate", "dek"], 10).await;
}

async fn a_server_takes_a_key_in_a_token_up_without_a_restart(engine: Engine) {
    let mut program = Program::start(engine).await;
    let tenant = Tenant::new(&program, "Visby Wool", 1).await;
    program.kill();
    program.serve().await;
    let folder = program.folder.path().to_owned();
    std::fs::write(folder.join("pin"), "1234\n").expect("written");
    let label =
        |name: &str| format!("{name}-{}", folder.file_name().and_then(|it| it.to_str()).expect("a name"));
    let token = |key: &str| {
        format!(
            "backend = \"pkcs11\"\npkcs11_module = \"{}\"\npkcs11_token = \"kontor-test\"\n\
             pkcs11_key = \"{}\"\npkcs11_pin_file = \"pin\"\n",
            given("KONTOR_TEST_PKCS11_MODULE"),
            label(key)
        )
    };
    let settings = folder.join("kontor.toml");
    std::fs::write(&settings, format!("[vault.next]\n{}", token("one"))).expect("written");
    let said = program.command(&["keys", "rotate", "kek"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("move the settings"), "{said}");
    assert!(tenant.opens().await, "the server that was there before opens what is under the token's key");
    let now = status(&program);
    let active =
        now["keks"].as_array().expect("keys").iter().find(|it| it["state"] == "active").expect("one");
    assert!(active["fingerprint"].as_str().is_some_and(|it| it.starts_with("pkcs11-")), "{now}");

    std::fs::write(&settings, format!("[vault]\n{}[vault.next]\n{}", token("one"), token("two")))
        .expect("written");
    std::fs::remove_file(folder.join("data.key")).expect("the file is needed no more");
    program.kill();
    program.serve().await;
    assert!(tenant.opens().await);
    program.command(&["keys", "rotate", "kek"]);
    assert!(tenant.opens().await);
    std::fs::write(&settings, format!("[vault]\n{}", token("two"))).expect("written");
    program.kill();
    program.serve().await;
    assert!(tenant.opens().await, "under the second key alone");
    program.command(&["doctor"]);
    std::fs::write(&settings, format!("[vault]\n{}", token("one"))).expect("written");
    let refused = program.run(&["serve"]);
    assert!(!refused.status.success(), "the retired key opens nothing");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not the one"), "by fingerprint");
}

on_both!(
    a_rotation_of_the_key_encryption_key_is_killed_and_loses_nothing,
    a_rotation_of_the_organizations_keys_is_killed_and_loses_nothing,
    a_server_takes_a_key_in_a_token_up_without_a_restart,
);

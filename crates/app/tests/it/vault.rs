//! Sealed values from the outside: rotation under kills, deletion for good, and where no secret may ever be found.

mod access;
mod keeping;
#[cfg(feature = "aws-kms")]
mod kms;
mod registry;
mod rotation;
mod shredding;

use serde_json::{Value, json};

use crate::support::{Caller, Program, given, process::integration};

/// An organization of its own with some integrations, each with the simulator's credentials.
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) admin: Caller,
    pub(super) integrations: Vec<String>,
}

impl Tenant {
    pub(super) async fn new(program: &Program, name: &str, integrations: usize) -> Self {
        let made = program.command(&["org", "create", "--name", name, "--json"]);
        let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let id = made["organizationId"].as_str().expect("an id").to_owned();
        let token = program.command(&["token", "mint", "--org", &id, "--role", "Admin"]);
        let admin = program.admin.as_other(Some(String::from_utf8(token.stdout).expect("text").trim_end()));
        let mut tenant = Self { id, admin, integrations: Vec::new() };
        for _ in 0..integrations {
            let body = integration(&program.simulated["credentials"]["worldpay"][0]);
            let path = format!("/api/organizations/{}/integrations", tenant.id);
            let made = tenant.admin.post(&path, &body).await.expect(201).json();
            tenant.integrations.push(made["id"].as_str().expect("an id").to_owned());
        }
        tenant
    }

    fn path(&self, integration: &str) -> String {
        format!("/api/organizations/{}/integrations/{integration}", self.id)
    }

    /// Whether the credentials open: the simulator takes no others.
    pub(super) async fn opens(&self) -> bool {
        self.opens_from(0).await
    }

    /// The same but for the first integrations, which somebody writes to.
    pub(super) async fn opens_from(&self, first: usize) -> bool {
        for integration in &self.integrations[first..] {
            let path = format!("{}/test", self.path(integration));
            let answer = self.admin.send("POST", &path, &[], None).await;
            if answer.status != 200 || answer.json()["success"] != true {
                return false;
            }
        }
        true
    }
}

/// What `kontor keys status --json` says.
pub(super) fn status(program: &Program) -> Value {
    serde_json::from_slice(&program.command(&["keys", "status", "--json"]).stdout).expect("JSON")
}

/// A body that sets the credentials of an integration once more.
pub(super) fn same_secrets(program: &Program) -> Value {
    let keys = &program.simulated["credentials"]["worldpay"][0];
    json!({ "secrets": { "AccountToken": keys["AccountToken"], "AcceptorId": keys["AcceptorId"] } })
}

#[test]
fn another_implementation_makes_and_opens_the_written_vectors() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vault/tests/vectors.py");
    let output =
        std::process::Command::new(given("KONTOR_TEST_PYTHON")).arg(script).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

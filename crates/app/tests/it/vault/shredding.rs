//! What was deleted opens nowhere: not here, not in a backup from before.

use std::path::Path;

use super::{Tenant, status};
use crate::support::{Database, Engine, Program, on_both};

/// A copy of the database as an operator's backup makes it; nobody is connected.
fn backup(database: &Database, folder: &Path) -> Database {
    match database {
        Database::Sqlite(path) => {
            let copy = folder.join("backup.db");
            let source = rusqlite::Connection::open(path).expect("the database");
            source.execute("VACUUM INTO ?1", [copy.display().to_string()]).expect("a copy");
            Database::Sqlite(copy)
        }
        Database::Postgres { name } => {
            let copy = format!("{name}_backup");
            Database::administer(&format!("CREATE DATABASE {copy} TEMPLATE {name}"));
            Database::Postgres { name: copy }
        }
    }
}

async fn a_backup_from_before_opens_nothing_of_a_deleted_organization(engine: Engine) {
    let mut program = Program::start(engine).await;
    let kept = Tenant::new(&program, "Visby Wool", 1).await;
    let doomed = Tenant::new(&program, "Riga Salt", 2).await;
    assert!(kept.opens().await && doomed.opens().await);
    program.kill();
    let backup = backup(&program.database, program.folder.path());
    program.serve().await;

    let asked = program.run(&["org", "delete", "--org", &doomed.id]);
    assert!(!asked.status.success() && String::from_utf8_lossy(&asked.stderr).contains("--yes"));
    assert!(doomed.opens().await, "nothing was done");
    program.command(&["org", "delete", "--org", &doomed.id, "--yes"]);
    assert!(!doomed.opens().await);
    for table in ["deks", "integration_secrets", "integrations", "secret_versions", "api_keys"] {
        let left = format!("SELECT COUNT(*) FROM {table} WHERE organization_id = '{}'", doomed.id);
        assert_eq!(program.database.count(&left), 0, "{table}");
    }
    let trail = format!(
        "SELECT COUNT(*) FROM audit WHERE organization_id = '{}' AND action = 'organization.deleted'",
        doomed.id
    );
    assert_eq!(program.database.count(&trail), 1, "the trail stays");
    assert!(kept.opens().await);
    program.command(&["doctor"]);

    program.kill();
    program.database = backup;
    program.serve().await;
    let keys = format!("SELECT COUNT(*) FROM deks WHERE organization_id = '{}'", doomed.id);
    assert_eq!(program.database.count(&keys), 1, "the backup has its wrapped key");
    assert!(!doomed.opens().await, "and does not open it");
    assert!(kept.opens().await, "others are as they were");
    let doctor = program.run(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(!doctor.status.success() && said.contains("is here again"), "{said}");
    let list = program.folder.path().join("data.destroyed");
    let listed = std::fs::read_to_string(&list).expect("the list");
    assert!(listed.contains(&doomed.id), "{listed}");

    // The list is what keeps it shut: without it, and only then, the same backup opens.
    program.kill();
    std::fs::rename(&list, program.folder.path().join("away")).expect("moved away");
    program.serve().await;
    assert!(doomed.opens().await);
    program.kill();
    std::fs::rename(program.folder.path().join("away"), &list).expect("back");
    program.serve().await;
    assert!(!doomed.opens().await);
    program.command(&["org", "delete", "--org", &doomed.id, "--yes"]);
    program.command(&["doctor"]);
    assert!(kept.opens().await);
}

async fn a_backup_from_before_a_rotation_opens_with_the_older_key_alone(engine: Engine) {
    let mut program = Program::start(engine).await;
    let tenant = Tenant::new(&program, "Visby Wool", 1).await;
    program.kill();
    let backup = backup(&program.database, program.folder.path());
    program.command(&["keys", "rotate", "kek"]);
    program.database = backup;
    let refused = program.run(&["serve"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("sealed under"), "{said}");
    let older = std::fs::read_dir(program.folder.path())
        .expect("the folder")
        .map(|it| it.expect("an entry").path())
        .find(|it| it.to_str().is_some_and(|it| it.contains("data.key.retired-local-")))
        .expect("the retired key's file");
    std::fs::rename(older, program.folder.path().join("data.key")).expect("put back");
    program.serve().await;
    assert!(tenant.opens().await);
}

async fn deleting_an_integration_destroys_its_values_and_open_payments_keep_an_organization(engine: Engine) {
    let program = Program::start(engine).await;
    let tenant = Tenant::new(&program, "Visby Wool", 2).await;
    let before = status(&program)["records"]["total"].as_u64().expect("a number");
    let gone = &tenant.integrations[0];
    tenant.admin.delete(&tenant.path(gone)).await.expect(204);
    let left = format!("SELECT COUNT(*) FROM integration_secrets WHERE integration_id = '{gone}'");
    assert_eq!(program.database.count(&left), 0);
    assert_eq!(status(&program)["records"]["total"], before - 3);

    let invoice = program.admin.invoice("C-1", 12.5).await;
    program.admin.setup("C-1", &invoice, 12.5).await.expect(200);
    let refused = program.run(&["org", "delete", "--org", &program.organization, "--yes"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("1 payments of this organization are open"), "{said}");
    let keys = format!("SELECT COUNT(*) FROM deks WHERE organization_id = '{}'", program.organization);
    assert_eq!(program.database.count(&keys), 1, "nothing was done");
    assert!(!program.folder.path().join("data.destroyed").exists());
}

on_both!(
    a_backup_from_before_opens_nothing_of_a_deleted_organization,
    a_backup_from_before_a_rotation_opens_with_the_older_key_alone,
    deleting_an_integration_destroys_its_values_and_open_payments_keep_an_organization,
);

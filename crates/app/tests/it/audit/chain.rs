//! Tampering by hand on the database, found by `kontor doctor`.

use crate::support::{Database, Engine, Program, on_both, until};

/// What `doctor` says of a table.
fn says(program: &Program, table: &str) -> String {
    let output = program.run(&["doctor"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.lines().find(|it| it.split_whitespace().nth(1) == Some(table));
    let line = line.unwrap_or_else(|| panic!("no line of {table}: {text}")).to_owned();
    assert_eq!(line.starts_with("ok"), !line.contains("chain broken"), "{line}");
    if line.starts_with("BAD") {
        assert_eq!(output.status.code(), Some(1), "{text}");
    }
    line
}

/// A stopped program whose rows are all linked, with at least seven in each chain of its organization.
async fn stopped(engine: Engine) -> Program {
    let mut program = Program::start(engine).await;
    for at in 0..4 {
        program.admin.invoice("C-1", 10.0 + f64::from(at)).await;
    }
    program
        .admin
        .get("/api/payments/worldpay/callback?TransactionSetupID=UNKNOWN-1&HostedPaymentStatus=Cancelled")
        .await;
    for table in ["audit", "events"] {
        let waiting = format!("SELECT COUNT(*) FROM {table} WHERE position IS NULL");
        until("linked", async || program.database.count(&waiting) == 0).await;
        assert!(last(&program.database, table, &program.organization) >= 7);
    }
    program.kill();
    program
}

fn last(database: &Database, table: &str, organization: &str) -> u64 {
    database.count(&format!("SELECT MAX(position) FROM {table} WHERE organization_id = '{organization}'"))
}

fn heads(table: &str) -> &'static str {
    if table == "audit" { "audit_heads" } else { "event_heads" }
}

/// What to do to a table, and at which position it must show.
fn crimes(table: &str, organization: &str, last: u64) -> Vec<(String, u64)> {
    let here = format!("organization_id = '{organization}' AND position");
    let update = |set: &str, at: u64| format!("UPDATE {table} SET {set} WHERE {here} = {at}");
    let texts = match table {
        "audit" => ["actor", "action", "subject", "detail", "address", "request_id", "id"].as_slice(),
        _ => ["kind", "subject", "data", "id"].as_slice(),
    };
    let mut crimes: Vec<_> = texts.iter().map(|it| (update(&format!("{it} = 'other'"), 3), 3)).collect();
    let rest: Vec<_> = texts.iter().copied().filter(|it| *it != "id").collect();
    let rest = rest.join(", ");
    let copy = |position: u64| {
        format!(
            "INSERT INTO {table} (organization_id, created_at, hash, id, position, {rest})
             SELECT organization_id, created_at, hash, 'new', {position}, {rest} FROM {table}
             WHERE {here} = (SELECT MAX(position) FROM {table} WHERE organization_id = '{organization}')"
        )
    };
    crimes.extend([
        (update("created_at = created_at + 1", 5), 5),
        (update("hash = 'none'", 4), 4),
        (update("position = 0", 1), 1),
        // Taken out: in the middle, at the beginning, at the end, and moved to somebody else's.
        (format!("DELETE FROM {table} WHERE {here} = 3"), 3),
        (format!("DELETE FROM {table} WHERE {here} = 1"), 1),
        (format!("DELETE FROM {table} WHERE {here} = {last}"), last),
        (update("organization_id = 'org_other'", 6), 6),
        // Put in: in the middle, at the beginning, at the end.
        (
            format!(
                "UPDATE {table} SET position = position + 1000 WHERE {here} >= 4;
                 UPDATE {table} SET position = position - 999 WHERE {here} >= 1004; {}",
                copy(4)
            ),
            4,
        ),
        (copy(0), 1),
        (copy(last + 1), last + 1),
        // Swapped.
        (
            format!(
                "UPDATE {table} SET position = 1002 WHERE {here} = 2;
                 UPDATE {table} SET position = 2 WHERE {here} = 5;
                 UPDATE {table} SET position = 5 WHERE {here} = 1002"
            ),
            2,
        ),
    ]);
    let heads = heads(table);
    crimes.extend([
        (format!("DELETE FROM {heads} WHERE organization_id = '{organization}'"), 1),
        (format!("UPDATE {heads} SET hash = 'none' WHERE organization_id = '{organization}'"), last),
        (format!("UPDATE {heads} SET position = 2 WHERE organization_id = '{organization}'"), 3),
        (
            format!("UPDATE {heads} SET position = {} WHERE organization_id = '{organization}'", last + 3),
            last + 1,
        ),
    ]);
    crimes
}

async fn the_first_broken_position_is_named(engine: Engine) {
    let program = stopped(engine).await;
    let database = &program.database;
    for table in ["audit", "events"] {
        let heads = heads(table);
        let last = last(database, table, &program.organization);
        assert!(says(&program, table).contains("in unbroken chains"));
        for it in [table, heads] {
            database.execute(&format!("CREATE TABLE kept_{it} AS SELECT * FROM {it}"));
        }
        for (crime, position) in crimes(table, &program.organization, last) {
            database.execute(&crime);
            let said = says(&program, table);
            let wanted = format!("RIGA-FURS at position {position}");
            assert!(said.split([',', '.', ':']).any(|it| it.trim() == wanted), "{crime}: {wanted}: {said}");
            let put_right = [table, heads]
                .map(|it| format!("DELETE FROM {it}; INSERT INTO {it} SELECT * FROM kept_{it};"));
            database.execute(&put_right.concat());
        }
        assert!(says(&program, table).contains("in unbroken chains"), "all of it was put right");
    }
}

async fn rows_that_wait_are_counted_and_linked_later(engine: Engine) {
    let mut program = stopped(engine).await;
    let statement = format!(
        "INSERT INTO audit (id, organization_id, actor, action, subject, detail, created_at)
         VALUES ('aud_late', '{}', 'somebody', 'something.done', 'here', '{{}}', 1)",
        program.organization
    );
    program.database.execute(&statement);
    let said = says(&program, "audit");
    assert!(said.contains("in unbroken chains, 1 not linked yet"), "{said}");
    program.serve().await;
    let waiting = "SELECT COUNT(*) FROM audit WHERE position IS NULL";
    until("linked", async || program.database.count(waiting) == 0).await;
    program.kill();
    let said = says(&program, "audit");
    assert!(said.ends_with("in unbroken chains"), "{said}");
}

async fn the_rows_of_nobodys_organization_have_a_chain_of_their_own(engine: Engine) {
    let mut program = stopped(engine).await;
    let nobody = "SELECT position FROM audit WHERE organization_id = '' AND action = 'callback.refused'";
    assert_eq!(program.database.value(nobody), "1");
    program.database.execute("UPDATE audit SET address = '192.0.2.1' WHERE organization_id = ''");
    let said = says(&program, "audit");
    assert!(said.contains("chain broken: nobody's organization at position 1."), "{said}");
    // A chain that is broken does not keep the others from being linked.
    program.database.execute("DELETE FROM audit_heads WHERE organization_id = ''");
    program.serve().await;
    program.admin.invoice("C-1", 5.0).await;
    program
        .admin
        .get("/api/payments/worldpay/callback?TransactionSetupID=UNKNOWN-2&HostedPaymentStatus=Cancelled")
        .await;
    let waiting = format!(
        "SELECT COUNT(*) FROM audit WHERE position IS NULL AND organization_id = '{}'",
        program.organization
    );
    until("linked", async || program.database.count(&waiting) == 0).await;
    assert_eq!(program.database.count("SELECT COUNT(*) FROM audit WHERE position IS NULL"), 1);
}

on_both!(
    the_first_broken_position_is_named,
    rows_that_wait_are_counted_and_linked_later,
    the_rows_of_nobodys_organization_have_a_chain_of_their_own,
);

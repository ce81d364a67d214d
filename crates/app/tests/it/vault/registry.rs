//! No column with sealed records and no table of a tenant is forgotten: the migrations are read.

use kontor_store::{organizations::delete, sealed};

/// Columns with bytes that are no sealed records: wrapped keys, which rotation handles by themselves, and answers that
/// are kept for repeated requests.
const NO_RECORDS: [(&str, &str); 2] = [("deks", "wrapped"), ("idempotency", "body")];

fn migrations() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let files = std::fs::read_dir(folder).expect("the migrations").map(|it| it.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.iter().map(|it| std::fs::read_to_string(it).expect("text")).collect()
}

/// Each table of today: its name and its columns, renamed and dropped ones followed.
fn tables(migrations: &[String]) -> Vec<(String, String)> {
    let mut tables: Vec<(String, String)> = Vec::new();
    let code = |it: &String| {
        it.lines().filter(|it| !it.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
    };
    let code: Vec<String> = migrations.iter().map(code).collect();
    for statement in code.iter().flat_map(|it| it.split(';')) {
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] => tables.push(((*name).to_owned(), statement.to_owned())),
            ["DROP", "TABLE", name, ..] => tables.retain(|(it, _)| it != name),
            ["ALTER", "TABLE", name, "RENAME", "TO", to, ..] => {
                for (it, _) in tables.iter_mut().filter(|(it, _)| it == name) {
                    (*to).clone_into(it);
                }
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column @ ..] => {
                for (_, columns) in tables.iter_mut().filter(|(it, _)| it == name) {
                    *columns = format!(
                        "{columns}
{}",
                        column.join(" ")
                    );
                }
            }
            _ => {}
        }
    }
    tables
}

fn columns_of_bytes(migrations: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (table, columns) in tables(migrations) {
        for line in columns.lines().map(str::trim) {
            let mut words = line.split_whitespace();
            if let (Some(column), Some(kind)) = (words.next(), words.next())
                && kind.trim_end_matches(',') == "BYTEA"
            {
                found.push((table.clone(), column.to_owned()));
            }
        }
    }
    found
}

fn forgotten(migrations: &[String]) -> Vec<(String, String)> {
    let known = |table: &str, column: &str| {
        sealed::COLUMNS.iter().any(|it| (it.table, it.record) == (table, column))
            || NO_RECORDS.contains(&(table, column))
    };
    columns_of_bytes(migrations).into_iter().filter(|(table, column)| !known(table, column)).collect()
}

#[test]
fn every_column_with_sealed_records_is_registered() {
    let now = migrations();
    assert_eq!(forgotten(&now), []);
    assert_eq!(
        columns_of_bytes(&now).len(),
        sealed::COLUMNS.len() + NO_RECORDS.len(),
        "none is listed in vain"
    );
    for sample in [
        "CREATE TABLE cards (\n    id TEXT PRIMARY KEY,\n    pan BYTEA NOT NULL\n)",
        "ALTER TABLE customers ADD COLUMN pan BYTEA",
    ] {
        let more = [now.clone(), vec![sample.to_owned()]].concat();
        assert_eq!(forgotten(&more).len(), 1, "a new one is seen: {sample}");
    }
}

#[test]
fn every_tenants_table_is_emptied_or_kept_with_the_organization() {
    let known =
        |table: &str| delete::EMPTIED.iter().any(|(it, _)| *it == table) || delete::KEPT.contains(&table);
    let all = tables(&migrations());
    let of_tenants = all.iter().filter(|(_, columns)| columns.contains("organization_id"));
    let forgotten: Vec<&str> = of_tenants.map(|(table, _)| table.as_str()).filter(|it| !known(it)).collect();
    assert!(forgotten.is_empty(), "add them to crates/store/src/organizations/delete.rs: {forgotten:?}");
    for (table, statement) in delete::EMPTIED {
        assert!(statement.starts_with(&format!("DELETE FROM {table} WHERE ")), "{statement}");
        assert!(all.iter().any(|(it, _)| it == table), "{table} is there");
    }
}

//! Which crate may use what: the direction of dependencies, and the libraries that stay behind one door.

use super::{File, catches, files, hold, passes, rust, scan};

/// Who may depend on whom (ARCHITECTURE.md). Development dependencies are free.
const MAY: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("vault", &["domain"]),
    ("providers", &["domain"]),
    ("engine", &["domain", "store", "vault", "providers"]),
    ("web", &["domain", "store", "providers", "engine"]),
    ("simulators", &[]),
    ("app", &["domain", "store", "vault", "providers", "engine", "web", "simulators"]),
    ("xtask", &[]),
];

fn direction(file: &File) -> Vec<String> {
    let parts: Vec<&str> = file.path.split('/').collect();
    let Some(name) = parts.iter().rev().nth(1) else { return Vec::new() };
    let Some((_, may)) = MAY.iter().find(|(one, _)| one == name) else {
        return vec!["1: a crate that no rule knows".to_owned()];
    };
    let mut section = "";
    let mut broken = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        if line.starts_with('[') {
            section = line;
        }
        let used = line.strip_prefix("kontor-").and_then(|it| it.split(['.', ' ', '=']).next());
        if section == "[dependencies]"
            && let Some(used) = used
            && !may.contains(&used)
        {
            broken.push(format!("{}: {name} may not depend on {used}", at + 1));
        }
    }
    broken
}

#[test]
fn dependencies_point_inwards() {
    catches("crates/domain/Cargo.toml", "[dependencies]\nkontor-store.workspace = true\n", direction);
    catches("crates/other/Cargo.toml", "[dependencies]\n", direction);
    passes("crates/engine/Cargo.toml", "[dependencies]\nkontor-store.workspace = true\n", direction);
    hold(&files(&["crates", "xtask"], "Cargo.toml"), direction);
}

/// A library and the paths that may name it.
const DOORS: [(&str, &[&str]); 7] = [
    ("aws_config", &["crates/vault/src/kek/aws_kms"]),
    ("aws_sdk_kms", &["crates/vault/src/kek/aws_kms"]),
    ("cryptoki", &["crates/vault/src/kek/pkcs11"]),
    ("sqlx", &["crates/store/"]),
    ("reqwest", &["crates/providers/src/http"]),
    ("axum", &["crates/web/", "crates/simulators/"]),
    ("rusqlite", &["crates/simulators/"]),
];

fn doors(file: &File) -> Vec<String> {
    if file.is_test() {
        return Vec::new();
    }
    let code = scan::code(&file.text);
    let mut broken = Vec::new();
    for (library, may) in DOORS {
        if may.iter().any(|it| file.path.starts_with(it)) {
            continue;
        }
        for (at, line) in code.lines().enumerate() {
            if line.contains(&format!("{library}::")) {
                broken.push(format!("{}: {library} is used by {} alone", at + 1, may.join(" and ")));
            }
        }
    }
    broken
}

#[test]
fn libraries_stay_behind_their_door() {
    catches("crates/engine/src/a.rs", "use sqlx::Any;", doors);
    catches("crates/providers/src/worldpay/a.rs", "reqwest::get(a)", doors);
    catches("crates/app/src/a.rs", "axum::serve()", doors);
    passes("crates/providers/src/http.rs", "reqwest::get(a)", doors);
    passes("crates/web/src/a.rs", "// reqwest::get\n\"reqwest::\"", doors);
    hold(&rust(), doors);
}

/// Where a record is opened: the one place that leaves an access row before, and the figure of how long it takes.
const OPENS: [&str; 3] =
    ["crates/vault/", "crates/engine/src/credentials", "crates/app/src/commands/bench/open_secret"];

fn openings(file: &File) -> Vec<String> {
    if file.is_test() || OPENS.iter().any(|it| file.path.starts_with(it)) {
        return Vec::new();
    }
    let code = scan::code(&file.text);
    let opens = |line: &str| {
        let parts = line.split("kontor_vault::").skip(1).map(|it| it.split(';').next().unwrap_or_default());
        parts
            .into_iter()
            .any(|it| it.split(|it: char| !(it.is_alphanumeric() || it == '_')).any(|it| it == "open"))
    };
    let found = code.lines().enumerate().filter(|(_, line)| opens(line));
    found
        .map(|(at, _)| {
            format!("{}: open secrets through the engine's credentials, which leave a row", at + 1)
        })
        .collect()
}

#[test]
fn secrets_are_opened_in_one_place() {
    catches("crates/engine/src/a.rs", "kontor_vault::open(&dek, &place, &record)", openings);
    catches("crates/web/src/a.rs", "use kontor_vault::{Dek, open};", openings);
    catches("crates/app/src/a.rs", "kontor_vault::envelope::open(a)", openings);
    passes("crates/engine/src/a.rs", "kontor_vault::seal(&dek); fs::File::open(a)", openings);
    hold(&rust(), openings);
}

/// Where a provider may be named: its own folders, its contract's routes, settings and seeds.
const NAMED: [&str; 11] = [
    "crates/providers/src/authorize_net",
    "crates/providers/src/worldpay",
    "crates/providers/src/quickbooks",
    "crates/providers/src/registry",
    "crates/simulators/",
    "crates/web/src/api/payments",
    "crates/web/src/api.rs",
    "crates/web/src/demo",
    "crates/app/src/config",
    "crates/app/src/commands",
    "crates/app/src/cli.rs",
];

fn provider_names(file: &File) -> Vec<String> {
    if file.is_test() || NAMED.iter().any(|it| file.path.starts_with(it)) {
        return Vec::new();
    }
    let mut broken = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        // Facts are cited by their page's name in comments, and examples are for the reader of the description.
        let line = line.split("//").next().unwrap_or_default();
        let line = if line.contains("example = ") { "" } else { line };
        let lower = line.to_lowercase();
        let providers = ["worldpay", "authorizenet", "authorize.net", "authorize_net", "quickbooks"];
        let named = providers.iter().any(|it| lower.contains(it));
        let module = providers.iter().any(|it| line.trim() == format!("pub mod {it};"));
        if named && !module && !lower.contains("include_str!") {
            broken.push(format!("{}: a provider is named outside of its folder", at + 1));
        }
    }
    broken
}

#[test]
fn providers_are_named_in_their_own_folders() {
    catches("crates/engine/src/a.rs", "if provider == \"WorldPay\" {", provider_names);
    catches("crates/engine/src/a.rs", "use kontor_providers::authorize_net;", provider_names);
    passes("crates/engine/src/a.rs", "// worldpay-express.md §3.14", provider_names);
    hold(&rust(), provider_names);
}

/// Tables with an organization in each row.
fn tenant_tables() -> Vec<String> {
    let mut tables = Vec::new();
    for file in files(&["migrations"], ".sql") {
        for part in file.text.split("CREATE TABLE ").skip(1) {
            let body = part.split(");").next().unwrap_or_default();
            if body.contains("organization_id") {
                tables.push(part.split_whitespace().next().unwrap_or_default().to_owned());
            }
        }
    }
    assert!(tables.len() > 8, "{tables:?}");
    tables
}

fn tenancy(file: &File, tables: &[String]) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut broken = Vec::new();
    for (line, text) in scan::texts(&file.text) {
        let words: Vec<&str> = text.split(|it: char| !(it.is_alphanumeric() || it == '_')).collect();
        let is_statement = ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(words.first().unwrap_or(&""));
        let tenant = words.windows(2).any(|it| {
            ["FROM", "INTO", "UPDATE", "JOIN"].contains(&it[0]) && tables.iter().any(|table| table == it[1])
        });
        if !is_statement || !tenant || words.contains(&"organization_id") {
            continue;
        }
        let above = lines.iter().take(line).rev().take(12).any(|it| it.contains("// every organization:"));
        if !above {
            broken.push(format!("{line}: a statement on a tenant's table without organization_id"));
        }
    }
    broken
}

#[test]
fn every_statement_names_its_organization() {
    let tables = tenant_tables();
    let rule = |file: &File| tenancy(file, &tables);
    catches("crates/store/src/a.rs", "let a = \"SELECT id FROM invoices WHERE id = $1\";", rule);
    passes("crates/store/src/a.rs", "let a = \"SELECT id FROM invoices WHERE organization_id = $1\";", rule);
    passes(
        "crates/store/src/a.rs",
        "// every organization: the sweep\nlet a = \"SELECT id FROM payments\";",
        rule,
    );
    hold(&files(&["crates/store/src"], ".rs"), rule);
}

/// A list of integrations is kept until its revision moves: whatever writes one must move it.
fn unseen_changes(file: &File) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut broken = Vec::new();
    for (line, text) in scan::texts(&file.text) {
        let words: Vec<&str> = text.split_whitespace().take(3).collect();
        let writes = matches!(
            words.as_slice(),
            ["UPDATE", "integrations", ..]
                | ["INSERT", "INTO", "integrations"]
                | ["DELETE", "FROM", "integrations"]
        );
        if !writes || file.is_test() {
            continue;
        }
        let begin = lines.iter().take(line).rposition(|it| it.contains("fn ")).unwrap_or(0);
        let body = lines.iter().skip(begin).take_while(|it| **it != "}");
        if !body.into_iter().any(|it| it.contains("touch(conn")) {
            broken.push(format!("{line}: integrations change and their revision does not"));
        }
    }
    broken
}

#[test]
fn every_change_of_integrations_moves_their_revision() {
    let writes = |rest: &str| {
        format!(
            "pub async fn a() {{\n    let a = \"DELETE FROM integrations WHERE organization_id = $1\";\n{rest}}}\n\npub async fn b() {{\n    touch(conn, organization);\n}}\n"
        )
    };
    catches("crates/store/src/a.rs", &writes(""), unseen_changes);
    passes("crates/store/src/a.rs", &writes("    touch(conn, organization).await?;\n"), unseen_changes);
    passes("crates/store/src/a.rs", "let a = \"DELETE FROM integration_secrets\";", unseen_changes);
    hold(&rust(), unseen_changes);
}

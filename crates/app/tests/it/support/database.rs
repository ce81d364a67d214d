//! A new database for each test, on either engine.

use std::{path::Path, process::Command};

use super::given;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of a test's own.
pub(crate) enum Database {
    Sqlite(std::path::PathBuf),
    Postgres { name: String },
}

impl Database {
    /// Makes one; SQLite's is a file in the folder.
    pub(crate) fn new(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(folder.join("test.db")),
            Engine::Postgres => {
                let unique = folder.file_name().and_then(|it| it.to_str()).unwrap_or_default();
                let name = format!(
                    "t_{}",
                    unique.replace(|it: char| !it.is_ascii_alphanumeric(), "").to_lowercase()
                );
                let database = Self::Postgres { name };
                Self::administer(&format!("CREATE DATABASE {}", database.name()));
                database
            }
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Sqlite(_) => "main",
            Self::Postgres { name } => name,
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres { name } => server(name),
        }
    }

    /// Runs a statement in the cluster's own database.
    pub(crate) fn administer(sql: &str) {
        psql(&server("postgres"), sql);
    }

    /// The first column of the first row, as text; what no API shows is looked up here.
    pub(crate) fn value(&self, sql: &str) -> String {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("the database");
                connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a timeout");
                let value: rusqlite::types::Value =
                    connection.query_row(sql, [], |row| row.get(0)).expect(sql);
                match value {
                    rusqlite::types::Value::Integer(it) => it.to_string(),
                    rusqlite::types::Value::Text(it) => it,
                    other => panic!("{sql}: {other:?}"),
                }
            }
            Self::Postgres { name } => psql(&server(name), sql).lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// Runs statements, as a hand on the database would.
    pub(crate) fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("the database");
                connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a timeout");
                connection.execute_batch(sql).expect(sql);
            }
            Self::Postgres { name } => {
                psql(&server(name), sql);
            }
        }
    }

    pub(crate) fn count(&self, sql: &str) -> u64 {
        self.value(sql).parse().expect("a number")
    }
}

fn server(database: &str) -> String {
    let url = given("KONTOR_TEST_POSTGRES_URL");
    let (base, _) = url.rsplit_once('/').expect("a database in the address");
    format!("{base}/{database}")
}

fn psql(url: &str, sql: &str) -> String {
    let program = Path::new(&given("KONTOR_TEST_POSTGRES_BIN")).join("psql");
    let output =
        Command::new(program).args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]).output();
    let output = output.expect("psql runs");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { name } = self
            && !std::thread::panicking()
        {
            psql(&server("postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

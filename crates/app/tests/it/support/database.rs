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

    /// Where the engine's log of changes stands; what is written after it belongs to the caller's time.
    pub(crate) fn mark(&self) -> String {
        match self {
            Self::Sqlite(_) => String::new(),
            Self::Postgres { .. } => self.value("SELECT pg_walfile_name(pg_current_wal_lsn())"),
        }
    }

    /// Copies what is in it into a folder: a dump as text in the file `database`, and its files where they are its own.
    pub(crate) fn dump(&self, to: &Path) {
        match self {
            Self::Sqlite(path) => {
                for ending in ["", "-wal", "-shm"] {
                    let mut file = path.clone().into_os_string();
                    file.push(ending);
                    std::fs::copy(Path::new(&file), to.join(format!("file{ending}"))).expect("a copy");
                }
                let connection = rusqlite::Connection::open(path).expect("the database");
                let dump = to.join("database").display().to_string();
                connection.execute("VACUUM INTO ?1", [dump]).expect("a copy");
            }
            Self::Postgres { name } => {
                let program = Path::new(&given("KONTOR_TEST_POSTGRES_BIN")).join("pg_dump");
                let output =
                    Command::new(program).args(["-d", &server(name)]).output().expect("pg_dump runs");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                std::fs::write(to.join("database"), output.stdout).expect("written");
                // A dump has bytes in hex, and the engine's files have long ones compressed.
                let kept = psql(
                    &server(name),
                    "SELECT encode(body, 'escape') FROM idempotency WHERE body IS NOT NULL",
                );
                std::fs::write(to.join("answers"), kept).expect("written");
            }
        }
    }

    /// Copies everything that the engine wrote into a folder: a dump as text in the file `database`, its files, and its
    /// log of changes since the mark.
    pub(crate) fn everything(&self, mark: &str, to: &Path) {
        let copy = |from: &Path, name: &str| std::fs::copy(from, to.join(name)).map(drop).expect(name);
        self.dump(to);
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres { .. } => {
                Self::administer("CHECKPOINT");
                let last = self.value("SELECT pg_walfile_name(pg_switch_wal())");
                let data = self.value("SHOW data_directory");
                let folder = Path::new(&data);
                let oid = self.value("SELECT oid FROM pg_database WHERE datname = current_database()");
                for entry in std::fs::read_dir(folder.join("base").join(oid)).expect("the database's files") {
                    let entry = entry.expect("a file");
                    copy(&entry.path(), &format!("file-{}", entry.file_name().display()));
                }
                let mut segments = 0;
                for entry in std::fs::read_dir(folder.join("pg_wal")).expect("the log") {
                    let entry = entry.expect("a file");
                    let name = entry.file_name().display().to_string();
                    if name.len() == 24 && name.as_str() >= mark && name <= last {
                        copy(&entry.path(), &format!("wal-{name}"));
                        segments += 1;
                    }
                }
                assert!(segments > 0, "the log from {mark} to {last} is there");
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

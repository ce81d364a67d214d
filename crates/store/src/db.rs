//! The choice of engine, connections, transactions, migrations.
//!
//! SQLite: one writing connection that begins IMMEDIATE and a few reading ones, WAL, `synchronous = FULL`
//! (NORMAL can forget a charge that the provider made). PostgreSQL: one pool for both.

use std::{
    ops::{Deref, DerefMut},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Any, AnyPool, Connection as _, Executor, Row, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
    pool::PoolConnection,
};

use crate::{Error, crash};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// A connection, in or out of a transaction.
pub type Conn = sqlx::AnyConnection;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded default.
    Sqlite,
    /// PostgreSQL 15 or newer.
    Postgres,
}

/// How long a request waits for a connection before it is told 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const POSTGRES_CONNECTIONS: u32 = 24;
const SQLITE_READERS: u32 = 4;
/// A connection that was used within this time is taken to live: asking it first would be a round trip more in every
/// use. One that the database has closed meanwhile fails its statement, and is not used again.
const FRESH: Duration = Duration::from_secs(1);

/// The database.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    readers: AnyPool,
    writers: AnyPool,
}

/// A transaction; rolled back when dropped uncommitted. None stays open across a network call.
pub struct Tx(Transaction<'static, Any>);

/// A connection for reading.
pub struct Reader(PoolConnection<Any>);

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`. Connects at first use, but a wrong URL is an error at once.
    pub async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = connect_options(url)?;
            let pool = pool(POSTGRES_CONNECTIONS).connect_lazy_with(options);
            return Ok(Self { engine: Engine::Postgres, readers: pool.clone(), writers: pool });
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(Error::Url("a database URL begins with sqlite: or postgres://".to_owned()));
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(Error::Url("a SQLite database needs a file: sqlite:PATH".to_owned()));
        }
        let options = connect_options(&format!("sqlite://{path}?mode=rwc"))?;
        let writers = sqlite_pool(1).connect_lazy_with(options.clone());
        // The writer goes first: it creates the file and switches it to WAL.
        drop(writers.acquire().await?);
        let readers = sqlite_pool(SQLITE_READERS).connect_lazy_with(options);
        Ok(Self { engine: Engine::Sqlite, readers, writers })
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Begins a transaction that will write.
    pub async fn write(&self) -> Result<Tx, Error> {
        let tx = match self.engine {
            Engine::Sqlite => self.writers.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => self.writers.begin().await?,
        };
        Ok(Tx(tx))
    }

    /// A connection for reading; each statement sees what is committed when it starts.
    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(Reader(self.readers.acquire().await?))
    }

    /// Applies the migrations that are missing. Returns how many this program knows.
    pub async fn migrate(&self) -> Result<usize, Error> {
        MIGRATIONS.run(&self.writers).await.map_err(migration_error)?;
        Ok(MIGRATIONS.iter().count())
    }

    /// Whether the schema is this program's: errors name what is missing or too new.
    pub async fn check_migrations(&self) -> Result<(), Error> {
        let mut conn = self.read().await?;
        let table = match self.engine {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'"
            }
            Engine::Postgres => {
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE tablename = '_sqlx_migrations'"
            }
        };
        let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        let found = sqlx::query(table).fetch_optional(&mut *conn).await?;
        let applied: Vec<i64> = if found.is_some() {
            let rows = sqlx::query("SELECT version FROM _sqlx_migrations ORDER BY version")
                .fetch_all(&mut *conn)
                .await?;
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        if let Some(version) = applied.iter().find(|version| !known.contains(version)) {
            return Err(Error::Migrations(format!(
                "the database has migration {version}, which this program does not know: it was written by a newer Kontor. Start that one"
            )));
        }
        match known.iter().filter(|version| !applied.contains(version)).count() {
            0 => Ok(()),
            missing => Err(Error::Migrations(format!(
                "{missing} migration(s) are missing in the database: run `kontor migrate`, or start with `--migrate`"
            ))),
        }
    }

    /// Has the database look at what is in its tables, as PostgreSQL does by itself now and then.
    pub async fn analyze(&self) -> Result<(), Error> {
        sqlx::query("ANALYZE").execute(&self.writers).await?;
        Ok(())
    }

    /// Answers whether the database does.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut conn = self.read().await?;
        sqlx::query("SELECT 1").execute(&mut *conn).await?;
        Ok(())
    }

    /// Closes every connection; waits for those in use.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

fn connect_options(url: &str) -> Result<AnyConnectOptions, Error> {
    // The URL may hold a password, so the parser's own words, which quote it, are not passed on.
    AnyConnectOptions::from_str(url).map_err(|_| Error::Url("the database URL cannot be read".to_owned()))
}

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|conn, used| {
            Box::pin(async move {
                if used.idle_for > FRESH {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
}

fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    pool(connections).after_connect(|conn, _| {
        Box::pin(async move {
            conn.execute(
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
            )
            .await?;
            Ok(())
        })
    })
}

fn migration_error(error: sqlx::migrate::MigrateError) -> Error {
    match error {
        sqlx::migrate::MigrateError::Execute(error) => error.into(),
        other => Error::Migrations(other.to_string()),
    }
}

/// The statement for this connection's engine, where the text must differ.
pub(crate) fn pick(conn: &Conn, sqlite: &'static str, postgres: &'static str) -> &'static str {
    if conn.backend_name() == "SQLite" { sqlite } else { postgres }
}

impl Tx {
    /// Makes it last.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }

    /// Makes it last, with a crash point on either side.
    pub async fn commit_at(self, place: &'static str) -> Result<(), Error> {
        crash::point(place, "before_commit").await;
        self.commit().await?;
        crash::point(place, "after_commit").await;
        Ok(())
    }

    /// Undoes it now instead of when the connection is next used.
    pub async fn rollback(self) -> Result<(), Error> {
        Ok(self.0.rollback().await?)
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
impl Deref for Reader {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

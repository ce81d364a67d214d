//! Everything that a simulator remembers, in memory, and written through to a SQLite file where there is one.
//!
//! A row is on disk before the answer leaves, so that the ledger outlives a killed process.

use std::{collections::HashSet, path::Path};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Settings,
    clock::Clock,
    faults::Faults,
    ledger::{Setup, Transaction},
};

/// One simulator's memory.
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) setups: Vec<Setup>,
    /// Keyed prints of cards with amounts, for duplicate checks; never written down.
    pub(crate) seen: HashSet<u64>,
    /// Which transactions are settled by now.
    pub(crate) settled: Settled,
    seed: u64,
    drawn: u64,
    file: Option<File>,
}

/// Whether a transaction is settled at a time.
pub(crate) type Settled = fn(&Transaction, Timestamp) -> bool;

/// The file and whose rows are meant: one file serves several simulators.
struct File {
    connection: Connection,
    simulator: &'static str,
}

impl State {
    /// Reads the file, or begins empty.
    pub(crate) fn open(
        simulator: &'static str,
        settings: &Settings,
        settled: Settled,
    ) -> Result<Self, rusqlite::Error> {
        let file = settings.state.as_deref().map(|path| File::open(path, simulator)).transpose()?;
        let mut state = Self {
            clock: Clock::new(settings.clock.clone(), 0),
            faults: Faults::default(),
            transactions: Vec::new(),
            setups: Vec::new(),
            seen: HashSet::new(),
            settled,
            seed: settings.seed,
            drawn: 0,
            file,
        };
        if let Some(file) = &state.file {
            state.transactions = file.rows("transaction")?;
            state.setups = file.rows("setup")?;
            let number =
                |name: &str| file.rows::<Value>(name).map(|rows| rows.first().and_then(Value::as_i64));
            state.drawn = number("drawn")?.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
            state.clock = Clock::new(settings.clock.clone(), number("clock")?.unwrap_or(0));
        }
        Ok(state)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next number of the seeded row: same seed, same numbers (splitmix64).
    pub(crate) fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        let drawn = Value::from(self.drawn);
        self.put("drawn", "1", &drawn);
        mix(self.seed.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// The number of a report: each is higher than the last.
    pub(crate) fn report_number(&mut self) -> u64 {
        self.draw();
        66_106_538_u64.saturating_add(self.drawn)
    }

    /// Adds a transaction.
    pub(crate) fn add(&mut self, transaction: Transaction) {
        self.put("transaction", &transaction.id, &transaction);
        self.transactions.push(transaction);
    }

    /// Adds a page.
    pub(crate) fn open_setup(&mut self, setup: Setup) {
        self.put("setup", &setup.id, &setup);
        self.setups.push(setup);
    }

    /// A page by its id, in either case of letters. Its window may have passed since anybody looked.
    pub(crate) fn setup(&mut self, id: &str) -> Option<Setup> {
        let now = self.now();
        let at = self.setups.iter().rposition(|it| it.id.eq_ignore_ascii_case(id))?;
        let found = self.setups.get_mut(at)?;
        if found.status == "open" && now >= found.expires_at {
            "expired".clone_into(&mut found.status);
        }
        let found = found.clone();
        if found.status == "expired" {
            self.put("setup", &found.id, &found);
        }
        Some(found)
    }

    /// Moves a page on.
    pub(crate) fn set_status(&mut self, id: &str, status: &str) {
        let Some(found) = self.setups.iter_mut().rev().find(|it| it.id == id) else { return };
        status.clone_into(&mut found.status);
        let found = found.clone();
        self.put("setup", id, &found);
    }

    /// Moves the clock. None where that is too far.
    pub(crate) fn advance(&mut self, seconds: i64) -> Option<Timestamp> {
        let advanced = self.clock.advance(seconds)?;
        self.put("clock", "1", &Value::from(advanced));
        Some(self.now())
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.transactions.clear();
        self.setups.clear();
        self.seen.clear();
        self.faults.clear();
        self.clock.reset();
        self.drawn = 0;
        if let Some(file) = &self.file
            && let Err(error) = file.clear()
        {
            tracing::error!(%error, "the simulator's state was not cleared");
        }
    }

    fn put(&self, kind: &str, id: &str, row: &impl Serialize) {
        if let Some(file) = &self.file
            && let Err(error) = file.put(kind, id, row)
        {
            tracing::error!(%error, "the simulator's state was not written");
        }
    }
}

pub(crate) fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl File {
    fn open(path: &Path, simulator: &'static str) -> Result<Self, rusqlite::Error> {
        let connection = Connection::open(path)?;
        // It has to outlive a killed process, not a machine without power: what the system has is kept.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000;
             CREATE TABLE IF NOT EXISTS simulated (
                 place INTEGER PRIMARY KEY, simulator TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
                 row TEXT NOT NULL, UNIQUE (simulator, kind, id));",
        )?;
        Ok(Self { connection, simulator })
    }

    fn rows<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, rusqlite::Error> {
        let mut statement = self
            .connection
            .prepare("SELECT row FROM simulated WHERE simulator = ?1 AND kind = ?2 ORDER BY place")?;
        let rows = statement.query_map(params![self.simulator, kind], |row| row.get::<_, String>(0))?;
        let mut read = Vec::new();
        for row in rows {
            // A row that another version wrote is not this one's to guess at.
            let row = serde_json::from_str(&row?);
            read.push(row.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?);
        }
        Ok(read)
    }

    fn put(&self, kind: &str, id: &str, row: &impl Serialize) -> Result<(), rusqlite::Error> {
        let text = serde_json::to_string(row)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        self.connection.execute(
            "INSERT INTO simulated (simulator, kind, id, row) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (simulator, kind, id) DO UPDATE SET row = ?4",
            params![self.simulator, kind, id, text],
        )?;
        Ok(())
    }

    fn clear(&self) -> Result<(), rusqlite::Error> {
        self.connection.execute("DELETE FROM simulated WHERE simulator = ?1", params![self.simulator])?;
        Ok(())
    }
}

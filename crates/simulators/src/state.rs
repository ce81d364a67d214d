//! Everything that a simulator remembers, in memory, and written through to a SQLite file where there is one.
//!
//! A row is on disk before the answer leaves, so that the ledger outlives a killed process.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::Path,
};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Settings,
    clock::Clock,
    faults::Faults,
    ledger::{MAX_ROWS, Setup, Transaction},
};

/// The most calls that are remembered; the oldest goes first.
const MAX_CALLS: usize = 200;
/// What rows of a provider's own are called in the file, before their kind.
const OWN: &str = "own.";

/// One simulator's memory.
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) setups: Vec<Setup>,
    /// Keyed prints of cards with amounts, when they came and as what, for duplicate checks; never written down.
    pub(crate) seen: HashMap<u64, (Timestamp, String)>,
    /// Where each transaction stands.
    places: HashMap<String, usize>,
    /// Which transactions are settled by now.
    pub(crate) settled: Settled,
    /// What only this provider has, by kind and id.
    own: BTreeMap<String, BTreeMap<String, Value>>,
    /// The last calls, not written down.
    calls: VecDeque<Value>,
    /// How often each operation was called since the start or the last reset.
    counts: BTreeMap<String, u64>,
    traced: u64,
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
            seen: HashMap::new(),
            places: HashMap::new(),
            settled,
            own: BTreeMap::new(),
            calls: VecDeque::new(),
            counts: BTreeMap::new(),
            traced: 0,
            seed: settings.seed,
            drawn: 0,
            file,
        };
        if let Some(file) = &state.file {
            state.transactions = file.rows("transaction")?;
            let places = state.transactions.iter().enumerate();
            state.places = places.map(|(at, it)| (it.id.clone(), at)).collect();
            state.setups = file.rows("setup")?;
            state.own = file.own()?;
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

    /// A number that is higher than every one before it: so many steps after the first as were drawn.
    pub(crate) fn numbered(&self, first: u64, step: u64, more: u64) -> String {
        first.saturating_add(self.drawn.saturating_mul(step)).saturating_add(more).to_string()
    }

    /// The number of a report: each is higher than the last.
    pub(crate) fn report_number(&mut self) -> u64 {
        self.draw();
        66_106_538_u64.saturating_add(self.drawn)
    }

    /// Adds a transaction.
    pub(crate) fn add(&mut self, transaction: Transaction) {
        self.put("transaction", &transaction.id, &transaction);
        self.places.insert(transaction.id.clone(), self.transactions.len());
        self.transactions.push(transaction);
    }

    /// A transaction by its id.
    pub(crate) fn transaction(&self, id: &str) -> Option<&Transaction> {
        self.transactions.get(*self.places.get(id)?)
    }

    /// Writes a transaction that is there already.
    pub(crate) fn change(&mut self, transaction: &Transaction) {
        let at = self.places.get(&transaction.id);
        let Some(place) = at.and_then(|at| self.transactions.get_mut(*at)) else { return };
        place.clone_from(transaction);
        self.put("transaction", &transaction.id, transaction);
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

    /// A row of the provider's own. None where there is none, or where it is not of that form.
    pub(crate) fn own<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Option<T> {
        serde_json::from_value(self.own.get(kind)?.get(id)?.clone()).ok()
    }

    /// All rows of a kind with their ids, in the order of these.
    pub(crate) fn all_own<T: DeserializeOwned>(&self, kind: &str) -> Vec<(String, T)> {
        let rows = self.own.get(kind).into_iter().flatten();
        rows.filter_map(|(id, row)| Some((id.clone(), serde_json::from_value(row.clone()).ok()?))).collect()
    }

    /// A row of the provider's own as it is kept.
    pub(crate) fn row(&self, kind: &str, id: &str) -> Option<&Value> {
        self.own.get(kind)?.get(id)
    }

    /// All rows of a kind as they are kept, in the order of their ids.
    pub(crate) fn rows<'a>(&'a self, kind: &str) -> impl DoubleEndedIterator<Item = &'a Value> + use<'a> {
        self.own.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    /// Whether another row of a kind still has a place.
    pub(crate) fn has_place(&self, kind: &str) -> bool {
        self.own.get(kind).is_none_or(|rows| rows.len() < MAX_ROWS)
    }

    /// Writes a row of the provider's own, new or changed.
    pub(crate) fn set_own(&mut self, kind: &str, id: &str, row: &impl Serialize) {
        let row = json!(row);
        self.put(&format!("{OWN}{kind}"), id, &row);
        self.own.entry(kind.to_owned()).or_default().insert(id.to_owned(), row);
    }

    /// Forgets a row of the provider's own.
    pub(crate) fn remove_own(&mut self, kind: &str, id: &str) {
        if let Some(rows) = self.own.get_mut(kind) {
            rows.remove(id);
        }
        if let Some(file) = &self.file
            && let Err(error) = file.remove(&format!("{OWN}{kind}"), id)
        {
            tracing::error!(%error, "the simulator's state was not written");
        }
    }

    /// Remembers that an operation was called, and what came of it.
    pub(crate) fn called(&mut self, operation: &str, outcome: &str) {
        if self.counts.len() < MAX_CALLS || self.counts.contains_key(operation) {
            let count = self.counts.entry(operation.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        if self.calls.len() >= MAX_CALLS {
            self.calls.pop_front();
        }
        let call = json!({ "at": self.now(), "operation": operation, "outcome": outcome });
        self.calls.push_back(call);
    }

    /// An id for an answer. Not drawn from the seeded row, so that what is asked does not change what is made.
    pub(crate) fn trace(&mut self) -> String {
        self.traced = self.traced.wrapping_add(1);
        let number = self.seed.wrapping_add(self.traced);
        let (high, low) = (mix(number), mix(number ^ u64::MAX));
        let hex = format!("{high:016x}{low:016x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// The last calls, and how often each operation was called.
    pub(crate) fn calls(&self) -> (&VecDeque<Value>, &BTreeMap<String, u64>) {
        (&self.calls, &self.counts)
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
        self.places.clear();
        self.own.clear();
        self.calls.clear();
        self.counts.clear();
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

    fn own(&self) -> Result<BTreeMap<String, BTreeMap<String, Value>>, rusqlite::Error> {
        let mut statement =
            self.connection.prepare("SELECT kind, id, row FROM simulated WHERE simulator = ?1")?;
        let mut own: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        let mut rows = statement.query(params![self.simulator])?;
        while let Some(row) = rows.next()? {
            let (kind, id, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if let Some(kind) = kind.strip_prefix(OWN) {
                let row = serde_json::from_str(&text)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                own.entry(kind.to_owned()).or_default().insert(id, row);
            }
        }
        Ok(own)
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

    fn remove(&self, kind: &str, id: &str) -> Result<(), rusqlite::Error> {
        self.connection.execute(
            "DELETE FROM simulated WHERE simulator = ?1 AND kind = ?2 AND id = ?3",
            params![self.simulator, kind, id],
        )?;
        Ok(())
    }

    fn clear(&self) -> Result<(), rusqlite::Error> {
        self.connection.execute("DELETE FROM simulated WHERE simulator = ?1", params![self.simulator])?;
        Ok(())
    }
}

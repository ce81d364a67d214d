//! The connection test: the requests that show whether credentials work, who they belong to, and what errors mean.

use super::{
    reader::Table,
    requests::{AnswerKind, MAX_REQUESTS, MAX_RULES, Predicate, Request, check_header, pointer},
    text::Spot,
};

/// A connection test.
#[derive(Debug, Clone)]
pub struct ConnectionTest {
    /// Its requests, in order; each must pass.
    pub requests: Vec<Probe>,
    /// Where the account says who it is.
    pub identity: Identity,
    /// What errors mean; the first that fits decides.
    pub errors: Vec<ErrorRule>,
    /// Where the provider says in its own words what is wrong, the first that is there.
    pub messages: Vec<String>,
}

/// A request of a test, and what its answer must be.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What it shows, for people, such as "reading the account".
    pub name: String,
    /// The request.
    pub request: Request,
    /// The statuses that pass.
    pub expected_status: Vec<u16>,
    /// What the body has to be.
    pub answer: AnswerKind,
    /// What must be true of the body.
    pub predicates: Vec<Predicate>,
}

/// Where the account says who it is, in the answer to the last request.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// The account's name.
    pub name: Option<String>,
    /// The account's id.
    pub id: Option<String>,
    /// The header that carries the account's id.
    pub id_header: Option<String>,
}

/// What an error means for whoever has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It will not go away by itself, and the settings are not the reason.
    Permanent,
    /// Trying again later may work.
    Transient,
    /// The provider wants fewer requests.
    RateLimited,
    /// The settings or secrets are wrong.
    Misconfigured,
}

crate::words!(Meaning {
    Permanent = "permanent",
    Transient = "transient",
    RateLimited = "rate_limited",
    Misconfigured = "misconfigured",
});

/// What an error means.
#[derive(Debug, Clone)]
pub struct ErrorRule {
    /// The statuses that it is about; empty is any.
    pub status: Vec<u16>,
    /// What must be true of the body.
    pub when: Vec<Predicate>,
    /// What it means.
    pub meaning: Meaning,
    /// In words: what to do.
    pub message: String,
}

impl ConnectionTest {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let table = table.table("connection_test")?;
        let requests: Vec<Probe> =
            table.tables("requests", MAX_REQUESTS).into_iter().map(Probe::read).collect();
        if requests.is_empty() {
            table.wrong("requests", "must have one request or more: expected [[connection_test.requests]]");
        }
        let messages = table.texts("messages");
        if messages.iter().any(|it| !it.starts_with('/')) {
            table.wrong("messages", "must be JSON pointers such as /error/message");
        }
        let errors = table.tables("errors", MAX_RULES).into_iter().filter_map(ErrorRule::read).collect();
        let identity = table.table("identity").map(Identity::read).unwrap_or_default();
        table.done();
        Some(Self { requests, identity, errors, messages })
    }
}

impl Probe {
    fn read(table: Table<'_>) -> Self {
        let mut expected_status = table.statuses("expected_status");
        if expected_status.is_empty() {
            expected_status.push(200);
        }
        let read = Self {
            name: table.maybe("name").unwrap_or_default(),
            request: Request::read(&table, Spot::Request),
            expected_status,
            answer: table.maybe_word("answer", AnswerKind::ALL).unwrap_or(AnswerKind::Json),
            predicates: Predicate::read_all(&table, "predicates"),
        };
        if read.answer == AnswerKind::Any && !read.predicates.is_empty() {
            table.wrong("answer", "must be json where there are predicates");
        }
        table.done();
        read
    }
}

impl Identity {
    fn read(table: Table<'_>) -> Self {
        let read = Self {
            name: pointer(&table, "name"),
            id: pointer(&table, "id"),
            id_header: table.maybe("id_header"),
        };
        if let Some(header) = &read.id_header {
            check_header(&table, "id_header", header);
        }
        table.done();
        read
    }
}

impl ErrorRule {
    fn read(table: Table<'_>) -> Option<Self> {
        let status = table.statuses("status");
        let when = Predicate::read_all(&table, "when");
        if status.is_empty() && when.is_empty() {
            table.wrong("status", "or when must be there, or the rule fits everything");
        }
        let meaning = table.word("meaning", Meaning::ALL);
        let message = table.text("message");
        table.done();
        Some(Self { status, when, meaning: meaning?, message })
    }
}

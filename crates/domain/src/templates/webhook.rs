//! What else a template says: how long tokens live, how a connection ends, what the provider's own calls are signed
//! with, and how often it may be called.

use super::{
    authentication::{Encoding, Hash},
    reader::Table,
    requests::{Request, check_header},
    text::{Fact, Place, Spot, Text},
};

/// The longest that a token may be said to live: ten years, in seconds.
const LONG: u64 = 315_360_000;

/// How tokens behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// How long an access token lives where the answer does not say.
    pub lifetime_seconds: u64,
    /// How long a grant lives that nobody uses; none is for ever.
    pub grant_lifetime_seconds: Option<u64>,
    /// Whether a refresh brings a new refresh token, which replaces the old one.
    pub rotation: bool,
    /// How long the old one still works.
    pub reuse_window_seconds: u64,
    /// How long before its end a token is refreshed.
    pub refresh_margin_seconds: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            lifetime_seconds: 3_600,
            grant_lifetime_seconds: None,
            rotation: true,
            reuse_window_seconds: 0,
            refresh_margin_seconds: 300,
        }
    }
}

impl Tokens {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let usual = Self::default();
        let Some(table) = table.table("tokens") else { return usual };
        let read = Self {
            lifetime_seconds: table.whole("lifetime_seconds", &(30..=LONG)).unwrap_or(usual.lifetime_seconds),
            grant_lifetime_seconds: table.whole("grant_lifetime_seconds", &(30..=LONG)),
            rotation: table.flag("rotation").unwrap_or(usual.rotation),
            reuse_window_seconds: table.whole("reuse_window_seconds", &(0..=LONG)).unwrap_or_default(),
            refresh_margin_seconds: table
                .whole("refresh_margin_seconds", &(0..=86_400))
                .unwrap_or(usual.refresh_margin_seconds),
        };
        if read.refresh_margin_seconds >= read.lifetime_seconds {
            table.wrong("refresh_margin_seconds", "must be less than lifetime_seconds");
        }
        table.done();
        read
    }
}

/// The request that ends a connection, where the provider has more than RFC 7009.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The request; `{{token}}` is the token.
    pub request: Request,
    /// The statuses that mean done.
    pub expected_status: Vec<u16>,
}

impl Revocation {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let table = table.table("revocation")?;
        let mut expected_status = table.statuses("expected_status");
        if expected_status.is_empty() {
            expected_status.push(200);
        }
        let read = Self { request: Request::read(&table, Spot::Revocation), expected_status };
        table.done();
        Some(read)
    }
}

/// How the provider signs what it sends to Kontor.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The header that carries the signature.
    pub header: String,
    /// What stands before it in the header.
    pub prefix: String,
    /// The hash function.
    pub algorithm: Hash,
    /// How it is written.
    pub encoding: Encoding,
    /// What is signed.
    pub payload: Text,
    /// The key.
    pub secret: Text,
    /// How the key is written; none where its text is the key.
    pub secret_encoding: Option<Encoding>,
    /// The header that carries the time of sending.
    pub timestamp_header: Option<String>,
    /// How old a request may be.
    pub tolerance_seconds: u64,
}

impl Webhook {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let table = table.table("webhook")?;
        let algorithm = table.word("algorithm", Hash::ALL);
        let encoding = table.word("encoding", Encoding::ALL);
        let read = Self {
            header: table.text("header"),
            prefix: table.maybe("prefix").unwrap_or_default(),
            algorithm: algorithm.unwrap_or(Hash::Sha256),
            encoding: encoding.unwrap_or(Encoding::Hex),
            payload: table.filled("payload", Spot::Webhook),
            secret: table.filled("secret", Spot::Request),
            secret_encoding: table.maybe_word("secret_encoding", Encoding::ALL),
            timestamp_header: table.maybe("timestamp_header"),
            tolerance_seconds: table.whole("tolerance_seconds", &(1..=86_400)).unwrap_or(300),
        };
        let signs_body = read.payload.places().any(|it| *it == Place::Request(Fact::Body));
        if !signs_body {
            table.wrong("payload", "must have {{request.body}} in it, or anybody could change what is said");
        }
        for (key, name) in
            [("header", Some(&read.header)), ("timestamp_header", read.timestamp_header.as_ref())]
        {
            if let Some(name) = name.filter(|it| !it.is_empty()) {
                check_header(&table, key, name);
            }
        }
        table.done();
        algorithm.and(encoding).map(|_| read)
    }
}

/// How often the provider may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// So many requests …
    pub requests: u64,
    /// … in so many seconds.
    pub per_seconds: u64,
    /// So many at once; none where it does not matter.
    pub concurrent: Option<u64>,
}

impl RateLimit {
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let table = table.table("rate_limit")?;
        let read = Self {
            requests: table.whole("requests", &(1..=1_000_000)).unwrap_or(1),
            per_seconds: table.whole("per_seconds", &(1..=86_400)).unwrap_or(1),
            concurrent: table.whole("concurrent", &(1..=1_000)),
        };
        for key in ["requests", "per_seconds"] {
            if !table.has(key) {
                table.wrong(key, "is missing: expected a whole number");
            }
        }
        table.done();
        Some(read)
    }
}

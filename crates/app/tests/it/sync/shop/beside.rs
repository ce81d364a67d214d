//! One clock, chance that comes out the same again, and the use cases over them.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use kontor_domain::{
    Ambient, Secret,
    ambient::{Clock, Entropy},
};
use kontor_engine::{
    Engine as UseCases, Settings,
    credentials::Credentials,
    oauth::{OAuth, state::StateKey},
    sync::{Companies, Pace},
};
use kontor_providers::{Http, Registry, http::Opened, registry};
use kontor_simulators::Running;
use kontor_store::{Db, keks};
use kontor_vault::{Destroyed, Kek, Keks, LocalKek, keks::Source};

use crate::support::Database;

/// How far time goes each time that somebody looks, in microseconds: so far that no call comes too soon after another.
const STEP: i64 = 40_000;

/// Goes on by itself, and can be moved.
pub(in crate::sync) struct Hand {
    at: AtomicI64,
    step: AtomicI64,
}

impl Default for Hand {
    fn default() -> Self {
        // A Friday morning in January, so that no rule of days is met by chance.
        Self { at: AtomicI64::new(1_800_000_000_000_000), step: AtomicI64::new(STEP) }
    }
}

impl Hand {
    /// How far time goes from now on each time that somebody looks.
    pub(in crate::sync) fn step(&self, microseconds: i64) {
        self.step.store(microseconds, Ordering::Relaxed);
    }

    pub(in crate::sync) fn pass(&self, seconds: i64) {
        self.at.fetch_add(seconds.saturating_mul(1_000_000), Ordering::Relaxed);
    }

    pub(in crate::sync) fn look(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.at.load(Ordering::Relaxed)).expect("a time")
    }
}

impl Clock for Hand {
    fn now(&self) -> jiff::Timestamp {
        self.at.fetch_add(self.step.load(Ordering::Relaxed), Ordering::Relaxed);
        self.look()
    }
}

/// Never the same twice, and the same again in the next run.
struct Counting(AtomicI64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9E37_79B9, Ordering::Relaxed).wrapping_mul(0x2545_F491_4F6C_DD1D);
            chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
        }
    }
}

struct Nowhere;

#[async_trait::async_trait]
impl Source for Nowhere {
    async fn open(&self) -> Vec<Arc<dyn Kek>> {
        Vec::new()
    }
}

pub(super) async fn use_cases(
    database: &Database,
    folder: &Path,
    clock: &Arc<Hand>,
    simulator: &Running,
    handover: Duration,
) -> Arc<UseCases> {
    let ambient = Ambient::new(Arc::clone(clock) as Arc<dyn Clock>, Arc::new(Counting(AtomicI64::new(1))));
    let db = Db::open(&database.url()).await.expect("a database");
    db.migrate().await.expect("its tables");
    let key = LocalKek::load_or_create(&folder.join("kek"), ambient.entropy()).expect("a key");
    let mut tx = db.write().await.expect("a transaction");
    keks::adopt(&mut tx, &key.fingerprint(), ambient.now()).await.expect("adopted");
    tx.commit().await.expect("written");
    let keys = Keks::new(Box::new(Nowhere), Destroyed::at(folder.join("destroyed")));
    keys.put(Arc::new(key));
    let place: url::Url = simulator.url().parse().expect("an address");
    let opened: Vec<Opened> = Opened::of(&place).into_iter().collect();
    let http = Http::new(&opened).expect("a client");
    let app = simulator.credentials();
    let text = |name: &str| app[name].as_str().expect("an app").to_owned();
    let books = kontor_providers::quickbooks::Settings {
        client_id: Some(text("clientId")),
        client_secret: Some(Secret::new(text("clientSecret"))),
        environment: kontor_providers::quickbooks::Environment::Sandbox,
        sandbox_url: Some(place),
        timeout_ms: 5_000,
        ..Default::default()
    };
    let settings = registry::Settings { quickbooks: books, ..Default::default() };
    let registry = Registry::new(settings, http.clone(), ambient.clone()).expect("the providers");
    let settings = Settings {
        public_url: "http://127.0.0.1:1".parse().expect("a URL"),
        production: false,
        hosted_window: Duration::from_mins(10),
        resolve_after: Duration::from_secs(5),
        not_found_after: Duration::from_mins(5),
        settlement_poll: Duration::from_mins(5),
        reconcile: Duration::from_hours(24),
        sweep: Duration::from_secs(30),
        sync: Pace {
            poll: Duration::from_mins(1),
            handover,
            believe: Duration::from_secs(150),
            compare: Duration::from_hours(240),
        },
        provider_timeout: Duration::from_secs(30),
        proxy: kontor_providers::proxy::Limits::default(),
    };
    Arc::new(UseCases {
        db,
        registry,
        http,
        credentials: Credentials::new(keys),
        oauth: OAuth::new(StateKey::derive(&Secret::new("a secret of thirty-two bytes or so".to_owned()))),
        companies: Companies::default(),
        settings,
        ambient,
    })
}

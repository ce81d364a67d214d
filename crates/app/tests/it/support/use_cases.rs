//! The use cases without a server around them, over a database, a clock and a key of a test's own.

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
    traffic::Traffic,
};
use kontor_providers::{Http, Registry};
use kontor_store::{Db, keks};
use kontor_vault::{Destroyed, Kek, Keks, LocalKek, keks::Source};

use super::Database;

/// Never the same twice, over all that a test starts.
struct Counting;

static DRAWN: AtomicI64 = AtomicI64::new(1);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = DRAWN.fetch_add(0x9E37_79B9, Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
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

/// What an operator usually sets.
pub(crate) fn settings() -> Settings {
    Settings {
        public_url: "http://127.0.0.1:1".parse().expect("a URL"),
        production: false,
        hosted_window: Duration::from_mins(10),
        resolve_after: Duration::from_secs(90),
        not_found_after: Duration::from_mins(5),
        settlement_poll: Duration::from_mins(5),
        reconcile: Duration::from_hours(24),
        sweep: Duration::from_secs(30),
        sync: Pace::default(),
        provider_timeout: Duration::from_secs(30),
        proxy: kontor_providers::proxy::Limits::default(),
    }
}

/// What is a test's own beside its database.
pub(crate) struct Own {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Http,
    pub(crate) providers: kontor_providers::Settings,
    pub(crate) settings: Settings,
}

/// The use cases, with the key that lies in the folder, or what `key` makes of it.
pub(crate) async fn use_cases(
    database: &Database,
    folder: &Path,
    own: Own,
    key: impl FnOnce(LocalKek) -> Arc<dyn Kek>,
) -> Arc<UseCases> {
    let Own { clock, http, providers, settings } = own;
    let ambient = Ambient::new(clock, Arc::new(Counting));
    let db = Db::open(&database.url()).await.expect("a database");
    db.migrate().await.expect("its tables");
    let local = LocalKek::load_or_create(&folder.join("kek"), ambient.entropy()).expect("a key");
    let mut tx = db.write().await.expect("a transaction");
    keks::adopt(&mut tx, &local.fingerprint(), ambient.now()).await.expect("adopted");
    tx.commit().await.expect("written");
    let keys = Keks::new(Box::new(Nowhere), Destroyed::at(folder.join("destroyed")));
    keys.put(key(local));
    let registry = Registry::new(providers, http.clone(), ambient.clone()).expect("the providers");
    Arc::new(UseCases {
        db,
        registry,
        http,
        credentials: Credentials::new(keys),
        oauth: OAuth::new(StateKey::derive(&Secret::new("a secret of thirty-two bytes or so".to_owned()))),
        companies: Companies::default(),
        traffic: Traffic::default(),
        settings,
        ambient,
    })
}

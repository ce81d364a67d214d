//! One clock, and the use cases beside a simulated company.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use kontor_domain::{Secret, ambient::Clock};
use kontor_engine::{Engine as UseCases, Settings, sync::Pace};
use kontor_providers::{Http, http::Opened, registry};
use kontor_simulators::Running;

use crate::support::{
    Database,
    use_cases::{self, Own},
};

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

pub(super) async fn use_cases(
    database: &Database,
    folder: &Path,
    clock: &Arc<Hand>,
    simulator: &Running,
    handover: Duration,
) -> Arc<UseCases> {
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
    let usual = use_cases::settings();
    let sync =
        Pace { poll: Duration::from_mins(1), handover, compare: Duration::from_hours(240), ..usual.sync };
    let own = Own {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        http,
        providers: registry::Settings { quickbooks: books, ..Default::default() },
        settings: Settings { resolve_after: Duration::from_secs(5), sync, ..usual },
    };
    use_cases::use_cases(database, folder, own, |key| Arc::new(key)).await
}

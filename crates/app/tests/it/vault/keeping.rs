//! The use cases over a clock and a key of the test's own: what is kept for a day is gone after it, and a key that is
//! far away is asked for before a transaction and never inside of one.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use kontor_domain::{
    Ambient, Id, Secret,
    ambient::{Clock, Entropy},
    integrations::{ConnectionStatus, IntegrationType, TestStatus},
};
use kontor_engine::{
    Actor, Engine as UseCases, Error,
    integrations::{Change, Rotation},
};
use kontor_providers::Http;
use kontor_store::{idempotency::Answer, integrations::Integration, organizations};
use kontor_vault::{Kek, KekError, LocalKek, kek::Owner};

use crate::support::{
    Database, Engine, on_both,
    use_cases::{self, Own},
};

/// Stands still until it is moved.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0.load(Ordering::Relaxed)).expect("a time")
    }
}

struct Far(LocalKek);

#[async_trait::async_trait]
impl Kek for Far {
    fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }

    fn is_near(&self) -> bool {
        false
    }

    async fn wrap(
        &self,
        owner: Owner<'_>,
        key: &[u8; 32],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KekError> {
        self.0.wrap(owner, key, entropy).await
    }

    async fn unwrap(
        &self,
        owner: Owner<'_>,
        wrapped: &[u8],
    ) -> Result<zeroize::Zeroizing<[u8; 32]>, KekError> {
        self.0.unwrap(owner, wrapped).await
    }
}

/// The use cases over a database, with a clock that the test moves.
async fn use_cases(database: &Database, folder: &std::path::Path, far: bool) -> (Arc<UseCases>, Arc<Hand>) {
    let hand = Arc::new(Hand(AtomicI64::new(1_800_000_000_000_000)));
    let own = Own {
        clock: Arc::clone(&hand) as Arc<dyn Clock>,
        http: Http::new(&[]).expect("a client"),
        providers: kontor_providers::Settings::default(),
        settings: use_cases::settings(),
    };
    let key = |key| -> Arc<dyn Kek> { if far { Arc::new(Far(key)) } else { Arc::new(key) } };
    (use_cases::use_cases(database, folder, own, key).await, hand)
}

fn shop(ambient: &Ambient) -> organizations::Organization {
    organizations::Organization {
        id: Id::new(ambient),
        code: "visby".to_owned(),
        name: "Visby Wool".to_owned(),
        return_urls: Vec::new(),
        default_payment_provider: None,
        version: 1,
        created_at: ambient.now(),
    }
}

fn gateway(ambient: &Ambient) -> Integration {
    let now = ambient.now();
    Integration {
        id: Id::new(ambient),
        integration_type: IntegrationType::Payment,
        provider: "AuthorizeNet".to_owned(),
        display_name: "Gateway".to_owned(),
        is_enabled: true,
        configuration: BTreeMap::new(),
        test_status: TestStatus::NotTested,
        last_tested_at: None,
        connection_status: ConnectionStatus::NotRequired,
        created_by: "somebody".to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn secrets(of: &str) -> BTreeMap<String, Secret> {
    let secret = |name: &str, value: String| (name.to_owned(), Secret::new(value));
    BTreeMap::from([
        secret("ApiLoginId", format!("login{of}")),
        secret("TransactionKey", format!("0123456789abcde{of}")),
    ])
}

async fn what_was_replaced_is_destroyed_after_a_day(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::new(engine, folder.path());
    let (cases, hand) = use_cases(&database, folder.path(), false).await;
    let organization = shop(&cases.ambient);
    let (id, it) = (organization.id, gateway(&cases.ambient));
    let actor = Actor::new("somebody".to_owned(), None);
    let mut tx = cases.db.write().await.expect("a transaction");
    organizations::insert(&mut tx, &organization).await.expect("an organization");
    cases.create_integration(&mut tx, id, &actor, &it, &secrets("1")).await.expect("an integration");
    tx.commit().await.expect("written");

    let none = || Answer { status: 200, headers: String::new(), body: Vec::new() };
    let rotate = async |of: &str| {
        let rotation = Rotation { secrets: secrets(of), test: false, rollback: false };
        cases.rotate_secrets(id, &actor, it.id, &rotation, None, |_| none()).await.expect("rotated");
    };
    let back = async || cases.roll_back_secrets(id, &actor, it.id, false, None, |_| none()).await;
    let kept =
        || database.count("SELECT COUNT(*) FROM integration_secrets WHERE purpose = 'previous-credential'");
    let day = 24 * 3_600 * 1_000_000;
    rotate("2").await;
    hand.0.fetch_add(day - 1, Ordering::Relaxed);
    cases.sweep("test").await.expect("a sweep");
    assert_eq!(kept(), 2, "a moment before the end");
    back().await.expect("the way back is open until then");
    rotate("3").await;
    hand.0.fetch_add(day, Ordering::Relaxed);
    assert_eq!(kept(), 2, "not destroyed yet, and");
    assert!(matches!(back().await, Err(Error::NothingKept)), "opened no more");
    cases.sweep("test").await.expect("a sweep");
    assert_eq!(kept(), 0, "the sweep destroys it");
    assert!(matches!(back().await, Err(Error::NothingKept)));
    cases.db.close().await;
}

async fn a_key_that_is_far_away_is_asked_for_before_a_transaction(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::new(engine, folder.path());
    let (cases, _) = use_cases(&database, folder.path(), true).await;
    let (organization, it) = (shop(&cases.ambient), gateway(&cases.ambient));
    let (id, actor) = (organization.id, Actor::new("somebody".to_owned(), None));
    let mut tx = cases.db.write().await.expect("a transaction");
    organizations::insert(&mut tx, &organization).await.expect("an organization");
    tx.commit().await.expect("written");
    let make = async |cases: &UseCases| {
        let mut tx = cases.db.write().await.expect("a transaction");
        let made = cases.create_integration(&mut tx, id, &actor, &it, &secrets("1")).await;
        if made.is_ok() {
            tx.commit().await.expect("written");
        } else {
            tx.rollback().await.expect("undone");
        }
        made
    };
    assert!(
        matches!(make(&cases).await, Err(Error::KeyUnavailable(_))),
        "its first key would be wrapped inside"
    );
    cases.ready_to_seal(id).await.expect("ready");
    make(&cases).await.expect("made");
    cases.db.close().await;

    // A process that has nothing at hand yet: what begins a transaction by itself prepares by itself.
    let (cold, _) = use_cases(&database, folder.path(), true).await;
    let change = Change { secrets: secrets("2"), ..Change::default() };
    let template = cold.registry.get("AuthorizeNet").expect("a provider");
    let mut tx = cold.db.write().await.expect("a transaction");
    let refused =
        cold.change_integration(&mut tx, id, &actor, it.clone(), Some(template.template()), change).await;
    assert!(matches!(refused, Err(Error::KeyUnavailable(_))), "nor is one unwrapped inside");
    tx.rollback().await.expect("undone");
    let none = || Answer { status: 200, headers: String::new(), body: Vec::new() };
    let rotation = Rotation { secrets: secrets("3"), test: false, rollback: false };
    cold.rotate_secrets(id, &actor, it.id, &rotation, None, |_| none()).await.expect("rotated");
    cold.db.close().await;
    let (cold, _) = use_cases(&database, folder.path(), true).await;
    cold.roll_back_secrets(id, &actor, it.id, false, None, |_| none()).await.expect("rolled back");
    cold.db.close().await;
}

on_both!(
    what_was_replaced_is_destroyed_after_a_day,
    a_key_that_is_far_away_is_asked_for_before_a_transaction
);

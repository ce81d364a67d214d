//! Rows are linked into their chains: how many at once, and in which order.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kontor_domain::ids::OrganizationId;
use kontor_providers::Http;
use kontor_store::{
    Db, chain,
    events::{self, CHAIN, Event},
};

use crate::{
    adapters::Still,
    support::{
        Database, Engine, on_both,
        use_cases::{self, Own},
    },
};

const ORGANIZATION: &str = "org_01a22111f8017071a709d02edfa234b4";
const BEGIN: Timestamp = Timestamp::constant(1_800_000_000, 0);

async fn happen(db: &Db, numbers: std::ops::Range<usize>) {
    let organization: OrganizationId = ORGANIZATION.parse().expect("an id");
    let mut tx = db.write().await.expect("a transaction");
    for number in numbers {
        let event = Event {
            id: format!("evt_01a22111f8017071a709d02edfa2{number:04}").parse().expect("an id"),
            kind: "payment.succeeded".to_owned(),
            subject: "pay_'; --".to_owned(),
            data: r#"{"words":"\"a\" \\ 'b' €"}"#.to_owned(),
            at: BEGIN,
        };
        events::append(&mut tx, organization, &event).await.expect("written");
    }
    tx.commit().await.expect("written");
}

/// What a check of the chain says: linked, broken, left.
async fn check(db: &Db) -> (i64, Option<i64>, i64) {
    let mut conn = db.read().await.expect("a connection");
    let found = chain::check(&mut conn, &CHAIN, ORGANIZATION).await.expect("checked");
    (found.linked, found.broken, found.left)
}

async fn a_chain_is_linked_in_so_many_parts_and_no_more(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::new(engine, folder.path());
    let db = Db::open(&database.url()).await.expect("a database");
    db.migrate().await.expect("its tables");
    happen(&db, 0..7).await;
    assert_eq!(check(&db).await, (0, None, 7));

    let link =
        async |limit, batches| chain::link(&db, &CHAIN, ORGANIZATION, limit, batches).await.expect("linked");
    assert_eq!(link(2, 2).await, 4, "two parts of two");
    assert_eq!(check(&db).await, (4, None, 3));
    assert_eq!(link(2, 2).await, 3, "a part that is not full is the last");
    assert_eq!(check(&db).await, (7, None, 0));
    assert_eq!(link(2, 2).await, 0);

    // What was linked stays where it is.
    happen(&db, 7..9).await;
    assert_eq!(link(2, 1).await, 2);
    assert_eq!(check(&db).await, (9, None, 0));
    let ordered =
        "SELECT COUNT(*) FROM events a JOIN events b ON a.position = b.position + 1 WHERE a.id > b.id";
    assert_eq!(database.count(ordered), 8, "in the order of their ids, where they are of one moment");
}

/// More than make room for those who are served, and another organization's after them.
async fn whatever_waits_is_linked_in_one_go_beside_requests_too(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::new(engine, folder.path());
    let own = Own {
        clock: Arc::new(Still),
        http: Http::new(&[]).expect("a client"),
        providers: kontor_providers::Settings::default(),
        settings: use_cases::settings(),
    };
    let kontor = use_cases::use_cases(&database, folder.path(), own, |key| Arc::new(key)).await;
    let happens = |organization: &str, count: usize| {
        database.execute(&format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             INSERT INTO events (id, organization_id, kind, subject, data, created_at)
             SELECT '{organization}-' || n, '{organization}', 'order.created', 'o', '{{}}', n FROM numbers"
        ));
    };
    let beside = Arc::clone(&kontor);
    let requests = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(1));
        loop {
            tick.tick().await;
            beside.traffic.moves();
        }
    });
    for (one, other) in [(7, 3), (2_100, 60)] {
        happens(&format!("org_{one}"), one);
        happens(&format!("org_{other}"), other);
        assert_eq!(kontor.link_chains().await.expect("linked"), one + other);
        assert_eq!(database.count("SELECT COUNT(*) FROM events WHERE position IS NULL"), 0);
        assert_eq!(kontor.link_chains().await.expect("linked"), 0);
    }
    requests.abort();
    for organization in ["org_7", "org_3", "org_2100", "org_60"] {
        let mut conn = kontor.db.read().await.expect("a connection");
        let found = chain::check(&mut conn, &CHAIN, organization).await.expect("checked");
        assert_eq!((found.broken, found.left), (None, 0), "{organization}");
    }
}

on_both!(
    a_chain_is_linked_in_so_many_parts_and_no_more,
    whatever_waits_is_linked_in_one_go_beside_requests_too,
);

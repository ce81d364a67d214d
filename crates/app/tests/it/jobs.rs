//! Work for later: who ran a job takes away that job, and none that was given anew meanwhile.

use jiff::{SignedDuration, Timestamp};
use kontor_domain::ids::{JobId, OrganizationId};
use kontor_store::{
    Db,
    jobs::{self, Job},
    organizations::{self, Organization},
};

use crate::support::{Database, Engine, on_both};

const KIND: &str = "plan";
const SUBJECT: &str = "cus_1";
const BEGIN: Timestamp = Timestamp::constant(1_800_000_000, 0);
const LEASE: SignedDuration = SignedDuration::from_mins(1);

/// A database with one organization.
struct Shop {
    db: Db,
    organization: OrganizationId,
}

impl Shop {
    async fn start(database: &Database) -> Self {
        let db = Db::open(&database.url()).await.expect("a database");
        db.migrate().await.expect("its tables");
        let organization = "org_01a22111f8017071a709d02edfa234b4".parse().expect("an id");
        let mut tx = db.write().await.expect("a transaction");
        let row = Organization {
            id: organization,
            code: "visby".to_owned(),
            name: "Visby Wool".to_owned(),
            return_urls: Vec::new(),
            default_payment_provider: None,
            version: 1,
            created_at: BEGIN,
        };
        organizations::insert(&mut tx, &row).await.expect("inserted");
        tx.commit().await.expect("written");
        Self { db, organization }
    }

    /// Somebody wants it done now.
    async fn schedule(&self) {
        let id: JobId = "job_01a22111f8017071a709d02edfa234b5".parse().expect("an id");
        let mut tx = self.db.write().await.expect("a transaction");
        jobs::schedule(&mut tx, self.organization, id, KIND, SUBJECT, BEGIN).await.expect("scheduled");
        tx.commit().await.expect("written");
    }

    /// Takes it up, `later` than the beginning.
    async fn claim(&self, owner: &str, later: SignedDuration) -> Option<Job> {
        let now = BEGIN + later;
        let mut tx = self.db.write().await.expect("a transaction");
        let claimed = jobs::claim(&mut tx, owner, now, now + LEASE, 10).await.expect("claimed");
        tx.commit().await.expect("written");
        claimed.into_iter().next()
    }

    async fn finish(&self, job: &Job) {
        let mut tx = self.db.write().await.expect("a transaction");
        jobs::finish(&mut tx, job).await.expect("finished");
        tx.commit().await.expect("written");
    }

    async fn is_there(&self) -> bool {
        let mut conn = self.db.read().await.expect("a connection");
        jobs::due(&mut conn, self.organization, KIND, SUBJECT).await.expect("an answer").is_some()
    }
}

async fn who_ran_a_job_takes_away_none_that_was_given_anew(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::new(engine, folder.path());
    let shop = Shop::start(&database).await;
    shop.schedule().await;
    let job = shop.claim("one", SignedDuration::ZERO).await.expect("it is due");
    assert_eq!((job.owner.as_str(), job.attempts), ("one", 1));
    shop.finish(&job).await;
    assert!(!shop.is_there().await, "nobody wants more of it");

    // What is to be done changed after the job had read it.
    shop.schedule().await;
    let job = shop.claim("one", SignedDuration::ZERO).await.expect("it is due");
    shop.schedule().await;
    shop.finish(&job).await;
    let again = shop.claim("one", SignedDuration::ZERO).await.expect("it is still to be done");

    // Somebody else took it up when the lease was over: it is theirs to end.
    let theirs = shop.claim("two", LEASE).await.expect("its lease is over");
    shop.finish(&again).await;
    assert!(shop.is_there().await);
    shop.finish(&theirs).await;
    assert!(!shop.is_there().await);
}

on_both!(who_ran_a_job_takes_away_none_that_was_given_anew);

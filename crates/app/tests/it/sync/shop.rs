//! The use cases themselves with a simulated company beside them, in one process and under one clock: what takes a day
//! takes no time, and a turn can be cut off at any moment.

mod beside;
mod merchant;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kontor_domain::{
    Id,
    ids::{IntegrationId, OrganizationId},
    integrations::{ConnectionStatus, TestStatus},
};
use kontor_engine::{
    Actor, Engine as UseCases,
    sync::{Overview, Scope},
};
use kontor_simulators::{Running, quickbooks};
use kontor_store::{
    integrations,
    integrations::Integration,
    organizations,
    sync::links::{self, Counts, Link},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::support::{Caller, Database, Engine, submit, until};
use beside::{Hand, use_cases};

pub(super) use merchant::line;

/// The company that is connected.
pub(super) const REALM: &str = "9341453474484455";
/// A merchant and its company.
pub(super) struct Shop {
    folder: TempDir,
    pub(super) database: Database,
    pub(super) clock: Arc<Hand>,
    pub(super) engine: Arc<UseCases>,
    /// Another process of the same installation.
    pub(super) beside: Arc<UseCases>,
    simulator: Running,
    pub(super) desk: Caller,
    pub(super) organization: OrganizationId,
    pub(super) integration: IntegrationId,
    stop: (watch::Sender<bool>, watch::Receiver<bool>),
    owners: u64,
}

impl Shop {
    /// An empty database, and the simulator beside it.
    pub(super) async fn start(kind: Engine) -> Self {
        let folder = TempDir::with_prefix("shop").expect("a folder");
        let database = Database::new(kind, folder.path());
        let clock = Arc::new(Hand::default());
        let seen = Arc::clone(&clock);
        let at = ([127, 0, 0, 1], 0).into();
        let settings = kontor_simulators::Settings::new(at, Arc::new(move || seen.look()));
        let simulator = quickbooks::start(settings).await.expect("a simulator");
        let pause = Duration::ZERO;
        let engine = use_cases(&database, folder.path(), &clock, &simulator, pause).await;
        let beside = use_cases(&database, folder.path(), &clock, &simulator, pause).await;
        let desk = Caller::new(&simulator.url(), None);
        let (organization, integration) = (Id::new(&engine.ambient), Id::new(&engine.ambient));
        let stop = watch::channel(false);
        Self {
            folder,
            database,
            clock,
            engine,
            beside,
            simulator,
            desk,
            organization,
            integration,
            stop,
            owners: 1,
        }
    }

    /// A new merchant with a new company, connected, who has had its first turn.
    pub(super) async fn open(&mut self, choices: &[(&str, &str)]) {
        self.open_quietly(choices).await;
        self.turn().await;
    }

    /// The same before the first turn.
    pub(super) async fn open_quietly(&mut self, choices: &[(&str, &str)]) {
        self.desk.post("/_sim/reset", &json!({})).await;
        // Nobody looks at the limits here but who is to.
        let limits =
            json!({ "perSecond": null, "perMinute": null, "batchesPerMinute": null, "concurrent": null });
        self.desk.post("/_sim/quickbooks/limits", &limits).await.expect(200);
        // Whoever was here before is not served any more.
        self.database.execute("UPDATE sync_states SET paused_at = 1");
        self.open_beside(REALM, choices).await;
    }

    /// One more merchant with a company of its own, connected: whatever is done from now on, it does.
    pub(super) async fn open_beside(&mut self, realm: &str, choices: &[(&str, &str)]) {
        let engine = Arc::clone(&self.engine);
        self.organization = Id::new(&engine.ambient);
        let organization = organizations::Organization {
            id: self.organization,
            code: self.organization.to_string().chars().rev().take(20).collect(),
            name: "Visby Wool".to_owned(),
            return_urls: Vec::new(),
            default_payment_provider: None,
            version: 1,
            created_at: engine.ambient.now(),
        };
        let now = engine.ambient.now();
        let given: BTreeMap<String, Option<String>> =
            choices.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        let provider = engine.registry.get("QuickBooks").expect("the books");
        let configuration = provider.template().check_configuration(&given, None).expect("choices");
        let integration = Integration {
            id: Id::new(&engine.ambient),
            integration_type: provider.template().integration_type,
            provider: "QuickBooks".to_owned(),
            display_name: "Books".to_owned(),
            is_enabled: true,
            configuration,
            test_status: TestStatus::NotTested,
            last_tested_at: None,
            connection_status: ConnectionStatus::NotConnected,
            created_by: "test".to_owned(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.integration = integration.id;
        let mut tx = engine.db.write().await.expect("a transaction");
        organizations::insert(&mut tx, &organization).await.expect("an organization");
        let nothing = BTreeMap::new();
        let actor = Actor::system();
        let made = engine.create_integration(&mut tx, self.organization, &actor, &integration, &nothing);
        made.await.expect("an integration");
        tx.commit().await.expect("written");
        self.consent(&integration, realm).await;
    }

    /// What a person does at the consent page.
    async fn consent(&self, integration: &Integration, realm: &str) {
        let (engine, actor) = (&self.engine, Actor::system());
        let server =
            engine.oauth_server(self.organization, integration, &actor, "connect").await.expect("a server");
        let address = json!({ "redirectUri": engine.redirect_uri("QuickBooks") });
        self.desk.post("/_sim/redirect-uris", &address).await.expect(200);
        let mut tx = engine.db.write().await.expect("a transaction");
        let page = engine.begin_consent(&mut tx, self.organization, &actor, integration, &server, None).await;
        let page = page.expect("a page");
        tx.commit().await.expect("written");
        let back = submit(page.as_str(), &[("realmId", realm), ("decision", "connect")]).await.expect(302);
        let back: url::Url = back.header("location").parse().expect("a way back");
        let fields: Vec<(String, String)> = back.query_pairs().into_owned().collect();
        let came = engine.finish_consent("QuickBooks", &fields, &actor).await.expect("connected");
        assert!(came.reason.is_none(), "{}", came.message);
    }

    /// Changes what was chosen.
    pub(super) fn choose(&self, choices: &[(&str, &str)]) {
        let given: std::collections::BTreeMap<&str, &str> = choices.iter().copied().collect();
        let text = json!(given).to_string();
        let of = format!("organization_id = '{}' AND id = '{}'", self.organization, self.integration);
        self.database.execute(&format!("UPDATE integrations SET configuration = '{text}' WHERE {of}"));
    }

    /// A token that a killed process had renewed and could not write down is lost: a person connects again.
    async fn reconnect(&self) {
        let found = {
            let mut conn = self.engine.db.read().await.expect("a connection");
            integrations::get(&mut conn, self.organization, self.integration).await.expect("read")
        };
        let integration = found.expect("an integration");
        if integration.connection_status == ConnectionStatus::NeedsReauthorization {
            self.consent(&integration, REALM).await;
        }
    }

    fn owner(&self) -> String {
        format!("process-{}", self.owners)
    }

    /// Everything that is due is done.
    pub(super) async fn turn(&mut self) {
        self.engine.link_chains().await.expect("linked");
        self.engine.sync_due(&self.owner(), &self.stop.1).await.expect("a turn");
    }

    /// How long a company is left to the process that served it last.
    pub(super) async fn handover(&mut self, pause: Duration) {
        let (folder, clock) = (self.folder.path(), &self.clock);
        self.engine = use_cases(&self.database, folder, clock, &self.simulator, pause).await;
        self.beside = use_cases(&self.database, folder, clock, &self.simulator, pause).await;
    }

    /// Everything that is due is done by the other process.
    pub(super) async fn turn_beside(&self) {
        self.beside.link_chains().await.expect("linked");
        self.beside.sync_due("beside", &self.stop.1).await.expect("a turn");
    }

    /// Both processes at once; either is killed when its time has passed.
    pub(super) async fn turn_of_both(&mut self, kill: [Duration; 2]) {
        self.engine.link_chains().await.expect("linked");
        let names = [self.owner(), format!("beside-{}", self.owners)];
        let [first, second] = kill;
        let one = tokio::time::timeout(first, self.engine.sync_due(&names[0], &self.stop.1));
        let two = tokio::time::timeout(second, self.beside.sync_due(&names[1], &self.stop.1));
        let (one, two) = tokio::join!(one, two);
        if one.is_err() || two.is_err() {
            self.killed();
        }
    }

    /// The same, and the process is killed when so much time has passed; another one takes its place.
    pub(super) async fn turn_killed(&mut self, after: Duration) {
        self.engine.link_chains().await.expect("linked");
        let owner = self.owner();
        let work = self.engine.sync_due(&owner, &self.stop.1);
        if tokio::time::timeout(after, work).await.is_err() {
            self.killed();
        }
    }

    /// Another process takes its place when its lease has run out, and its last calls are forgotten.
    pub(super) fn killed(&mut self) {
        self.owners += 1;
        self.clock.pass(400);
    }

    /// Goes on until nothing is left to be done by itself, and the whole was compared.
    pub(super) async fn quiet(&mut self) {
        self.desk.delete("/_sim/faults").await;
        for round in 0..2 {
            let mut left = None;
            for _ in 0..60 {
                self.clock.pass(200);
                self.reconnect().await;
                self.turn().await;
                let it = self.overview().await;
                let open = it.counts.of(kontor_domain::sync::State::Sent)
                    + it.counts.of(kontor_domain::sync::State::Waiting)
                    - self.blocked().await;
                let comparing = it.sync.as_ref().is_none_or(|it| it.comparing.is_some() || it.held.is_some());
                left = Some((open, it.noticed, it.unplanned, comparing));
                if left == Some((0, 0, 0, false)) {
                    break;
                }
            }
            assert_eq!(left, Some((0, 0, 0, false)), "it does not come to rest: {:#?}", self.all().await);
            if round == 0 {
                self.everything(None).await;
            }
        }
    }

    /// Records that wait for others which a person has to see to.
    async fn blocked(&self) -> i64 {
        let waits = |it: &&Link| it.failure.as_ref().is_some_and(|it| it.code == "waits");
        i64::try_from(self.all().await.iter().filter(waits).count()).expect("few")
    }

    pub(super) async fn all(&self) -> Vec<Link> {
        let slice = kontor_store::Slice { limit: 500, offset: 0, after: None, descending: false };
        let mut conn = self.engine.db.read().await.expect("a connection");
        let filter = links::Filter::default();
        links::list(&mut conn, self.organization, self.integration, &filter, &slice).await.expect("read").rows
    }

    pub(super) async fn counts(&self) -> Counts {
        self.overview().await.counts
    }

    pub(super) async fn overview(&self) -> Overview {
        let mut conn = self.engine.db.read().await.expect("a connection");
        let overview = self.engine.sync_overview(&mut conn, self.organization, self.integration).await;
        overview.expect("an overview")
    }

    /// Everything is to be gone through, also what was made here since then.
    pub(super) async fn everything(&self, since: Option<jiff::Timestamp>) {
        let (organization, integration) = (self.organization, self.integration);
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let again = self.engine.sync_again(&mut tx, organization, integration, since).await.expect("read");
        let (actor, scope) = (Actor::system(), Scope::Everything(again));
        self.engine.sync_run(&mut tx, organization, integration, &actor, scope).await.expect("asked");
        tx.commit().await.expect("asked");
    }

    pub(super) async fn link(&self, kind: &str, local_id: &str) -> Option<Link> {
        self.all().await.into_iter().find(|it| it.kind == kind && it.local_id == local_id)
    }

    /// What is in the company's books of a kind, without what was deleted.
    pub(super) async fn objects(&self, kind: &str) -> Vec<Value> {
        self.objects_of(REALM, kind).await
    }

    pub(super) async fn objects_of(&self, realm: &str, kind: &str) -> Vec<Value> {
        let path = format!("/_sim/quickbooks/{realm}/objects/{kind}");
        let all = self.desk.get(&path).await.expect(200).json();
        let all = all["objects"].as_array().expect("objects").clone();
        all.into_iter().filter(|it| it["deleted"] == false).map(|it| it["object"].clone()).collect()
    }

    /// What has our key in its note.
    pub(super) async fn of(&self, kind: &str, local_id: &str) -> Vec<Value> {
        let key = format!("kontor:{local_id}");
        let is_it = |it: &Value| it["PrivateNote"].as_str().is_some_and(|it| it.ends_with(&key));
        self.objects(kind).await.into_iter().filter(is_it).collect()
    }

    /// What somebody does who works in the books.
    pub(super) async fn bookkeeper(&self, kind: &str, body: Value) -> Value {
        let path = format!("/_sim/quickbooks/{REALM}/objects/{kind}");
        self.desk.post(&path, &body).await.expect(200).json()
    }

    /// The same; whether it was done.
    pub(super) async fn try_bookkeeper(&self, kind: &str, body: Value) -> bool {
        let path = format!("/_sim/quickbooks/{REALM}/objects/{kind}");
        self.desk.post(&path, &body).await.status == 200
    }

    pub(super) async fn switch(&self, switches: Value) {
        self.desk.post(&format!("/_sim/quickbooks/{REALM}/switches"), &switches).await.expect(200);
    }

    pub(super) async fn fault(&self, fault: Value) {
        self.desk.post("/_sim/faults", &fault).await.expect(200);
    }

    /// Waits until the simulator holds a call back.
    pub(super) async fn until_held(&self) {
        until("a call is held", async || self.desk.get("/_sim/faults").await.json()["held"] == 1).await;
    }

    /// A person has everything wait, or go on.
    pub(super) async fn pause(&self, pause: bool) {
        let mut tx = self.engine.db.write().await.expect("a transaction");
        let (organization, integration, actor) = (self.organization, self.integration, Actor::system());
        let asked = self.engine.sync_pause(&mut tx, organization, integration, &actor, pause).await;
        asked.expect("it is done");
        tx.commit().await.expect("written");
    }

    pub(super) async fn stop(self) {
        self.simulator.stop().await;
    }
}

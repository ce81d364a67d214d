//! A server that can be stopped at a point, the simulators beside it that go on, and one clock for both.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};

use super::wallet;
use crate::support::{
    Answer, CARD, Caller, Engine, Program,
    judge::{Books, list},
    process::kontor,
    until,
};

/// The server is not there: it was stopped at a point.
#[derive(Debug)]
pub(super) struct Gone;

/// What a client learns, unless the server stops under it.
pub(super) type Done<T> = Result<T, Gone>;

/// The customer of every operation.
pub(super) const CUSTOMER: &str = "C-1";
/// How often a client asks again before it gives up.
const TRIES: u32 = 30;
/// How often the server sweeps unasked. Whoever waits for a sweep asks for it.
const BY_ITSELF_MS: u64 = 500;
/// How much time passes between two tries, in seconds: no lease of a call lasts longer.
pub(super) const STEP: i64 = 150;

pub(super) struct World {
    pub(super) program: Program,
    pub(super) admin: Caller,
    control: PathBuf,
    ahead: AtomicI64,
    numbers: AtomicU64,
    asked: AtomicU64,
    now: Mutex<String>,
    cards: Mutex<BTreeMap<String, String>>,
}

impl World {
    pub(super) async fn start(engine: Engine) -> Self {
        Self::with(engine, BY_ITSELF_MS).await
    }

    /// With a sweep every so many milliseconds, beside those that are asked for.
    pub(super) async fn with(engine: Engine, between: u64) -> Self {
        let control = |folder: &Path| folder.join("control");
        let program = Program::with(engine, |_, folder| {
            let control = control(folder);
            fs::create_dir_all(&control).expect("a folder");
            fs::write(control.join("sweep"), between.to_string()).expect("written");
            vec![
                ("CRASH_CONTROL", control.display().to_string()),
                ("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000".to_owned()),
                ("KONTOR_PROVIDERS__QUICKBOOKS__TIMEOUT_MS", "1000".to_owned()),
                ("KONTOR_TEMPLATES__TIMEOUT_MS", "1000".to_owned()),
                ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "90".to_owned()),
                ("KONTOR_LIMITS__PUBLIC_PER_MINUTE", "100000".to_owned()),
                ("KONTOR_LOG__FILTER", "warn".to_owned()),
            ]
        })
        .await;
        let admin = program.admin.clone();
        let control = control(program.folder.path());
        let world = Self {
            program,
            admin,
            control,
            ahead: AtomicI64::new(0),
            numbers: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            now: Mutex::default(),
            cards: Mutex::default(),
        };
        // The providers' days end between 6 and 8 o'clock UTC, and what is of a day that is over has settled: a world
        // begins after that, at whatever time of the day it is looked at.
        world.pass(86_400 - since_nine()).await.unwrap_or_else(|_| panic!("the server is gone"));
        world
    }

    /// Says what is tried, for whoever has to find out why it failed.
    pub(super) fn now(&self, what: &str) {
        what.clone_into(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A name that was not given before.
    pub(super) fn fresh(&self, what: &str) -> String {
        format!("{what}-{}", self.number())
    }

    /// A number that was not given before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The customer's card at a provider, saved when it is first asked for.
    pub(super) async fn card(&self, provider: &str) -> String {
        let known = self.cards.lock().unwrap_or_else(PoisonError::into_inner).get(provider).cloned();
        if let Some(known) = known {
            return known;
        }
        if provider == "AuthorizeNet" {
            wallet::connect_authorize_net(self).await;
        }
        let id = wallet::save(self, provider).await;
        let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        cards.insert(provider.to_owned(), id.clone());
        id
    }

    /// Stops the server when it passes that point the how manieth time from now.
    pub(super) fn arm(&self, point: &str, nth: u64) {
        self.write("point", &format!("{} {point} {nth}", self.fresh("armed")));
    }

    pub(super) fn disarm(&self) {
        self.write("point", "");
    }

    /// Written beside and moved: the server never reads half of it.
    fn write(&self, name: &str, text: &str) {
        let beside = self.control.join(self.fresh("new"));
        fs::write(&beside, text).expect("written");
        fs::rename(beside, self.control.join(name)).expect("moved");
    }

    /// The points that were passed since the last time that they were forgotten.
    pub(super) fn passed(&self) -> Vec<String> {
        let text = fs::read_to_string(self.control.join("passed")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(super) fn forget(&self) {
        self.write("passed", "");
    }

    /// Whether the server stopped at a point.
    pub(super) async fn is_gone(&self) -> bool {
        self.send("GET", "/healthz", None, None).await.is_err()
    }

    /// Starts the server again after it stopped.
    pub(super) async fn restart(&mut self) {
        self.program.kill();
        self.program.serve().await;
    }

    pub(super) async fn get(&self, path: &str) -> Done<Answer> {
        self.send("GET", path, None, None).await
    }

    pub(super) async fn read(&self, path: &str) -> Done<Value> {
        Ok(self.get(path).await?.expect(200).json())
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Done<Answer> {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.admin.try_send(method, path, &headers, body.map(Value::to_string)).await.map_err(|_| Gone)
    }

    /// Posts until there is an answer that stays, always as the same request.
    pub(super) async fn insist(&self, path: &str, key: &str, body: &Value) -> Done<Answer> {
        for attempt in 0..TRIES {
            let answer = self.send("POST", path, Some(key), Some(body)).await?;
            let passes = answer.status >= 500
                || answer.status == 409
                    && ["idempotency_in_progress", "invoice_payment_in_flight", "changed_meanwhile"]
                        .contains(&answer.code().as_str());
            if !passes {
                return Ok(answer);
            }
            if answer.status == 504
                && let Some(payment) = answer.json()["paymentId"].as_str()
            {
                // Somebody who does not wait has the provider asked while it may still be at it.
                self.send("POST", &format!("/api/payments/{payment}/resolve"), None, None).await?;
            }
            // A lease is over soon; what a person has to look at is asked about again after an hour.
            self.pass(if attempt < 4 { STEP } else { 4 * STEP }).await?;
        }
        panic!("no answer that stays: {path} {key}");
    }

    /// No fault waits any more, and nothing is held.
    pub(super) async fn clear_faults(&self) {
        for simulator in self.simulators() {
            simulator.delete("/_sim/faults").await.expect(204);
            self.finish_held(&simulator).await;
        }
    }

    fn simulators(&self) -> [Caller; 2] {
        ["authorizeNet", "worldpay"].map(|it| self.simulator(it))
    }

    /// A provider's side.
    pub(super) fn simulator(&self, provider: &str) -> Caller {
        let place = self.program.simulated["simulators"][provider].as_str().expect("an address");
        self.admin.at(place).as_other(None)
    }

    /// Somebody sends the form on a provider's page.
    pub(super) async fn submit(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.admin.as_other(None).send("POST", page, &form, Some(body)).await
    }

    /// Somebody pays on it.
    pub(super) async fn shop(&self, page: &str) -> Answer {
        let fields =
            [("cardNumber", CARD), ("ddlExpirationMonth", "12"), ("ddlExpirationYear", "39"), ("CVV", "123")];
        self.submit(page, &fields).await
    }

    /// Time passes, here and at the providers; what they still worked on is done first, and two sweeps are over after it.
    pub(super) async fn pass(&self, seconds: i64) -> Done<()> {
        let ahead = self.ahead.fetch_add(seconds, Ordering::Relaxed) + seconds;
        for simulator in self.simulators() {
            self.finish_held(&simulator).await;
            simulator.post("/_sim/clock", &json!({ "advanceSeconds": seconds })).await.expect(200);
        }
        self.write("clock", &ahead.to_string());
        self.swept(2).await
    }

    /// Lets a provider end what it holds.
    async fn finish_held(&self, simulator: &Caller) {
        // A job of the server's may come there between the two.
        until("nothing is held", async || {
            simulator.send("POST", "/_sim/release", &[], None).await.expect(204);
            simulator.get("/_sim/faults").await.json()["held"] == 0
        })
        .await;
    }

    /// Asks for so many more sweeps, and waits until they have ended; each begins after this did.
    pub(super) async fn swept(&self, more: u64) -> Done<()> {
        let wanted = self.asked.fetch_add(more, Ordering::Relaxed) + more;
        self.write("asked", &wanted.to_string());
        let made = || fs::read_to_string(self.control.join("swept")).ok().and_then(|it| it.parse().ok());
        for round in 1..12_000 {
            if made().unwrap_or(0_u64) >= wanted {
                return Ok(());
            }
            if round % 24 == 0 && self.is_gone().await {
                return Err(Gone);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("the server does not sweep");
    }

    /// Waits until it is so, while time passes.
    pub(super) async fn until<F>(&self, what: &str, asked: impl Fn() -> F) -> Done<()>
    where
        F: Future<Output = Done<bool>>,
    {
        for attempt in 0..TRIES {
            if asked().await? {
                return Ok(());
            }
            // A lease is over soon, a page after ten minutes, and the provider's "nothing" is believed later still.
            self.pass(if attempt == 0 { STEP } else { 4 * STEP }).await?;
        }
        panic!("never came true: {what}");
    }

    /// Lets time pass until nothing is open, and judges what is there then. Nothing may stay open for two hours; a void
    /// that is under way shows at the provider alone, so that what is wrong may be right a little later.
    pub(super) async fn settle(&self, when: &str) {
        let mut left = Vec::new();
        for _ in 0..18 {
            let books = Books::read(&self.admin, &self.program.simulated["simulators"]).await;
            left = books.open();
            if left.is_empty() {
                left = books.wrongs();
            }
            if left.is_empty() {
                return;
            }
            self.pass(400).await.unwrap_or_else(|_| panic!("{when}: the server is gone"));
        }
        panic!("{when}: after two hours\n{}", left.join("\n"));
    }

    /// What `kontor doctor` finds, once all events are linked.
    async fn doctor(&self) -> String {
        self.swept(2).await.expect("a server");
        let mut doctor = kontor();
        doctor.arg("doctor").envs(self.program.settings()).current_dir(self.program.folder.path());
        String::from_utf8_lossy(&doctor.output().expect("it runs").stdout).into_owned()
    }

    /// The open differences, with what both sides have of their payments.
    async fn what_differs(&self) -> String {
        let path = format!("/api/reports/reconciliation?from={}", now());
        let report = self.admin.get(&path).await.expect(200).json();
        let books = Books::read(&self.admin, &self.program.simulated["simulators"]).await;
        let all = list(&report, "days").into_iter().flat_map(|it| list(&it, "differences"));
        let open = all.filter(|it| it["status"] == "Open");
        open.map(|it| format!("{it}\n{}", books.about(&it))).collect::<Vec<_>>().join("\n\n")
    }

    /// What can be checked once for many operations: the chains, and that no card was written anywhere.
    pub(super) async fn check_house(&self) {
        // The days are compared once a day: at least once here, however little time has passed.
        self.pass(25 * 3_600).await.expect("a server");
        let mut said = self.doctor().await;
        // What was under way when the days were compared is compared again the next day.
        if said.lines().any(|it| it.starts_with("BAD books")) {
            self.pass(25 * 3_600).await.expect("a server");
            said = self.doctor().await;
        }
        let differs = if said.contains("BAD") { self.what_differs().await } else { String::new() };
        assert!(!said.contains("BAD"), "{said}\n{differs}");
        assert!(said.contains("in unbroken chains") && !said.contains("not linked yet"), "{said}");
        let copy = self.program.folder.path().join("copy");
        fs::create_dir_all(&copy).expect("a folder");
        if matches!(self.program.database, crate::support::Database::Postgres { .. }) {
            // The cluster is shared: what others write meanwhile is theirs.
            self.program.database.dump(&copy);
        }
        let mut folders = vec![self.program.folder.path().to_path_buf()];
        let card = CARD.as_bytes();
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = fs::read(entry.path()).unwrap_or_default();
                read += bytes.len();
                let found = bytes.windows(card.len()).any(|it| it == card);
                assert!(!found, "a card number in {}", entry.path().display());
            }
        }
        assert!(read > 100_000, "the search read {read} bytes");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            let log = fs::read_to_string(self.program.folder.path().join("serve.log")).unwrap_or_default();
            let from = log.lines().count().saturating_sub(40);
            let last: Vec<&str> = log.lines().skip(from).collect();
            eprintln!("it was at: {now}\nthe server said last:\n{}", last.join("\n"));
        }
    }
}

/// The seconds since it was last nine o'clock, UTC.
fn since_nine() -> i64 {
    (now().as_second() - 9 * 3600).rem_euclid(86_400)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server and the simulators begin with the machine's clock too"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

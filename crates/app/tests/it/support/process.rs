//! The real program as a child process.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Caller, Database, Engine, until};

/// The program that cargo built for these tests.
pub(crate) fn kontor() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kontor"))
}

/// Ends with the test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _waited = self.0.wait();
    }
}

impl Running {
    /// A program that is told to end by the end of its input too, and its first line of output.
    pub(crate) fn start(command: &mut Command, log: &Path) -> (Self, String) {
        let log_file = File::create(log).expect("a log");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log_file).spawn();
        let mut running = Self(child.expect("it starts"));
        let line = first_line(&mut running.0, log);
        (running, line)
    }
}

/// The first line of output, once the program has written it.
fn first_line(child: &mut Child, log: &Path) -> String {
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    assert!(!line.is_empty(), "it ended: {}", std::fs::read_to_string(log).unwrap_or_default());
    line
}

/// `kontor demo`: everything in one process, seeded.
pub(crate) struct Demo {
    // Dropped in this order: the process before its database and its folder.
    child: Option<Running>,
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
    pub(crate) line: Value,
    pub(crate) admin: Caller,
    listen: String,
    settings: Vec<(String, String)>,
    arguments: Vec<&'static str>,
}

impl Demo {
    pub(crate) fn start(engine: Engine) -> Self {
        Self::with(engine, &[])
    }

    /// With these settings above the tests' own.
    pub(crate) fn with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        Self::on("127.0.0.1:0", engine, settings)
    }

    /// On another address than the usual one.
    pub(crate) fn on(listen: &str, engine: Engine, settings: &[(&str, &str)]) -> Self {
        Self::begin(listen, engine, settings, &[])
    }

    /// With all that has already happened when a person opens it.
    pub(crate) fn telling(engine: Engine) -> Self {
        Self::begin("127.0.0.1:0", engine, &[], &["--story"])
    }

    fn begin(listen: &str, engine: Engine, settings: &[(&str, &str)], arguments: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::new(engine, folder.path());
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut demo = Self {
            child: None,
            database,
            folder,
            line: Value::Null,
            admin: Caller::new("", None),
            listen: listen.to_owned(),
            settings,
            arguments: arguments.to_vec(),
        };
        demo.run();
        demo
    }

    fn run(&mut self) {
        let log = self.folder.path().join("stderr.log");
        let url = self.database.url();
        let mut child = kontor()
            .args(["demo", "--json", "--listen", &self.listen, "--database-url", &url, "--data-dir"])
            .arg(self.folder.path().join("data"))
            .args(&self.arguments)
            .envs([
                ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "1"),
                ("KONTOR_PAYMENTS__SWEEP_SECONDS", "1"),
                ("KONTOR_PROVIDERS__WORLDPAY__TIMEOUT_MS", "1000"),
                ("KONTOR_LIMITS__BODY_BYTES", "4096"),
                ("KONTOR_LIMITS__LOGIN_PER_MINUTE", "5"),
                ("KONTOR_LOG__FILTER", "debug"),
            ])
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log).expect("a log"))
            .spawn()
            .expect("kontor starts");
        self.line = serde_json::from_str(&first_line(&mut child, &log)).expect("JSON");
        self.child = Some(Running(child));
        self.admin = Caller::new(self.text("baseUrl"), self.line["adminToken"].as_str());
    }

    /// Ends it as by `kill -9`, and starts it again on what it left.
    pub(crate) fn restart(&mut self) {
        self.child = None;
        self.run();
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap_or_else(|| panic!("{name}: {}", self.line))
    }

    /// An Admin of the other organization.
    pub(crate) fn stranger(&self) -> Caller {
        self.admin.as_other(Some(self.text("otherAdminToken")))
    }

    pub(crate) fn nobody(&self) -> Caller {
        self.admin.as_other(None)
    }

    /// A caller with a role, by the command line.
    pub(crate) fn caller(&self, role: &str, customer: Option<&str>) -> Caller {
        let mut command = kontor();
        command.args(["token", "mint", "--org", self.text("organizationId"), "--role", role]);
        if let Some(customer) = customer {
            command.args(["--customer", customer]);
        }
        let output = self.with_settings(&mut command).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token = String::from_utf8(output.stdout).expect("text");
        self.admin.as_other(Some(token.trim_end()))
    }

    /// Where the integration of this provider that the demo seeded is; the oldest of them.
    pub(crate) async fn seeded(&self, provider: &str) -> String {
        let list = format!("/api/organizations/{}/integrations", self.text("organizationId"));
        let all = self.admin.get(&list).await.expect(200).json();
        let all = all["integrations"].as_array().expect("a list").clone();
        let found = all.iter().rev().find(|it| it["provider"] == provider);
        let id = found.and_then(|it| it["id"].as_str()).unwrap_or_else(|| panic!("no {provider}: {all:?}"));
        format!("{list}/{id}")
    }

    /// The command with this demo's data.
    pub(crate) fn with_settings<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let data = self.folder.path().join("data");
        command
            .env("KONTOR_DATA_DIR", data)
            .env("KONTOR_DATABASE_URL", self.database.url())
            .current_dir(self.folder.path())
    }

    /// A count of its own; nothing where nothing was counted.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let all = self.nobody().get("/metrics").await.expect(200).text;
        let line = all.lines().find_map(|it| it.strip_prefix(name)?.trim().parse::<f64>().ok());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        line.map_or(0, |it| it as u64)
    }

    pub(crate) fn simulator(&self) -> Caller {
        Caller::new(self.line["simulators"]["worldpay"].as_str().expect("an address"), None)
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.simulator().post("/_sim/faults", &fault).await.expect(200);
    }

    /// What the provider knows of an approved payment.
    pub(crate) async fn approved(&self) -> Vec<Value> {
        let ledger = self.simulator().get("/_sim/ledger").await.json();
        let all = ledger["transactions"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|it| it["status"] == "approved").collect()
    }

    /// Waits for the invoice's status.
    pub(crate) async fn until_invoice(&self, id: &str, status: &str) {
        until(status, async || self.admin.read_invoice(id).await["status"] == status).await;
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr.log")).expect("the log")
    }
}

/// `kontor serve` beside `kontor simulate`, so that one can be killed without the other.
pub(crate) struct Program {
    serve: Option<Running>,
    _simulate: Running,
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
    pub(crate) simulated: Value,
    address: String,
    /// Settings above the tests' own.
    pub(crate) more: Vec<(&'static str, String)>,
    pub(crate) organization: String,
    pub(crate) admin: Caller,
}

/// Another server on the same database.
pub(crate) struct Beside {
    _child: Running,
    pub(crate) admin: Caller,
}

impl Program {
    /// Starts both and sets an organization up by commands and by the API.
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::with(engine, |_, _| Vec::new()).await
    }

    /// With settings that may depend on the server's address and on the test's folder.
    pub(crate) async fn with(
        engine: Engine,
        more: impl FnOnce(&str, &Path) -> Vec<(&'static str, String)>,
    ) -> Self {
        Self::begin(engine, |base, folder, _| more(base, folder)).await
    }

    /// With the operator's app at the simulated QuickBooks, which tells it of changes in its companies' books.
    pub(crate) async fn with_books(engine: Engine) -> Self {
        let program = Self::begin(engine, |_, folder, simulated| {
            let app = |key: &str| {
                let value = &simulated["credentials"]["quickBooks"][key];
                value.as_str().expect("a credential").to_owned()
            };
            let file = |key: &str| {
                let path = folder.join(format!("{key}.secret"));
                std::fs::write(&path, app(key)).expect("written");
                path.display().to_string()
            };
            let place = simulated["simulators"]["quickBooks"].as_str().expect("an address").to_owned();
            vec![
                ("KONTOR_PROVIDERS__QUICKBOOKS__ENVIRONMENT", "Sandbox".to_owned()),
                ("KONTOR_PROVIDERS__QUICKBOOKS__SANDBOX_URL", place),
                ("KONTOR_PROVIDERS__QUICKBOOKS__CLIENT_ID", app("clientId")),
                ("KONTOR_PROVIDERS__QUICKBOOKS__CLIENT_SECRET_FILE", file("clientSecret")),
                ("KONTOR_PROVIDERS__QUICKBOOKS__WEBHOOK_VERIFIER_FILE", file("webhookVerifierToken")),
            ]
        })
        .await;
        let books = program.simulated["simulators"]["quickBooks"].as_str().expect("an address");
        let hook = json!({ "url": format!("{}/hooks/QuickBooks", program.admin.base) });
        Caller::new(books, None).post("/_sim/quickbooks/webhooks", &hook).await.expect(200);
        program
    }

    async fn begin(
        engine: Engine,
        more: impl FnOnce(&str, &Path, &Value) -> Vec<(&'static str, String)>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::new(engine, folder.path());
        let log = folder.path().join("simulate.log");
        let mut simulate = kontor()
            .args(["simulate", "--json", "--listen", "127.0.0.1:0", "--state"])
            .arg(folder.path().join("simulators.db"))
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("kontor starts");
        let simulated: Value = serde_json::from_str(&first_line(&mut simulate, &log)).expect("JSON");
        let address = free_address();
        let admin = Caller::new(&format!("http://{address}"), None);
        let organization = String::new();
        let more = more(&admin.base, folder.path(), &simulated);
        let mut program = Self {
            serve: None,
            _simulate: Running(simulate),
            database,
            folder,
            simulated,
            address,
            more,
            organization,
            admin,
        };
        program.set_up().await;
        program
    }

    async fn set_up(&mut self) {
        self.command(&["migrate"]);
        let made = self.command(&["org", "create", "--name", "Riga Furs", "--json"]);
        let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        made["organizationId"].as_str().expect("an id").clone_into(&mut self.organization);
        self.serve().await;
        // As good as for ever: some tests let weeks pass.
        let words =
            ["token", "mint", "--role", "Admin", "--seconds", "31536000", "--org", &self.organization];
        let token = self.command(&words);
        self.admin = self.admin.as_other(Some(String::from_utf8(token.stdout).expect("text").trim_end()));
        let keys = &self.simulated["credentials"]["worldpay"][0];
        let body = integration(keys);
        self.admin
            .post(&format!("/api/organizations/{}/integrations", self.organization), &body)
            .await
            .expect(201);
        self.admin
            .put("/api/customers", &json!({ "customerNumber": "C-1", "companyName": "Visby Wool" }))
            .await
            .expect(201);
    }

    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let simulator =
            |name: &str| self.simulated["simulators"][name].as_str().expect("an address").to_owned();
        let mut settings = vec![
            ("KONTOR_LISTEN", self.address.clone()),
            ("KONTOR_DATA_DIR", self.data().display().to_string()),
            ("KONTOR_DATABASE_URL", self.database.url()),
            ("KONTOR_PROVIDERS__WORLDPAY__SANDBOX_URL", simulator("worldpay")),
            ("KONTOR_PROVIDERS__AUTHORIZE_NET__SANDBOX_URL", simulator("authorizeNet")),
            // The longest of them is how long nobody asks about a call that was cut off.
            ("KONTOR_PROVIDERS__WORLDPAY__TIMEOUT_MS", "1000".to_owned()),
            ("KONTOR_PROVIDERS__AUTHORIZE_NET__TIMEOUT_MS", "1000".to_owned()),
            ("KONTOR_PROVIDERS__QUICKBOOKS__TIMEOUT_MS", "5000".to_owned()),
            ("KONTOR_TEMPLATES__TIMEOUT_MS", "5000".to_owned()),
            ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "1".to_owned()),
            ("KONTOR_PAYMENTS__SWEEP_SECONDS", "1".to_owned()),
        ];
        settings.extend(self.more.iter().cloned());
        settings
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs a command to its end; it must succeed.
    pub(crate) fn command(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        kontor().args(args).envs(self.settings()).current_dir(self.folder.path()).output().expect("it runs")
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn serve(&mut self) {
        self.serve = Some(self.spawn(&[]));
        ready(&self.admin).await;
    }

    /// Starts one more server, at an address of its own and of the same public address.
    pub(crate) async fn beside(&self) -> Beside {
        let address = free_address();
        let public = ("KONTOR_PUBLIC_URL", self.admin.base.clone());
        let child = self.spawn(&[("KONTOR_LISTEN", address.clone()), public]);
        let admin = self.admin.at(&format!("http://{address}"));
        ready(&admin).await;
        Beside { _child: child, admin }
    }

    fn spawn(&self, more: &[(&'static str, String)]) -> Running {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("serve.log"))
            .expect("a log");
        let mut command = kontor();
        let child = command.arg("serve").envs(self.settings()).envs(more.iter().cloned());
        let child = child.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(log);
        Running(child.spawn().expect("kontor starts"))
    }

    /// Kills the server as by `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.serve = None;
    }

    /// Asks the server to end and waits for it; whether it ended well.
    pub(crate) fn stop(&mut self) -> bool {
        let mut running = self.serve.take().expect("a server");
        let asked = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status();
        assert!(asked.is_ok_and(|it| it.success()));
        running.0.wait().is_ok_and(|it| it.success())
    }

    pub(crate) async fn until_invoice(&self, id: &str, status: &str) {
        until(status, async || self.admin.read_invoice(id).await["status"] == status).await;
    }
}

/// An address that nobody listens at. Its port is below those that connections get by themselves, or one of theirs could
/// have it before the server does.
fn free_address() -> String {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    /// Addresses of one test, so that tests beside each other look at other ones.
    const OF_ONE: u32 = 16;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let own = std::process::id().wrapping_mul(OF_ONE);
    let mut all = (0..COUNT).map(|_| {
        let port = FIRST + own.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        format!("127.0.0.1:{port}")
    });
    all.find(|it| std::net::TcpListener::bind(it).is_ok()).expect("a port that is free")
}

async fn ready(server: &Caller) {
    until("ready", async || {
        server.try_send("GET", "/readyz", &[], None).await.is_ok_and(|it| it.status == 200)
    })
    .await;
}

/// A body that adds the Worldpay integration with these credentials.
pub(crate) fn integration(keys: &Value) -> Value {
    json!({
        "integrationType": 1, "provider": "WorldPay", "displayName": "Card payments",
        "configuration": { "IsSandbox": "true", "ApplicationId": keys["ApplicationId"] },
        "secrets": {
            "AccountId": keys["AccountId"], "AccountToken": keys["AccountToken"], "AcceptorId": keys["AcceptorId"],
        },
    })
}

/// `kontor simulate` alone: the providers' side without Kontor's.
pub(crate) struct Simulated {
    _child: Running,
    _folder: TempDir,
    /// What it printed.
    pub(crate) line: Value,
}

impl Simulated {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("simulate.log");
        let mut child = kontor()
            .args(["simulate", "--json", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("kontor starts");
        let line = serde_json::from_str(&first_line(&mut child, &log)).expect("JSON");
        Self { _child: Running(child), _folder: folder, line }
    }

    /// Where a provider is.
    pub(crate) fn place(&self, provider: &str) -> &str {
        self.line["simulators"][provider].as_str().expect("an address")
    }
}

//! What is measured: a running Kontor, or a demo of this same program started for the run.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use kontor_providers::http::{Call, Http, Method, Opened};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};
use url::Url;

use crate::cli::Bench;

const TIMEOUT: Duration = Duration::from_secs(30);
const LARGEST: usize = 4 * 1024 * 1024;

/// Where requests go to.
pub(super) struct Target {
    base: Url,
    bearer: String,
    http: Http,
    /// sqlite, postgres or unknown.
    pub(super) database: &'static str,
    started: Option<(Child, TempDir)>,
    /// What the started Kontor printed.
    line: Value,
}

impl Target {
    pub(super) async fn find(args: &Bench) -> anyhow::Result<Self> {
        if let (Some(base), Some(token)) = (&args.url, &args.token) {
            let bearer = format!("Bearer {token}");
            return Ok(Self {
                base: base.clone(),
                bearer,
                http: client(std::slice::from_ref(base))?,
                database: "unknown",
                started: None,
                line: Value::Null,
            });
        }
        let folder = tempfile::Builder::new().prefix("kontor-bench-").tempdir()?;
        let mut command = own()?;
        command
            .args(["demo", "--json", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path().join("data"));
        if let Some(url) = &args.database_url {
            command.args(["--database-url", url]);
        }
        // The measured process does not spend its time on writing a log.
        let mut child = command
            .env("KONTOR_LOG__FILTER", "error")
            // As anywhere but in the demo: a provider that hangs is waited for.
            .env("KONTOR_PROVIDERS__WORLDPAY__TIMEOUT_MS", "65000")
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a Kontor")?;
        let out = child.stdout.take().context("the output of the started Kontor")?;
        let mut lines = BufReader::new(out).lines();
        let line =
            tokio::time::timeout(TIMEOUT, lines.next_line()).await.context("it did not start in time")??;
        let Some(line): Option<String> = line else { bail!("the started Kontor ended; its words are above") };
        let line: Value = serde_json::from_str(&line).context("what the started Kontor printed")?;
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let database = match &args.database_url {
            Some(url) if url.starts_with("postgres") => "postgres",
            _ => "sqlite",
        };
        let bearer = format!("Bearer {}", text("adminToken"));
        let base: Url = text("baseUrl").parse()?;
        // The pages that a browser is sent to are the simulators'.
        let simulators = line.get("simulators").and_then(Value::as_object).into_iter().flatten();
        let pages = simulators.filter_map(|(_, it)| it.as_str().and_then(|it| Url::parse(it).ok()));
        let http = client(&pages.chain([base.clone()]).collect::<Vec<_>>())?;
        Ok(Self { base, bearer, http, database, started: Some((child, folder)), line })
    }

    /// Asks the API and returns its JSON. Anything but success is an error.
    pub(super) async fn api(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.ask(&self.base.join(path)?, &self.bearer, method, key, body).await
    }

    /// Asks as the other organization of the Kontor that was started.
    pub(super) async fn other(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let bearer = format!("Bearer {}", self.told("/otherAdminToken")?);
        self.ask(&self.base.join(path)?, &bearer, method, "", body).await
    }

    /// Asks the simulator of Worldpay that was started with it.
    pub(super) async fn worldpay(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let url = Url::parse(self.told("/simulators/worldpay")?)?.join(path)?;
        self.ask(&url, "", method, "", body).await
    }

    /// What the started Kontor printed there.
    fn told(&self, place: &str) -> anyhow::Result<&str> {
        let found = self.line.pointer(place).and_then(Value::as_str);
        found.context("this is measured with a Kontor that is started for it: leave --url out")
    }

    async fn ask(
        &self,
        url: &Url,
        bearer: &str,
        method: Method,
        key: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut headers = Vec::new();
        if !bearer.is_empty() {
            headers.push(("authorization", bearer));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        if !key.is_empty() {
            headers.push(("idempotency-key", key));
        }
        let body = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let call = Call { headers: &headers, body: body.into(), limit: LARGEST, ..Call::new(method, url) };
        let answer = self.http.send(call).await?;
        if !(200..300).contains(&answer.status) {
            let said = String::from_utf8_lossy(&answer.body).chars().take(400).collect::<String>();
            bail!("{} answered {}: {said}", url.path(), answer.status);
        }
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// How long Kontor has waited for providers so far, in seconds, by its own numbers; none where they are not shown.
    pub(super) async fn provider_seconds(&self, operations: &[&str]) -> Option<f64> {
        let url = self.base.join("/metrics").ok()?;
        let call = Call { limit: LARGEST, ..Call::new(Method::Get, &url) };
        let answer = self.http.send(call).await.ok().filter(|it| it.status == 200)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let sums = text.lines().filter(|it| it.starts_with("kontor_provider_call_duration_seconds_sum"));
        let asked = |line: &&str| operations.iter().any(|it| line.contains(&format!("operation=\"{it}\"")));
        Some(sums.filter(asked).filter_map(|it| it.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// How long a list takes, from the request to its last byte, and how many bytes those are.
    pub(super) async fn time(&self, path: &str) -> anyhow::Result<(Duration, usize)> {
        let url = self.base.join(path)?;
        let headers = [("authorization", self.bearer.as_str())];
        let call = Call { headers: &headers, limit: LARGEST, ..Call::new(Method::Get, &url) };
        let began = Instant::now();
        let answer = self.http.send(call).await?;
        let took = began.elapsed();
        if answer.status != 200 {
            bail!("{path} answered {}", answer.status);
        }
        Ok((took, answer.body.len()))
    }

    /// The organization that the token is of.
    pub(super) async fn organization(&self) -> anyhow::Result<String> {
        let mine = self.api(Method::Get, "/api/integrations/available", "", None).await?;
        let id = mine.get("organizationId").and_then(Value::as_str);
        id.map(str::to_owned).context("the answer names no organization")
    }

    /// Whether it was started for the run.
    pub(super) fn is_ours(&self) -> bool {
        self.started.is_some()
    }

    /// Acts as a browser does: sends a form, or follows a link where there is none. Returns status and page.
    pub(super) async fn browse(&self, url: &Url, form: Option<String>) -> anyhow::Result<(u16, String)> {
        let method = if form.is_some() { Method::Post } else { Method::Get };
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let headers: &[(&str, &str)] = if form.is_some() { &headers } else { &[] };
        let body = form.unwrap_or_default().into_bytes();
        let answer = self
            .http
            .send(Call { headers, body: body.into(), limit: LARGEST, ..Call::new(method, url) })
            .await?;
        Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// What the started process holds in memory; none where it is not ours to look at.
    pub(super) fn resident_kib(&self) -> Option<u64> {
        let (child, _) = self.started.as_ref()?;
        resident_kib(child.id()?)
    }

    /// Ends what was started.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        if let Some((mut child, folder)) = self.started {
            child.kill().await.context("ending the started Kontor")?;
            folder.close().context("removing its folder")?;
        }
        Ok(())
    }
}

/// What is measured stands where it was said to stand.
fn client(places: &[Url]) -> anyhow::Result<Http> {
    let opened: Vec<Opened> = places.iter().filter_map(Opened::of).collect();
    Http::new(&opened).map_err(anyhow::Error::msg)
}

fn own() -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    command.kill_on_drop(true);
    Ok(command)
}

/// Starts `serve` on an empty folder and waits for the first good `/readyz`. Returns the time and the memory then.
pub(super) async fn time_to_ready() -> anyhow::Result<(Duration, Option<u64>)> {
    let folder = tempfile::Builder::new().prefix("kontor-bench-").tempdir()?;
    // A port that was free a moment ago: whoever takes it in between makes this run fail and no other wrong.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let ready: Url = format!("http://{address}/readyz").parse()?;
    let http = client(std::slice::from_ref(&ready))?;
    let began = Instant::now();
    let mut child = own()?
        .args(["serve", "--migrate"])
        .env("KONTOR_LISTEN", address.to_string())
        .env("KONTOR_DATA_DIR", folder.path().join("data"))
        .env("KONTOR_LOG__FILTER", "error")
        .current_dir(folder.path())
        .spawn()
        .context("starting a Kontor")?;
    loop {
        if http.send(Call::new(Method::Get, &ready)).await.is_ok_and(|answer| answer.status == 200) {
            break;
        }
        if began.elapsed() > TIMEOUT || child.try_wait()?.is_some() {
            bail!("the started Kontor was not ready in time; its words are above");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = began.elapsed();
    let memory = child.id().and_then(resident_kib);
    child.kill().await?;
    Ok((took, memory))
}

/// From the system's table, where it has one.
fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|it| it.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

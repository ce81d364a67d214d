//! A provider of a test's own: a plain server on this machine that says what it is told to, byte for byte, and keeps
//! what it was sent, as far as it has arrived. Beside it the operator's folder with the template that describes it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use super::{Engine, process::Demo};

/// Holds an answer back until the test opens it.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn open(&self) {
        self.0.add_permits(1);
    }

    async fn pass(&self) {
        self.0.acquire().await.expect("a gate is never closed for good").forget();
    }
}

/// A piece of an answer.
#[derive(Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Gate),
}

/// A whole answer with that status line, headers and body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    vec![say(&format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))]
}

/// What most requests get.
pub(crate) fn fine(_: &str) -> Vec<Step> {
    answer("200 OK", "content-type: application/json\r\n", "{\"ok\":true}")
}

pub(crate) fn say(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// The server and its template.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    seen: Arc<Mutex<Vec<String>>>,
    gone: Arc<AtomicUsize>,
}

impl Upstream {
    /// Starts one. Each whole request is answered by what `answers` makes of it.
    pub(crate) async fn start(answers: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let gone = Arc::new(AtomicUsize::new(0));
        let (kept, left, answers) = (Arc::clone(&seen), Arc::clone(&gone), Arc::new(answers));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&kept), Arc::clone(&left), Arc::clone(&answers)));
            }
        });
        Self { address, folder: tempfile::tempdir().expect("a folder"), seen, gone }
    }

    /// The requests, in the order in which they began, each as far as it has arrived.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("the list").clone()
    }

    /// How many went away while their answer was held back.
    pub(crate) fn gone(&self) -> usize {
        self.gone.load(Ordering::SeqCst)
    }

    /// Forgets them.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().expect("the list"))
    }

    /// Describes a provider of that name that stands here, with these tables for its authentication.
    pub(crate) fn describe(&self, provider: &str, authentication: &str) {
        self.describe_at(provider, authentication, &format!("http://{}/v1", self.address));
    }

    /// The same at another address; this server's is allowed too.
    pub(crate) fn describe_at(&self, provider: &str, authentication: &str, base: &str) {
        let host = base.split("://").nth(1).and_then(|it| it.split('/').next()).expect("a host");
        self.write(provider, authentication, base, "", &[host, &self.address.to_string()]);
    }

    /// A provider whose address is a setting, at one of these hosts.
    pub(crate) fn describe_own(&self, provider: &str, authentication: &str, hosts: &[&str]) {
        let field = "[[configuration_fields]]\nkey = \"Url\"\ndisplay_name = \"Address\"\ndescription = \"Of your own.\"\n\
                     type = \"Url\"\nrequired = true\n";
        self.write(provider, authentication, "{{configuration.Url}}", field, hosts);
    }

    fn write(&self, provider: &str, authentication: &str, base: &str, fields: &str, hosts: &[&str]) {
        let text = format!(
            r#"
provider = "{provider}"
display_name = "{provider}"
description = "A provider of a test."
integration_type = "Shipping"
documentation_url = "https://docs.example"
supported_features = ["Orders"]
allowed_hosts = {hosts:?}

[environments.production]
base_url = "{base}"

{fields}
[[secret_fields]]
key = "ApiKey"
display_name = "API key"
description = "What the provider knows you by."
required = true

[authentication]
{authentication}

[connection_test]

[[connection_test.requests]]
name = "reading the account"
path = "/account"
answer = "any"
"#
        );
        self.keep(provider, &text);
    }

    /// Describes a provider with this template.
    pub(crate) fn keep(&self, provider: &str, template: &str) {
        std::fs::write(self.folder.path().join(format!("{provider}.toml")), template).expect("a file");
    }

    /// A demo that knows the templates and may come here.
    pub(crate) fn demo(&self, engine: Engine, settings: &[(&str, &str)]) -> Demo {
        let (address, folder) = (self.address.to_string(), self.folder.path().display().to_string());
        let mut all = vec![
            ("KONTOR_NETWORK__ALLOW_HOSTS", address.as_str()),
            ("KONTOR_TEMPLATES__FOLDER", folder.as_str()),
        ];
        all.extend(settings);
        Demo::with(engine, &all)
    }
}

/// Adds an integration with a provider of a test; its path.
pub(crate) async fn integrate(demo: &Demo, provider: &str, key: &str) -> String {
    added(demo, provider, key, json!({})).await
}

/// The same with an address of its own.
pub(crate) async fn integrate_at(demo: &Demo, provider: &str, key: &str, url: &str) -> String {
    added(demo, provider, key, json!({ "Url": url })).await
}

async fn added(demo: &Demo, provider: &str, key: &str, configuration: Value) -> String {
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let body = json!({
        "integrationType": "Shipping", "provider": provider, "displayName": provider,
        "configuration": configuration, "secrets": { "ApiKey": key },
    });
    demo.admin.post(&list, &body).await.expect(201).header("location").to_owned()
}

async fn serve(
    mut socket: TcpStream,
    seen: Arc<Mutex<Vec<String>>>,
    gone: Arc<AtomicUsize>,
    answers: Arc<impl Fn(&str) -> Vec<Step> + Send + Sync + 'static>,
) {
    let mut request = String::new();
    let mut at = None;
    while !complete(&request) {
        let mut buffer = vec![0; 65_536];
        let length = socket.read(&mut buffer).await.unwrap_or(0);
        if length == 0 {
            return;
        }
        request += &String::from_utf8_lossy(&buffer[..length]);
        let mut seen = seen.lock().expect("the list");
        if let Some(it) = at.and_then(|at: usize| seen.get_mut(at)) {
            it.clone_from(&request);
        } else {
            at = Some(seen.len());
            seen.push(request.clone());
        }
    }
    for step in answers(&request) {
        match step {
            Step::Wait(gate) => tokio::select! {
                () = gate.pass() => {}
                _ = socket.read_u8() => {
                    gone.fetch_add(1, Ordering::SeqCst);
                    return;
                }
            },
            // Whoever asked may have gone, which is what some tests are about.
            Step::Send(bytes) => drop(socket.write_all(&bytes).await),
        }
    }
    let _closed = socket.shutdown().await;
}

/// Whether a request is whole. Short ones alone are looked at, so that looking again each time is no matter.
fn complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|it| it.lines().next()?.parse().ok());
    if head.contains("transfer-encoding: chunked") {
        body.ends_with("0\r\n\r\n")
    } else {
        body.len() >= length.unwrap_or(0)
    }
}

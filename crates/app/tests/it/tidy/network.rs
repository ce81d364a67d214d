//! There is one way out: whatever connects, resolves a name or speaks HTTP does it behind the guard. Production code
//! alone is looked at; the tests and the simulators' own servers are no way out.

use super::{File, catches, files, hold, passes, rust, scan};

/// A simulator's own webhooks go to this machine alone: the provider's side, and no part of the service.
const WEBHOOKS: &str = "crates/simulators/src/authorize_net/webhooks/send.rs";

/// What opens a connection or asks for a name's addresses, and the one file that may.
const OPENERS: [(&str, &[&str]); 18] = [
    ("TcpStream::connect", &["crates/providers/src/http.rs", WEBHOOKS]),
    ("lookup_host", &["crates/providers/src/http/guard.rs"]),
    ("Client::builder", &["crates/providers/src/http.rs"]),
    ("ClientBuilder", &[]),
    ("Client::new", &[]),
    ("reqwest::get", &[]),
    ("TcpSocket", &[]),
    ("UdpSocket", &[]),
    ("UnixStream", &[]),
    ("UnixDatagram", &[]),
    ("ToSocketAddrs", &[]),
    ("to_socket_addrs", &[]),
    ("SmtpTransport", &[]),
    ("connect_tokio1", &[]),
    ("client::legacy", &[]),
    ("client::conn", &[WEBHOOKS]),
    ("HttpConnector", &[]),
    ("resolve_to_addrs", &[]),
];

fn openers(file: &File) -> Vec<String> {
    if file.is_test() || file.path.starts_with("xtask/") {
        return Vec::new();
    }
    let code = scan::code(&file.text);
    let mut broken = Vec::new();
    for (word, may) in OPENERS {
        if may.contains(&file.path.as_str()) {
            continue;
        }
        let lines = code.lines().enumerate().filter(|(_, line)| line.contains(word));
        broken.extend(lines.map(|(at, _)| format!("{}: {word} goes around the guard: use Http", at + 1)));
    }
    broken
}

#[test]
fn nothing_connects_around_the_guard() {
    catches("crates/engine/src/a.rs", "let a = TcpStream::connect(b).await;", openers);
    catches(
        "crates/providers/src/declarative/a.rs",
        "AsyncSmtpTransport::<Tokio1Executor>::relay(a)",
        openers,
    );
    catches("crates/providers/src/declarative/a.rs", "AsyncSmtpConnection::connect_tokio1(a)", openers);
    catches("crates/providers/src/http/a.rs", "let a = reqwest::Client::builder();", openers);
    catches("crates/web/src/a.rs", "use std::net::UdpSocket;", openers);
    passes("crates/providers/src/http.rs", "TcpStream::connect(a); reqwest::Client::builder()", openers);
    passes("crates/web/src/a.rs", "// TcpStream::connect\nTcpListener::bind(a)", openers);
    hold(&rust(), openers);
}

/// What the client is built with, each of it a part of the guard.
const BUILT: [&str; 6] = [
    ".no_proxy()",
    ".redirect(reqwest::redirect::Policy::none())",
    ".dns_resolver(Resolver {",
    ".https_only(way == Way::Public)",
    ".connect_timeout(CONNECT)",
    "self.guard.check(call.url, call.hosts)",
];

fn client(file: &File) -> Vec<String> {
    let code = scan::code(&file.text);
    let mut broken: Vec<_> =
        BUILT.iter().filter(|it| !code.contains(**it)).map(|it| format!("1: no {it}")).collect();
    if code.matches("Client::builder").count() != 1 {
        broken.push("1: one client is built, in one place".to_owned());
    }
    broken
}

#[test]
fn the_one_client_asks_the_guard() {
    catches("crates/providers/src/http.rs", "reqwest::Client::builder().build()", client);
    let whole = format!("reqwest::Client::builder(){}", BUILT.join("\n"));
    passes("crates/providers/src/http.rs", &whole, client);
    catches("crates/providers/src/http.rs", &format!("{whole} reqwest::Client::builder()"), client);
    let files = files(&["crates/providers/src"], "/http.rs");
    assert_eq!(files.len(), 1);
    hold(&files, client);
}

/// Libraries that can go out by themselves, and the crates that may be built with them. What is not listed and can do
/// it too does not come in unseen: its name stands here, or one of these does in its own dependencies.
const LIBRARIES: [(&str, &[&str]); 26] = [
    // The operator's own key service, at the address that the settings name.
    ("aws-config", &["vault"]),
    ("aws-sdk-kms", &["vault"]),
    ("reqwest", &["providers"]),
    ("lettre", &["providers"]),
    ("sqlx", &["store"]),
    ("hyper-rustls", &[]),
    ("hyper-tls", &[]),
    ("native-tls", &[]),
    ("openssl", &[]),
    ("ureq", &[]),
    ("curl", &[]),
    ("isahc", &[]),
    ("attohttpc", &[]),
    ("minreq", &[]),
    ("awc", &[]),
    ("surf", &[]),
    ("tonic", &[]),
    ("h2", &[]),
    ("quinn", &[]),
    ("hickory-resolver", &[]),
    ("object_store", &[]),
    ("redis", &[]),
    ("tungstenite", &[]),
    ("tokio-tungstenite", &[]),
    ("async-imap", &[]),
    ("suppaftp", &[]),
];

fn libraries(file: &File) -> Vec<String> {
    let name = file.path.split('/').rev().nth(1).unwrap_or_default();
    let mut section = "";
    let mut broken = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        if line.starts_with('[') {
            section = line;
        }
        let library = line.split(['.', ' ', '=']).next().unwrap_or_default();
        // What the tests are built with goes out with nobody.
        let built = section.contains("dependencies") && !section.contains("dev-dependencies");
        let known = LIBRARIES.iter().find(|(it, _)| *it == library);
        if built && known.is_some_and(|(_, may)| !may.contains(&name)) {
            broken.push(format!("{}: {name} must not go out by {library}", at + 1));
        }
        // The servers' library has a client too; the simulators' webhooks are sent with it.
        if line.starts_with("hyper") && line.contains("\"client") && name != "simulators" {
            broken.push(format!("{}: {library} is for servers here", at + 1));
        }
    }
    broken
}

#[test]
fn no_other_library_goes_out() {
    catches("crates/engine/Cargo.toml", "[dependencies]\nreqwest.workspace = true\n", libraries);
    catches("crates/web/Cargo.toml", "[dependencies]\nureq = \"3\"\n", libraries);
    catches("crates/web/Cargo.toml", "[target.'cfg(unix)'.dependencies]\ncurl = \"1\"\n", libraries);
    catches(
        "crates/web/Cargo.toml",
        "[dependencies]\nhyper-util = { features = [\"client-legacy\"] }\n",
        libraries,
    );
    passes("crates/app/Cargo.toml", "[dev-dependencies]\nreqwest.workspace = true\n", libraries);
    passes("crates/providers/Cargo.toml", "[dependencies]\nlettre.workspace = true\n", libraries);
    hold(&files(&["crates"], "Cargo.toml"), libraries);
    let workspace = std::fs::read_to_string(super::root().join("Cargo.toml")).expect("the workspace");
    let hyper: String = workspace.lines().filter(|it| it.starts_with("hyper")).collect::<Vec<_>>().join("\n");
    hold(&[File::sample("Cargo.toml", &hyper)], libraries);
}

//! The tests of the key service's backend, against a server that stands for the service. A step of its own: the
//! service's client takes longer to compile than the rest of a test run's changes.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::bail;

use crate::{
    packages,
    postgres::{Cluster, Use},
    run::{cargo, run, works},
    softhsm, test, tools,
};

/// How often to look whether it is ready, and how long to wait in between: a minute in all.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// Every test with `kms` in its name, on both engines.
pub(crate) fn all(extra: &[String]) -> anyhow::Result<()> {
    let tools = tools::find()?;
    let python = packages::moto(&tools.python)?;
    let cluster = Cluster::start(&tools.postgres, Use::Tests)?;
    let token = softhsm::prepare(cluster.folder())?;
    let service = Service::start(&python, cluster.folder())?;
    let nextest = works("cargo", &["nextest", "--version"]);
    let mut command = cargo(if nextest { &["nextest", "run"] } else { &["test"] });
    command.args([
        "--locked",
        "--package",
        "kontor-vault",
        "--package",
        "kontor",
        "--features",
        "aws-kms",
        "--features",
        test::FEATURES,
    ]);
    if extra.is_empty() {
        let chosen: &[&str] =
            if nextest { &["-E", "test(/kms/)"] } else { &["--lib", "--bins", "--tests", "kms"] };
        command.args(chosen);
    }
    command.args(extra);
    run(test::with(&mut command, &tools, &cluster)
        .env("SOFTHSM2_CONF", token)
        .env("KONTOR_TEST_KMS_URL", service.url())
        // The standard places of credentials; this server takes any.
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("NO_PROXY", "127.0.0.1"))
}

/// The server; ends with this value, and with this process.
struct Service {
    port: u16,
    server: Child,
}

impl Service {
    fn start(python: &std::path::Path, folder: &std::path::Path) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = std::fs::File::create(folder.join("moto.log"))?;
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=TERM").arg(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut service = Self { port, server: command.spawn()? };
        service.wait(folder)?;
        Ok(service)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "another process' readiness can only be asked for again and again"
    )]
    fn wait(&mut self, folder: &std::path::Path) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(());
            }
            if self.server.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        let log = std::fs::read_to_string(folder.join("moto.log")).unwrap_or_default();
        bail!("the server that stands for the key service did not start:\n{log}");
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _waited = self.server.wait();
    }
}

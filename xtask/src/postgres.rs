//! A PostgreSQL cluster of its own in a temporary folder; gone when this value is, and when this process is.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};

use crate::run::{quietly, say, works};

/// How often to look whether it is ready, and how long to wait in between: half a minute in all.
const TRIES: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

/// What a cluster is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing in it has to survive.
    Tests,
    /// As safe as a real one, so that figures mean something.
    Measuring,
}

pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    bin: PathBuf,
    server: Child,
}

impl Cluster {
    /// Makes and starts one.
    pub(crate) fn start(bin: &Path, purpose: Use) -> anyhow::Result<Self> {
        let temporary = std::env::temp_dir();
        remove_leftovers(&temporary);
        let folder = temporary.join(format!("kontor-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let is_root = works("test", &["-w", "/var/lib/dpkg"]);
        if is_root {
            quietly(Command::new("chown").arg("postgres:").arg(&folder))
                .context("giving the folder to postgres")?;
        }
        let data = folder.join("data");
        let mut init = as_user(is_root, &bin.join("initdb"));
        init.args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
            "-D",
        ]);
        quietly(init.arg(&data).current_dir(&folder))?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(folder.join("server.log"))?;
        let mut server = as_user(is_root, &bin.join("postgres"));
        server.arg("-D").arg(&data).args(settings(purpose, port)).arg("-k").arg(&folder).current_dir(&folder);
        let server = server
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting PostgreSQL")?;
        let mut cluster = Self { folder, port, bin: bin.to_path_buf(), server };
        cluster.wait()?;
        Ok(cluster)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "another process' readiness can only be asked for again and again"
    )]
    fn wait(&mut self) -> anyhow::Result<()> {
        let port = self.port.to_string();
        for _ in 0..TRIES {
            if works(self.bin.join("pg_isready"), &["-q", "-h", "127.0.0.1", "-p", &port]) {
                return Ok(());
            }
            if self.server.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        bail!("PostgreSQL did not start:\n{log}");
    }

    /// The address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A folder that goes with it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// PostgreSQL's own program, pointed at this cluster.
    pub(crate) fn client(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // An immediate stop: nothing in it is kept.
        let _gone = works("kill", &["-QUIT", &self.server.id().to_string()]);
        let _waited = self.server.wait();
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            say(&format!("{} was not removed: {error}", self.folder.display()));
        }
    }
}

/// The server refuses to run as root. It ends by itself when this process does, even by force.
fn as_user(is_root: bool, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=INT");
    if is_root {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg(program);
    command
}

fn settings(purpose: Use, port: u16) -> Vec<String> {
    let mut all = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "max_connections=300".to_owned(),
    ];
    if purpose == Use::Tests {
        // A test searches the log since its own beginning: no segment is taken for new rows meanwhile.
        all.extend(
            ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_keep_size=4GB"]
                .map(str::to_owned),
        );
    }
    all.into_iter().flat_map(|it| ["-c".to_owned(), it]).collect()
}

/// Folders of runs that were killed.
fn remove_leftovers(temporary: &Path) {
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|it| it.strip_prefix("kontor-xtask-"))
            .and_then(|it| it.parse::<u32>().ok());
        if process.is_some_and(|it| !Path::new(&format!("/proc/{it}")).exists()) {
            let _kept = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests;

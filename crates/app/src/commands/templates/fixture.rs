//! Runs a template's connection test against the fakes of its fixtures.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow, ensure};
use kontor_domain::{
    Secret,
    templates::{Needed, Template},
};
use kontor_providers::{Connection, Http, Provider as _, TestReport, declarative::Declarative, http::Opened};
use kontor_simulators::fake::{Fake, Fixture, redirected};

use crate::shutdown::Shutdown;

/// The most fixtures of a template.
const MAX_FIXTURES: usize = 100;

/// Runs every fixture of a folder; whether all came out as they say.
pub(super) async fn run_all(template: &str, folder: &Path) -> anyhow::Result<bool> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("the folder {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|it| Ok(it?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|it| it.extension().is_some_and(|it| it == "toml"));
    files.sort();
    ensure!(!files.is_empty(), "{} has no fixtures", folder.display());
    ensure!(files.len() <= MAX_FIXTURES, "{} has more than {MAX_FIXTURES} fixtures", folder.display());
    let mut fine = true;
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let problems = match Fixture::parse(&text) {
            Ok(fixture) => run(template, &fixture).await?,
            Err(message) => vec![message],
        };
        fine &= problems.is_empty();
        let name = file.display();
        if problems.is_empty() {
            crate::say(&format!("{name}: ok"))?;
        }
        for problem in problems {
            crate::say(&format!("{name}: error: {problem}"))?;
        }
    }
    Ok(fine)
}

/// Plays a fixture's provider at an address until somebody asks the process to end.
pub(super) async fn play(file: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let fixture = Fixture::parse(&text).map_err(|message| anyhow!("{}: {message}", file.display()))?;
    let shutdown = Shutdown::listen()?;
    let fake = Fake::play(&fixture, listen)
        .await
        .with_context(|| format!("listening on {listen}: choose another address with --listen"))?;
    crate::say(&format!("the fake of {} stands at {}; Ctrl-C ends it", file.display(), fake.address))?;
    shutdown.asked().await;
    Ok(())
}

/// Runs one; what is not as it says.
async fn run(template: &str, fixture: &Fixture) -> anyhow::Result<Vec<String>> {
    let fake = Fake::start(fixture).await.context("a fake on this machine")?;
    let text = redirected(template, None, fake.address).map_err(anyhow::Error::msg)?;
    let template = match Template::parse(&text) {
        Ok(template) => template,
        Err(faults) => return Ok(faults.iter().map(ToString::to_string).collect()),
    };
    let given = fixture.configuration(fake.address).into_iter().map(|(key, value)| (key, Some(value)));
    let configuration = match template.check_configuration(&given.collect(), None) {
        Ok(configuration) => configuration,
        Err(errors) => {
            return Ok(errors.into_iter().map(|it| format!("{} {}", it.field, it.message)).collect());
        }
    };
    let secrets: BTreeMap<String, Secret> =
        fixture.secrets.iter().map(|(key, value)| (key.clone(), Secret::new(value.clone()))).collect();
    if let Err(errors) = template.check_secrets(&secrets, &configuration, Needed::All) {
        return Ok(errors.into_iter().map(|it| format!("{} {}", it.field, it.message)).collect());
    }
    let nothing = BTreeMap::new();
    let connected = fixture.connected.as_ref();
    let access_token = connected.map(|it| Secret::new(it.access_token.clone()));
    let connection = Connection {
        configuration: &configuration,
        secrets: &secrets,
        account: connected.map_or(&nothing, |it| &it.account),
        access_token: access_token.as_ref(),
    };
    let opened = Opened::parse(&fake.address.to_string()).map_err(anyhow::Error::msg)?;
    let http = Http::new(&[opened]).map_err(anyhow::Error::msg)?;
    let provider = Declarative::new(Arc::new(template), http, crate::ambient::ambient());
    let report = provider.test(&connection).await;
    Ok(problems(fixture, &fake, &report))
}

fn problems(fixture: &Fixture, fake: &Fake, report: &TestReport) -> Vec<String> {
    let mut problems = fake.problems();
    if report.success != fixture.expected.success {
        problems.push(format!(
            "success should be {} and is {}: {}",
            fixture.expected.success, report.success, report.details
        ));
    }
    let missing = fixture.expected.says.iter().filter(|it| !report.details.contains(it.as_str()));
    problems.extend(missing.map(|it| format!("{it:?} should be said, and this was: {}", report.details)));
    problems
}

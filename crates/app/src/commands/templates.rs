//! `kontor templates …`: lists the providers, checks templates with every fault and line, prints their JSON Schema.
//!
//! Needs no database. Refuses to call a provider: a fixture's fake on this machine is all that is asked.

mod fixture;

use std::path::{Path, PathBuf};

use anyhow::ensure;
use kontor_domain::templates::{Authentication, Severity, Template};
use kontor_providers::{Http, Registry, folder, registry};

use crate::{cli, config::Config};

/// The published schema.
const SCHEMA: &str = include_str!("../../../../docs/template.schema.json");

pub(crate) async fn run(args: cli::Templates) -> anyhow::Result<()> {
    match args {
        cli::Templates::List { settings } => list(&Config::load(settings.config.as_deref())?),
        cli::Templates::Check { files, fixtures } => check(&files, fixtures.as_deref()).await,
        cli::Templates::Fake { fixture, listen } => fixture::play(&fixture, listen).await,
        cli::Templates::Schema => crate::say(SCHEMA.trim_end()),
    }
}

/// The providers as they are with these settings.
pub(crate) fn providers(config: &Config) -> anyhow::Result<Registry> {
    let http = Http::new(&config.opened()).map_err(anyhow::Error::msg)?;
    Registry::new(config.providers()?, http, crate::ambient::ambient()).map_err(anyhow::Error::msg)
}

fn list(config: &Config) -> anyhow::Result<()> {
    let registry = providers(config)?;
    let all = registry.all();
    let built_in = all.len().saturating_sub(registry.described());
    for (at, provider) in all.iter().enumerate() {
        let template = provider.template();
        let from = if at < built_in { "built in" } else { "folder" };
        let kind = template.integration_type.as_str();
        crate::say(&format!("{:<20} {kind:<11} {from:<9} {}", template.provider, template.display_name))?;
    }
    let refused = registry.refused();
    for fault in &refused {
        crate::say(&format!("refused: {fault}"))?;
    }
    ensure!(refused.is_empty(), "{} template(s) of the folder are not used as they are", refused.len());
    Ok(())
}

async fn check(files: &[PathBuf], fixtures: Option<&Path>) -> anyhow::Result<()> {
    let mut bad = 0_usize;
    for file in files {
        let sound = check_one(file)?;
        let fine = match (sound, fixtures) {
            (Some(text), Some(folder)) => fixture::run_all(&text, folder).await?,
            (sound, _) => sound.is_some(),
        };
        if !fine {
            bad = bad.saturating_add(1);
        }
    }
    ensure!(bad == 0, "{bad} of {} template(s) cannot be used", files.len());
    Ok(())
}

/// Says what is wrong with a file; its text where it can be used.
fn check_one(file: &Path) -> anyhow::Result<Option<String>> {
    let name = file.display();
    let text = match folder::text(file) {
        Ok(text) => text,
        Err(message) => {
            crate::say(&format!("{name}: error: {message}"))?;
            return Ok(None);
        }
    };
    let reading = Template::read(&text);
    for fault in &reading.faults {
        crate::say(&format!("{name}:{}: {}: {}", fault.line, fault.severity, fault.message))?;
    }
    let Some(template) = reading.template else { return Ok(None) };
    if matches!(template.authentication, Authentication::Adapter) {
        let message = "a provider with method adapter needs code of its own, and a folder cannot bring it";
        crate::say(&format!("{name}: {}: {message}", Severity::Warning))?;
    }
    crate::say(&format!("{name}: ok: {} ({})", template.provider, template.integration_type))?;
    let built_in = registry::EMBEDDED
        .iter()
        .find(|it| Template::parse(it).is_ok_and(|it| it.provider.eq_ignore_ascii_case(&template.provider)));
    if built_in.is_some_and(|it| *it != text) {
        let message = "this provider is built in: a file of the folder needs another name";
        crate::say(&format!("{name}: {}: {message}", Severity::Warning))?;
    }
    Ok(Some(text))
}

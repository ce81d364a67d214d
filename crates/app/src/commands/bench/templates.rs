//! How long the operator's folder takes with as many templates as it may hold.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use kontor_providers::{Http, Registry, declarative, folder::MAX_FILES, registry::EMBEDDED};
use serde_json::json;

/// Writes the folder, loads it, and looks at it twice more; prints the times.
pub(super) fn run(json: bool) -> anyhow::Result<()> {
    let place = tempfile::tempdir().context("a temporary folder")?;
    let bytes = fill(place.path())?;
    let http = Http::new(&[]).map_err(anyhow::Error::msg)?;
    let settings = kontor_providers::Settings {
        declarative: declarative::Settings { folder: Some(place.path().to_owned()), ..Default::default() },
        ..Default::default()
    };
    let began = Instant::now();
    let registry = Registry::new(settings, http, crate::ambient::ambient()).map_err(anyhow::Error::msg)?;
    let load = began.elapsed();
    ensure!(registry.described() == MAX_FILES, "{} of {MAX_FILES} were loaded", registry.described());
    let unchanged = again(&registry)?;
    std::fs::write(place.path().join("7.toml"), named(7, "Changed7")?).context("a template")?;
    let changed = again(&registry)?;
    ensure!(registry.get("Changed7").is_some(), "the change was not seen");
    report(json, bytes, [load, unchanged, changed])
}

/// Writes templates in turns of those that are built in, each under a name of its own; how many bytes in all.
fn fill(folder: &Path) -> anyhow::Result<usize> {
    let mut bytes = 0_usize;
    for number in 0..MAX_FILES {
        let text = named(number, &format!("Bench{number}"))?;
        bytes = bytes.saturating_add(text.len());
        std::fs::write(folder.join(format!("{number}.toml")), text).context("a template")?;
    }
    Ok(bytes)
}

fn named(number: usize, name: &str) -> anyhow::Result<String> {
    let text = EMBEDDED.iter().cycle().nth(number % EMBEDDED.len()).context("a template")?;
    let (_, rest) = text.split_once('\n').context("a first line")?;
    ensure!(text.starts_with("provider = "), "a template begins with its provider");
    Ok(format!("provider = \"{name}\"\n{rest}"))
}

fn again(registry: &Registry) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let refused = registry.reload();
    ensure!(refused.is_empty(), "{refused:?}");
    Ok(began.elapsed())
}

fn report(json: bool, bytes: usize, times: [Duration; 3]) -> anyhow::Result<()> {
    let [load, unchanged, changed] = times.map(|it| it.as_secs_f64() * 1_000.0);
    if json {
        let line = json!({
            "scenario": "load-templates", "templates": MAX_FILES, "bytes": bytes,
            "milliseconds": { "load": load, "unchanged": unchanged, "oneChanged": changed },
        });
        return crate::say(&line.to_string());
    }
    crate::say(&format!(
        "load-templates   {MAX_FILES} templates, {} KB: load {load:.0} ms, unchanged {unchanged:.0} ms, one changed {changed:.0} ms",
        bytes / 1_024
    ))
}

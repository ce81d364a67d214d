//! `kontor keys`: where the keys stand, and online rotation of both layers.
//!
//! A rotation may be ended at any moment, also by force: the same command goes on. Servers go on meanwhile.

mod files;
mod progress;

use kontor_engine::{Actor, Engine, credentials::Status};
use kontor_store::{keks, keks::State};
use serde_json::{Value, json};

use crate::{
    cli::{Keys, Rotate, Rotation},
    commands,
    config::{Config, vault::Backend, vault::Vault},
    start,
};
use progress::Progress;

/// Older keys that are listed for people; JSON has all.
const LISTED: usize = 20;

pub(crate) async fn run(args: Keys) -> anyhow::Result<()> {
    match args {
        Keys::Status { settings, json } => {
            let config = Config::load(settings.config.as_deref())?;
            let db = start::database(&config, false).await?;
            let status = Status::read(&mut *db.read().await?).await?;
            db.close().await;
            if json {
                crate::say(&as_json(&status).to_string())
            } else {
                crate::say(as_text(&status).trim_end())
            }
        }
        Keys::Rotate(Rotate::Kek(args)) => kek(&args).await,
        Keys::Rotate(Rotate::Dek { rotation, org }) => dek(&rotation, org).await,
    }
}

async fn kek(args: &Rotation) -> anyhow::Result<()> {
    let config = Config::load(args.settings.config.as_deref())?;
    let engine = start::engine(&config, false).await?;
    let mut progress = Progress::new("keys", args.stop_after);
    let known = keks::all(&mut *engine.db.read().await?).await?;
    let of = |state| known.iter().find(|it| it.state == state).map(|it| it.fingerprint.clone());
    let active = of(State::Active).unwrap_or_default();
    let vault = config.vault();
    if let Backend::Local { key_file } = &vault.here
        && files::settle(key_file, &active, &mut progress)?.is_some()
    {
        engine.db.close().await;
        return crate::say(&format!(
            "finished the rotation that was interrupted: the key in force is {active}, at {}. \
             Run this again for a new key",
            key_file.display()
        ));
    }
    let actor = Actor::command_line();
    if of(State::Staged).is_none() {
        stage(&engine, vault, &active, &actor, &mut progress).await?;
    }
    let done = engine.finish_kek_rotation(&actor, args.batch, &mut progress).await?;
    let retired = match (&vault.here, &vault.next) {
        (Backend::Local { key_file }, _) => {
            let known = keks::all(&mut *engine.db.read().await?).await?;
            let active = known.iter().find(|it| it.state == State::Active);
            let active = active.map(|it| it.fingerprint.clone()).unwrap_or_default();
            files::settle(key_file, &active, &mut progress)?
        }
        _ => None,
    };
    engine.db.close().await;
    progress.end();
    crate::say(&match (retired, &vault.next) {
        (Some(retired), _) => format!(
            "{done} keys are under the new key; {active} is retired and lies at {}. Backups from before open with \
             it alone: keep it as long as you keep them, apart from them, then delete it",
            retired.display()
        ),
        (None, Some(next)) => format!(
            "{done} keys are under the new key, {}; {active} is retired. Now move the settings from `vault.next` to \
             `vault`: until then both are needed at each start",
            next.describe()
        ),
        (None, None) => format!("{done} keys are under the new key; {active} is retired"),
    })
}

/// Opens or makes the next key, and writes down that everything is on its way under it.
async fn stage(
    engine: &Engine,
    vault: &Vault,
    active: &str,
    actor: &Actor,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    let next = match (&vault.next, &vault.here) {
        (Some(next), _) => next.clone(),
        (None, Backend::Local { key_file }) => Backend::Local { key_file: Vault::staged_file(key_file) },
        (None, Backend::Pkcs11 { .. } | Backend::AwsKms { .. }) => anyhow::bail!(
            "say which key comes next: set `vault.next.backend` and what belongs to it. A file or a key of a token \
             that is not there yet is made; a key of a key service is made by whoever administers it"
        ),
    };
    let kek = crate::keks::open(&next, Some(engine.ambient.entropy())).await?;
    let fingerprint = kek.fingerprint();
    anyhow::ensure!(
        fingerprint != active,
        "{} is the key in force already: name another one in `vault.next`, or remove it there",
        next.describe()
    );
    engine.credentials.keks().put(kek);
    progress.step();
    engine.stage_kek(actor, &fingerprint).await?;
    progress.step();
    Ok(())
}

async fn dek(args: &Rotation, org: Option<String>) -> anyhow::Result<()> {
    let config = Config::load(args.settings.config.as_deref())?;
    let engine = start::engine(&config, false).await?;
    let only = match org {
        Some(named) => Some(commands::organization(&engine.db, &named).await?.id),
        None => None,
    };
    let total = Status::read(&mut *engine.db.read().await?).await?.records;
    let mut progress = Progress::new("records", args.stop_after).of(total);
    let done = engine.rotate_deks(&Actor::command_line(), only, args.batch, &mut progress).await?;
    engine.db.close().await;
    progress.end();
    let went_on = if done.resumed { " (went on with a rotation that had not ended)" } else { "" };
    crate::say(&format!(
        "{} organizations have a new key; {} records were sealed anew, {} older keys are destroyed{went_on}",
        done.organizations, done.records, done.destroyed
    ))
}

fn as_json(status: &Status) -> Value {
    let keks = status
        .keks
        .iter()
        .map(|it| json!({ "fingerprint": it.known.fingerprint, "state": it.known.state, "deks": it.deks }));
    let old = status
        .old
        .iter()
        .map(|it| json!({ "organizationId": it.organization, "dek": it.id, "records": it.records }));
    json!({
        "keks": keks.collect::<Vec<_>>(),
        "deks": { "total": status.deks, "onOldKek": status.deks_on_old_keks(), "old": old.collect::<Vec<_>>() },
        "records": {
            "total": status.records, "onOldDek": status.records_on_old_deks(), "withoutKey": status.lost,
        },
        "rotating": status.rotations.iter().map(|it| if it.is_empty() { "all" } else { it }).collect::<Vec<_>>(),
    })
}

fn as_text(status: &Status) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for it in &status.keks {
        let _ = writeln!(text, "{:<8} {}  wraps {} keys", it.known.state, it.known.fingerprint, it.deks);
    }
    let _ = writeln!(
        text,
        "{} organizations' keys, {} of them on an old key-encryption key",
        status.deks,
        status.deks_on_old_keks()
    );
    let _ = writeln!(
        text,
        "{} sealed records, {} of them on an old key of their organization",
        status.records,
        status.records_on_old_deks()
    );
    for it in status.old.iter().take(LISTED) {
        let _ = writeln!(text, "  key {} of {}: {} records", it.id, it.organization, it.records);
    }
    if status.old.len() > LISTED {
        let _ = writeln!(text, "  and {} more: --json lists them", status.old.len().saturating_sub(LISTED));
    }
    if status.lost > 0 {
        let _ = writeln!(text, "{} records name a key that is not there: they open no more", status.lost);
    }
    if status.keks.iter().any(|it| it.known.state == State::Staged) {
        text += "a rotation of the key-encryption key has not ended: `kontor keys rotate kek` goes on\n";
    }
    if !status.rotations.is_empty() {
        text += "a rotation of organizations' keys has not ended: `kontor keys rotate dek` goes on\n";
    }
    text
}

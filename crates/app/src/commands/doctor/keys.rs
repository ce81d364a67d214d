//! The keys: whether they are this database's, whether a rotation hangs, whether somebody came back who was deleted.

use kontor_engine::credentials::Status;
use kontor_store::{Db, keks::State, organizations};
use kontor_vault::Destroyed;

use super::Finding;
use crate::config::Config;

/// Checks the keys.
pub(super) async fn check(config: &Config, db: &Db, findings: &mut Vec<Finding>) {
    match crate::keks::keks(config, db, None).await {
        Ok(keks) if keks.fingerprints().is_empty() => {
            let place = config.vault().here.describe();
            findings.push(Finding::good("key", format!("none yet: the first start makes {place}")));
        }
        Ok(_) => findings.push(fingerprint(db).await.unwrap_or_else(|error| broken("key", &error))),
        Err(error) => findings.push(Finding::bad("key", format!("{error:#}"))),
    }
    findings.push(rotation(db).await.unwrap_or_else(|error| broken("rotation", &error)));
    findings.push(deleted(config, db).await.unwrap_or_else(|error| Finding::bad("deleted", error)));
}

fn broken(name: &'static str, error: &kontor_store::Error) -> Finding {
    Finding::bad(name, error.to_string())
}

async fn fingerprint(db: &Db) -> Result<Finding, kontor_store::Error> {
    let status = Status::read(&mut *db.read().await?).await?;
    let active = status.keks.iter().find(|it| it.known.state == State::Active);
    Ok(match active {
        Some(it) => Finding::good(
            "key",
            format!("{} is this database's and wraps {} keys", it.known.fingerprint, it.deks),
        ),
        None => Finding::good("key", "the first start writes down which key this database is sealed under"),
    })
}

async fn rotation(db: &Db) -> Result<Finding, kontor_store::Error> {
    let status = Status::read(&mut *db.read().await?).await?;
    let (deks, records) = (status.deks_on_old_keks(), status.records_on_old_deks());
    let counts = format!(
        "{deks} of {} keys on an old key-encryption key, {records} of {} records on an old key",
        status.deks, status.records
    );
    if status.lost > 0 {
        let words =
            format!("{} records name a key that is not there: restore a backup that has it", status.lost);
        return Ok(Finding::bad("rotation", words));
    }
    let staged = status.keks.iter().any(|it| it.known.state == State::Staged);
    if staged || deks > 0 {
        return Ok(Finding::bad("rotation", format!("{counts}: `kontor keys rotate kek` goes on")));
    }
    if !status.rotations.is_empty() || !status.old.is_empty() {
        return Ok(Finding::bad("rotation", format!("{counts}: `kontor keys rotate dek` goes on")));
    }
    Ok(Finding::good("rotation", counts))
}

async fn deleted(config: &Config, db: &Db) -> Result<Finding, String> {
    let list = Destroyed::at(config.vault().destroyed_file.clone());
    let all = list
        .all()
        .map_err(|error| format!("{}: {error}; without it nothing is opened", list.path().display()))?;
    let mut conn = db.read().await.map_err(|error| error.to_string())?;
    let here = organizations::all(&mut conn).await.map_err(|error| error.to_string())?;
    let back: Vec<String> = here.iter().map(|it| it.id.to_string()).filter(|it| all.contains(it)).collect();
    Ok(if back.is_empty() {
        Finding::good(
            "deleted",
            format!("{} organizations were deleted, and none of them is here", all.len()),
        )
    } else {
        Finding::bad(
            "deleted",
            format!(
                "{} was deleted and is here again, as after a restored backup: `kontor org delete --org ID --yes` \
                 deletes it again",
                back.join(", ")
            ),
        )
    })
}

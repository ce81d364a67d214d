//! `kontor org create` and `delete`: the first organization comes from here, and each ends here.

use kontor_domain::Id;
use kontor_engine::{Actor, audit};
use kontor_store::{organizations, organizations::Organization};
use serde_json::json;

use crate::{cli, commands, config::Config, start};

/// The longest code that is made from a name.
const CODE: usize = 24;

pub(crate) async fn run(args: cli::Org) -> anyhow::Result<()> {
    match args {
        cli::Org::Create { settings, name, code, json } => create(&settings, &name, code, json).await,
        cli::Org::Delete { settings, org, yes } => delete(&settings, &org, yes).await,
    }
}

async fn delete(settings: &cli::Settings, org: &str, yes: bool) -> anyhow::Result<()> {
    let config = Config::load(settings.config.as_deref())?;
    let engine = start::engine(&config, false).await?;
    let organization = commands::organization(&engine.db, org).await?;
    anyhow::ensure!(
        yes,
        "this deletes {} ({}) with its invoices, payments and credentials, and no backup opens its credentials \
         again: say --yes",
        organization.name,
        organization.code
    );
    engine.delete_organization(organization.id, &Actor::command_line()).await?;
    engine.db.close().await;
    crate::say(&format!(
        "{} is deleted and its keys are destroyed. {} remembers it: keep that file with the key, so that a database \
         from before opens nothing of it",
        organization.code,
        config.vault().destroyed_file.display()
    ))
}

async fn create(
    settings: &cli::Settings,
    name: &str,
    code: Option<String>,
    json: bool,
) -> anyhow::Result<()> {
    let name = name.trim().to_owned();
    anyhow::ensure!(!name.is_empty() && name.chars().count() <= 200, "a name has 1 to 200 characters");
    let code = match code {
        Some(code) => code,
        None => code_of(&name),
    };
    anyhow::ensure!(
        is_code(&code),
        "a code has 2 to 32 letters, digits, '-' or '_': give one with --code (this would be {code:?})"
    );
    let config = Config::load(settings.config.as_deref())?;
    let db = start::database(&config, false).await?;
    let ambient = crate::ambient::ambient();
    let organization = Organization {
        id: Id::new(&ambient),
        code,
        name,
        return_urls: Vec::new(),
        default_payment_provider: None,
        version: 1,
        created_at: ambient.now(),
    };
    let mut tx = db.write().await?;
    match organizations::insert(&mut tx, &organization).await {
        Err(kontor_store::Error::Conflict) => {
            anyhow::bail!("the code {} is taken: give another one with --code", organization.code)
        }
        other => other?,
    }
    let subject = organization.id.to_string();
    let detail = json!({ "fields": ["code", "name"] });
    let actor = Actor::command_line();
    audit::write(&mut tx, &ambient, Some(organization.id), &actor, "organization.created", &subject, &detail)
        .await?;
    tx.commit().await?;
    db.close().await;
    if json {
        let line = json!({ "organizationId": organization.id, "orgCode": organization.code });
        return crate::say(&line.to_string());
    }
    crate::say(&organization.id.to_string())
}

fn is_code(code: &str) -> bool {
    (2..=32).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Upper-case letters and digits of the name, words parted by one dash.
fn code_of(name: &str) -> String {
    let words: Vec<String> = name
        .split(|it: char| !it.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    words.join("-").chars().take(CODE).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests;

//! `kontor access create`: API credentials, shown once.

use kontor_engine::{Actor, access};
use serde_json::json;

use crate::{cli, commands, config::Config, start};

pub(crate) async fn run(args: cli::Access) -> anyhow::Result<()> {
    let cli::Access::Create { settings, org, role, name, customer, json } = args;
    let config = Config::load(settings.config.as_deref())?;
    let db = start::database(&config, false).await?;
    let organization = commands::organization(&db, &org).await?;
    let ambient = crate::ambient::ambient();
    let wanted = access::Wanted { name, role: role.as_str().to_owned(), customer_number: customer };
    let mut tx = db.write().await?;
    let actor = Actor::command_line();
    let made = access::create(&mut tx, &ambient, &organization, &actor, wanted).await?;
    tx.commit().await?;
    db.close().await;
    let secret = made.secret.expose();
    if json {
        let line = json!({
            "orgCode": organization.code,
            "clientId": made.key.client_id,
            "clientSecret": secret,
            "apiKey": secret,
        });
        return crate::say(&line.to_string());
    }
    crate::say(secret)
}

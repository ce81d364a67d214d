//! `kontor token mint`: a token of the built-in issuer, alone on stdout.

use kontor_web::Claims;

use crate::{cli, commands, config::Config, start};

pub(crate) async fn run(args: cli::Token) -> anyhow::Result<()> {
    let cli::Token::Mint { settings, org, role, customer, seconds } = args;
    let config = Config::load(settings.config.as_deref())?;
    let db = start::database(&config, false).await?;
    let organization = commands::organization(&db, &org).await?;
    db.close().await;
    let ambient = crate::ambient::ambient();
    let secret = config.auth_secret(ambient.entropy())?;
    let subject = "command-line";
    let claims = Claims::new(
        &organization.id,
        &organization.code,
        role.as_str(),
        customer.as_deref(),
        subject,
        ambient.now(),
        i64::from(seconds),
    );
    crate::say(&kontor_web::mint(&claims, &secret)?)
}

//! `kontor migrate`: brings the database to this program's schema.

use anyhow::Context as _;
use kontor_store::Db;

use crate::{cli, config::Config};

pub(crate) async fn run(args: cli::Settings) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref())?;
    config.make_data_dir()?;
    let db = Db::open(&config.database_url()).await.context("opening the database")?;
    let known = db.migrate().await?;
    db.check_migrations().await?;
    db.close().await;
    crate::say(&format!("the database has all {known} migration(s)"))
}

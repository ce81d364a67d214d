//! `kontor doctor`: checks the installation; each finding says what to do.
//!
//! Reads only: it changes nothing, makes no key and runs no migration.

mod chains;
mod keys;

use std::{path::Path, time::Duration};

use kontor_store::{Db, jobs, reconciliation::differences};

use crate::{cli, config::Config};

/// A job may wait so long beyond its time before that is worth a word.
const LATE: Duration = Duration::from_mins(10);

/// One check's end.
struct Finding {
    name: &'static str,
    result: Result<String, String>,
}

impl Finding {
    fn good(name: &'static str, words: impl Into<String>) -> Self {
        Self { name, result: Ok(words.into()) }
    }

    fn bad(name: &'static str, words: impl Into<String>) -> Self {
        Self { name, result: Err(words.into()) }
    }
}

pub(crate) async fn run(args: cli::Settings) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref())?;
    let mut findings = vec![Finding::good("settings", "every key is known and every value fits")];
    findings.push(folder(&config));
    templates(&config, &mut findings);
    match Db::open(&config.database_url()).await {
        Ok(db) => {
            database(&config, &db, &mut findings).await;
            db.close().await;
        }
        Err(error) => findings.push(Finding::bad("database", format!("{error}: check `database_url`"))),
    }
    let bad = findings.iter().filter(|it| it.result.is_err()).count();
    for Finding { name, result } in findings {
        let (mark, words) = match &result {
            Ok(words) => ("ok ", words),
            Err(words) => ("BAD", words),
        };
        crate::say(&format!("{mark} {name:<12} {words}"))?;
    }
    anyhow::ensure!(bad == 0, "{bad} check(s) found something to do");
    Ok(())
}

fn templates(config: &Config, findings: &mut Vec<Finding>) {
    match super::templates::providers(config) {
        Ok(registry) => {
            let refused = registry.refused();
            if refused.is_empty() {
                let words =
                    format!("{} providers, {} of the folder", registry.all().len(), registry.described());
                findings.push(Finding::good("templates", words));
            }
            findings.extend(refused.iter().map(|it| Finding::bad("templates", it.to_string())));
        }
        Err(error) => findings.push(Finding::bad("templates", error.to_string())),
    }
}

fn folder(config: &Config) -> Finding {
    let path: &Path = &config.data_dir;
    match std::fs::metadata(path) {
        Ok(it) if it.is_dir() => Finding::good("data folder", path.display().to_string()),
        Ok(_) => Finding::bad("data folder", format!("{} is no folder: set `data_dir`", path.display())),
        Err(_) => Finding::bad(
            "data folder",
            format!("{} is not there: `kontor migrate` makes it, or set `data_dir`", path.display()),
        ),
    }
}

async fn database(config: &Config, db: &Db, findings: &mut Vec<Finding>) {
    if let Err(error) = db.ping().await {
        findings
            .push(Finding::bad("database", format!("{error}: is it running, and is `database_url` right?")));
        return;
    }
    findings.push(Finding::good("database", format!("{:?} answers", db.engine())));
    if let Err(error) = db.check_migrations().await {
        findings.push(Finding::bad("migrations", error.to_string()));
        return;
    }
    findings.push(Finding::good("migrations", "all applied"));
    keys::check(config, db, findings).await;
    chains::check(db, findings).await;
    findings.push(backlog(db).await.unwrap_or_else(|error| Finding::bad("jobs", error.to_string())));
    let books = reconciliation(db).await;
    findings.push(books.unwrap_or_else(|error| Finding::bad("books", error.to_string())));
}

/// What our record and the providers' do not agree on.
async fn reconciliation(db: &Db) -> Result<Finding, kontor_store::Error> {
    let open = differences::open_in_all(&mut *db.read().await?).await?;
    Ok(match open {
        0 => Finding::good("books", "both sides agree as far as they were compared"),
        1 => Finding::bad(
            "books",
            "1 difference between our payments and a provider's is open: see the reconciliation report",
        ),
        more => Finding::bad(
            "books",
            format!(
                "{more} differences between our payments and the providers' are open: see the reconciliation report"
            ),
        ),
    })
}

async fn backlog(db: &Db) -> Result<Finding, kontor_store::Error> {
    let (count, oldest) = jobs::backlog(&mut *db.read().await?).await?;
    let now = crate::ambient::ambient().now().as_microsecond();
    let late = oldest.map_or(0, |oldest| now.saturating_sub(oldest)) / 1_000_000;
    Ok(if u64::try_from(late).unwrap_or(0) > LATE.as_secs() {
        Finding::bad("jobs", format!("the oldest of {count} is {late} s late: is `kontor serve` running?"))
    } else {
        Finding::good("jobs", format!("{count} waiting"))
    })
}

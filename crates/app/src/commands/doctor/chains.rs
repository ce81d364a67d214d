//! Recomputes the chains of events and of the audit trail: the first place that does not fit, and what has none yet.

use kontor_store::{Db, Error, audit, chain, events, organizations};

use super::Finding;

/// The tables whose rows are chained.
const CHAINS: [(&str, &chain::Chained); 2] = [("events", &events::CHAIN), ("audit", &audit::CHAIN)];

/// One finding a table.
pub(super) async fn check(db: &Db, findings: &mut Vec<Finding>) {
    for (name, table) in CHAINS {
        findings
            .push(walk(db, name, table).await.unwrap_or_else(|error| Finding::bad(name, error.to_string())));
    }
}

async fn walk(db: &Db, name: &'static str, table: &chain::Chained) -> Result<Finding, Error> {
    let mut conn = db.read().await?;
    let known = organizations::all(&mut conn).await?;
    let (mut linked, mut left, mut broken) = (0_i64, 0_i64, Vec::new());
    for id in chain::names(&mut conn, table).await? {
        let checked = chain::check(&mut conn, table, &id).await?;
        linked = linked.saturating_add(checked.linked);
        left = left.saturating_add(checked.left);
        if let Some(position) = checked.broken {
            let whose = match known.iter().find(|it| it.id.to_string() == id) {
                Some(organization) => organization.code.as_str(),
                None if id.is_empty() => "nobody's organization",
                None => &id,
            };
            broken.push(format!("{whose} at position {position}"));
        }
    }
    let later = match left {
        0 => String::new(),
        left => format!(", {left} not linked yet"),
    };
    Ok(if broken.is_empty() {
        Finding::good(name, format!("{linked} in unbroken chains{later}"))
    } else {
        Finding::bad(
            name,
            format!(
                "chain broken: {}{later}. Rows were changed, taken out or put in outside Kontor; compare with a backup",
                broken.join(", ")
            ),
        )
    })
}

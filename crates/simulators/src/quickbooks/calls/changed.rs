//! What changed since a moment, with what is gone by now (quickbooks-online.md §4.3).

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Answer, Books, Wants, api, books, fault, fault::Fault, query};

/// How far back.
const DAYS: i64 = 30;
/// The most objects of an answer, over all types. What is dropped beyond is not known; here, what changed first.
const MOST: usize = 1_000;

pub(super) fn answer(books: &Books<'_>, entities: &str, since: &str, wants: Wants) -> Result<Answer, Fault> {
    if entities.trim().is_empty() {
        return Err(fault::missing("entities"));
    }
    if since.trim().is_empty() {
        return Err(fault::missing("changedSince"));
    }
    let from =
        query::instant(since.trim()).ok_or_else(|| fault::query_invalid(&format!("Invalid date {since}")))?;
    let oldest = books.state.now().checked_sub(SignedDuration::from_hours(24 * DAYS));
    if oldest.is_ok_and(|oldest| from < oldest) {
        let what = format!("cdc with changedSince date {since} which is older than fixed days");
        return Err(fault::unsupported(&what));
    }
    let mut lists: Vec<(&'static str, Vec<&Value>)> = Vec::new();
    for name in entities.split(',').map(str::trim) {
        let entity = books::entity(name).filter(|it| it.in_cdc);
        let entity = entity.ok_or_else(|| fault::unsupported(&format!("cdc for entity {name}")))?;
        let rows = books.rows(entity.name).filter(|row| row["at"].as_i64() >= Some(from.as_millisecond()));
        lists.push((entity.name, rows.collect()));
    }
    cut(&mut lists);
    let answers: Vec<Value> = lists.iter().map(|(name, rows)| told(name, rows)).collect();
    Ok(api::found("CDCResponse", &json!([{ "QueryResponse": answers }]), wants))
}

/// Leaves the newest of all, as many as there may be.
fn cut(lists: &mut [(&'static str, Vec<&Value>)]) {
    let mut times: Vec<i64> =
        lists.iter().flat_map(|it| &it.1).filter_map(|row| row["at"].as_i64()).collect();
    if times.len() <= MOST {
        return;
    }
    times.sort_unstable_by(|one, other| other.cmp(one));
    let limit = times[MOST - 1];
    let mut left = MOST;
    for (_, rows) in lists {
        rows.retain(|row| {
            let stays = left > 0 && row["at"].as_i64() >= Some(limit);
            left -= usize::from(stays);
            stays
        });
    }
}

fn told(name: &str, rows: &[&Value]) -> Value {
    if rows.is_empty() {
        return json!({});
    }
    let objects: Vec<Value> = rows
        .iter()
        .map(|row| {
            let object = &row["object"];
            if row["deleted"] == true {
                json!({ "status": "Deleted", "domain": "QBO", "Id": object["Id"],
                    "MetaData": { "LastUpdatedTime": object["MetaData"]["LastUpdatedTime"] } })
            } else {
                object.clone()
            }
        })
        .collect();
    json!({ name: objects, "startPosition": 1, "maxResults": rows.len(), "totalCount": rows.len() })
}

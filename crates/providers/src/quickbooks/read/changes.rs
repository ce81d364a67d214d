//! Change data capture, as it is read (§4.3).

use std::collections::BTreeMap;

use jiff::Timestamp;
use kontor_domain::Currency;
use serde_json::value::RawValue;

use super::{Entry, Word, entry, members, moment};
use crate::{
    books::{Changes, Kind},
    quickbooks::fault::{self, Refused},
};

/// The most objects of an answer: at as many, some may be missing.
const MOST: usize = 1_000;

/// Reads the answer, by the names of its members and never by their places; none where it is no such answer. A part
/// that carries a fault is a fault of the whole, since its changes would be missing.
pub(in crate::quickbooks) fn changes(
    body: &[u8],
    kinds: &[Kind],
    home: Currency,
    asked_at: Timestamp,
) -> Option<Result<Changes, Vec<Refused>>> {
    let members = members(body)?;
    let parts: Vec<BTreeMap<String, &RawValue>> =
        serde_json::from_str(members.get("CDCResponse")?.get()).ok()?;
    // The books' own time (§4.3); where they do not say it, ours before the question.
    let time: Option<Word> = members.get("time").and_then(|it| serde_json::from_str(it.get()).ok());
    let until = moment(time.as_ref()).unwrap_or(asked_at);
    let mut read =
        Changes { objects: Vec::new(), removed: Vec::new(), unreadable: Vec::new(), until, cut: false };
    let mut count = 0_usize;
    for part in &parts {
        if let Some(raw) = part.get("Fault") {
            return Some(Err(fault::of_json(raw)));
        }
        let Some(responses) = part.get("QueryResponse") else { continue };
        let responses: Vec<BTreeMap<String, &RawValue>> = serde_json::from_str(responses.get()).ok()?;
        for response in &responses {
            for (name, rows) in response {
                if name == "Fault" {
                    return Some(Err(fault::of_json(rows)));
                }
                let kind = kinds.iter().find(|it| it.as_str().eq_ignore_ascii_case(name));
                let Some(kind) = kind else { continue };
                let rows: Vec<&RawValue> = serde_json::from_str(rows.get()).ok()?;
                count = count.saturating_add(rows.len());
                for row in rows {
                    match entry(*kind, row, home) {
                        Entry::Object(object) => read.objects.push(object),
                        Entry::Removed(removed) => read.removed.push(removed),
                        Entry::Unreadable(it) => read.unreadable.push(it),
                    }
                }
            }
        }
    }
    read.cut = count >= MOST;
    Some(Ok(read))
}

//! What a message says, in both forms.

use serde_json::{Value, json};

use super::Hook;
use crate::{
    quickbooks::events::{Change, What},
    state::mix,
};

/// The most changes of a message.
const MOST: usize = 100;

/// Which changes go into one message: of one company, and of each object and kind of change the last.
pub(super) fn parts(hook: &Hook, changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut parts: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        let fits = |it: &Vec<Change>| {
            it.len() < MOST && (hook.mix_realms || it.iter().all(|one| one.realm_id == change.realm_id))
        };
        let at = parts.iter().rposition(fits).unwrap_or_else(|| {
            parts.push(Vec::new());
            parts.len() - 1
        });
        let part = &mut parts[at];
        let same = |it: &Change| {
            (&it.realm_id, &it.entity, &it.id, it.what)
                == (&change.realm_id, &change.entity, &change.id, change.what)
        };
        part.retain(|it| !same(it));
        part.push(change);
    }
    if hook.reversed {
        for part in &mut parts {
            part.reverse();
        }
    }
    parts
}

pub(super) fn written(hook: &Hook, changes: &[Change], seed: u64) -> String {
    if hook.classic { classic(changes) } else { events(changes, seed) }.to_string()
}

fn classic(changes: &[Change]) -> Value {
    let mut realms: Vec<&str> = Vec::new();
    for change in changes {
        if !realms.contains(&change.realm_id.as_str()) {
            realms.push(&change.realm_id);
        }
    }
    let entity = |it: &Change| {
        let operation = match it.what {
            What::Created => "Create",
            What::Updated => "Update",
            What::Deleted => "Delete",
            What::Voided => "Void",
            What::Emailed => "Emailed",
            What::Merged => "Merge",
        };
        let time = it.at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        let mut entity =
            json!({ "name": it.entity, "id": it.id, "operation": operation, "lastUpdated": time });
        if let Some(merged) = &it.merged {
            entity["deletedId"] = json!(merged);
        }
        entity
    };
    let notification = |realm: &&str| {
        let entities: Vec<Value> = changes.iter().filter(|it| it.realm_id == *realm).map(entity).collect();
        json!({ "realmId": realm, "dataChangeEvent": { "entities": entities } })
    };
    json!({ "eventNotifications": realms.iter().map(notification).collect::<Vec<_>>() })
}

fn events(changes: &[Change], seed: u64) -> Value {
    let event = |it: &Change| {
        let what = match it.what {
            What::Created => "created",
            What::Updated => "updated",
            What::Deleted => "deleted",
            What::Voided => "voided",
            What::Emailed => "emailed",
            What::Merged => "merged",
        };
        let number = it.id.parse::<u64>().unwrap_or(0) ^ it.at.as_microsecond().unsigned_abs();
        let id = format!("{:016x}-{}-{}", mix(seed ^ number), it.entity, it.id);
        let data = it.merged.as_ref().map_or_else(|| json!({}), |gone| json!({ "deletedid": gone }));
        json!({
            "specversion": "1.0", "id": id, "source": "intuit.c2ltdWxhdGVk",
            "type": format!("qbo.{}.{what}.v1", it.entity.to_lowercase()), "datacontenttype": "application/json",
            "time": it.at.to_string(), "intuitentityid": it.id, "intuitaccountid": it.realm_id, "data": data,
        })
    };
    Value::from(changes.iter().map(event).collect::<Vec<_>>())
}

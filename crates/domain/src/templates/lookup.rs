//! What can be told about a template only when all of it is read: whether its parts speak of each other truly.

use std::collections::BTreeSet;

use super::{
    Authentication, Template,
    authentication::Method,
    environments::place,
    fields::{FieldType, VisibleWhen},
    reader::Table,
    text::{Fact, Place, Spot, Text},
};

pub(super) fn check(template: &Template, table: &Table<'_>) {
    keys(template, table);
    visibility(template, table);
    environments(template, table);
    places(template, table);
    whole(template, table);
}

fn keys(template: &Template, table: &Table<'_>) {
    let mut seen = BTreeSet::new();
    for field in &template.configuration_fields {
        if !seen.insert(&field.key) {
            table.wrong("configuration_fields", format!("has the key {:?} twice", field.key));
        }
    }
    for field in &template.secret_fields {
        if !seen.insert(&field.key) {
            table.wrong("secret_fields", format!("has the key {:?}, which is there already", field.key));
        }
    }
}

fn visibility(template: &Template, table: &Table<'_>) {
    let fields = &template.configuration_fields;
    let check = |name: &str, key: &str, when: &VisibleWhen, before: usize| {
        // Only above itself: no field then hangs on itself, however long the way.
        let above = fields.iter().take(before).find(|it| it.key == when.key);
        let Some(other) = above else {
            let message = format!("{key:?} is visible_when {:?}, which is no setting above it", when.key);
            table.wrong(name, message);
            return;
        };
        for value in &when.equals {
            if other.refuse(value).is_some() {
                table.wrong(
                    name,
                    format!("{key:?} is visible_when {:?} is {value:?}, which it never is", when.key),
                );
            }
        }
    };
    for (at, field) in fields.iter().enumerate() {
        if let Some(when) = &field.visible_when {
            check("configuration_fields", &field.key, when, at);
        }
    }
    for field in &template.secret_fields {
        if let Some(when) = &field.visible_when {
            check("secret_fields", &field.key, when, fields.len());
        }
    }
}

fn environments(template: &Template, table: &Table<'_>) {
    let environments = &template.environments;
    if let Some(key) = &environments.selected_by {
        let Some(field) = template.configuration_fields.iter().find(|it| it.key == *key) else {
            table.wrong("environments", format!("is selected_by {key:?}, which is no setting"));
            return;
        };
        let all: Vec<&str> = match field.field_type {
            FieldType::Boolean => vec!["true", "false"],
            FieldType::Select => field.options.iter().map(String::as_str).collect(),
            _ => {
                table.wrong("environments", "must be selected_by a Boolean or a Select");
                return;
            }
        };
        for value in &all {
            if !environments.all.iter().any(|it| it.when.iter().any(|when| when == value)) {
                table.wrong("environments", format!("says nothing about {key} being {value:?}"));
            }
        }
        for when in environments.all.iter().flat_map(|it| &it.when) {
            if !all.contains(&when.as_str()) {
                table.wrong("environments", format!("has {when:?}, which {key} never is"));
            }
        }
        if !field.required && field.default.is_none() {
            table.wrong(
                "environments",
                format!("is selected_by {key:?}, which must be required or have a default"),
            );
        }
    }
    for one in &environments.all {
        for (key, _) in &one.key_patterns {
            let known = template.secret_fields.iter().any(|it| it.key == *key)
                || template.configuration_fields.iter().any(|it| it.key == *key);
            if !known {
                table.wrong(
                    "environments",
                    format!("has a pattern for {key:?}, which is no setting or secret"),
                );
            }
        }
        for text in one.urls.values() {
            check_host(template, table, "environments", text);
        }
    }
}

/// A host that is written out is among those that may be called.
fn check_host(template: &Template, table: &Table<'_>, key: &str, text: &Text) {
    if let Some((host, port)) = place(text)
        && !template.allowed_hosts.allows(host, port)
    {
        table.wrong(key, format!("has an address at {host}, which is not among allowed_hosts"));
    }
}

/// Why a placeholder cannot be filled in there; none when it can.
fn refuse(template: &Template, place: &Place, spot: Spot) -> Option<String> {
    let in_address = spot == Spot::Address;
    let known = match place {
        Place::Secret(_) if in_address => {
            return Some("a secret cannot stand in an environment's address".to_owned());
        }
        Place::Secret(key) => template.secret_fields.iter().any(|it| it.key == *key),
        Place::Configuration(key) => template.configuration_fields.iter().any(|it| it.key == *key),
        Place::Environment(_) if in_address => {
            return Some("an address cannot refer to an address".to_owned());
        }
        Place::Environment(key) => {
            let all = &template.environments.all;
            !all.is_empty() && all.iter().all(|it| it.urls.contains_key(key))
        }
        Place::Account(key) => match &template.authentication {
            Authentication::AuthorizationCode(oauth) => {
                oauth.account_parameters.iter().any(|(_, it)| it == key)
            }
            _ => false,
        },
        Place::Operator(_) => true,
        Place::AccessToken => {
            matches!(spot, Spot::Request | Spot::Revocation) && template.authentication.has_token()
        }
        Place::Token => spot == Spot::Revocation,
        Place::Request(fact) => match spot {
            Spot::Signature => true,
            Spot::Webhook => {
                matches!(fact, Fact::Body | Fact::Timestamp | Fact::Url | Fact::Method | Fact::Path)
            }
            _ => false,
        },
    };
    let what = match place {
        Place::Secret(_) => "no such secret field",
        Place::Configuration(_) => "no such configuration field",
        Place::Environment(_) => "not every environment has it",
        Place::Account(_) => "it is not among account_parameters",
        Place::AccessToken => "there is no token here",
        Place::Token => "it stands in [revocation] alone",
        Place::Request(_) => "it stands in what is signed alone",
        Place::Operator(_) => "",
    };
    (!known).then(|| what.to_owned())
}

fn places(template: &Template, table: &Table<'_>) {
    for used in table.sink.take_used() {
        if let Some(why) = refuse(template, &used.place, used.spot) {
            table.sink.error(&used.span, format!("{{{{{}}}}} cannot be filled in: {why}", used.place));
        }
    }
}

fn whole(template: &Template, table: &Table<'_>) {
    let method = template.authentication.method();
    let calls = !matches!(method, Method::Adapter | Method::Smtp);
    if calls && template.allowed_hosts.all().is_empty() {
        table.wrong("allowed_hosts", "is missing: expected the hosts that secrets may be sent to");
    }
    if method == Method::Smtp && !template.allowed_hosts.all().is_empty() {
        table.wrong("allowed_hosts", "is not for a mail server: its host is a setting");
    }
    if calls && template.connection_test.is_none() {
        table.doubtful("connection_test", "is missing: nothing will show whether credentials work");
    }
    if !calls && template.connection_test.is_some() {
        table.wrong("connection_test", "is not for a mail server or a provider that is code");
    }
    if template.revocation.is_some() && !template.requires_oauth() {
        table.wrong("revocation", "is for oauth2_authorization_code alone");
    }
}

//! Checks what a caller gives for an integration: settings and secrets against the template, all wrong ones at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Template,
    fields::{ConfigurationField, SecretField, VisibleWhen},
};
use crate::Secret;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Its path, such as `configuration.IsSandbox`.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl FieldError {
    fn configuration(key: &str, message: impl Into<String>) -> Self {
        Self { field: format!("configuration.{key}"), message: message.into() }
    }

    fn secret(key: &str, message: impl Into<String>) -> Self {
        Self { field: format!("secrets.{key}"), message: message.into() }
    }
}

fn hidden(when: Option<&VisibleWhen>) -> String {
    when.map_or_else(String::new, |it| format!("is used only where {} is {}", it.key, it.equals.join(" or ")))
}

type Settings = BTreeMap<String, String>;

/// Which of the required secrets must be among those that are given.
#[derive(Debug, Clone, Copy)]
pub enum Needed<'a> {
    /// All: the integration is being made.
    All,
    /// Those that come into view with new settings and are not kept already.
    Revealed {
        /// The settings before.
        before: &'a Settings,
        /// The keys of the secrets that are kept.
        kept: &'a BTreeSet<String>,
    },
    /// None: what is there was checked when it was made.
    None,
}

impl Needed<'_> {
    fn asks_for(self, field: &SecretField) -> bool {
        match self {
            Self::All => true,
            Self::Revealed { before, kept } => !field.is_visible(before) && !kept.contains(&field.key),
            Self::None => false,
        }
    }
}

fn settle(
    field: &ConfigurationField,
    given: &BTreeMap<String, Option<String>>,
    creating: bool,
    result: &mut Settings,
    wrong: &mut Vec<FieldError>,
) {
    let key = &field.key;
    if wrong.iter().any(|it| it.field == format!("configuration.{key}")) {
        return;
    }
    if !field.is_visible(result) {
        // A form sends its hidden fields empty; what was there before they were hidden goes.
        let given = given.get(key).and_then(Option::as_deref).unwrap_or_default();
        let is_default = field.default.as_deref() == Some(given);
        if !given.is_empty() && !is_default {
            wrong.push(FieldError::configuration(key, hidden(field.visible_when.as_ref())));
        }
        result.remove(key);
        return;
    }
    if result.contains_key(key) {
        return;
    }
    match &field.default {
        Some(default) if creating || field.required => {
            result.insert(key.clone(), default.clone());
        }
        None if field.required => wrong.push(FieldError::configuration(key, "is required")),
        _ => {}
    }
}

impl Template {
    /// The settings that follow from `given`. Without `existing` it is a creation: defaults are filled in. With it,
    /// `given` is merged into it, and none removes a key (a required one goes back to its default).
    pub fn check_configuration(
        &self,
        given: &BTreeMap<String, Option<String>>,
        existing: Option<&Settings>,
    ) -> Result<Settings, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut result = existing.cloned().unwrap_or_default();
        for (key, value) in given {
            let Some(field) = self.configuration_fields.iter().find(|it| it.key == *key) else {
                wrong.push(FieldError::configuration(key, "is not a setting of this provider"));
                continue;
            };
            let Some(value) = value else {
                result.remove(key);
                continue;
            };
            match field.refuse(value) {
                Some(message) => wrong.push(FieldError::configuration(key, message)),
                None => {
                    result.insert(key.clone(), field.canonical(value));
                }
            }
        }
        // What a field hangs on is settled before it: it stands above it in the template.
        for field in &self.configuration_fields {
            settle(field, given, existing.is_none(), &mut result, &mut wrong);
        }
        for (key, message) in self.look_alikes(|key| result.get(key).map(String::as_str), &result) {
            if self.configuration_fields.iter().any(|it| it.key == key) {
                wrong.push(FieldError::configuration(&key, message));
            }
        }
        if wrong.is_empty() { Ok(result) } else { Err(wrong) }
    }

    /// The settings that `given` comes to, wrong ones among them: to tell what else is wrong with a request that is
    /// refused.
    pub fn supposed_configuration(
        &self,
        given: &BTreeMap<String, Option<String>>,
        existing: Option<&Settings>,
    ) -> Settings {
        let defaults = || {
            let all = self.configuration_fields.iter();
            all.filter_map(|it| Some((it.key.clone(), it.default.clone()?))).collect()
        };
        let mut result = existing.cloned().unwrap_or_else(defaults);
        for (key, value) in given {
            match value {
                Some(value) => result.insert(key.clone(), value.clone()),
                None => result.remove(key),
            };
        }
        result
    }

    /// Whether the secrets that were given are the template's and look like it, and whether none is missing of those
    /// that are `needed`. `configuration` is what the integration will have.
    pub fn check_secrets(
        &self,
        given: &BTreeMap<String, Secret>,
        configuration: &Settings,
        needed: Needed<'_>,
    ) -> Result<(), Vec<FieldError>> {
        let mut wrong = Vec::new();
        for (key, value) in given {
            let Some(field) = self.secret_fields.iter().find(|it| it.key == *key) else {
                wrong.push(FieldError::secret(key, "is not a secret of this provider"));
                continue;
            };
            if !field.is_visible(configuration) {
                wrong.push(FieldError::secret(key, hidden(field.visible_when.as_ref())));
            } else if field.pattern.as_ref().is_some_and(|it| !it.fits(value.expose())) {
                // The value is not repeated, the pattern is no secret.
                let looks = field.pattern.as_ref().map(|it| it.source().to_owned()).unwrap_or_default();
                wrong.push(FieldError::secret(key, format!("must look like {looks}")));
            }
        }
        let visible = self.secret_fields.iter().filter(|it| it.required && it.is_visible(configuration));
        let missing = visible.filter(|it| needed.asks_for(it) && !given.contains_key(&it.key));
        wrong.extend(missing.map(|it| FieldError::secret(&it.key, "is required")));
        let value = |key: &str| given.get(key).map(Secret::expose);
        for (key, message) in self.look_alikes(value, configuration) {
            if self.secret_fields.iter().any(|it| it.key == key) {
                wrong.push(FieldError::secret(&key, message));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Which of the values do not look like keys of the chosen environment, and what each looks like instead.
    pub fn look_alikes<'a>(
        &self,
        value: impl Fn(&str) -> Option<&'a str>,
        configuration: &Settings,
    ) -> Vec<(String, String)> {
        let Some(chosen) = self.environments.select(configuration) else { return Vec::new() };
        let mut wrong = Vec::new();
        for (key, pattern) in &chosen.key_patterns {
            let Some(value) = value(key).filter(|it| !it.is_empty() && !pattern.fits(it)) else { continue };
            let other = self.environments.all.iter().find(|it| {
                it.name != chosen.name && it.key_patterns.iter().any(|(k, p)| k == key && p.fits(value))
            });
            wrong.push((
                key.clone(),
                match other {
                    Some(other) => format!(
                        "is a key of the {} environment, and the settings choose {}",
                        other.name, chosen.name
                    ),
                    None => format!("does not look like a key of the {} environment", chosen.name),
                },
            ));
        }
        wrong
    }

    /// Whether a setting changed that decides whether the connection works.
    pub fn critical_changed(&self, old: &Settings, new: &Settings) -> bool {
        self.configuration_fields.iter().any(|it| it.critical && old.get(&it.key) != new.get(&it.key))
    }
}

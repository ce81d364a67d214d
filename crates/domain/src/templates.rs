//! Templates: what a provider's integration consists of, as data.
//!
//! Owns the shape and the checks of what a caller gives. Refuses to read files: whoever has a template's
//! text turns it into one and asks for [`Template::faults`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::integrations::IntegrationType;

/// The longest configuration value, in characters.
pub const MAX_VALUE: usize = 2_000;
/// The longest secret, in bytes.
pub const MAX_SECRET: usize = 16_384;

/// What a provider's integration consists of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The provider's name in the API.
    pub provider: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// What it is for.
    #[serde(deserialize_with = "kind")]
    pub integration_type: IntegrationType,
    /// Where the provider explains itself.
    pub documentation_url: String,
    /// What works with it.
    pub supported_features: Vec<String>,
    /// Whether somebody has to consent at the provider.
    #[serde(default)]
    pub requires_oauth: bool,
    /// Settings that are no secrets.
    pub configuration_fields: Vec<ConfigurationField>,
    /// Secrets.
    pub secret_fields: Vec<SecretField>,
}

/// What a setting's value is (API.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum FieldType {
    /// Any text.
    Text,
    /// A decimal number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of the options.
    Select,
    /// An http or https address.
    Url,
}

crate::words!(FieldType {
    Text = "Text",
    Number = "Number",
    Boolean = "Boolean",
    Select = "Select",
    Url = "Url",
});

impl FieldType {
    /// Its number, from 1.
    pub fn number(self) -> i64 {
        let before = Self::ALL.iter().take_while(|it| **it != self).count();
        i64::try_from(before).unwrap_or(0).saturating_add(1)
    }
}

/// A setting.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationField {
    /// Its key.
    pub key: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// What its value is.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Whether it must be there.
    pub required: bool,
    /// What it is where it is not given at creation.
    pub default: Option<String>,
    /// What a Select may be.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether a change of it asks for a new test.
    #[serde(default)]
    pub critical: bool,
}

/// A secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretField {
    /// Its key.
    pub key: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
}

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

fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IntegrationType, D::Error> {
    let word = String::deserialize(deserializer)?;
    word.parse().map_err(|_| serde::de::Error::custom("not an integration type"))
}

impl Template {
    /// What is wrong with the template itself; empty when it is sound.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        let keys = self
            .configuration_fields
            .iter()
            .map(|it| &it.key)
            .chain(self.secret_fields.iter().map(|it| &it.key));
        for key in keys {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                faults.push(format!("the key {key:?} is not made of letters and digits"));
            }
            if !seen.insert(key) {
                faults.push(format!("the key {key:?} is there twice"));
            }
        }
        for field in &self.configuration_fields {
            if (field.field_type == FieldType::Select) == field.options.is_empty() {
                faults.push(format!("{:?}: a Select has options, and nothing else has", field.key));
            }
            if let Some(message) = field.default.as_deref().and_then(|it| field.refuse(it)) {
                faults.push(format!("{:?}: the default {message}", field.key));
            }
        }
        faults
    }

    /// The settings that follow from `given`. Without `existing` it is a creation: defaults are filled in. With it,
    /// `given` is merged into it, and none removes a key (a required one goes back to its default).
    pub fn check_configuration(
        &self,
        given: &BTreeMap<String, Option<String>>,
        existing: Option<&BTreeMap<String, String>>,
    ) -> Result<BTreeMap<String, String>, Vec<FieldError>> {
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
        for field in &self.configuration_fields {
            let refused = wrong.iter().any(|it| it.field == format!("configuration.{}", field.key));
            if result.contains_key(&field.key) || refused {
                continue;
            }
            match &field.default {
                Some(default) if existing.is_none() || field.required => {
                    result.insert(field.key.clone(), default.clone());
                }
                None if field.required => wrong.push(FieldError::configuration(&field.key, "is required")),
                _ => {}
            }
        }
        if wrong.is_empty() { Ok(result) } else { Err(wrong) }
    }

    /// Whether the secrets that were given are the template's, and at creation whether none is missing.
    pub fn check_secrets(&self, given: &BTreeSet<&str>, creating: bool) -> Result<(), Vec<FieldError>> {
        let known = |key: &&str| self.secret_fields.iter().any(|it| it.key == *key);
        let mut wrong: Vec<FieldError> = given
            .iter()
            .filter(|key| !known(key))
            .map(|key| FieldError::secret(key, "is not a secret of this provider"))
            .collect();
        if creating {
            let missing =
                self.secret_fields.iter().filter(|it| it.required && !given.contains(it.key.as_str()));
            wrong.extend(missing.map(|it| FieldError::secret(&it.key, "is required")));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Whether a setting changed that decides whether the connection works.
    pub fn critical_changed(&self, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> bool {
        self.configuration_fields.iter().any(|it| it.critical && old.get(&it.key) != new.get(&it.key))
    }
}

impl ConfigurationField {
    /// Why a value does not fit; none when it does.
    fn refuse(&self, value: &str) -> Option<String> {
        if value.chars().count() > MAX_VALUE {
            return Some(format!("has more than {MAX_VALUE} characters"));
        }
        if value.chars().any(char::is_control) {
            return Some("must not have control characters".to_owned());
        }
        let fits = match self.field_type {
            FieldType::Text => !self.required || !value.trim().is_empty(),
            FieldType::Number => is_number(value),
            FieldType::Boolean => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            FieldType::Select => self.options.iter().any(|it| it == value),
            FieldType::Url => is_address(value),
        };
        (!fits).then(|| match self.field_type {
            FieldType::Text => "must not be empty".to_owned(),
            FieldType::Number => "must be a number".to_owned(),
            FieldType::Boolean => "must be true or false".to_owned(),
            FieldType::Select => format!("must be one of: {}", self.options.join(", ")),
            FieldType::Url => "must be an http or https address".to_owned(),
        })
    }

    /// The value as it is stored and given out.
    fn canonical(&self, value: &str) -> String {
        if self.field_type == FieldType::Boolean { value.to_ascii_lowercase() } else { value.to_owned() }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.len() <= 18 && part.bytes().all(|it| it.is_ascii_digit());
    all(whole) && all(rest)
}

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests;

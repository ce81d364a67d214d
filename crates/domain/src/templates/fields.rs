//! The fields of a template: settings and secrets, what each may be, and when it is there at all.

use std::collections::BTreeMap;

use super::{MAX_VALUE, pattern::Pattern, reader::Table};

/// The most settings of a template, and the most secrets.
pub const MAX_FIELDS: usize = 50;
/// The longest key, in characters.
pub const MAX_KEY: usize = 64;

/// What a setting's value is (API.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// When a field is there: while a setting has one of some values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleWhen {
    /// The setting.
    pub key: String,
    /// Its values.
    pub equals: Vec<String>,
}

impl VisibleWhen {
    fn read(table: &Table<'_>) -> Option<Self> {
        let table = table.table("visible_when")?;
        let read = Self { key: table.text("key"), equals: table.texts("equals") };
        if read.equals.is_empty() {
            table.wrong("equals", "must be a list of one value or more");
        }
        table.done();
        Some(read)
    }

    fn holds(&self, configuration: &BTreeMap<String, String>) -> bool {
        configuration.get(&self.key).is_some_and(|it| self.equals.contains(it))
    }
}

/// A setting.
#[derive(Debug, Clone)]
pub struct ConfigurationField {
    /// Its key.
    pub key: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// What its value is.
    pub field_type: FieldType,
    /// Whether it must be there.
    pub required: bool,
    /// What it is where it is not given at creation.
    pub default: Option<String>,
    /// What a value looks like.
    pub pattern: Option<Pattern>,
    /// What a Select may be.
    pub options: Vec<String>,
    /// Whether a change of it asks for a new test.
    pub critical: bool,
    /// When it is there; none is always.
    pub visible_when: Option<VisibleWhen>,
}

/// A secret.
#[derive(Debug, Clone)]
pub struct SecretField {
    /// Its key.
    pub key: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
    /// Whether an input field hides it while it is typed.
    pub sensitive: bool,
    /// What a value looks like.
    pub pattern: Option<Pattern>,
    /// When it is there; none is always.
    pub visible_when: Option<VisibleWhen>,
}

fn pattern(table: &Table<'_>) -> Option<Pattern> {
    let source = table.maybe("pattern")?;
    match Pattern::parse(&source) {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            table.wrong("pattern", message);
            None
        }
    }
}

fn key(table: &Table<'_>) -> String {
    let key = table.text("key");
    if key.len() > MAX_KEY || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        table.wrong("key", format!("must be at most {MAX_KEY} letters and digits"));
    }
    key
}

impl ConfigurationField {
    pub(super) fn read(table: Table<'_>) -> Self {
        let read = Self {
            key: key(&table),
            display_name: table.text("display_name"),
            description: table.maybe("description").unwrap_or_default(),
            field_type: table.word("type", FieldType::ALL).unwrap_or(FieldType::Text),
            required: table.flag("required").unwrap_or(false),
            default: table.maybe("default"),
            pattern: pattern(&table),
            options: table.texts("options"),
            critical: table.flag("critical").unwrap_or(false),
            visible_when: VisibleWhen::read(&table),
        };
        if (read.field_type == FieldType::Select) == read.options.is_empty() {
            table.wrong("options", "must be there for a Select, and for nothing else");
        }
        if read.pattern.is_some() && !matches!(read.field_type, FieldType::Text | FieldType::Url) {
            table.wrong("pattern", "is for a Text or a Url");
        }
        if let Some(message) = read.default.as_deref().and_then(|it| read.refuse(it)) {
            table.wrong("default", message);
        }
        table.done();
        read
    }

    /// Whether it is there with these settings.
    pub fn is_visible(&self, configuration: &BTreeMap<String, String>) -> bool {
        self.visible_when.as_ref().is_none_or(|it| it.holds(configuration))
    }

    /// Why a value does not fit; none when it does.
    pub(super) fn refuse(&self, value: &str) -> Option<String> {
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
        if fits {
            // A setting that may be empty is not asked what it looks like while it is.
            let pattern = self.pattern.as_ref().filter(|_| !value.is_empty());
            return pattern.filter(|it| !it.fits(value)).map(|it| format!("must look like {}", it.source()));
        }
        Some(match self.field_type {
            FieldType::Text => "must not be empty".to_owned(),
            FieldType::Number => "must be a number".to_owned(),
            FieldType::Boolean => "must be true or false".to_owned(),
            FieldType::Select => format!("must be one of: {}", self.options.join(", ")),
            FieldType::Url => "must be an http or https address".to_owned(),
        })
    }

    /// The value as it is stored and given out.
    pub(super) fn canonical(&self, value: &str) -> String {
        if self.field_type == FieldType::Boolean { value.to_ascii_lowercase() } else { value.to_owned() }
    }
}

impl SecretField {
    pub(super) fn read(table: Table<'_>) -> Self {
        let read = Self {
            key: key(&table),
            display_name: table.text("display_name"),
            description: table.maybe("description").unwrap_or_default(),
            required: table.flag("required").unwrap_or(false),
            sensitive: table.flag("sensitive").unwrap_or(true),
            pattern: pattern(&table),
            visible_when: VisibleWhen::read(&table),
        };
        table.done();
        read
    }

    /// Whether it is there with these settings.
    pub fn is_visible(&self, configuration: &BTreeMap<String, String>) -> bool {
        self.visible_when.as_ref().is_none_or(|it| it.holds(configuration))
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

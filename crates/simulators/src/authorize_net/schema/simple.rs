//! Simple types and what .NET's validator says of a value that is none of theirs (authorizenet.md §1.3, 3 to 6).

use jiff::{Timestamp, civil};

use super::super::NAMESPACE;

/// What a text is read as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    String,
    Decimal,
    Whole {
        lowest: i64,
        highest: i64,
    },
    Boolean,
    DateTime,
    Date,
}

/// Which letters a text may have, at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Digits,
    Alphanumeric,
    AlphanumericAndBlank,
}

/// A simple type.
#[derive(Debug, Clone, Default)]
pub(super) struct Simple {
    /// What the validator calls it: a named type by its name, a narrowed one by .NET's word, XML Schema's own by theirs.
    title: Title,
    kind: Kind,
    shortest: usize,
    longest: Option<usize>,
    letters: Option<Letters>,
    /// In ten-thousandths.
    lowest: Option<i128>,
    highest: Option<i128>,
    fraction: Option<usize>,
    options: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Title {
    Named(&'static str),
    #[default]
    Narrowed,
    Own(&'static str),
}

/// Elements whose values are not shown (§1.3, 4); the others beside the recorded ones are of the same kind.
const MASKED: [&str; 11] = [
    "cardNumber",
    "expirationDate",
    "cardCode",
    "transactionKey",
    "partnerTransactionKey",
    "password",
    "routingNumber",
    "accountNumber",
    "track1",
    "track2",
    "address",
];

impl Simple {
    /// One of XML Schema's own.
    pub(super) fn own(name: &'static str) -> Option<Self> {
        let kind = match name {
            "string" => Kind::String,
            "decimal" => Kind::Decimal,
            "boolean" => Kind::Boolean,
            "dateTime" => Kind::DateTime,
            "date" => Kind::Date,
            "short" => Kind::Whole { lowest: i64::from(i16::MIN), highest: i64::from(i16::MAX) },
            "int" => Kind::Whole { lowest: i64::from(i32::MIN), highest: i64::from(i32::MAX) },
            "long" => Kind::Whole { lowest: i64::MIN, highest: i64::MAX },
            _ => return None,
        };
        Some(Self { title: Title::Own(name), kind, ..Self::default() })
    }

    pub(super) fn named(self, name: &'static str) -> Self {
        Self { title: Title::Named(name), ..self }
    }

    /// The same type with more facets.
    pub(super) fn narrowed(mut self, facets: impl Iterator<Item = &'static str>) -> Self {
        self.title = Title::Narrowed;
        for facet in facets {
            if let Some(options) = facet.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                self.options = options.split('|').collect();
                continue;
            }
            match facet {
                "/[0-9]+/" => self.letters = Some(Letters::Digits),
                "/[0-9a-zA-Z]+/" => self.letters = Some(Letters::Alphanumeric),
                "/[0-9a-zA-Z\\s]+/" => self.letters = Some(Letters::AlphanumericAndBlank),
                _ => self.measure(facet),
            }
        }
        self
    }

    fn measure(&mut self, facet: &str) {
        let number = |name: &str| facet.strip_prefix(name).and_then(|it| it.parse::<usize>().ok());
        if let Some(length) = number("len") {
            (self.shortest, self.longest) = (length, Some(length));
        } else if let Some(length) = number("min") {
            self.shortest = length;
        } else if let Some(length) = number("max") {
            self.longest = Some(length);
        } else if let Some(digits) = number("frac") {
            self.fraction = Some(digits);
        } else if let Some(lowest) = facet.strip_prefix("ge") {
            self.lowest = ten_thousandths(lowest);
        } else if let Some(highest) = facet.strip_prefix("le") {
            self.highest = ten_thousandths(highest);
        }
    }

    /// What is wrong with a value of the element, in the validator's words.
    pub(super) fn wrong(&self, element: &str, value: &str) -> Option<String> {
        let shown = shown(element, value);
        let why = self.reason(value, &shown)?;
        let title = match self.title {
            Title::Named(name) => format!("{NAMESPACE}:{name}"),
            Title::Own(name) => format!("http://www.w3.org/2001/XMLSchema:{name}"),
            Title::Narrowed => self.word().to_owned(),
        };
        Some(format!(
            "The '{NAMESPACE}:{element}' element is invalid - The value {shown} is invalid according to its datatype \
             '{title}' - {why}"
        ))
    }

    /// .NET's word for what it is read as.
    fn word(&self) -> &'static str {
        match self.kind {
            Kind::String => "String",
            Kind::Decimal => "Decimal",
            Kind::Whole { highest, .. } if highest == i64::from(i32::MAX) => "Int",
            Kind::Whole { highest, .. } if highest == i64::from(i16::MAX) => "Short",
            Kind::Whole { .. } => "Long",
            Kind::Boolean => "Boolean",
            Kind::DateTime => "DateTime",
            Kind::Date => "Date",
        }
    }

    fn reason(&self, value: &str, shown: &str) -> Option<String> {
        let failed = |what: &str| Some(format!("The {what} constraint failed."));
        let unread = || {
            let name = if self.kind == Kind::Date { "Date" } else { self.word() };
            Some(format!("The string {shown} is not a valid {name} value."))
        };
        match self.kind {
            Kind::String => {
                // The pattern is looked at first, as .NET does.
                if self.letters.is_some_and(|it| !it.fit(value)) {
                    return failed("Pattern");
                }
                let length = value.chars().count();
                if self.longest.is_some_and(|it| length > it) {
                    return Some("The actual length is greater than the MaxLength value.".to_owned());
                }
                if length < self.shortest {
                    return Some("The actual length is less than the MinLength value.".to_owned());
                }
                (!self.options.is_empty() && !self.options.contains(&value))
                    .then(|| "The Enumeration constraint failed.".to_owned())
            }
            Kind::Decimal => {
                if !is_decimal(value.trim()) {
                    return unread();
                }
                let digits = value.trim().split_once('.').map_or(0, |it| it.1.trim_end_matches('0').len());
                if self.fraction.is_some_and(|it| digits > it) {
                    return failed("FractionDigits");
                }
                self.bounds(value)
            }
            Kind::Whole { lowest, highest } => match value.trim().parse::<i64>() {
                Ok(number) if (lowest..=highest).contains(&number) => self.bounds(value),
                _ => unread(),
            },
            Kind::Boolean => {
                if matches!(value.trim(), "true" | "false" | "1" | "0") {
                    None
                } else {
                    unread()
                }
            }
            Kind::DateTime => {
                if time(value.trim()).is_some() {
                    None
                } else {
                    unread()
                }
            }
            Kind::Date => {
                if value.trim().parse::<civil::Date>().is_ok() {
                    None
                } else {
                    unread()
                }
            }
        }
    }

    fn bounds(&self, value: &str) -> Option<String> {
        let number = ten_thousandths(value.trim()).unwrap_or(i128::MAX);
        if self.lowest.is_some_and(|it| number < it) {
            return Some("The MinInclusive constraint failed.".to_owned());
        }
        self.highest.is_some_and(|it| number > it).then(|| "The MaxInclusive constraint failed.".to_owned())
    }
}

impl Letters {
    fn fit(self, value: &str) -> bool {
        let fits = |letter: char| match self {
            Self::Digits => letter.is_ascii_digit(),
            Self::Alphanumeric => letter.is_ascii_alphanumeric(),
            Self::AlphanumericAndBlank => letter.is_ascii_alphanumeric() || letter.is_whitespace(),
        };
        !value.is_empty() && value.chars().all(fits)
    }
}

/// A date with a time, in UTC where no zone is told.
pub(in crate::authorize_net) fn time(value: &str) -> Option<Timestamp> {
    value.parse::<Timestamp>().ok().or_else(|| {
        let civil = value.parse::<civil::DateTime>().ok().filter(|_| value.contains('T'))?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|it| it.timestamp())
    })
}

fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    // 29 digits are what .NET's decimal holds.
    all(whole) && all(part) && (1..=29).contains(&whole.len().saturating_add(part.len()))
}

/// A decimal in ten-thousandths; more digits are cut off.
fn ten_thousandths(value: &str) -> Option<i128> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part: String = part.chars().chain("0000".chars()).take(4).collect();
    format!("{whole}{part}").parse::<i128>().ok()?.checked_mul(sign)
}

/// A value in a message: quoted, or as many X.
fn shown(element: &str, value: &str) -> String {
    if MASKED.contains(&element) { "X".repeat(value.chars().count()) } else { format!("&#39;{value}&#39;") }
}

//! Texts with placeholders, such as `Bearer {{secrets.ApiKey}}`.
//!
//! Owns their reading and their filling in, each value escaped for where it stands. Refuses to fill in a value that
//! could leave its place: a line break in a header, a slash in a host, a dot segment in a path.

use std::fmt;

use crate::Secret;

/// The longest text with placeholders, in bytes.
pub const MAX_TEXT: usize = 4_000;
/// The most placeholders of one text.
pub const MAX_PLACES: usize = 20;

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A secret of the integration.
    Secret(String),
    /// A setting of the integration.
    Configuration(String),
    /// An address of the environment, such as `base_url`.
    Environment(String),
    /// What the provider told about the account when it was connected, such as `realmId`.
    Account(String),
    /// A credential of the operator's own app at the provider.
    Operator(Operator),
    /// The token that the authentication got.
    AccessToken,
    /// The token that is to be revoked.
    Token,
    /// Something about the request that is being made or was received.
    Request(Fact),
}

/// A credential of the operator's own app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// Its public name.
    ClientId,
    /// Its secret.
    ClientSecret,
}

crate::words!(Operator { ClientId = "client_id", ClientSecret = "client_secret" });

/// Something about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// `GET`, `POST`.
    Method,
    /// The host, as it is written.
    Host,
    /// The path with its leading slash.
    Path,
    /// The query without its question mark.
    Query,
    /// The whole address.
    Url,
    /// The body's text.
    Body,
    /// The body's SHA-256 in lower hexadecimal letters.
    BodySha256,
    /// Seconds since 1970.
    Timestamp,
    /// Milliseconds since 1970.
    TimestampMillis,
    /// A random text that is used once.
    Nonce,
}

crate::words!(Fact {
    Method = "method",
    Host = "host",
    Path = "path",
    Query = "query",
    Url = "url",
    Body = "body",
    BodySha256 = "body_sha256",
    Timestamp = "timestamp",
    TimestampMillis = "timestamp_ms",
    Nonce = "nonce",
});

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(key) => write!(f, "secrets.{key}"),
            Self::Configuration(key) => write!(f, "configuration.{key}"),
            Self::Environment(key) => write!(f, "environment.{key}"),
            Self::Account(key) => write!(f, "account.{key}"),
            Self::Operator(key) => write!(f, "operator.{key}"),
            Self::AccessToken => f.write_str("access_token"),
            Self::Token => f.write_str("token"),
            Self::Request(fact) => write!(f, "request.{fact}"),
        }
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (group, key) = match text.split_once('.') {
            Some((group, key)) => (group, key),
            None => (text, ""),
        };
        let named = !key.is_empty() && key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        match group {
            "access_token" if text == group => Some(Self::AccessToken),
            "token" if text == group => Some(Self::Token),
            "secrets" if named => Some(Self::Secret(key.to_owned())),
            "configuration" if named => Some(Self::Configuration(key.to_owned())),
            "environment" if named => Some(Self::Environment(key.to_owned())),
            "account" if named => Some(Self::Account(key.to_owned())),
            "operator" => key.parse().ok().map(Self::Operator),
            "request" => key.parse().ok().map(Self::Request),
            _ => None,
        }
    }
}

/// Where a text with placeholders stands in a template: what may stand in it follows from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// An address of an environment.
    Address,
    /// A request, or how it is authenticated.
    Request,
    /// What a request for a token carries.
    TokenRequest,
    /// What is signed, or carries a signature.
    Signature,
    /// What a request of the provider to Kontor is signed over.
    Webhook,
    /// The request that ends a connection.
    Revocation,
}

/// How a value is written where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// As it is: whoever takes the text encodes all of it (a form's value, a JSON string, a signed text).
    Plain,
    /// One segment of a path.
    Path,
    /// A name or value of a query.
    Query,
    /// A header's value.
    Header,
    /// The inside of an XML element or attribute.
    Xml,
    /// One label of a host name.
    Host,
    /// The user of basic authentication, which a colon would end.
    User,
    /// A whole address at the beginning of a URL.
    Origin,
}

/// Gives a placeholder's value.
pub trait Scope {
    /// The value; none where it is not known.
    fn value(&self, place: &Place) -> Option<&str>;
}

/// Why a text could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// There is no value.
    #[error("{{{{{0}}}}} has no value")]
    Unresolved(Place),
    /// The value cannot stand there.
    #[error("the value of {{{{{0}}}}} {1}")]
    Unfit(Place, &'static str),
    /// The whole cannot be sent.
    #[error("the address {0}")]
    Address(&'static str),
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Stands as it is.
    Literal(String),
    /// Is filled in.
    Place(Place),
}

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    parts: Vec<Part>,
}

impl Text {
    /// Reads one. Says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TEXT {
            return Err(format!("has more than {MAX_TEXT} bytes"));
        }
        let mut parts = Vec::new();
        let mut places = 0_usize;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) =
                after.split_once("}}").ok_or("has {{ without }}: a placeholder is {{secrets.NAME}}")?;
            let place = Place::parse(inside.trim()).ok_or_else(|| {
                format!("has no placeholder {{{{{inside}}}}}: expected secrets.NAME, configuration.NAME, environment.NAME, account.NAME, operator.client_id, operator.client_secret, access_token, token or request.FACT")
            })?;
            if !before.is_empty() {
                parts.push(Part::Literal(before.to_owned()));
            }
            parts.push(Part::Place(place));
            places = places.saturating_add(1);
            rest = after;
        }
        if places > MAX_PLACES {
            return Err(format!("has more than {MAX_PLACES} placeholders"));
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Out of its pieces.
    pub fn of(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// A placeholder with a text after it.
    pub(super) fn joined(place: Place, rest: &Self) -> Self {
        let mut parts = vec![Part::Place(place)];
        parts.extend(rest.parts.iter().cloned());
        Self { parts }
    }

    /// Its pieces.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The placeholders in it.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.parts.iter().filter_map(|it| match it {
            Part::Place(place) => Some(place),
            Part::Literal(_) => None,
        })
    }

    /// The text, where nothing is to be filled in.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with every value in its place, each written as `escape` says.
    pub fn render(&self, scope: &dyn Scope, escape: Escape) -> Result<Secret, Unfilled> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => filled.push_str(text),
                Part::Place(place) => write(place, value(scope, place)?, escape, &mut filled)?,
            }
        }
        Ok(Secret::new(filled))
    }

    /// The address with every value in its place, each written for the part of the address that it stands in.
    pub fn render_url(&self, scope: &dyn Scope) -> Result<Secret, Unfilled> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => filled.push_str(text),
                Part::Place(place) => {
                    let escape = address_part(&filled);
                    write(place, value(scope, place)?, escape, &mut filled)?;
                }
            }
        }
        let refused = unfit_address(&filled);
        let filled = Secret::new(filled);
        match refused {
            Some(why) => Err(Unfilled::Address(why)),
            None => Ok(filled),
        }
    }
}

fn value<'a>(scope: &'a dyn Scope, place: &Place) -> Result<&'a str, Unfilled> {
    scope.value(place).ok_or_else(|| Unfilled::Unresolved(place.clone()))
}

/// The part of an address that comes after what is already written.
fn address_part(before: &str) -> Escape {
    let Some((_, rest)) = before.split_once("://") else { return Escape::Origin };
    if rest.contains(['?', '#']) {
        Escape::Query
    } else if rest.contains('/') {
        Escape::Path
    } else {
        Escape::Host
    }
}

/// Why a filled in address cannot be sent. A dot segment would climb out of the path that the template wrote.
fn unfit_address(text: &str) -> Option<&'static str> {
    if text.chars().any(|it| it.is_control() || it.is_whitespace() || it == '\\') {
        return Some("has a space, a control character or a backslash");
    }
    if text.contains('#') {
        return Some("has a fragment");
    }
    let Some((scheme, rest)) = text.split_once("://") else { return Some("does not begin with https://") };
    if !matches!(scheme, "http" | "https") {
        return Some("does not begin with https://");
    }
    let path = rest.split('?').next().unwrap_or_default();
    let (host, path) = path.split_once('/').unwrap_or((path, ""));
    if host.is_empty() || host.contains('@') {
        return Some("has no plain host");
    }
    let climbs =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    path.split('/').any(climbs).then_some("has a dot segment")
}

fn write(place: &Place, value: &str, escape: Escape, into: &mut String) -> Result<(), Unfilled> {
    let unfit = |why| Err(Unfilled::Unfit(place.clone(), why));
    match escape {
        Escape::Path if matches!(value, "" | "." | "..") => return unfit("cannot be a part of a path"),
        Escape::Path | Escape::Query => percent(value, into),
        Escape::Header if !value.bytes().all(|it| (0x20..0x7f).contains(&it)) => {
            return unfit("has characters that a header cannot carry");
        }
        Escape::User if value.contains(':') => return unfit("has a colon, which a user name cannot have"),
        Escape::Plain | Escape::Header | Escape::User => into.push_str(value),
        Escape::Xml => return xml(value, into).or_else(unfit),
        Escape::Host => {
            let letters = value.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
            if !letters
                || value.is_empty()
                || value.len() > 63
                || value.starts_with('-')
                || value.ends_with('-')
            {
                return unfit("cannot be a part of a host name: letters, digits and hyphens");
            }
            into.push_str(value);
        }
        Escape::Origin => {
            let value = value.trim_end_matches('/');
            if value.contains(['?', '#', '@']) || unfit_address(value).is_some() {
                return unfit("is not the beginning of an address, such as https://api.example.com");
            }
            into.push_str(value);
        }
    }
    Ok(())
}

fn percent(value: &str, into: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |it: u8| HEX.get(usize::from(it)).copied().unwrap_or('0');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

fn xml(value: &str, into: &mut String) -> Result<(), &'static str> {
    for letter in value.chars() {
        match letter {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&apos;"),
            '\t' | '\n' | '\r' => {
                into.push_str("&#");
                into.push_str(&u32::from(letter).to_string());
                into.push(';');
            }
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                return Err("has characters that XML cannot carry");
            }
            _ => into.push(letter),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

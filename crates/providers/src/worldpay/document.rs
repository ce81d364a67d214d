//! How a document of Express is written: root, credentials, application, then the method's classes
//! (worldpay-express.md §1.1, §2.1). The text is wiped when it is dropped, since it holds the account's token.

use kontor_domain::Secret;

use super::Host;
use crate::{Connection, ProviderError, wiped::Wiped};

/// A document that is ready to be sent.
pub(super) struct Message {
    /// Whose namespace it has.
    pub(super) host: Host,
    /// The method, which is the root's name.
    pub(super) method: &'static str,
    /// The document.
    pub(super) text: Wiped,
}

/// A document that is being written.
pub(super) struct Document {
    host: Host,
    method: &'static str,
    text: Wiped,
}

impl Document {
    /// Root, credentials and application.
    pub(super) fn begin(
        host: Host,
        method: &'static str,
        connection: &Connection<'_>,
    ) -> Result<Self, ProviderError> {
        Self::begin_with(host, method, connection, None)
    }

    /// With a token that is to take the old one's place (§3.2).
    pub(super) fn begin_with(
        host: Host,
        method: &'static str,
        connection: &Connection<'_>,
        new_token: Option<&Secret>,
    ) -> Result<Self, ProviderError> {
        let secret = |key: &str| {
            let found = connection.secrets.get(key);
            found.ok_or_else(|| ProviderError::misconfigured(&format!("{key} is not set")))
        };
        let application = connection.configuration.get("ApplicationId");
        let application =
            application.ok_or_else(|| ProviderError::misconfigured("ApplicationId is not set"))?;
        let mut it = Self { host, method, text: Wiped::new() };
        for part in ["<", method, " xmlns=\"", host.namespace(), "\">"] {
            it.text.push_str(part);
        }
        it.open("Credentials");
        it.element("AccountID", secret("AccountId")?.expose());
        it.element("AccountToken", secret("AccountToken")?.expose());
        it.element("AcceptorID", secret("AcceptorId")?.expose());
        if let Some(token) = new_token {
            it.element("NewAccountToken", token.expose());
        }
        it.close("Credentials");
        it.open("Application");
        it.element("ApplicationID", application);
        it.element("ApplicationName", "Kontor");
        it.element("ApplicationVersion", env!("CARGO_PKG_VERSION"));
        it.close("Application");
        Ok(it)
    }

    /// Begins a class.
    pub(super) fn open(&mut self, name: &str) {
        for part in ["<", name, ">"] {
            self.text.push_str(part);
        }
    }

    /// Ends a class.
    pub(super) fn close(&mut self, name: &str) {
        for part in ["</", name, ">"] {
            self.text.push_str(part);
        }
    }

    /// A field. No letter of the value can end it.
    pub(super) fn element(&mut self, name: &str, value: &str) {
        self.open(name);
        let mut letter_bytes = [0; 4];
        for letter in value.chars() {
            self.text.push_str(match letter {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                '\'' => "&apos;",
                // XML has no way to write these.
                _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => " ",
                _ => letter.encode_utf8(&mut letter_bytes),
            });
        }
        self.close(name);
    }

    /// Several fields.
    pub(super) fn elements(&mut self, all: &[(&str, &str)]) {
        for (name, value) in all {
            self.element(name, value);
        }
    }

    /// Ends the root.
    pub(super) fn finish(mut self) -> Message {
        self.close(self.method);
        Message { host: self.host, method: self.method, text: self.text }
    }
}

/// As many letters as people read.
pub(super) fn cut(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// A text that must not be cut: too long or empty is an error before anything is sent.
pub(super) fn limited<'a>(name: &str, text: &'a str, letters: usize) -> Result<&'a str, ProviderError> {
    if text.is_empty() || text.chars().count() > letters {
        return Err(ProviderError::misconfigured(&format!("{name} must have 1 to {letters} characters")));
    }
    Ok(text)
}

//! Small pages for people: no script but one that is named by its hash, nothing from elsewhere, fit for a telephone.
//!
//! Owns their frame, their style and their policy. Refuses to put a text into a page that was not escaped: whoever
//! builds a body calls [`escaped`].

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("html.css");

/// A page.
pub(crate) struct Page {
    status: StatusCode,
    title: String,
    body: String,
    script: Option<String>,
    goes_to: Option<String>,
    posts_to: String,
}

impl Page {
    /// A page with a title, which is escaped here, and a body, which is markup already.
    pub(crate) fn new(status: StatusCode, title: &str, body: &str) -> Self {
        let (title, body) = (escaped(title), body.to_owned());
        Self { status, title, body, script: None, goes_to: None, posts_to: "'none'".to_owned() }
    }

    /// Lets the one script run that has this hash.
    pub(crate) fn script(self, hash: &str) -> Self {
        Self { script: Some(hash.to_owned()), ..self }
    }

    /// Goes on to another address at once.
    pub(crate) fn going_to(self, url: &str) -> Self {
        Self { goes_to: Some(escaped(url)), ..self }
    }

    /// Lets forms be posted there: an origin, or `'self'`.
    pub(crate) fn posting_to(self, origin: &str) -> Self {
        Self { posts_to: origin.to_owned(), ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let style = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
        let script = self.script.map_or_else(String::new, |hash| format!("script-src 'sha256-{hash}'; "));
        let policy = format!(
            "default-src 'none'; {script}style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; form-action {}",
            self.posts_to
        );
        let goes = self.goes_to.map_or_else(String::new, |url| {
            format!("<meta http-equiv=\"refresh\" content=\"0; url={url}\">")
        });
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex\">{goes}<title>{}</title><style>{STYLE}</style></head>\
             <body><main>{}</main></body></html>",
            self.title, self.body
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
        ];
        (self.status, headers, html).into_response()
    }
}

/// A text as it may stand in markup, between tags and in quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests;

//! The small page at the end of a consent: one sentence, one next step, no script, nothing from elsewhere.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use kontor_engine::oauth::{Back, CallbackError};
use sha2::{Digest, Sha256};

use crate::html::escaped;

const STYLE: &str = include_str!("page.css");

/// What the page says.
pub(super) struct Page {
    status: StatusCode,
    good: bool,
    title: String,
    text: String,
    next: &'static str,
    reason: Option<String>,
}

impl Page {
    /// The result of a consent.
    pub(super) fn of(back: &Back) -> Self {
        let good = back.reason.is_none();
        let title = if good {
            format!("{} is connected", back.provider)
        } else {
            format!("{} was not connected", back.provider)
        };
        let text = match (good, back.other_account) {
            (true, false) => "Everything is in place.".to_owned(),
            (true, true) => {
                "This is another account than the one that was connected before. If that was not meant, disconnect it and connect again.".to_owned()
            }
            (false, _) => back.message.clone(),
        };
        let next = if good {
            "You can close this window and go back to your application."
        } else {
            "Nothing was changed. Go back to your application and connect again."
        };
        Self { status: StatusCode::OK, good, title, text, next, reason: back.reason.clone() }
    }

    /// A link that changes nothing.
    pub(super) fn refused(error: &CallbackError) -> Self {
        let (status, reason, text) = match error {
            CallbackError::UnknownProvider => {
                (StatusCode::NOT_FOUND, "unknown_provider", "There is no such provider here.")
            }
            CallbackError::Late => (
                StatusCode::BAD_REQUEST,
                "state_expired",
                "A link is good for 15 minutes, and this one is older.",
            ),
            CallbackError::Used => (
                StatusCode::BAD_REQUEST,
                "state_used",
                "It was used already. If your application shows the connection as working, all is well.",
            ),
            CallbackError::OtherProvider => {
                (StatusCode::BAD_REQUEST, "state_of_another_provider", "It was made for another provider.")
            }
            CallbackError::Malformed | CallbackError::Forged | CallbackError::Engine(_) => {
                (StatusCode::BAD_REQUEST, "state_invalid", "It was not made here, or was damaged on the way.")
            }
        };
        let next = match error {
            CallbackError::Used => {
                "Go back to your application, and connect again only if it does not show that."
            }
            _ => "Nothing was changed. Go back to your application and connect again.",
        };
        Self {
            status,
            good: false,
            title: "This link cannot be used".to_owned(),
            text: text.to_owned(),
            next,
            reason: Some(reason.to_owned()),
        }
    }

    fn html(&self) -> String {
        let (class, mark) = if self.good { ("good", "&#10003;") } else { ("bad", "!") };
        let (title, text) = (escaped(&self.title), escaped(&self.text));
        let reason = self.reason.as_deref().map(escaped);
        let reason = reason.map(|it| format!("<p class=\"reason\">{it}</p>")).unwrap_or_default();
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><main class=\"{class}\"><div class=\"mark\" aria-hidden=\"true\">{mark}</div>\
             <h1>{title}</h1><p>{text}</p><p class=\"next\">{next}</p>{reason}</main>\
             <footer>Kontor</footer></body></html>",
            next = self.next
        )
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let style = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
        ];
        (self.status, headers, self.html()).into_response()
    }
}

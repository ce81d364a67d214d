//! What a failure means for what was asked: a class that the engine decides by, and words for people. Pure.
//!
//! Status and code decide (§2.6). A text is looked at in one case alone, where the same code has two meanings, and is
//! then no more than a reason to look before sending again.

pub(super) mod words;

use std::time::Duration;

use super::fault::Refused;
use crate::{
    BooksError, ProviderError,
    books::{Class, Kind},
    error::{self, Fault, clean},
    http::{Answer, Failure},
    pace::HeldBack,
};

/// How long to wait where nobody says how long (§5).
const WAIT: Duration = Duration::from_mins(1);
/// The longest wait that is believed.
const MAX_WAIT: Duration = Duration::from_hours(1);
/// What the service says of an error of its own, in English, under the code of a business rule (§2.6). A repeated
/// request got it as well (§2.7): it was done before, or was not.
const PASSING: &str = "An unexpected error occurred";
/// The same for two writes of names at one time: nothing was done.
const ONE_NAME: &str = "one name at a time";

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A question: may be asked again.
    Question,
    /// What changed.
    Changes,
    /// A new object.
    Create(Kind),
    /// A change of one that is there, its end too.
    Change(Kind),
    /// Many writes.
    Batch,
}

impl Asked {
    fn is_write(self) -> bool {
        !matches!(self, Self::Question | Self::Changes)
    }
}

/// No answer came.
pub(super) fn unanswered(asked: Asked, failure: Failure) -> BooksError {
    let class = match failure {
        _ if !failure.not_sent() => Class::Unknown,
        // Nothing of this gets better by itself.
        Failure::Refused(_) | Failure::Unfit => Class::Disconnected,
        _ => Class::Unreached,
    };
    build(asked, class, failure.into(), None)
}

/// The gate did not let it through.
pub(super) fn held_back(asked: Asked, held: HeldBack) -> BooksError {
    let wait = held.wait;
    let source = ProviderError {
        retry_safe: true,
        ..ProviderError::refused(Fault::Ours, None, "More calls than the books allow were wanted")
    };
    BooksError { retry_after: Some(wait.min(MAX_WAIT)), ..build(asked, Class::Throttled, source, None) }
}

/// An answer that is none.
pub(super) fn nonsense(asked: Asked, what: &str) -> BooksError {
    build(asked, Class::Unknown, ProviderError::nonsense(what), None)
}

/// What this connection lacks before anything can be sent.
pub(super) fn unconnected(asked: Asked, source: ProviderError) -> BooksError {
    build(asked, Class::Disconnected, source, None)
}

/// What is wrong before it is sent.
pub(super) fn unfit(asked: Asked, field: &str, why: &str) -> BooksError {
    let source = ProviderError::refused(Fault::Ours, None, why);
    let refused = Refused { element: Some(field.to_owned()), detail: why.to_owned(), ..Refused::default() };
    build(asked, Class::Validation, source, Some(&refused))
}

/// What cannot be done this way.
pub(super) fn unsupported(asked: Asked, why: &str) -> BooksError {
    build(asked, Class::Unsupported, ProviderError::refused(Fault::Ours, None, why), None)
}

/// Changes of that long ago.
pub(super) fn too_old() -> BooksError {
    let source = ProviderError::refused(Fault::Ours, None, "changes that long ago are not kept");
    build(Asked::Changes, Class::TooOld, source, None)
}

/// It is not there.
pub(super) fn missing(asked: Asked) -> BooksError {
    let source = ProviderError::refused(Fault::Ours, Some("610"), "it was deleted");
    build(asked, Class::Missing, source, None)
}

/// An answer that is a refusal: a fault in it, or a status other than 200.
pub(super) fn refused(asked: Asked, answer: &Answer, faults: &[Refused]) -> BooksError {
    let wait =
        answer.headers.get("retry-after").and_then(|it| it.trim().parse().ok()).map(Duration::from_secs);
    if faults.is_empty() {
        return bare(asked, answer, wait);
    }
    judge(asked, Some(answer.status), faults, wait)
}

/// A fault of one write in a batch: its status is not known.
pub(super) fn refused_item(asked: Asked, faults: &[Refused]) -> BooksError {
    judge(asked, None, faults, None)
}

/// A status without a fault.
fn bare(asked: Asked, answer: &Answer, wait: Option<Duration>) -> BooksError {
    let status = answer.status.to_string();
    let code = Some(status.as_str());
    let theirs =
        |said: &str| ProviderError { retry_safe: true, ..ProviderError::refused(Fault::Theirs, code, said) };
    match answer.status {
        429 => throttled(asked, theirs(""), wait),
        401 => build(asked, Class::Unauthorized, ProviderError::token_refused(code, ""), None),
        403 => build(asked, Class::Disconnected, ProviderError::misconfigured_code(code, ""), None),
        413 => {
            let words = "the request is too large";
            build(asked, Class::Business, ProviderError::refused(Fault::Ours, code, words), None)
        }
        300..=399 => nonsense(asked, "it points to another address instead of answering"),
        _ if answer.is_page() => nonsense(asked, &format!("it is a web page, with HTTP status {status}")),
        _ => nonsense(asked, &format!("HTTP status {status}")),
    }
}

fn judge(asked: Asked, status: Option<u16>, faults: &[Refused], wait: Option<Duration>) -> BooksError {
    let none = Refused::default();
    // What holds for the whole connection counts before what is wrong with this one.
    let class_of = |it: &Refused| class(asked, status, it);
    let first = faults.iter().find(|it| class_of(it).stops_the_connection()).or(faults.first());
    let first = first.unwrap_or(&none);
    let class = class_of(first);
    let code = first.code.as_deref().map(clean);
    let code = code.as_deref();
    let mut said = first.said().to_owned();
    for other in faults.iter().filter(|it| !std::ptr::eq(*it, first)) {
        said.push_str("; ");
        said.push_str(other.said());
    }
    let source = match class {
        Class::Unauthorized => ProviderError::token_refused(code, &said),
        Class::Disconnected | Class::Lapsed => ProviderError::misconfigured_code(code, &said),
        Class::Unknown => ProviderError { code: code.map(str::to_owned), ..ProviderError::nonsense(&said) },
        Class::Throttled | Class::Busy => {
            ProviderError { retry_safe: true, ..ProviderError::refused(Fault::Theirs, code, &said) }
        }
        _ => ProviderError::refused(Fault::Ours, code, &said),
    };
    if class == Class::Throttled {
        return throttled(asked, source, wait);
    }
    let holder = match class {
        Class::DuplicateName => first.id_after("Id="),
        Class::DuplicateNumber => first.id_after("TxnId="),
        _ => None,
    };
    BooksError { holder, ..build(asked, class, source, Some(first)) }
}

fn throttled(asked: Asked, source: ProviderError, wait: Option<Duration>) -> BooksError {
    let wait = wait.unwrap_or(WAIT).min(MAX_WAIT);
    BooksError { retry_after: Some(wait), ..build(asked, Class::Throttled, source, None) }
}

/// What status and code mean (§2.6).
fn class(asked: Asked, status: Option<u16>, refused: &Refused) -> Class {
    if status == Some(429) || refused.is_throttle() {
        return Class::Throttled;
    }
    let Some(code) = refused.number() else {
        return match status {
            Some(401) => Class::Unauthorized,
            Some(403) => Class::Disconnected,
            Some(200..=299 | 400..=499) => Class::Business,
            _ => Class::Unknown,
        };
    };
    match code {
        // A good token for another company (§2.5 d), or a person without the right: a newer token is no better.
        100 | 120 | 130 | 140 | 3100 | 10200 => Class::Disconnected,
        _ if status == Some(401) => Class::Unauthorized,
        3200 => Class::Unauthorized,
        _ if status == Some(403) => Class::Disconnected,
        150 => Class::Busy,
        1..500 => Class::Disconnected,
        500 if asked == Asked::Changes => Class::TooOld,
        500..600 | 5030 | 10100 => Class::Unsupported,
        // Something was done with this request id before; or the operation failed somewhere on its way.
        600 | 1000 | 1010 | 1020 | 10_000.. => Class::Unknown,
        610 if matches!(asked, Asked::Create(_)) => Class::Reference,
        610 => Class::Missing,
        620 | 700 | 2500 | 6250 => Class::Reference,
        5010 => Class::Stale,
        6000 if refused.detail.contains(PASSING) => Class::Unknown,
        6000 if refused.detail.contains(ONE_NAME) => Class::Busy,
        6070 | 6080 | 6100 | 6180 | 6270 | 6430 | 6520 | 2000..5000 => Class::Validation,
        6140 => Class::DuplicateNumber,
        6190 => Class::Lapsed,
        6200 | 6210 => Class::ClosedPeriod,
        6240 => Class::DuplicateName,
        6450 | 6480 | 6540 => Class::Locked,
        // A system's own failure under any other code says nothing of what was done.
        _ if status.is_some_and(|it| it >= 500) => Class::Unknown,
        _ => Class::Business,
    }
}

fn build(asked: Asked, class: Class, source: ProviderError, refused: Option<&Refused>) -> BooksError {
    let source = match class {
        // A question does nothing, whether it was answered or not.
        Class::Unknown if !asked.is_write() => {
            ProviderError { outcome_known: true, retry_safe: true, ..source }
        }
        _ => source,
    };
    let field = refused.and_then(|it| it.element.clone()).filter(|_| class == Class::Validation);
    let (what, advice) = words::of(asked, class, field.as_deref(), &source);
    BooksError {
        class,
        field,
        holder: None,
        retry_after: None,
        what: cut(&what),
        advice,
        source: Box::new(source),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(error::MAX_MESSAGE.saturating_mul(2)).collect()
}

#[cfg(test)]
mod tests;

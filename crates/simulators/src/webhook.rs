//! A message to an endpoint: where it may go, and what a scripted fault makes of it.
//!
//! Refuses to know how a provider signs, what it sends, and when it sends again: that is each one's own.

use url::{Host, Url};

use crate::{
    faults::{Action, Fault},
    spoil,
};

/// Where a webhook may go: plain HTTP to this machine.
pub(crate) fn target(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|it| it.scheme() == "http" && it.username().is_empty())?;
    let is_here = match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    is_here.then_some(url)
}

/// What leaves.
pub(crate) struct Letter {
    /// What is posted.
    pub(crate) body: String,
    /// Its signature.
    pub(crate) signed: String,
    /// Whether it leaves a second time.
    pub(crate) twice: bool,
    /// Whether the sender learns that it arrived.
    pub(crate) heard: bool,
}

/// What becomes of a message: a letter, or what the sender believes of one that never leaves.
pub(crate) fn spoilt(
    fault: Option<Fault>,
    key: &str,
    body: &str,
    sign: fn(&str, &str) -> String,
) -> Result<Letter, bool> {
    let whole = Letter { body: body.to_owned(), signed: sign(key, body), twice: false, heard: true };
    let Some(fault) = fault else { return Ok(whole) };
    Ok(match fault.action {
        // Lost on the way, and the sender believes that it arrived.
        Action::NoRedirect => return Err(true),
        Action::Status => return Err(false),
        // What was signed and what arrives are not the same.
        Action::Body => Letter { body: fault.body.unwrap_or_default(), ..whole },
        Action::Truncate => Letter { body: body.chars().take(body.chars().count() / 2).collect(), ..whole },
        Action::WrongId => Letter { signed: sign(&spoil::another(key), body), ..whole },
        Action::DuplicateRedirect => Letter { twice: true, ..whole },
        // It arrives, and the sender does not know.
        Action::CutAfter => Letter { heard: false, ..whole },
        _ => whole,
    })
}

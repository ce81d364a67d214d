//! Where a call may go: the public internet over TLS, and the places that the operator opened.
//!
//! Owns the check of an address as it is written, and of every address that a name leads to: what was checked is
//! what is connected to, so that a name cannot change in between. Refuses to trust a name for having been good.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use url::{Host, Url};

use super::address::{self, Range};

/// The port that every provider may use.
const HTTPS: u16 = 443;
/// The most addresses of one name that are looked at.
const MAX_ADDRESSES: usize = 64;
/// Endings of names that belong to a machine or its network and to nobody on the internet.
const INNER: [&str; 6] = ["localhost", "localdomain", "local", "internal", "intranet", "home.arpa"];

/// Why a call may not go where it wants to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// An address that is not public.
    Address(Range),
    /// A name that means something within a network only.
    InnerName,
    /// Not over TLS.
    Scheme,
    /// A port that neither the provider nor its template has.
    Port,
    /// A user or a password in the address.
    UserInfo,
    /// A host that the template does not list.
    OtherHost,
    /// No host at all.
    NoHost,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(range) => {
                let words = range.words();
                write!(f, "it leads to an address {words}, and only addresses on the internet are allowed")
            }
            Self::InnerName => f.write_str("its name belongs to an inner network"),
            Self::Scheme => f.write_str("it does not begin with https://"),
            Self::Port => f.write_str("its port is not allowed"),
            Self::UserInfo => f.write_str("it has a user name or a password in it"),
            Self::OtherHost => f.write_str("its host is not one of this provider's"),
            Self::NoHost => f.write_str("it names no host"),
        }
    }
}

/// A host and port that the operator opened, whatever it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    host: String,
    port: u16,
}

impl Opened {
    /// Reads `host:port`, such as `127.0.0.1:9000`, `[::1]:9000` or `mail.inner.example:465`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a host and a port such as 127.0.0.1:9000");
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let plain = !host.is_empty() && !host.contains(['/', '@', '?', '#', '\\', '*']);
        let url = Url::parse(&format!("http://{host}/")).map_err(|_| wrong())?;
        if !plain || port == 0 || url.port().is_some() {
            return Err(wrong());
        }
        Ok(Self { host: name(&url).ok_or_else(wrong)?, port })
    }

    /// The place of an address; none where it has no host.
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self { host: name(url)?, port: url.port_or_known_default()? })
    }
}

/// The host as it is compared: in small letters, without the dot at the end.
fn name(url: &Url) -> Option<String> {
    let host = url.host_str()?.to_ascii_lowercase();
    Some(host.strip_suffix('.').unwrap_or(&host).to_owned())
}

/// Who says which addresses a name has.
#[async_trait]
pub(super) trait Names: Send + Sync {
    /// Every address of a name.
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
struct System;

#[async_trait]
impl Names for System {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.take(MAX_ADDRESSES).map(|it| it.ip()).collect())
    }
}

/// Why a name led nowhere.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Nowhere {
    /// It has no address.
    #[error("the name has no address")]
    NotResolved,
    /// It has none that is allowed.
    #[error("the name leads to an address that is not allowed")]
    Refused(Rule),
}

/// How a call that may go goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To addresses on the internet alone.
    Public,
    /// To wherever the operator's opened place leads.
    Opened,
}

/// The guard. Clones are the same.
#[derive(Clone)]
pub(super) struct Guard {
    opened: Arc<[Opened]>,
    names: Arc<dyn Names>,
    special: fn(IpAddr) -> Option<Range>,
}

impl Guard {
    pub(super) fn new(opened: &[Opened]) -> Self {
        Self { opened: opened.into(), names: Arc::new(System), special: address::special }
    }

    /// Checks an address as it is written. `hosts` are the template's patterns, where there are any.
    pub(super) fn check(&self, url: &Url, hosts: Option<&[String]>) -> Result<Way, Rule> {
        let place = Opened::of(url).ok_or(Rule::NoHost)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Rule::UserInfo);
        }
        if self.opened.contains(&place) {
            return Ok(Way::Opened);
        }
        if url.scheme() != "https" {
            return Err(Rule::Scheme);
        }
        self.check_place(&place, &url.host().ok_or(Rule::NoHost)?, hosts)
    }

    fn check_place(&self, place: &Opened, host: &Host<&str>, hosts: Option<&[String]>) -> Result<Way, Rule> {
        match host {
            Host::Ipv4(it) => self.public((*it).into())?,
            Host::Ipv6(it) => self.public((*it).into())?,
            Host::Domain(_) if is_inner(&place.host) => return Err(Rule::InnerName),
            Host::Domain(_) => {}
        }
        match hosts {
            None if place.port != HTTPS => Err(Rule::Port),
            None => Ok(Way::Public),
            Some(patterns) => {
                let fitting = patterns.iter().map(|it| pattern(it)).filter(|(it, _)| fits(it, &place.host));
                let mut ports = fitting.map(|(_, port)| port).peekable();
                if ports.peek().is_none() {
                    Err(Rule::OtherHost)
                } else if ports.any(|it| it == place.port) {
                    Ok(Way::Public)
                } else {
                    Err(Rule::Port)
                }
            }
        }
    }

    /// The addresses of a host that may be connected to, for protocols other than HTTP.
    pub(super) async fn addresses(
        &self,
        host: &str,
        port: u16,
        hosts: Option<&[String]>,
    ) -> Result<Vec<SocketAddr>, Nowhere> {
        let refused = || Nowhere::Refused(Rule::NoHost);
        // In a URL such an address has brackets; in a setting it has none.
        let parsed = match host.parse() {
            Ok(address) => Host::Ipv6(address),
            Err(_) => Host::parse(host).map_err(|_| refused())?,
        };
        let url = Url::parse(&format!("https://{parsed}:{port}/")).map_err(|_| refused())?;
        let way = self.check(&url, hosts).map_err(Nowhere::Refused)?;
        let found = match url.host().ok_or_else(refused)? {
            Host::Ipv4(it) => vec![it.into()],
            Host::Ipv6(it) => vec![it.into()],
            Host::Domain(name) => self.resolve(name, way).await?,
        };
        Ok(found.into_iter().map(|it| SocketAddr::new(it, port)).collect())
    }

    /// The addresses of a name that may be connected to: asked for once, and these are the ones.
    pub(super) async fn resolve(&self, name: &str, way: Way) -> Result<Vec<IpAddr>, Nowhere> {
        let mut found = self.names.addresses(name).await.map_err(|_| Nowhere::NotResolved)?;
        found.truncate(MAX_ADDRESSES);
        if way == Way::Opened && !found.is_empty() {
            return Ok(found);
        }
        let first = found.iter().find_map(|it| self.public(*it).err());
        found.retain(|it| self.public(*it).is_ok());
        match first {
            _ if !found.is_empty() => Ok(found),
            Some(rule) => Err(Nowhere::Refused(rule)),
            None => Err(Nowhere::NotResolved),
        }
    }

    fn public(&self, address: IpAddr) -> Result<(), Rule> {
        (self.special)(address).map_or(Ok(()), |range| Err(Rule::Address(range)))
    }
}

/// Whether a name means nothing outside of a network: one word, or one of the endings that were set aside for that.
fn is_inner(host: &str) -> bool {
    !host.contains('.')
        || INNER.iter().any(|it| host.strip_suffix(it).is_some_and(|rest| rest.ends_with('.')))
}

/// A template's pattern and its port: `api.shop.example`, `*.shop.example`, `mail.shop.example:587`, `*:587`.
fn pattern(text: &str) -> (&str, u16) {
    match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(HTTPS)),
        None => (text, HTTPS),
    }
}

/// Whether a pattern takes a host. A star stands for one label or more, never for none.
fn fits(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(rest) => {
            let rest = rest.to_ascii_lowercase();
            rest.starts_with('.') && host.strip_suffix(&rest).is_some_and(|it| !it.is_empty())
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let Self { guard, way } = self.clone();
        Box::pin(async move {
            let found = guard.resolve(name.as_str(), way).await?;
            let found: reqwest::dns::Addrs = Box::new(found.into_iter().map(|it| SocketAddr::new(it, 0)));
            Ok(found)
        })
    }
}

/// The guard, asked by the client for each connection that it makes.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) guard: Guard,
    pub(super) way: Way,
}

#[cfg(test)]
mod tests;

//! What every handler holds: the use cases, and what the operator set for HTTP.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Path},
    http::{Uri, request::Parts},
};
use kontor_domain::{Secret, ids::OrganizationId};
use kontor_engine::{Actor, Engine};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, watch};

use crate::{
    asking::Asking,
    auth::Caller,
    demo::Demo,
    lists::Lists,
    middleware::{limits::CONCURRENT, rate::Limiters, request_id::RequestId},
    problem::{Errors, Problem},
    serve::Options,
};

/// How much and how fast.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes that a request's body may have.
    pub body_bytes: usize,
    /// How long a request may take; longer than a call to a provider.
    pub request_timeout: Duration,
    /// Tries to log in, for each client id.
    pub login_per_minute: NonZeroU32,
    /// Requests to what anybody may call, for each address.
    pub public_per_minute: NonZeroU32,
}

/// What every handler holds.
pub struct Web {
    pub(crate) engine: Arc<Engine>,
    pub(crate) auth_secret: Secret,
    pub(crate) metrics_token: Option<Secret>,
    pub(crate) render_metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) limits: Limits,
    pub(crate) limiters: Limiters,
    pub(crate) lists: Lists,
    pub(crate) asking: Asking,
    pub(crate) permits: Semaphore,
    pub(crate) demo: Option<Demo>,
    stop: watch::Receiver<bool>,
}

impl Web {
    pub(crate) fn new(options: Options, stop: watch::Receiver<bool>) -> Self {
        let Options { engine, auth_secret, metrics_token, render_metrics, limits, demo, proxies: _ } =
            options;
        let limiters = Limiters::new(limits.login_per_minute, limits.public_per_minute, &engine.ambient);
        let permits = Semaphore::new(CONCURRENT);
        let lists = Lists::default();
        Self {
            engine,
            auth_secret,
            metrics_token,
            render_metrics,
            limits,
            limiters,
            lists,
            asking: Asking::default(),
            permits,
            demo,
            stop,
        }
    }

    /// Whether Kontor is shutting down.
    pub(crate) fn is_draining(&self) -> bool {
        *self.stop.borrow()
    }
}

/// A caller with credentials, and how the audit trail names it.
pub(crate) struct Who {
    pub(crate) caller: Caller,
    pub(crate) actor: Actor,
}

impl Who {
    /// The caller's organization: the only one that its requests touch.
    pub(crate) fn organization(&self) -> OrganizationId {
        self.caller.organization
    }

    /// The organization in the path must be the caller's own.
    pub(crate) fn in_path(&self, organization: &str) -> Result<OrganizationId, Problem> {
        if organization == self.caller.organization.to_string() {
            return Ok(self.caller.organization);
        }
        Err(Problem::forbidden("The organization in the path is not the one of these credentials."))
    }
}

impl FromRequestParts<Arc<Web>> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, web).await?;
        let actor = Actor::new(caller.subject.clone(), address(parts)).during(request(parts));
        Ok(Self { caller, actor })
    }
}

/// Somebody who needs no credentials.
pub(crate) struct Anybody(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Anybody {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Actor::anonymous(address(parts)).during(request(parts))))
    }
}

/// The other end of the connection, or whom the operator's own proxies name. Anybody else's forwarded header is a claim
/// and does not count.
fn address(parts: &Parts) -> Option<String> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_string())
}

/// The request's id, as the answer and the logs have it.
fn request(parts: &Parts) -> Option<String> {
    parts.extensions.get::<RequestId>().map(|RequestId(id)| id.clone())
}

/// The path's variables. A path that cannot be decoded leads nowhere.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(values) = Path::from_request_parts(parts, state).await.map_err(|_| Problem::no_route())?;
        Ok(Self(values))
    }
}

/// The one value of a query parameter. Given twice is an error: one of the two would be dropped silently.
pub(crate) fn parameter(uri: &Uri, name: &'static str) -> Result<Option<String>, Problem> {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(Problem::invalid(name, "is given twice"));
    }
    Ok(first)
}

/// Query parameters that are read one after another, and refused together.
pub(crate) struct Query<'a> {
    uri: &'a Uri,
    errors: Errors,
}

impl<'a> Query<'a> {
    /// Of a request.
    pub(crate) fn new(uri: &'a Uri) -> Self {
        Self { uri, errors: Errors::new() }
    }

    /// As [`parsed`]; what is wrong is told by [`Query::end`].
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        message: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        parsed(self.uri, name, message, read)
            .inspect_err(|problem| self.errors.extend(problem.errors().clone()))
            .ok()
            .flatten()
    }

    /// 400 where anything was wrong.
    pub(crate) fn end(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::validation(self.errors)) }
    }
}

/// As [`parameter`], read into a type; `message` tells what it must be.
pub(crate) fn parsed<T>(
    uri: &Uri,
    name: &'static str,
    message: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    match parameter(uri, name)? {
        Some(text) => read(&text).map(Some).ok_or_else(|| Problem::invalid(name, message)),
        None => Ok(None),
    }
}

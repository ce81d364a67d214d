//! Rate limits on what anybody may call: login by client id, the rest by the other end of the connection.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference as _},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use kontor_domain::Ambient;

use crate::{problem::Problem, web::Web};

/// The most callers that are told apart; more of them share one allowance.
const MAX_CALLERS: usize = 10_000;
/// `RateLimit` and `RateLimit-Policy` (IETF draft).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Time since 1970 of the clock that is passed in.
#[derive(Clone)]
struct Passed(Ambient);

impl Clock for Passed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.now().as_microsecond()).unwrap_or_default())
    }
}

type Limiter = RateLimiter<String, HashMapStateStore<String>, Passed, NoOpMiddleware<Duration>>;

/// One limit: so many a minute for each caller.
pub(crate) struct Limit {
    limiter: Limiter,
    clock: Passed,
    per_minute: NonZeroU32,
}

impl Limit {
    pub(crate) fn new(per_minute: NonZeroU32, ambient: &Ambient) -> Self {
        let clock = Passed(ambient.clone());
        let quota = Quota::per_minute(per_minute);
        Self { limiter: RateLimiter::hashmap_with_clock(quota, clock.clone()), clock, per_minute }
    }

    /// Takes one of a caller's allowance. 429 where there is none left, with when there will be.
    pub(crate) fn take(&self, caller: &str) -> Result<(), Problem> {
        if self.limiter.len() >= MAX_CALLERS {
            self.limiter.retain_recent();
        }
        // A flood of callers must not fill the memory.
        let caller = if self.limiter.len() >= MAX_CALLERS { "everybody else" } else { caller };
        self.limiter.check_key(&caller.to_owned()).map_err(|until| {
            let wait = until.earliest_possible().duration_since(self.clock.now());
            let seconds = Duration::from(wait).as_millis().div_ceil(1_000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX).max(1);
            let limit = HeaderValue::from_str(&format!("\"default\";r=0;t={seconds}"));
            let policy = HeaderValue::from_str(&format!("\"default\";q={};w=60", self.per_minute));
            let mut problem = Problem::too_many_requests(seconds);
            if let (Ok(limit), Ok(policy)) = (limit, policy) {
                problem = problem.header(RATE_LIMIT, limit).header(POLICY, policy);
            }
            problem
        })
    }
}

/// The limits in force.
pub(crate) struct Limiters {
    login: Limit,
    public: Limit,
}

impl Limiters {
    pub(crate) fn new(
        login_per_minute: NonZeroU32,
        public_per_minute: NonZeroU32,
        ambient: &Ambient,
    ) -> Self {
        Self { login: Limit::new(login_per_minute, ambient), public: Limit::new(public_per_minute, ambient) }
    }

    /// One try to log in with a client id.
    pub(crate) fn login(&self, client_id: &str) -> Result<(), Problem> {
        self.login.take(client_id)
    }
}

/// Limits the routes that anybody may call.
pub(crate) async fn public(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
    match web.limiters.public.take(&neighbourhood(peer)) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Whoever has one IPv6 address has the whole /64.
fn neighbourhood(peer: Option<IpAddr>) -> String {
    match peer {
        Some(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Some(address) => address.to_canonical().to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;

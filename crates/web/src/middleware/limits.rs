//! How many requests run at a time, how long one may take, and what happens while Kontor shuts down.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{body::BodyLimit, problem::Problem, web::Web};

/// The most requests that run at a time; more are sent away at once instead of waiting for each other.
pub(crate) const CONCURRENT: usize = 1_024;

/// Sends requests away while draining or overloaded, and ends those that take too long.
pub(crate) async fn apply(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let safe = request.method().is_safe();
    // Whoever watches the process must be able to see that it is alive, and that it is going.
    let watched = matches!(request.uri().path(), "/healthz" | "/readyz");
    if web.is_draining() && !watched {
        let problem =
            Problem::unavailable("Kontor is shutting down; nothing was done. Try again.").code("draining");
        return problem.header(header::CONNECTION, HeaderValue::from_static("close")).into_response();
    }
    let Ok(_permit) = web.permits.try_acquire() else {
        metrics::counter!("kontor_http_overloaded_total").increment(1);
        return Problem::unavailable("Too many requests run at this moment; nothing was done. Try again.")
            .code("overloaded")
            .into_response();
    };
    request.extensions_mut().insert(BodyLimit(web.limits.body_bytes));
    // Work in the background makes room for those who come with something to do.
    let moves = || {
        if !safe {
            web.engine.traffic.moves();
        }
    };
    moves();
    let answered = tokio::time::timeout(web.limits.request_timeout, next.run(request)).await;
    moves();
    match answered {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long. Whether it was done can be asked for.")
            .code("request_timed_out")
            .into_response(),
    }
}

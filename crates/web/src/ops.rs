//! For whoever runs Kontor: `/healthz`, `/readyz`, `/metrics`.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::{answer::Answer, problem::Problem, web::Web};

/// How Kontor is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    version: &'static str,
}

/// Whether Kontor can serve.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Readiness {
    /// `ready` or `not ready`.
    status: &'static str,
    checks: Checks,
}

/// What serving takes, each `ok` or what is wrong.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checks {
    /// Whether requests are taken.
    serving: &'static str,
    database: &'static str,
    migrations: &'static str,
    keys: &'static str,
}

/// Says that the process is alive. Asks nobody.
#[utoipa::path(get, path = "/healthz", tag = "Operations", security(()),
    responses((status = 200, description = "Alive", body = Health)))]
pub(crate) async fn healthz() -> Result<Answer, Problem> {
    Answer::ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Says whether requests can be served: database, migrations and keys.
#[utoipa::path(get, path = "/readyz", tag = "Operations", security(()),
    responses((status = 200, description = "Ready", body = Readiness), (status = 503, description = "Not ready", body = Readiness)))]
pub(crate) async fn readyz(State(web): State<Arc<Web>>) -> Result<Answer, Problem> {
    let said = |fine: bool, wrong: &'static str| if fine { "ok" } else { wrong };
    let database = web.engine.db.ping().await.is_ok();
    let migrations = database && web.engine.db.check_migrations().await.is_ok();
    let keys = migrations && web.engine.check_keys().await.is_ok();
    let serving = !web.is_draining();
    let checks = Checks {
        serving: said(serving, "shutting down"),
        database: said(database, "cannot be reached"),
        migrations: said(
            migrations,
            if database { "are not those of this program" } else { "cannot be asked" },
        ),
        keys: said(keys, if migrations { "do not open this database" } else { "cannot be asked" }),
    };
    let fine = serving && database && migrations && keys;
    let status = if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Answer::json(status, &Readiness { status: if fine { "ready" } else { "not ready" }, checks })
}

/// Prometheus' numbers. On the loopback for anybody, elsewhere with the operator's token.
#[utoipa::path(get, path = "/metrics", tag = "Operations",
    responses((status = 200, description = "The numbers", body = String, content_type = "text/plain"),
        (status = 401, description = "Away from the loopback: not the operator's token", body = crate::openapi::Shape, content_type = "application/problem+json"),
        (status = 403, description = "Away from the loopback: no token is configured", body = crate::openapi::Shape, content_type = "application/problem+json")))]
pub(crate) async fn metrics(
    State(web): State<Arc<Web>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The connection's own end counts; a forwarded header is whatever its sender wrote.
    let near = peer.is_some_and(|it| it.0.0.ip().to_canonical().is_loopback());
    if !near {
        let wanted = web.metrics_token.as_ref();
        let wanted = wanted
            .ok_or_else(|| Problem::forbidden("Metrics are for the loopback; no token is configured."))?;
        let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let given = given.strip_prefix("Bearer ").unwrap_or_default();
        if !bool::from(given.as_bytes().ct_eq(wanted.expose().as_bytes())) {
            return Err(Problem::unauthorized("Metrics need the operator's token."));
        }
    }
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((headers, (web.render_metrics)()).into_response())
}

//! The server: routes put together, connections taken and, in the end, let go.
//!
//! Hand-written accept loop: a connection that never sends its headers must not hold a place for ever, and the
//! framework's own loop has no limit for that.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{Router, extract::ConnectInfo, middleware, routing::get};
use bytes::Bytes;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use kontor_domain::Secret;
use kontor_engine::Engine;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api, demo,
    demo::Demo,
    docs,
    middleware::{forwarded, limits, observe, rate, request_id, security},
    openapi, ops, problem,
    web::{Limits, Web},
};

/// The most connections at a time; others wait in the system's own queue.
const CONNECTIONS: usize = 4_096;
/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long requests under way may take to end.
const DRAIN: Duration = Duration::from_secs(15);

/// What the server is made of.
pub struct Options {
    /// The use cases.
    pub engine: Arc<Engine>,
    /// What tokens are signed with.
    pub auth_secret: Secret,
    /// What `/metrics` asks for away from the loopback; none closes it there.
    pub metrics_token: Option<Secret>,
    /// Prometheus' text.
    pub render_metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// How much and how fast.
    pub limits: Limits,
    /// The operator's own proxies in front: they are believed who calls.
    pub proxies: Vec<IpAddr>,
    /// The merchant's application, where it is played.
    pub demo: Option<Demo>,
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(openapi::Shape)))]
struct Document;

/// The routes, and the document that describes them.
pub(crate) fn routes(web: &Arc<Web>) -> (Router, utoipa::openapi::OpenApi) {
    let operations = OpenApiRouter::new()
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics));
    let public = api::public().layer(middleware::from_fn_with_state(Arc::clone(web), rate::public));
    let all = OpenApiRouter::with_openapi(Document::openapi())
        .merge(operations)
        .merge(public)
        .merge(api::guarded());
    let (router, document) = all.split_for_parts();
    let document = openapi::complete(document);
    (router.with_state(Arc::clone(web)), document)
}

/// Everything that is served, with what surrounds it.
pub(crate) fn app(web: &Arc<Web>) -> Router {
    let (router, document) = routes(web);
    // Made when it is first asked for: it would be a third of a start, and most processes are never asked.
    let json = Arc::new(LazyLock::new(move || Bytes::from(openapi::served(&document).to_string())));
    let json = move || {
        let json = Arc::clone(&json);
        async move { ([("content-type", "application/json")], Bytes::clone(&json)) }
    };
    let mut router = router.route("/openapi.json", get(json)).merge(docs::router());
    if web.demo.is_some() {
        router = router.merge(demo::router().with_state(Arc::clone(web)));
    }
    // The last layer stands outermost.
    router
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(web), limits::apply))
        .layer(middleware::from_fn(security::headers))
        .layer(middleware::from_fn(observe::measure))
        .layer(middleware::from_fn_with_state(Arc::clone(web), request_id::stamp))
}

/// Serves until `stop` says true, then lets requests under way end.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let proxies: Arc<[IpAddr]> = options.proxies.as_slice().into();
    let web = Arc::new(Web::new(options, stop.clone()));
    let app = app(&web);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, or a connection that was gone already: neither ends the server.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = told(&mut stop) => break,
        };
        let connection = graceful.watch(connection(stream, peer, Arc::clone(&proxies), app.clone()));
        tokio::spawn(async move {
            // A client that goes away is no error of ours.
            let _gone = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open after the time to drain");
    }
    Ok(())
}

/// Until somebody says stop, or nobody can any more.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _said_or_gone = stop.wait_for(|stop| *stop).await;
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    proxies: Arc<[IpAddr]>,
    app: Router,
) -> hyper::server::conn::http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::Service<
        hyper::Request<hyper::body::Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send + 'static,
    > + use<>,
> {
    // Answers are small: waiting to fill a packet would only delay them.
    let _unsupported = stream.set_nodelay(true);
    let service = app.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let caller = forwarded::caller(peer, request.headers(), &proxies);
        request.extensions_mut().insert(ConnectInfo(caller));
        request.map(axum::body::Body::new)
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}

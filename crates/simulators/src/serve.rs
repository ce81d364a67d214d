//! A listener that can do what a real one does on a bad day: drop a connection without a word.
//!
//! Hand-written: the framework's own server always answers.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// The most connections at a time.
const CONNECTIONS: usize = 1_024;
/// The largest request.
const MAX_REQUEST: usize = 256 * 1024;
/// How long requests under way may take to end.
const DRAIN: Duration = Duration::from_secs(3);

/// A request that arrived whole.
pub(crate) struct Arrived {
    pub(crate) method: hyper::Method,
    pub(crate) uri: hyper::Uri,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Bytes,
}

impl Arrived {
    /// A header's text; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }
}

/// Dropped instead of answered.
#[derive(Debug)]
pub(crate) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut")
    }
}

impl std::error::Error for Cut {}

type Answer = Pin<Box<dyn Future<Output = Result<Response, Cut>> + Send>>;

/// What answers requests.
pub(crate) type Handler = Arc<dyn Fn(Arrived) -> Answer + Send + Sync>;

/// A listener at work.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Serving {
    /// Binds first, so that the address is known when this returns.
    pub(crate) async fn start(listen: SocketAddr, handler: Handler) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(listener, handler, stopped));
        Ok(Self { address, stop, task })
    }

    /// Lets requests under way end, within bounds.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        let _ended = self.task.await;
    }
}

async fn run(listener: TcpListener, handler: Handler, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = told(&mut stopped) => break,
        };
        let handler = Arc::clone(&handler);
        let service = service_fn(move |request: Request<Incoming>| {
            let handler = Arc::clone(&handler);
            async move {
                match arrived(request).await {
                    Ok(request) => handler(request).await,
                    Err(answer) => Ok(answer),
                }
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(15))
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _cut_or_gone = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _in_time = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
}

/// Until somebody says stop, or nobody can any more.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _said_or_gone = stopped.wait_for(|stopped| *stopped).await;
}

async fn arrived(request: Request<Incoming>) -> Result<Arrived, Response> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(axum::body::Body::new(body), MAX_REQUEST).await;
    let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
    Ok(Arrived { method: parts.method, uri: parts.uri, headers: parts.headers, body })
}

/// A handler from a function.
pub(crate) fn handler<F, T>(work: F) -> Handler
where
    F: Fn(Arrived) -> T + Send + Sync + 'static,
    T: Future<Output = Result<Response, Cut>> + Send + 'static,
{
    Arc::new(move |request| Box::pin(work(request)))
}

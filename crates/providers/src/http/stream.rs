//! Bodies that are handed on while they arrive: neither side has to fit into memory.
//!
//! Owns the limits of both ways: bytes in all, time in all, and how long nothing may come. Refuses to send a body
//! twice: what was handed on is gone.

use std::{
    fmt,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::{Call, Failure, Headers, Http, failure};
use crate::pace::Leave;

type Source = Pin<Box<dyn Body<Data = Bytes, Error = Unsent> + Send>>;

/// A body whose own errors are nobody's business here.
struct Plain<B>(Pin<Box<B>>);

impl<B: Body<Data = Bytes>> Body for Plain<B> {
    type Data = Bytes;
    type Error = Unsent;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unsent>>> {
        self.0.as_mut().poll_frame(context).map(|it| it.map(|it| it.map_err(|_| Unsent::Cut)))
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A caller's body on its way out.
pub struct Upload {
    // What a body is read from may be used by one thread at a time, and the client wants to share it: nobody waits here.
    source: Mutex<Source>,
    head: Bytes,
    left: u64,
}

/// The beginning of a body, or all of it.
pub enum Taken {
    /// All of it.
    Whole(Bytes),
    /// It goes on.
    Longer(Upload),
}

/// Why a caller's body could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// It went on beyond its limit.
    #[error("the body is larger than its limit")]
    TooLarge,
    /// It broke off.
    #[error("the body broke off")]
    Cut,
}

impl Upload {
    /// A body of at most so many bytes.
    pub fn new<B>(body: B, limit: u64) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        Self { source: Mutex::new(Box::pin(Plain(Box::pin(body)))), head: Bytes::new(), left: limit }
    }

    /// Reads it whole where it has at most so many bytes; else it can still be sent, once.
    pub async fn take(mut self, whole: usize) -> Result<Taken, Unsent> {
        if self.size_hint().lower() > self.left {
            return Err(Unsent::TooLarge);
        }
        let mut seen = BytesMut::new();
        while let Some(data) = std::future::poll_fn(|context| self.next(context)).await {
            seen.extend_from_slice(&data?);
            if seen.len() > whole {
                self.head = seen.freeze();
                return Ok(Taken::Longer(self));
            }
        }
        Ok(Taken::Whole(seen.freeze()))
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unsent>>> {
        let frame = ready!(self.source().poll_frame(context));
        Poll::Ready(match frame {
            None => None,
            Some(Err(unsent)) => Some(Err(unsent)),
            // Trailers are headers that nobody checked.
            Some(Ok(frame)) => frame.into_data().ok().map(|data| {
                let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
                self.left = self.left.checked_sub(length).ok_or(Unsent::TooLarge)?;
                Ok(data)
            }),
        })
    }

    fn source(&mut self) -> Pin<&mut (dyn Body<Data = Bytes, Error = Unsent> + Send)> {
        self.source.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Unsent;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unsent>>> {
        if !self.head.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.head)))));
        }
        let data = ready!(self.next(context));
        Poll::Ready(data.map(|it| it.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        let head = u64::try_from(self.head.len()).unwrap_or(u64::MAX);
        let rest = self.source.lock().unwrap_or_else(PoisonError::into_inner).size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(head));
        if let Some(length) = rest.upper().and_then(|it| it.checked_add(head)) {
            hint.set_upper(length);
        }
        hint
    }
}

/// An answer whose body is still on its way.
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// The body.
    pub body: Download,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A provider's body on its way in.
pub struct Download {
    source: Pin<Box<reqwest::Body>>,
    left: usize,
    idle: Duration,
    sleep: Pin<Box<Sleep>>,
    ended: bool,
    leave: Leave,
}

impl Download {
    fn new(source: reqwest::Body, limit: usize, idle: Duration) -> Self {
        let sleep = Box::pin(tokio::time::sleep(idle));
        Self { source: Box::pin(source), left: limit, idle, sleep, ended: false, leave: Leave::default() }
    }

    /// The call counts as under way until the last of the body was read.
    pub(crate) fn during(self, leave: Leave) -> Self {
        Self { leave, ..self }
    }

    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        Self::new(reqwest::Body::default(), 0, Duration::from_secs(1))
    }

    fn take(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let frame = match self.source.as_mut().poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                ready!(self.sleep.as_mut().poll(context));
                return Poll::Ready(Some(Err(Failure::TimedOut)));
            }
        };
        if let Some(until) = Instant::now().checked_add(self.idle) {
            self.sleep.as_mut().reset(until);
        }
        Poll::Ready(match frame {
            None => None,
            Some(Err(error)) => Some(Err(failure::sort(&error))),
            Some(Ok(frame)) => frame.into_data().ok().map(|data| {
                self.left = self.left.checked_sub(data.len()).ok_or(Failure::TooLarge)?;
                Ok(data)
            }),
        })
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let taken = ready!(self.take(context));
        self.ended = !matches!(taken, Some(Ok(_)));
        if self.ended {
            self.leave = Leave::default();
        }
        if let Some(Err(failure)) = &taken {
            tracing::info!(%failure, "an answer broke off");
        }
        Poll::Ready(taken.map(|it| it.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}

impl Http {
    /// Sends a request and hands its answer on while it arrives. `upload` stands in for the call's own body. The
    /// call's limit counts the answer's bytes, its time runs until the answer's end, and `idle` is how long nothing
    /// may come of it.
    pub async fn stream(
        &self,
        mut call: Call<'_>,
        upload: Option<Upload>,
        idle: Duration,
    ) -> Result<Incoming, Failure> {
        let (method, host) = (call.method.word(), call.url.host_str().unwrap_or_default());
        let body = std::mem::take(&mut call.body);
        let body = upload.map_or_else(|| bytes::Bytes::from_owner(body).into(), reqwest::Body::wrap);
        let result = match self.request(&call) {
            Ok(request) => begin(request.timeout(call.timeout).body(body), call.limit, idle).await,
            Err(failure) => Err(failure),
        };
        match &result {
            Ok(answer) => tracing::debug!(method, host, status = answer.status, "answering"),
            Err(failure) => tracing::info!(method, host, %failure, "no answer"),
        }
        result
    }
}

async fn begin(request: reqwest::RequestBuilder, limit: usize, idle: Duration) -> Result<Incoming, Failure> {
    let response = request.send().await.map_err(|error| failure::sort(&error))?;
    let status = response.status().as_u16();
    let headers = Headers::read(response.headers())?;
    if response.content_length().is_some_and(|it| usize::try_from(it).map_or(true, |it| it > limit)) {
        return Err(Failure::TooLarge);
    }
    Ok(Incoming { status, headers, body: Download::new(response.into(), limit, idle) })
}

#[cfg(test)]
mod tests;

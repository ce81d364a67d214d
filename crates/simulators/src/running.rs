//! A simulator at work: its listener, its address, its credentials.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::response::Response;
use serde_json::Value;

use crate::{
    Settings,
    serve::{self, Arrived, Cut, Serving},
    state::State,
};

/// A simulator at work.
pub struct Running {
    serving: Serving,
    credentials: Value,
}

impl Running {
    /// Starts listening. What has begun is done, even if nobody waits for the answer any more.
    pub(crate) async fn start<F, T>(settings: &Settings, credentials: Value, work: F) -> std::io::Result<Self>
    where
        F: Fn(Arrived) -> T + Send + Sync + 'static,
        T: Future<Output = Result<Response, Cut>> + Send + 'static,
    {
        let work = Arc::new(work);
        let handler = serve::handler(move |request| {
            let work = Arc::clone(&work);
            async move {
                // A task of its own: the connection may go away before the work is done.
                match tokio::spawn(async move { work(request).await }).await {
                    Ok(answer) => answer,
                    Err(_) => Err(Cut),
                }
            }
        });
        let serving = Serving::start(settings.listen, handler).await?;
        Ok(Self { serving, credentials })
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.serving.address)
    }

    /// What it lets in, keys as in the provider's template.
    pub fn credentials(&self) -> Value {
        self.credentials.clone()
    }

    /// Lets requests under way end, within bounds.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}

/// The memory, whatever became of whoever held it last.
pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

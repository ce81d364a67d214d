//! Points at which whoever comes there goes no further: a test of the same process then drops its work, as if it had been
//! killed. What `armed` does to a program this does to a future.

use std::{
    future::poll_fn,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

static STATE: Mutex<State> = Mutex::new(State { passed: None, point: None, is_held: false, waits: None });

struct State {
    /// What was passed since a test asked for it; where none does, as in a program that runs for long, nothing is kept.
    passed: Option<Vec<String>>,
    point: Option<String>,
    is_held: bool,
    /// Who is to be told.
    waits: Option<Waker>,
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has whoever comes first to the point go no further, and forgets what was passed before.
pub fn hold(point: Option<&str>) {
    let mut state = state();
    state.passed = Some(Vec::new());
    (state.point, state.is_held) = (point.map(str::to_owned), false);
}

/// Ends when somebody is held there.
pub async fn reached() {
    poll_fn(|context| {
        let mut state = state();
        if state.is_held {
            return Poll::Ready(());
        }
        state.waits = Some(context.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Whether somebody was.
pub fn was_reached() -> bool {
    state().is_held
}

/// What was passed since, in order.
pub fn passed() -> Vec<String> {
    state().passed.clone().unwrap_or_default()
}

pub(super) async fn pass(place: &str, side: &str) {
    {
        let mut state = state();
        if state.passed.is_none() {
            return;
        }
        let name = format!("{place}.{side}");
        let is_meant = !state.is_held && state.point.as_deref() == Some(name.as_str());
        state.is_held |= is_meant;
        state.passed.get_or_insert_default().push(name);
        if !is_meant {
            return;
        }
        if let Some(waits) = state.waits.take() {
            waits.wake();
        }
    }
    std::future::pending::<()>().await;
}

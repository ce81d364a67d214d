//! Crash points: the places of the money path where a test stops the process as `kill -9` does.
//!
//! Owns the one list of their names: `PLACE.before_commit` and `PLACE.after_commit` around a transaction's end,
//! `PLACE.before_call` and `PLACE.after_call` around a call to a provider. Without the feature `crash-points` a point is
//! nothing at all, and a release build refuses the feature.

#[cfg(feature = "crash-points")]
mod armed;

#[cfg(feature = "crash-points")]
pub use armed::{shifted, sweep};

#[cfg(all(feature = "crash-points", not(debug_assertions)))]
compile_error!("crash-points is for tests alone: a release build must not have it");

/// Transactions of the money path, by what they write down.
pub const COMMITS: &[&str] = &[
    "action.claim",
    "action.later",
    "action.no_more",
    "action.nothing",
    "action.record",
    "callback.refused",
    "callback.repeated",
    "change.done",
    "change.refused",
    "charge.asked",
    "charge.captured",
    "charge.claim",
    "charge.later",
    "charge.nothing",
    "charge.record",
    "charge.unknown",
    "credentials.opened",
    "hold.ended",
    "hosted.claim",
    "hosted.close",
    "hosted.no_page",
    "hosted.page",
    "jobs.adopted",
    "jobs.claim",
    "key.answer",
    "key.claim",
    "key.refused",
    "refund.claim",
    "refund.gone",
    "refund.later",
    "refund.no_more",
    "refund.nothing",
    "refund.record",
    "refund.send",
    "resolve.asked",
    "resolve.mismatch",
    "resolve.no_more",
    "resolve.nothing",
    "resolve.paid",
    "resolve.unanswered",
    "sweep.purge",
];

/// Calls to a provider, by what is asked.
pub const CALLS: &[&str] = &[
    "action.capture",
    "action.void",
    "charge.authorize",
    "charge.sale",
    "hosted.expire",
    "hosted.find",
    "hosted.open",
    "refund.return",
    "refund.void",
    "teller.find",
    "teller.standing",
];

/// Every point's name.
pub fn names() -> Vec<String> {
    let commits = COMMITS.iter().flat_map(|it| [format!("{it}.before_commit"), format!("{it}.after_commit")]);
    let calls = CALLS.iter().flat_map(|it| [format!("{it}.before_call"), format!("{it}.after_call")]);
    commits.chain(calls).collect()
}

/// A call to a provider, with a point on either side.
pub async fn call<T>(place: &'static str, call: impl Future<Output = T>) -> T {
    point(place, "before_call");
    let answer = call.await;
    point(place, "after_call");
    answer
}

/// Stops the process here where a test asked for it.
#[inline]
pub(crate) fn point(place: &'static str, side: &'static str) {
    #[cfg(feature = "crash-points")]
    armed::pass(place, side);
    #[cfg(not(feature = "crash-points"))]
    let _ = (place, side);
}

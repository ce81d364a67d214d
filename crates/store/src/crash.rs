//! Crash points: the places of the money path where a test stops the process as `kill -9` does.
//!
//! Owns the one list of their names: `PLACE.before_commit` and `PLACE.after_commit` around a transaction's end,
//! `PLACE.before_call` and `PLACE.after_call` around a call to a provider. Without the feature `crash-points` a point is
//! nothing at all, and a release build refuses the feature.

#[cfg(feature = "crash-points")]
mod armed;
#[cfg(feature = "crash-points")]
pub mod held;

#[cfg(feature = "crash-points")]
pub use armed::{shifted, sweep, sweep_is_asked, swept};

#[cfg(all(feature = "crash-points", not(debug_assertions)))]
compile_error!("crash-points is for tests alone: a release build must not have it");

/// Transactions of the money path, by what they write down.
pub const COMMITS: &[&str] = &[
    "action.claim",
    "action.later",
    "action.mismatch",
    "action.no_more",
    "action.nothing",
    "action.record",
    "auto_pay.follow",
    "auto_pay.over",
    "auto_pay.plan",
    "auto_pay.set",
    "auto_pay.turn",
    "callback.refused",
    "callback.repeated",
    "card.default",
    "card.given_up",
    "card.leaving",
    "card.left",
    "card.saved",
    "card_page.claim",
    "card_page.ended",
    "card_page.nothing",
    "card_page.open",
    "card_page.saved",
    "card_page.unanswered",
    "change.done",
    "change.refused",
    "charge.answer",
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
    "keep.done",
    "keep.later",
    "keep.over",
    "keep.part",
    "key.answer",
    "key.claim",
    "key.refused",
    "notice.done",
    "notice.later",
    "reconcile.adopted",
    "reconcile.days",
    "reconcile.ended",
    "reconcile.failed",
    "reconcile.hold",
    "reconcile.looked",
    "reconcile.next",
    "reconcile.no_more",
    "reconcile.release",
    "reconcile.scheduled",
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
    "sync.begin",
    "sync.compared",
    "sync.comparing",
    "sync.end",
    "sync.entered",
    "sync.found",
    "sync.looked",
    "sync.meet",
    "sync.noticed",
    "sync.plan",
    "sync.polled",
    "sync.record",
    "sync.release",
    "sync.seen",
    "sync.send",
    "sync.settle",
    "sync.taken",
    "sync.told",
    "sync.turn",
    "webhook.kept",
    "webhook.refused",
];

/// Calls to a provider, by what is asked.
pub const CALLS: &[&str] = &[
    "action.capture",
    "action.void",
    "card.delete",
    "card.keep",
    "card.save",
    "card_page.find",
    "card_page.open",
    "charge.authorize",
    "charge.sale",
    "hosted.expire",
    "hosted.find",
    "hosted.open",
    "reconcile.ask",
    "reconcile.list",
    "refund.return",
    "refund.void",
    "sync.changes",
    "sync.count",
    "sync.look",
    "sync.page",
    "sync.read",
    "sync.write",
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
    point(place, "before_call").await;
    let answer = call.await;
    point(place, "after_call").await;
    answer
}

/// Stops the process here where a test asked for it, or has whoever comes here go no further.
#[inline]
#[cfg_attr(not(feature = "crash-points"), expect(clippy::unused_async, reason = "tests alone wait here"))]
pub(crate) async fn point(place: &'static str, side: &'static str) {
    #[cfg(feature = "crash-points")]
    {
        armed::pass(place, side);
        held::pass(place, side).await;
    }
    #[cfg(not(feature = "crash-points"))]
    let _ = (place, side);
}

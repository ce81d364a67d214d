//! What may be done twice is sent again where the provider says "not now"; nothing else ever is.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{SECRET, header, plain};
use crate::support::{
    Engine, on_both,
    upstream::{Step, Upstream, answer, fine, integrate},
};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Says the first until it was said so often; then all is well.
fn first(times: usize, said: fn() -> Vec<Step>) -> impl Fn(&str) -> Vec<Step> + Send + Sync + 'static {
    let count = Arc::new(AtomicUsize::new(0));
    move |request| if count.fetch_add(1, Ordering::SeqCst) < times { said() } else { fine(request) }
}

fn busy() -> Vec<Step> {
    answer("503 Busy", "retry-after: 0\r\n", "busy")
}

/// What comes of one request where the provider says something else first; and how often it was sent.
async fn tried(engine: Engine, said: fn() -> Vec<Step>, wanted: &[(&str, u16, usize)]) {
    for (method, status, times) in wanted {
        let upstream = Upstream::start(first(1, said)).await;
        plain(&upstream);
        let demo = upstream.demo(engine, &[]);
        let path = integrate(&demo, "Depot", SECRET).await;
        let body = (*method != "GET" && *method != "DELETE").then(|| "{\"a\":1}".to_owned());
        let passed = demo.admin.send(method, &format!("{path}/proxy/orders"), &[JSON], body).await;
        assert_eq!((passed.status, upstream.seen().len()), (*status, *times), "{method}: {}", passed.text);
        let seen = upstream.take();
        assert!(seen.iter().all(|it| it == &seen[0]), "{seen:?}");
        let rows = "SELECT COUNT(*) FROM audit WHERE action = 'integration.proxied'";
        assert_eq!(demo.database.count(rows), 1, "one request is one row");
        if *status == 502 {
            assert_eq!(passed.code(), "provider_outcome_unknown");
            assert!(passed.text.contains("look there before you ask again"), "{}", passed.text);
        }
    }
}

async fn a_busy_provider_is_asked_again_where_that_is_harmless(engine: Engine) {
    tried(engine, busy, &[("GET", 200, 2), ("PUT", 200, 2), ("POST", 503, 1), ("PATCH", 503, 1)]).await;
}

async fn a_line_that_breaks_is_tried_again_where_that_is_harmless(engine: Engine) {
    tried(engine, Vec::new, &[("DELETE", 200, 2), ("POST", 502, 1)]).await;
}

async fn who_says_later_gets_its_answer_handed_back(engine: Engine) {
    // Longer than a caller would wait; and always busy.
    let later = |request: &str| {
        if request.contains("/slow") {
            return answer("429 Too Many Requests", "retry-after: 60\r\n", "later");
        }
        busy()
    };
    let upstream = Upstream::start(later).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let slow = demo.admin.get(&format!("{path}/proxy/slow")).await.expect(429);
    assert_eq!((slow.header("retry-after"), slow.text.as_str()), ("60", "later"));
    assert_eq!(slow.header("x-kontor-proxied"), "true", "the provider's, not Kontor's");
    assert_eq!(upstream.take().len(), 1);
    let busy = demo.admin.get(&format!("{path}/proxy/orders")).await.expect(503);
    assert_eq!(busy.text, "busy");
    let seen = upstream.take();
    assert_eq!(seen.len(), 3, "and not for ever");
    assert!(seen.iter().all(|it| header(it, "authorization").is_some()));
}

on_both!(
    a_busy_provider_is_asked_again_where_that_is_harmless,
    a_line_that_breaks_is_tried_again_where_that_is_harmless,
    who_says_later_gets_its_answer_handed_back,
);

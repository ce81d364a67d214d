//! Bytes, time and standstill, each on both of its sides. A gate that stays closed stands for a provider that is silent
//! for ever; nothing here is measured with a clock.

use super::{SECRET, body, plain};
use crate::support::{
    Engine, on_both,
    process::Demo,
    until,
    upstream::{Gate, Step, Upstream, answer, fine, integrate, say},
    wire::{Wire, status},
};

const BYTES: [(&str, &str); 2] =
    [("KONTOR_PROXY__REQUEST_BYTES", "100000"), ("KONTOR_PROXY__ANSWER_BYTES", "2048")];

async fn bodies_are_limited_on_both_ways(engine: Engine) {
    let answers = |request: &str| {
        let length = |name: &str| request.split(name).nth(1)?.split(' ').next()?.parse::<usize>().ok();
        match (length("/told/"), length("/untold/")) {
            (Some(length), _) => answer("200 OK", "", &"a".repeat(length)),
            (_, Some(length)) => vec![
                say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"),
                say(&format!("{length:x}\r\n{}\r\n0\r\n\r\n", "a".repeat(length))),
            ],
            _ => fine(request),
        }
    };
    let upstream = Upstream::start(answers).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &BYTES);
    let path = integrate(&demo, "Depot", SECRET).await;
    let get = async |what: &str| Wire::open(&demo, &format!("GET {path}/proxy/{what}"), "").await.end().await;
    for what in ["told/2048", "untold/2048"] {
        let heard = get(what).await;
        assert_eq!((status(&heard), body(&heard).matches('a').count()), (200, 2048), "{what}");
    }
    let refused = get("told/2049").await;
    assert!(status(&refused) == 502 && refused.contains("provider_answer_too_large"), "{refused}");
    // What is left here is to break off, which no client takes for the end.
    let broken = get("untold/2049").await;
    assert!(!broken.ends_with("0\r\n\r\n"), "{broken}");
    upstream.take();

    let long = |length: usize| "b".repeat(length);
    let told = async |length: usize| {
        demo.admin.send("POST", &format!("{path}/proxy/in"), &[], Some(long(length))).await
    };
    told(100_000).await.expect(200);
    assert_eq!(body(&upstream.take()[0]).len(), 100_000);
    assert_eq!(told(100_001).await.expect(413).code(), "payload_too_large");
    assert!(upstream.take().is_empty(), "refused by its length, before anything was sent");
    untold(&demo, &upstream, &path).await;
}

/// A body whose length nobody says before.
async fn untold(demo: &Demo, upstream: &Upstream, path: &str) {
    for (more, wanted) in [("", 200), ("b", 413)] {
        let line = format!("POST {path}/proxy/in");
        let mut wire = Wire::open(demo, &line, "transfer-encoding: chunked\r\n").await;
        wire.chunk(&"b".repeat(100_000)).await;
        if !more.is_empty() {
            wire.chunk(more).await;
        }
        wire.send("0\r\n\r\n").await;
        let heard = wire.end().await;
        assert_eq!(status(&heard), wanted, "{heard}");
        // A part of it may have gone out; a body that is too long never ends well.
        let whole = upstream.take().iter().filter(|it| it.ends_with("0\r\n\r\n")).count();
        assert_eq!(whole, usize::from(wanted == 200));
    }
    let rows = "SELECT COUNT(*) FROM audit WHERE detail LIKE '%body was too large%'";
    assert_eq!(demo.database.count(rows), 2, "a refusal is on record too");
}

/// Silent before its answer, silent within it, and neither.
fn held(gate: &Gate) -> impl Fn(&str) -> Vec<Step> + Send + Sync + 'static {
    let gate = gate.clone();
    move |request| {
        let begin = say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nfir");
        match request {
            it if it.contains("/silent") => vec![Step::Wait(gate.clone()), begin, say("st")],
            it if it.contains("/stuck") => vec![begin, Step::Wait(gate.clone()), say("st")],
            it => fine(it),
        }
    }
}

async fn a_silent_provider_is_not_waited_for(engine: Engine) {
    // Each of the two times is the only one that can be over in this test.
    for (setting, within) in [
        (("KONTOR_PROXY__TIMEOUT_SECONDS", "1"), ("KONTOR_PROXY__IDLE_SECONDS", "300")),
        (("KONTOR_PROXY__IDLE_SECONDS", "1"), ("KONTOR_PROXY__TIMEOUT_SECONDS", "30")),
    ] {
        let gate = Gate::closed();
        let upstream = Upstream::start(held(&gate)).await;
        plain(&upstream);
        let demo = upstream.demo(engine, &[setting, within]);
        let path = integrate(&demo, "Depot", SECRET).await;
        let ask = async |what: &str| Wire::open(&demo, &format!("GET {path}/proxy/{what}"), "").await;
        let heard = ask("stuck").await.end().await;
        assert!(status(&heard) == 200 && body(&heard) == "fir", "broken off: {heard}");
        until("the provider is let go", async || upstream.gone() == 1).await;
        if setting.0.ends_with("TIMEOUT_SECONDS") {
            let heard = ask("silent").await.end().await;
            assert!(status(&heard) == 504 && heard.contains("provider_timed_out"), "{heard}");
        }
        assert!(demo.log().contains("there was no answer in time"), "{}", demo.log());
        // On the other side of both limits: one that was silent for a while and then went on.
        let mut wire = ask("stuck").await;
        wire.until("fir").await;
        gate.open();
        let heard = wire.end().await;
        assert_eq!(body(&heard), "first", "{heard}");
    }
}

async fn a_caller_that_stands_still_is_not_waited_for(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[("KONTOR_PROXY__TIMEOUT_SECONDS", "1")]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let line = format!("POST {path}/proxy/in");
    // Short enough to be read whole first: nothing was sent.
    let mut wire = Wire::open(&demo, &line, "content-length: 10\r\n").await;
    wire.send("half").await;
    let heard = wire.until("body_incomplete").await;
    assert_eq!(status(&heard), 400, "{heard}");
    assert!(upstream.take().is_empty());
    // Long enough to be on its way already: what became of it is not known.
    let mut wire = Wire::open(&demo, &line, "transfer-encoding: chunked\r\n").await;
    wire.chunk(&"a".repeat(80_000)).await;
    let heard = wire.until("provider_timed_out").await;
    assert_eq!(status(&heard), 504, "{heard}");
    assert_eq!(upstream.take().len(), 1);
}

on_both!(
    bodies_are_limited_on_both_ways,
    a_silent_provider_is_not_waited_for,
    a_caller_that_stands_still_is_not_waited_for,
);

//! Bodies are handed on while they arrive, either way: the one side waits for the other, and nobody for a clock.

use super::{SECRET, plain};
use crate::support::{
    Engine, on_both,
    process::Demo,
    until,
    upstream::{Gate, Step, Upstream, fine, integrate, say},
    wire::{Wire, status},
};

async fn an_answer_is_passed_on_before_its_end(engine: Engine) {
    let gate = Gate::closed();
    let held = gate.clone();
    let answers = move |_: &str| {
        vec![
            say(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            ),
            say("5\r\nfirst\r\n"),
            Step::Wait(held.clone()),
            say("6\r\nsecond\r\n0\r\n\r\n"),
        ]
    };
    let upstream = Upstream::start(answers).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let mut wire = Wire::open(&demo, &format!("GET {path}/proxy/export"), "").await;
    // The second part is not even written before the first was heard.
    let heard = wire.until("first").await;
    assert!(status(&heard) == 200 && !heard.contains("second"), "{heard}");
    // Meanwhile the request is on record, and others are served.
    demo.admin.get(&path).await.expect(200);
    assert_eq!(proxied(&demo), 1);
    gate.open();
    let heard = wire.end().await;
    assert!(heard.contains("second") && heard.ends_with("0\r\n\r\n"), "{heard}");
}

fn proxied(demo: &Demo) -> u64 {
    demo.database.count("SELECT COUNT(*) FROM audit WHERE action = 'integration.proxied'")
}

async fn a_body_is_handed_on_before_its_end(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let line = format!("POST {path}/proxy/import");
    let mut wire = Wire::open(&demo, &line, "transfer-encoding: chunked\r\n").await;
    // More than what is kept to be sent again.
    let part = "a".repeat(80_000);
    wire.chunk(&part).await;
    until("the first part arrived", async || {
        upstream.seen().first().is_some_and(|it| it.matches('a').count() >= 80_000)
    })
    .await;
    assert!(!upstream.seen()[0].contains("the end"), "it was not said yet");
    wire.chunk("the end").await;
    wire.send("0\r\n\r\n").await;
    assert_eq!(status(&wire.end().await), 200);
    let seen = upstream.take();
    assert!(seen.len() == 1 && seen[0].contains("the end"), "{} requests", seen.len());
}

async fn a_caller_that_goes_away_lets_the_provider_go(engine: Engine) {
    let gate = Gate::closed();
    let held = gate.clone();
    let upstream = Upstream::start(move |_| {
        vec![
            say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst"),
            Step::Wait(held.clone()),
            say("secon"),
        ]
    })
    .await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let mut wire = Wire::open(&demo, &format!("GET {path}/proxy/export"), "").await;
    wire.until("first").await;
    drop(wire);
    until("its connection is let go", async || upstream.gone() == 1).await;
    demo.admin.get(&path).await.expect(200);
    gate.open();
}

on_both!(
    an_answer_is_passed_on_before_its_end,
    a_body_is_handed_on_before_its_end,
    a_caller_that_goes_away_lets_the_provider_go,
);

//! Which headers pass, either way, and that nothing of the caller's is filled in.

use super::{SECRET, body, header, plain};
use crate::support::{
    Engine, on_both,
    upstream::{Upstream, answer, integrate},
    wire::{Wire, status},
};

/// Headers of a caller that stay with Kontor, whatever they say.
const STAY: [&str; 15] = [
    "cookie: session=callers",
    "proxy-authorization: Basic callers",
    "keep-alive: timeout=callers",
    "te: trailers, callers",
    "trailer: x-callers",
    "upgrade: callers",
    "x-hop: callers",
    "x-forwarded-for: 203.0.113.9",
    "x-forwarded-host: callers.example",
    "forwarded: for=callers",
    "x-http-method-override: DELETE",
    "x-original-url: /callers",
    "origin: https://callers.example",
    "referer: https://callers.example/a",
    "sec-fetch-site: callers",
];
/// And those that go along.
const PASS: [&str; 5] = [
    "accept: text/csv",
    "content-type: text/plain; charset=utf-8",
    "x-shop-version: 7",
    "idempotency-key: mine-1",
    "if-none-match: \"3\"",
];

async fn of_a_callers_headers_only_harmless_ones_go_along(engine: Engine) {
    let answers = |_: &str| {
        let headers = format!(
            "content-type: text/csv\r\nx-shop: yes\r\nlink: </v1/orders?page=3>; rel=next\r\nset-cookie: theirs=1\r\n\
             www-authenticate: Basic realm=theirs\r\nproxy-authenticate: Basic\r\nkeep-alive: timeout=5\r\n\
             x-hop: theirs\r\nstrict-transport-security: max-age=1\r\naccess-control-allow-origin: *\r\n\
             x-echo: Bearer {SECRET}\r\nlocation: /v1?key={SECRET}\r\nconnection: x-hop\r\n"
        );
        answer("418 I'm a teapot", &headers, "a,b\n")
    };
    let upstream = Upstream::start(answers).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let headers = [&STAY[..], &PASS[..]].concat().join("\r\n");
    let token = demo.text("adminToken");
    let headers =
        format!("x-api-key: {token}\r\n{headers}\r\nconnection: x-hop, te\r\ncontent-length: 2\r\n");
    let mut wire = Wire::open(&demo, &format!("POST {path}/proxy/orders"), &headers).await;
    wire.send("hi").await;
    let heard = wire.end().await;
    assert_eq!((status(&heard), body(&heard)), (418, "a,b\n"), "{heard}");

    let seen = upstream.take().remove(0);
    assert_eq!(header(&seen, "host"), Some(upstream.address.to_string().as_str()));
    assert_eq!(header(&seen, "authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert!(!seen.contains("callers") && !seen.contains("203.0.113.9"), "{seen}");
    assert!(!seen.contains(demo.text("adminToken")), "Kontor's token at the provider: {seen}");
    for line in STAY {
        let name = line.split(':').next().expect("a name");
        assert_eq!(header(&seen, name), None, "{seen}");
    }
    for line in PASS {
        let (name, value) = line.split_once(": ").expect("a value");
        assert_eq!(header(&seen, name), Some(value), "{seen}");
    }

    for (name, value) in [
        ("x-kontor-proxied", Some("true")),
        ("content-type", Some("text/csv")),
        ("x-shop", Some("yes")),
        ("link", Some("</v1/orders?page=3>; rel=next")),
    ] {
        assert_eq!(header(&heard, name), value, "{heard}");
    }
    for name in [
        "set-cookie",
        "www-authenticate",
        "proxy-authenticate",
        "keep-alive",
        "x-hop",
        "access-control-allow-origin",
        "x-echo",
        "location",
    ] {
        assert_eq!(header(&heard, name), None, "{name}: {heard}");
    }
    assert!(!heard.contains(SECRET) && !demo.log().contains(SECRET));
}

async fn nothing_of_a_callers_is_filled_in(engine: Engine) {
    let upstream = Upstream::start(crate::support::upstream::fine).await;
    plain(&upstream);
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", SECRET).await;
    let letters = "{{secrets.ApiKey}}";
    let line = format!("PUT {path}/proxy/a/{letters}/b?c={letters}&{letters}=d");
    let headers =
        format!("x-own: {letters}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n", letters.len());
    let mut wire = Wire::open(&demo, &line, &headers).await;
    wire.send(letters).await;
    let heard = wire.end().await;
    assert_eq!(status(&heard), 200, "{heard}");
    let seen = upstream.take().remove(0);
    let coded = "%7B%7Bsecrets.ApiKey%7D%7D";
    assert!(seen.starts_with(&format!("PUT /v1/a/{coded}/b?c={coded}&{coded}=d HTTP/1.1\r\n")), "{seen}");
    assert_eq!((header(&seen, "x-own"), body(&seen)), (Some(letters), letters));
    assert_eq!(seen.matches(SECRET).count(), 1, "the credential alone: {seen}");
}

on_both!(of_a_callers_headers_only_harmless_ones_go_along, nothing_of_a_callers_is_filled_in);

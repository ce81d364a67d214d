use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::atomic::{AtomicUsize, Ordering},
};

use proptest::prelude::*;
use tokio::net::TcpListener;

use super::{super::*, *};
use crate::ProviderError;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn check(text: &str) -> Result<Way, Rule> {
    Guard::new(&[]).check(&url(text), None)
}

fn hosts(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn an_address_as_written_is_on_the_internet_and_over_tls() {
    use Range::{LinkLocal, Loopback, Private, Shared, Wrapped};
    for (text, expected) in [
        ("https://api.shop.example/a?b", Ok(Way::Public)),
        ("https://api.shop.example.:443/", Ok(Way::Public)),
        ("https://8.8.8.8/", Ok(Way::Public)),
        ("https://[2606:4700:4700::1111]/", Ok(Way::Public)),
        ("http://api.shop.example/", Err(Rule::Scheme)),
        ("https://api.shop.example:8443/", Err(Rule::Port)),
        ("https://api.shop.example:80/", Err(Rule::Port)),
        ("https://user@api.shop.example/", Err(Rule::UserInfo)),
        ("https://:word@api.shop.example/", Err(Rule::UserInfo)),
        ("https://localhost/", Err(Rule::InnerName)),
        ("https://LOCALHOST./", Err(Rule::InnerName)),
        ("https://a.localhost/", Err(Rule::InnerName)),
        ("https://metadata/", Err(Rule::InnerName)),
        ("https://metadata.google.internal/", Err(Rule::InnerName)),
        ("https://metadata.google.internal./", Err(Rule::InnerName)),
        ("https://printer.local/", Err(Rule::InnerName)),
        ("https://router.home.arpa/", Err(Rule::InnerName)),
        ("https://notlocalhost.example/", Ok(Way::Public)),
        ("https://localhost.example/", Ok(Way::Public)),
        ("https://mylocal/", Err(Rule::InnerName)),
        ("https://127.0.0.1/", Err(Rule::Address(Loopback))),
        ("https://127.1/", Err(Rule::Address(Loopback))),
        ("https://127.0.0.1./", Err(Rule::Address(Loopback))),
        ("https://2130706433/", Err(Rule::Address(Loopback))),
        ("https://0x7f.1/", Err(Rule::Address(Loopback))),
        ("https://0177.0.0.1/", Err(Rule::Address(Loopback))),
        ("https://0/", Err(Rule::Address(Loopback))),
        ("https://１２７.0.0.1/", Err(Rule::Address(Loopback))),
        ("https://169.254.169.254/latest", Err(Rule::Address(LinkLocal))),
        ("https://0xa9fea9fe/latest", Err(Rule::Address(LinkLocal))),
        ("https://100.100.100.200/", Err(Rule::Address(Shared))),
        ("https://[::1]/", Err(Rule::Address(Loopback))),
        ("https://[::ffff:127.0.0.1]/", Err(Rule::Address(Wrapped))),
        ("https://[::ffff:8.8.8.8]/", Err(Rule::Address(Wrapped))),
        ("https://[64:ff9b::7f00:1]/", Err(Rule::Address(Wrapped))),
        ("https://[fd00:ec2::254]/", Err(Rule::Address(Private))),
    ] {
        assert_eq!(check(text), expected, "{text}");
    }
    // A zone is no part of an address on the internet: such a text is no URL at all.
    assert!(Url::parse("https://[fe80::1%25eth0]/").is_err());
    assert!(Url::parse("https://127.0.0.1:99999/").is_err());
    assert_eq!(Guard::new(&[]).check(&url("data:x"), None), Err(Rule::NoHost));
}

#[test]
fn a_templates_hosts_are_the_only_ones() {
    let patterns =
        hosts(&["api.shop.example", "*.store.example", "mail.shop.example:587", "API.Big.Example:8443"]);
    for (text, expected) in [
        ("https://api.shop.example/", Ok(Way::Public)),
        ("https://api.shop.example./", Ok(Way::Public)),
        ("https://a.store.example/", Ok(Way::Public)),
        ("https://a.b.store.example/", Ok(Way::Public)),
        ("https://mail.shop.example:587/", Ok(Way::Public)),
        ("https://api.big.example:8443/", Ok(Way::Public)),
        ("https://store.example/", Err(Rule::OtherHost)),
        ("https://evilstore.example/", Err(Rule::OtherHost)),
        ("https://api.shop.example.evil.example/", Err(Rule::OtherHost)),
        ("https://shop.example/", Err(Rule::OtherHost)),
        ("https://api.shop.example:8443/", Err(Rule::Port)),
        ("https://mail.shop.example/", Err(Rule::Port)),
        ("http://api.shop.example/", Err(Rule::Scheme)),
    ] {
        assert_eq!(Guard::new(&[]).check(&url(text), Some(&patterns)), expected, "{text}");
    }
    // Listed is not opened: a template cannot lead into the network.
    let patterns = hosts(&["127.0.0.1", "localhost", "*"]);
    for text in ["https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/"] {
        assert!(Guard::new(&[]).check(&url(text), Some(&patterns)).is_err(), "{text}");
    }
    assert_eq!(Guard::new(&[]).check(&url("https://any.example/"), Some(&hosts(&["*"]))), Ok(Way::Public));
    assert_eq!(Guard::new(&[]).check(&url("https://any.example/"), Some(&[])), Err(Rule::OtherHost));
    assert_eq!(
        Guard::new(&[]).check(&url("https://a.x.example/"), Some(&hosts(&["*x.example"]))),
        Err(Rule::OtherHost)
    );
}

#[test]
fn what_the_operator_opened_is_one_host_and_one_port() {
    let opened: Vec<Opened> = ["127.0.0.1:9000", "Mail.Inner.example.:465", "[::1]:9000", "localhost:80"]
        .iter()
        .map(|it| Opened::parse(it).unwrap_or_else(|error| panic!("{error}")))
        .collect();
    let guard = Guard::new(&opened);
    for text in [
        "http://127.0.0.1:9000/a",
        "https://127.0.0.1:9000/a",
        "http://0x7f000001:9000/",
        "https://mail.inner.example:465/",
        "http://[::1]:9000/",
        "http://localhost/",
    ] {
        assert_eq!(guard.check(&url(text), None), Ok(Way::Opened), "{text}");
        assert_eq!(guard.check(&url(text), Some(&[])), Ok(Way::Opened), "{text}");
    }
    for text in [
        "http://127.0.0.1:9001/",
        "http://127.0.0.2:9000/",
        "http://127.0.0.1/",
        "https://localhost/",
        "http://localhost:9000/",
        "http://a.mail.inner.example:465/",
        "http://[::ffff:127.0.0.1]:9000/",
        "http://user@127.0.0.1:9000/",
    ] {
        assert!(guard.check(&url(text), None).is_err(), "{text}");
    }
    for text in [
        "",
        "a",
        "a:",
        ":1",
        "a:0",
        "a:65536",
        "a:b",
        "http://a:1",
        "a/b:1",
        "u@a:1",
        "*.a.example:1",
        "a:1:2",
        "[::1]",
        "a b:1",
    ] {
        assert!(Opened::parse(text).is_err(), "{text:?}");
    }
}

/// Every way that people write an address of version 4 into a URL.
fn forms_v4(address: Ipv4Addr) -> Vec<String> {
    let all = u32::from(address);
    let [a, b, c, d] = address.octets();
    let low = all & 0x00ff_ffff;
    vec![
        format!("{address}"),
        format!("{address}."),
        format!("{all}"),
        format!("0x{all:x}"),
        format!("0X{all:08X}"),
        format!("0{all:o}"),
        format!("{a}.{low}"),
        format!("{a}.{b}.{}", all & 0xffff),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0{a:o}.{b}.0x{c:x}.{d}"),
        format!("%{:02x}{}", address.to_string().as_bytes()[0], &address.to_string()[1..]),
        format!("[::ffff:{address}]"),
        format!("[::{address}]"),
        format!("[::ffff:{:x}:{:x}]", all >> 16, all & 0xffff),
        format!("[::ffff:0:{address}]"),
        format!("[64:ff9b::{address}]"),
        format!("[64:ff9b:1::{address}]"),
        format!("[2002:{:x}:{:x}::1]", all >> 16, all & 0xffff),
        format!("[2001:0:{:x}:{:x}::1]", all >> 16, all & 0xffff),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_form_of_an_inner_address_gets_out(row in 0..address::V4.len(), other in 0..address::V6.len(), at in any::<u128>()) {
        let guard = Guard::new(&[]);
        let (start, bits, _) = address::V4[row];
        let size = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
        let inside = Ipv4Addr::from(u32::from(start) | (u32::try_from(at & u128::from(u32::MAX)).expect("32 bits") & size));
        for form in forms_v4(inside) {
            // What the URL standard does not take never gets as far as the guard.
            let Ok(url) = Url::parse(&format!("https://{form}/")) else { continue };
            prop_assert!(guard.check(&url, None).is_err(), "{url} of {form}");
            prop_assert!(guard.check(&url, Some(&["*".to_owned()])).is_err(), "{url} of {form}");
        }
        let (start, bits, _) = address::V6[other];
        let size = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
        let inside = Ipv6Addr::from(u128::from(start) | (at & size));
        let long: Vec<String> = inside.segments().iter().map(|it| format!("{it:04X}")).collect();
        for form in [format!("[{inside}]"), format!("[{}]", long.join(":"))] {
            let url = Url::parse(&format!("https://{form}/")).expect("a URL");
            prop_assert!(guard.check(&url, None).is_err(), "{url} of {form}");
        }
    }

    #[test]
    fn no_text_makes_the_guard_fall_over(text in "\\PC{0,60}") {
        let _ = Opened::parse(&text);
        if let Ok(url) = Url::parse(&format!("https://{text}")) {
            let _ = Guard::new(&[]).check(&url, Some(std::slice::from_ref(&text)));
        }
    }
}

/// Answers one list after the other, then the last again.
struct Script {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Names for Script {
    async fn addresses(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let at = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        Ok(self.answers[at].clone())
    }
}

fn scripted(answers: &[&[&str]]) -> (Guard, Arc<Script>) {
    let parse = |it: &&str| it.parse().unwrap_or_else(|_| panic!("{it} is no address"));
    let answers = answers.iter().map(|it| it.iter().map(parse).collect()).collect();
    let script = Arc::new(Script { answers, asked: AtomicUsize::new(0) });
    (Guard { names: Arc::<Script>::clone(&script), ..Guard::new(&[]) }, script)
}

#[tokio::test]
async fn a_name_leads_to_its_public_addresses_alone() {
    let (guard, _) = scripted(&[
        &["8.8.8.8", "127.0.0.1", "fe80::1", "2606:4700:4700::1111"],
        &["127.0.0.1"],
        &["10.0.0.1", "::1"],
        &[],
    ]);
    let mut results = Vec::new();
    for _ in 0..4 {
        results.push(guard.resolve("api.shop.example", Way::Public).await);
    }
    let public: Vec<String> = results[0].as_ref().expect("two").iter().map(ToString::to_string).collect();
    assert_eq!(public, ["8.8.8.8", "2606:4700:4700::1111"]);
    assert!(matches!(results[1], Err(Nowhere::Refused(Rule::Address(Range::Loopback)))));
    assert!(matches!(results[2], Err(Nowhere::Refused(Rule::Address(Range::Private)))));
    assert!(matches!(results[3], Err(Nowhere::NotResolved)));
    let opened = scripted(&[&["10.0.0.1"]]).0.resolve("mail.inner.example", Way::Opened).await;
    assert_eq!(opened.expect("opened").len(), 1);
}

#[tokio::test]
async fn a_name_without_an_address_is_told_from_one_that_is_refused() {
    let (guard, _) = scripted(&[&[], &["169.254.169.254"]]);
    let http = Http::with(guard).expect("a client");
    let url = url("https://api.shop.example/");
    assert_eq!(http.send(Call::new(Method::Get, &url)).await.expect_err("nobody"), Failure::NotResolved);
    let refused = Failure::Refused(Rule::Address(Range::LinkLocal));
    assert_eq!(http.send(Call::new(Method::Get, &url)).await.expect_err("refused"), refused);
}

#[tokio::test]
async fn a_name_that_turns_to_this_machine_is_not_followed() {
    // In this test 127.0.0.1 is the internet and 127.0.0.2 is what must not be reached, on the same port.
    let good = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = good.local_addr().expect("an address").port();
    let bad = TcpListener::bind(("127.0.0.2", port)).await.expect("the same port");
    let (guard, script) = scripted(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let special = |it: IpAddr| (it == IpAddr::from([127, 0, 0, 2])).then_some(Range::Loopback);
    let http = Http::with(Guard { special, ..guard }).expect("a client");
    let patterns = [format!("api.shop.example:{port}")];
    let url = url(&format!("https://api.shop.example:{port}/"));
    let call = || Call { hosts: Some(&patterns), ..Call::new(Method::Get, &url) };

    let reached = async { drop(good.accept().await.expect("a connection")) };
    let (first, ()) = tokio::join!(http.send(call()), reached);
    // It speaks no TLS and closes; what counts is that it was reached.
    assert!(matches!(first, Err(Failure::NotSent | Failure::Tls)), "{first:?}");
    let second = http.send(call()).await.expect_err("refused");
    assert_eq!(second, Failure::Refused(Rule::Address(Range::Loopback)));
    assert!(ProviderError::from(second).outcome_known);
    assert_eq!(
        script.asked.load(Ordering::SeqCst),
        2,
        "each connection asks once, and goes where that answer says"
    );
    let waiting = std::future::poll_fn(|context| std::task::Poll::Ready(bad.poll_accept(context).is_ready()));
    assert!(!waiting.await, "somebody connected");
}

#[tokio::test]
async fn other_protocols_pass_the_same_guard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let timeout = Duration::from_secs(5);
    let closed = Http::new(&[]).expect("a client");
    let any = hosts(&[&format!("*:{port}")]);
    for host in ["127.0.0.1", "0x7f.1", "[::1]", "::1", "::ffff:127.0.0.1", "localhost"] {
        let result = closed.connect(host, port, Some(&any), timeout).await;
        assert!(matches!(result, Err(Failure::Refused(_))), "{host}: {result:?}");
    }
    for host in ["a/b", "u@a.example", "", "a b"] {
        let result = closed.connect(host, port, Some(&any), timeout).await;
        assert_eq!(result.expect_err("no host"), Failure::Refused(Rule::NoHost), "{host}");
    }
    let opened = Opened::parse(&format!("127.0.0.1:{port}")).expect("a place");
    let open = Http::new(&[opened]).expect("a client");
    let connected = open.connect("127.0.0.1", port, None, timeout).await.expect("a connection");
    assert_eq!(connected.peer_addr().expect("a peer").port(), port);
    let (guard, _) = scripted(&[&["8.8.8.8", "10.0.0.1"]]);
    let mail = hosts(&["mail.shop.example:587"]);
    let found = guard.addresses("mail.shop.example", 587, Some(&mail)).await.expect("found");
    assert_eq!(found, ["8.8.8.8:587".parse().expect("an address")]);
    assert!(guard.addresses("mail.shop.example", 25, Some(&mail)).await.is_err());
}

#[tokio::test]
async fn a_refused_call_says_so_and_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let http = Http::new(&[]).expect("a client");
    for text in [
        format!("http://{address}/"),
        format!("https://{address}/"),
        format!("https://localhost:{}/", address.port()),
    ] {
        let failure = http.send(Call::new(Method::Get, &url(&text))).await.expect_err("refused");
        assert!(matches!(failure, Failure::Refused(_)), "{failure}");
    }
    let waiting =
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context).is_ready()));
    assert!(!waiting.await, "somebody connected");
}

use super::*;

fn of(peer: &str, said: &[&str]) -> String {
    let proxies = ["10.0.0.1", "10.0.0.2"].map(|it| it.parse().expect("an address"));
    let mut headers = HeaderMap::new();
    for it in said {
        headers.append(HEADER, it.parse().expect("a value"));
    }
    let peer = SocketAddr::new(peer.parse().expect("an address"), 9_000);
    caller(peer, &headers, &proxies).ip().to_string()
}

#[test]
fn only_the_operators_proxies_are_believed() {
    for (peer, said, wanted) in [
        ("203.0.113.7", &["198.51.100.9"][..], "203.0.113.7"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.9"], "198.51.100.9"),
        ("::ffff:10.0.0.1", &["198.51.100.9"], "198.51.100.9"),
        // What the caller wrote itself stands in front.
        ("10.0.0.1", &["127.0.0.1, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", &["127.0.0.1", "198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", &["198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", &["127.0.0.1, 198.51.100.9,10.0.0.2 "], "198.51.100.9"),
        ("10.0.0.1", &["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", &["198.51.100.9:5000"], "198.51.100.9"),
        ("10.0.0.1", &["198.51.100.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.9, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", &[""], "10.0.0.1"),
    ] {
        assert_eq!(of(peer, said), wanted, "{peer} {said:?}");
    }
    let chain = vec!["10.0.0.2"; MAX];
    assert_eq!(of("10.0.0.1", &[&["198.51.100.9"][..], &chain].concat()), "10.0.0.2", "a list has an end");
}

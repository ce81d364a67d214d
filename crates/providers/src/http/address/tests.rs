use proptest::prelude::*;

use super::*;

fn end_v4((start, length, _): (Ipv4Addr, u8, Range)) -> (u32, u32) {
    let size = u32::MAX.checked_shr(length.into()).unwrap_or(0);
    (u32::from(start), u32::from(start) | size)
}

fn end_v6((start, length, _): (Ipv6Addr, u8, Range)) -> (u128, u128) {
    let size = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    (u128::from(start), u128::from(start) | size)
}

fn of(text: &str) -> Option<Range> {
    special(text.parse().unwrap_or_else(|_| panic!("{text} is no address")))
}

#[test]
fn each_range_begins_and_ends_where_its_registry_says() {
    // Outside before, first, last, outside after; none where a neighbouring range follows at once.
    let edges = [
        ("-", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
        ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
        ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
        ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
        ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
        ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
        ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
        ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
        ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
        ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
        ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
        ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
        ("223.255.255.255", "224.0.0.0", "255.255.255.255", "-"),
        ("-", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"),
        (
            "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:200::",
        ),
        (
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
        ),
        (
            "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2003::",
        ),
        (
            "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
        ),
        ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "-"),
    ];
    for (before, first, last, after) in edges {
        for inside in [first, last] {
            assert!(of(inside).is_some(), "{inside} is public");
        }
        for outside in [before, after] {
            assert!(outside == "-" || of(outside).is_none(), "{outside} is not public");
        }
    }
}

#[test]
fn each_address_is_of_the_range_that_people_call_it() {
    for (address, range) in [
        ("127.0.0.1", Range::Loopback),
        ("0.0.0.0", Range::Loopback),
        ("169.254.169.254", Range::LinkLocal),
        ("100.100.100.200", Range::Shared),
        ("255.255.255.255", Range::Reserved),
        ("::1", Range::Loopback),
        ("::", Range::Loopback),
        ("::7f00:1", Range::Wrapped),
        ("::ffff:8.8.8.8", Range::Wrapped),
        ("::ffff:0:8.8.8.8", Range::Wrapped),
        ("64:ff9b::8.8.8.8", Range::Wrapped),
        ("64:ff9b:1:2::8.8.8.8", Range::Wrapped),
        ("100::1", Range::Reserved),
        ("2001:0:1::1", Range::Wrapped),
        ("2001:2::1", Range::Benchmark),
        ("2001:10::1", Range::Reserved),
        ("2002:808:808::1", Range::Wrapped),
        ("fd00:ec2::254", Range::Private),
        ("fe80::1", Range::LinkLocal),
        ("fec0::1", Range::Private),
        ("ff02::1", Range::Multicast),
        ("5f00::1", Range::Reserved),
    ] {
        assert_eq!(of(address), Some(range), "{address}");
    }
    for address in ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e"] {
        assert_eq!(of(address), None, "{address}");
    }
}

#[test]
fn a_start_is_the_start_of_its_range() {
    for row in V4 {
        let (first, last) = end_v4(row);
        assert_eq!(first, first & !(last - first), "{row:?}");
    }
    for row in V6 {
        let (first, last) = end_v6(row);
        assert_eq!(first, first & !(last - first), "{row:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn nothing_inside_of_a_range_is_public(row in 0..V4.len(), other in 0..V6.len(), at in any::<u128>()) {
        let (first, last) = end_v4(V4[row]);
        let inside = first | (u32::try_from(at & u128::from(u32::MAX)).expect("32 bits") & (last - first));
        prop_assert!(special(Ipv4Addr::from(inside).into()).is_some());
        let (first, last) = end_v6(V6[other]);
        prop_assert!(special(Ipv6Addr::from(first | (at & (last - first))).into()).is_some());
    }
}

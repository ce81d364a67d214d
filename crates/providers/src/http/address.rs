//! Which addresses belong to the public internet: two tables and nothing else.
//!
//! Owns every range that leads to this machine, to its network or to nowhere (IANA's special-purpose registries).
//! Refuses to translate: an address that carries another inside of it (mapped, NAT64, 6to4, Teredo) is never public,
//! whatever it carries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// This machine.
    Loopback,
    /// A private network.
    Private,
    /// The same wire: also where clouds keep their machines' credentials.
    LinkLocal,
    /// Between a carrier and its customers.
    Shared,
    /// Another address wrapped into this one.
    Wrapped,
    /// For examples in documents.
    Documentation,
    /// For measurements.
    Benchmark,
    /// Many at once.
    Multicast,
    /// Reserved, or not given to anybody.
    Reserved,
}

impl Range {
    /// What it is, to stand after "an address".
    pub fn words(self) -> &'static str {
        match self {
            Self::Loopback => "of this machine",
            Self::Private => "of a private network",
            Self::LinkLocal => "of the local link",
            Self::Shared => "of a carrier's inner network",
            Self::Wrapped => "that wraps another address",
            Self::Documentation => "that is only for examples",
            Self::Benchmark => "that is only for measurements",
            Self::Multicast => "of many receivers at once",
            Self::Reserved => "that is reserved",
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, bits: u8, range: Range) -> (Ipv4Addr, u8, Range) {
    (Ipv4Addr::new(a, b, c, 0), bits, range)
}

const fn v6(head: [u16; 6], bits: u8, range: Range) -> (Ipv6Addr, u8, Range) {
    (Ipv6Addr::new(head[0], head[1], head[2], head[3], head[4], head[5], 0, 0), bits, range)
}

/// What is not public of version 4.
pub(super) const V4: [(Ipv4Addr, u8, Range); 15] = [
    v4(0, 0, 0, 8, Range::Loopback),
    v4(10, 0, 0, 8, Range::Private),
    v4(100, 64, 0, 10, Range::Shared),
    v4(127, 0, 0, 8, Range::Loopback),
    v4(169, 254, 0, 16, Range::LinkLocal),
    v4(172, 16, 0, 12, Range::Private),
    v4(192, 0, 0, 24, Range::Reserved),
    v4(192, 0, 2, 24, Range::Documentation),
    v4(192, 88, 99, 24, Range::Wrapped),
    v4(192, 168, 0, 16, Range::Private),
    v4(198, 18, 0, 15, Range::Benchmark),
    v4(198, 51, 100, 24, Range::Documentation),
    v4(203, 0, 113, 24, Range::Documentation),
    v4(224, 0, 0, 4, Range::Multicast),
    v4(240, 0, 0, 4, Range::Reserved),
];

/// What is not public of version 6; beside it, everything outside of `2000::/3`, which nobody was given.
pub(super) const V6: [(Ipv6Addr, u8, Range); 19] = [
    (Ipv6Addr::LOCALHOST, 128, Range::Loopback),
    (Ipv6Addr::UNSPECIFIED, 128, Range::Loopback),
    v6([0, 0, 0, 0, 0, 0], 96, Range::Wrapped),
    v6([0, 0, 0, 0, 0, 0xffff], 96, Range::Wrapped),
    v6([0, 0, 0, 0, 0xffff, 0], 96, Range::Wrapped),
    v6([0x64, 0xff9b, 0, 0, 0, 0], 96, Range::Wrapped),
    v6([0x64, 0xff9b, 1, 0, 0, 0], 48, Range::Wrapped),
    v6([0x100, 0, 0, 0, 0, 0], 64, Range::Reserved),
    v6([0x2001, 0, 0, 0, 0, 0], 32, Range::Wrapped),
    v6([0x2001, 2, 0, 0, 0, 0], 48, Range::Benchmark),
    v6([0x2001, 0, 0, 0, 0, 0], 23, Range::Reserved),
    v6([0x2001, 0xdb8, 0, 0, 0, 0], 32, Range::Documentation),
    v6([0x2002, 0, 0, 0, 0, 0], 16, Range::Wrapped),
    v6([0x3fff, 0, 0, 0, 0, 0], 20, Range::Documentation),
    v6([0x5f00, 0, 0, 0, 0, 0], 16, Range::Reserved),
    v6([0xfc00, 0, 0, 0, 0, 0], 7, Range::Private),
    v6([0xfe80, 0, 0, 0, 0, 0], 10, Range::LinkLocal),
    v6([0xfec0, 0, 0, 0, 0, 0], 10, Range::Private),
    v6([0xff00, 0, 0, 0, 0, 0], 8, Range::Multicast),
];

/// The part of version 6 that addresses are given out of.
const GIVEN: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Says of an address why it is not public; nothing where it is.
pub fn special(address: IpAddr) -> Option<Range> {
    match address {
        IpAddr::V4(it) => special_v4(it),
        IpAddr::V6(it) => special_v6(it),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Range> {
    let bits = u32::from(address);
    let found = V4.iter().find(|(start, length, _)| same(bits.into(), u32::from(*start).into(), 32, *length));
    found.map(|(_, _, range)| *range)
}

fn special_v6(address: Ipv6Addr) -> Option<Range> {
    let bits = u128::from(address);
    let within = |start: Ipv6Addr, length: u8| same(bits, u128::from(start), 128, length);
    let found = V6.iter().find(|(start, length, _)| within(*start, *length)).map(|(_, _, range)| *range);
    found.or_else(|| (!within(GIVEN.0, GIVEN.1)).then_some(Range::Reserved))
}

/// Whether the first `length` of `width` bits are the same.
fn same(one: u128, other: u128, width: u8, length: u8) -> bool {
    let rest = width.saturating_sub(length);
    let head = |it: u128| it.checked_shr(rest.into()).unwrap_or(0);
    head(one) == head(other)
}

#[cfg(test)]
mod tests;

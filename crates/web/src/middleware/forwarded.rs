//! Who really calls, where the operator's own proxy stands in between.
//!
//! Owns the rule whose word counts: `X-Forwarded-For` is read from its end, as far as the proxies are the operator's.
//! Refuses to believe anybody else: what a caller writes there itself stands further to the front, and is its own claim.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// The most entries that are looked at.
const MAX: usize = 20;
const HEADER: &str = "x-forwarded-for";

/// The caller's address: the other end of the connection, or who the operator's proxies say it is.
pub(crate) fn caller(peer: SocketAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> SocketAddr {
    let is_ours = |it: IpAddr| proxies.contains(&it.to_canonical());
    if !is_ours(peer.ip()) {
        return peer;
    }
    let said =
        headers.get_all(HEADER).iter().rev().flat_map(|it| it.to_str().unwrap_or_default().rsplit(','));
    let mut last = peer;
    for text in said.take(MAX) {
        // What is no address was written by nobody who knows better.
        let Some(address) = address(text.trim()) else { break };
        last = SocketAddr::new(address, 0);
        if !is_ours(address) {
            break;
        }
    }
    last
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    plain.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

#[cfg(test)]
mod tests;

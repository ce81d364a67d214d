use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::http::Headers;

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

fn answer(coding: Option<&str>, body: Vec<u8>) -> Answer {
    let headers: Vec<(&str, &str)> = coding.map(|it| ("content-encoding", it)).into_iter().collect();
    Answer { status: 200, headers: Headers::of(&headers), body }
}

fn unpack(coding: Option<&str>, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Failure> {
    unpacked(answer(coding, body), limit).map(|it| it.body)
}

#[test]
fn what_was_packed_comes_out_and_what_was_not_stays() {
    for coding in ["gzip", "GZIP", "x-gzip"] {
        assert_eq!(unpack(Some(coding), packed(b"{\"a\":1}"), 7), Ok(b"{\"a\":1}".to_vec()));
    }
    for coding in [None, Some(""), Some("identity")] {
        assert_eq!(unpack(coding, b"plain".to_vec(), 3), Ok(b"plain".to_vec()));
    }
    assert_eq!(unpack(Some("gzip"), Vec::new(), 0), Ok(Vec::new()));
    let twice = [packed(b"a"), packed(b"b")].concat();
    assert_eq!(unpack(Some("gzip"), twice, 2), Ok(b"ab".to_vec()));
}

#[test]
fn a_small_answer_does_not_become_a_very_large_one() {
    let bomb = packed(&vec![b'a'; 1024 * 1024]);
    assert!(bomb.len() < 4096);
    assert_eq!(unpack(Some("gzip"), bomb.clone(), 1024 * 1024 - 1), Err(Failure::TooLarge));
    assert_eq!(unpack(Some("gzip"), bomb, 1024 * 1024).map(|it| it.len()), Ok(1024 * 1024));
}

#[test]
fn what_cannot_be_unpacked_is_no_answer() {
    let mut broken = packed(b"some text that is long enough");
    broken.truncate(broken.len() - 6);
    assert_eq!(unpack(Some("gzip"), broken, 100), Err(Failure::Cut));
    assert_eq!(unpack(Some("gzip"), b"plain".to_vec(), 100), Err(Failure::Cut));
    assert_eq!(unpack(Some("br"), b"plain".to_vec(), 100), Err(Failure::Cut));
}

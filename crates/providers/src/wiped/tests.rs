use std::io::Write as _;

use super::*;

#[test]
fn it_moves_rather_than_grows_and_keeps_every_byte() {
    let mut text = Wiped::with_room(4);
    for part in ["ab", "cdefgh", "ä", ""] {
        text.push_str(part);
    }
    write!(text, "{}", 42).expect("written");
    assert_eq!(text.expose(), "abcdefghä42");
    let held = text.0.as_ptr();
    assert_eq!(text.into_bytes().as_ptr(), held, "handed on without a copy");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut text = Wiped::new();
    assert!(text.write_all(b"\xff").is_err());
    assert!(text.write_all("ä".as_bytes()).is_ok());
    text.flush().expect("nothing to do");
    assert_eq!(text.expose(), "ä");
}

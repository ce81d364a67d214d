use proptest::prelude::*;

use super::*;

fn cursor(id: &str) -> Cursor {
    Cursor { micros: 1_772_366_400_000_123, id: id.to_owned(), direction: Direction::Descending }
}

#[test]
fn the_length_of_an_id_has_a_limit_on_both_sides() {
    let text = cursor(&"a".repeat(MAX_ID)).text();
    assert!(text.len() <= MAX_TEXT);
    assert!(Cursor::parse(&text).is_some());
    assert_eq!(Cursor::parse(&cursor(&"a".repeat(MAX_ID + 1)).text()), None);
    assert_eq!(Cursor::parse(&cursor("").text()), None);
    assert_eq!(Cursor::parse(&"A".repeat(MAX_TEXT + 1)), None);
}

#[test]
fn every_edit_of_a_character_is_caught() {
    let text = cursor("pay_0192").text();
    for index in 0..text.len() {
        for letter in ['A', 'z', '0', '_', '=', ' '] {
            let mut edited: Vec<char> = text.chars().collect();
            if edited[index] != letter {
                edited[index] = letter;
                let edited: String = edited.into_iter().collect();
                assert_eq!(Cursor::parse(&edited), None, "{edited}");
            }
        }
        assert_eq!(Cursor::parse(&text[..index]), None);
    }
}

proptest! {
    #[test]
    fn a_cursor_is_read_back(micros: i64, id in "[a-z0-9_]{1,64}", down: bool) {
        let direction = if down { Direction::Descending } else { Direction::Ascending };
        let cursor = Cursor { micros, id, direction };
        prop_assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
    }

    #[test]
    fn any_text_never_panics(text in ".{0,200}") {
        let _ = Cursor::parse(&text);
    }
}

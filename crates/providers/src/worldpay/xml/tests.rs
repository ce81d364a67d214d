use super::*;

#[test]
fn entities_and_order_do_not_matter() {
    let root =
        read(b"<?xml version=\"1.0\"?><a xmlns='x'><b>1 &amp; &#50;</b><c/><!-- no --></a>").expect("whole");
    assert_eq!(root.value("b").expect("once"), Some("1 & 2"));
    assert_eq!(root.value("c").expect("once"), None);
    assert_eq!(root.value("d").expect("none"), None);
}

#[test]
fn what_is_no_whole_document_is_refused() {
    for text in [
        "",
        "  ",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "<a>&unknown;</a>",
        "<!DOCTYPE a><a/>",
        "{}",
    ] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    assert!(read(b"<a>\xff</a>").is_err());
    assert!(read(b"<a><b>1</b><b>2</b></a>").expect("whole").value("b").is_err());
}

#[test]
fn depth_has_a_limit() {
    for (depth, fine) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
        let text = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(read(text.as_bytes()).is_ok(), fine, "{depth}");
    }
}

#[test]
fn the_number_of_elements_has_a_limit() {
    for (count, fine) in [(MAX_ELEMENTS - 1, true), (MAX_ELEMENTS, false)] {
        let text = format!("<a>{}</a>", "<b/>".repeat(count));
        assert_eq!(read(text.as_bytes()).is_ok(), fine, "{count}");
    }
}

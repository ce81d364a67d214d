use super::*;

#[test]
fn a_request_is_a_tree_with_its_entities_resolved() {
    let body = b"<?xml version='1.0'?><A xmlns='n'><B>1 &amp; &#50; <![CDATA[<3>]]></B><C/></A>";
    let root = parse(body).expect("a document");
    assert_eq!((root.name.as_str(), root.namespace.as_str()), ("A", "n"));
    assert_eq!(root.get(&["B"]), "1 & 2 <3>");
    assert_eq!(root.get(&["C"]), "");
    assert_eq!(root.get(&["D", "E"]), "");
}

#[test]
fn what_is_no_document_is_refused() {
    for wrong in [
        "",
        "text",
        "<A>",
        "<A></B>",
        "<A/><B/>",
        "<!DOCTYPE a><A/>",
        "<A>&custom;</A>",
        "<A/>tail",
        "<A><B></A>",
    ] {
        assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert!(parse(b"\xff\xfe<A/>").is_err());
}

#[test]
fn nesting_and_size_are_bounded() {
    let nested = |deep: usize| format!("{}{}", "<A>".repeat(deep), "</A>".repeat(deep));
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
    let wide = |many: usize| format!("<A>{}</A>", "<B></B>".repeat(many));
    assert!(parse(wide(MAX_ELEMENTS - 1).as_bytes()).is_ok());
    assert!(parse(wide(MAX_ELEMENTS).as_bytes()).is_err());
}

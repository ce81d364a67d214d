use super::*;

fn names(element: &Element) -> Vec<&str> {
    element.children.iter().map(|it| it.name.as_str()).collect()
}

#[test]
fn keys_keep_their_order_and_may_come_twice() {
    let root = read(b"\xef\xbb\xbf{\"r\":{\"b\":1,\"a\":true,\"b\":[\"x\",null,{\"c\":-2.5}],\"n\":null}}")
        .expect("JSON");
    assert_eq!(names(&root), ["b", "a", "b", "b"]);
    let texts: Vec<&str> = root.children.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["1", "true", "x", ""]);
    assert_eq!(root.children[3].children[0].text, "-2.5");
    assert_eq!(root.namespace, NAMESPACE);
}

#[test]
fn the_root_is_one_key_of_an_object() {
    assert_eq!(read(b"{\"r\":null}").expect("an empty request").name, "r");
    for wrong in ["", "{", "[]", "1", "{}", "{\"a\":{},\"b\":{}}", "{\"a\":[{}]}", "{\"a\":{}} tail"] {
        assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |deep: usize| format!("{{\"r\":{}1{}}}", "{\"a\":".repeat(deep), "}".repeat(deep));
    assert!(read(nested(120).as_bytes()).is_ok());
    assert!(read(nested(200).as_bytes()).is_err());
}

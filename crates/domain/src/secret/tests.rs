use super::Secret;

#[test]
fn what_was_put_in_is_what_comes_out() {
    assert_eq!(Secret::new("a token".to_owned()).expose(), "a token");
    assert_eq!(Secret::from("another".to_owned()).expose(), "another");
}

use super::*;

#[test]
fn only_tests_go_without_durability() {
    let unsafe_words = |purpose| settings(purpose, 5).iter().filter(|it| it.ends_with("=off")).count();
    assert_eq!(unsafe_words(Use::Tests), 3);
    assert_eq!(unsafe_words(Use::Measuring), 0);
    assert!(settings(Use::Measuring, 5).contains(&"port=5".to_owned()));
}

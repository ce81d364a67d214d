use kontor_domain::{Currency, Money};

use super::*;

#[test]
fn amounts_are_written_as_people_write_them() {
    let dollars = |minor| view::shown(Money::from_minor(minor, Currency::USD));
    assert_eq!([dollars(0), dollars(14_883), dollars(123_456_789)], ["$0.00", "$148.83", "$1,234,567.89"]);
    let yen: Currency = "JPY".parse().expect("a currency");
    assert_eq!(view::shown(Money::from_minor(1_000, yen)), "1,000 JPY");
}

#[test]
fn a_link_is_made_of_its_id_under_the_secret() {
    let id: PaymentLinkId = "lnk_0192f0c1e4b87c3a9d5e6f708192a3b4".parse().expect("an id");
    let other: PaymentLinkId = "lnk_0192f0c1e4b87c3a9d5e6f708192a3b5".parse().expect("an id");
    let token = |secret: &str, id| Token::of(&Secret::new(secret.to_owned()), id).text().to_owned();
    assert_eq!(token("a", id), token("a", id));
    assert_eq!(token("a", id).len(), 32);
    assert_ne!(token("a", id), token("b", id));
    assert_ne!(token("a", id), token("a", other));
    assert!(!hash(&token("a", id)).contains(&token("a", id)));
}

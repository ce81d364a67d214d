use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

/// The same cases each time.
const SEED: u64 = 20_261_127;

fn key(text: &str) -> StateKey {
    StateKey::derive(&Secret::new(text.to_owned()))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn claims() -> Claims {
    let id = |byte: u8| [byte; 16];
    Claims::new(
        Id::from_bytes(id(1)),
        Id::from_bytes(id(2)),
        Id::from_bytes(id(3)),
        at(900),
        "key_7",
        "Books",
    )
}

#[test]
fn a_state_is_good_for_its_provider_until_its_end() {
    let key = key("a secret of the installation");
    let state = seal(&key, &claims());
    assert_eq!(open(&key, &state, "Books", at(899)), Ok(claims()));
    assert_eq!(open(&key, &state, "Books", at(900)), Err(Refused::Late(claims())));
    assert_eq!(open(&key, &state, "Crm", at(0)), Err(Refused::OtherProvider(claims())));
    assert!(claims().is_user("key_7") && !claims().is_user("key_8"));
    assert!(state.len() <= 200, "{} letters", state.len());
}

#[test]
fn another_installations_state_is_forged() {
    let state = seal(&key("one"), &claims());
    assert_eq!(open(&key("two"), &state, "Books", at(0)), Err(Refused::Forged));
    for text in ["", "x", &state[1..], &format!("{state}A"), &state.replace(&state[..1], "é")] {
        assert_eq!(open(&key("one"), text, "Books", at(0)), Err(Refused::Forged), "{text}");
    }
}

#[test]
fn no_letter_can_be_changed() {
    let key = key("one");
    let state = seal(&key, &claims());
    for place in 0..state.len() {
        for letter in ["A", "_", "9", "=", "~"] {
            let mut changed = state.clone();
            changed.replace_range(place..=place, letter);
            if changed != state {
                assert_eq!(open(&key, &changed, "Books", at(0)), Err(Refused::Forged), "{place} {letter}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]
    #[test]
    fn whatever_comes_back_is_refused_unless_we_signed_it(
        noise in prop_oneof![".{0,260}", "[A-Za-z0-9_-]{162}", "[A-Za-z0-9_-]{0,400}"],
        bytes in proptest::collection::vec(any::<u8>(), PAYLOAD + SIGNATURE),
    ) {
        let key = key("one");
        prop_assert_eq!(open(&key, &noise, "Books", at(0)), Err(Refused::Forged));
        prop_assert_eq!(open(&key, &BASE64URL_NOPAD.encode(&bytes), "Books", at(0)), Err(Refused::Forged));
    }

    #[test]
    fn what_was_signed_comes_back_as_it_was(
        one in any::<[u8; 16]>(), two in any::<[u8; 16]>(), three in any::<[u8; 16]>(),
        end in 0_i64..4_000_000_000, user in ".{0,40}", provider in "[A-Za-z]{1,20}",
    ) {
        let claims = Claims::new(
            Id::from_bytes(one), Id::from_bytes(two), Id::from_bytes(three), at(end), &user, &provider,
        );
        let state = seal(&key("one"), &claims);
        prop_assert_eq!(open(&key("one"), &state, &provider, at(end.saturating_sub(1))), Ok(claims));
        prop_assert!(claims.is_user(&user));
    }
}

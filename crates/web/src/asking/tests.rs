use kontor_domain::Id;

use super::*;

fn payment(number: usize) -> PaymentId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Id::from_bytes(bytes)
}

#[test]
fn nobody_is_asked_twice_in_a_moment_nor_about_too_many() {
    let asking = Asking::default();
    let now = Timestamp::UNIX_EPOCH;
    assert!(asking.begin(payment(0), now));
    assert!(!asking.begin(payment(0), now));
    assert!(asking.begin(payment(0), now.checked_add(PAUSE).expect("a moment")));
    for number in 1..MOST {
        assert!(asking.begin(payment(number), now), "{number}");
    }
    assert!(!asking.begin(payment(MOST), now), "one too many");
}

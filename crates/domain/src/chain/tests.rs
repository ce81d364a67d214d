use super::*;

const PARTS: [Option<&str>; 5] =
    [Some("org_1"), Some("evt_1"), Some("payment.succeeded"), Some("pay_1"), Some("{}")];
const LINK: Link<'static> = Link { form: "kontor.event.v1", position: 1, created_at_us: 5, parts: &PARTS };

#[test]
fn every_part_counts() {
    let base = LINK.hash(&GENESIS);
    for at in 0..PARTS.len() {
        for other in [Some("other"), Some(""), None] {
            let mut parts = PARTS;
            parts[at] = other;
            assert_ne!(Link { parts: &parts, ..LINK }.hash(&GENESIS), base, "{at} {other:?}");
        }
    }
    let moved = [Some("org_1"), Some("evt_1"), Some("payment.succeededpay"), Some("_1"), Some("{}")];
    let others = [
        Link { form: "kontor.audit.v1", ..LINK },
        Link { position: 2, ..LINK },
        Link { created_at_us: 6, ..LINK },
        Link { parts: &moved, ..LINK },
    ];
    for other in others {
        assert_ne!(other.hash(&GENESIS), base, "{other:?}");
    }
    assert_ne!(LINK.hash(&base), base);
}

#[test]
fn absent_is_not_empty() {
    let absent = [Some("org_1"), None];
    let empty = [Some("org_1"), Some("")];
    assert_ne!(Link { parts: &absent, ..LINK }.hash(&GENESIS), Link { parts: &empty, ..LINK }.hash(&GENESIS));
}

#[test]
fn the_canonical_form_stays_as_it_was_written_down() {
    // SHA-256 over 32 zeros, "kontor.event.v1", 1 and 5 as eight bytes each, then each part after its length; computed apart from this code.
    let hash = LINK.hash(&GENESIS).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(hash, "565502e4f13c8825650ff112dd480ad7cbed9f8bba16defc85323a8914482451");
}

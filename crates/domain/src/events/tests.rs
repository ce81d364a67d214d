use super::*;

const LINK: Link<'static> = Link {
    organization: "org_1",
    position: 1,
    id: "evt_1",
    kind: "payment.succeeded",
    subject: "pay_1",
    data: "{}",
    created_at_us: 5,
};

#[test]
fn every_part_counts() {
    let base = LINK.hash(&GENESIS);
    let others = [
        Link { organization: "org_2", ..LINK },
        Link { position: 2, ..LINK },
        Link { id: "evt_2", ..LINK },
        Link { kind: "payment.declined", ..LINK },
        Link { subject: "pay_2", ..LINK },
        Link { data: "{ }", ..LINK },
        Link { created_at_us: 6, ..LINK },
        Link { kind: "payment.succeededpay", subject: "_1", ..LINK },
    ];
    for other in others {
        assert_ne!(other.hash(&GENESIS), base, "{other:?}");
    }
    assert_ne!(LINK.hash(&base), base);
}

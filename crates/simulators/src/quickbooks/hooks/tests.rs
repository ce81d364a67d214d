use super::*;

/// The facts' own vectors (§4.4).
#[test]
fn messages_are_signed_as_told() {
    let token = "7c1b4f2e-0a55-4e4b-9d6e-000000000001";
    let classic = "{\"eventNotifications\":[{\"realmId\":\"310687\",\"dataChangeEvent\":{\"entities\":[{\"name\":\"Invoice\",\
                   \"id\":\"130\",\"operation\":\"Update\",\"lastUpdated\":\"2026-01-02T03:04:05.000Z\"}]}}]}";
    assert_eq!(signature(token, classic), "edfHbRosu0rH2jBOBnwBovOtRLekTr2QtCrDc90hVNQ=");
    let event = "[{\"specversion\":\"1.0\",\"id\":\"00000000-0000-0000-0000-000000000001\",\"source\":\"intuit.sim\",\
                 \"type\":\"qbo.invoice.updated.v1\",\"datacontenttype\":\"application/json\",\"time\":\"2026-01-02T03:04:05Z\",\
                 \"intuitentityid\":\"130\",\"intuitaccountid\":\"310687\",\"data\":{}}]";
    assert_eq!(signature(token, event), "b2MWxYqiX2mx6+QfD+b4g6g6m1Bjk7SjrRs0Ee5zIbM=");
}

#[test]
fn tries_grow_apart_and_end() {
    let now: Timestamp = "2026-01-15T16:00:00Z".parse().expect("a time");
    let after = |tries| next_try(tries, now).map(|it| it.duration_since(now).as_secs());
    assert_eq!(
        [after(1), after(4), after(8), after(9), after(29)],
        [10, 300, 21_600, 21_600, 21_600].map(Some)
    );
    assert_eq!(after(30), None);
}

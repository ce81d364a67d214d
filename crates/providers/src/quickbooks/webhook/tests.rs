use super::*;

/// The facts' own vectors (§4.4).
const TOKEN: &str = "7c1b4f2e-0a55-4e4b-9d6e-000000000001";
const CLASSIC: &str = r#"{"eventNotifications":[{"realmId":"310687","dataChangeEvent":{"entities":[{"name":"Invoice","id":"130","operation":"Update","lastUpdated":"2026-01-02T03:04:05.000Z"}]}}]}"#;
const CLASSIC_SIGNATURE: &str = "edfHbRosu0rH2jBOBnwBovOtRLekTr2QtCrDc90hVNQ=";
const CLOUD: &str = r#"[{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000001","source":"intuit.sim","type":"qbo.invoice.updated.v1","datacontenttype":"application/json","time":"2026-01-02T03:04:05Z","intuitentityid":"130","intuitaccountid":"310687","data":{}}]"#;
const CLOUD_SIGNATURE: &str = "b2MWxYqiX2mx6+QfD+b4g6g6m1Bjk7SjrRs0Ee5zIbM=";

fn sign(token: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    BASE64.encode(hmac::sign(&key, body.as_bytes()).as_ref())
}

fn take(token: Option<&str>, signature: Option<&str>, body: &str) -> Result<Vec<Notice>, Unproven> {
    let header = |name: &str| signature.filter(|_| name == HEADER).map(str::to_owned);
    let call = Call {
        method: "POST",
        url: "https://k.example/hooks/1",
        path: "/hooks/1",
        header: &header,
        body: body.as_bytes(),
    };
    let token = token.map(|it| Secret::new(it.to_owned()));
    notices(token.as_ref(), &call)
}

fn signed(body: &str) -> Vec<Notice> {
    take(Some(TOKEN), Some(&sign(TOKEN, body)), body).expect("a notification")
}

#[test]
fn both_formats_say_the_same() {
    let mut notice = Notice {
        company: "310687".to_owned(),
        kind: Some(Kind::Invoice),
        entity: "Invoice".to_owned(),
        id: "130".to_owned(),
        what: What::Updated,
        merged: None,
        at: Some("2026-01-02T03:04:05Z".parse().expect("a time")),
        notice_id: None,
    };
    assert_eq!(take(Some(TOKEN), Some(CLASSIC_SIGNATURE), CLASSIC), Ok(vec![notice.clone()]));
    notice.entity = "invoice".to_owned();
    notice.notice_id = Some("00000000-0000-0000-0000-000000000001".to_owned());
    let read = take(Some(TOKEN), Some(CLOUD_SIGNATURE), CLOUD).expect("a notification");
    assert_eq!(read, vec![notice]);
}

#[test]
fn row_28_what_is_not_signed_with_the_token_is_not_read() {
    for (token, signature, body, why) in [
        (Some(TOKEN), None, CLASSIC, Unproven::Unsigned),
        (Some(TOKEN), Some(""), CLASSIC, Unproven::Unsigned),
        (Some(TOKEN), Some("not base64"), CLASSIC, Unproven::Unsigned),
        (Some(TOKEN), Some("c2hvcnQ="), CLASSIC, Unproven::Unsigned),
        (None, Some(CLASSIC_SIGNATURE), CLASSIC, Unproven::NoSecret),
        (Some(" "), Some(CLASSIC_SIGNATURE), CLASSIC, Unproven::NoSecret),
        (Some("another"), Some(CLASSIC_SIGNATURE), CLASSIC, Unproven::Wrong),
        (Some(TOKEN), Some(CLOUD_SIGNATURE), CLASSIC, Unproven::Wrong),
        (Some(TOKEN), Some(CLASSIC_SIGNATURE), &CLASSIC.replace("130", "131"), Unproven::Wrong),
        (Some(TOKEN), Some(CLASSIC_SIGNATURE), &format!("{CLASSIC}\n"), Unproven::Wrong),
    ] {
        assert_eq!(take(token, signature, body), Err(why), "{signature:?}");
    }
    // A token with a line's end behind it, as files have it, is the token.
    assert!(take(Some(&format!("{TOKEN}\n")), Some(CLASSIC_SIGNATURE), CLASSIC).is_ok());
}

#[test]
fn several_companies_and_a_merge_come_in_one_delivery() {
    let classic = r#"{"eventNotifications":[
        {"realmId":"1","dataChangeEvent":{"entities":[
            {"name":"Customer","id":"9","operation":"Merge","lastUpdated":"2026-01-02T03:04:05.000Z","deletedId":"27"},
            {"name":"Vendor","id":"3","operation":"Create"}]}},
        {"realmId":"2","dataChangeEvent":{"entities":[{"name":"Payment","id":"5","operation":"Void"}]}},
        {"realmId":"3"}]}"#;
    let read: Vec<_> = signed(classic)
        .into_iter()
        .map(|it| (it.company, it.kind, it.entity, it.id, it.what, it.merged))
        .collect();
    let text = |it: &str| it.to_owned();
    assert_eq!(
        read,
        [
            (text("1"), Some(Kind::Customer), text("Customer"), text("9"), What::Merged, Some(text("27"))),
            (text("1"), None, text("Vendor"), text("3"), What::Created, None),
            (text("2"), Some(Kind::Payment), text("Payment"), text("5"), What::Voided, None),
        ]
    );
    let cloud = r#"[
        {"id":"a","type":"qbo.customer.Merged.v1","time":"2025-09-10T21:31:25.179851517Z","intuitentityid":"9","intuitaccountid":"1","data":{"deletedid":"27"}},
        {"id":"b","type":"qbo.creditmemo.deleted.v1","intuitentityid":"4","intuitaccountid":"2"},
        {"id":"c","type":"something","intuitentityid":"4","intuitaccountid":"2"},
        {"id":"d","type":"qbo.invoice.frozen.v9","intuitentityid":"6","intuitaccountid":"2"},
        {"id":"e"}]"#;
    let read: Vec<_> =
        signed(cloud).into_iter().map(|it| (it.company, it.kind, it.id, it.what, it.merged)).collect();
    assert_eq!(
        read,
        [
            (text("1"), Some(Kind::Customer), text("9"), What::Merged, Some(text("27"))),
            (text("2"), Some(Kind::CreditMemo), text("4"), What::Deleted, None),
            (text("2"), Some(Kind::Invoice), text("6"), What::Other, None),
        ]
    );
}

#[test]
fn what_is_signed_and_makes_no_sense_is_told() {
    for body in ["", "x", "{}", "1", r#"{"eventNotifications":1}"#] {
        assert_eq!(take(Some(TOKEN), Some(&sign(TOKEN, body)), body), Err(Unproven::Unreadable), "{body}");
    }
    for body in ["[]", r#"{"eventNotifications":[]}"#, "[1]"] {
        assert_eq!(signed(body), [], "{body}");
    }
}

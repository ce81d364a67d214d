use std::collections::BTreeMap;

use super::*;

const TEMPLATE: &str = r#"
provider = "Hooked"
display_name = "Hooked"
description = "Calls."
integration_type = "Shipping"
documentation_url = "https://hooked.example"
allowed_hosts = ["api.hooked.example"]

[environments.production]
base_url = "https://api.hooked.example"

[[secret_fields]]
key = "Signing"
display_name = "Signing secret"

[authentication]
method = "bearer"
token = "{{secrets.Signing}}"

[webhook]
header = "X-Signature"
prefix = "v1="
algorithm = "sha256"
encoding = "hex"
payload = "{{request.timestamp}}.{{request.method}}.{{request.body}}"
secret = "{{secrets.Signing}}"
timestamp_header = "X-Sent"
tolerance_seconds = 60
"#;

const NOW: i64 = 1_700_000_000;
/// HMAC-SHA256 with the key `key` over `1700000000.POST.{"a":1}`, made with OpenSSL.
const SIGNATURE: &str = "bfa39c2aa1529e30354dbbade1cd24618c7ccfb593674ba2a94290b234d1d0b7";

struct Sent<'a> {
    signature: Option<&'a str>,
    time: Option<&'a str>,
    method: &'a str,
    body: &'a str,
    secret: Option<&'a str>,
    now: i64,
}

fn good(signature: &str) -> Sent<'_> {
    Sent {
        signature: Some(signature),
        time: Some("1700000000"),
        method: "POST",
        body: r#"{"a":1}"#,
        secret: Some("key"),
        now: NOW,
    }
}

fn check(sent: &Sent<'_>) -> Result<(), Unproven> {
    let template = Template::parse(TEMPLATE).unwrap_or_else(|faults| panic!("{faults:?}"));
    let webhook = template.webhook.as_ref().expect("it is described");
    let header = |name: &str| match name {
        "X-Signature" => sent.signature.map(str::to_owned),
        "X-Sent" => sent.time.map(str::to_owned),
        _ => None,
    };
    let call = Call {
        method: sent.method,
        url: "https://kontor.example/hooks/Hooked/int_1",
        path: "/hooks/Hooked/int_1",
        header: &header,
        body: sent.body.as_bytes(),
    };
    let now = Timestamp::from_second(sent.now).expect("a time");
    let claimed = claim(webhook, &call, now)?;
    let (configuration, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    if let Some(secret) = sent.secret {
        secrets.insert("Signing".to_owned(), Secret::new(secret.to_owned()));
    }
    verify(&template, webhook, &Connection::plain(&configuration, &secrets), &call, &claimed)
}

#[test]
fn what_is_signed_is_taken() {
    let written = format!("v1={SIGNATURE}");
    assert_eq!(check(&good(&written)), Ok(()));
    let capitals = format!("v1={}", SIGNATURE.to_ascii_uppercase());
    assert_eq!(check(&good(&capitals)), Ok(()));
    assert_eq!(check(&Sent { now: NOW + 60, ..good(&written) }), Ok(()));
    assert_eq!(check(&Sent { now: NOW - 60, ..good(&written) }), Ok(()));
}

#[test]
fn whatever_is_not_certainly_signed_is_refused() {
    let written = format!("v1={SIGNATURE}");
    let other = written.replace(&SIGNATURE[..2], if SIGNATURE.starts_with("00") { "11" } else { "00" });
    for (sent, why) in [
        (Sent { signature: None, ..good("") }, Unproven::Unsigned),
        (good(SIGNATURE), Unproven::Unsigned),
        (good("v1="), Unproven::Unsigned),
        (good("v1=nothex"), Unproven::Unsigned),
        (good(&written[..written.len() - 2]), Unproven::Unsigned),
        (good(&other), Unproven::Wrong),
        (Sent { time: None, ..good(&written) }, Unproven::Stale),
        (Sent { time: Some("yesterday"), ..good(&written) }, Unproven::Stale),
        (Sent { time: Some("1700000001"), ..good(&written) }, Unproven::Wrong),
        (Sent { now: NOW + 61, ..good(&written) }, Unproven::Stale),
        (Sent { now: NOW - 61, ..good(&written) }, Unproven::Stale),
        (Sent { body: r#"{"a":2}"#, ..good(&written) }, Unproven::Wrong),
        (Sent { method: "PUT", ..good(&written) }, Unproven::Wrong),
        (Sent { secret: Some("yek"), ..good(&written) }, Unproven::Wrong),
        (Sent { secret: None, ..good(&written) }, Unproven::NoSecret),
        (Sent { secret: Some(""), ..good(&written) }, Unproven::NoSecret),
    ] {
        let told = format!("{:?} {:?} {} {:?}", sent.signature, sent.time, sent.now, sent.secret);
        assert_eq!(check(&sent), Err(why), "{told}");
    }
}

#[test]
fn a_time_in_milliseconds_is_understood() {
    let sent = Sent { time: Some("1700000000000"), ..good("v1=") };
    let wrong = format!("v1={}", "00".repeat(32));
    // The time is fresh; what was signed is another text.
    assert_eq!(check(&Sent { signature: Some(&wrong), ..sent }), Err(Unproven::Wrong));
    let late = Sent { time: Some("1699999000000"), signature: Some(&wrong), ..good("") };
    assert_eq!(check(&late), Err(Unproven::Stale));
}

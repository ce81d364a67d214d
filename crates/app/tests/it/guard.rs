//! Where calls may go, from outside: whatever a template, a setting or an authorization server's address says, nothing
//! inside is reached unless the operator opened that one place. Names that change between the look and the call are
//! tested where the resolver can be put in, beside the guard itself.

use serde_json::{Value, json};

use crate::support::{
    Engine, on_both,
    process::{Demo, integration},
    upstream::{Upstream, fine, integrate, integrate_at},
};

const BEARER: &str = "method = \"bearer\"\ntoken = \"{{secrets.ApiKey}}\"";

/// Addresses of a template's, and why each is none on the internet.
const ADDRESSES: [(&str, &str); 14] = [
    ("https://127.0.0.1", "of this machine"),
    ("https://0.0.0.0", "of this machine"),
    ("https://10.1.2.3", "of a private network"),
    ("https://172.16.0.1", "of a private network"),
    ("https://192.168.1.1", "of a private network"),
    ("https://169.254.169.254", "of the local link"),
    ("https://100.64.0.1", "of a carrier's inner network"),
    ("https://192.0.2.1", "only for examples"),
    ("https://224.0.0.1", "of many receivers at once"),
    ("https://255.255.255.255", "that is reserved"),
    ("https://a.localhost", "inner network"),
    ("https://printer.local", "inner network"),
    ("https://metadata.google.internal", "inner network"),
    ("http://api.shop.example:80", "does not begin with https://"),
];

/// The same two places, as a setting can have them: every one of these is read as `127.0.0.1` or `192.168.1.1`.
const WRITTEN: [(&str, &str); 8] = [
    ("https://127.1", "of this machine"),
    ("https://0x7f.0.0.1", "of this machine"),
    ("https://0177.0.0.1", "of this machine"),
    ("https://2130706433", "of this machine"),
    ("https://0x7f000001", "of this machine"),
    ("https://127.0.0.1.", "of this machine"),
    ("https://0xc0a80101", "of a private network"),
    ("https://192.168.257", "of a private network"),
];

/// What the API says of a refused address: by a test, and by a request of the caller's own.
async fn refused(demo: &Demo, path: &str, why: &str) {
    let tested = demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json();
    assert_eq!((&tested["success"], &tested["testStatus"]), (&json!(false), &json!("Failed")), "{tested}");
    let details = tested["details"].as_str().expect("words");
    assert!(details.contains("address is not allowed") && details.contains(why), "{why}: {details}");
    assert!(details.contains("has to be opened by the operator first"), "what to do: {details}");
    let answer = demo.admin.get(&format!("{path}/proxy/orders")).await.expect(422);
    assert_eq!(answer.code(), "address_not_allowed", "{}", answer.text);
    let said = answer.json()["detail"].as_str().expect("words").to_owned();
    assert!(said.contains(why) && said.contains("Nothing was sent."), "{why}: {said}");
}

async fn no_template_leads_inside(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    for (at, (base, _)) in ADDRESSES.iter().enumerate() {
        upstream.describe_at(&format!("Inner{at}"), BEARER, &format!("{base}/v1"));
    }
    upstream.describe_own("Own", BEARER, &["127.0.0.1", "192.168.1.1"]);
    // A template that writes such an address otherwise: no address that it makes is one of its own hosts.
    upstream.describe_at("Odd", BEARER, "https://0x7f.1/v1");
    // This very server, which nobody opened, and one that is opened but whose tokens are to be had inside.
    upstream.describe("Depot", BEARER);
    let opened = Upstream::start(fine).await;
    let token = |url: &str| {
        format!(
            "method = \"oauth2_client_credentials\"\nclient_id = \"a\"\nclient_secret = \"{{{{secrets.ApiKey}}}}\"\ntoken_url = \"{url}\""
        )
    };
    let base = format!("http://{}/v1", opened.address);
    upstream.describe_at("Tokens", &token(&format!("http://{}/token", upstream.address)), &base);
    let demo = upstream.demo(engine, &[("KONTOR_NETWORK__ALLOW_HOSTS", &opened.address.to_string())]);
    for (at, (_, why)) in ADDRESSES.iter().enumerate() {
        let path = integrate(&demo, &format!("Inner{at}"), "key-0001").await;
        refused(&demo, &path, why).await;
    }
    for (url, why) in WRITTEN {
        let path = integrate_at(&demo, "Own", "key-0001", url).await;
        refused(&demo, &path, why).await;
    }
    let path = integrate(&demo, "Odd", "key-0001").await;
    let tested = test(&demo, &path).await.to_string();
    assert!(tested.contains("lead to 127.0.0.1, which is none of this provider's hosts"), "{tested}");
    let path = integrate(&demo, "Depot", "key-0001").await;
    refused(&demo, &path, "https://").await;
    let path = integrate(&demo, "Tokens", "key-0001").await;
    let answer = demo.admin.get(&format!("{path}/proxy/orders")).await.expect(422);
    assert!(answer.text.contains("address is not allowed"), "{}", answer.text);
    assert!(upstream.take().is_empty() && opened.take().is_empty(), "somebody connected");
    let rows =
        "SELECT COUNT(*) FROM audit WHERE action = 'integration.proxied' AND detail LIKE '%not allowed%'";
    assert_eq!(
        demo.database.count(rows),
        u64::try_from(ADDRESSES.len() + WRITTEN.len()).expect("few") + 1,
        "each is on record"
    );
}

/// Hosts of a mail server, which are a setting of the caller's.
const MAIL: [(&str, &str); 18] = [
    ("127.0.0.1", "of this machine"),
    ("0x7f.1", "of this machine"),
    ("017700000001", "of this machine"),
    ("2130706433", "of this machine"),
    ("::1", "of this machine"),
    ("::ffff:127.0.0.1", "wraps another address"),
    ("::ffff:8.8.8.8", "wraps another address"),
    ("::127.0.0.1", "wraps another address"),
    ("64:ff9b::7f00:1", "wraps another address"),
    ("64:ff9b:1::a00:1", "wraps another address"),
    ("2002:7f00:1::1", "wraps another address"),
    ("2001:0:7f00:1::1", "wraps another address"),
    ("fd00::1", "of a private network"),
    ("fe80::1", "of the local link"),
    ("100.127.255.254", "of a carrier's inner network"),
    ("localhost", "inner network"),
    ("MAIL.LOCALHOST", "inner network"),
    ("intranet", "inner network"),
];

/// Adds a mail server; its path.
async fn mail(demo: &Demo, host: &str, port: u16) -> String {
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let body = json!({
        "integrationType": "Email", "provider": "Smtp", "displayName": "Mail",
        "configuration": { "Host": host, "Port": port, "UserName": "shop" }, "secrets": { "Password": "word-0001" },
    });
    demo.admin.post(&list, &body).await.expect(201).header("location").to_owned()
}

async fn test(demo: &Demo, path: &str) -> Value {
    demo.admin.send("POST", &format!("{path}/test"), &[], None).await.expect(200).json()
}

async fn no_setting_leads_inside(engine: Engine) {
    let upstream = Upstream::start(fine).await;
    let port = upstream.address.port();
    let demo = Demo::start(engine);
    for (host, why) in MAIL {
        // A port of mail servers, and the one where somebody would be reached.
        for port in [587, port] {
            let path = mail(&demo, host, port).await;
            let tested = test(&demo, &path).await;
            let details = tested["details"].as_str().expect("words");
            assert_eq!(tested["success"], json!(false), "{host}: {tested}");
            assert!(details.contains("address is not allowed") && details.contains(why), "{host}: {details}");
            demo.admin.delete(&path).await.expect(204);
        }
    }
    // On the internet any mail server may be, but no other service of it.
    let tested = test(&demo, &mail(&demo, "mail.shop.example", 6_379).await).await;
    assert!(tested["details"].as_str().is_some_and(|it| it.contains("port is not allowed")), "{tested}");
    let tested = test(&demo, &mail(&demo, "mail.shop.example", 587).await).await;
    assert!(tested["details"].as_str().is_some_and(|it| it.contains("no server of that name")), "{tested}");
    assert!(upstream.seen().is_empty(), "somebody connected");
}

async fn what_is_opened_is_one_place(engine: Engine) {
    let (upstream, beside) = (Upstream::start(fine).await, Upstream::start(fine).await);
    upstream.describe("Depot", BEARER);
    upstream.describe_at("Named", BEARER, &format!("http://localhost:{}/v1", upstream.address.port()));
    upstream.describe_at("Beside", BEARER, &format!("http://{}/v1", beside.address));
    let demo = upstream.demo(engine, &[]);
    let path = integrate(&demo, "Depot", "key-0001").await;
    assert_eq!(test(&demo, &path).await["success"], json!(true));
    demo.admin.get(&format!("{path}/proxy/orders")).await.expect(200);
    assert_eq!(upstream.take().len(), 2);
    // Another port, and another name of the same place.
    for (provider, why) in [("Beside", "https://"), ("Named", "https://")] {
        refused(&demo, &integrate(&demo, provider, "key-0001").await, why).await;
    }
    assert!(upstream.take().is_empty() && beside.take().is_empty(), "somebody connected");
    // The demo's simulators stand on this machine too: their settings open them, and nothing beside them.
    let list = format!("/api/organizations/{}/integrations", demo.text("organizationId"));
    let cards = integration(&demo.line["credentials"]["worldpay"][0]);
    let cards = demo.admin.post(&list, &cards).await.expect(201).header("location").to_owned();
    assert_eq!(test(&demo, &cards).await["success"], json!(true));
}

on_both!(no_template_leads_inside, no_setting_leads_inside, what_is_opened_is_one_place);

use std::collections::BTreeMap;

use super::*;
use crate::{
    error::Kind,
    tests::{Account, Served, answer},
};

pub(super) fn account() -> Account {
    Account::of(
        &[("ApplicationId", "20001")],
        &[("AccountId", "1000001"), ("AccountToken", "TOKEN"), ("AcceptorId", "300000001")],
    )
}

pub(super) fn provider(served: &Served) -> Worldpay {
    let settings = Settings { timeout_ms: 300, sandbox_url: Some(served.url.clone()) };
    Worldpay::new(settings, served.http()).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn xml(body: &str) -> String {
    answer("text/xml; charset=utf-8", body)
}

fn worldpay(sandbox: Option<&str>) -> Worldpay {
    let sandbox_url = sandbox.map(|it| Url::parse(it).expect("a URL"));
    let opened: Vec<_> = sandbox_url.iter().filter_map(crate::http::Opened::of).collect();
    let http = Http::new(&opened).unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings { timeout_ms: 2_000, sandbox_url };
    Worldpay::new(settings, http).unwrap_or_else(|error| panic!("{error}"))
}

static NO_SECRETS: BTreeMap<String, kontor_domain::Secret> = BTreeMap::new();

fn places(worldpay: &Worldpay, sandbox: Option<&str>) -> [String; 3] {
    let configuration = sandbox.map(|it| ("IsSandbox".to_owned(), it.to_owned())).into_iter().collect();
    let connection = Connection::plain(&configuration, &NO_SECRETS);
    let address =
        |host| worldpay.address(&connection, host).map_or_else(|error| panic!("{error}"), String::from);
    [address(Host::Transaction), address(Host::Reporting), worldpay.page(&connection, "ID")]
}

#[test]
fn the_sandbox_is_the_certification_environment() {
    let certification = [
        "https://certtransaction.elementexpress.com/",
        "https://certreporting.elementexpress.com/",
        "https://certtransaction.hostedpayments.com/?TransactionSetupID=ID",
    ];
    assert_eq!(places(&worldpay(None), Some("true")), certification);
    assert_eq!(places(&worldpay(None), None), certification, "real money has to be asked for");
}

#[test]
fn the_operators_sandbox_never_stands_for_production() {
    let worldpay = worldpay(Some("http://127.0.0.1:9/sim/"));
    assert_eq!(
        places(&worldpay, Some("true")),
        [
            "http://127.0.0.1:9/sim/",
            "http://127.0.0.1:9/sim/",
            "http://127.0.0.1:9/sim/?TransactionSetupID=ID"
        ]
    );
    assert_eq!(
        places(&worldpay, Some("false")),
        [
            "https://transaction.elementexpress.com/",
            "https://reporting.elementexpress.com/",
            "https://transaction.hostedpayments.com/?TransactionSetupID=ID"
        ]
    );
}

#[tokio::test]
async fn a_test_that_reaches_nobody_says_so() {
    // Port 9 of the loopback: nobody listens there.
    let worldpay = worldpay(Some("http://127.0.0.1:9"));
    let secrets = ["AccountId", "AccountToken", "AcceptorId"];
    let secrets =
        secrets.map(|key| (key.to_owned(), kontor_domain::Secret::new("1".to_owned()))).into_iter().collect();
    let configuration = BTreeMap::from([("ApplicationId".to_owned(), "1".to_owned())]);
    let report = worldpay.test(&Connection::plain(&configuration, &secrets)).await;
    assert!(!report.success);
    assert_eq!(report.error.map(|it| it.kind), Some(Kind::Unreachable));
    assert!(report.details.contains("try again later"), "{}", report.details);
}

#[test]
fn the_template_is_sound() {
    let reading =
        kontor_domain::templates::Template::read(include_str!("../../../../templates/worldpay.toml"));
    assert_eq!(reading.faults, Vec::new());
}

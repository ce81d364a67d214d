//! `kontor demo`: the server, the simulators and a seeded organization in one process.
//!
//! Everything is real but the providers, which are the simulators, and the merchant's application, which is `/demo`.

mod bookkeeper;
mod seed;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::Context as _;
use kontor_domain::{Secret, ids::IntegrationId};
use kontor_simulators::quickbooks;
use kontor_web::Claims;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::simulators::Simulators;
use crate::{cli, config::Config, shutdown::Shutdown, start, telemetry};

use seed::{BUYER, ORDER, STORY_CUSTOMER, Seeded};

/// How long the printed tokens are good for, in seconds: a working day and some.
const TOKEN_SECONDS: i64 = 86_400;

/// The demo's data folder; a temporary one goes away at the end.
enum Folder {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> PathBuf {
        match self {
            Self::Given(path) => path.clone(),
            // One deeper: the key lies beside the data folder, and has to go away with it.
            Self::Temporary(folder) => folder.path().join("data"),
        }
    }
}

pub(crate) async fn run(args: cli::Demo) -> anyhow::Result<()> {
    // First of all: a temporary folder must go away however early somebody asks.
    let shutdown = Shutdown::listen()?;
    let folder = match &args.data_dir {
        Some(path) => Folder::Given(std::path::absolute(path)?),
        None => Folder::Temporary(tempfile::Builder::new().prefix("kontor-demo-").tempdir()?),
    };
    let listen = args.listen.unwrap_or_else(|| ([127, 0, 0, 1], 8080).into());
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("listening on {listen}: choose another address with --listen, such as 127.0.0.1:0")
    })?;
    let address = reachable(listener.local_addr()?);
    crate::config::make_folder(&folder.path())?;
    let free = [(address.ip(), 0).into(); 3];
    let simulators = Simulators::start(free, Some(folder.path().join("simulators.db"))).await?;

    let config = Config::demo(&crate::config::Demo {
        listen: address,
        data_dir: folder.path(),
        database_url: args.database_url.clone(),
        authorize_net_sandbox_url: simulators.authorize_net.url(),
        worldpay_sandbox_url: simulators.worldpay.url(),
        quickbooks_sandbox_url: simulators.quickbooks.url(),
        quickbooks_app: (told(&simulators, "clientId")?, Secret::new(told(&simulators, "clientSecret")?)),
        quickbooks_verifier: Secret::new(told(&simulators, "webhookVerifierToken")?),
    })?;
    let metrics = telemetry::start(&config)?;
    let engine = start::engine(&config, true).await?;
    let auth_secret = config.auth_secret(engine.ambient.entropy())?;
    // Programs begin with clean books; a person finds something to look at.
    let story = args.story || !args.json;
    let origin = format!("http://{address}");
    let books = simulators.quickbooks.url();
    let seeded = seed::seed(&engine, &simulators.credentials(), &books, &origin, story).await?;
    let token = |organization: &kontor_store::organizations::Organization| {
        let now = engine.ambient.now();
        let claims =
            Claims::new(&organization.id, &organization.code, "Admin", None, "demo", now, TOKEN_SECONDS);
        kontor_web::mint(&claims, &auth_secret)
    };
    let line = line(
        address,
        &folder.path(),
        &seeded,
        &simulators,
        (&token(&seeded.organization)?, &token(&seeded.other)?),
    );
    let demo = kontor_web::Demo {
        organization: seeded.organization.id,
        org_code: seeded.organization.code.clone(),
        customer_number: seeded.customer_number.clone(),
        invoice: seeded.invoice,
    };
    let organization = seeded.organization.id;
    let keeper = Arc::clone(&engine);
    let running = start::start(&config, engine, listener, auth_secret, metrics, Some(demo))?;
    let bookkeeper = story
        .then(|| tokio::spawn(async move { bookkeeper::keep(keeper, organization, BUYER, &books).await }));
    if args.json {
        crate::say(&line.to_string())?;
    } else {
        crate::say(&welcome(&line, seeded.books))?;
    }
    let ended = running.until_asked(shutdown).await;
    if let Some(bookkeeper) = bookkeeper {
        bookkeeper.abort();
    }
    simulators.stop().await;
    ended
}

/// What to open: an address that listens everywhere is none that a browser can be sent to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What the QuickBooks simulator says of the operator's app there.
fn told(simulators: &Simulators, key: &str) -> anyhow::Result<String> {
    let value = simulators.quickbooks.credentials().get(key).and_then(Value::as_str).map(str::to_owned);
    value.with_context(|| format!("the QuickBooks simulator has no {key}"))
}

/// What `--json` prints. What this version does not have yet is null or empty.
fn line(
    address: SocketAddr,
    folder: &std::path::Path,
    seeded: &Seeded,
    simulators: &Simulators,
    (token, other_token): (&str, &str),
) -> Value {
    json!({
        "baseUrl": format!("http://{address}"),
        "consoleUrl": null,
        "organizationId": seeded.organization.id,
        "adminToken": token,
        "customerNumber": seeded.customer_number,
        "invoiceId": seeded.invoice,
        "simulators": simulators.addresses(),
        "dataDir": folder,
        "otherOrganizationId": seeded.other.id,
        "otherAdminToken": other_token,
        "credentials": simulators.credentials(),
    })
}

/// What a person sees: what to open and what to paste.
fn welcome(line: &Value, books: IntegrationId) -> String {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let base = text("baseUrl");
    let simulator = line.pointer("/simulators/quickBooks").and_then(Value::as_str).unwrap_or_default();
    let company = quickbooks::companies().next().unwrap_or_default();
    let phone = bookkeeper::PHONE;
    let simulators = line.get("simulators").and_then(Value::as_object).into_iter().flatten();
    let saw: Vec<String> =
        simulators.filter_map(|(_, url)| Some(format!("{}/_sim", url.as_str()?))).collect();
    let saw = saw.join("\n                       ");
    format!(
        "Kontor runs. Open\n\n    {base}/demo\n\nand pay the invoice: card 4111 1111 1111 1111, any future expiry, CVV 123.\n\n\
         API reference          {base}/docs\nWhat providers saw     {saw}\nData                   {}\n\n\
         To paste into a shell:\n\n    BASE={base}\n    TOKEN={}\n    INVOICE={}\n    CUSTOMER={}\n    ORG={}\n\n    \
         curl -H \"Authorization: Bearer $TOKEN\" $BASE/api/invoices/$INVOICE\n\n\
         Already happened, for {STORY_CUSTOMER}: a card was saved, an invoice was charged with it by itself, another was\n\
         charged and refunded, and the day was reconciled with both providers. See it with\n\n    \
         curl -H \"Authorization: Bearer $TOKEN\" $BASE/api/payments/payment-methods/{STORY_CUSTOMER}\n    \
         curl -H \"Authorization: Bearer $TOKEN\" \"$BASE/api/payments?customerNumber={STORY_CUSTOMER}\"\n    \
         curl -H \"Authorization: Bearer $TOKEN\" $BASE/api/reports/reconciliation\n\n\
         Happening now, for {BUYER}: the order {ORDER} was confirmed, invoiced and paid. In a moment all of it is in the\n\
         company's books, and the telephone number that its bookkeeper writes down there ({phone}) is here. See it with\n\n    \
         curl -H \"Authorization: Bearer $TOKEN\" $BASE/api/organizations/$ORG/integrations/{books}/sync/records\n    \
         curl {simulator}/_sim/quickbooks/{company}/objects/Invoice\n    \
         curl -H \"Authorization: Bearer $TOKEN\" $BASE/api/customers/{BUYER}\n\nCtrl-C ends it.",
        text("dataDir"),
        text("adminToken"),
        text("invoiceId"),
        text("customerNumber"),
        text("organizationId"),
    )
}

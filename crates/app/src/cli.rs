//! The command line: what can be typed, and nothing of what it does.

mod keys;

pub(crate) use keys::{Keys, Rotate, Rotation};

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

/// Connects a merchant to its payment processors and its books.
#[derive(Debug, Parser)]
#[command(name = "kontor", version, about)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the server, the simulators and a seeded organization in one process.
    Demo(Demo),
    /// Runs the service.
    Serve(Serve),
    /// Runs the providers' simulators alone.
    Simulate(Simulate),
    /// Applies the database migrations that are missing.
    Migrate(Settings),
    /// Checks the installation and says what to do.
    Doctor(Settings),
    /// Organizations.
    #[command(subcommand)]
    Org(Org),
    /// The keys that secrets are sealed under: where they stand, and new ones.
    #[command(subcommand)]
    Keys(Keys),
    /// Tokens of the built-in issuer.
    #[command(subcommand)]
    Token(Token),
    /// API credentials.
    #[command(subcommand)]
    Access(Access),
    /// Load of the real operations, with a histogram.
    Bench(Bench),
    /// Templates of providers.
    #[command(subcommand)]
    Templates(Templates),
}

/// `kontor templates …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Templates {
    /// Lists every provider that can be connected, and what is wrong with the folder's.
    List {
        #[command(flatten)]
        settings: Settings,
    },
    /// Says everything that is wrong with templates, with file and line.
    Check {
        /// The templates.
        #[arg(required = true, value_name = "FILE", value_parser = existing)]
        files: Vec<PathBuf>,
        /// Runs the connection test against the fakes of this folder's fixtures too.
        #[arg(long, value_name = "DIR", value_parser = existing)]
        fixtures: Option<PathBuf>,
    },
    /// Plays a provider out of a fixture, again and again, until it is ended.
    Fake {
        /// The fixture.
        #[arg(value_name = "FILE", value_parser = existing)]
        fixture: PathBuf,
        /// Where it stands.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9300")]
        listen: SocketAddr,
    },
    /// Prints the JSON Schema of templates.
    Schema,
}

/// A path that is there: one that is not is wrong use.
fn existing(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.exists() { Ok(path) } else { Err("there is no such file or folder".to_owned()) }
}

/// Where settings come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Settings {
    /// The settings file; `kontor.toml` in this folder where there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `kontor serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Applies missing migrations first.
    #[arg(long)]
    pub(crate) migrate: bool,
    /// Prints the settings in force, secrets hidden, and ends.
    #[arg(long)]
    pub(crate) print_config: bool,
}

/// `kontor demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where to keep its data; a temporary folder, removed at the end, where not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Another database than SQLite in the data folder.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Prints one line of JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// Has a card saved, an invoice charged by itself, a refund given and the day reconciled before it says that it runs.
    /// Always so without --json.
    #[arg(long)]
    pub(crate) story: bool,
}

/// `kontor simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Where to listen; up to three times, for Authorize.Net, Worldpay and QuickBooks. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Vec<SocketAddr>,
    /// Keeps the simulators' state in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Prints one line of JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Simulate {
    /// Where each simulator listens, in the order of `--listen`; a free port for those not named.
    pub(crate) fn listen(&self) -> Result<[SocketAddr; 3], clap::Error> {
        let mut listen = [([127, 0, 0, 1], 0).into(); 3];
        if self.listen.len() > listen.len() {
            let message = "--listen may be given three times: Authorize.Net, Worldpay, QuickBooks";
            return Err(Cli::command().error(clap::error::ErrorKind::TooManyValues, message));
        }
        for (place, given) in listen.iter_mut().zip(&self.listen) {
            *place = *given;
        }
        Ok(listen)
    }
}

/// `kontor org …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Org {
    /// Adds an organization and prints its id.
    Create {
        #[command(flatten)]
        settings: Settings,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its code, with which its callers sign in; made from the name where not given.
        #[arg(long)]
        code: Option<String>,
        /// Prints `{organizationId, orgCode}`.
        #[arg(long)]
        json: bool,
    },
    /// Deletes an organization with everything of it, and destroys its keys: no backup opens its secrets again.
    Delete {
        #[command(flatten)]
        settings: Settings,
        /// The organization's id or code.
        #[arg(long)]
        org: String,
        /// Says that you mean it; nothing is asked.
        #[arg(long)]
        yes: bool,
    },
}

/// `kontor token …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Prints a token.
    Mint {
        #[command(flatten)]
        settings: Settings,
        /// The organization's id.
        #[arg(long)]
        org: String,
        /// What its bearer may do.
        #[arg(long)]
        role: Role,
        /// The customer's number; a Customer needs one.
        #[arg(long, value_name = "NUMBER", required_if_eq("role", "Customer"))]
        customer: Option<String>,
        /// How long it is good for, in seconds.
        #[arg(long, default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
        seconds: u32,
    },
}

/// `kontor access …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Adds API credentials and prints the key. It is shown this once.
    Create {
        #[command(flatten)]
        settings: Settings,
        /// The organization's id.
        #[arg(long)]
        org: String,
        /// What its bearer may do.
        #[arg(long)]
        role: Role,
        /// What it is for.
        #[arg(long, default_value = "command line")]
        name: String,
        /// The customer's number; a Customer needs one.
        #[arg(long, value_name = "NUMBER", required_if_eq("role", "Customer"))]
        customer: Option<String>,
        /// Prints `{orgCode, clientId, clientSecret, apiKey}`.
        #[arg(long)]
        json: bool,
    },
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Everything.
    #[value(name = "Admin", alias = "admin")]
    Admin,
    /// Invoices, customers and payments.
    #[value(name = "SalesRep", aliases = ["salesrep", "sales-rep"])]
    SalesRep,
    /// Its own invoices and payments.
    #[value(name = "Customer", alias = "customer")]
    Customer,
}

impl Role {
    /// As claims and the database say it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::SalesRep => "SalesRep",
            Self::Customer => "Customer",
        }
    }
}

/// `kontor bench`.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// A running Kontor; one is started for the run where not given.
    #[arg(long, value_name = "URL", requires = "token")]
    pub(crate) url: Option<url::Url>,
    /// An Admin's token for the running Kontor.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// The database of the Kontor that is started; SQLite in a temporary folder where not given.
    #[arg(long, value_name = "URL", conflicts_with = "url")]
    pub(crate) database_url: Option<String>,
    /// How long each scenario runs.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    /// How many requests are under way at once.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1_024))]
    pub(crate) concurrency: u64,
    /// What to run; all where not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Vec<Scenario>,
    /// Prints one line of JSON a scenario.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// From the process's start on an empty folder to the first good `/readyz`, and its memory then.
    Start,
    /// `GET /api/invoices/{id}`.
    ReadInvoice,
    /// `POST /api/invoices/{id}/payments` with a cheque.
    OfflinePayment,
    /// Opening a hosted page, paying on it, and the callback.
    Hosted,
    /// `POST /api/invoices/{id}/payments` with a saved card at Authorize.Net.
    ChargeSavedCard,
    /// `POST /api/payments/{id}/refunds` of such a payment, whole, before it settles.
    Refund,
    /// The callback alone: the browser comes back from a page that was paid on, the provider is asked, the invoice paid.
    Callback,
    /// Charges of one organization while another one's provider takes 30 seconds for each answer, beside charges alone.
    HangingProvider,
    /// Offline payments while the books are brought up to date and compared, beside offline payments alone.
    PaymentBesideSync,
    /// Listing 1,000 integrations beside listing 10, and the ratio of the two.
    ListIntegrations,
    /// Opening one sealed secret whose organization's key is at hand.
    OpenSecret,
    /// Loading 10,000 templates from a folder, and looking at it again when nothing, and when one of them, changed.
    LoadTemplates,
}

#[cfg(test)]
mod tests;

//! The providers' side of the wire: what they take, what they answer, what their page does, and what they remember.
//!
//! A product feature and the oracle of the tests: what the ledger here says is the truth. Refuses to share a line
//! with the adapters, so that the two are two readings of the same facts.

pub mod authorize_net;
mod clock;
mod control;
pub mod fake;
mod faults;
mod ledger;
pub mod quickbooks;
mod running;
mod serve;
mod spoil;
mod state;
mod webhook;
pub mod worldpay;
mod xml;

use std::{future::Future, net::SocketAddr, path::PathBuf, pin::Pin, sync::Arc};

use jiff::Timestamp;

pub use running::Running;

/// A message that a simulator has for somebody on this machine: a provider's webhook.
#[derive(Debug, Clone)]
pub struct Message {
    /// Plain HTTP to a loopback address, looked at before it is handed over.
    pub url: url::Url,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// What is posted.
    pub body: String,
}

/// Posts a message and tells whether it was taken. The simulators open no connection themselves: whoever starts them
/// has the one way out.
pub type Sender = Arc<dyn Fn(Message) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// How a simulator is set up.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Keeps everything in this SQLite file; in memory where there is none.
    pub state: Option<PathBuf>,
    /// Same seed, same ids.
    pub seed: u64,
    /// What time it is, before anybody moves the simulator's clock.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// How long a hosted page is good for, in seconds (worldpay-express.md §5.4: not sure).
    pub hosted_window_seconds: i64,
    /// Reports name pages in lower case, as recorded (worldpay-express.md §7); false for upper case.
    pub lower_case_reports: bool,
    /// The page sends the browser back with a form post instead of a redirect (worldpay-express.md §5.3).
    pub return_by_post: bool,
    /// How webhooks leave; without it they wait.
    pub sender: Option<Sender>,
    /// What is open about Intuit.
    pub quickbooks: quickbooks::Choices,
}

impl Settings {
    /// What is most likely true of the provider.
    pub fn new(listen: SocketAddr, clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self {
            listen,
            state: None,
            seed: 1,
            clock,
            hosted_window_seconds: 600,
            lower_case_reports: true,
            return_by_post: false,
            sender: None,
            quickbooks: quickbooks::Choices::default(),
        }
    }
}

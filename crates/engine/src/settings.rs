//! The operator's settings that use cases lean on.

use std::time::Duration;

use url::Url;

/// Times and addresses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where browsers and providers reach this Kontor, without a trailing slash.
    pub public_url: Url,
    /// In production mode localhost is no return address unless listed.
    pub production: bool,
    /// How long a hosted page is taken to be open.
    pub hosted_window: Duration,
    /// After how long a call without an answer is asked about; longer than the provider's timeout.
    pub resolve_after: Duration,
    /// How long after a first "nothing here" the provider is asked again before that is believed.
    pub not_found_after: Duration,
    /// How often a refund that waits for settlement is tried.
    pub settlement_poll: Duration,
    /// How often each integration for payments is reconciled with its provider.
    pub reconcile: Duration,
    /// How often the sweep looks for due work.
    pub sweep: Duration,
    /// The longest that one call to a provider may take.
    pub provider_timeout: Duration,
    /// How books are kept in step.
    pub sync: crate::sync::Pace,
    /// How much and how long for callers' own requests to providers.
    pub proxy: kontor_providers::proxy::Limits,
}

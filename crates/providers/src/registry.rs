//! Which providers there are. A provider is a folder and one line here.

use std::sync::{Arc, PoisonError, RwLock};

use kontor_domain::templates::Template;
use url::Url;

use crate::{Http, Provider, authorize_net, quickbooks, worldpay};

/// What the operator set, for each provider.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Authorize.Net.
    pub authorize_net: authorize_net::Settings,
    /// Worldpay Express.
    pub worldpay: worldpay::Settings,
    /// QuickBooks Online.
    pub quickbooks: quickbooks::Settings,
}

/// The providers. Shared: those that are described by the operator's files may change while the program runs.
pub struct Registry {
    providers: RwLock<Vec<Arc<dyn Provider>>>,
}

impl Registry {
    /// All of them. Fails when an embedded template cannot be read, which the tests would have told.
    pub fn new(settings: Settings, http: Http) -> Result<Self, String> {
        let providers: Vec<Arc<dyn Provider>> = vec![
            Arc::new(authorize_net::AuthorizeNet::new(settings.authorize_net, http.clone())?),
            Arc::new(worldpay::Worldpay::new(settings.worldpay, http.clone())?),
            Arc::new(quickbooks::QuickBooks::new(settings.quickbooks, http)?),
        ];
        Ok(Self { providers: RwLock::new(providers) })
    }

    /// The provider of that name, in any case of letters. Whoever holds it goes on with it, also when it is
    /// replaced meanwhile.
    pub fn get(&self, provider: &str) -> Option<Arc<dyn Provider>> {
        let providers = self.providers.read().unwrap_or_else(PoisonError::into_inner);
        providers.iter().find(|it| it.template().provider.eq_ignore_ascii_case(provider)).map(Arc::clone)
    }

    /// Every provider, in the order of the registry.
    pub fn all(&self) -> Vec<Arc<dyn Provider>> {
        self.providers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads an embedded template.
pub(crate) fn template(text: &str) -> Result<Template, String> {
    Template::parse(text).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        faults.join("; ")
    })
}

/// Where a provider's sandbox stands instead, without a trailing slash.
pub(crate) fn base(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

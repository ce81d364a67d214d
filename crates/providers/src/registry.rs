//! Which providers there are. A provider is a folder and one line here.

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

/// The providers.
pub struct Registry {
    providers: Vec<Box<dyn Provider>>,
}

impl Registry {
    /// All of them. Fails when an embedded template cannot be read, which the tests would have told.
    pub fn new(settings: Settings, http: Http) -> Result<Self, String> {
        let providers: Vec<Box<dyn Provider>> =
            vec![Box::new(worldpay::Worldpay::new(settings.worldpay, http)?)];
        Ok(Self { providers })
    }

    /// The provider of that name, in any case of letters.
    pub fn get(&self, provider: &str) -> Option<&dyn Provider> {
        let found = self.providers.iter().find(|it| it.template().provider.eq_ignore_ascii_case(provider));
        found.map(AsRef::as_ref)
    }

    /// Every template, in the order of the registry.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.providers.iter().map(|it| it.template())
    }
}

/// Reads an embedded template.
pub(crate) fn template(text: &str) -> Result<Template, String> {
    let template: Template = toml::from_str(text).map_err(|error| error.to_string())?;
    match template.faults().as_slice() {
        [] => Ok(template),
        faults => Err(faults.join("; ")),
    }
}

/// Where a provider's sandbox stands instead, without a trailing slash.
pub(crate) fn base(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

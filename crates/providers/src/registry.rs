//! Which providers there are. A provider is a folder and one line here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use kontor_domain::{Ambient, templates::Template};
use url::Url;

use crate::{
    Http, Provider, authorize_net,
    books::BooksPace,
    declarative::{self, App, Declarative},
    folder::{Folder, Refused},
    pace::Pace,
    quickbooks, worldpay,
};

/// What the operator set, for each provider.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Authorize.Net.
    pub authorize_net: authorize_net::Settings,
    /// Worldpay Express.
    pub worldpay: worldpay::Settings,
    /// QuickBooks Online.
    pub quickbooks: quickbooks::Settings,
    /// Those that are described by templates.
    pub declarative: declarative::Settings,
    /// The operator's apps at providers that are described, by their names in small letters.
    pub apps: BTreeMap<String, App>,
}

/// The templates that are built in and need no code of their own.
pub const EMBEDDED: [&str; 8] = [
    include_str!("../../../templates/smtp.toml"),
    include_str!("../../../templates/sendgrid.toml"),
    include_str!("../../../templates/twilio.toml"),
    include_str!("../../../templates/easypost.toml"),
    include_str!("../../../templates/shippo.toml"),
    include_str!("../../../templates/segment.toml"),
    include_str!("../../../templates/hubspot.toml"),
    include_str!("../../../templates/shipstation.toml"),
];

type Providers = Vec<Arc<dyn Provider>>;

/// The providers. Shared: those that are described by the operator's files may change while the program runs.
pub struct Registry {
    http: Http,
    ambient: Ambient,
    pace: Arc<Pace>,
    books_pace: Arc<BooksPace>,
    timeout: Duration,
    built_in: Providers,
    apps: BTreeMap<String, App>,
    current: RwLock<Current>,
    /// Locked for as long as the folder is looked at.
    folder: Mutex<Option<Folder>>,
}

/// What is in force.
#[derive(Default)]
struct Current {
    all: Providers,
    /// By name in small letters.
    named: BTreeMap<String, Arc<dyn Provider>>,
    /// Of the folder, by name in small letters.
    described: BTreeMap<String, (Arc<Template>, Arc<dyn Provider>)>,
    refused: Vec<Refused>,
}

impl Registry {
    /// All of them. Fails when an embedded template cannot be read, which the tests would have told.
    pub fn new(settings: Settings, http: Http, ambient: Ambient) -> Result<Self, String> {
        let mut built_in: Providers = vec![
            Arc::new(authorize_net::AuthorizeNet::new(
                settings.authorize_net,
                http.clone(),
                ambient.clone(),
            )?),
            Arc::new(worldpay::Worldpay::new(settings.worldpay, http.clone())?),
            Arc::new(quickbooks::QuickBooks::new(settings.quickbooks, http.clone())?),
        ];
        let apps = settings.apps;
        let timeout = Duration::from_millis(settings.declarative.timeout_ms);
        for text in EMBEDDED {
            let template = Arc::new(template(text)?);
            built_in.push(declared(&template, &http, &ambient, &apps, timeout));
        }
        let folder = Mutex::new(settings.declarative.folder.map(Folder::new));
        let pace = Arc::new(Pace::default());
        let books_pace = Arc::new(BooksPace::new(ambient.clone()));
        let registry = Self {
            http,
            ambient,
            pace,
            books_pace,
            timeout,
            built_in,
            apps,
            current: RwLock::default(),
            folder,
        };
        registry.reload();
        for name in registry.apps.keys().filter(|it| registry.get(it).is_none()) {
            tracing::warn!(name, "there is an app for a provider that is not there yet");
        }
        Ok(registry)
    }

    /// Looks at the operator's folder again, and puts in force what changed. Reads files: not for a task that must
    /// not wait. Returns what is refused.
    pub fn reload(&self) -> Vec<Refused> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let taken =
            |name: &str| self.built_in.iter().any(|it| it.template().provider.eq_ignore_ascii_case(name));
        let contents = folder.as_mut().map(|it| it.look(taken)).unwrap_or_default();
        let before = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let mut next = Current { refused: contents.refused, ..Current::default() };
        next.all.clone_from(&self.built_in);
        for template in contents.templates {
            let name = template.provider.to_ascii_lowercase();
            // One that did not change keeps its tokens.
            let kept = before.described.get(&name).filter(|(it, _)| Arc::ptr_eq(it, &template));
            let provider =
                kept.map_or_else(|| self.declared(&template), |(_, provider)| Arc::clone(provider));
            next.all.push(Arc::clone(&provider));
            next.described.insert(name, (template, provider));
        }
        let named = next.all.iter().map(|it| (it.template().provider.to_ascii_lowercase(), Arc::clone(it)));
        next.named = named.collect();
        for fault in next.refused.iter().filter(|it| !before.refused.contains(it)) {
            tracing::warn!(%fault, "a template is not used as it is");
        }
        drop(before);
        let refused = next.refused.clone();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        refused
    }

    fn declared(&self, template: &Arc<Template>) -> Arc<dyn Provider> {
        declared(template, &self.http, &self.ambient, &self.apps, self.timeout)
    }

    /// How often each integration's provider was called. It outlives the templates that say how often it may be.
    pub fn pace(&self) -> &Arc<Pace> {
        &self.pace
    }

    /// How often each company's books were asked.
    pub fn books_pace(&self) -> &Arc<BooksPace> {
        &self.books_pace
    }

    /// The provider of that name, in any case of letters. Whoever holds it goes on with it, also when it is
    /// replaced meanwhile.
    pub fn get(&self, provider: &str) -> Option<Arc<dyn Provider>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.named.get(&provider.to_ascii_lowercase()).map(Arc::clone)
    }

    /// Every provider: those that are built in, in the order of the registry, then the folder's by file.
    pub fn all(&self) -> Vec<Arc<dyn Provider>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).all.clone()
    }

    /// What of the folder is not used as it is.
    pub fn refused(&self) -> Vec<Refused> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).refused.clone()
    }

    /// How many are described by the operator's files.
    pub fn described(&self) -> usize {
        self.current.read().unwrap_or_else(PoisonError::into_inner).described.len()
    }
}

/// A provider that is described, with the operator's app there.
fn declared(
    template: &Arc<Template>,
    http: &Http,
    ambient: &Ambient,
    apps: &BTreeMap<String, App>,
    timeout: Duration,
) -> Arc<dyn Provider> {
    let app = apps.get(&template.provider.to_ascii_lowercase()).cloned().unwrap_or_default();
    let described = Declarative::new(Arc::clone(template), http.clone(), ambient.clone());
    Arc::new(described.with_app(app).within(timeout))
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

//! The consent page's conversation: who may ask, what a person decides, where the browser goes
//! (quickbooks-online.md §1.3).

use axum::http::StatusCode;
use hyper::Method;
use serde_json::{Value, json};
use url::Url;

use super::{Answer, Choices, companies, page, tokens};
use crate::{
    faults::{Action, Fault},
    serve::Arrived,
    state::State,
};

/// What an app may ask for (§1.2).
const SCOPES: [&str; 12] = [
    "address",
    "app-foundations.custom-field-definitions",
    "app-foundations.custom-field-definitions.read",
    "com.intuit.quickbooks.accounting",
    "com.intuit.quickbooks.payment",
    "email",
    "indirect-tax.tax-calculation.quickbooks",
    "openid",
    "payroll.compensation.read",
    "phone",
    "profile",
    "project-management.project",
];
/// Kontor's callback on this machine; development keys allow it (§1.3).
const CALLBACK: &str = "/api/integrations/QuickBooks/callback";

/// What an app asks for, from the address and, when the form comes back, from its fields.
#[derive(Default)]
pub(super) struct Asked {
    fields: Vec<(String, String)>,
}

impl Asked {
    fn read(request: &Arrived) -> Self {
        let parse =
            |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().take(50).collect::<Vec<_>>();
        let mut fields = parse(request.uri.query().unwrap_or_default().as_bytes());
        if request.method == Method::POST {
            fields.extend(parse(&request.body));
        }
        Self { fields }
    }

    /// A parameter; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// A registered address of the app's, beside those of the settings.
const REDIRECT: &str = "redirect";
/// The most of them (a guess: §1.3 says of no limit).
const MAX_REDIRECTS: usize = 25;
const MAX_REDIRECT_BYTES: usize = 2_000;

/// Every address that was registered while the simulator ran.
pub(super) fn registered(state: &State) -> Vec<String> {
    state.all_own::<Value>(REDIRECT).into_iter().map(|(uri, _)| uri).collect()
}

/// Registers an address; all of them then. None where it is no such address, or one too many.
pub(super) fn register(state: &mut State, redirect_uri: &str) -> Option<Vec<String>> {
    let url = Url::parse(redirect_uri).ok().filter(is_plain)?;
    let fits = matches!(url.scheme(), "http" | "https") && redirect_uri.len() <= MAX_REDIRECT_BYTES;
    let all = registered(state);
    if !fits || (all.len() >= MAX_REDIRECTS && !all.iter().any(|it| it == redirect_uri)) {
        return None;
    }
    state.set_own(REDIRECT, redirect_uri, &json!({ "registeredAt": state.now() }));
    Some(registered(state))
}

/// Neither query nor fragment, nor somebody's name.
fn is_plain(url: &Url) -> bool {
    url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

/// Whether the app registered it: to the letter, but for the machine's own port (§1.3).
fn is_registered(state: &State, choices: &Choices, redirect_uri: &str) -> bool {
    if choices.redirect_uris.iter().any(|it| it == redirect_uri)
        || state.own::<Value>(REDIRECT, redirect_uri).is_some()
    {
        return true;
    }
    let Ok(url) = Url::parse(redirect_uri) else { return false };
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    url.scheme() == "http" && here && is_plain(&url) && url.path().ends_with(CALLBACK)
}

/// Shows the page, or sends the browser back.
pub(super) fn answer(
    state: &mut State,
    choices: &Choices,
    client_id: &str,
    request: &Arrived,
    fault: Option<&Fault>,
) -> Answer {
    let asked = Asked::read(request);
    let problem = if asked.get("client_id") != client_id {
        Some("The application that sent you here is not known: its client id is missing or wrong.")
    } else if !is_registered(state, choices, asked.get("redirect_uri")) {
        Some("The application wants you sent to an address that it has not registered (redirect_uri).")
    } else {
        None
    };
    // Nobody is sent to an address that is not known to be the app's.
    if let Some(problem) = problem {
        return Answer::html(StatusCode::BAD_REQUEST, page::problem(problem)).because("no redirect");
    }
    let scopes: Vec<&str> = asked.get("scope").split(' ').filter(|it| !it.is_empty()).collect();
    if asked.get("response_type") != "code" {
        return back(&asked, &[("error", "unsupported_response_type")], None);
    }
    if asked.get("state").is_empty() || scopes.is_empty() {
        return back(&asked, &[("error", "invalid_request")], None);
    }
    if scopes.iter().any(|it| !SCOPES.contains(it)) {
        return back(&asked, &[("error", "invalid_scope")], None);
    }
    if request.method != Method::POST {
        return Answer::html(StatusCode::OK, page::consent(&asked, &scopes, None)).because("asks");
    }
    match asked.get("decision") {
        "cancel" => back(&asked, &[("error", "access_denied")], fault),
        "connect" => connect(state, choices, &asked, &scopes, fault),
        _ => {
            let page = page::consent(&asked, &scopes, Some("Choose Connect or Cancel."));
            Answer::html(StatusCode::BAD_REQUEST, page).because("asks again")
        }
    }
}

fn connect(
    state: &mut State,
    choices: &Choices,
    asked: &Asked,
    scopes: &[&str],
    fault: Option<&Fault>,
) -> Answer {
    let Some(company) = companies::find(asked.get("realmId")) else {
        let page = page::consent(asked, scopes, Some("Choose the company to connect."));
        return Answer::html(StatusCode::BAD_REQUEST, page).because("asks again");
    };
    let scope = scopes.join(" ");
    let agreed = (company.realm_id, asked.get("redirect_uri"), scope.as_str());
    let Some(code) = tokens::authorize(state, choices, agreed) else {
        let page = page::problem("The simulator is full: POST /_sim/reset.");
        return Answer::html(StatusCode::SERVICE_UNAVAILABLE, page);
    };
    back(asked, &[("code", &code), ("realmId", company.realm_id)], fault)
}

/// Back to the app with what came of it, and its state as it was.
fn back(asked: &Asked, pairs: &[(&str, &str)], fault: Option<&Fault>) -> Answer {
    let Ok(mut url) = Url::parse(asked.get("redirect_uri")) else {
        let page = page::problem("The address to go back to cannot be read.");
        return Answer::html(StatusCode::BAD_REQUEST, page);
    };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(pairs);
        if !asked.get("state").is_empty() {
            query.append_pair("state", asked.get("state"));
        }
    }
    let outcome = pairs.first().map_or("", |(name, value)| if *name == "error" { value } else { "code" });
    match fault.map(|it| &it.action) {
        Some(Action::NoRedirect) => Answer::html(StatusCode::OK, page::nowhere()).because("no redirect"),
        Some(Action::DuplicateRedirect) => {
            Answer::html(StatusCode::OK, page::twice(url.as_str())).because(outcome)
        }
        _ => {
            let answer = Answer::html(StatusCode::FOUND, String::new()).because(outcome);
            Answer { location: Some(url.into()), ..answer }
        }
    }
}

//! Makes a request out of a template's: every value in its place, encoded for it.

use kontor_domain::{
    Secret,
    templates::{
        Escape, Text,
        requests::{Body, Json, Request, Verb},
    },
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::scope::Values;
use crate::{ProviderError, http::Method};

/// A request that is ready but for its authentication.
pub(super) struct Built {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers.
    pub headers: Vec<(String, Secret)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Built {
    /// What kind of body it has.
    pub(super) fn content_type(&self) -> Option<String> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        found.map(|(_, value)| value.expose().to_owned())
    }

    /// Adds a header, unless the template set it.
    pub(super) fn add_header(&mut self, name: &str, value: &str) {
        default_header(&mut self.headers, name, value);
    }
}

fn method(verb: Verb) -> Method {
    match verb {
        Verb::Get => Method::Get,
        Verb::Post => Method::Post,
        Verb::Put => Method::Put,
        Verb::Patch => Method::Patch,
        Verb::Delete => Method::Delete,
        Verb::Head => Method::Head,
    }
}

/// Fills a request in.
pub(super) fn build(values: &Values<'_>, request: &Request) -> Result<Built, ProviderError> {
    let mut url = values.url(&request.url)?;
    if !request.query.is_empty() {
        let mut query = url.query_pairs_mut();
        for (name, text) in &request.query {
            query.append_pair(name, values.fill(text, Escape::Plain)?.expose());
        }
    }
    let mut headers = Vec::new();
    for (name, text) in &request.headers {
        headers.push((name.clone(), values.fill(text, Escape::Header)?));
    }
    let (kind, body) = match &request.body {
        Body::Empty => (None, Vec::new()),
        Body::Form(pairs) => (Some("application/x-www-form-urlencoded"), form(values, pairs)?),
        Body::Json(json) => {
            let text = serde_json::to_vec(&fill_json(values, json)?);
            (Some("application/json"), text.map_err(|_| ProviderError::misconfigured("The body is no JSON"))?)
        }
        Body::Xml(text) => {
            (Some("application/xml"), values.fill(text, Escape::Xml)?.expose().as_bytes().to_vec())
        }
    };
    if let Some(kind) = kind {
        default_header(&mut headers, "Content-Type", kind);
    }
    default_header(&mut headers, "Accept", "application/json");
    Ok(Built { method: method(request.method), url, headers, body })
}

fn default_header(headers: &mut Vec<(String, Secret)>, name: &str, value: &str) {
    if !headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name)) {
        headers.push((name.to_owned(), Secret::new(value.to_owned())));
    }
}

/// A form's body.
pub(super) fn form(values: &Values<'_>, pairs: &[(String, Text)]) -> Result<Vec<u8>, ProviderError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, text) in pairs {
        form.append_pair(name, values.fill(text, Escape::Plain)?.expose());
    }
    Ok(form.finish().into_bytes())
}

fn fill_json(values: &Values<'_>, json: &Json) -> Result<Value, ProviderError> {
    Ok(match json {
        Json::Text(text) => Value::String(values.fill(text, Escape::Plain)?.expose().to_owned()),
        Json::Integer(number) => Value::from(*number),
        Json::Decimal(text) => {
            serde_json::from_str(text)
                .or_else(|_| text.parse::<f64>().map(Value::from))
                .map_err(|_| ProviderError::misconfigured("The template has a number that is none"))?
        }
        Json::Boolean(flag) => Value::Bool(*flag),
        Json::List(list) => {
            Value::Array(list.iter().map(|it| fill_json(values, it)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let mut object = serde_json::Map::new();
            for (name, it) in entries {
                object.insert(name.clone(), fill_json(values, it)?);
            }
            Value::Object(object)
        }
    })
}

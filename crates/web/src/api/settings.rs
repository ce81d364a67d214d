//! `/api/organizations/{organizationId}/settings`: where customers may be sent back to, and who takes payments.

use std::sync::Arc;

use axum::extract::State;
use kontor_domain::integrations::IntegrationType;
use kontor_providers::{Provider, Registry};
use kontor_store::{Conn, organizations, organizations::Organization};
use serde::Serialize;
use serde_json::json;
use url::Url;
use utoipa::ToSchema;

use crate::{
    answer::Answer,
    body::{Fields, RawBody},
    etag::{ETag, IfMatch},
    problem::Problem,
    web::{Params, Web, Who},
};

/// The most origins that an organization lists.
pub(crate) const MAX_ORIGINS: usize = 50;

/// Settings to write; what is absent stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", as = SettingsChange)]
pub(crate) struct Put {
    /// Origins such as `https://shop.example`, without a path.
    #[schema(example = json!(["https://shop.example"]))]
    return_urls: Option<Vec<String>>,
    /// The provider that payments go to where a request names none; null leaves it to the oldest integration.
    #[schema(value_type = Option<String>, required = false, example = "WorldPay")]
    default_payment_provider: Wish,
}

/// What becomes of a setting that may be empty.
enum Wish {
    Keep,
    Clear,
    Set(String),
}

impl Put {
    fn read(fields: &mut Fields, registry: &Registry) -> Self {
        let urls = fields.optional("returnUrls").texts(0..=MAX_ORIGINS, 1..=2_048);
        let return_urls = urls.map(|urls| {
            let mut origins = Vec::new();
            for (at, text) in urls.iter().enumerate() {
                match origin(text) {
                    Ok(origin) if !origins.contains(&origin) => origins.push(origin),
                    Ok(_) => {}
                    Err(message) => fields.wrong(&format!("returnUrls[{at}]"), message),
                }
            }
            origins
        });
        let cleared = fields.is_null("defaultPaymentProvider");
        let named = fields.optional("defaultPaymentProvider").text(1..=100);
        let default_payment_provider = match named {
            Some(name) => payments(fields, registry, &name).map_or(Wish::Keep, Wish::Set),
            None if cleared => Wish::Clear,
            None => Wish::Keep,
        };
        Self { return_urls, default_payment_provider }
    }
}

/// The payment provider of that name, as its template writes it.
fn payments(fields: &mut Fields, registry: &Registry, name: &str) -> Option<String> {
    let takes = |it: &Arc<dyn Provider>| it.template().integration_type == IntegrationType::Payment;
    let found = registry.get(name).filter(takes);
    if found.is_none() {
        let all = registry.all();
        let names: Vec<&str> =
            all.iter().filter(|it| takes(it)).map(|it| it.template().provider.as_str()).collect();
        let message = format!("must be a payment provider: {}", names.join(", "));
        fields.wrong("defaultPaymentProvider", message);
    }
    found.map(|it| it.template().provider.clone())
}

/// Scheme, host and port of a text that is that and nothing more.
fn origin(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_| "must be an origin such as https://shop.example")?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "http" | "https" if bare && anonymous && url.host().is_some() => {
            Ok(url.origin().ascii_serialization())
        }
        "http" | "https" => Err("must be an origin without a path, a query or a user"),
        _ => Err("must begin with https:// or http://"),
    }
}

/// Whether a customer may be sent back to an address (API.md §6).
pub(crate) fn may_return_to(organization: &Organization, url: &Url, production: bool) -> bool {
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let origin = url.origin().ascii_serialization();
    (local && !production) || organization.return_urls.contains(&origin)
}

/// Settings of an organization.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    organization_id: String,
    org_code: String,
    name: String,
    /// Where customers may be sent back to; outside production mode localhost is always among them.
    #[schema(example = json!(["https://shop.example"]))]
    return_urls: Vec<String>,
    /// The provider that payments go to where a request names none.
    #[schema(example = "WorldPay")]
    default_payment_provider: Option<String>,
}

impl Settings {
    fn answer(organization: Organization) -> Result<Answer, Problem> {
        let tag = ETag::new(organization.version);
        let view = Self {
            organization_id: organization.id.to_string(),
            org_code: organization.code,
            name: organization.name,
            return_urls: organization.return_urls,
            default_payment_provider: organization.default_payment_provider,
        };
        Ok(Answer::ok(&view)?.tagged(tag))
    }
}

async fn load(conn: &mut Conn, who: &Who) -> Result<Organization, Problem> {
    let found = organizations::get(conn, who.organization()).await?;
    found.ok_or_else(|| Problem::not_found("organization_not_found"))
}

/// Reads the organization's settings.
#[utoipa::path(get, path = "/api/organizations/{organizationId}/settings", tag = "Organization",
    params(("organizationId" = String, Path)),
    responses((status = 200, description = "The settings", body = Settings)))]
pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(organization): Params<String>,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    who.in_path(&organization)?;
    let mut conn = web.engine.db.read().await?;
    Settings::answer(load(&mut conn, &who).await?)
}

/// Changes the organization's settings; what is absent stays.
#[utoipa::path(put, path = "/api/organizations/{organizationId}/settings", tag = "Organization",
    params(("organizationId" = String, Path)), request_body = Put,
    responses((status = 200, description = "The settings", body = Settings)))]
pub(crate) async fn put(
    State(web): State<Arc<Web>>,
    who: Who,
    Params(organization): Params<String>,
    if_match: IfMatch,
    body: RawBody,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let id = who.in_path(&organization)?;
    let (asked, _) = body.read_by(|fields| Some(Put::read(fields, &web.engine.registry)))?;
    let mut tx = web.engine.db.write().await?;
    let before = organizations::lock(&mut tx, id).await?;
    let before = before.ok_or_else(|| Problem::not_found("organization_not_found"))?;
    if_match.check(before.version)?;
    let named = [
        ("returnUrls", asked.return_urls.is_some()),
        ("defaultPaymentProvider", !matches!(asked.default_payment_provider, Wish::Keep)),
    ];
    let fields: Vec<&str> = named.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect();
    let urls = asked.return_urls.unwrap_or(before.return_urls);
    let provider = match asked.default_payment_provider {
        Wish::Keep => before.default_payment_provider,
        Wish::Clear => None,
        Wish::Set(name) => Some(name),
    };
    organizations::set(&mut tx, id, &urls, provider.as_deref()).await?;
    let detail = json!({ "fields": fields });
    web.engine.audit(&mut tx, Some(id), &who.actor, "settings.updated", &id.to_string(), &detail).await?;
    let after = load(&mut tx, &who).await?;
    tx.commit().await?;
    Settings::answer(after)
}

#[cfg(test)]
mod tests;

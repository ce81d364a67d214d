//! `GET /api/integrations/available`: what can be connected, and what the organization has connected of it.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use kontor_domain::integrations::{ConnectionStatus, IntegrationType};
use kontor_providers::Provider;
use kontor_store::{integrations, integrations::Integration};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    amount::Time,
    answer::Answer,
    api::templates::TemplateView,
    enums::{Form, Preference, Shown},
    problem::Problem,
    web::{Web, Who},
};

/// An integration of the organization, in few words.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Brief {
    id: String,
    display_name: String,
    is_enabled: bool,
    /// `NotTested`, `Success` or `Failed`.
    test_status: &'static str,
    last_tested_at: Option<Time>,
}

/// A template, and what the organization has of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailableIntegration {
    #[serde(flatten)]
    template: TemplateView,
    /// Whether the organization has an integration of it.
    is_configured: bool,
    /// Whether one of them is enabled.
    is_enabled: bool,
    /// `NotRequired`, `NotConnected`, `Connected` or `NeedsReauthorization`; of several, the one that works best.
    connection_status: &'static str,
    /// Newest first.
    integrations: Vec<Brief>,
}

impl AvailableIntegration {
    fn of(web: &Web, provider: &dyn Provider, mine: &[&Integration], form: Form) -> Self {
        let template = provider.template();
        let brief = |it: &&Integration| Brief {
            id: it.id.to_string(),
            display_name: it.display_name.clone(),
            is_enabled: it.is_enabled,
            test_status: it.test_status.as_str(),
            last_tested_at: it.last_tested_at.map(Time),
        };
        Self {
            template: TemplateView::of(web, template, form),
            is_configured: !mine.is_empty(),
            is_enabled: mine.iter().any(|it| it.is_enabled),
            connection_status: status(template.requires_oauth(), mine).as_str(),
            integrations: mine.iter().map(brief).collect(),
        }
    }
}

/// Those that are enabled speak for the provider; where none is, all do.
fn status(requires_oauth: bool, mine: &[&Integration]) -> ConnectionStatus {
    const BEST_FIRST: [ConnectionStatus; 3] =
        [ConnectionStatus::Connected, ConnectionStatus::NeedsReauthorization, ConnectionStatus::NotConnected];
    if !requires_oauth {
        return ConnectionStatus::NotRequired;
    }
    let has = |status, enabled: bool| {
        mine.iter().any(|it| it.connection_status == status && (it.is_enabled || !enabled))
    };
    let found = |enabled| BEST_FIRST.into_iter().find(|it| has(*it, enabled));
    found(true).or_else(|| found(false)).unwrap_or(ConnectionStatus::NotConnected)
}

/// Everything that can be connected.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailableIntegrations {
    organization_id: String,
    /// How many there are to choose from.
    total_available: usize,
    /// Of how many of them the organization has an integration.
    configured_count: usize,
    /// Of how many of them it has an enabled one.
    enabled_count: usize,
    /// By type; the keys are numbers or names, as the caller prefers.
    #[schema(value_type = BTreeMap<String, Vec<AvailableIntegration>>)]
    integrations_by_type: BTreeMap<Shown<IntegrationType>, Vec<AvailableIntegration>>,
}

/// Lists what can be connected, by type, and what the organization has connected of it.
#[utoipa::path(get, path = "/api/integrations/available", tag = "Integrations",
    responses((status = 200, description = "Everything by type", body = AvailableIntegrations)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    who: Who,
    preference: Preference,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let choice = preference.choose(None);
    let mine = {
        let mut conn = web.engine.db.read().await?;
        integrations::list(&mut conn, who.organization(), None, None).await?
    };
    let mut by_provider: BTreeMap<&str, Vec<&Integration>> = BTreeMap::new();
    for it in &mine {
        by_provider.entry(it.provider.as_str()).or_default().push(it);
    }
    let all = web.engine.registry.all();
    let mut view = AvailableIntegrations {
        organization_id: who.organization().to_string(),
        total_available: all.len(),
        configured_count: 0,
        enabled_count: 0,
        integrations_by_type: BTreeMap::new(),
    };
    for provider in &all {
        let template = provider.template();
        let of_it = by_provider.get(template.provider.as_str()).map(Vec::as_slice).unwrap_or_default();
        let one = AvailableIntegration::of(&web, provider.as_ref(), of_it, choice.form);
        view.configured_count += usize::from(one.is_configured);
        view.enabled_count += usize::from(one.is_enabled);
        view.integrations_by_type.entry(choice.form.show(template.integration_type)).or_default().push(one);
    }
    Ok(Answer::ok(&view)?.in_form(choice))
}

//! `GET /api/integration-templates`: what can be connected, and what each needs.

use std::{borrow::Cow, sync::Arc};

use axum::{extract::State, http::Uri};
use kontor_domain::{
    integrations::IntegrationType,
    templates::{ConfigurationField, FieldType, SecretField, Template, fields},
};
use kontor_engine::integrations::choices::{MAX_SHOWN, Offered};
use kontor_store::choices::Entry;
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    answer::Answer,
    enums::{self, Form, Numbered, Preference, Shown},
    problem::Problem,
    web::{Query, Web, Who},
};

impl Numbered for IntegrationType {
    const ALL: &'static [Self] = Self::ALL;

    fn number(self) -> u8 {
        u8::try_from(Self::number(self)).unwrap_or_default()
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Numbered for FieldType {
    const ALL: &'static [Self] = Self::ALL;

    fn number(self) -> u8 {
        u8::try_from(Self::number(self)).unwrap_or_default()
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

/// How an integration's type is written: a number or a name, as the caller prefers.
pub(crate) struct IntegrationTypeWord;

impl PartialSchema for IntegrationTypeWord {
    fn schema() -> RefOr<Schema> {
        enums::schema::<IntegrationType>(
            "1 Payment, 2 Accounting, …: a number or a name, as the caller prefers.",
        )
    }
}

impl ToSchema for IntegrationTypeWord {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IntegrationType")
    }
}

/// How a field's type is written.
pub(crate) struct FieldTypeWord;

impl PartialSchema for FieldTypeWord {
    fn schema() -> RefOr<Schema> {
        enums::schema::<FieldType>("1 Text, 2 Number, …: a number or a name, as the caller prefers.")
    }
}

impl ToSchema for FieldTypeWord {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("FieldType")
    }
}

/// A setting of a template.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Setting {
    key: String,
    display_name: String,
    description: String,
    /// 1 Text, 2 Number, 3 Boolean, 4 Select, 5 Url.
    #[serde(rename = "type")]
    #[schema(value_type = FieldTypeWord)]
    kind: Shown<FieldType>,
    required: bool,
    default_value: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
    /// What the options are called; for those that are the connected company's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<ChoiceView>,
    /// What a value looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    /// Whether a change of it asks for a new connection test.
    critical: bool,
    /// When it is there; always where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    visible_when: Option<VisibleWhen>,
}

/// One of the connected company's own accounts, items or tax codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettingChoice)]
pub(crate) struct ChoiceView {
    /// What the setting's value is.
    #[schema(example = "35")]
    value: String,
    /// What it is called there.
    #[schema(example = "Checking")]
    label: String,
    /// What kind of one it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bank")]
    kind: Option<String>,
}

/// While a setting has one of these values.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VisibleWhen {
    key: String,
    equals: Vec<String>,
}

impl VisibleWhen {
    fn of(it: &fields::VisibleWhen) -> Self {
        Self { key: it.key.clone(), equals: it.equals.clone() }
    }
}

/// A secret of a template.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretSetting {
    key: String,
    display_name: String,
    description: String,
    required: bool,
    /// Whether an input field should hide it. It is in no answer either way.
    is_sensitive: bool,
    /// The same in the other word that clients know.
    is_secret: bool,
    /// What a value looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    /// When it is there; always where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    visible_when: Option<VisibleWhen>,
}

/// What an integration with a provider consists of.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateView {
    /// 1 Payment, 2 Accounting, …
    #[serde(rename = "type")]
    #[schema(value_type = IntegrationTypeWord)]
    kind: Shown<IntegrationType>,
    #[schema(example = "WorldPay")]
    provider: String,
    display_name: String,
    description: String,
    #[serde(rename = "requiresOAuth")]
    requires_oauth: bool,
    /// What to register at a provider that sends browsers back.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    documentation_url: String,
    supported_features: Vec<String>,
    configuration_fields: Vec<Setting>,
    secret_fields: Vec<SecretSetting>,
}

impl TemplateView {
    pub(super) fn of(web: &Web, template: &Template, form: Form) -> Self {
        let callback = || web.engine.redirect_uri(&template.provider);
        Self {
            kind: form.show(template.integration_type),
            provider: template.provider.clone(),
            display_name: template.display_name.clone(),
            description: template.description.clone(),
            requires_oauth: template.requires_oauth(),
            callback_url: template.requires_oauth().then(callback),
            documentation_url: template.documentation_url.clone(),
            supported_features: template.supported_features.clone(),
            configuration_fields: settings(template, None, form),
            secret_fields: secret_settings(template),
        }
    }
}

/// The settings of a template in a form.
pub(crate) fn settings(template: &Template, offered: Option<&Offered>, form: Form) -> Vec<Setting> {
    let view = |it: &ConfigurationField| {
        let entries = offered.and_then(|offered| offered.entries(&it.key));
        match entries {
            Some(entries) => choosable(it, entries, form),
            None => setting(it, form),
        }
    };
    template.configuration_fields.iter().map(view).collect()
}

/// A setting that is chosen from what the connected company has.
fn choosable(it: &ConfigurationField, entries: &[Entry], form: Form) -> Setting {
    let shown = || entries.iter().take(MAX_SHOWN);
    let choice =
        |it: &Entry| ChoiceView { value: it.id.clone(), label: it.name.clone(), kind: it.kind.clone() };
    Setting {
        kind: form.show(FieldType::Select),
        options: shown().map(|it| it.id.clone()).collect(),
        choices: shown().map(choice).collect(),
        ..setting(it, form)
    }
}

fn setting(it: &ConfigurationField, form: Form) -> Setting {
    Setting {
        key: it.key.clone(),
        display_name: it.display_name.clone(),
        description: it.description.clone(),
        kind: form.show(it.field_type),
        required: it.required,
        default_value: it.default.clone(),
        options: it.options.clone(),
        choices: Vec::new(),
        pattern: it.pattern.as_ref().map(|it| it.source().to_owned()),
        critical: it.critical,
        visible_when: it.visible_when.as_ref().map(VisibleWhen::of),
    }
}

/// The secrets of a template.
pub(crate) fn secret_settings(template: &Template) -> Vec<SecretSetting> {
    let view = |it: &SecretField| SecretSetting {
        key: it.key.clone(),
        display_name: it.display_name.clone(),
        description: it.description.clone(),
        required: it.required,
        is_sensitive: it.sensitive,
        is_secret: true,
        pattern: it.pattern.as_ref().map(|it| it.source().to_owned()),
        visible_when: it.visible_when.as_ref().map(VisibleWhen::of),
    };
    template.secret_fields.iter().map(view).collect()
}

/// The templates.
#[derive(Serialize, ToSchema)]
pub(crate) struct Templates {
    templates: Vec<TemplateView>,
}

/// The type that a query narrows to, by number or name.
pub(crate) fn kind_of(query: &mut Query<'_>) -> Option<IntegrationType> {
    let words = enums::choices::<IntegrationType>();
    query.parsed("integrationType", &words, |text| enums::parse(text).map(|(it, _)| it))
}

/// Lists what can be connected.
#[utoipa::path(get, path = "/api/integration-templates", tag = "Integrations",
    params(("integrationType" = Option<String>, Query, description = "Number or name", example = "1")),
    responses((status = 200, description = "The templates", body = Templates)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    who: Who,
    preference: Preference,
    uri: Uri,
) -> Result<Answer, Problem> {
    who.caller.admin()?;
    let mut query = Query::new(&uri);
    let wanted = kind_of(&mut query);
    query.end()?;
    let choice = preference.choose(None);
    let all = web.engine.registry.all();
    let templates = all.iter().map(|it| it.template());
    let found = templates.filter(|it| wanted.is_none_or(|wanted| wanted == it.integration_type));
    let templates = found.map(|it| TemplateView::of(&web, it, choice.form)).collect();
    Ok(Answer::ok(&Templates { templates })?.in_form(choice))
}

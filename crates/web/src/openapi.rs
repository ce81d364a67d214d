//! The document: generated from the endpoints, completed with what they share.

use utoipa::openapi::{
    Content, HttpMethod, Info, License, OpenApi, Ref, RefOr, ResponseBuilder, SecurityRequirement,
    path::Operation,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::problem;

/// Every refusal (RFC 9457), with a code for programs and words for people.
#[expect(dead_code, reason = "written down for the document; `problem.rs` makes the bytes")]
#[derive(utoipa::ToSchema)]
#[schema(as = Problem, rename_all = "camelCase")]
pub(crate) struct Shape {
    /// A name for the kind of problem.
    #[schema(example = "urn:kontor:problem:validation_failed")]
    r#type: String,
    /// The same in few words.
    title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What happened, whose fault it is, and what to do.
    detail: String,
    /// A stable word to branch on.
    #[schema(example = "validation_failed")]
    code: String,
    /// The request's id, as in `X-Request-Id` and in the logs.
    trace_id: String,
    /// Every wrong field with all that is wrong with it.
    errors: Option<std::collections::BTreeMap<String, Vec<String>>>,
    /// The payment that was written down, where there is one.
    payment_id: Option<String>,
    /// The provider's own code.
    provider_code: Option<String>,
    /// The provider's own words.
    provider_message: Option<String>,
}

/// The refusals that an endpoint may answer with, and what each means.
const REFUSALS: [(&str, &str); 11] = [
    ("400", "Fields are wrong; `errors` names each of them"),
    ("401", "No credentials, or none that are valid"),
    ("403", "These credentials may not do this"),
    ("404", "Absent, or another organization's"),
    ("409", "The state of things does not allow it"),
    ("412", "Somebody changed it meanwhile"),
    ("413", "The body is too large"),
    ("415", "The body is of another media type"),
    ("422", "Understood and refused, by Kontor or by the provider"),
    ("429", "Too many requests"),
    ("503", "Not at this moment; nothing was done"),
];

/// Completes the generated document.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let mut info = Info::new("Kontor", env!("CARGO_PKG_VERSION"));
    info.description = Some("Connects a merchant to its payment processors and its books.".to_owned());
    info.license = Some(License::new("Apache-2.0"));
    document.info = info;
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let key = ApiKeyValue::with_description("x-api-key", "A token, or the secret half of API credentials.");
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(key)));
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                describe(path, &method, operation);
            }
        }
    }
    document
}

fn describe(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let public = operation.security.is_some();
    if path.starts_with("/api") {
        for (status, words) in REFUSALS {
            let writes = *method != HttpMethod::Get;
            let fits = match status {
                "401" | "403" => !public,
                "404" => path.contains('{') || writes,
                "409" | "413" | "415" | "422" => writes,
                "412" => matches!(method, HttpMethod::Put | HttpMethod::Delete),
                "429" => public,
                _ => true,
            };
            if fits && !operation.responses.responses.contains_key(status) {
                operation.responses.responses.insert(status.to_owned(), RefOr::T(refusal(words)));
            }
        }
    }
    if public {
        // An empty list says that no credentials are asked for.
        operation.security = Some(Vec::new());
    } else {
        let none: [&str; 0] = [];
        operation.security =
            Some(vec![SecurityRequirement::new("bearer", none), SecurityRequirement::new("apiKey", none)]);
    }
}

fn refusal(words: &str) -> utoipa::openapi::Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(words).content(problem::MEDIA_TYPE, content).build()
}

//! The document: generated from the endpoints, completed with what they share.

mod examples;

use serde_json::{Value, json};
use utoipa::openapi::{
    Content, HttpMethod, Info, License, OpenApi, Ref, RefOr, Required, ResponseBuilder, SecurityRequirement,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem},
    schema::{ObjectBuilder, Type},
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
    /// The state that the thing is in, where that is what does not allow it.
    current_status: Option<String>,
    /// Why a payment did not come about.
    #[schema(value_type = Option<Object>)]
    failure: Option<Value>,
    /// The address check's letter, where the provider sent one.
    avs_result: Option<String>,
    /// The card code check's letter, where the provider sent one.
    cvv_result: Option<String>,
    /// The provider's own code.
    provider_code: Option<String>,
    /// The provider's own words.
    provider_message: Option<String>,
}

/// The refusals that an endpoint may answer with, and what each means.
const REFUSALS: [(&str, &str); 12] = [
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
    ("500", "Something went wrong here; the `traceId` names it"),
    ("503", "Not at this moment; nothing was done"),
];

/// A header that some requests take: its name, its example, and what it does.
type Header = (&'static str, &'static str, &'static str);

const REPEAT: Header = (
    "Idempotency-Key",
    "6f1d3c52-0b5e-4a58-9f0e-0d7d0c1b2a39",
    "The same key with the same body gets the first answer again, and nothing is done twice.",
);
const MATCH: Header =
    ("If-Match", "\"3\"", "An `ETag` that was read; 412 where the resource has changed since.");
const PREFER: Header = (
    "Prefer",
    "enums=names",
    "`enums=names` or `enums=numbers`: how the integration's and the fields' types are written.",
);

/// Pages that are no endpoints: their path and what they are.
const PAGES: [(&str, &str, &str); 2] = [
    ("/openapi.json", "This document", "application/json"),
    ("/docs", "This document as a page for people", "text/html"),
];

/// The document as it is served, with an example of every body.
pub(crate) fn served(document: &OpenApi) -> Value {
    let mut served = serde_json::to_value(document).unwrap_or_default();
    examples::fill(&mut served, problem_example);
    served
}

/// What a refusal looks like.
fn problem_example(status: &str, words: &str) -> Value {
    let (code, title) = match status {
        "400" => ("validation_failed", "The request is not valid"),
        "401" => ("invalid_token", "Unauthorized"),
        "403" => ("forbidden", "Forbidden"),
        "404" => ("not_found", "Not found"),
        "409" => ("conflict", "Conflict"),
        "412" => ("precondition_failed", "Precondition failed"),
        "413" => ("payload_too_large", "The body is too large"),
        "415" => ("unsupported_media_type", "Unsupported media type"),
        "422" => ("idempotency_key_reused", "Unprocessable"),
        "429" => ("too_many_requests", "Too many requests"),
        "500" => ("internal_error", "Something went wrong"),
        "502" => ("provider_unreachable", "The provider cannot be reached"),
        "503" => ("unavailable", "Not at this moment"),
        "504" => ("provider_timed_out", "The provider took too long"),
        _ => ("error", "Error"),
    };
    let mut problem = json!({
        "type": format!("urn:kontor:problem:{code}"), "title": title, "status": status.parse::<u16>().unwrap_or_default(),
        "detail": words, "code": code, "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    });
    if let (true, Some(problem)) = (status == "400", problem.as_object_mut()) {
        problem.insert("errors".to_owned(), json!({ "displayName": ["is required"] }));
    }
    problem
}

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
    for (path, words, kind) in PAGES {
        document.paths.paths.insert(path.to_owned(), page(words, kind));
    }
    // The router's star says that slashes are taken too; a path of the description has none.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Patch, &mut item.patch),
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

/// A name for client generators, which put all operations into one room: `getInvoicesById`.
fn name(path: &str, method: &str) -> String {
    let mut name = method.to_ascii_lowercase();
    for step in path.split('/').filter(|it| !it.is_empty() && !matches!(*it, "api" | "{organizationId}")) {
        let variable = step.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        if variable.is_some() {
            name.push_str("By");
        }
        for word in variable.unwrap_or(step).split(['-', '.']) {
            let mut letters = word.chars();
            name.extend(letters.next().map(|it| it.to_ascii_uppercase()));
            name.push_str(letters.as_str());
        }
    }
    name
}

fn describe(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let word = match method {
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Patch => "patch",
        HttpMethod::Delete => "delete",
        _ => "get",
    };
    operation.operation_id = Some(name(path, word));
    // An operation that says nothing of security is behind credentials.
    let public = operation.security.is_some();
    if path.starts_with("/api") || path.starts_with("/hooks") {
        refuse(path, method, operation, public);
    }
    for (name, example, words) in headers(path, method, public) {
        operation.parameters.get_or_insert_default().push(RefOr::T(header(name, example, words)));
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

/// Adds the refusals that fit, and the shape of those that the endpoint names itself.
fn refuse(path: &str, method: &HttpMethod, operation: &mut Operation, public: bool) {
    let responses = &mut operation.responses.responses;
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
        if fits && !responses.contains_key(status) {
            responses.insert(status.to_owned(), RefOr::T(refusal(words)));
        }
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && response.content.is_empty()
            && matches!(status.as_bytes(), [b'4' | b'5', ..])
        {
            *response = refusal(&response.description);
        }
    }
}

/// The headers that an endpoint takes (API.md §1).
fn headers(path: &str, method: &HttpMethod, public: bool) -> Vec<Header> {
    let mut headers = Vec::new();
    if path.contains("/proxy/") {
        // What stands in these headers is the provider's business there.
        return headers;
    }
    if *method == HttpMethod::Post && !public {
        headers.push(REPEAT);
    }
    // Credentials have no version: they are made and taken back.
    let edits = matches!(method, HttpMethod::Put | HttpMethod::Delete) && !path.contains("/api-access");
    if edits {
        headers.push(MATCH);
    }
    if path.contains("/integration") && *method != HttpMethod::Delete && !path.ends_with("/test") {
        headers.push(PREFER);
    }
    headers
}

fn header(name: &str, example: &str, words: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(words))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .example(Some(example.into()))
        .build()
}

fn page(words: &str, kind: &str) -> PathItem {
    let content = Content::new(Some(ObjectBuilder::new()));
    let response = ResponseBuilder::new().description(words).content(kind, content);
    let operation = OperationBuilder::new()
        .tag("Operations")
        .summary(Some(words))
        .security(SecurityRequirement::default())
        .response("200", response);
    PathItem::new(HttpMethod::Get, operation)
}

fn refusal(words: &str) -> utoipa::openapi::Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(words).content(problem::MEDIA_TYPE, content).build()
}

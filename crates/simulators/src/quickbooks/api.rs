//! The REST API: who is let in, a company's information and preferences, and the error shapes of gateway and service
//! (quickbooks-online.md §2, §3.1, §3.2).

use axum::http::StatusCode;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{
    Answer,
    companies::{self, Company},
    tokens::{self, Connection, NoBearer},
};
use crate::{control::escape, serve::Arrived, spoil, state::State, xml::around};

/// The scope without which there is no company data (§1.3).
const ACCOUNTING: &str = "com.intuit.quickbooks.accounting";

/// The company's own zone (§2.4).
fn time(now: Timestamp) -> String {
    let zone = TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC);
    now.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string()
}

/// The gateway's refusal, in lower case (§2.5, b and c).
fn gateway(
    now: Timestamp,
    status: StatusCode,
    (message, kind, code): (&str, &str, &str),
    detail: Option<&str>,
) -> Answer {
    let detail = Value::from(detail);
    let body = format!(
        "{{\"warnings\":null,\"intuitObject\":null,\"fault\":{{\"error\":[{{\"message\":\"message={message}; \
         errorCode=00{code}; statusCode={status}\",\"detail\":{detail},\"code\":\"{code}\",\"element\":null}}],\
         \"type\":\"{kind}\"}},\"report\":null,\"queryResponse\":null,\"batchItemResponse\":[],\
         \"attachableResponse\":[],\"syncErrorResponse\":null,\"requestId\":null,\"time\":{time},\"status\":null,\
         \"cdcresponse\":[]}}",
        status = status.as_u16(),
        time = now.as_millisecond(),
    );
    Answer::json(status, body).because(code)
}

/// The connection of whoever asks, or why nobody is let in.
fn bearer(state: &State, request: &Arrived) -> Result<Connection, Answer> {
    let (scheme, token) = request.header("authorization").split_once(' ').unwrap_or_default();
    let token = if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" };
    let start: String = token.chars().take(8).collect();
    tokens::bearer(state, token).map_err(|why| {
        let detail = match why {
            NoBearer::Malformed => "Malformed bearer token: too short or too long".to_owned(),
            NoBearer::Expired => format!("Token expired: {start}"),
            NoBearer::Revoked => format!("Token revoked: {start}"),
        };
        let about = ("AuthenticationFailed", "AUTHENTICATION", "3200");
        gateway(state.now(), StatusCode::UNAUTHORIZED, about, Some(&detail))
    })
}

/// A request below `/v3/company/`.
pub(super) fn answer(state: &State, request: &Arrived) -> Answer {
    let connection = match bearer(state, request) {
        Ok(connection) => connection,
        Err(refusal) => return refusal,
    };
    let now = state.now();
    if !connection.scope.split(' ').any(|it| it == ACCOUNTING) {
        let about = ("ApplicationAuthorizationFailed", "SERVICE", "3100");
        return gateway(now, StatusCode::FORBIDDEN, about, None);
    }
    let path: Vec<&str> = request.uri.path().split('/').filter(|it| !it.is_empty()).skip(2).collect();
    let (realm_id, rest) = path.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let company = companies::find(realm_id).filter(|it| it.realm_id == connection.realm_id);
    let Some(company) = company else { return wrong_company(now) };
    let json = wants_json(request);
    let rest: Vec<String> = rest.iter().map(|it| it.to_ascii_lowercase()).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (request.method.as_str(), rest.as_slice()) {
        ("GET", ["companyinfo", id]) => company_info(company, id, now, json),
        ("GET", ["preferences"]) => found("Preferences", &company.preferences(), now, json),
        (method, _) => {
            let detail = format!(
                "Operation No resource method found for {method}, return 405 with Allow header is not supported."
            );
            fault(now, json, ("Unsupported Operation", &detail, "500"))
        }
    }
}

/// Clients ask by the company's number; its own id is 1 (§3.1).
fn company_info(company: &Company, id: &str, now: Timestamp, json: bool) -> Answer {
    if id != company.realm_id && id != "1" {
        let detail = "Object Not Found : Something you're trying to use has been made inactive. Check the fields with \
                      accounts, customers, items, vendors or employees.";
        return fault(now, json, ("Object Not Found", detail, "610"));
    }
    found("CompanyInfo", &company.info(), now, json)
}

/// `format=json` stands above the header; without either the service answers XML (§2.1, §2.2).
fn wants_json(request: &Arrived) -> bool {
    let query = request.uri.query().unwrap_or_default();
    let format =
        url::form_urlencoded::parse(query.as_bytes()).any(|(key, it)| key == "format" && it == "json");
    format || request.header("accept").contains("json")
}

fn found(name: &str, object: &Value, now: Timestamp, json: bool) -> Answer {
    if json {
        let body = format!("{{\"{name}\":{object},\"time\":\"{}\"}}", time(now));
        return Answer::json(StatusCode::OK, body);
    }
    Answer::new(StatusCode::OK, "application/xml", document(now, &element(name, object)))
}

/// The service's refusal, capitalised (§2.5, a).
fn fault(now: Timestamp, json: bool, (message, detail, code): (&str, &str, &str)) -> Answer {
    let answer = if json {
        let error = json!({ "Message": message, "Detail": detail, "code": code, "element": "" });
        let body = format!(
            "{{\"Fault\":{{\"Error\":[{error}],\"type\":\"ValidationFault\"}},\"time\":\"{}\"}}",
            time(now)
        );
        Answer::json(StatusCode::BAD_REQUEST, body)
    } else {
        let error = format!(
            "<Fault type=\"ValidationFault\"><Error code=\"{code}\" element=\"\"><Message>{}</Message><Detail>{}</Detail></Error></Fault>",
            escape(message),
            escape(detail)
        );
        Answer::new(StatusCode::BAD_REQUEST, "application/xml", document(now, &error))
    };
    answer.because(code)
}

/// A good token for another company: XML, whatever was asked for (§2.5, d).
fn wrong_company(now: Timestamp) -> Answer {
    let error = "<Fault type=\"AuthenticationFault\"><Error code=\"100\"><Message>General Authentication Error</Message>\
                 <Detail>AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401</Detail></Error></Fault>";
    Answer::new(StatusCode::UNAUTHORIZED, "application/xml", document(now, error)).because("100")
}

fn document(now: Timestamp, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><IntuitResponse \
         xmlns=\"http://schema.intuit.com/finance/v3\" time=\"{}\">{inner}</IntuitResponse>",
        time(now)
    )
}

/// Members that XML has as attributes.
const ATTRIBUTES: [&str; 2] = ["domain", "sparse"];
/// Members that every entity begins with.
const FIRST: [&str; 3] = ["Id", "SyncToken", "MetaData"];

/// The same object in XML: a list is one element after the other, a reference's value is the element's text.
fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Array(all) => all.iter().map(|one| element(name, one)).collect(),
        Value::Object(members) => object(name, members),
        Value::Null => String::new(),
        other => around(name, "", &escape(&plain(other))),
    }
}

fn object(name: &str, members: &Map<String, Value>) -> String {
    // A reference's name is an attribute, its value the text.
    let is_attribute =
        |key: &str| ATTRIBUTES.contains(&key) || (key == "name" && members.contains_key("value"));
    let (mut attributes, mut inner) = (String::new(), String::new());
    for key in FIRST {
        inner += &members.get(key).map(|value| element(key, value)).unwrap_or_default();
    }
    for (key, value) in members {
        if is_attribute(key) {
            attributes += &attribute(key, value);
        } else if key == "value" {
            inner += &escape(&plain(value));
        } else if !FIRST.contains(&key.as_str()) {
            inner += &element(key, value);
        }
    }
    around(name, &attributes, &inner)
}

fn attribute(key: &str, value: &Value) -> String {
    format!(" {key}=\"{}\"", escape(&plain(value)))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The same answer about another company.
pub(super) fn about_another(body: &str) -> String {
    let [first, second] = &companies::COMPANIES;
    let (mut from, mut to) = (first, second);
    if !body.contains(first.name) && body.contains(second.name) {
        (from, to) = (second, first);
    }
    if body.contains(from.name) { body.replace(from.name, to.name) } else { spoil::another(body) }
}

/// What is known of the person (§1.6).
pub(super) fn user_info(state: &State, request: &Arrived) -> Answer {
    let connection = match bearer(state, request) {
        Ok(connection) => connection,
        Err(refusal) => return refusal,
    };
    let granted = |scope: &str| connection.scope.split(' ').any(|it| it == scope);
    if !granted("openid") {
        return Answer::json(StatusCode::FORBIDDEN, "{\"error\":\"insufficient_scope\"}".to_owned());
    }
    let mut user = Map::new();
    let mut put = |when: bool, members: Value| {
        if let (true, Value::Object(members)) = (when, members) {
            user.extend(members);
        }
    };
    put(true, json!({ "sub": "1182d6ec-2a1f-4aa3-af3f-bb3b95db45af" }));
    put(granted("email"), json!({ "email": "owner@merchant.example", "emailVerified": true }));
    put(granted("profile"), json!({ "givenName": "Ada", "familyName": "Holm" }));
    put(granted("phone"), json!({ "phoneNumber": "+1 5555550100", "phoneNumberVerified": true }));
    let address = json!({
        "streetAddress": "12 Harbour Street", "locality": "Portland", "region": "ME", "postalCode": "04101",
        "country": "US",
    });
    put(granted("address"), json!({ "address": address }));
    Answer::json(StatusCode::OK, Value::Object(user).to_string())
}

#[cfg(test)]
mod tests;

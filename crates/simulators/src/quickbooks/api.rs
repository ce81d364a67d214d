//! The REST API: who is let in, a company's information and preferences, and the error shapes of gateway and service
//! (quickbooks-online.md §2, §3.1, §3.2).

use std::fmt::Write as _;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Answer,
    books::{fault::Fault, zone},
    calls, companies,
    tokens::{self, Connection, NoBearer},
};
use crate::{control::escape, serve::Arrived, spoil, state::State, xml::around};

/// The scope without which there is no company data (§1.3).
const ACCOUNTING: &str = "com.intuit.quickbooks.accounting";

/// The company's own zone (§2.4).
fn time(now: Timestamp) -> String {
    now.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string()
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
pub(super) fn answer(state: &mut State, request: &Arrived) -> Answer {
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
    let wants = Wants { json: wants_json(request), now };
    calls::answer(state, request, company, rest, wants)
}

/// How whoever asks wants to be answered.
#[derive(Clone, Copy)]
pub(super) struct Wants {
    json: bool,
    now: Timestamp,
}

/// `format=json` stands above the header; without either the service answers XML (§2.1, §2.2).
fn wants_json(request: &Arrived) -> bool {
    let query = request.uri.query().unwrap_or_default();
    let format =
        url::form_urlencoded::parse(query.as_bytes()).any(|(key, it)| key == "format" && it == "json");
    format || request.header("accept").contains("json")
}

/// An object under its name.
pub(super) fn found(name: &str, object: &Value, wants: Wants) -> Answer {
    whole(&Map::from_iter([(name.to_owned(), object.clone())]), wants)
}

/// An answer with these members and the time.
pub(super) fn whole(members: &Map<String, Value>, wants: Wants) -> Answer {
    if wants.json {
        let mut body = String::from("{");
        for (name, value) in members {
            let _ = write!(body, "\"{name}\":{value},");
        }
        let _ = write!(body, "\"time\":\"{}\"}}", time(wants.now));
        return Answer::json(StatusCode::OK, body);
    }
    let inner: String = members.iter().map(|(name, value)| element(name, value)).collect();
    Answer::new(StatusCode::OK, "application/xml", document(wants.now, &inner))
}

/// The service's refusal, capitalised (§2.5, a).
pub(super) fn fault(fault: &Fault, wants: Wants) -> Answer {
    let answer = if wants.json {
        let body = format!("{{\"Fault\":{},\"time\":\"{}\"}}", fault.json(), time(wants.now));
        Answer::json(fault.status(), body)
    } else {
        let error = format!(
            "<Fault type=\"{}\"><Error code=\"{}\" element=\"{}\"><Message>{}</Message><Detail>{}</Detail></Error></Fault>",
            fault.kind(),
            fault.code,
            escape(&fault.element),
            escape(fault.message),
            escape(&fault.detail)
        );
        Answer::new(fault.status(), "application/xml", document(wants.now, &error))
    };
    answer.because(fault.code)
}

/// Too many at once (§2.5, e): as recorded in XML, whatever was asked for, or in the gateway's JSON.
pub(super) fn throttled(now: Timestamp, xml: bool) -> Answer {
    let message = "message=ThrottleExceeded; errorCode=003001; statusCode=429";
    let detail = "The request limit was reached.  Try again later";
    if !xml {
        let about = ("ThrottleExceeded", "SERVICE", "3001");
        return gateway(now, StatusCode::TOO_MANY_REQUESTS, about, Some(detail));
    }
    let error = format!(
        "<Fault type=\"SERVICE\"><Error code=\"3001\"><Message>{message}</Message><Detail>{detail}</Detail></Error></Fault>"
    );
    Answer::new(StatusCode::TOO_MANY_REQUESTS, "application/xml", document(now, &error)).because("3001")
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

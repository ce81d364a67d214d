//! An example for every body that has none of its own, made out of the schema that describes it.
//!
//! Owns what a field looks like that says nothing of itself, by its name and its type. A type that needs more than
//! that has an example in its own description (`#[schema(example = …)]`), and that one counts. Refuses to invent a
//! field: a request's example has the required ones and those with examples, an answer's has all of them.

use serde_json::{Map, Value, json};

/// How deep a schema is followed.
const MAX_DEPTH: usize = 24;
/// The only type of bodies that are of no type.
const ANY: &str = "*/*";

/// What fields are called that many types have.
const NAMES: &[(&str, &str)] = &[
    ("id", "int_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("integrationId", "int_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("organizationId", "org_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("invoiceId", "inv_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("orderId", "ord_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("paymentId", "pay_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("paymentMethodId", "pm_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("recordId", "syn_0192f0c1e4b87c3a9d5e6f708192a3b4"),
    ("customerNumber", "CUST-1001"),
    ("invoiceNumber", "INV-000042"),
    ("orderNumber", "SO-7001"),
    ("poNumber", "PO-88"),
    ("externalId", "crm-2210"),
    ("sku", "COF-250"),
    ("notes", "Deliver before noon"),
    ("companyName", "Stralsund Bakery"),
    ("companyEmail", "office@bakery.example"),
    ("companyPhone", "+49 3831 55501"),
    ("currencyCode", "USD"),
    ("terms", "Net 30"),
    ("dueDate", "2026-03-31"),
    ("method", "Check"),
    ("reference", "Cheque 1077"),
    ("providerReference", "4471920385566021"),
    ("providerTransactionId", "2009145277"),
    ("authorizationCode", "083162"),
    ("avsResult", "Y"),
    ("cvvResult", "M"),
    ("providerCode", "20"),
    ("providerMessage", "Declined"),
    ("displayName", "Main payment gateway"),
    ("key", "AccountToken"),
    ("rotatedSecretKey", "AccountToken"),
    ("supportedFeature", "Payments"),
    ("option", "Default"),
    ("equal", "true"),
    ("defaultValue", "true"),
    ("pattern", "[0-9]{4}"),
    ("orgCode", "HANSA"),
    ("clientId", "kc_0123456789abcdef01234567"),
    ("clientSecret", "kk_…"),
    ("AccessToken", "eyJ…"),
    ("TokenType", "api-key"),
    ("name", "web shop"),
    ("role", "SalesRep"),
    ("createdBy", "kc_0123456789abcdef01234567"),
    ("actor", "kc_0123456789abcdef01234567"),
    ("testStatus", "Success"),
    ("connectionStatus", "NotRequired"),
    ("status", "succeeded"),
    ("message", "Connection successful"),
    ("details", "The provider takes these credentials."),
    ("documentationUrl", "https://developer.example.com"),
    ("callbackUrl", "https://kontor.example/api/integrations/HubSpot/callback"),
    ("authorizationUrl", "https://appcenter.intuit.com/connect/oauth2?client_id=ABc1&state=AQGTLw"),
    (
        "hostedPaymentUrl",
        "https://certtransaction.hostedpayments.com/?TransactionSetupID=7F3A91C0-5D1E-4B7A-8F61-2C9B0A4D3E17",
    ),
    ("hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("traceId", "4bf92f3577b34da6a3ce929d0e0e4736"),
    ("requestId", "4bf92f3577b34da6a3ce929d0e0e4736"),
    ("provider", "EasyPost"),
    ("address", "203.0.113.7"),
    ("path", "v2/orders"),
    ("transactionSetupId", "7F3A91C0-5D1E-4B7A-8F61-2C9B0A4D3E17"),
    ("nextCursor", "MjAyNi0wMy0wMVQwOTozMDowMFo"),
    ("version", "0.1.0"),
    ("database", "ok"),
    ("migrations", "ok"),
    ("keys", "ok"),
    ("serving", "ok"),
];
/// The beginnings of ids, by the type or the path that they are of.
const PREFIXES: [(&str, &str); 10] = [
    ("invoice", "inv_"),
    ("order", "ord_"),
    ("payment", "pay_"),
    ("customer", "cus_"),
    ("access", "key_"),
    ("audit", "aud_"),
    ("event", "evt_"),
    ("moment", "pay_"),
    ("integration", "int_"),
    ("summary", "int_"),
];
const ID: &str = "0192f0c1e4b87c3a9d5e6f708192a3b4";

/// Fills the document in. A refusal gets the one that fits its status.
pub(super) fn fill(document: &mut Value, refusal: impl Fn(&str, &str) -> Value) {
    let components = document.get("components").cloned().unwrap_or_default();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        for operation in item.as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
            parameters(path, operation);
            let content = |holder: Option<&mut Value>, whole: bool| {
                let types = holder.and_then(|it| it.get_mut("content")).and_then(Value::as_object_mut);
                for (kind, media) in types.into_iter().flatten() {
                    body(kind, media, &Sampler { components: &components, whole });
                }
            };
            content(operation.get_mut("requestBody"), false);
            let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
            for (status, response) in responses.into_iter().flatten() {
                if matches!(status.as_bytes(), [b'4' | b'5', ..])
                    && response.pointer("/content/application~1problem+json").is_some()
                {
                    let words = response.get("description").and_then(Value::as_str).unwrap_or_default();
                    let shown = refusal(status, words);
                    let types = response.get_mut("content").and_then(Value::as_object_mut);
                    for media in types.into_iter().flat_map(|it| it.values_mut()) {
                        set(media, "example", &shown);
                    }
                } else {
                    content(Some(response), true);
                }
            }
        }
    }
}

/// Sets a key that is not there yet.
fn set(object: &mut Value, key: &str, value: &Value) {
    if let Some(object) = object.as_object_mut() {
        object.entry(key).or_insert_with(|| value.clone());
    }
}

fn body(kind: &str, media: &mut Value, sampler: &Sampler<'_>) {
    if kind == ANY {
        // Whatever the provider takes and says: no schema, and the example that is there.
        if let Some(media) = media.as_object_mut() {
            media.insert("schema".to_owned(), json!({}));
        }
        return;
    }
    if media.get("example").is_some() || media.get("examples").is_some() {
        return;
    }
    let schema = media.get("schema").cloned().unwrap_or_default();
    let shown = sampler.sample(&schema, "", "", 0);
    set(media, "example", &shown);
}

/// What stands in a path.
fn parameters(path: &str, operation: &mut Value) {
    let list = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in list.into_iter().flatten().filter(|it| it.get("in") == Some(&json!("path"))) {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let owner = path.split("/{id}").next().unwrap_or_default();
        let shown = if name == "id" { Value::String(id(owner)) } else { text(&name, owner) };
        set(parameter, "example", &shown);
    }
}

struct Sampler<'a> {
    components: &'a Value,
    /// Every field, or the required ones and those that say what they look like.
    whole: bool,
}

impl Sampler<'_> {
    /// An example of a schema. `name` is the field's and `owner` the type's.
    fn sample(&self, schema: &Value, name: &str, owner: &str, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(own) = own(schema) {
            return own;
        }
        if let Some((owner, schema)) = self.resolve(schema) {
            return self.sample(schema, name, owner, depth.saturating_add(1));
        }
        let list = |key: &str| schema.get(key).and_then(Value::as_array);
        if let Some(parts) = list("allOf") {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(part) = self.sample(part, name, owner, depth.saturating_add(1)) {
                    all.extend(part);
                }
            }
            return Value::Object(all);
        }
        if let Some(choices) = list("oneOf").or_else(|| list("anyOf")) {
            let real = choices.iter().find(|it| it.get("type") != Some(&json!("null")));
            return real.map_or(Value::Null, |it| self.sample(it, name, owner, depth.saturating_add(1)));
        }
        match kind(schema) {
            "object" => self.object(schema, owner, depth),
            "array" => {
                let items = schema.get("items").cloned().unwrap_or_default();
                json!([self.sample(&items, name.trim_end_matches('s'), owner, depth.saturating_add(1))])
            }
            "integer" => json!(1),
            "number" => json!(148.83),
            "boolean" => json!(true),
            "string" => match schema.get("format").and_then(Value::as_str) {
                Some("date-time") => json!("2026-03-01T09:30:00.000000Z"),
                Some("date") => json!("2026-03-01"),
                _ => text(name, owner),
            },
            _ => json!({}),
        }
    }

    fn object(&self, schema: &Value, owner: &str, depth: usize) -> Value {
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields = properties
            .into_iter()
            .flatten()
            .filter(|(name, schema)| self.whole || required.contains(&json!(name)) || own(schema).is_some());
        let fields =
            fields.map(|(name, it)| (name.clone(), self.sample(it, name, owner, depth.saturating_add(1))));
        let mut object: Map<String, Value> = fields.collect();
        // A map: one entry shows what its values are.
        let values = schema.get("additionalProperties").filter(|it| it.is_object());
        if let (Some(values), None) = (values, properties) {
            object.insert("1".to_owned(), self.sample(values, "", owner, depth.saturating_add(1)));
        }
        Value::Object(object)
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> Option<(&'s str, &'s Value)> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")?;
        Some((name, self.components.get("schemas")?.get(name)?))
    }
}

/// The example that a schema has of its own.
fn own(schema: &Value) -> Option<Value> {
    let first = |key: &str| schema.get(key).and_then(Value::as_array).and_then(|it| it.first());
    let own = schema.get("example").or_else(|| first("examples")).or_else(|| schema.get("const"));
    own.or_else(|| first("enum")).cloned()
}

/// The type; of several the one that is no null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|it| *it != "null").unwrap_or_default()
        }
        _ => "",
    }
}

fn text(name: &str, owner: &str) -> Value {
    if name == "id" {
        return Value::String(id(owner));
    }
    match NAMES.iter().find(|(it, _)| *it == name) {
        Some((_, shown)) => json!(shown),
        None if name.is_empty() => json!("text"),
        None => json!(words(name)),
    }
}

/// A field's name as words: what it holds is something like that.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words.trim_start().to_owned()
}

fn id(owner: &str) -> String {
    let owner = owner.to_ascii_lowercase();
    let prefix = PREFIXES.iter().find(|(it, _)| owner.contains(it)).map_or("int_", |(_, prefix)| *prefix);
    format!("{prefix}{ID}")
}

#[cfg(test)]
mod tests;

//! The query language: what is asked of a list, and what comes of it (quickbooks-online.md §4.1).

mod parse;

use std::cmp::Ordering;

use jiff::{Timestamp, civil};
use serde_json::{Map, Value, json};

use super::{Books, Entity, Object, decimal, fault, fault::Fault, schema, zone};
pub(in crate::quickbooks) use parse::{Comparison, Literal, Query, parse};

/// The most objects of an answer.
const MOST: usize = 1_000;
/// The page of who says nothing.
const PAGE: usize = 100;
/// What cannot be asked for (§4.1).
const NOT_ASKED: [(&str, &str); 8] = [
    ("", "PrivateNote"),
    ("", "DepartmentRef"),
    ("", "Line"),
    ("", "LinkedTxn"),
    ("", "TxnTaxDetail"),
    ("", "SyncToken"),
    ("Payment", "DocNumber"),
    ("Deposit", "TotalAmt"),
];
/// Properties of types without a schema of their own here.
const PLAIN: [(&str, &str); 9] = [
    ("Id", "id"),
    ("Name", "string"),
    ("DisplayName", "string"),
    ("Description", "string"),
    ("Active", "boolean"),
    ("Taxable", "boolean"),
    ("RateValue", "decimal"),
    ("AgencyRef", "ReferenceType"),
    ("MetaData", "ModificationMetaData"),
];

/// A property that a query names: its path and its form.
struct Property {
    path: Vec<String>,
    form: &'static str,
}

/// The property of that name, in any case of letters.
fn property(entity: &Entity, name: &str) -> Result<Property, Fault> {
    let unknown = || fault::query_invalid(&format!("Property {name} not found for Entity {}", entity.name));
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let refused =
        |it: &(&str, &str)| (it.0.is_empty() || it.0 == entity.name) && it.1.eq_ignore_ascii_case(first);
    if NOT_ASKED.iter().any(refused) {
        return Err(fault::query_invalid(&format!("property '{first}' is not queryable")));
    }
    let (key, form) = match entity.schema {
        Some(kind) => schema::named(kind, first),
        None => PLAIN.iter().find(|it| it.0.eq_ignore_ascii_case(first)).copied(),
    }
    .ok_or_else(unknown)?;
    let mut path = vec![key.to_owned()];
    let form = match (form, parts.next()) {
        ("ModificationMetaData", Some(part)) => {
            let known = ["CreateTime", "LastUpdatedTime"];
            let known = known.iter().find(|it| it.eq_ignore_ascii_case(part)).ok_or_else(unknown)?;
            path.push((*known).to_owned());
            "dateTime"
        }
        ("EmailAddress", part) => {
            path.push("Address".to_owned());
            if part.is_some_and(|it| !it.eq_ignore_ascii_case("Address")) {
                return Err(unknown());
            }
            "string"
        }
        ("ReferenceType", part) if part.is_none_or(|it| it.eq_ignore_ascii_case("value")) => {
            path.push("value".to_owned());
            "id"
        }
        (form @ ("string" | "id" | "decimal" | "boolean" | "date" | "int"), None) => form,
        (form, None) if form.ends_with("Enum") => "string",
        _ => return Err(fault::query_invalid(&format!("property '{first}' is not queryable"))),
    };
    if parts.next().is_some() {
        return Err(unknown());
    }
    Ok(Property { path, form })
}

/// What a query brings: the members of `QueryResponse`.
pub(in crate::quickbooks) fn run(books: &Books<'_>, text: &str) -> Result<Value, Fault> {
    let query = parse(text)?;
    let name = query.entity.as_str();
    if name.eq_ignore_ascii_case("CompanyInfo") {
        return Ok(json!({ "CompanyInfo": [books.info()], "startPosition": 1, "maxResults": 1 }));
    }
    if name.eq_ignore_ascii_case("Preferences") {
        return Ok(json!({ "Preferences": [books.preferences()], "startPosition": 1, "maxResults": 1 }));
    }
    let invalid = || fault::query_invalid(&format!("Entity {name} is not supported"));
    let entity = super::entity(name).ok_or_else(invalid)?;
    let mut found = matching(books, entity, &query)?;
    if query.count {
        return Ok(json!({ "totalCount": found.len() }));
    }
    order(entity, &query, &mut found)?;
    let (start, most) = page(&query)?;
    let most = most.min(books.switches.most_rows.max(1));
    let chosen: Vec<&&Object> = found.iter().skip(start - 1).take(most).collect();
    let mut rows = Vec::with_capacity(chosen.len());
    for object in chosen {
        rows.push(projected(entity, &query, object)?);
    }
    if entity.name == "TaxCode" && start == 1 {
        rows.splice(0..0, pseudo_codes());
    }
    if rows.is_empty() {
        return Ok(json!({}));
    }
    let count = rows.len();
    let mut answer = json!({ "startPosition": start, "maxResults": count });
    if entity.is_transaction || query.filters.is_empty() {
        answer["totalCount"] = json!(found.len().max(count));
    }
    answer[entity.name] = Value::from(rows);
    Ok(answer)
}

/// These come whatever was asked for, and are no more than a name (§3.6).
fn pseudo_codes() -> Vec<Value> {
    [("TAX", "TAX", true), ("NON", "NON", false), ("CustomSalesTax", "CustomSalesTax", true)]
        .iter()
        .map(|(id, name, taxable)| {
            json!({ "Id": id, "Name": name, "Description": name, "Active": true, "Taxable": taxable, "TaxGroup": false })
        })
        .collect()
}

fn page(query: &Query) -> Result<(usize, usize), Fault> {
    let small = |it: i64| fault::query_invalid(&format!("value {it} is too small. Min allowed value is 1"));
    let large =
        |it: i64| fault::query_invalid(&format!("value {it} is too large. Max allowed value is {MOST}."));
    let start = query.start.unwrap_or(1);
    let most = query.most.unwrap_or(i64::try_from(PAGE).unwrap_or(100));
    for value in [start, most] {
        if value < 1 {
            return Err(small(value));
        }
    }
    let most_allowed = i64::try_from(MOST).unwrap_or(1_000);
    if most > most_allowed {
        return Err(large(most));
    }
    Ok((usize::try_from(start).unwrap_or(1), usize::try_from(most).unwrap_or(PAGE)))
}

fn matching<'a>(
    books: &'a Books<'_>,
    entity: &'static Entity,
    query: &Query,
) -> Result<Vec<&'a Object>, Fault> {
    let mut filters = Vec::new();
    for filter in &query.filters {
        let property = property(entity, &filter.property)?;
        for value in &filter.values {
            check(&property, value)?;
        }
        filters.push((property, filter));
    }
    // What is out of use is shown to those alone who ask for it.
    let all = entity.is_transaction || filters.iter().any(|it| it.0.path[0] == "Active");
    let in_use = |it: &&Object| all || it.get("Active") != Some(&Value::Bool(false));
    let fits = |it: &&Object| {
        filters.iter().all(|(property, filter)| {
            let has = |value: &Literal| compared(property, at(it, &property.path), filter.comparison, value);
            if filter.comparison == Comparison::In {
                filter.values.iter().any(has)
            } else {
                filter.values.iter().all(has)
            }
        })
    };
    Ok(books.all(entity.name).filter(in_use).filter(fits).collect())
}

/// A value must be of the property's form.
fn check(property: &Property, value: &Literal) -> Result<(), Fault> {
    let name = property.path.join(".");
    let wrong = || fault::query_invalid(&format!("Invalid value '{}' for property '{name}'", value.text()));
    let fits = match property.form {
        "boolean" => matches!(value.text().to_ascii_lowercase().as_str(), "true" | "false"),
        "decimal" | "int" => decimal::parse(&Value::from(value.text())).is_some(),
        "date" | "dateTime" => instant(value.text()).is_some(),
        _ => true,
    };
    if fits { Ok(()) } else { Err(wrong()) }
}

fn at<'a>(object: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(object.get(first)?, |at, key| at.get(key))
}

/// A date or a moment; one without an offset is in the company's zone.
pub(in crate::quickbooks) fn instant(text: &str) -> Option<Timestamp> {
    // A plus that was not encoded arrives as a blank.
    let text = match text.rsplit_once(' ') {
        Some((start, offset)) if offset.contains(':') && start.contains('T') => format!("{start}+{offset}"),
        _ => text.to_owned(),
    };
    let moment = text.parse::<Timestamp>().ok();
    let local = || text.parse::<civil::DateTime>().ok()?.to_zoned(zone()).ok().map(|it| it.timestamp());
    let day = || text.parse::<civil::Date>().ok()?.to_zoned(zone()).ok().map(|it| it.timestamp());
    moment.or_else(local).or_else(day)
}

fn compared(property: &Property, found: Option<&Value>, how: Comparison, wanted: &Literal) -> bool {
    let Some(found) = found else { return how == Comparison::Differs };
    let plain = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    let wanted = wanted.text();
    if how == Comparison::Like {
        return like(&plain.to_lowercase(), &wanted.to_lowercase());
    }
    let order = ordered(property.form, &plain, wanted);
    match how {
        Comparison::Equals | Comparison::In => order.is_eq(),
        Comparison::Differs => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEquals => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEquals => order.is_ge(),
        Comparison::Like => false,
    }
}

fn ordered(form: &str, one: &str, other: &str) -> Ordering {
    let as_text = || one.to_lowercase().cmp(&other.to_lowercase());
    match form {
        "decimal" | "int" => decimal::parse(&Value::from(one)).cmp(&decimal::parse(&Value::from(other))),
        "dateTime" | "date" => instant(one).cmp(&instant(other)),
        "id" => match (one.parse::<u64>(), other.parse::<u64>()) {
            (Ok(one), Ok(other)) => one.cmp(&other),
            _ => as_text(),
        },
        _ => as_text(),
    }
}

/// `%` stands for anything.
fn like(text: &str, pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.split('%').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return text == pattern };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// As asked; otherwise transactions newest first, lists by name.
fn order(entity: &Entity, query: &Query, found: &mut [&Object]) -> Result<(), Fault> {
    let mut by = Vec::new();
    for (name, descending) in &query.order {
        by.push((property(entity, name)?, *descending));
    }
    if by.is_empty() {
        let name = if entity.is_transaction {
            "Id"
        } else if entity.schema.is_none() || entity.name == "Item" {
            "Name"
        } else {
            "DisplayName"
        };
        let fallback = property(entity, name).or_else(|_| property(entity, "Name"))?;
        by.push((fallback, entity.is_transaction));
    }
    let plain = |object: &Object, property: &Property| {
        at(object, &property.path).map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
    };
    found.sort_by(|one, other| {
        by.iter().fold(Ordering::Equal, |so_far, (property, descending)| {
            so_far.then_with(|| {
                let order = match (plain(one, property), plain(other, property)) {
                    (Some(one), Some(other)) => ordered(property.form, &one, &other),
                    (one, other) => one.is_some().cmp(&other.is_some()),
                };
                if *descending { order.reverse() } else { order }
            })
        })
    });
    Ok(())
}

/// All of an object, or what was named of it: then it says that it is not whole.
fn projected(entity: &Entity, query: &Query, object: &Object) -> Result<Value, Fault> {
    if query.fields.is_empty() {
        return Ok(Value::Object(object.clone()));
    }
    let mut part = Map::from_iter([("domain".to_owned(), json!("QBO")), ("sparse".to_owned(), json!(true))]);
    for name in &query.fields {
        let found = property(entity, name)?;
        let key = &found.path[0];
        if let Some(value) = object.get(key) {
            part.insert(key.clone(), value.clone());
        }
    }
    Ok(Value::Object(part))
}

#[cfg(test)]
mod tests;

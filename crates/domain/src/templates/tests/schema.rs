//! The published schema and the reader agree: what one takes the other takes, but for what a schema cannot say.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::*;

fn schema() -> Validator {
    let schema: Value =
        serde_json::from_str(include_str!("../../../../../docs/template.schema.json")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

/// A template in which everything stands that the format has.
const EVERYTHING: &str = include_str!("everything.toml");

fn all() -> Vec<(String, Value)> {
    let mut all = embedded();
    all.push(("everything".to_owned(), EVERYTHING.to_owned()));
    all.extend(methods());
    all.into_iter().map(|(name, text)| (name, toml::from_str(&text).expect("TOML"))).collect()
}

/// The same template with every method that is no embedded one's.
fn methods() -> Vec<(String, String)> {
    let methods = [
        ("api key", "method = \"api_key_header\"\nheader = \"X-Key\"\nvalue = \"{{secrets.Key}}\""),
        ("query", "method = \"query_parameter\"\nname = \"key\"\nvalue = \"{{secrets.Key}}\""),
        (
            "client credentials",
            "method = \"oauth2_client_credentials\"\nclient_id = \"{{secrets.Key}}\"\nclient_secret = \"{{secrets.Key}}\"\ntoken_url = \"https://api.sample.example/token\"\nscopes = [\"a\"]\nscope_separator = \",\"\nclient_authentication = \"body\"\ntoken_parameters = { audience = \"x\" }",
        ),
        (
            "oauth1",
            "method = \"oauth1\"\nconsumer_key = \"{{secrets.Key}}\"\nconsumer_secret = \"{{secrets.Key}}\"\ntoken = \"{{secrets.Key}}\"\ntoken_secret = \"{{secrets.Key}}\"\nsignature_method = \"HMAC-SHA256\"\nrealm = \"a\"",
        ),
        (
            "two steps",
            "method = \"two_step_token\"\ntoken = \"/token\"\nexpires_in = \"/seconds\"\nheader = \"X-Token\"\nprefix = \"Token \"\n[authentication.request]\nmethod = \"POST\"\npath = \"/token\"\njson = { key = \"{{secrets.Key}}\" }",
        ),
        (
            "jwt",
            "method = \"jwt_assertion\"\nalgorithm = \"RS256\"\nkey = \"{{secrets.Key}}\"\nkey_id = \"1\"\nclaims = { iss = \"a\" }\nlifetime_seconds = 60\ntoken_url = \"https://api.sample.example/token\"\ntoken_parameters = { scope = \"x\" }",
        ),
        (
            "hmac",
            "method = \"hmac_signature\"\nsecret = \"{{secrets.Key}}\"\nsecret_encoding = \"hex\"\nalgorithm = \"sha512\"\nencoding = \"base64\"\npayload = \"{{request.timestamp}}{{request.body}}\"\nheader = \"X-Signature\"\nprefix = \"v1=\"\ntimestamp_header = \"X-Time\"\nheaders = { \"X-Key\" = \"{{secrets.Key}}\" }",
        ),
    ];
    let bearer = "method = \"bearer\"\ntoken = \"{{secrets.Key}}\"";
    let made = |(name, method): (&str, &str)| {
        assert!(SAMPLE.contains(bearer));
        (name.to_owned(), SAMPLE.replace(bearer, method))
    };
    methods.into_iter().map(made).collect()
}

fn read(value: &Value) -> Result<(), Vec<String>> {
    let text = toml::to_string(value).map_err(|error| vec![error.to_string()])?;
    let errors = |faults: Vec<Fault>| faults.into_iter().filter(|it| it.severity == Severity::Error);
    Template::parse(&text).map(|_| ()).map_err(|faults| errors(faults).map(|it| it.message).collect())
}

#[test]
fn every_template_fits_the_schema_and_the_reader() {
    let schema = schema();
    for (name, value) in all() {
        assert_eq!(read(&value), Ok(()), "{name}");
        let faults: Vec<String> =
            schema.iter_errors(&value).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
}

/// A place in a template, by keys and numbers.
type Path = Vec<String>;

fn places(value: &Value, at: &Path, found: &mut Vec<Path>) {
    found.push(at.clone());
    let below = |key: String| at.iter().cloned().chain([key]).collect::<Path>();
    match value {
        Value::Object(map) => map.iter().for_each(|(key, it)| places(it, &below(key.clone()), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(key, it)| places(it, &below(key.to_string()), found));
        }
        _ => {}
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().expect("a number")],
        other => other.get_mut(key).expect("a key"),
    })
}

/// Tables whose keys their author chooses: an unknown key is none there.
const FREE: [&str; 13] = [
    "headers",
    "query",
    "form",
    "json",
    "urls",
    "key_patterns",
    "claims",
    "token_parameters",
    "authorize_parameters",
    "account_parameters",
    "environments",
    "body",
    "free",
];

fn is_free(path: &[String]) -> bool {
    path.iter().any(|it| FREE.contains(&it.as_str())) && !(path.len() == 2 && path[0] == "environments")
}

#[test]
fn an_unknown_key_is_refused_by_both_everywhere() {
    let schema = schema();
    let mut tried = 0;
    for (name, value) in all() {
        let mut paths = Vec::new();
        places(&value, &Vec::new(), &mut paths);
        for path in paths.iter().filter(|it| !is_free(it)) {
            let mut changed = value.clone();
            let Value::Object(map) = at(&mut changed, path) else { continue };
            map.insert("unheard_of".to_owned(), json!("x"));
            assert!(!schema.is_valid(&changed), "{name}: the schema takes an unknown key in {path:?}");
            assert!(read(&changed).is_err(), "{name}: the reader takes an unknown key in {path:?}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn another_kind_of_value_is_refused_by_both_everywhere() {
    let schema = schema();
    let (mut tried, mut apart) = (0, Vec::<String>::new());
    for (name, value) in all() {
        let mut paths = Vec::new();
        places(&value, &Vec::new(), &mut paths);
        for path in paths.iter().filter(|it| !it.is_empty()) {
            for other in [json!("another text"), json!(17), json!(true), json!([1.5]), json!({ "x": 1.5 })] {
                let mut changed = value.clone();
                let found = at(&mut changed, path);
                if std::mem::discriminant(found) == std::mem::discriminant(&other) {
                    continue;
                }
                *found = other.clone();
                tried += 1;
                let (by_schema, by_reader) = (schema.is_valid(&changed), read(&changed));
                if !by_schema && by_reader.is_ok() {
                    apart.push(format!("{name}: only the schema refuses {other} at {path:?}"));
                }
                if let Err(faults) = by_reader.filter_more()
                    && by_schema
                {
                    apart.push(format!("{name}: only the reader refuses {other} at {path:?}: {faults:?}"));
                }
            }
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn a_key_that_is_missing_is_missed_by_both() {
    let schema = schema();
    let (mut tried, mut apart) = (0, Vec::<String>::new());
    for (name, value) in all() {
        let mut paths = Vec::new();
        places(&value, &Vec::new(), &mut paths);
        for path in paths.iter().filter(|it| !it.is_empty()) {
            let (key, above) = path.split_last().expect("a key");
            let mut changed = value.clone();
            match at(&mut changed, above) {
                Value::Object(map) => map.remove(key),
                Value::Array(list) => Some(list.remove(key.parse().expect("a number"))),
                _ => None,
            };
            tried += 1;
            let (by_schema, by_reader) = (schema.is_valid(&changed), read(&changed));
            if !by_schema && by_reader.is_ok() {
                apart.push(format!("{name}: only the schema misses {path:?}"));
            }
            if let Err(faults) = by_reader.filter_more()
                && by_schema
            {
                apart.push(format!("{name}: only the reader misses {path:?}: {faults:?}"));
            }
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
    assert!(tried > 500, "{tried}");
}

/// What the reader says beyond the schema: whether a template's parts speak of each other truly.
const BEYOND: [&str; 24] = [
    "never is",
    "which is no setting or secret",
    "cannot be filled in",
    "which is not among allowed_hosts",
    "selected_by",
    "says nothing about",
    "is visible_when",
    "allowed_hosts",
    "belong together",
    "has no placeholder",
    "must be there where",
    "must have exactly one of",
    "must be there for a Select",
    "must be one of:",
    "must begin with",
    "or path must be there",
    "must be json where there are predicates",
    "has no body",
    "or when must be there",
    "must have {{request.body}}",
    "is no regular expression",
    "each a whole body",
    "which is no header",
    "must be a JSON pointer",
];

trait More {
    fn filter_more(self) -> Self;
}

impl More for Result<(), Vec<String>> {
    /// Without the refusals of which every fault is beyond the schema.
    fn filter_more(self) -> Self {
        self.or_else(|faults| {
            let beyond = |fault: &String| BEYOND.iter().any(|it| fault.contains(it));
            if faults.iter().all(beyond) { Ok(()) } else { Err(faults) }
        })
    }
}

#[test]
fn an_empty_template_is_refused_by_both() {
    let nothing = Value::Object(Map::new());
    assert!(!schema().is_valid(&nothing));
    assert!(read(&nothing).is_err());
}

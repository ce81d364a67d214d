use std::sync::Arc;

use kontor_domain::ambient::{Clock, Entropy};

use super::*;

struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

struct Same;

impl Entropy for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn tokens() -> Tokens {
    Tokens::new(&Ambient::new(Arc::new(Still(at(0))), Arc::new(Same)))
}

fn granted(text: &str, seconds: u64) -> Granted {
    Granted { token: Secret::new(text.to_owned()), seconds }
}

fn found(tokens: &Tokens, name: &[u8], second: i64) -> Option<String> {
    tokens.find(name, at(second)).map(|it| it.expose().to_owned())
}

#[test]
fn a_token_is_kept_until_shortly_before_its_end() {
    let tokens = tokens();
    tokens.keep(vec![1], &granted("one", 3_600), 300, at(0));
    assert_eq!(found(&tokens, &[1], 3_299).as_deref(), Some("one"));
    assert_eq!(found(&tokens, &[1], 3_300), None);
    assert_eq!(found(&tokens, &[2], 0), None);
    tokens.keep(vec![3], &granted("short", 300), 300, at(0));
    assert_eq!(found(&tokens, &[3], 0), None, "one that lives no longer than the margin is used once");
    tokens.keep(vec![4], &granted("for ever", u64::MAX), 300, at(0));
    assert_eq!(found(&tokens, &[4], 0), None, "an end that no clock has is none");
}

#[test]
fn so_many_tokens_are_kept_and_no_more() {
    let tokens = tokens();
    // All but two at once: each one that is kept looks at all that are.
    let token = |number: usize| {
        (number.to_be_bytes().to_vec(), Token { value: Secret::new("t".to_owned()), until: at(3_600) })
    };
    tokens.kept.lock().expect("the tokens").extend((2..MAX_TOKENS).map(token));
    for (name, many) in [("a", MAX_TOKENS - 1), ("b", MAX_TOKENS), ("c", MAX_TOKENS)] {
        tokens.keep(name.as_bytes().to_vec(), &granted("t", 3_600), 0, at(0));
        assert_eq!(tokens.kept.lock().expect("the tokens").len(), many);
    }
    assert_eq!(found(&tokens, b"c", 1), None);
    tokens.keep(vec![1], &granted("new", 3_600), 0, at(3_600));
    assert_eq!(found(&tokens, &[1], 3_601).as_deref(), Some("new"), "those whose end came make room");
}

#[test]
fn other_credentials_find_no_token() {
    let tokens = tokens();
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let name = |configuration: &[(&str, &str)], secrets: &[(&str, &str)]| {
        let secrets = map(secrets).into_iter().map(|(key, value)| (key, Secret::new(value))).collect();
        tokens.name(&Connection::plain(&map(configuration), &secrets))
    };
    let first = name(&[("a", "b")], &[("c", "d")]);
    assert_eq!(first, name(&[("a", "b")], &[("c", "d")]));
    for other in [
        name(&[("a", "bc")], &[("", "d")]),
        name(&[], &[("a", "b"), ("c", "d")]),
        name(&[("a", "b"), ("c", "d")], &[]),
        name(&[("a", "b")], &[("c", "e")]),
        name(&[("ab", "")], &[("c", "d")]),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn a_refusal_says_what_the_provider_said() {
    let body = serde_json::json!({ "error": "invalid_client", "error_description": "no such client" });
    let error = refused(401, Some(&body));
    assert_eq!(error.code.as_deref(), Some("invalid_client"));
    assert_eq!(error.message, "No token was given (HTTP 401). no such client");
    assert!(refused(429, None).retry_safe);
    assert_eq!(refused(503, None).kind, crate::error::Kind::Nonsense);
}

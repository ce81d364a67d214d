use super::*;

const FIXTURE: &str = r#"
[secrets]
Key = "k"

[[exchanges]]
request = { method = "POST", path = "/a", query = { q = "1" }, headers = { x-key = "k" }, json = { a = 1 } }
answer = { status = 200, json = { ok = true } }

[expected]
success = true
"#;

async fn ask(path: &str, key: &str, body: &str) -> (u16, Vec<String>) {
    let fake = Fake::start(&Fixture::parse(FIXTURE).expect("a fixture")).await.expect("it starts");
    let answer = reqwest::Client::new()
        .post(format!("http://{}{path}", fake.address))
        .header("x-key", key)
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .await
        .expect("an answer");
    (answer.status().as_u16(), fake.problems())
}

#[tokio::test]
async fn it_answers_what_is_written_down_and_nothing_else() {
    assert_eq!(ask("/a?q=1", "k", r#"{"a":1}"#).await, (200, Vec::new()));
    for (path, key, body) in [
        ("/b?q=1", "k", r#"{"a":1}"#),
        ("/a?q=2", "k", r#"{"a":1}"#),
        ("/a?q=1&r=1", "k", r#"{"a":1}"#),
        ("/a?q=1", "other", r#"{"a":1}"#),
        ("/a?q=1", "k", r#"{"a":2}"#),
        ("/a?q=1", "k", ""),
    ] {
        let (status, problems) = ask(path, key, body).await;
        assert_eq!((status, problems.len()), (501, 1), "{path} {key} {body}: {problems:?}");
    }
}

#[tokio::test]
async fn a_request_too_few_is_told() {
    let fake = Fake::start(&Fixture::parse(FIXTURE).expect("a fixture")).await.expect("it starts");
    assert_eq!(fake.problems(), ["1 request(s) of the fixture were never made"]);
}

#[tokio::test]
async fn one_that_plays_begins_anew() {
    let fixture = Fixture::parse(FIXTURE).expect("a fixture");
    let fake = Fake::play(&fixture, SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("it starts");
    for (key, status) in [("k", 200), ("k", 200), ("other", 501), ("k", 200)] {
        let answer = reqwest::Client::new()
            .post(format!("http://{}/a?q=1", fake.address))
            .header("x-key", key)
            .header("content-type", "application/json")
            .body(r#"{"a":1}"#)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{key}");
        let said = answer.text().await.expect("text");
        assert_eq!(said.contains("the header x-key should be"), status == 501, "{said}");
    }
}

#[test]
fn addresses_of_a_template_become_the_fakes() {
    let at = SocketAddr::from(([127, 0, 0, 1], 7));
    let text = redirected(
        "provider = \"A\"\ndocumentation_url = \"https://a.example/docs\"\nallowed_hosts = [\"*.a.example\"]\n[environments.one]\nbase_url = \"https://x.a.example/v1\"\n",
        Some("B"),
        at,
    )
    .expect("a template");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    assert_eq!(table["provider"].as_str(), Some("B"));
    assert_eq!(table["documentation_url"].as_str(), Some("https://a.example/docs"));
    assert_eq!(table["allowed_hosts"][0].as_str(), Some("127.0.0.1:7"));
    assert_eq!(table["environments"]["one"]["base_url"].as_str(), Some("http://127.0.0.1:7/v1"));
}

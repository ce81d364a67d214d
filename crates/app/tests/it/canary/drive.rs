//! Sends requests, keeps every answer for the search, and remembers which calls were driven.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::support::{Answer, process::Demo};

/// Stands in a field that is no secret: the search must find it, or it looks in the wrong places.
pub(super) const CONTROL: &str = "Control Wool 4711";

pub(super) struct Driver<'a> {
    pub(super) demo: &'a Demo,
    driven: BTreeSet<(String, String)>,
    said: String,
    calls: usize,
    last: Option<String>,
    /// How many answers show a provider's words with a secret taken out.
    pub(super) hidden: usize,
}

impl<'a> Driver<'a> {
    pub(super) fn new(demo: &'a Demo) -> Self {
        Self { demo, driven: BTreeSet::new(), said: String::new(), calls: 0, last: None, hidden: 0 }
    }

    pub(super) fn organization(&self) -> String {
        format!("/api/organizations/{}", self.demo.text("organizationId"))
    }

    pub(super) fn credentials(&self, provider: &str) -> Value {
        self.demo.line["credentials"][provider][0].clone()
    }

    /// Every answer, with its headers.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    pub(super) fn note(&mut self, text: &str) {
        self.said += text;
        self.said.push('\n');
    }

    /// A request with a key of its own for repeats.
    pub(super) async fn send(
        &mut self,
        method: &str,
        route: &str,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let answer = self.quietly(method, path, body).await;
        self.driven.insert((method.to_owned(), full(route)));
        // Not the path: what was asked is the test's own and may have secrets in it.
        self.note(&format!("{method} {route} {} {:?}\n{}", answer.status, answer.headers, answer.text));
        answer
    }

    async fn quietly(&mut self, method: &str, path: &str, body: Option<String>) -> Answer {
        self.calls += 1;
        let key = format!("canary-{}", self.calls);
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        let answer = self.demo.admin.send(method, path, &headers, body).await;
        self.last = Some(key.clone());
        answer
    }

    /// A request whose answer shows a secret this once.
    pub(super) async fn unsearched(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.driven.insert((method.to_owned(), path.to_owned()));
        self.quietly(method, path, Some(body.to_string())).await
    }

    /// The last request once more, as after a lost answer.
    pub(super) async fn repeated(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let key = self.last.clone().expect("a request before");
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        let answer = self.demo.admin.send(method, path, &headers, Some(body.to_string())).await;
        self.note(&answer.text);
        answer
    }

    /// A request of somebody without credentials, or with those in its headers.
    pub(super) async fn bare(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let answer = self.demo.nobody().send(method, path, headers, body).await;
        self.driven.insert((method.to_owned(), path.to_owned()));
        self.note(&format!("{method} {} {:?}\n{}", answer.status, answer.headers, answer.text));
        answer
    }

    /// A call was driven by a concrete path.
    pub(super) fn drove(&mut self, method: &str, route: &str) {
        self.driven.insert((method.to_owned(), route.to_owned()));
    }

    pub(super) async fn get(&mut self, route: &str, path: &str) -> Answer {
        self.send("GET", route, path, None).await
    }

    pub(super) async fn delete(&mut self, route: &str, path: &str) -> Answer {
        self.send("DELETE", route, path, None).await
    }

    pub(super) async fn empty(&mut self, route: &str, path: &str) -> Answer {
        self.send("POST", route, path, None).await
    }

    pub(super) async fn post(&mut self, route: &str, path: &str, body: &Value) -> Answer {
        self.send("POST", route, path, Some(body.to_string())).await
    }

    pub(super) async fn put(&mut self, route: &str, path: &str, body: &Value) -> Answer {
        self.send("PUT", route, path, Some(body.to_string())).await
    }

    /// Every call of the description.
    pub(super) async fn routes(&self) -> BTreeSet<(String, String)> {
        let description = self.demo.nobody().get("/openapi.json").await.expect(200).json();
        let mut all = BTreeSet::new();
        for (path, methods) in description["paths"].as_object().expect("paths") {
            all.extend(
                methods.as_object().expect("methods").keys().map(|it| (it.to_uppercase(), path.clone())),
            );
        }
        assert!(all.len() > 30, "{all:?}");
        all
    }

    /// Those that nobody drove.
    pub(super) async fn undriven(&self) -> Vec<(String, String)> {
        self.routes().await.difference(&self.driven).cloned().collect()
    }

    /// A path with ids in it that lead to something.
    pub(super) fn fill(&self, route: &str) -> String {
        let invoice = self.demo.text("invoiceId");
        let path = route.replace("{organizationId}", self.demo.text("organizationId"));
        path.replace("{id}", invoice).replace("{customerNumber}", "C-7").replace("{provider}", "Consent")
    }

    /// The places in which not even what is no secret is found: a search of them would prove nothing.
    pub(super) fn unfound(&self, folder: &Path) -> Vec<&'static str> {
        let holds = |name: &str| {
            let bytes = std::fs::read(folder.join(name)).expect(name);
            bytes.windows(CONTROL.len()).any(|it| it == CONTROL.as_bytes())
        };
        let names = std::fs::read_dir(folder).expect("the folder").map(|it| it.expect("a file").file_name());
        let files: Vec<String> = names.filter_map(|it| it.into_string().ok()).collect();
        let of = |begin: &str| files.iter().filter(|it| it.starts_with(begin)).any(|it| holds(it));
        let places = [
            ("the answers", holds("said")),
            ("the database", holds("database")),
            ("its files", of("file")),
            ("its log", of("wal-") || of("file-wal")),
            ("the program's log", self.demo.log().contains("TRACE")),
        ];
        places.into_iter().filter(|(_, found)| !found).map(|(place, _)| place).collect()
    }
}

/// A route as the description has it.
fn full(route: &str) -> String {
    route.replace("{org}", "/api/organizations/{organizationId}")
}

//! As much of the WebDriver protocol as these tests need, spoken to Debian's ChromeDriver.

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Caller, given, until};

/// The key under which the protocol hides an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(crate) struct Browser {
    driver: Caller,
    session: String,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let profile = tempfile::tempdir().expect("a folder");
        let process = Command::new(given("KONTOR_TEST_CHROMEDRIVER"))
            .arg(format!("--port={port}"))
            .env("HOME", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ChromeDriver starts");
        let driver = Caller::new(&format!("http://127.0.0.1:{port}"), None);
        until("ChromeDriver is ready", async || {
            driver
                .try_send("GET", "/status", &[], None)
                .await
                .is_ok_and(|it| it.json()["value"]["ready"] == true)
        })
        .await;
        let arguments = [
            "--headless=new".to_owned(),
            // Containers run tests as root, where Chromium's own sandbox does not start; every page is ours.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-proxy-server".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--window-size=1000,860".to_owned(),
            format!("--user-data-dir={}", profile.path().join("profile").display()),
        ];
        let options = json!({ "binary": given("KONTOR_TEST_CHROMIUM"), "args": arguments });
        let asked = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let made = driver.post("/session", &asked).await.expect(200).json();
        let session = made["value"]["sessionId"].as_str().expect("a session").to_owned();
        Self { driver, session, process, _profile: profile }
    }

    async fn command(&self, path: &str, body: &Value) -> Answer {
        self.driver.post(&format!("/session/{}/{path}", self.session), body).await
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command("url", &json!({ "url": url })).await.expect(200);
    }

    pub(crate) async fn address(&self) -> String {
        let answer = self.driver.get(&format!("/session/{}/url", self.session)).await.expect(200).json();
        answer["value"].as_str().expect("an address").to_owned()
    }

    async fn find(&self, css: &str) -> Option<String> {
        let found = self.command("element", &json!({ "using": "css selector", "value": css })).await;
        if found.status != 200 {
            return None;
        }
        found.json()["value"][ELEMENT].as_str().map(str::to_owned)
    }

    pub(crate) async fn click(&self, css: &str) {
        until(&format!("{css} can be clicked"), async || match self.find(css).await {
            Some(id) => self.command(&format!("element/{id}/click"), &json!({})).await.status == 200,
            None => false,
        })
        .await;
    }

    pub(crate) async fn fill(&self, css: &str, text: &str) {
        until(&format!("{css} can be filled"), async || match self.find(css).await {
            Some(id) => {
                self.command(&format!("element/{id}/clear"), &json!({})).await;
                self.command(&format!("element/{id}/value"), &json!({ "text": text })).await.status == 200
            }
            None => false,
        })
        .await;
    }

    /// Waits until the element shows the text.
    pub(crate) async fn until_text(&self, css: &str, text: &str) {
        until(&format!("{css} shows {text}"), async || {
            let Some(id) = self.find(css).await else { return false };
            let path = format!("/session/{}/element/{id}/text", self.session);
            let shown = self.driver.get(&path).await;
            shown.status == 200 && shown.json()["value"].as_str().is_some_and(|it| it.contains(text))
        })
        .await;
    }

    /// Shows the page as on a small telephone, and says whether it fits into its width: neither it nor a part of it
    /// has to be moved sideways. Measured by the screen, since a telephone's window grows with what does not fit.
    pub(crate) async fn fits_a_telephone(&self) -> bool {
        let screen = json!({ "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true });
        self.screen("Emulation.setDeviceMetricsOverride", &screen).await;
        let script = "const moves = (it) => ['auto', 'scroll'].includes(getComputedStyle(it).overflowX) && it.scrollWidth > it.clientWidth; \
                      return document.documentElement.scrollWidth <= screen.width && ![...document.querySelectorAll('*')].some(moves)";
        let answer = self.command("execute/sync", &json!({ "script": script, "args": [] })).await.expect(200);
        answer.json()["value"] == true
    }

    /// Shows pages in the usual window again.
    pub(crate) async fn leave_the_telephone(&self) {
        self.screen("Emulation.clearDeviceMetricsOverride", &json!({})).await;
    }

    async fn screen(&self, command: &str, parameters: &Value) {
        let asked = json!({ "cmd": command, "params": parameters });
        self.command("goog/cdp/execute", &asked).await.expect(200);
    }

    /// Keeps a picture where pictures are asked for.
    #[expect(clippy::disallowed_methods, reason = "whether pictures are kept is the chore's decision")]
    pub(crate) async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("KONTOR_TEST_PICTURES") else { return };
        let taken =
            self.driver.get(&format!("/session/{}/screenshot", self.session)).await.expect(200).json();
        let encoded = taken["value"].as_str().expect("a picture");
        let decoded =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).expect("base64");
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), decoded).expect("written");
    }

    /// Ends the session; the driver ends with this value.
    pub(crate) async fn end(self) {
        self.driver.delete(&format!("/session/{}", self.session)).await.expect(200);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _waited = self.process.wait();
    }
}

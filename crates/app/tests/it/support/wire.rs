//! A caller that writes its request byte for byte, so that it can say what no library would, and stop in the middle.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::process::Demo;

/// A test that waits longer than this has failed.
const LONGEST: Duration = Duration::from_mins(1);

/// One request on a connection of its own.
pub(crate) struct Wire {
    socket: TcpStream,
    heard: Vec<u8>,
}

impl Wire {
    /// Connects as the demo's Admin and sends a request's beginning: its first line, and headers beside the usual ones.
    pub(crate) async fn open(demo: &Demo, line: &str, headers: &str) -> Self {
        let address = demo.text("baseUrl").trim_start_matches("http://");
        let socket = TcpStream::connect(address).await.expect("a connection");
        let mut wire = Self { socket, heard: Vec::new() };
        let token = demo.text("adminToken");
        let head = format!(
            "{line} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{headers}\r\n"
        );
        wire.send(&head).await;
        wire
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.expect("it is taken");
    }

    /// Sends a piece of a body whose length nobody said before.
    pub(crate) async fn chunk(&mut self, text: &str) {
        self.send(&format!("{:x}\r\n{text}\r\n", text.len())).await;
    }

    /// What was heard, once a text is in it.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        while !self.said().contains(text) {
            assert!(self.hear().await, "it ended without {text:?}: {}", self.said());
        }
        self.said()
    }

    /// All that was heard, once the other side has closed.
    pub(crate) async fn end(mut self) -> String {
        while self.hear().await {}
        self.said()
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.heard).into_owned()
    }

    async fn hear(&mut self) -> bool {
        let mut buffer = vec![0; 65_536];
        let read = tokio::time::timeout(LONGEST, self.socket.read(&mut buffer)).await;
        // A connection that is torn down is at its end.
        let length = read.unwrap_or_else(|_| panic!("nothing more came after {}", self.said())).unwrap_or(0);
        self.heard.extend_from_slice(&buffer[..length]);
        length > 0
    }
}

/// The status of an answer as it was heard.
pub(crate) fn status(heard: &str) -> u16 {
    heard.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no status: {heard:?}"))
}

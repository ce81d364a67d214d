//! A mail server out of a fixture: says and hears what is written down (RFC 5321).

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// A conversation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    greeting: String,
    lines: Vec<Line>,
}

/// A line that comes in, and the lines that go out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The whole line, or with a star at its end how it begins.
    receive: String,
    send: Vec<String>,
}

/// What happened so far.
#[derive(Clone, Default)]
pub(super) struct Course(Arc<Mutex<(bool, Vec<String>)>>);

impl Course {
    fn tell(&self, problem: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.push(problem);
    }

    fn came(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let course = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if course.0 { course.1.clone() } else { vec!["nobody connected".to_owned()] }
    }
}

pub(super) async fn serve(listener: TcpListener, mail: Mail, course: Course) {
    while let Ok((stream, _)) = listener.accept().await {
        course.came();
        if let Err(error) = talk(stream, &mail, &course).await {
            course.tell(format!("the conversation broke off: {error}"));
        }
    }
}

async fn talk(mut stream: TcpStream, mail: &Mail, course: &Course) -> std::io::Result<()> {
    let (from, mut to) = stream.split();
    let mut lines = BufReader::new(from).lines();
    to.write_all(format!("{}\r\n", mail.greeting).as_bytes()).await?;
    for line in &mail.lines {
        let Some(heard) = lines.next_line().await? else {
            course.tell(format!("{:?} never came", line.receive));
            return Ok(());
        };
        let fits = match line.receive.strip_suffix('*') {
            Some(beginning) => heard.starts_with(beginning),
            None => heard == line.receive,
        };
        if !fits {
            course.tell(format!("{:?} should have come, and {heard:?} did", line.receive));
            return to.write_all(b"500 not understood\r\n").await;
        }
        for answer in &line.send {
            to.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
    Ok(())
}

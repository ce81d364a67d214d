//! One call to a company's books: what goes with it, and what of its answer is one (§2).
//!
//! Refuses to send anything twice, to follow what an answer points to, and to take a status alone for an answer.

use std::time::Duration;

use url::Url;

use super::{
    MINOR_VERSION, QuickBooks, TRACE, bearer, fault,
    verdict::{self, Asked},
};
use crate::{
    BooksError, Connection, ProviderError,
    books::{Errand, Gate},
    http::{Answer, Call, Failure, Method, gzip},
};

/// The largest answer that is read, before and after it was unpacked: a page has a thousand documents.
const LIMIT: usize = 32 * 1024 * 1024;

/// A call.
pub(super) struct Sent<'a> {
    /// For the words.
    pub(super) asked: Asked,
    /// For the gate.
    pub(super) errand: Errand,
    /// Below the company's address.
    pub(super) path: &'a str,
    /// What stands in the query beside the version.
    pub(super) query: Vec<(&'a str, String)>,
    /// A body of JSON; with one it is a POST.
    pub(super) body: Option<Vec<u8>>,
}

impl<'a> Sent<'a> {
    /// A question.
    pub(super) fn question(path: &'a str) -> Self {
        Self { asked: Asked::Question, errand: Errand::Read, path, query: Vec::new(), body: None }
    }

    /// A statement of the query language.
    pub(super) fn statement(statement: String) -> Self {
        Self { query: vec![("query", statement)], ..Self::question("query") }
    }
}

/// Why there is nothing to read.
pub(super) enum NoAnswer {
    /// The answer was larger than the limit.
    TooLarge(BooksError),
    /// Anything else.
    Error(BooksError),
}

impl From<NoAnswer> for BooksError {
    fn from(it: NoAnswer) -> Self {
        match it {
            NoAnswer::TooLarge(error) | NoAnswer::Error(error) => error,
        }
    }
}

impl QuickBooks {
    /// Sends it and takes a good answer.
    pub(super) async fn call(
        &self,
        connection: &Connection<'_>,
        gate: &dyn Gate,
        sent: Sent<'_>,
    ) -> Result<Answer, NoAnswer> {
        let asked = sent.asked;
        let unfit = |error: ProviderError| NoAnswer::Error(verdict::unconnected(asked, error));
        let url = self.company_url(connection).and_then(|it| address(&it, &sent)).map_err(unfit)?;
        let bearer = bearer(connection).map_err(unfit)?;
        let pass =
            gate.enter(sent.errand).await.map_err(|it| NoAnswer::Error(verdict::held_back(asked, it)))?;
        let mut headers =
            vec![("authorization", bearer.expose()), ("accept", "application/json"), gzip::ACCEPT];
        let method = if sent.body.is_some() { Method::Post } else { Method::Get };
        if sent.body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let call = Call {
            headers: &headers,
            body: sent.body.unwrap_or_default().into(),
            timeout: Duration::from_millis(self.settings.timeout_ms),
            limit: LIMIT,
            ..Call::new(method, &url)
        };
        let answer = self.http.send(call).await.and_then(|it| gzip::unpacked(it, LIMIT));
        drop(pass);
        let answer = answer.map_err(|failure| {
            let error = verdict::unanswered(asked, failure);
            if failure == Failure::TooLarge { NoAnswer::TooLarge(error) } else { NoAnswer::Error(error) }
        })?;
        let faults = fault::of(&answer);
        if answer.status == 200 && faults.is_empty() {
            return Ok(answer);
        }
        let error = verdict::refused(asked, &answer, &faults);
        if let Some(wait) = error.retry_after {
            gate.hold(wait);
        }
        let trace = crate::error::clean(answer.headers.get(TRACE).unwrap_or_default());
        let code = error.source.code.as_deref().unwrap_or_default();
        tracing::info!(intuit_tid = trace, status = answer.status, code, class = %error.class, "the books refused");
        // A token may stand in what the gateway says of it (§2.5 b).
        let token: Vec<_> = connection.access_token.into_iter().collect();
        Err(NoAnswer::Error(error.without(&token)))
    }
}

/// The address with its query. Blanks are written as `%20`, which nobody reads otherwise.
fn address(company: &Url, sent: &Sent<'_>) -> Result<Url, ProviderError> {
    let unreadable = |_| ProviderError::misconfigured("the company's address cannot be read");
    let mut url = company.join(sent.path).map_err(unreadable)?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &sent.query {
        query.append_pair(name, value);
    }
    query.append_pair("minorversion", MINOR_VERSION);
    url.set_query(Some(&query.finish().replace('+', "%20")));
    Ok(url)
}

#[cfg(test)]
pub(super) mod tests;

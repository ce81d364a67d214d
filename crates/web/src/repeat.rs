//! A change that may be asked for twice (`Idempotency-Key`): the work and the kept answer in one transaction.
//!
//! Owns which answers are kept: those that stay true. Refuses to keep a 4xx that a better request may turn,
//! a 5xx, and a conflict that passes. A change that calls a provider claims its key before, with a lease, and its
//! use case keeps the answer in the last transaction.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use kontor_domain::ids::OrganizationId;
use kontor_store::{Conn, Tx, idempotency};

use crate::{answer::Answer, api::payments::ended, idempotency::Repeat, problem::Problem, web::Web};

/// On every answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Conflicts that pass by themselves.
const PASSING: &[&str] = &[
    "payment_method_leaving",
    "invoice_payment_in_flight",
    "payment_busy",
    "idempotency_in_progress",
    "changed_meanwhile",
    "integration_in_use",
    "nothing_to_roll_back",
    "rotation_under_way",
    "reconciliation_running",
    "difference_not_resolved",
    "oauth_not_configured",
    "integration_not_connected",
    "integration_needs_reauthorization",
    "record_wrong_state",
    "sync_paused",
];
/// A claim inside one transaction is seen by nobody before it is complete; the lease is never waited for.
const LEASE_SECONDS: i64 = 60;
/// How much longer than the provider's time limit a claim lasts, in seconds.
const MARGIN_SECONDS: i64 = 30;

/// One change, from the claim of its key to its answer.
pub(crate) struct Change {
    tx: Tx,
    key: Option<idempotency::Key>,
    trace_id: String,
    instead: Option<idempotency::Answer>,
}

/// What comes of a claim.
pub(crate) enum Claimed<T> {
    /// Do it.
    New(T),
    /// It was done: this was the answer.
    Done(Response),
}

impl Change {
    /// Begins the transaction and claims the key in it.
    pub(crate) async fn begin(
        web: &Web,
        organization: OrganizationId,
        repeat: Repeat,
        body: &[u8],
    ) -> Result<Claimed<Self>, Problem> {
        let key = repeat.key(organization, body)?;
        let mut tx = web.engine.db.write().await?;
        if let Some(key) = &key {
            match claim(web, &mut tx, key, LEASE_SECONDS, &repeat.trace_id).await? {
                Claimed::New(()) => {}
                Claimed::Done(response) => return Ok(Claimed::Done(response)),
            }
        }
        Ok(Claimed::New(Self { tx, key, trace_id: repeat.trace_id, instead: None }))
    }

    /// The transaction.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.tx
    }

    /// Keeps this answer in place of the one that is given now, which has a secret in it.
    pub(crate) fn keep_instead(&mut self, answer: &Answer) {
        self.instead = Some(kept(answer));
    }

    /// Keeps the answer with the work and commits both; of a refusal that stays true, the answer alone.
    pub(crate) async fn end(
        mut self,
        web: &Web,
        result: Result<Answer, Problem>,
    ) -> Result<Response, Problem> {
        match result {
            Ok(answer) => {
                if let Some(key) = &self.key {
                    let kept = self.instead.unwrap_or_else(|| kept(&answer));
                    idempotency::complete(&mut self.tx, key, &kept).await?;
                }
                self.tx.commit_at("change.done").await?;
                Ok(answer.into_response())
            }
            Err(problem) => {
                self.tx.rollback().await?;
                came_to_nothing(web, self.key.filter(|_| stays_true(&problem)), problem, &self.trace_id).await
            }
        }
    }
}

/// A question to a provider, which may be asked twice without harm: claimed before it, kept after it. Whoever asked
/// may hang up meanwhile; what was claimed is ended all the same.
pub(crate) async fn ask(
    web: Arc<Web>,
    organization: OrganizationId,
    repeat: Repeat,
    body: &[u8],
    work: impl Future<Output = Result<Answer, Problem>> + Send + 'static,
) -> Result<Response, Problem> {
    let Some(key) = repeat.key(organization, body)? else { return Ok(work.await?.into_response()) };
    if let Claimed::Done(response) = claim_for_call(&web, Some(&key), &repeat.trace_id).await? {
        return Ok(response);
    }
    let task = tokio::spawn(async move {
        let answer = match work.await {
            Ok(answer) => answer,
            Err(problem) => return refused(&web, Some(key), problem, &repeat.trace_id).await,
        };
        let mut tx = web.engine.db.write().await?;
        idempotency::complete(&mut tx, &key, &kept(&answer)).await?;
        tx.commit_at("key.answer").await?;
        Ok(answer.into_response())
    });
    task.await.map_err(Problem::internal)?
}

/// Claims the key of a change that calls a provider, in a transaction of its own. The change then runs in a task of
/// its own: what was claimed must be ended also when the caller hangs up.
pub(crate) async fn claim_for_call(
    web: &Web,
    key: Option<&idempotency::Key>,
    trace_id: &str,
) -> Result<Claimed<()>, Problem> {
    let Some(key) = key else { return Ok(Claimed::New(())) };
    let seconds = i64::try_from(web.engine.settings.provider_timeout.as_secs()).unwrap_or(i64::MAX);
    let mut tx = web.engine.db.write().await?;
    let claimed = claim(web, &mut tx, key, seconds.saturating_add(MARGIN_SECONDS), trace_id).await?;
    tx.commit_at("key.claim").await?;
    Ok(claimed)
}

/// Ends the claim of a change that did not come about: a refusal that stays true is kept, any other lets the same
/// key try again.
pub(crate) async fn refused(
    web: &Web,
    key: Option<idempotency::Key>,
    problem: Problem,
    trace_id: &str,
) -> Result<Response, Problem> {
    let Some(key) = key else { return Err(problem) };
    let mut tx = web.engine.db.write().await?;
    let response = end_claim(&mut tx, &key, problem, trace_id).await?;
    tx.commit_at("key.refused").await?;
    response
}

/// The same in the caller's transaction.
async fn end_claim(
    conn: &mut Conn,
    key: &idempotency::Key,
    problem: Problem,
    trace_id: &str,
) -> Result<Result<Response, Problem>, kontor_store::Error> {
    if !stays_true(&problem) {
        idempotency::release(conn, key).await?;
        return Ok(Err(problem));
    }
    let answer = Answer::of_problem(&problem, trace_id);
    idempotency::complete(conn, key, &kept(&answer)).await?;
    Ok(Ok(answer.into_response()))
}

/// Ends a change that claims its key in the transaction of its work, which was undone. A refusal that stays true is kept;
/// where somebody else has the key, that request's answer is this one's too.
pub(crate) async fn came_to_nothing(
    web: &Web,
    key: Option<idempotency::Key>,
    problem: Problem,
    trace_id: &str,
) -> Result<Response, Problem> {
    let Some(key) = key else { return Err(problem) };
    let mut tx = web.engine.db.write().await?;
    let response = match claim(web, &mut tx, &key, LEASE_SECONDS, trace_id).await {
        // Perhaps taken over from one that died.
        Ok(Claimed::New(())) => end_claim(&mut tx, &key, problem, trace_id).await?,
        // The same request ran before this one, or beside it and was faster.
        Ok(Claimed::Done(response)) => Ok(response),
        // It was written down that the key stands for something, and then something of ours failed.
        Err(_) if problem.status().is_server_error() => return Err(problem),
        Err(other) => return Err(other),
    };
    tx.commit_at("change.refused").await?;
    response
}

/// Claims a key: new, done before, or an error that says why not.
pub(crate) async fn claim(
    web: &Web,
    conn: &mut Conn,
    key: &idempotency::Key,
    lease_seconds: i64,
    trace_id: &str,
) -> Result<Claimed<()>, Problem> {
    let now = web.engine.ambient.now();
    let until =
        now.saturating_add(jiff::SignedDuration::from_secs(lease_seconds)).map_err(Problem::internal)?;
    match idempotency::claim(conn, key, now, until).await? {
        idempotency::Claim::New => Ok(Claimed::New(())),
        idempotency::Claim::Running => Err(running()),
        idempotency::Claim::Reused => Err(Problem::refused(
            "idempotency_key_reused",
            "This Idempotency-Key was used with another body. Use a new key for a new request.",
        )),
        idempotency::Claim::Pending(subject) => {
            let answer = ended(conn, key.organization, &subject, trace_id).await?.ok_or_else(running)?;
            let answer = kept(&answer);
            idempotency::complete(conn, key, &answer).await?;
            Ok(Claimed::Done(replayed(answer)?))
        }
        idempotency::Claim::Done(answer) => Ok(Claimed::Done(replayed(answer)?)),
    }
}

/// The same request is being worked on.
pub(crate) fn running() -> Problem {
    Problem::conflict(
        "idempotency_in_progress",
        "A request with this Idempotency-Key is under way. Try again later.",
    )
}

/// Whether a refusal is an answer that the same request would get again.
pub(crate) fn stays_true(problem: &Problem) -> bool {
    match problem.status() {
        StatusCode::CONFLICT => !PASSING.contains(&problem.name()),
        StatusCode::UNPROCESSABLE_ENTITY => problem.name() != "idempotency_key_reused",
        _ => false,
    }
}

/// An answer of strings alone as it is kept: they can always be written.
pub(crate) fn kept_or_500(answer: Result<Answer, Problem>) -> idempotency::Answer {
    answer.map_or_else(
        |_| idempotency::Answer { status: 500, headers: "[]".to_owned(), body: Vec::new() },
        |answer| kept(&answer),
    )
}

/// An answer as it is kept.
pub(crate) fn kept(answer: &Answer) -> idempotency::Answer {
    let headers: Vec<(&str, &str)> = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    idempotency::Answer {
        status: i64::from(answer.status().as_u16()),
        headers: serde_json::to_string(&headers).unwrap_or_else(|_| "[]".to_owned()),
        body: answer.body().to_vec(),
    }
}

fn replayed(answer: idempotency::Answer) -> Result<Response, Problem> {
    let headers: Vec<(String, String)> = serde_json::from_str(&answer.headers).map_err(Problem::internal)?;
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let status = u16::try_from(answer.status).map_err(Problem::internal)?;
    let answer = Answer::kept(status, headers, answer.body)?;
    Ok(answer.header(REPLAYED, HeaderValue::from_static("true")).into_response())
}

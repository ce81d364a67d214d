//! Writing to the books: one object, or a batch of them.

use super::BATCH;
use crate::{
    BooksError,
    books::{Action, Books, Errand, Kind, Object, RequestId, Written},
    quickbooks::{
        QuickBooks,
        client::Sent,
        fault, law,
        read::{self, Entry},
        verdict::{self, Asked},
        wire,
    },
};

impl QuickBooks {
    /// Writes one object.
    pub(super) async fn write_one(
        &self,
        books: &Books<'_>,
        request: &str,
        action: &Action,
    ) -> Result<Written, BooksError> {
        law::check(action)?;
        let asked = law::asked(action);
        let written =
            wire::write(action).map_err(|_| verdict::unfit(asked, "", "it cannot be written down"))?;
        let mut query: Vec<(&str, String)> =
            written.query().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        query.push(("requestid", request.to_owned()));
        let sent = Sent {
            asked,
            errand: Errand::Write,
            path: wire::segment(written.kind),
            query,
            body: Some(written.object.get().as_bytes().to_vec()),
        };
        let answer = self.call(books.connection, books.gate, sent).await?;
        let members = read::members(&answer.body).unwrap_or_default();
        let raw = members.get(written.kind.as_str()).copied();
        done(books, action, raw)
    }

    /// Writes many. What would not be taken is not sent; what cannot stand in a batch goes by itself.
    pub(super) async fn write_many(
        &self,
        books: &Books<'_>,
        request: &RequestId,
        actions: &[Action],
    ) -> Result<Vec<Result<Written, BooksError>>, BooksError> {
        if actions.len() > BATCH {
            let why = format!("a batch has at most {BATCH} writes");
            return Err(verdict::unfit(Asked::Batch, "BatchItemRequest", &why));
        }
        let mut results: Vec<Option<Result<Written, BooksError>>> = Vec::with_capacity(actions.len());
        let mut together = Vec::new();
        let mut alone = Vec::new();
        for (at, action) in actions.iter().enumerate() {
            let checked = law::check(action).and_then(|()| {
                let unfit = |_| verdict::unfit(law::asked(action), "", "it cannot be written down");
                wire::write(action).map_err(unfit)
            });
            match checked {
                Ok(written) if written.fits_batch() => together.push((at, written)),
                Ok(_) => alone.push(at),
                Err(error) => {
                    results.push(Some(Err(error)));
                    continue;
                }
            }
            results.push(None);
        }
        if !together.is_empty() {
            self.send_batch(books, request, actions, &together, &mut results).await?;
        }
        for at in alone {
            if let (Some(action), Some(place)) = (actions.get(at), results.get_mut(at)) {
                let own = format!("{}{}", request.as_str(), name(at));
                *place = Some(self.write_one(books, &own, action).await);
            }
        }
        let unanswered = |at: usize| {
            verdict::nonsense(actions.get(at).map_or(Asked::Batch, law::asked), "it was left out")
        };
        let all = results.into_iter().enumerate();
        Ok(all.map(|(at, it)| it.unwrap_or_else(|| Err(unanswered(at)))).collect())
    }

    async fn send_batch(
        &self,
        books: &Books<'_>,
        request: &RequestId,
        actions: &[Action],
        together: &[(usize, wire::Written)],
        results: &mut [Option<Result<Written, BooksError>>],
    ) -> Result<(), BooksError> {
        let named = together.iter().map(|(at, written)| (name(*at), written));
        let body = wire::batch(named)
            .map_err(|_| verdict::unfit(Asked::Batch, "BatchItemRequest", "it cannot be written down"))?;
        let sent = Sent {
            asked: Asked::Batch,
            errand: Errand::Batch,
            path: "batch",
            query: vec![("requestid", request.as_str().to_owned())],
            body: Some(body),
        };
        let answer = self.call(books.connection, books.gate, sent).await?;
        let items = read::batch(&answer.body)
            .ok_or_else(|| verdict::nonsense(Asked::Batch, "no answers are in it"))?;
        // By name and never by place: nothing is said about their order (§4.2).
        for item in items {
            let place = together.iter().map(|(at, _)| *at).find(|at| name(*at) == item.id);
            let Some((at, action)) = place.and_then(|at| Some((at, actions.get(at)?))) else {
                continue;
            };
            let result = match item.members.get("Fault") {
                Some(raw) => Err(verdict::refused_item(law::asked(action), &fault::of_json(raw))),
                None => done(books, action, item.members.get(action.kind().as_str()).copied()),
            };
            if let Some(wait) = result.as_ref().err().and_then(|it| it.retry_after) {
                books.gate.hold(wait);
            }
            if let Some(place) = results.get_mut(at) {
                *place = Some(result);
            }
        }
        Ok(())
    }
}

/// What a write of a batch is called in it. The books make an id of the request's and this (§2.7), which must be no other
/// request's: no request id has an underscore. The longest of both is within what one write may have.
fn name(at: usize) -> String {
    format!("_{at}")
}

/// What came of a write. An answer without the object says nothing: some of them do nothing (§3.12).
fn done(
    books: &Books<'_>,
    action: &Action,
    raw: Option<&serde_json::value::RawValue>,
) -> Result<Written, BooksError> {
    let (asked, kind) = (law::asked(action), action.kind());
    let nonsense = |what: &str| verdict::nonsense(asked, what);
    let raw = raw.ok_or_else(|| nonsense("what was written is not in it"))?;
    let own = match action {
        Action::Create(_) => None,
        Action::Update { id, .. } | Action::Void { id, .. } | Action::Delete { id, .. } => Some(id),
    };
    match (action, read::entry(kind, raw, books.home)) {
        (Action::Delete { id, .. }, Entry::Removed(it)) if it.id == *id => {
            Ok(Written::Deleted { kind, id: it.id })
        }
        (Action::Delete { .. }, _) => Err(nonsense("it does not say that it was deleted")),
        (_, Entry::Removed(_)) => Err(nonsense("it says that it was deleted")),
        (_, Entry::Unreadable(it)) => Err(nonsense(&it.why)),
        (_, Entry::Object(object)) if own.is_some_and(|it| *it != object.stamp().id) => {
            Err(nonsense("it is another object"))
        }
        (Action::Void { .. }, Entry::Object(object)) if !is_nothing(&object) => {
            Err(nonsense("it was not voided"))
        }
        (_, Entry::Object(object)) => Ok(Written::Object(object)),
    }
}

/// Whether nothing is left of a document's amount.
fn is_nothing(object: &Object) -> bool {
    match object {
        Object::Sale(it) => it.total.is_zero() || it.kind != Kind::Invoice,
        Object::Payment(it) => it.total.is_zero(),
        Object::Customer(_) | Object::Item(_) => true,
    }
}

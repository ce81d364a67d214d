//! What came of a write, and of looking at what stands there.
//!
//! Owns what each answer makes of a record, and the words of it. Refuses to call something settled that differs in money.

mod change;
mod taken;

use kontor_domain::{
    Money,
    sync::{Difference, Failure, Standing, State},
};
use kontor_providers::{
    BooksError,
    books::{Class, Company, Draft, Object, unlike},
};
use kontor_store::{
    Conn,
    sync::links::{self, Link},
};
use serde_json::json;

use super::{
    contact,
    push::Step,
    turn::{Halt, Turn},
};
use crate::hosted::schedule;

/// How often a record is read again and merged when somebody writes in between (sync.md).
const TRIES: i64 = 3;
/// The fields in which a difference is one of money or of whose it is.
const WEIGHTY: [&str; 7] = ["total", "tax", "amount", "applied amount", "currency", "customer", "date"];

/// A failure and a difference as they were before.
pub(super) type Before = (Option<Failure>, Option<Difference>);

impl Turn<'_> {
    /// Writes a record, and tells what is new about it.
    pub(super) async fn put(&self, conn: &mut Conn, link: &Link, before: &Before) -> Result<(), Halt> {
        match links::put(conn, self.organization, link, self.now()).await {
            Ok(()) => {}
            // A person or an event was faster: it is looked at again as it is now.
            Err(kontor_store::Error::Stale) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let subject = link.id.to_string();
        let mut facts = json!({
            "integrationId": link.integration, "kind": link.kind, "localId": link.local_id, "label": link.label,
            "remoteId": link.remote_id,
        });
        let new = link.failure.as_ref().filter(|_| matches!(link.state, State::Failed | State::Gone));
        if let Some(failure) = new.filter(|it| before.0.as_ref() != Some(*it)) {
            facts["failure"] = json!(failure);
            self.engine.tell(conn, self.organization, "sync.failed", &subject, &facts).await?;
        }
        if let Some(difference) = link.difference.as_ref().filter(|it| before.1.as_ref() != Some(*it)) {
            facts["difference"] = json!(difference);
            self.engine.tell(conn, self.organization, "sync.difference", &subject, &facts).await?;
        }
        Ok(())
    }

    /// It was taken: this is how it stands there.
    pub(super) fn written(step: &mut Step, object: Option<&Object>) {
        let link = &mut step.link;
        super::push::in_step(link);
        link.pushed_hash = Some(step.hash.clone());
        let Some(object) = object else { return };
        seen(link, object);
        if let (Object::Customer(client), Draft::Customer(whole)) = (object, &step.whole) {
            let before = contact::read(link.agreed.as_deref());
            // What was sent is what is here.
            let sent = contact::sent(whole);
            let mut agreed = contact::agreed(before.as_ref(), &sent, &contact::theirs(client));
            if let Some(name) = &whole.name {
                agreed.insert(contact::NAME.to_owned(), name.clone());
            }
            link.agreed = serde_json::to_string(&agreed).ok();
        }
        link.difference = unlike(&step.action, object)
            .into_iter()
            .find(|it| WEIGHTY.contains(&it.field))
            .map(|it| Difference {
                code: "field".to_owned(),
                message: format!("Another {} was kept there than was sent.", it.field),
                local: it.sent,
                remote: it.kept,
            });
    }

    /// It was not taken, or nobody knows.
    pub(super) fn refused(&self, link: &mut Link, error: &BooksError) {
        let now = self.now();
        link.attempts = link.attempts.saturating_add(1);
        link.failure = Some(failure(error));
        match error.class {
            Class::Unknown => {
                // The write stays as it was sent; a question is asked again.
                let pause = schedule::retry(link.attempts, &self.engine.settings);
                link.due_at = schedule::after(now, pause.min(self.engine.settings.sync.believe));
            }
            Class::Stale if link.attempts <= TRIES => {
                link.state = State::Waiting;
                link.due_at = now;
            }
            class if class.is_passing() || class.stops_the_connection() => {
                link.state = State::Waiting;
                let pause = schedule::retry(link.attempts, &self.engine.settings);
                link.due_at = schedule::after(now, error.retry_after.unwrap_or(pause));
            }
            Class::Missing if link.remote_id.is_some() => {
                let stood = link.standing.clone();
                gone(link, stood.as_ref(), "It was deleted there.");
            }
            _ => link.state = State::Failed,
        }
    }
}

/// It is not there any more, or was taken back there: a difference from what stood there, and a person decides.
pub(super) fn gone(link: &mut Link, stood: Option<&Standing>, message: &str) {
    let was = stood.map(|it| it.total.clone()).unwrap_or_default();
    link.state = State::Gone;
    link.failure = Some(Failure {
        code: "gone".to_owned(),
        field: None,
        message: message.to_owned(),
        advice: "Retry it to have it written anew, or dismiss it to leave it so. Nothing was changed here."
            .to_owned(),
    });
    link.difference = Some(Difference {
        code: "gone".to_owned(),
        message: message.to_owned(),
        local: was,
        remote: String::new(),
    });
}

/// A failure of the books, as it is kept.
pub(super) fn failure(error: &BooksError) -> Failure {
    Failure {
        code: error.class.as_str().to_owned(),
        field: error.field.clone(),
        message: error.what.clone(),
        advice: error.advice.to_owned(),
    }
}

/// Which version of it was seen, and what of money stands in it.
pub(super) fn seen(link: &mut Link, object: &Object) {
    let stamp = object.stamp();
    link.remote_id = Some(stamp.id.clone());
    link.sync_token = Some(stamp.token.clone());
    link.remote_updated_at = stamp.updated_at.or(link.remote_updated_at);
    let standing = |total: Money, balance: Option<Money>, voided: bool| Standing {
        currency: total.currency().code().to_owned(),
        total: total.to_string(),
        balance: balance.map(|it| it.to_string()),
        voided,
    };
    match object {
        Object::Sale(it) => {
            link.remote_number.clone_from(&it.number);
            link.standing = Some(standing(it.total, it.balance, it.voided));
        }
        Object::Payment(it) => link.standing = Some(standing(it.total, Some(it.unapplied), it.voided)),
        Object::Customer(it) => link.remote_number = Some(it.name.clone()),
        Object::Item(it) => link.remote_number = Some(it.name.clone()),
    }
}

/// Whether the books are closed for a document's day, as far as they say so (§6 row 10).
pub(super) fn closed(company: &Company, draft: &Draft) -> Option<Failure> {
    let until = company.closed_until?;
    let date = match draft {
        Draft::Sale(_, it) => it.date?,
        Draft::Payment(it) => it.date?,
        Draft::Customer(_) | Draft::Item(_) => return None,
    };
    (date <= until).then(|| Failure {
        code: Class::ClosedPeriod.as_str().to_owned(),
        field: Some("TxnDate".to_owned()),
        message: format!("Its date is {date}, and the company's books are closed up to {until}."),
        advice: "Have the period opened in the books, or enter it there by hand, then retry.".to_owned(),
    })
}

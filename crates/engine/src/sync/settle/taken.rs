//! A name or a number that somebody has already: the same thing is taken over, another one stays who it is.

use kontor_domain::sync::State;
use kontor_providers::{
    BooksError,
    books::{Class, Draft, Find, HolderKind, Kind, Object, SaleDraft},
};

use crate::sync::{
    contact,
    paper::marked,
    push::{Next, Step},
    settle::{failure, seen},
    turn::{Halt, Turn},
};

impl Turn<'_> {
    /// What becomes of a write that met a name or a number that is taken (§6 rows 3 and 6).
    pub(in crate::sync) async fn taken(
        &mut self,
        kind: Kind,
        mut step: Step,
        error: &BooksError,
    ) -> Result<(), Halt> {
        let before = (step.link.failure.clone(), step.link.difference.clone());
        match (kind, error.class) {
            (Kind::Customer, _) => self.customer_taken(&mut step, error).await?,
            (Kind::Item, _) => match self.known_item(&mut step.link).await? {
                Some(Next::Put(link)) => step.link = *link,
                _ => fail(&mut step, error),
            },
            (_, Class::DuplicateNumber) => self.number_taken(kind, &mut step, error).await?,
            _ => fail(&mut step, error),
        }
        let progress = step.link.state == State::Synced;
        let mut tx = self.engine.db.write().await?;
        self.put(&mut tx, &step.link, &before).await?;
        tx.commit_at("sync.taken").await?;
        if progress { self.release().await } else { Ok(()) }
    }

    async fn customer_taken(&self, step: &mut Step, error: &BooksError) -> Result<(), Halt> {
        let Draft::Customer(draft) = &step.whole else { return Ok(()) };
        let draft = draft.clone();
        let name = draft.name.clone().unwrap_or_default();
        let connection = self.connection();
        let holder = self.accounting.holder(&self.books(&connection), &name).await;
        let holder = match holder {
            Ok(holder) => holder,
            Err(error) => return self.later_again(step, error),
        };
        let hint = error.holder.clone();
        let client = match &holder {
            Some(it) if it.kind == HolderKind::Customer => self.client(step, &it.id).await?,
            Some(_) => None,
            None => match hint {
                Some(id) => self.client(step, &id).await?,
                None => None,
            },
        };
        if step.link.state == State::Waiting {
            // Nobody could tell: again later.
            return Ok(());
        }
        if let Some(object) = client
            && let Object::Customer(it) = &object
            && !it.name.ends_with(" (deleted)")
            && same_mail(draft.email.as_deref(), it.email.as_deref())
            && same_currency(&draft, it.currency)
            && !self.is_taken(Kind::Customer, &object).await?
        {
            // The same one: what is known of it on either side is brought together by the next write.
            seen(&mut step.link, &object);
            (step.link.state, step.link.due_at) = (State::Waiting, self.now());
            (step.link.failure, step.link.attempts) = (None, 0);
            return Ok(());
        }
        // Somebody else: ours gets a name of its own, once.
        let mut agreed = contact::read(step.link.agreed.as_deref()).unwrap_or_default();
        if agreed.contains_key(contact::SUFFIX) {
            fail(step, error);
            return Ok(());
        }
        agreed.insert(contact::SUFFIX.to_owned(), format!(" ({})", self.customer_number(step).await?));
        step.link.agreed = serde_json::to_string(&agreed).ok();
        (step.link.state, step.link.due_at) = (State::Waiting, self.now());
        Ok(())
    }

    async fn customer_number(&self, step: &Step) -> Result<String, Halt> {
        let id = step.link.local_id.split(':').next().unwrap_or_default();
        let id = id.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?;
        let mut conn = self.engine.db.read().await?;
        let customer = kontor_store::customers::by_id(&mut conn, self.organization, id).await?;
        Ok(customer.map(|it| it.customer_number.replace(':', " ")).unwrap_or_default())
    }

    async fn client(&self, step: &mut Step, id: &str) -> Result<Option<Object>, Halt> {
        let connection = self.connection();
        match self.accounting.read(&self.books(&connection), Kind::Customer, id).await {
            Ok(object) => Ok(Some(object)),
            // A vendor's id, or an employee's.
            Err(error) if error.class == Class::Missing => Ok(None),
            Err(error) => self.later_again(step, error).map(|()| None),
        }
    }

    async fn number_taken(&self, kind: Kind, step: &mut Step, error: &BooksError) -> Result<(), Halt> {
        let Draft::Sale(_, draft) = &step.whole else { return Ok(()) };
        let number = draft.number.clone().unwrap_or_default();
        let connection = self.connection();
        let found = self.accounting.find(&self.books(&connection), kind, &Find::Number(&number)).await;
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.later_again(step, error),
        };
        for object in found {
            let Object::Sale(it) = &object else { continue };
            let ours = marked(it.private_note.as_deref()) == Some(step.link.local_id.as_str());
            if (ours || same(draft, it)) && !self.is_taken(kind, &object).await? {
                Self::written(step, Some(&object));
                return Ok(());
            }
        }
        fail(step, error);
        Ok(())
    }

    /// The write was surely not made, and is made again later, whatever became of the question.
    fn later_again(&self, step: &mut Step, error: BooksError) -> Result<(), Halt> {
        self.unanswered(&mut step.link, error)?;
        step.link.state = State::Waiting;
        Ok(())
    }
}

fn fail(step: &mut Step, error: &BooksError) {
    step.link.state = State::Failed;
    step.link.failure = Some(failure(error));
}

/// Whether two addresses may be one customer's: the same, or one of them is not known.
fn same_mail(ours: Option<&str>, theirs: Option<&str>) -> bool {
    let tidy = |it: Option<&str>| it.map(|it| it.trim().to_lowercase()).filter(|it| !it.is_empty());
    match (tidy(ours), tidy(theirs)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    }
}

fn same_currency(
    draft: &kontor_providers::books::CustomerDraft,
    theirs: Option<kontor_domain::Currency>,
) -> bool {
    draft.currency.is_none() || theirs.is_none() || draft.currency == theirs
}

/// Whether a document is the one that is to be written: the same customer, day and total.
fn same(draft: &SaleDraft, it: &kontor_providers::books::Sale) -> bool {
    draft.customer == it.customer
        && draft.date == it.date
        && kontor_providers::books::expected_total(draft).is_none_or(|total| total == it.total)
}

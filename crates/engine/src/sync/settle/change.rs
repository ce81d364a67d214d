//! Changing what stands there already: read again, merged, and then written.

use kontor_domain::sync::{Difference, State};
use kontor_providers::{
    BooksError,
    books::{Action, Class, Company, Draft, Find, Kind, Object, SaleDraft},
};
use kontor_store::sync::links::Link;

use crate::sync::{
    contact,
    desired::no_item,
    push::{Next, Step, in_step},
    settle::{gone, seen},
    turn::{Halt, Turn},
};

impl Turn<'_> {
    /// Reads what stands there. None where the record is settled by it: it is gone, or nobody could tell.
    pub(in crate::sync) async fn look(
        &self,
        kind: Kind,
        link: &mut Link,
        id: &str,
    ) -> Result<Option<Object>, Halt> {
        let connection = self.connection();
        match self.accounting.read(&self.books(&connection), kind, id).await {
            Ok(object) => Ok(Some(object)),
            Err(error) => self.unanswered(link, error).map(|()| None),
        }
    }

    /// A question about a record that nobody answered. Nothing was sent: it is asked again, unless that is in vain.
    pub(in crate::sync) fn unanswered(&self, link: &mut Link, error: BooksError) -> Result<(), Halt> {
        let error = self.hidden(error);
        if error.class.halts() {
            return Err(Halt::of(error));
        }
        self.refused(link, &error);
        if error.class == Class::Unknown {
            link.state = State::Waiting;
        }
        Ok(())
    }

    pub(in crate::sync) async fn voiding(&self, kind: Kind, mut link: Link) -> Result<Next, Halt> {
        let Some(id) = link.remote_id.clone() else { return Ok(Next::Forget(Box::new(link))) };
        let Some(object) = self.look(kind, &mut link, &id).await? else {
            if link.state == State::Gone {
                // It is not to be there, and it is not there.
                in_step(&mut link);
                link.difference = None;
            }
            return Ok(Next::Put(Box::new(link)));
        };
        seen(&mut link, &object);
        if link.standing.as_ref().is_some_and(|it| it.voided) {
            in_step(&mut link);
            link.difference = None;
            return Ok(Next::Put(Box::new(link)));
        }
        let token = object.stamp().token.clone();
        let action = Action::Void { kind, id, token };
        let whole = Draft::Sale(kind, Box::default());
        Ok(Next::Send(Box::new(Step { link, action, whole, hash: "void".to_owned() })))
    }

    /// A document or an article that is to be otherwise than it was written.
    pub(in crate::sync) async fn changed(
        &self,
        kind: Kind,
        mut link: Link,
        draft: Draft,
        hash: String,
        id: &str,
    ) -> Result<Next, Halt> {
        let Some(object) = self.look(kind, &mut link, id).await? else {
            return Ok(Next::Put(Box::new(link)));
        };
        let before = link.standing.clone();
        seen(&mut link, &object);
        let locked = matches!(&object, Object::Payment(it) if it.deposited);
        if link.standing.as_ref().is_some_and(|it| it.voided) {
            gone(&mut link, before.as_ref(), "It was voided there.");
            return Ok(Next::Put(Box::new(link)));
        }
        // Somebody has changed what it comes to: to write over it would be to know better than whoever did.
        let total = |it: &Option<kontor_domain::sync::Standing>| it.as_ref().map(|it| it.total.clone());
        if kind != Kind::Item && before.is_some() && total(&before) != total(&link.standing) {
            link.difference = Some(Difference {
                code: "total".to_owned(),
                message: "Its total was changed there, so that it is not written over.".to_owned(),
                local: total(&before).unwrap_or_default(),
                remote: total(&link.standing).unwrap_or_default(),
            });
            in_step(&mut link);
            return Ok(Next::Put(Box::new(link)));
        }
        if locked {
            link.state = State::Failed;
            link.failure = Some(super::Failure {
                code: Class::Locked.as_str().to_owned(),
                field: None,
                message: "It stands on a deposit there, and cannot be changed.".to_owned(),
                advice: "Take it off the deposit there, then retry.".to_owned(),
            });
            return Ok(Next::Put(Box::new(link)));
        }
        let update = changed_part(draft.clone());
        let action = Action::Update { id: id.to_owned(), token: object.stamp().token.clone(), draft: update };
        Ok(self.checked(link, action, draft, hash))
    }

    pub(in crate::sync) fn checked(
        &self,
        mut link: Link,
        action: Action,
        whole: Draft,
        hash: String,
    ) -> Next {
        match self.accounting.check(&action) {
            Ok(()) => Next::Send(Box::new(Step { link, action, whole, hash })),
            Err(error) => {
                self.refused(&mut link, &error);
                Next::Put(Box::new(link))
            }
        }
    }

    /// A customer: what of it was changed here alone is written, what was changed there alone is looked at when it is
    /// pulled, and what both sides changed is shown.
    pub(in crate::sync) async fn changed_customer(
        &self,
        mut link: Link,
        whole: Draft,
        hash: String,
        id: &str,
    ) -> Result<Next, Halt> {
        let Draft::Customer(wanted) = &whole else { return Ok(Next::Put(Box::new(link))) };
        let before = contact::read(link.agreed.as_deref());
        if link.pushed_hash.as_ref() == Some(&hash) && before.is_some() {
            in_step(&mut link);
            return Ok(Next::Put(Box::new(link)));
        }
        let Some(object) = self.look(Kind::Customer, &mut link, id).await? else {
            return Ok(Next::Put(Box::new(link)));
        };
        let Object::Customer(client) = &object else { return Ok(Next::Put(Box::new(link))) };
        let (ours, theirs) = (contact::sent(wanted), contact::theirs(client));
        let merge = contact::merge(before.as_ref(), &ours, &theirs);
        seen(&mut link, &object);
        link.difference = contact::difference(&merge, &ours, &theirs);
        let renamed = before
            .as_ref()
            .and_then(|it| it.get(contact::NAME))
            .is_some_and(|it| Some(it) != wanted.name.as_ref());
        let mut update = contact::only(wanted, &merge.out);
        update.name = wanted.name.clone().filter(|_| renamed);
        update.active = (!client.active).then_some(true);
        if !merge.inward.is_empty() {
            self.look_later(Kind::Customer, id).await?;
        }
        if merge.out.is_empty() && !renamed && client.active {
            let mut agreed = contact::agreed(before.as_ref(), &ours, &theirs);
            agreed.insert(contact::NAME.to_owned(), wanted.name.clone().unwrap_or_default());
            link.agreed = serde_json::to_string(&agreed).ok();
            link.pushed_hash = Some(hash);
            in_step(&mut link);
            return Ok(Next::Put(Box::new(link)));
        }
        let token = object.stamp().token.clone();
        let action = Action::Update { id: id.to_owned(), token, draft: Draft::Customer(Box::new(update)) };
        Ok(self.checked(link, action, whole, hash))
    }

    /// An article is looked for by its number and then by its name before one is made (§6 row 21).
    pub(in crate::sync) async fn new_item(
        &self,
        company: &Company,
        mut link: Link,
        draft: Draft,
        hash: String,
    ) -> Result<Next, Halt> {
        if let Some(next) = self.known_item(&mut link).await? {
            return Ok(next);
        }
        if !matches!(&draft, Draft::Item(it) if it.income_account.is_some()) {
            link.state = State::Failed;
            link.failure = Some(no_item(&link.label));
            return Ok(Next::Put(Box::new(link)));
        }
        Ok(self.made(company, link, draft, hash))
    }

    /// The article that is there already.
    pub(in crate::sync) async fn known_item(&self, link: &mut Link) -> Result<Option<Next>, Halt> {
        let connection = self.connection();
        let books = self.books(&connection);
        let key = link.local_id.clone();
        for by in [Find::Sku(&key), Find::Name(&key)] {
            let found = match self.accounting.find(&books, Kind::Item, &by).await {
                Ok(found) => found,
                Err(error) => {
                    self.unanswered(link, error)?;
                    return Ok(Some(Next::Put(Box::new(link.clone()))));
                }
            };
            for object in found {
                let Object::Item(article) = &object else { continue };
                if article.active && article.is_sellable() && !self.is_taken(Kind::Item, &object).await? {
                    seen(link, &object);
                    in_step(link);
                    return Ok(Some(Next::Put(Box::new(link.clone()))));
                }
            }
        }
        Ok(None)
    }

    /// Whether something there is something else of ours already.
    pub(in crate::sync) async fn is_taken(&self, kind: Kind, object: &Object) -> Result<bool, Halt> {
        Ok(self.pair(kind, &object.stamp().id).await?.is_some())
    }
}

/// What of a document is written when it changes: its note, its number and what it was made from are the first writing's.
fn changed_part(draft: Draft) -> Draft {
    match draft {
        Draft::Sale(kind, it) => {
            let it = SaleDraft { private_note: None, number: None, estimate: None, currency: None, ..*it };
            Draft::Sale(kind, Box::new(it))
        }
        Draft::Payment(mut it) => {
            it.private_note = None;
            it.currency = None;
            Draft::Payment(it)
        }
        other => other,
    }
}

//! The company's books: what each question and each write is, and what its answer means.

mod writes;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::{
    QuickBooks,
    client::{NoAnswer, Sent},
    law, mapping,
    query::{MOST, Wanted},
    read::{self, Entry},
    realm,
    verdict::{self, Asked},
    webhook, wire,
};
use crate::{
    BooksError, Connection,
    books::{
        Accounting, Action, Books, Changes, Choice, Company, Find, Gate, Holder, HolderKind, Kind, Limits,
        List, Mapped, Mapping, Notice, Object, Page, RequestId, Which, Written,
    },
    webhook::{Call, Unproven},
};

/// The most writes in a batch (§4.2).
const BATCH: usize = 30;
/// What the limits' page says, and both of the ways to read its ten at once (§5).
const LIMITS: Limits =
    Limits { calls_per_minute: 500, batches_per_minute: 40, calls_per_second: 10, concurrent: 10 };
/// How long changes are kept, less a day for the way (§4.3).
const CHANGES_DAYS: i64 = 29;
/// How much earlier is asked for than what was seen: nobody says whether the moment itself is included (§4.3).
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// So many pages are looked through for one text.
const MAX_PAGES: usize = 50;
/// How many rows are asked for, and how many when as many are too large to be read.
const SIZES: [usize; 4] = [MOST, 100, 10, 1];

impl QuickBooks {
    /// The rows after an id. A page that is too large is asked for in smaller ones.
    async fn rows(
        &self,
        (connection, gate): (&Connection<'_>, &dyn Gate),
        wanted: &Wanted<'_>,
        after: Option<&str>,
    ) -> Result<Vec<u8>, BooksError> {
        let mut last = None;
        for size in SIZES {
            match self.call(connection, gate, Sent::statement(wanted.page(after, size))).await {
                Ok(answer) => return Ok(answer.body),
                Err(NoAnswer::TooLarge(error)) => last = Some(error),
                Err(NoAnswer::Error(error)) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| verdict::nonsense(Asked::Question, "there is no answer")))
    }

    /// One page of objects.
    async fn part(
        &self,
        books: &Books<'_>,
        kind: Kind,
        wanted: &Wanted<'_>,
        after: Option<&str>,
    ) -> Result<Page, BooksError> {
        let body = self.rows((books.connection, books.gate), wanted, after).await?;
        let rows = read::rows(&body, kind.as_str())
            .ok_or_else(|| verdict::nonsense(Asked::Question, "no rows are in it"))?;
        let next = next(&rows.rows, after)?;
        let mut page = Page { objects: Vec::new(), unreadable: Vec::new(), next };
        for row in rows.rows {
            match read::entry(kind, row, books.home) {
                Entry::Object(object) => page.objects.push(object),
                Entry::Unreadable(it) => page.unreadable.push(it),
                // A list has no deleted ones (§3.12).
                Entry::Removed(_) => {}
            }
        }
        Ok(page)
    }

    /// Who has a name, among one sort of them.
    async fn holder_among(
        &self,
        books: &Books<'_>,
        kind: HolderKind,
        entity: &str,
        name: &str,
    ) -> Result<Vec<Holder>, BooksError> {
        let wanted = Wanted::all(entity).equal("DisplayName", name);
        let body = self.rows((books.connection, books.gate), &wanted, None).await?;
        let rows = read::rows(&body, entity)
            .ok_or_else(|| verdict::nonsense(Asked::Question, "no rows are in it"))?;
        let holder = |row: &&RawValue| {
            let id = read::id_of(row).filter(|it| law::is_id(it))?;
            Some(Holder { kind, id, active: read::is_active(row) })
        };
        Ok(rows.rows.iter().filter_map(holder).collect())
    }
}

/// What to ask after next: the last id; none at the end. A page that is not full is no end: nobody says how much an
/// answer holds at the most. Refuses a page that leads nowhere.
fn next(rows: &[&RawValue], after: Option<&str>) -> Result<Option<String>, BooksError> {
    let Some(last) = rows.last() else { return Ok(None) };
    let id = read::id_of(last).filter(|it| law::is_id(it));
    let id = id.ok_or_else(|| verdict::nonsense(Asked::Question, "a row has no id"))?;
    if after == Some(id.as_str()) {
        return Err(verdict::nonsense(Asked::Question, "the same rows came again"));
    }
    Ok(Some(id))
}

/// What a list's entity is called.
fn listed(list: List) -> &'static str {
    match list {
        List::Accounts => "Account",
        List::Items => "Item",
        List::TaxCodes => "TaxCode",
        List::Terms => "Term",
        List::PaymentMethods => "PaymentMethod",
    }
}

/// Whether an object is what was looked for: the books compare as they like.
fn fits(object: &Object, by: &Find<'_>) -> bool {
    let same = |text: Option<&String>, wanted: &str| {
        text.is_some_and(|it| it.trim().to_lowercase() == wanted.trim().to_lowercase())
    };
    match (by, object) {
        (Find::Name(name), Object::Customer(it)) => same(Some(&it.name), name),
        (Find::Name(name), Object::Item(it)) => same(Some(&it.name), name),
        (Find::Email(email), Object::Customer(it)) => same(it.email.as_ref(), email),
        (Find::Sku(sku), Object::Item(it)) => same(it.sku.as_ref(), sku),
        (Find::Number(number), Object::Sale(it)) => same(it.number.as_ref(), number),
        (Find::Note { text, .. }, Object::Sale(it)) => {
            it.private_note.as_deref().is_some_and(|it| it.contains(text))
        }
        (Find::Note { text, .. }, Object::Payment(it)) => {
            it.private_note.as_deref().is_some_and(|it| it.contains(text))
        }
        _ => false,
    }
}

#[async_trait]
impl Accounting for QuickBooks {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn batch_size(&self) -> usize {
        BATCH
    }

    fn changes_days(&self) -> i64 {
        CHANGES_DAYS
    }

    async fn company(&self, connection: &Connection<'_>, gate: &dyn Gate) -> Result<Company, BooksError> {
        let realm = realm(connection).map_err(|it| verdict::unconnected(Asked::Question, it))?;
        let path = format!("companyinfo/{realm}");
        let info = self.call(connection, gate, Sent::question(&path)).await?;
        let preferences = self.call(connection, gate, Sent::question("preferences")).await?;
        read::company(&info.body, &preferences.body).map_err(|it| verdict::nonsense(Asked::Question, &it))
    }

    async fn choices(
        &self,
        connection: &Connection<'_>,
        gate: &dyn Gate,
        list: List,
    ) -> Result<Vec<Choice>, BooksError> {
        let entity = listed(list);
        let wanted = Wanted::active(entity);
        let (mut after, mut seen, mut choices) = (None::<String>, BTreeSet::new(), Vec::new());
        for _ in 0..MAX_PAGES {
            let body = self.rows((connection, gate), &wanted, after.as_deref()).await?;
            let rows = read::rows(&body, entity)
                .ok_or_else(|| verdict::nonsense(Asked::Question, "no rows are in it"))?;
            // Some tax codes are no rows and come with every page: words for ids, which only stand on lines (§3.6).
            let is_row = |it: &RawValue| read::id_of(it).filter(|it| law::is_id(it));
            let new: Vec<&RawValue> =
                rows.rows.into_iter().filter(|it| is_row(it).is_some_and(|it| seen.insert(it))).collect();
            choices
                .extend(new.iter().filter(|it| read::is_active(it)).filter_map(|it| read::choice(list, it)));
            let final_id = new.last().and_then(|it| read::id_of(it));
            // An empty page alone is the end: nobody says how much an answer holds at the most.
            if final_id.is_none() {
                choices.sort_by(|one, two| one.name.cmp(&two.name).then_with(|| one.id.cmp(&two.id)));
                return Ok(choices);
            }
            after = final_id;
        }
        Err(verdict::unsupported(Asked::Question, "the list is longer than anybody could choose from"))
    }

    fn check(&self, action: &Action) -> Result<(), BooksError> {
        law::check(action)
    }

    async fn read(&self, books: &Books<'_>, kind: Kind, id: &str) -> Result<Object, BooksError> {
        if !law::is_id(id) {
            return Err(verdict::unfit(Asked::Question, "Id", "it is no id of the books"));
        }
        let path = format!("{}/{id}", wire::segment(kind));
        let answer = self.call(books.connection, books.gate, Sent::question(&path)).await?;
        let members = read::members(&answer.body).unwrap_or_default();
        let raw = members.get(kind.as_str());
        let raw = raw.ok_or_else(|| verdict::nonsense(Asked::Question, "what was asked for is not in it"))?;
        match read::entry(kind, raw, books.home) {
            Entry::Object(object) => Ok(object),
            Entry::Removed(_) => Err(verdict::missing(Asked::Question)),
            Entry::Unreadable(it) => Err(verdict::nonsense(Asked::Question, &it.why)),
        }
    }

    async fn write(
        &self,
        books: &Books<'_>,
        request: &RequestId,
        action: &Action,
    ) -> Result<Written, BooksError> {
        self.write_one(books, request.as_str(), action).await
    }

    async fn batch(
        &self,
        books: &Books<'_>,
        request: &RequestId,
        actions: &[Action],
    ) -> Result<Vec<Result<Written, BooksError>>, BooksError> {
        self.write_many(books, request, actions).await
    }

    async fn find(&self, books: &Books<'_>, kind: Kind, by: &Find<'_>) -> Result<Vec<Object>, BooksError> {
        let wanted = Wanted::find(kind, by);
        let wanted = wanted.ok_or_else(|| {
            verdict::unsupported(Asked::Question, &format!("a {kind} cannot be looked for that way"))
        })?;
        let (mut after, mut found) = (None::<String>, Vec::new());
        for _ in 0..MAX_PAGES {
            let page = self.part(books, kind, &wanted, after.as_deref()).await?;
            found.extend(page.objects.into_iter().filter(|it| fits(it, by)));
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
        // Half an answer would say that it is not there.
        Err(verdict::unsupported(Asked::Question, "too many would have to be looked through"))
    }

    async fn holder(&self, books: &Books<'_>, name: &str) -> Result<Option<Holder>, BooksError> {
        let sorts = [
            (HolderKind::Customer, "Customer"),
            (HolderKind::Vendor, "Vendor"),
            (HolderKind::Employee, "Employee"),
        ];
        let mut unused = None;
        for (kind, entity) in sorts {
            let among = match self.holder_among(books, kind, entity, name).await {
                // Not every company lets everybody see who works for it.
                Err(error) if kind != HolderKind::Customer && error.class.wants_a_person() => Vec::new(),
                among => among?,
            };
            for holder in among {
                if holder.active {
                    return Ok(Some(holder));
                }
                unused = unused.or(Some(holder));
            }
        }
        Ok(unused)
    }

    async fn page(
        &self,
        books: &Books<'_>,
        kind: Kind,
        which: Which,
        after: Option<&str>,
    ) -> Result<Page, BooksError> {
        self.part(books, kind, &Wanted::which(kind, which), after).await
    }

    async fn count(&self, books: &Books<'_>, kind: Kind, which: Which) -> Result<u64, BooksError> {
        let sent = Sent::statement(Wanted::which(kind, which).count());
        let answer = self.call(books.connection, books.gate, sent).await?;
        let total = read::rows(&answer.body, kind.as_str()).and_then(|it| it.total);
        total.ok_or_else(|| verdict::nonsense(Asked::Question, "no count is in it"))
    }

    async fn changes(
        &self,
        books: &Books<'_>,
        kinds: &[Kind],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Changes, BooksError> {
        let from = since.saturating_sub(OVERLAP).unwrap_or(since);
        if now.duration_since(from) > SignedDuration::from_hours(CHANGES_DAYS.saturating_mul(24)) {
            return Err(verdict::too_old());
        }
        let names: Vec<&str> = kinds.iter().map(|it| it.as_str()).collect();
        let sent = Sent {
            asked: Asked::Changes,
            query: vec![("entities", names.join(",")), ("changedSince", from.to_string())],
            ..Sent::question("cdc")
        };
        let nothing = Changes {
            objects: Vec::new(),
            removed: Vec::new(),
            unreadable: Vec::new(),
            until: since,
            cut: true,
        };
        let answer = match self.call(books.connection, books.gate, sent).await {
            Ok(answer) => answer,
            // More than can be read is as good as more than there was.
            Err(NoAnswer::TooLarge(_)) => return Ok(nothing),
            Err(NoAnswer::Error(error)) => return Err(error),
        };
        match read::changes(&answer.body, kinds, books.home, now) {
            Some(Ok(changes)) => Ok(changes),
            Some(Err(faults)) => Err(verdict::refused(Asked::Changes, &answer, &faults)),
            None => Err(verdict::nonsense(Asked::Changes, "no changes are in it")),
        }
    }

    fn is_signed(&self, call: &Call<'_>) -> bool {
        webhook::signature(call).is_some()
    }

    fn notices(&self, call: &Call<'_>) -> Result<Vec<Notice>, Unproven> {
        webhook::notices(self.settings.webhook_verifier.as_ref(), call)
    }

    fn mapping(&self, configuration: &BTreeMap<String, String>) -> Mapping {
        mapping::mapping(configuration)
    }

    fn mapped(&self) -> &'static [Mapped] {
        mapping::MAPPED
    }

    fn company_id(&self, connection: &Connection<'_>) -> Option<String> {
        realm(connection).ok().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests;

//! What changes there: paging while rows come and go, change data capture with what is gone, and merges.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use kontor_providers::books::Changes;

use super::{refusals::with_customer, *};

impl Office {
    /// All ids of a kind, page after page; something happens between pages.
    async fn pages(&self, kind: Kind, which: Which, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
        let (mut seen, mut after, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let page = self.at(async |it, books| it.page(books, kind, which, after.as_deref()).await).await;
            let page = page.unwrap_or_else(|error| panic!("{error}"));
            assert!(page.unreadable.is_empty(), "{page:?}");
            seen.extend(page.objects.iter().map(|it| it.stamp().id.clone()));
            after = page.next;
            if after.is_none() {
                return seen;
            }
            between(pages).await;
            pages += 1;
        }
    }

    async fn changes(&self, kinds: &[Kind], since: Timestamp) -> Result<Changes, BooksError> {
        self.at(async |it, books| it.changes(books, kinds, since, since).await).await
    }

    async fn customer(&self, name: &str) -> Client {
        let draft = CustomerDraft { name: Some(name.to_owned()), ..CustomerDraft::default() };
        client(self.write(&name.replace(' ', "-"), &create(Draft::Customer(Box::new(draft)))).await)
    }
}

#[tokio::test]
async fn no_row_is_skipped_while_rows_come_and_go() {
    let (office, customer, item) = with_customer().await;
    let mut made = Vec::new();
    for at in 0..8 {
        made.push(office.sale_of(&customer, &item, &format!("inv-{at}")).await);
    }
    // A page is never full: that is no end.
    office.switch(&json!({ "mostRows": 3 })).await;
    let gone = made[0].stamp.id.clone();
    let seen = office
        .pages(Kind::Invoice, Which::All, async |page| {
            // Behind what was not read yet, and one away before it: counting rows would skip one.
            if page < 4 {
                office.sale_of(&customer, &item, &format!("more-{page}")).await;
            }
            if page == 0 {
                office.try_write("gone", &delete(Kind::Invoice, &made[0].stamp)).await.expect("deleted");
            }
        })
        .await;
    let once: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "none came twice: {seen:?}");
    assert!(made.iter().filter(|it| it.stamp.id != gone).all(|it| once.contains(&it.stamp.id)), "{seen:?}");
    // The ids' order is that of numbers: 100 is after 99.
    let ids: Vec<u64> = seen.iter().map(|it| it.parse().expect("a number")).collect();
    assert!(ids.is_sorted() && ids.iter().any(|it| *it > 100), "{ids:?}");
    // Customers begin below ten and go on above: those out of use are among them.
    office.switch(&json!({ "mostRows": 2 })).await;
    for name in ["Ada", "Bea", "Cleo", "Dora", "Edda"] {
        office.customer(name).await;
    }
    let out = CustomerDraft { active: Some(false), ..CustomerDraft::default() };
    let cleo = office.find(Kind::Customer, Find::Name("Cleo")).await.remove(0);
    office.write("out", &update(cleo.stamp(), Draft::Customer(Box::new(out)))).await;
    let seen = office.pages(Kind::Customer, Which::All, async |_| {}).await;
    let count = office.at(async |it, books| it.count(books, Kind::Customer, Which::All).await).await;
    assert_eq!(count, Ok(seen.len() as u64));
    assert!(seen.contains(&cleo.stamp().id), "{seen:?}");
}

#[tokio::test]
async fn what_changed_since_a_moment_is_told_with_what_is_gone() {
    let (office, customer, item) = with_customer().await;
    let kinds = [Kind::Customer, Kind::Item, Kind::Estimate, Kind::Invoice, Kind::Payment, Kind::CreditMemo];
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let began = made.stamp.updated_at.expect("a time");
    // An hour later; what was before is not told again, but for the overlap.
    office.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 3_000 })).await.expect(200);
    let later = began.saturating_add(SignedDuration::from_secs(2_900)).expect("a time");
    let quiet = office.changes(&kinds, later).await.expect("changes");
    assert!(quiet.objects.is_empty() && quiet.removed.is_empty() && !quiet.cut, "{quiet:?}");
    let since = quiet.until;
    let paid = receipt(office.write("pay-1", &pays(&customer, 2_498, &made.stamp.id)).await);
    let estimate = sale(office.write("est-1", &create(of(Kind::Estimate, draft(&customer, &item)))).await);
    office.try_write("est-2", &delete(Kind::Estimate, &estimate.stamp)).await.expect("deleted");
    office
        .by_hand(
            "customer",
            &json!({ "object": { "Id": customer, "PrimaryPhone": { "FreeFormNumber": "1" } } }),
        )
        .await;
    let told = office.changes(&kinds, since).await.expect("changes");
    let ids: BTreeSet<(Kind, &str)> =
        told.objects.iter().map(|it| (it.kind(), it.stamp().id.as_str())).collect();
    // The invoice changed with its payment.
    let wanted = [
        (Kind::Customer, customer.as_str()),
        (Kind::Invoice, made.stamp.id.as_str()),
        (Kind::Payment, paid.stamp.id.as_str()),
    ];
    assert_eq!(ids, BTreeSet::from(wanted));
    let removed: Vec<_> = told.removed.iter().map(|it| (it.kind, it.id.as_str(), it.at.is_some())).collect();
    assert_eq!(removed, [(Kind::Estimate, estimate.stamp.id.as_str(), true)]);
    assert!(told.unreadable.is_empty() && !told.cut && told.until >= since);
    // Longer ago than is kept, by our clock and by theirs.
    let ago = |days: i64| since.checked_sub(SignedDuration::from_hours(24 * days)).expect("a time");
    let now = since;
    let old = office.at(async |it, books| it.changes(books, &kinds, ago(31), now).await).await;
    assert_eq!(old.map_err(|it| it.class), Err(Class::TooOld));
    let old = office.changes(&kinds, ago(31)).await;
    assert_eq!(old.map_err(|it| it.class), Err(Class::TooOld));
}

#[tokio::test]
async fn more_than_an_answer_holds_is_told_as_cut() {
    let office = Office::open().await;
    let since = office.customer("First").await.stamp.updated_at.expect("a time");
    for batch in 0..34 {
        let all: Vec<Action> = (0..30)
            .map(|at| {
                let name = Some(format!("Customer {batch} {at}"));
                create(Draft::Customer(Box::new(CustomerDraft { name, ..CustomerDraft::default() })))
            })
            .collect();
        let request = RequestId::new(&format!("many-{batch}")).expect("a request id");
        let results =
            office.at(async |it, books| it.batch(books, &request, &all).await).await.expect("answers");
        assert!(results.iter().all(Result::is_ok));
    }
    let told = office.changes(&[Kind::Customer, Kind::Item], since).await.expect("changes");
    assert!(told.cut && told.objects.len() == 1_000, "{}", told.objects.len());
    // Pages bring what it could not hold.
    let since = since.checked_sub(SignedDuration::from_secs(1)).expect("a time");
    let seen = office.pages(Kind::Customer, Which::ChangedSince(since), async |_| {}).await;
    assert_eq!(seen.len(), 1_021);
    let items = office.changes(&[Kind::Item], since).await.expect("changes");
    assert!(!items.cut && items.objects.is_empty(), "one kind by itself is whole");
}

#[tokio::test]
async fn a_customer_that_went_into_another_is_gone_with_all_that_it_owed() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let kept = office.customer("Ystad Yarns").await;
    let since = made.stamp.updated_at.expect("a time");
    let merge = json!({ "operation": "merge", "object": { "Id": kept.stamp.id }, "merged": customer });
    office.by_hand("customer", &merge).await;
    assert_eq!(office.read(Kind::Customer, &customer).await.map_err(|it| it.class), Err(Class::Missing));
    let now = client(office.read(Kind::Customer, &kept.stamp.id).await.expect("it is there"));
    assert_eq!((now.balance, now.stamp.token.as_str()), (Some(decimal("24.98")), "1"));
    assert_eq!(office.sale(Kind::Invoice, &made.stamp.id).await.customer.as_ref(), Some(&kept.stamp.id));
    let told = office.changes(&[Kind::Customer], since).await.expect("changes");
    assert!(told.removed.iter().any(|it| it.id == customer), "{told:?}");
    // Its name is free again, and what is written for it is refused.
    let error = office.refused("inv-2", &create(of(Kind::Invoice, draft(&customer, &item)))).await;
    assert_eq!(error.class, Class::Reference, "{error}");
    office.write("inv-3", &create(of(Kind::Invoice, draft(&kept.stamp.id, &item)))).await;
    office.customer("Visby Wool").await;
}

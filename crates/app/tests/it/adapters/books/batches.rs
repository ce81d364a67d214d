//! Many writes in one call: each by itself, and none twice.

use super::{refusals::with_customer, *};

type Results = Result<Vec<Result<Written, BooksError>>, BooksError>;

impl Office {
    async fn batch(&self, request: &str, actions: &[Action]) -> Results {
        let request = RequestId::new(request).expect("a request id");
        self.at(async |it, books| it.batch(books, &request, actions).await).await
    }

    async fn count(&self, kind: Kind) -> u64 {
        self.at(async |it, books| it.count(books, kind, Which::All).await).await.expect("a count")
    }
}

fn classes(results: Results) -> Vec<Result<(), Class>> {
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    results.iter().map(|it| it.as_ref().map(|_| ()).map_err(|it| it.class)).collect()
}

fn ids(results: &Results) -> Vec<String> {
    let all = results.as_ref().expect("answers").iter();
    all.map(|it| it.as_ref().expect("written").object().expect("an object").stamp().id.clone()).collect()
}

fn named(name: &str) -> Action {
    create(Draft::Customer(Box::new(CustomerDraft {
        name: Some(name.to_owned()),
        ..CustomerDraft::default()
    })))
}

#[tokio::test]
async fn a_batch_is_written_item_by_item() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let actions = [
        named("Ystad Yarn"),
        named("Visby Wool"),
        named("Wool: North"),
        create(of(Kind::Invoice, draft(&customer, &item))),
        void(Kind::Invoice, &made.stamp),
    ];
    let classes = classes(office.batch("batch-1", &actions).await);
    assert_eq!(classes, [Ok(()), Err(Class::DuplicateName), Err(Class::Validation), Ok(()), Ok(())]);
    assert_eq!(office.find(Kind::Customer, Find::Name("Ystad Yarn")).await.len(), 1);
    assert!(office.sale(Kind::Invoice, &made.stamp.id).await.voided);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_does_nothing_twice() {
    let (office, customer, item) = with_customer().await;
    let actions = [named("Ystad Yarn"), create(of(Kind::Invoice, draft(&customer, &item)))];
    let before = (office.count(Kind::Customer).await, office.count(Kind::Invoice).await);
    let first = ids(&office.batch("batch-1", &actions).await);
    assert_eq!(ids(&office.batch("batch-1", &actions).await), first);
    // Cut off after it was done: the same request finds what came of it.
    office.fault("batch", &json!({ "action": "cut_after" })).await;
    let more = [create(of(Kind::Invoice, draft(&customer, &item))), named("Kalmar Looms")];
    let error = office.batch("batch-2", &more).await.expect_err("no answer");
    assert!(error.class == Class::Unknown && !error.surely_undone(), "{error}");
    let found = ids(&office.batch("batch-2", &more).await);
    let after = (office.count(Kind::Customer).await, office.count(Kind::Invoice).await);
    assert_eq!(after, (before.0 + 2, before.1 + 2));
    // Ids of single requests are others than those that the books make for a batch's items.
    assert_eq!(ids(&office.batch("batch-", &[named("Lund Threads")]).await).len(), 1);
    let single = office.write("batch-0", &named("Malmo Threads")).await;
    assert!(!found.contains(&single.stamp().id));
}

#[tokio::test]
async fn what_a_batch_refused_is_done_when_it_is_put_right_and_sent_again() {
    let (office, ..) = with_customer().await;
    let names = [named("Ystad Yarn"), named("Visby Wool"), named("Lund Threads")];
    let before = classes(office.batch("batch-1", &names).await);
    assert_eq!(before, [Ok(()), Err(Class::DuplicateName), Ok(())]);
    let right = [named("Ystad Yarn"), named("Visby Wool of Lund"), named("Lund Threads")];
    assert_eq!(classes(office.batch("batch-1", &right).await), [Ok(()), Ok(()), Ok(())]);
    for name in ["Ystad Yarn", "Visby Wool of Lund", "Lund Threads"] {
        assert_eq!(office.find(Kind::Customer, Find::Name(name)).await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_batch_that_may_not_be_repeated_is_looked_for() {
    let (office, ..) = with_customer().await;
    office.switch(&json!({ "repeatedBatchFails": true })).await;
    let names = [named("Ystad Yarn")];
    ids(&office.batch("batch-1", &names).await);
    let again = classes(office.batch("batch-1", &names).await);
    assert_eq!(again, [Err(Class::Unknown)], "nobody can tell: it was done");
    assert_eq!(office.find(Kind::Customer, Find::Name("Ystad Yarn")).await.len(), 1);
}

#[tokio::test]
async fn too_many_within_a_batch_are_held_back_and_done_later() {
    let (office, ..) = with_customer().await;
    office.switch(&json!({ "batchThrottledAfter": 1 })).await;
    let names = [named("Ystad Yarn"), named("Kalmar Looms"), named("Lund Threads")];
    let results = office.batch("batch-1", &names).await;
    let held = results.as_ref().expect("answers")[1].as_ref().expect_err("held back");
    assert!(held.surely_undone() && held.retry_after == Some(Duration::from_mins(1)), "{held}");
    assert_eq!(classes(results), [Ok(()), Err(Class::Throttled), Err(Class::Throttled)]);
    assert_eq!(*office.gate.0.lock().expect("no panic"), [Duration::from_mins(1); 2]);
    office.switch(&json!({ "batchThrottledAfter": null })).await;
    assert_eq!(classes(office.batch("batch-1", &names).await), [Ok(()), Ok(()), Ok(())]);
    for name in ["Ystad Yarn", "Kalmar Looms", "Lund Threads"] {
        assert_eq!(office.find(Kind::Customer, Find::Name(name)).await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn thirty_stand_in_a_batch_and_voids_of_invoices_beside_it() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let mut actions: Vec<Action> = (0..29).map(|at| named(&format!("Number {at}"))).collect();
    actions.push(void(Kind::Invoice, &made.stamp));
    let results = office.batch(&"r".repeat(36), &actions).await;
    assert_eq!(ids(&results).len(), 30);
    let again = office.batch(&"r".repeat(36), &actions).await;
    assert_eq!(ids(&again), ids(&results));
    assert!(office.sale(Kind::Invoice, &made.stamp.id).await.voided);
}

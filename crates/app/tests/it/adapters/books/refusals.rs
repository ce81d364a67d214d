//! What the simulated books refuse, by the class that comes of it.

use super::*;

pub(super) async fn with_customer() -> (Office, String, String) {
    let office = Office::open().await;
    let customer = office.client("Visby Wool").await.stamp.id;
    let item = office.article("Yarn").await.stamp.id;
    (office, customer, item)
}

#[tokio::test]
async fn an_older_version_is_stale() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let note = |text: &str| {
        of(Kind::Invoice, SaleDraft { private_note: Some(text.to_owned()), ..SaleDraft::default() })
    };
    office.write("inv-2", &update(&made.stamp, note("a"))).await;
    let error = office.refused("inv-3", &update(&made.stamp, note("b"))).await;
    assert!(error.class == Class::Stale && error.surely_undone(), "{error}");
    assert_eq!(office.sale(Kind::Invoice, &made.stamp.id).await.private_note.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_name_that_is_taken_says_whose_it_is() {
    let (office, customer, _) = with_customer().await;
    let again = CustomerDraft { name: Some("VISBY wool".to_owned()), ..CustomerDraft::default() };
    let error = office.refused("cus-9", &create(Draft::Customer(Box::new(again)))).await;
    assert_eq!(
        (error.class, error.holder.as_deref()),
        (Class::DuplicateName, Some(customer.as_str())),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_not_there_cannot_be_referred_to() {
    let (office, customer, item) = with_customer().await;
    let nobody = create(of(Kind::Invoice, draft("999999", &item)));
    assert_eq!(office.refused("inv-1", &nobody).await.class, Class::Reference);
    let nothing = create(of(Kind::Invoice, draft(&customer, "999999")));
    assert_eq!(office.refused("inv-2", &nothing).await.class, Class::Reference);
    let made = office.sale_of(&customer, &item, "inv-3").await;
    office.try_write("inv-4", &delete(Kind::Invoice, &made.stamp)).await.expect("deleted");
    assert_eq!(office.refused("inv-5", &void(Kind::Invoice, &made.stamp)).await.class, Class::Missing);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_by_its_note_or_by_the_same_request() {
    let (office, customer, item) = with_customer().await;
    let since = office.sale_of(&customer, &item, "inv-0").await.stamp.created_at.expect("a time");
    for (at, (action, written)) in [("cut_before", 0), ("cut_after", 1)].into_iter().enumerate() {
        office.fault("invoice", &json!({ "action": action })).await;
        let key = format!("lost-{at}");
        let noted = SaleDraft { private_note: Some(format!("kontor {key}")), ..draft(&customer, &item) };
        let write = create(of(Kind::Invoice, noted));
        let error = office.refused(&key, &write).await;
        assert!(error.class == Class::Unknown && !error.surely_undone(), "{action}: {error}");
        office.simulator.send("DELETE", "/_sim/faults", &[], None).await;
        let text = format!("kontor {key}");
        let by = || Find::Note { text: &text, since };
        assert_eq!(office.find(Kind::Invoice, by()).await.len(), written, "{action}");
        office.write(&key, &write).await;
        assert_eq!(office.find(Kind::Invoice, by()).await.len(), 1, "{action}");
    }
}

#[tokio::test]
async fn another_companys_address_and_a_wrong_token_are_told_apart() {
    let mut office = Office::open().await;
    office.account.insert("realmId".to_owned(), "9341453474489999".to_owned());
    assert_eq!(office.read(Kind::Invoice, "1").await.map_err(|it| it.class), Err(Class::Disconnected));
    office.account.insert("realmId".to_owned(), REALM.to_owned());
    office.token = Secret::new("nothing".to_owned());
    assert_eq!(office.read(Kind::Invoice, "1").await.map_err(|it| it.class), Err(Class::Unauthorized));
}

#[tokio::test]
async fn a_number_that_is_taken_says_whose_it_is() {
    let (office, customer, item) = with_customer().await;
    let numbered = |number: &str| {
        create(of(Kind::Invoice, SaleDraft { number: Some(number.to_owned()), ..draft(&customer, &item) }))
    };
    // The company numbers by itself, and takes what it is given all the same, twice too (§2.6).
    let own = office.sale_of(&customer, &item, "inv-0").await;
    assert!(own.number.is_some(), "{own:?}");
    for request in ["inv-1", "inv-2"] {
        assert_eq!(sale(office.write(request, &numbered("A-17")).await).number.as_deref(), Some("A-17"));
    }
    office.switch(&json!({ "customTxnNumbers": true })).await;
    let none = office.sale_of(&customer, &item, "inv-3").await;
    assert_eq!(none.number, None, "nobody gives it one");
    let first = sale(office.write("inv-4", &numbered("A-18")).await);
    let error = office.refused("inv-5", &numbered("A-18")).await;
    assert_eq!(
        (error.class, error.holder.as_deref()),
        (Class::DuplicateNumber, Some(first.stamp.id.as_str())),
        "{error}"
    );
    let found = office.find(Kind::Invoice, Find::Number("A-18")).await;
    assert_eq!(found.iter().map(|it| it.stamp().id.as_str()).collect::<Vec<_>>(), [first.stamp.id.as_str()]);
    // Nobody is warned of a number that another kind of document has.
    let estimate = SaleDraft { number: Some("A-18".to_owned()), ..draft(&customer, &item) };
    office.write("est-1", &create(of(Kind::Estimate, estimate))).await;
    office.switch(&json!({ "warnDuplicateNumbers": false })).await;
    office.write("inv-6", &numbered("A-18")).await;
}

#[tokio::test]
async fn the_older_words_for_a_name_that_is_taken_say_nobody_and_a_vendor_may_have_it() {
    let (office, customer, _) = with_customer().await;
    let named = |name: &str| {
        let draft = CustomerDraft { name: Some(name.to_owned()), ..CustomerDraft::default() };
        create(Draft::Customer(Box::new(draft)))
    };
    office.switch(&json!({ "oldNameWording": true })).await;
    let error = office.refused("cus-8", &named("Visby Wool")).await;
    assert_eq!((error.class, error.holder), (Class::DuplicateName, None));
    let holder = office.at(async |it, books| it.holder(books, "visby WOOL").await).await.expect("an answer");
    assert_eq!(holder.map(|it| (it.kind, it.id)), Some((HolderKind::Customer, customer)));
    office.switch(&json!({ "oldNameWording": false })).await;
    let vendor = office.by_hand("vendor", &json!({ "object": { "DisplayName": "Ystad Dyes" } })).await;
    let error = office.refused("cus-9", &named("Ystad Dyes")).await;
    assert_eq!((error.class, error.holder.as_deref()), (Class::DuplicateName, vendor["Id"].as_str()));
    let holder = office.at(async |it, books| it.holder(books, "Ystad Dyes").await).await.expect("an answer");
    assert_eq!(holder.map(|it| it.kind), Some(HolderKind::Vendor));
    let nobody = office.at(async |it, books| it.holder(books, "Nobody").await).await.expect("an answer");
    assert_eq!(nobody, None);
}

#[tokio::test]
async fn nothing_is_written_into_a_closed_period() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    office.switch(&json!({ "bookCloseDate": "2026-01-31" })).await;
    let late = SaleDraft { date: "2026-02-01".parse().ok(), ..draft(&customer, &item) };
    office.write("inv-2", &create(of(Kind::Invoice, late))).await;
    let note = SaleDraft { private_note: Some("x".to_owned()), ..SaleDraft::default() };
    let early = Draft::Payment(Box::new(PaymentDraft {
        customer: Some(customer.clone()),
        total: Some(usd(100)),
        date: "2026-01-31".parse().ok(),
        ..PaymentDraft::default()
    }));
    for (at, action) in [
        create(of(Kind::Invoice, draft(&customer, &item))),
        update(&made.stamp, of(Kind::Invoice, note)),
        void(Kind::Invoice, &made.stamp),
        delete(Kind::Invoice, &made.stamp),
        create(early),
    ]
    .iter()
    .enumerate()
    {
        let error = office.refused(&format!("no-{at}"), action).await;
        assert!(error.class == Class::ClosedPeriod && error.surely_undone(), "{at}: {error}");
    }
    assert_eq!(office.sale(Kind::Invoice, &made.stamp.id).await.stamp.token, "0");
    let company = office.at(async |it, books| it.company(books.connection, books.gate).await).await;
    assert_eq!(company.expect("a company").closed_until, "2026-01-31".parse().ok());
}

#[tokio::test]
async fn money_that_was_brought_to_the_bank_is_locked() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    let paid = receipt(office.write("pay-1", &pays(&customer, 2_498, &made.stamp.id)).await);
    assert!(!paid.deposited);
    let bank = office.account("Bank").await;
    let line = json!({ "Amount": 24.98,
        "LinkedTxn": [{ "TxnId": paid.stamp.id, "TxnType": "Payment", "TxnLineId": "0" }] });
    office
        .by_hand(
            "deposit",
            &json!({ "object": { "DepositToAccountRef": { "value": bank }, "Line": [line] } }),
        )
        .await;
    let now = receipt(office.read(Kind::Payment, &paid.stamp.id).await.expect("it is there"));
    assert!(now.deposited && now.stamp.token != paid.stamp.token, "{now:?}");
    let less =
        Draft::Payment(Box::new(PaymentDraft { reference: Some("7".to_owned()), ..PaymentDraft::default() }));
    for (at, action) in
        [void(Kind::Payment, &now.stamp), delete(Kind::Payment, &now.stamp), update(&now.stamp, less)]
            .iter()
            .enumerate()
    {
        let error = office.refused(&format!("no-{at}"), action).await;
        assert!(error.class == Class::Locked && error.class.wants_a_person(), "{at}: {error}");
    }
    assert_eq!(office.sale(Kind::Invoice, &made.stamp.id).await.balance, Some(usd(0)));
}

#[tokio::test]
async fn an_end_of_the_subscription_or_of_the_right_stops_the_connection() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    office.switch(&json!({ "subscriptionEnded": true })).await;
    let write = create(of(Kind::Invoice, draft(&customer, &item)));
    let error = office.refused("inv-2", &write).await;
    assert!(error.class == Class::Lapsed && error.class.stops_the_connection(), "{error}");
    office.read(Kind::Invoice, &made.stamp.id).await.expect("reading goes on");
    let company = office.at(async |it, books| it.company(books.connection, books.gate).await).await;
    assert_eq!(company.expect("a company").subscription.as_deref(), Some("EXPIRED"));
    office.switch(&json!({ "subscriptionEnded": false, "lostAccess": true })).await;
    let error = office.refused("inv-3", &write).await;
    assert!(error.class == Class::Disconnected && error.class.stops_the_connection(), "{error}");
    assert_eq!(
        office.read(Kind::Invoice, &made.stamp.id).await.map_err(|it| it.class),
        Err(Class::Disconnected)
    );
    office.switch(&json!({ "lostAccess": false })).await;
    office.write("inv-3", &write).await;
    // An hour passes: the token is over.
    office.simulator.post("/_sim/clock", &json!({ "advanceSeconds": 3_700 })).await.expect(200);
    let error = office.refused("inv-4", &write).await;
    assert!(error.class == Class::Unauthorized && error.surely_undone(), "{error}");
}

#[tokio::test]
async fn a_fault_with_a_good_status_is_a_fault() {
    let (office, customer, item) = with_customer().await;
    let made = office.sale_of(&customer, &item, "inv-1").await;
    office.switch(&json!({ "faultsAreOk": true })).await;
    let again = CustomerDraft { name: Some("Visby Wool".to_owned()), ..CustomerDraft::default() };
    let error = office.refused("cus-9", &create(Draft::Customer(Box::new(again)))).await;
    assert_eq!((error.class, error.holder), (Class::DuplicateName, Some(customer.clone())));
    let stale = Stamp { token: "7".to_owned(), ..made.stamp.clone() };
    assert_eq!(office.refused("inv-2", &void(Kind::Invoice, &stale)).await.class, Class::Stale);
    assert_eq!(office.read(Kind::Invoice, "999999").await.map_err(|it| it.class), Err(Class::Missing));
}

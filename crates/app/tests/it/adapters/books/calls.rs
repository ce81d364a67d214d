//! What the way to the books does to a call: limits, in each of their forms, and answers that are none.

use super::{refusals::with_customer, *};

#[tokio::test]
async fn one_call_too_many_is_told_in_each_form_and_does_nothing() {
    let (office, customer, item) = with_customer().await;
    let write = create(of(Kind::Invoice, draft(&customer, &item)));
    for (xml, retry_after) in [(true, false), (false, false), (true, true)] {
        office.limits(&json!({ "perMinute": 0, "xml": xml, "retryAfter": retry_after })).await;
        let error = office.refused("inv-1", &write).await;
        assert!(error.class == Class::Throttled && error.surely_undone(), "{xml}: {error}");
        assert_eq!(error.retry_after, Some(Duration::from_mins(1)), "{xml}");
        let error = office.read(Kind::Customer, &customer).await.expect_err("too many");
        assert_eq!(error.class, Class::Throttled, "{xml}");
    }
    assert_eq!(*office.gate.0.lock().expect("no panic"), [Duration::from_mins(1); 6]);
    office.limits(&json!({ "perMinute": null })).await;
    // As it was told in 2016: the status of something else.
    let old = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><IntuitResponse \
               xmlns=\"http://schema.intuit.com/finance/v3\"><Fault type=\"SERVICE\"><Error code=\"3001\"><Message>\
               message=ThrottleExceeded; errorCode=003001; statusCode=403</Message><Detail>The request limit was \
               reached.  Try again later</Detail></Error></Fault></IntuitResponse>";
    office.fault("invoice", &json!({ "action": "status", "status": 403, "body": old })).await;
    assert_eq!(office.refused("inv-1", &write).await.class, Class::Throttled);
    office.write("inv-1", &write).await;
}

#[tokio::test]
async fn the_companys_gate_is_never_told_that_there_were_too_many() {
    let office = Office::open().await;
    // The published ones, as they are without anybody's wish.
    office
        .limits(&json!({ "perMinute": 500, "perSecond": 10, "concurrent": 10, "batchesPerMinute": 40 }))
        .await;
    let pace = std::sync::Arc::new(BooksPace::new(Ambient::new(
        std::sync::Arc::new(Wall),
        std::sync::Arc::new(crate::adapters::Still),
    )));
    let gate = pace.gate(REALM, office.books().limits()).patient(Duration::from_secs(5));
    let connection = Connection {
        account: &office.account,
        access_token: Some(&office.token),
        ..Connection::plain(&office.nothing, &office.secrets)
    };
    for _ in 0..15 {
        office.books().company(&connection, &gate).await.unwrap_or_else(|error| panic!("{error}"));
    }
    let told = office.simulator.get("/_sim/quickbooks/limits").await.expect(200).json();
    let company = &told["companies"][REALM];
    assert_eq!((&company["refused"], &company["calls"]), (&json!({}), &json!(30)), "{company}");
    assert!(company["mostASecond"].as_u64().is_some_and(|it| (9..=10).contains(&it)), "{company}");
}

struct Wall;

impl kontor_domain::ambient::Clock for Wall {
    #[expect(clippy::disallowed_methods, reason = "the simulator counts by the real clock too")]
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

#[tokio::test]
async fn half_an_answer_and_a_page_say_nothing_of_what_was_done() {
    let (office, customer, item) = with_customer().await;
    let html = "<html><body>Bad gateway</body></html>";
    let before =
        office.at(async |it, books| it.count(books, Kind::Invoice, Which::All).await).await.expect("a count");
    for (at, (fault, done)) in [
        (json!({ "action": "truncate" }), true),
        (json!({ "action": "body", "body": html }), true),
        (json!({ "action": "body", "body": html, "status": 502 }), true),
        (json!({ "action": "body", "body": "{\"BatchItemResponse\":[],\"time\":\"t\"}" }), true),
        (json!({ "action": "status", "status": 503 }), false),
        (json!({ "action": "status", "status": 500, "body": "" }), false),
        (json!({ "action": "cut_before" }), false),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("lost-{at}");
        let noted = SaleDraft { private_note: Some(format!("kontor {key}")), ..draft(&customer, &item) };
        let write = create(of(Kind::Invoice, noted));
        office.fault("invoice", &fault).await;
        let error = office.refused(&key, &write).await;
        assert!(error.class == Class::Unknown && !error.surely_undone(), "{fault}: {error}");
        let count =
            async || office.at(async |it, books| it.count(books, Kind::Invoice, Which::All).await).await;
        let so_far = before + at as u64;
        assert_eq!(count().await, Ok(so_far + u64::from(done)), "{fault}");
        office.write(&key, &write).await;
        assert_eq!(count().await, Ok(so_far + 1), "{fault}");
    }
}

#[tokio::test]
async fn answers_come_packed_where_they_are_taken_so() {
    let office = Office::open().await;
    let path = format!("/v3/company/{REALM}/companyinfo/{REALM}");
    let bearer = format!("Bearer {}", office.token.expose());
    let headers =
        [("authorization", bearer.as_str()), ("accept", "application/json"), ("accept-encoding", "gzip")];
    let packed = office.simulator.send("GET", &path, &headers, None).await.expect(200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    // What the adapter asks for is the same: it reads what it could not read unpacked otherwise.
    office.at(async |it, books| it.company(books.connection, books.gate).await).await.expect("a company");
}

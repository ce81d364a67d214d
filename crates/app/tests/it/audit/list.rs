//! The lists of the trail and of events: pages, filters, and who may see them.

use serde_json::{Value, json};

use crate::support::{Answer, Engine, on_both, process::Demo, until};

fn path(demo: &Demo, list: &str) -> String {
    format!("/api/organizations/{}/{list}", demo.text("organizationId"))
}

async fn listed(demo: &Demo, list: &str, query: &str) -> Value {
    demo.admin.get(&format!("{}?{query}", path(demo, list))).await.expect(200).json()
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().expect("rows");
    rows.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

/// Seven customers, each a row of the trail.
async fn seven(demo: &Demo) {
    for at in 0..7 {
        let body = json!({ "customerNumber": format!("AUD-{at}"), "companyName": "Rows" }).to_string();
        let id = format!("row-{at}");
        let headers = [("content-type", "application/json"), ("x-request-id", id.as_str())];
        demo.admin.send("PUT", "/api/customers", &headers, Some(body)).await.expect(201);
    }
}

async fn a_row_says_who_what_from_where_in_which_request(engine: Engine) {
    let demo = Demo::start(engine);
    seven(&demo).await;
    let page = listed(&demo, "audit", "pageSize=1&action=customer.created").await;
    let row = &page["data"][0];
    assert_eq!((&row["requestId"], &row["address"]), (&json!("row-6"), &json!("127.0.0.1")), "{row}");
    assert!(row["subject"].as_str().is_some_and(|it| it.starts_with("cus_")), "{row}");
    assert!(row["actor"].is_string() && row["createdAt"].is_string(), "{row}");
    assert!(page["totalRecords"].as_u64().is_some_and(|it| it >= 7), "{page}");
    // Its place follows a moment later.
    let id = row["id"].clone();
    until("linked", async || {
        let page = listed(&demo, "audit", "pageSize=1&action=customer.created").await;
        let row = page["data"][0].clone();
        row["id"] == id && row["position"].is_u64() && row["hash"].as_str().is_some_and(|it| it.len() == 64)
    })
    .await;
}

async fn only_the_operators_proxy_is_believed_who_calls(engine: Engine) {
    let address = async |settings: &[(&str, &str)]| {
        let demo = Demo::with(engine, settings);
        let body = json!({ "customerNumber": "AUD-1", "companyName": "Rows" }).to_string();
        let headers = [("content-type", "application/json"), ("x-forwarded-for", "127.0.0.1, 203.0.113.7")];
        demo.admin.send("PUT", "/api/customers", &headers, Some(body)).await.expect(201);
        listed(&demo, "audit", "pageSize=1&action=customer.created").await["data"][0]["address"].clone()
    };
    assert_eq!(address(&[]).await, "127.0.0.1", "anybody can write such a header");
    assert_eq!(address(&[("KONTOR_NETWORK__TRUSTED_PROXIES", "127.0.0.1")]).await, "203.0.113.7");
    assert_eq!(address(&[("KONTOR_NETWORK__TRUSTED_PROXIES", "10.0.0.1")]).await, "127.0.0.1");
}

async fn pages_follow_each_other_by_number_and_by_cursor(engine: Engine) {
    let demo = Demo::start(engine);
    seven(&demo).await;
    for (list, narrowed) in [("audit", "action=customer.created"), ("events", "type=invoice.created")] {
        let all = ids(&listed(&demo, list, &format!("{narrowed}&pageSize=200")).await);
        assert!(all.len() >= 3, "{list}: {all:?}");
        for direction in ["desc", "asc"] {
            let mut wanted = all.clone();
            if direction == "asc" {
                wanted.reverse();
            }
            let (mut by_number, mut by_cursor) = (Vec::new(), Vec::new());
            let mut cursor = String::new();
            for number in 1..=all.len().div_ceil(2) {
                let query = format!("{narrowed}&pageSize=2&sortOn=createdAt&sortDirection={direction}");
                let page = listed(&demo, list, &format!("{query}&pageNumber={number}")).await;
                assert_eq!(page["totalRecords"], json!(all.len()), "{page}");
                by_number.extend(ids(&page));
                let page = listed(&demo, list, &format!("{query}{cursor}")).await;
                by_cursor.extend(ids(&page));
                cursor = page["nextCursor"].as_str().map_or(String::new(), |it| format!("&cursor={it}"));
            }
            assert_eq!((&by_number, &by_cursor), (&wanted, &wanted), "{list} {direction}");
            assert!(cursor.is_empty(), "the last page has no next one");
        }
    }
}

async fn filters_narrow_and_wrong_ones_are_all_named(engine: Engine) {
    let demo = Demo::start(engine);
    seven(&demo).await;
    let newest = listed(&demo, "audit", "pageSize=1").await["data"][0].clone();
    let text = |name: &str| newest[name].as_str().expect("text").to_owned();
    for name in ["actor", "action", "subject"] {
        let page = listed(&demo, "audit", &format!("{name}={}", text(name))).await;
        assert!(ids(&page).contains(&text("id")), "{name}: {page}");
        assert!(page["data"].as_array().expect("rows").iter().all(|it| it[name] == newest[name]), "{page}");
        assert!(ids(&listed(&demo, "audit", &format!("{name}=nothing-like-it")).await).is_empty());
    }
    // The first moment is in, the last is not.
    let at = text("createdAt");
    assert!(ids(&listed(&demo, "audit", &format!("from={at}")).await).contains(&text("id")));
    assert!(!ids(&listed(&demo, "audit", &format!("to={at}")).await).contains(&text("id")));
    let wrong = "from=yesterday&to=now&actor=&pageSize=201&sortOn=colour&sortDirection=up";
    let answer = demo.admin.get(&format!("{}?{wrong}", path(&demo, "audit"))).await.expect(400);
    let fields = ["actor", "from", "pageSize", "sortDirection", "sortOn", "to"];
    assert_eq!(answer.wrong_fields(), fields, "{}", answer.text);
    let event = listed(&demo, "events", "pageSize=1").await["data"][0].clone();
    let (kind, subject) =
        (event["type"].as_str().expect("a type"), event["subject"].as_str().expect("a subject"));
    let page = listed(&demo, "events", &format!("type={kind}&subject={subject}")).await;
    assert!(page["data"].as_array().expect("rows").iter().all(|it| it["subject"] == subject), "{page}");
    assert!(event["data"].is_object(), "{event}");
}

async fn only_an_admin_of_the_organization_sees_them(engine: Engine) {
    let demo = Demo::start(engine);
    seven(&demo).await;
    for list in ["audit", "events"] {
        let path = path(&demo, list);
        let code = |it: Answer| it.expect(403).code();
        assert_eq!(code(demo.caller("SalesRep", None).get(&path).await), "forbidden");
        assert_eq!(code(demo.caller("Customer", Some("CUST-1001")).get(&path).await), "forbidden");
        assert_eq!(code(demo.stranger().get(&path).await), "forbidden");
        demo.nobody().get(&path).await.expect(401);
        let theirs = format!("/api/organizations/{}/{list}?pageSize=200", demo.text("otherOrganizationId"));
        let theirs = demo.stranger().get(&theirs).await.expect(200);
        let ours = listed(&demo, list, "pageSize=200").await;
        assert!(ids(&ours).len() > 3, "{ours}");
        assert!(ids(&ours).iter().all(|it| !theirs.text.contains(it)), "{}", theirs.text);
    }
}

on_both!(
    a_row_says_who_what_from_where_in_which_request,
    only_the_operators_proxy_is_believed_who_calls,
    pages_follow_each_other_by_number_and_by_cursor,
    filters_narrow_and_wrong_ones_are_all_named,
    only_an_admin_of_the_organization_sees_them,
);

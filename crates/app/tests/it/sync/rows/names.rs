//! Customers and articles: who is who, and what is what.

use std::sync::Arc;

use kontor_domain::{
    Currency, Money,
    ids::{IntegrationId, OrganizationId},
    invoices::Totals,
    sync::State,
};
use kontor_engine::Actor;
use kontor_store::{Conn, integrations};
use serde_json::json;

use super::{Shop, shop};
use crate::{
    support::{Engine, on_both, until},
    sync::shop::line,
};

async fn row_03_a_customer_is_matched_by_name_and_mail_and_never_doubled(engine: Engine) {
    let (shop, same) = shop(engine, &[]).await;
    let there =
        json!({ "DisplayName": "hansa imports", "PrimaryEmailAddr": { "Address": "C1@example.com" } });
    let there = shop.bookkeeper("Customer", json!({ "operation": "save", "object": there })).await;
    let body = json!({ "operation": "save", "object": { "DisplayName": "Wool Supply" } });
    shop.bookkeeper("Vendor", body).await;
    let stranger = shop.customer("C-2", "Wool Supply", None).await;
    let namesake = shop.customer("C-3", "Hansa Imports", Some("other@example.com")).await;
    let mut shop = shop;
    for customer in [&same, &stranger, &namesake] {
        shop.sold(customer, "W-1").await;
    }
    shop.quiet().await;
    let id = there["object"]["Id"].as_str().or_else(|| there["Id"].as_str()).expect("an id").to_owned();
    assert_eq!(shop.record("Customer", same.id).await.remote_id, Some(id));
    let mut names: Vec<String> =
        shop.objects("Customer").await.iter().map(|it| it["DisplayName"].to_string()).collect();
    names.retain(|it| it.to_lowercase().contains("hansa") || it.contains("Wool"));
    names.sort();
    assert_eq!(names, ["\"Hansa Imports (C-3)\"", "\"Wool Supply (C-2)\"", "\"hansa imports\""]);
    // Connected again to the same company, nobody is made anew.
    let all = shop.objects("Customer").await.len();
    shop.everything(Some(jiff::Timestamp::UNIX_EPOCH)).await;
    shop.quiet().await;
    assert_eq!(shop.objects("Customer").await.len(), all);
}

async fn row_04_names_are_put_in_order_and_a_colon_is_shown_and_holds_nobody_up(engine: Engine) {
    let (mut shop, good) = shop(engine, &[]).await;
    let untidy = shop.customer("C-2", "  Visby \t Wool\u{a0} ", None).await;
    let colon = shop.customer("C-3", "Hansa: Imports", None).await;
    let (refused, _) = shop.sold(&colon, "W-1").await;
    for customer in [&good, &untidy] {
        shop.sold(customer, "W-1").await;
    }
    shop.quiet().await;
    let why = shop.why("Customer", colon.id).await;
    assert!(why.message.contains("colon") && !why.advice.is_empty(), "{why:?}");
    let waits = shop.record("Invoice", refused).await;
    assert_eq!((waits.state, waits.failure.expect("words").code.as_str()), (State::Waiting, "waits"));
    assert!(shop.objects("Customer").await.iter().any(|it| it["DisplayName"] == "Visby Wool"));
    assert_eq!(shop.counts().await.of(State::Failed), 1);
    // Corrected, it goes on by itself, and what waited for it follows.
    shop.change("C-3", |it| "Hansa Imports South".clone_into(&mut it.company_name)).await;
    shop.quiet().await;
    assert_eq!(shop.state("Invoice", refused).await, State::Synced);
}

async fn row_05_who_is_out_of_use_there_is_nobody(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let save = |object| json!({ "operation": "save", "object": object });
    let old = shop.bookkeeper("Customer", save(json!({ "DisplayName": "Hansa Imports" }))).await;
    let id = old["object"]["Id"].as_str().or_else(|| old["Id"].as_str()).expect("an id").to_owned();
    shop.bookkeeper("Customer", save(json!({ "Id": id, "Active": false }))).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let all = shop.objects("Customer").await;
    let named = |name: &str| all.iter().filter(|it| it["DisplayName"] == name).count();
    assert_eq!((named("Hansa Imports"), named("Hansa Imports (deleted)")), (1, 1), "{all:?}");
    assert_ne!(shop.record("Customer", customer.id).await.remote_id, Some(id));
}

fn euro() -> Currency {
    "EUR".parse().expect("a currency")
}

async fn row_20_another_currency_is_another_customer_there_or_a_fault_in_words(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let in_euro = async |shop: &crate::sync::shop::Shop| {
        let mut lines = vec![line("W-1", "1", 900)];
        lines[0].taxable = false;
        let zero = Money::zero(euro());
        shop.invoice_in(&customer, lines.clone(), Totals::of(&lines, zero, zero).expect("sums")).await
    };
    let abroad = in_euro(&shop).await;
    shop.pay_in(abroad, Money::from_minor(900, euro())).await;
    let (dollars, _) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    assert_eq!(shop.why("Invoice", abroad).await.code, "currency");
    assert_eq!(shop.state("Invoice", dollars).await, State::Synced);
    shop.switch(json!({ "multiCurrency": true })).await;
    shop.retry("Invoice", abroad).await;
    shop.quiet().await;
    assert_eq!(
        shop.state("Invoice", abroad).await,
        State::Synced,
        "{:?}",
        shop.record("Invoice", abroad).await
    );
    let all = shop.objects("Customer").await;
    let one = all.iter().find(|it| it["DisplayName"] == "Hansa Imports - EUR").expect("a second one");
    assert_eq!(one["CurrencyRef"]["value"], "EUR");
}

async fn row_21_articles_are_found_by_number_or_made_or_shown(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    let known = shop.objects("Item").await.into_iter().find(|it| it["Sku"] == "GS-1").expect("a seeded one");
    shop.sold(&customer, "GS-1").await;
    shop.sold(&customer, "NEW-1").await;
    let mut nameless = line("x", "1", 500);
    nameless.sku = None;
    let lost = shop.invoice(&customer, vec![nameless], 0).await;
    shop.pay(lost.id, 500).await;
    shop.quiet().await;
    assert_eq!(shop.record("Item", "GS-1").await.remote_id.as_deref(), known["Id"].as_str());
    let made = shop.objects("Item").await.into_iter().find(|it| it["Sku"] == "NEW-1").expect("a new one");
    assert!(made["Type"] == "NonInventory" && made["IncomeAccountRef"]["value"] == "79", "{made}");
    let why = shop.why("Invoice", lost.id).await;
    assert!(why.code == "no_item" && why.advice.contains("DefaultItem"), "{why:?}");
    assert!(why.message.contains("Wool x") && !why.advice.contains("IncomeAccount"), "{why:?}");
    // One that is chosen for such takes them all.
    shop.choose(&[("IncomeAccount", "79"), ("DefaultItem", known["Id"].as_str().expect("an id"))]);
    shop.retry("Invoice", lost.id).await;
    shop.quiet().await;
    let there = shop.of("Invoice", &lost.id.to_string()).await;
    assert_eq!(there[0]["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"], known["Id"]);
}

/// Somebody chooses, as through the API.
async fn choose(
    engine: &kontor_engine::Engine,
    tx: &mut Conn,
    of: (OrganizationId, IntegrationId),
    choice: &[(&str, &str)],
) {
    let (organization, integration) = of;
    let integration = integrations::lock(tx, organization, integration).await.expect("read").expect("one");
    let given = choice.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())));
    let change = kontor_engine::integrations::Change { configuration: given.collect(), ..Default::default() };
    let books = engine.registry.get("QuickBooks");
    let (template, actor) = (books.as_ref().map(|it| it.template()), Actor::system());
    let changed = engine.change_integration(tx, organization, &actor, integration, template, change);
    changed.await.map(|_| ()).expect("chosen");
}

/// Somebody chooses twice while a turn runs, and the turn's end meets the second choice half done: one waits for the
/// other, and neither for ever.
async fn row_21_a_turn_that_ends_while_something_is_chosen_does_not_stay(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[("DefaultItem", "1")]).await;
    let (invoice, _) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    // A turn that does no more than ask.
    shop.clock.pass(3_600);
    shop.fault(json!({ "operation": "GET /v3/company/*", "occurrence": 1, "action": "hold" })).await;
    let engine = Arc::clone(&shop.engine);
    let of = (shop.organization, shop.integration);
    let choices = async {
        shop.until_held().await;
        let mut first = engine.db.write().await.expect("a transaction");
        choose(&engine, &mut first, of, &[("InvoicesWhen", "Issued")]).await;
        first.commit().await.expect("written");
        let mut second = engine.db.write().await.expect("a transaction");
        integrations::lock(&mut second, of.0, of.1).await.expect("held");
        shop.desk.post("/_sim/release", &json!({})).await;
        // SQLite has one writer at a time: whoever else writes waits for this one from the beginning.
        if engine.db.engine() == kontor_store::Engine::Postgres {
            let waits = "SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            until("the turn's end waits", async || shop.database.count(waits) > 0).await;
        }
        choose(&engine, &mut second, of, &[("InvoicesWhen", "Paid")]).await;
        second.commit().await.expect("written");
    };
    tokio::join!(shop.turn_beside(), choices);
    assert_eq!(shop.database.count("SELECT COUNT(*) FROM sync_states WHERE lease_until > 0"), 0);
    let (second, _) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    for it in [invoice, second] {
        assert_eq!(shop.of("Invoice", &it.to_string()).await.len(), 1);
    }
}

async fn row_21_what_is_chosen_while_a_turn_runs_is_used_by_the_next(engine: Engine) {
    let mut shop = Shop::start(engine).await;
    shop.open(&[]).await;
    let customer = shop.customer("C-1", "Hansa Imports", None).await;
    let (invoice, _) = shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    assert_eq!(shop.why("Item", "W-1").await.code, "no_item");
    let integration = {
        let mut conn = shop.engine.db.read().await.expect("a connection");
        let found = integrations::get(&mut conn, shop.organization, shop.integration).await;
        found.expect("read").expect("an integration")
    };
    let actor = Actor::system();
    let read = shop.engine.read_choices(shop.organization, &integration, &actor).await;
    assert!(read.is_ok(), "what there is to choose from");
    shop.retry("Item", "W-1").await;
    let open = shop.invoice(&customer, vec![line("W-1", "1", 500)], 0).await;
    // The turn has read what was chosen, and waits for the books.
    shop.fault(json!({ "operation": "GET /v3/company/*", "occurrence": 1, "action": "hold" })).await;
    let (desk, engine) = (shop.desk.clone(), Arc::clone(&shop.engine));
    let organization = shop.organization;
    let choice = tokio::spawn(async move {
        until("the turn asks", async || desk.get("/_sim/faults").await.json()["held"] == 1).await;
        let mut tx = engine.db.write().await.expect("a transaction");
        let choice = [("IncomeAccount", "79"), ("InvoicesWhen", "Issued")];
        choose(&engine, &mut tx, (organization, integration.id), &choice).await;
        tx.commit().await.expect("written");
        desk.post("/_sim/release", &json!({})).await;
    });
    shop.turn().await;
    choice.await.expect("chosen");
    // Not by comparing everything: by itself.
    for _ in 0..3 {
        shop.clock.pass(70);
        shop.turn().await;
    }
    assert_eq!(shop.state("Item", "W-1").await, State::Synced);
    assert_eq!(shop.of("Invoice", &invoice.to_string()).await.len(), 1);
    // What happened before that turn, and was none of the books' concern then.
    assert_eq!(shop.of("Invoice", &open.id.to_string()).await.len(), 1);
}

async fn row_22_what_is_out_of_use_is_told_by_name_and_goes_on_when_it_is_back(engine: Engine) {
    let (mut shop, customer) = shop(engine, &[]).await;
    shop.sold(&customer, "W-1").await;
    shop.quiet().await;
    let item = shop.record("Item", "W-1").await.remote_id.expect("an id");
    let use_it = |active: bool| json!({ "operation": "save", "object": { "Id": item, "Active": active } });
    shop.bookkeeper("Item", use_it(false)).await;
    let (refused, _) = shop.sold(&customer, "W-1").await;
    let (other, _) = shop.sold(&customer, "W-2").await;
    shop.quiet().await;
    let why = shop.why("Invoice", refused).await;
    assert_eq!(why.code, "reference", "{why:?}");
    assert_eq!(shop.state("Invoice", other).await, State::Synced);
    shop.bookkeeper("Item", use_it(true)).await;
    shop.retry("Invoice", refused).await;
    shop.quiet().await;
    assert_eq!(shop.state("Invoice", refused).await, State::Synced);
}

on_both!(
    row_03_a_customer_is_matched_by_name_and_mail_and_never_doubled,
    row_04_names_are_put_in_order_and_a_colon_is_shown_and_holds_nobody_up,
    row_05_who_is_out_of_use_there_is_nobody,
    row_20_another_currency_is_another_customer_there_or_a_fault_in_words,
    row_21_articles_are_found_by_number_or_made_or_shown,
    row_21_what_is_chosen_while_a_turn_runs_is_used_by_the_next,
    row_21_a_turn_that_ends_while_something_is_chosen_does_not_stay,
    row_22_what_is_out_of_use_is_told_by_name_and_goes_on_when_it_is_back,
);

//! What happens in the company's books comes here: contacts and payments are taken in once, and everything else that
//! somebody changes there is shown and changes no money here.

use serde_json::{Value, json};

use super::Company;
use crate::support::{Caller, Engine, on_both, process::Demo, until};

/// Nothing but a notification brings anything in within the time of a test.
const SELDOM: &str = "3600";
const OFTEN: &str = "1";
const HOOKS: &str = "/_sim/quickbooks/webhooks";
const REALM: &str = "9341453474484455";

impl Company {
    /// A company that is asked so often what changed.
    async fn asked(engine: Engine, seconds: &str) -> Self {
        Self::swept(engine, seconds, "1").await
    }

    async fn swept(engine: Engine, poll: &str, sweep: &str) -> Self {
        let settings = [
            ("KONTOR_PAYMENTS__SWEEP_SECONDS", sweep),
            ("KONTOR_PAYMENTS__RESOLVE_AFTER_SECONDS", "1"),
            ("KONTOR_SYNC__POLL_SECONDS", poll),
            ("KONTOR_SYNC__BELIEVE_SECONDS", "2"),
        ];
        let demo = Demo::with(engine, &settings);
        let path = demo.seeded("QuickBooks").await;
        let simulator = demo.line["simulators"]["quickBooks"].as_str().expect("an address").to_owned();
        let company = Self { simulator: Caller::new(&simulator, None), path, demo };
        company.choose(&json!({ "IncomeAccount": "79" })).await;
        let met = format!("company = '{REALM}'");
        until("it knows the company", async || company.rows("sync_states", &met) == 1).await;
        company
    }

    /// The same, where invoices go there when they are sent out.
    async fn issued(engine: Engine, seconds: &str) -> Self {
        let company = Self::asked(engine, seconds).await;
        company.choose(&json!({ "IncomeAccount": "79", "InvoicesWhen": "Issued" })).await;
        company
    }

    /// Has its turn now; the end of one that runs would say otherwise.
    async fn woken(&self) {
        let idle = "SELECT COUNT(*) FROM sync_states WHERE lease_until > 0";
        until("nobody works", async || self.demo.database.count(idle) == 0).await;
        self.demo.database.execute("UPDATE sync_states SET due_at = 0");
    }

    /// Somebody works in QuickBooks itself.
    async fn by_hand(&self, kind: &str, change: &Value) -> Value {
        let path = format!("/_sim/quickbooks/{REALM}/objects/{kind}");
        self.simulator.post(&path, change).await.expect(200).json()["object"].clone()
    }

    /// Nobody is told of anything any more.
    async fn deaf(&self) {
        assert!((200..300).contains(&self.simulator.delete(HOOKS).await.status));
    }

    /// An invoice that is in the books, paid or not.
    async fn billed(&self, customer: &str, price: &str, paid: bool) -> (Value, Value) {
        let invoice = self.invoice(customer, "BEAN-1", price).await;
        if paid {
            self.pay(&invoice).await;
        }
        until("it is there", async || self.of(&invoice).await.is_some()).await;
        until("nothing is on its way", async || self.is_quiet()).await;
        let there = self.of(&invoice).await.expect("it is there");
        (invoice, there)
    }

    /// Enters a payment there.
    async fn entered(&self, there: &Value, amount: f64, applied: f64) -> Value {
        let link = json!([{ "TxnId": there["Id"], "TxnType": "Invoice" }]);
        let payment = json!({
            "CustomerRef": there["CustomerRef"], "TotalAmt": amount, "TxnDate": "2026-03-04", "PaymentRefNum": "REM-1",
            "Line": [{ "Amount": applied, "LinkedTxn": link }],
        });
        self.by_hand("payment", &json!({ "object": payment })).await
    }

    fn is_quiet(&self) -> bool {
        // What happened and was not planned yet will have records wait: this is looked at before they are.
        let unplanned =
            "SELECT COUNT(*) FROM events e JOIN sync_states s ON s.organization_id = e.organization_id
            WHERE e.position IS NULL OR e.position > s.planned";
        if self.demo.database.count(unplanned) > 0 {
            return false;
        }
        // The demo's own invoice has no article number, and its payment waits for it.
        let open =
            "state = 'Sent' OR (state = 'Waiting' AND (failure IS NULL OR failure NOT LIKE '%\"waits\"%'))";
        self.rows("sync_links", open) == 0 && self.noticed() == 0
    }

    fn noticed(&self) -> u64 {
        self.demo.database.count("SELECT COUNT(*) FROM sync_inbox")
    }

    /// How the record of something there stands.
    fn records(&self, there: &Value, condition: &str) -> u64 {
        let id = there["Id"].as_str().expect("an id");
        self.demo
            .database
            .count(&format!("SELECT COUNT(*) FROM sync_links WHERE remote_id = '{id}' AND ({condition})"))
    }

    fn rows(&self, table: &str, condition: &str) -> u64 {
        self.demo.database.count(&format!("SELECT COUNT(*) FROM {table} WHERE {condition}"))
    }

    fn events(&self, kind: &str) -> u64 {
        self.rows("events", &format!("kind = '{kind}'"))
    }

    /// All money here, row by row.
    fn money(&self) -> String {
        let all = "(SELECT COALESCE(SUM(amount), 0) FROM payments) || ' ' || (SELECT COUNT(*) FROM payments) || ' ' ||
            (SELECT COUNT(*) FROM payment_applications) || ' ' || (SELECT COUNT(*) FROM application_reversals) || ' ' ||
            (SELECT COUNT(*) FROM invoices WHERE status = 'Paid')";
        self.demo.database.value(&format!("SELECT {all}"))
    }

    async fn status(&self, invoice: &Value) -> Value {
        self.demo.admin.read_invoice(invoice["id"].as_str().expect("an id")).await["status"].clone()
    }

    async fn email(&self, number: &str) -> Value {
        let path = format!("/api/customers/{number}");
        self.demo.admin.get(&path).await.expect(200).json()["companyEmail"].clone()
    }
}

async fn a_contact_that_changes_there_comes_in_and_does_not_go_back_out(engine: Engine) {
    let company = Company::asked(engine, SELDOM).await;
    company.customer("C-200", "Hansa Imports").await;
    company.billed("C-200", "12.50", true).await;
    let there = company.until("Customer", "DisplayName", "Hansa Imports").await;
    let told = company.events("customer.updated");
    let change = json!({ "Id": there["Id"], "PrimaryEmailAddr": { "Address": "new@hansa.example" },
        "PrimaryPhone": { "FreeFormNumber": "(555) 0147" } });
    company.by_hand("customer", &json!({ "object": change })).await;
    until("it comes in", async || company.email("C-200").await == "new@hansa.example").await;
    until("nothing is on its way", async || company.is_quiet()).await;
    let now = company.until("Customer", "DisplayName", "Hansa Imports").await;
    assert_eq!(now["SyncToken"], "1", "one change by hand and none by us: {now}");
    assert_eq!(company.events("customer.updated"), told + 1);
    assert_eq!(company.rows("audit", "action = 'customer.updated' AND detail LIKE '%QuickBooks%'"), 1);
    // A change here goes out, comes back as an echo, and is no news.
    let body = json!({ "customerNumber": "C-200", "companyName": "Hansa Imports", "companyEmail": "ours@hansa.example",
        "companyPhone": "(555) 0147", "currencyCode": "USD" });
    company.demo.admin.put("/api/customers", &body).await.expect(200);
    company.woken().await;
    let ours = async || {
        let now = company.find("Customer", "DisplayName", "Hansa Imports").await.expect("it is there");
        now["PrimaryEmailAddr"]["Address"] == "ours@hansa.example"
    };
    until("it goes out", ours).await;
    until("nothing is on its way", async || company.is_quiet()).await;
    assert_eq!(company.email("C-200").await, "ours@hansa.example");
    assert_eq!(company.events("customer.updated"), told + 2);
    assert_eq!(company.rows("sync_links", "difference IS NOT NULL"), 0);
}

async fn a_contact_that_both_sides_change_is_left_to_a_person(engine: Engine) {
    let company = Company::asked(engine, SELDOM).await;
    company.customer("C-200", "Hansa Imports").await;
    company.billed("C-200", "12.50", true).await;
    let there = company.until("Customer", "DisplayName", "Hansa Imports").await;
    company.demo.database.execute("UPDATE sync_states SET paused_at = 1");
    let body = json!({ "customerNumber": "C-200", "companyName": "Hansa Imports", "companyEmail": "ours@hansa.example",
        "currencyCode": "USD" });
    company.demo.admin.put("/api/customers", &body).await.expect(200);
    let change = json!({ "Id": there["Id"], "PrimaryEmailAddr": { "Address": "theirs@hansa.example" } });
    company.by_hand("customer", &json!({ "object": change })).await;
    until("it is noticed", async || company.noticed() > 0).await;
    company.demo.database.execute("UPDATE sync_states SET paused_at = NULL");
    company.woken().await;
    let differs = "difference LIKE '%theirs@hansa.example%' AND difference LIKE '%ours@hansa.example%'";
    until("a person is asked", async || company.records(&there, differs) == 1).await;
    assert_eq!(company.email("C-200").await, "ours@hansa.example");
    let now = company.until("Customer", "DisplayName", "Hansa Imports").await;
    assert_eq!(now["PrimaryEmailAddr"]["Address"], "theirs@hansa.example");
}

async fn a_payment_that_is_entered_there_is_recorded_once(engine: Engine) {
    let company = Company::issued(engine, OFTEN).await;
    company.customer("C-200", "Hansa Imports").await;
    let (invoice, there) = company.billed("C-200", "12.50", false).await;
    // Told three times, the latest first, and asked about every second as well.
    let all = company.simulator.get(HOOKS).await.expect(200).json();
    let mut hook = all["webhooks"][0].clone();
    (hook["copies"], hook["reversed"]) = (json!(3), json!(true));
    company.simulator.post(HOOKS, &hook).await.expect(200);
    let part = company.entered(&there, 10.0, 10.0).await;
    until("it comes in", async || company.status(&invoice).await == "PartiallyPaid").await;
    let rest = company.entered(&there, 40.0, 15.0).await;
    until("the rest comes in", async || company.status(&invoice).await == "Paid").await;
    for it in [&part, &rest] {
        let stands = "kind = 'Payment' AND state = 'Synced' AND difference IS NULL";
        until("it is one record", async || company.records(it, stands) == 1).await;
    }
    let money = company.money();
    // Looked at again, whatever for: the same.
    for it in [&part, &rest, &there] {
        let id = it["Id"].as_str().expect("an id");
        let kind = if it["Id"] == there["Id"] { "Invoice" } else { "Payment" };
        company.demo.database.execute(&format!(
            "INSERT INTO sync_inbox (organization_id, integration_id, kind, remote_id, noticed, due_at, attempts)
             SELECT organization_id, integration_id, '{kind}', '{id}', 1, 0, 0 FROM sync_states WHERE company = '{REALM}'
             ON CONFLICT (integration_id, kind, remote_id) DO NOTHING"
        ));
    }
    company.woken().await;
    until("nothing is on its way", async || company.is_quiet()).await;
    assert_eq!(company.money(), money);
    let payments = company.rows("payments", "method = 'Other' AND reference = 'REM-1'");
    assert_eq!(payments, 2, "one for each");
    let ours = company.objects("Payment").await;
    assert_eq!(ours.iter().filter(|it| it["PaymentRefNum"] == "REM-1").count(), 2, "none was written back");
    assert_eq!(company.rows("audit", "action = 'payment.taken_in'"), 2);
    assert_eq!(company.rows("sync_links", "difference IS NOT NULL"), 0);
}

async fn a_payment_that_does_not_fit_and_a_credit_are_shown_and_are_no_money(engine: Engine) {
    let company = Company::issued(engine, SELDOM).await;
    company.customer("C-200", "Hansa Imports").await;
    let (invoice, there) = company.billed("C-200", "12.50", false).await;
    let (other, credited) = company.billed("C-200", "5.00", false).await;
    // Paid here while nothing goes out, and there by somebody at the same time.
    company.demo.database.execute("UPDATE sync_states SET paused_at = 1");
    company.pay(&invoice).await;
    let entered = company.entered(&there, 25.0, 25.0).await;
    until("it is noticed", async || company.noticed() > 0).await;
    let money = company.money();
    company.demo.database.execute("UPDATE sync_states SET paused_at = NULL");
    company.woken().await;
    let differs = "difference LIKE '%payment%' AND kind = 'Invoice'";
    until("a person is asked", async || company.records(&there, differs) == 1).await;
    assert_eq!((company.money(), company.records(&entered, "1 = 1")), (money, 0));
    assert_eq!(company.status(&invoice).await, "Paid");
    // A credit memo pays for the other one there: nobody paid anything.
    let line = json!({ "Amount": 10, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": { "ItemRef": { "value": "1" }, "TaxCodeRef": { "value": "NON" } } });
    let memo = json!({ "CustomerRef": credited["CustomerRef"], "Line": [line] });
    let memo = company.by_hand("creditmemo", &json!({ "object": memo })).await;
    let part =
        |id: &Value, kind: &str| json!({ "Amount": 10, "LinkedTxn": [{ "TxnId": id, "TxnType": kind }] });
    let net = json!({ "CustomerRef": credited["CustomerRef"], "TotalAmt": 0,
        "Line": [part(&credited["Id"], "Invoice"), part(&memo["Id"], "CreditMemo")] });
    let net = company.by_hand("payment", &json!({ "object": net })).await;
    until("a person is asked", async || company.records(&credited, "difference LIKE '%credit%'") == 1).await;
    assert_eq!(company.records(&net, "1 = 1"), 0);
    assert_eq!(company.status(&other).await, "Issued");
}

async fn what_is_voided_or_deleted_there_changes_no_money_here(engine: Engine) {
    let company = Company::issued(engine, SELDOM).await;
    company.customer("C-200", "Hansa Imports").await;
    let (first, voided) = company.billed("C-200", "12.50", true).await;
    let (second, deleted) = company.billed("C-200", "5.00", true).await;
    let money = company.money();
    let payments = company.objects("Payment").await;
    let of = |there: &Value| {
        let is_it = |it: &&Value| it["Line"][0]["LinkedTxn"][0]["TxnId"] == there["Id"];
        payments.iter().find(is_it).expect("a payment").clone()
    };
    let (kept, gone) = (of(&voided), of(&deleted));
    company.by_hand("invoice", &json!({ "operation": "void", "object": { "Id": voided["Id"] } })).await;
    company.by_hand("payment", &json!({ "operation": "delete", "object": { "Id": gone["Id"] } })).await;
    for (it, word) in [(&voided, "voided"), (&gone, "deleted")] {
        let state = format!("state = 'Gone' AND difference LIKE '%{word}%' AND failure IS NOT NULL");
        until("a person is asked", async || company.records(it, &state) == 1).await;
    }
    until("nothing is on its way", async || company.is_quiet()).await;
    assert_eq!(company.money(), money);
    assert_eq!((company.status(&first).await, company.status(&second).await), (json!("Paid"), json!("Paid")));
    // Nothing of it was written anew by itself.
    assert_eq!(company.objects("Payment").await.len(), payments.len() - 1);
    assert_eq!(company.records(&kept, "state = 'Gone'"), 0, "that one stands there, on nothing");
    let told = company.events("sync.difference");
    assert!(told >= 2, "{told}");
}

async fn what_nobody_told_is_found_by_asking(engine: Engine) {
    let company = Company::issued(engine, OFTEN).await;
    company.deaf().await;
    company.customer("C-200", "Hansa Imports").await;
    let (invoice, there) = company.billed("C-200", "12.50", false).await;
    company.entered(&there, 25.0, 25.0).await;
    until("it comes in", async || company.status(&invoice).await == "Paid").await;
    let (_, second) = company.billed("C-200", "3.00", false).await;
    company.by_hand("invoice", &json!({ "operation": "delete", "object": { "Id": second["Id"] } })).await;
    until("it is gone", async || company.records(&second, "state = 'Gone'") == 1).await;
    let customer = company.until("Customer", "DisplayName", "Hansa Imports").await;
    let change = json!({ "Id": customer["Id"], "PrimaryEmailAddr": { "Address": "new@hansa.example" } });
    company.by_hand("customer", &json!({ "object": change })).await;
    until("it comes in", async || company.email("C-200").await == "new@hansa.example").await;
}

async fn after_a_month_of_silence_the_whole_is_compared(engine: Engine) {
    let company = Company::issued(engine, SELDOM).await;
    company.deaf().await;
    company.customer("C-200", "Hansa Imports").await;
    let (invoice, there) = company.billed("C-200", "12.50", false).await;
    let (_, second) = company.billed("C-200", "3.00", false).await;
    company.entered(&there, 25.0, 25.0).await;
    company.by_hand("invoice", &json!({ "operation": "delete", "object": { "Id": second["Id"] } })).await;
    // A page has fewer rows than there are.
    let switches = format!("/_sim/quickbooks/{REALM}/switches");
    company.simulator.post(&switches, &json!({ "mostRows": 3 })).await.expect(200);
    company.woken().await;
    let idle = format!("company = '{REALM}' AND lease_until = 0 AND due_at > 0");
    until("it had that turn", async || company.rows("sync_states", &idle) == 1).await;
    let day = 86_400_000_000_i64;
    company.demo.database.execute(&format!(
        "UPDATE sync_states SET polled_at = 0, due_at = 0, changes_since = changes_since - 40 * {day}"
    ));
    company.woken().await;
    until("it comes in", async || company.status(&invoice).await == "Paid").await;
    until("it is gone", async || company.records(&second, "state = 'Gone'") == 1).await;
    until("the whole was compared", async || {
        company.rows("sync_states", &format!("company = '{REALM}' AND comparing IS NULL AND compared_at > 0"))
            == 1
    })
    .await;
    until("nothing is on its way", async || company.is_quiet()).await;
    assert_eq!(company.records(&there, "state = 'Synced' AND difference IS NULL"), 1);
    assert_eq!(
        company.rows("events", "kind = 'sync.difference' AND data NOT LIKE '%gone%'"),
        0,
        "nobody was troubled"
    );
}

async fn customers_that_become_one_there_stay_whose_they_are_here(engine: Engine) {
    let company = Company::asked(engine, SELDOM).await;
    company.customer("C-200", "Hansa Imports").await;
    company.customer("C-300", "Kogge Trading").await;
    company.billed("C-200", "12.50", true).await;
    company.billed("C-300", "12.50", true).await;
    let named = async |name: &str| company.until("Customer", "DisplayName", name).await;
    let (hansa, kogge) = (named("Hansa Imports").await, named("Kogge Trading").await);
    let foreign =
        company.by_hand("customer", &json!({ "object": { "DisplayName": "Hansa Imports Ltd" } })).await;
    let merge = |kept: &Value, gone: &Value| json!({ "operation": "merge", "object": { "Id": kept["Id"] }, "merged": gone["Id"] });
    company.by_hand("customer", &merge(&foreign, &hansa)).await;
    until("it is the other one by now", async || company.records(&foreign, "state <> 'Gone'") == 1).await;
    let (_, there) = company.billed("C-200", "4.00", true).await;
    assert_eq!(there["CustomerRef"]["value"], foreign["Id"]);
    // Two of ours became one there: nobody is made one here.
    company.by_hand("customer", &merge(&foreign, &kogge)).await;
    until("a person is asked", async || {
        company.records(&kogge, "state = 'Gone' AND difference IS NOT NULL") == 1
    })
    .await;
    assert_eq!(company.records(&foreign, "state = 'Synced'"), 1);
    assert_eq!(company.email("C-300").await, "c-300@example.com");
}

async fn a_notification_is_worked_on_at_once_and_not_when_the_clock_says(engine: Engine) {
    let company = Company::swept(engine, "3600", "3600").await;
    company.customer("C-200", "Hansa Imports").await;
    let there = company.by_hand("customer", &json!({ "object": { "DisplayName": "Hansa Imports" } })).await;
    let id = there["Id"].as_str().expect("an id");
    // As if it had been written from here.
    company.demo.database.execute(&format!(
        "INSERT INTO sync_links (id, organization_id, integration_id, kind, local_id, label, state, wanted, due_at,
           attempts, generation, remote_id, agreed, version, created_at, updated_at)
         SELECT 'syn_01999999999979999999999999999999', s.organization_id, s.integration_id, 'Customer', c.id, 'Hansa',
           'Synced', 1, 0, 0, 0, '{id}', '{{\"email\":\"c-200@example.com\"}}', 1, 0, 0
         FROM sync_states s, customers c WHERE s.company = '{REALM}' AND c.customer_number = 'C-200'
           AND c.organization_id = s.organization_id"
    ));
    let change = json!({ "Id": id, "PrimaryEmailAddr": { "Address": "new@hansa.example" } });
    company.by_hand("customer", &json!({ "object": change })).await;
    until("it comes in", async || company.email("C-200").await == "new@hansa.example").await;
}

on_both!(
    a_notification_is_worked_on_at_once_and_not_when_the_clock_says,
    a_contact_that_changes_there_comes_in_and_does_not_go_back_out,
    a_contact_that_both_sides_change_is_left_to_a_person,
    a_payment_that_is_entered_there_is_recorded_once,
    a_payment_that_does_not_fit_and_a_credit_are_shown_and_are_no_money,
    what_is_voided_or_deleted_there_changes_no_money_here,
    what_nobody_told_is_found_by_asking,
    after_a_month_of_silence_the_whole_is_compared,
    customers_that_become_one_there_stay_whose_they_are_here,
);

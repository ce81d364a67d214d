//! Sales, what is paid on them, and how that is undone.

use serde_json::{Value, json};

use crate::support::{Sim, line, version};

#[expect(clippy::needless_pass_by_value, reason = "each caller makes its own")]
fn sale(lines: Value) -> Value {
    json!({ "CustomerRef": { "value": "2" }, "Line": lines })
}

fn paid(total: f64, lines: &[(&Value, &str, f64)]) -> Value {
    let line = |(id, kind, amount): &(&Value, &str, f64)| json!({ "Amount": amount, "LinkedTxn": [{ "TxnId": id, "TxnType": kind }] });
    json!({ "CustomerRef": { "value": "2" }, "TotalAmt": total, "Line": lines.iter().map(line).collect::<Vec<_>>() })
}

async fn owed(sim: &Sim) -> f64 {
    sim.object("Customer", &json!("2")).await["Balance"].as_f64().expect("a number")
}

#[tokio::test]
async fn an_invoice_gets_its_number_dates_lines_and_total() {
    let sim = Sim::start().await;
    let taxed = json!({
        "CustomerRef": { "value": "2" },
        "Line": [
            { "DetailType": "SalesItemLineDetail", "Description": "Beans",
              "SalesItemLineDetail": { "ItemRef": { "value": "3" }, "UnitPrice": 9.5, "Qty": 5, "TaxCodeRef": { "value": "TAX" } } },
            { "DetailType": "SalesItemLineDetail", "Amount": 2.5, "SalesItemLineDetail": { "ItemRef": { "value": "2" } } },
            { "DetailType": "DiscountLineDetail", "DiscountLineDetail": { "PercentBased": true, "DiscountPercent": 10 } },
        ],
        "TxnTaxDetail": { "TxnTaxCodeRef": { "value": "2" } },
    });
    let made = sim.ok("invoice", taxed).await;
    assert_eq!(
        (&made["DocNumber"], &made["TxnDate"], &made["DueDate"]),
        (&json!("1001"), &json!("2026-01-15"), &json!("2026-02-14"))
    );
    let kinds: Vec<&str> =
        made["Line"].as_array().expect("lines").iter().filter_map(|it| it["DetailType"].as_str()).collect();
    assert_eq!(
        kinds,
        ["SalesItemLineDetail", "SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail"]
    );
    assert_eq!(made["Line"][2]["Amount"], 50.0);
    assert_eq!(made["Line"][3]["Amount"], 5.0);
    // Tax before discount: 5.5 % and 2.5 % of 47.50, each rounded.
    assert_eq!(made["TxnTaxDetail"]["TotalTax"], 3.8);
    assert_eq!((&made["TotalAmt"], &made["Balance"]), (&json!(48.8), &json!(48.8)));
    assert_eq!(made["BillAddr"]["Line1"], "12 Wharf Road");
    assert_eq!(made["LinkedTxn"], json!([]));
    assert!((owed(&sim).await - 48.8).abs() < 1e-9);
    assert_eq!(
        sim.ok("estimate", sale(json!([line("3", 1.0)]))).await["DocNumber"],
        "1002",
        "one row of numbers"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_sale_is_told() {
    let sim = Sim::start().await;
    let item = |detail: Value| json!([{ "DetailType": "SalesItemLineDetail", "Amount": 1861.07, "SalesItemLineDetail": detail }]);
    for (sent, code) in [
        (json!({ "Line": [line("3", 1.0)] }), "2020"),
        (json!({ "CustomerRef": { "value": "2" } }), "2020"),
        (json!({ "CustomerRef": { "value": "583" }, "Line": [line("3", 1.0)] }), "2500"),
        (sale(json!([line("999", 1.0)])), "2500"),
        (sale(item(json!({ "ItemRef": { "value": "3" }, "UnitPrice": 2, "Qty": 2 }))), "6070"),
        (sale(item(json!({ "ItemRef": { "value": "3" }, "TaxCodeRef": { "value": "7" } }))), "6100"),
        (sale(json!([{ "Amount": 1 }])), "2020"),
    ] {
        assert_eq!(sim.code("invoice", sent.clone()).await, code, "{sent}");
    }
    let (_, detail) = sim.refused("invoice", sale(item(json!({ "UnitPrice": 2, "Qty": 2 })))).await;
    assert_eq!(detail, "Amount is not equal to UnitPrice * Qty. Supplied value:1,861.07");
    let (_, detail) =
        sim.refused("invoice", json!({ "CustomerRef": { "value": "583" }, "Line": [line("3", 1.0)] })).await;
    assert_eq!(detail, "Invalid Reference Id : Names element id 583 not found");
    let mut long = sale(json!([line("3", 1.0)]));
    long["DocNumber"] = json!("x".repeat(25));
    assert_eq!(sim.code("invoice", long).await, "2050");
}

#[tokio::test]
async fn a_payment_lowers_what_it_is_laid_on_and_gives_it_back() {
    let sim = Sim::start().await;
    let invoice = sim.ok("invoice", sale(json!([line("3", 100.0)]))).await;
    let id = &invoice["Id"];
    let payment = sim.ok("payment", paid(65.0, &[(id, "Invoice", 55.0)])).await;
    assert_eq!(
        (&payment["UnappliedAmt"], &payment["DepositToAccountRef"]["value"]),
        (&json!(10.0), &json!("4"))
    );
    assert_eq!(
        payment["Line"][0]["LineEx"]["any"][1]["value"],
        json!({ "Name": "txnOpenBalance", "Value": "100.00" })
    );
    let after = sim.object("Invoice", id).await;
    assert_eq!((&after["Balance"], &after["SyncToken"]), (&json!(45.0), &json!("1")));
    assert_eq!(after["LinkedTxn"], json!([{ "TxnId": payment["Id"], "TxnType": "Payment" }]));
    assert!((owed(&sim).await - 35.0).abs() < 1e-9);

    assert_eq!(sim.code("payment", paid(90.0, &[(id, "Invoice", 45.01)])).await, "6000", "more than is open");
    assert_eq!(sim.code("payment", paid(5.0, &[(id, "Invoice", 6.0)])).await, "6000", "more than was paid");
    assert_eq!(sim.code("payment", paid(5.0, &[(&json!("99999"), "Invoice", 5.0)])).await, "610");
    let mut other = paid(5.0, &[(id, "Invoice", 5.0)]);
    other["CustomerRef"]["value"] = json!("3");
    assert_eq!(sim.code("payment", other).await, "6000", "another customer's");
    assert_eq!(sim.code("payment", json!({ "CustomerRef": { "value": "2" } })).await, "2020");

    // Lines are replaced, all or none.
    let mut change = version(&payment);
    change["sparse"] = json!(true);
    change["Line"] = json!([]);
    let changed = sim.ok("payment", change).await;
    assert_eq!((&changed["UnappliedAmt"], &changed["TotalAmt"]), (&json!(65.0), &json!(65.0)));
    assert_eq!(sim.object("Invoice", id).await["Balance"], 100.0);

    let mut again = version(&changed);
    again["sparse"] = json!(true);
    again["Line"] = paid(0.0, &[(id, "Invoice", 65.0)])["Line"].clone();
    let again = sim.ok("payment", again).await;
    let mut void = version(&again);
    void["sparse"] = json!(true);
    let void = sim.ok("payment?operation=update&include=void", void).await;
    assert_eq!(
        (&void["TotalAmt"], &void["Line"], &void["PrivateNote"]),
        (&json!(0), &json!([]), &json!("Voided"))
    );
    let open = sim.object("Invoice", id).await;
    assert_eq!((&open["Balance"], &open["LinkedTxn"]), (&json!(100.0), &json!([])));
    assert!((owed(&sim).await - 100.0).abs() < 1e-9);
}

#[tokio::test]
async fn an_invoice_is_voided_and_deleted() {
    let sim = Sim::start().await;
    let first = sim.ok("invoice", sale(json!([line("3", 100.0)]))).await;
    let payment = sim.ok("payment", paid(100.0, &[(&first["Id"], "Invoice", 100.0)])).await;
    let now = sim.object("Invoice", &first["Id"]).await;
    assert_eq!(sim.code("invoice?operation=delete", version(&now)).await, "6000", "it is paid");
    assert_eq!(sim.code("invoice?operation=void", version(&first)).await, "5010");
    let void = sim.ok("invoice?operation=void", version(&now)).await;
    assert_eq!(
        (&void["TotalAmt"], &void["Balance"], &void["Line"][0]["Amount"]),
        (&json!(0), &json!(0), &json!(0))
    );
    assert_eq!(sim.object("Payment", &payment["Id"]).await["UnappliedAmt"], 100.0);
    assert!((owed(&sim).await + 100.0).abs() < 1e-9, "what was paid is a credit now");

    let second = sim.ok("invoice", sale(json!([line("3", 7.0)]))).await;
    let (_, gone) = sim.post("invoice?operation=delete", &version(&second)).await;
    assert_eq!(gone["Invoice"], json!({ "domain": "QBO", "status": "Deleted", "Id": second["Id"] }));
    let path = format!("invoice/{}", second["Id"].as_str().expect("an id"));
    assert_eq!(sim.get(&path).await.1["Fault"]["Error"][0]["code"], "610");
    let (code, detail) = sim.refused("invoice", version(&second)).await;
    assert_eq!(
        (code.as_str(), detail.as_str()),
        ("610", "Object Not Found : Another user has deleted this transaction.")
    );
}

#[tokio::test]
async fn an_estimate_is_closed_by_its_invoice() {
    let sim = Sim::start().await;
    let estimate = sim.ok("estimate", sale(json!([line("3", 30.0)]))).await;
    assert_eq!(estimate["TxnStatus"], "Pending");
    let mut invoice = sale(json!([line("3", 30.0)]));
    invoice["LinkedTxn"] = json!([{ "TxnId": estimate["Id"], "TxnType": "Estimate" }]);
    let made = sim.ok("invoice", invoice.clone()).await;
    let closed = sim.object("Estimate", &estimate["Id"]).await;
    assert_eq!((&closed["TxnStatus"], &closed["LinkedTxn"][0]["TxnId"]), (&json!("Closed"), &made["Id"]));
    assert_eq!(sim.code("invoice", invoice).await, "6000", "it is closed");
    sim.ok("invoice?operation=delete", version(&made)).await;
    let open = sim.object("Estimate", &estimate["Id"]).await;
    assert_eq!((&open["TxnStatus"], &open["LinkedTxn"]), (&json!("Pending"), &json!([])));
}

#[tokio::test]
async fn a_credit_pays_an_invoice_and_a_deposit_locks_a_payment() {
    let sim = Sim::start().await;
    let invoice = sim.ok("invoice", sale(json!([line("3", 300.0)]))).await;
    let credit = sim.ok("creditmemo", sale(json!([line("3", 300.0)]))).await;
    assert_eq!((&credit["Balance"], &credit["RemainingCredit"]), (&json!(300.0), &json!(300.0)));
    let both = [(&invoice["Id"], "Invoice", 300.0), (&credit["Id"], "CreditMemo", 300.0)];
    let payment = sim.ok("payment", paid(0.0, &both)).await;
    assert_eq!(payment["UnappliedAmt"], 0.0);
    assert_eq!(sim.object("Invoice", &invoice["Id"]).await["Balance"], 0.0);
    assert_eq!(sim.object("CreditMemo", &credit["Id"]).await["RemainingCredit"], 0.0);
    assert!(owed(&sim).await.abs() < 1e-9);

    let refund = sim
        .ok(
            "refundreceipt",
            json!({ "CustomerRef": { "value": "2" }, "TotalAmt": 100, "Line": [line("3", 200.0)],
        "DepositToAccountRef": { "value": "35" } }),
        )
        .await;
    assert_eq!(refund["TotalAmt"], 200.0, "the server computes it");
    assert_eq!(sim.code("refundreceipt", json!({ "Line": [line("3", 1.0)] })).await, "2020");

    let cash = sim.ok("payment", paid(80.0, &[])).await;
    let deposit = json!({ "DepositToAccountRef": { "value": "35" }, "Line": [
        { "Amount": 80, "LinkedTxn": [{ "TxnId": cash["Id"], "TxnType": "Payment", "TxnLineId": "0" }] },
        { "Amount": -2.5, "DetailType": "DepositLineDetail", "DepositLineDetail": { "AccountRef": { "value": "55" } } },
    ] });
    let deposit = sim.ok("deposit", deposit).await;
    assert_eq!(deposit["TotalAmt"], 77.5);
    let locked = sim.object("Payment", &cash["Id"]).await;
    assert_eq!(locked["LinkedTxn"][0]["TxnType"], "Deposit");
    assert_eq!(sim.code("payment?operation=delete", version(&locked)).await, "6540");
    sim.ok("deposit?operation=delete", version(&deposit)).await;
    let free = sim.object("Payment", &cash["Id"]).await;
    sim.ok("payment?operation=delete", version(&free)).await;
}

#[tokio::test]
async fn closed_books_own_numbers_and_automatic_tax() {
    let sim = Sim::start().await;
    sim.switch(json!({ "bookCloseDate": "2025-12-31" })).await;
    let mut old = sale(json!([line("3", 1.0)]));
    old["TxnDate"] = json!("2025-12-31");
    assert_eq!(sim.code("invoice", old.clone()).await, "6210");
    sim.by_hand("Invoice", "save", old.clone()).await;
    old["TxnDate"] = json!("2026-01-01");
    sim.ok("invoice", old).await;
    assert_eq!(
        sim.get("preferences").await.1["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"],
        "2025-12-31"
    );

    sim.switch(json!({ "customTxnNumbers": true })).await;
    let mut numbered = sale(json!([line("3", 1.0)]));
    assert_eq!(sim.ok("invoice", numbered.clone()).await.get("DocNumber"), None);
    numbered["DocNumber"] = json!("A-1");
    let first = sim.ok("invoice", numbered.clone()).await;
    let (code, detail) = sim.refused("invoice", numbered.clone()).await;
    assert_eq!(code, "6140");
    let id = first["Id"].as_str().expect("an id");
    assert!(
        detail.ends_with(&format!("DocNumber=A-1 is assigned to TxnType=Invoice with TxnId={id}")),
        "{detail}"
    );
    sim.ok("invoice?include=allowduplicatedocnum", numbered).await;

    sim.switch(json!({ "partnerTax": true })).await;
    let item = json!([{ "DetailType": "SalesItemLineDetail", "Amount": 100, "SalesItemLineDetail": { "ItemRef": { "value": "3" } } }]);
    let computed = sim.ok("invoice", sale(item.clone())).await;
    assert_eq!((&computed["TxnTaxDetail"]["TotalTax"], &computed["TotalAmt"]), (&json!(8.0), &json!(108.0)));
    let mut said = sale(item);
    said["TxnTaxDetail"] = json!({ "TotalTax": 7.77, "TxnTaxCodeRef": { "value": "3" } });
    let said = sim.ok("invoice", said).await;
    assert_eq!(said["TotalAmt"], 107.77);
    assert_eq!(said["TxnTaxDetail"]["TxnTaxCodeRef"]["value"], "2", "the code is the company's");
    sim.switch(json!({ "usingSalesTax": false })).await;
    assert_eq!(sim.ok("invoice", sale(json!([line("3", 5.0)]))).await["TotalAmt"], 5.0);
}

#[tokio::test]
async fn several_currencies_and_another_countrys_tax() {
    let sim = Sim::start().await;
    let euro = json!({ "DisplayName": "Bistro Lyon", "CurrencyRef": { "value": "EUR" } });
    assert_eq!(sim.code("customer", euro.clone()).await, "6000", "there is one currency");
    sim.switch(json!({ "multiCurrency": true })).await;
    let customer = sim.ok("customer", euro).await;
    let reference = json!({ "value": customer["Id"] });
    let mut abroad = json!({ "CustomerRef": reference, "Line": [line("3", 10.0)], "ExchangeRate": 1.25 });
    let invoice = sim.ok("invoice", abroad.clone()).await;
    assert_eq!((&invoice["CurrencyRef"]["value"], &invoice["HomeTotalAmt"]), (&json!("EUR"), &json!(12.5)));
    abroad["CurrencyRef"] = json!({ "value": "USD" });
    assert_eq!(sim.code("invoice", abroad).await, "6000", "not the customer's");
    let mut change = version(&customer);
    change["sparse"] = json!(true);
    change["CurrencyRef"] = json!({ "value": "USD" });
    assert_eq!(sim.code("customer", change).await, "6000", "it can never change");

    sim.switch(json!({ "multiCurrency": false, "country": "GB" })).await;
    let taxed = |mode: &str| {
        let detail = json!({ "ItemRef": { "value": "3" }, "TaxCodeRef": { "value": "3" } });
        let mut sent = sale(
            json!([{ "DetailType": "SalesItemLineDetail", "Amount": 108, "SalesItemLineDetail": detail }]),
        );
        sent["GlobalTaxCalculation"] = json!(mode);
        sent
    };
    for (mode, tax, total) in
        [("TaxExcluded", 8.64, 116.64), ("TaxInclusive", 8.0, 108.0), ("NotApplicable", 0.0, 108.0)]
    {
        let made = sim.ok("invoice", taxed(mode)).await;
        assert_eq!(
            (&made["TxnTaxDetail"]["TotalTax"], &made["TotalAmt"]),
            (&json!(tax), &json!(total)),
            "{mode}"
        );
    }
    assert_eq!(sim.code("invoice", taxed("Sometimes")).await, "2170");
    let rate =
        json!({ "TaxRateName": "Reduced", "RateValue": 5, "TaxAgencyId": 1, "TaxApplicableOn": "Sales" });
    let (status, made) =
        sim.post("taxservice/taxcode", &json!({ "TaxCode": "Reduced", "TaxRateDetails": [rate] })).await;
    assert_eq!((status, &made["TaxRateDetails"][0]["TaxAgencyId"]), (200, &json!("1")), "{made}");
    let (code, _) = sim
        .refused(
            "taxservice/taxcode",
            json!({ "TaxCode": "Other", "TaxRateDetails": [{
        "TaxRateName": "reduced", "RateValue": 5, "TaxAgencyId": 1 }] }),
        )
        .await;
    assert_eq!(code, "6240");
}

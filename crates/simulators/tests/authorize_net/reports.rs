//! Reporting calls: §2.14.

use serde_json::{Value, json};

use crate::support::{BOTH, Format, Sim, n, t};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_transaction_tells_everything_by_both_formats() {
    for format in BOTH {
        let sim = Sim::new().await;
        let id = sim.sale(format, "19.99").await;
        let details =
            async |id: &str| sim.ask(format, "getTransactionDetailsRequest", &n(&[("transId", t(id))])).await;
        let told = details(&id).await;
        for (name, value) in [
            ("transactionType", "authCaptureTransaction"),
            ("transactionStatus", "capturedPendingSettlement"),
            ("responseCode", "1"),
            ("responseReasonDescription", "Approval"),
            ("authAmount", "19.99"),
            ("settleAmount", "19.99"),
            ("payment/creditCard/cardNumber", "XXXX1111"),
            ("payment/creditCard/cardType", "Visa"),
            ("submitTimeUTC", "2026-01-15T20:00:00Z"),
            ("submitTimeLocal", "2026-01-15T12:00:00"),
            ("billTo/zip", "98004"),
        ] {
            assert_eq!(told.get(&format!("transaction/{name}")), value, "{name}");
        }
        sim.advance(12 * 3_600).await;
        let settled = details(&id).await;
        assert_eq!(settled.get("transaction/transactionStatus"), "settledSuccessfully");
        assert_eq!(settled.get("transaction/batch/settlementTimeLocal"), "2026-01-16T00:00:00");
        let declined =
            sim.charge(format, "authCaptureTransaction", "5.00", "46282").await.response("transId");
        assert_eq!(details(&declined).await.get("transaction/transactionStatus"), "declined");
        let unknown = details("1").await;
        assert_eq!((unknown.code().as_str(), unknown.get("transaction").as_str()), ("E00040", ""));
    }
}

#[tokio::test]
async fn what_is_not_settled_is_listed_in_pages() {
    let sim = Sim::new().await;
    let list = async |limit: usize, page: usize, descending: bool| {
        let inner = n(&[
            ("sorting", n(&[("orderBy", t("submitTimeUTC")), ("orderDescending", t(descending))])),
            ("paging", n(&[("limit", t(limit)), ("offset", t(page))])),
        ]);
        sim.ask(Format::Json, "getUnsettledTransactionListRequest", &inner).await
    };
    let none = list(10, 1, true).await;
    assert_eq!((none.code().as_str(), none.get("transactions").as_str()), ("I00004", ""));
    let mut ids = Vec::new();
    for at in 1..=5 {
        ids.push(sim.sale(Format::Json, &format!("{at}.00")).await);
        sim.advance(1).await;
    }
    let first = list(2, 1, true).await;
    assert_eq!(
        (first.get("transactions/0/transId"), first.get("transactions/1/transId")),
        (ids[4].clone(), ids[3].clone())
    );
    assert_eq!(first.get("totalNumInResultSet"), "5");
    assert_eq!(list(2, 3, true).await.get("transactions/0/transId"), ids[0]);
    assert_eq!(list(2, 4, true).await.code(), "I00004");
    assert_eq!(list(1000, 1, false).await.get("transactions/0/transId"), ids[0]);
    assert_eq!(list(1001, 1, false).await.code(), "E00003");
    sim.follow(Format::Json, "voidTransaction", &ids[0], "").await;
    let voided = list(1, 1, false).await;
    assert_eq!(voided.get("transactions/0/transactionStatus"), "voided");
    assert_eq!(voided.get("transactions/0/settleAmount"), "0.00");
    sim.advance(DAY).await;
    assert_eq!(list(10, 1, true).await.code(), "I00004");
}

#[tokio::test]
async fn batches_hold_what_was_closed_together() {
    for format in BOTH {
        let sim = Sim::new().await;
        let one = sim.sale(format, "10.00").await;
        sim.sale(format, "2.50").await;
        let gone = sim.sale(format, "7.00").await;
        sim.follow(format, "voidTransaction", &gone, "").await;
        sim.advance(DAY).await;
        let refund = sim.follow(format, "refundTransaction", &one, "4.00").await.response("transId");
        let list = async |first: &str, last: &str| {
            let inner = n(&[
                ("includeStatistics", t("true")),
                ("firstSettlementDate", t(first)),
                ("lastSettlementDate", t(last)),
            ]);
            sim.ask(format, "getSettledBatchListRequest", &inner).await
        };
        let batches = list("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z").await;
        for (name, value) in [
            ("settlementState", "settledSuccessfully"),
            ("statistics/0/accountType", "Visa"),
            ("statistics/0/chargeAmount", "12.50"),
            ("statistics/0/chargeCount", "2"),
            ("statistics/0/voidCount", "1"),
        ] {
            assert_eq!(batches.get(&format!("batchList/0/{name}")), value, "{name}: {}", batches.text);
        }
        let batch = batches.get("batchList/0/batchId");
        let members = sim.ask(format, "getTransactionListRequest", &n(&[("batchId", t(&batch))])).await;
        assert_eq!(members.get("totalNumInResultSet"), "3");
        let counted = sim.ask(format, "getBatchStatisticsRequest", &n(&[("batchId", t(&batch))])).await;
        assert_eq!(counted.get("batch/statistics/0/chargeCount"), "2");
        assert_eq!(
            list("2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z").await.code(),
            "E00013",
            "over 31 days"
        );
        assert_eq!(list("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z").await.code(), "I00004");
        let alone = n(&[("firstSettlementDate", t("2026-01-01T00:00:00Z"))]);
        assert_eq!(sim.ask(format, "getSettledBatchListRequest", &alone).await.code(), "E00014");
        sim.control("POST", "settle", &Value::Null).await;
        assert_eq!(sim.rows(&refund).await, ["refund settled 4.00"]);
        let last_day =
            sim.ask(format, "getSettledBatchListRequest", &n(&[("includeStatistics", t("true"))])).await;
        assert!(last_day.text.contains("refundAmount"), "{}", last_day.text);
        let foreign = sim.by(format, 1, "getTransactionListRequest", &n(&[("batchId", t(&batch))])).await;
        assert_eq!(foreign.code(), "I00004");
    }
}

#[tokio::test]
async fn reports_can_be_forbidden() {
    let sim = Sim::new().await;
    sim.switch("reporting", json!(false)).await;
    let answer = sim.ask(Format::Json, "getUnsettledTransactionListRequest", &n(&[])).await;
    assert_eq!(answer.code(), "E00011");
}

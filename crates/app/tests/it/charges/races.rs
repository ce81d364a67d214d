//! Many at once for one invoice: it is paid exactly once, and the rest are told why.

use serde_json::{Value, json};

use super::{BOTH, charge, id};
use crate::support::{CARD, Engine, on_both, pay, way_back};

use super::wallet::{Wallet, start};

const AT_ONCE: usize = 64;

async fn sixty_four_who_pay_at_once_pay_once(engine: Engine) {
    let demo = start(engine);
    let one = Wallet::of(&demo, BOTH[0], "WALLET-RACE").await;
    let other = Wallet::of(&demo, BOTH[1], "WALLET-RACE").await;
    let methods = [one.save("98004").await, other.save("98004").await];
    for round in 0..2 {
        let invoice = demo.admin.invoice(&one.customer, 25.0).await;
        let before = one.sales().await.len() + other.sales().await.len();
        let setup = demo.admin.setup(&one.customer, &invoice, 25.0).await.expect(200).json();
        let page = setup["hostedPaymentUrl"].as_str().expect("a page").to_owned();
        let hosted = setup["paymentId"].as_str().expect("a payment").to_owned();
        let mut running = Vec::new();
        for at in 0..AT_ONCE {
            let (admin, invoice) = (demo.admin.clone(), invoice.clone());
            let body = match at % 3 {
                0 => json!({ "amount": 25, "method": "Check" }),
                saved => json!({ "amount": 25, "paymentMethodId": methods[saved - 1] }),
            };
            running.push(tokio::spawn(async move { charge(&admin, &invoice, &body).await }));
        }
        // In the first round somebody pays on the page too, and its callback comes meanwhile.
        let returned = if round == 0 {
            let back = way_back(&pay(&page, CARD).await).expect("a way back");
            demo.nobody().get(&back).await.expect(303);
            true
        } else {
            false
        };
        let mut paid = Vec::new();
        for one in running {
            let answer = one.await.expect("it ran");
            match answer.status {
                201 => paid.push(answer.json()),
                409 => assert!(
                    matches!(answer.code().as_str(), "invoice_payment_in_flight" | "invoice_not_payable"),
                    "{}",
                    answer.text
                ),
                other => panic!("{other}: {}", answer.text),
            }
        }
        let seen = demo.admin.read_invoice(&invoice).await;
        assert_eq!((&seen["status"], &seen["balance"]), (&json!("Paid"), &json!(0.0)));
        assert_eq!((&seen["amountPaid"], seen["payments"].as_array().map(Vec::len)), (&json!(25.0), Some(1)));
        // An open page reserves nothing: what was paid on it beside is the customer's credit, and no second payment.
        let by_card = paid.iter().filter(|it| it["method"] == "Card").count();
        let applied: Vec<_> = paid.iter().filter(|it| it["amountApplied"] == json!(25.0)).collect();
        let page_paid = demo.admin.get(&format!("/api/payments/{hosted}")).await.json();
        let on_page = usize::from(page_paid["status"] == "Succeeded");
        assert_eq!(on_page, usize::from(returned), "{page_paid}");
        assert!(paid.len() <= 1, "{paid:?}");
        let page_applied = usize::from(page_paid["amountApplied"] == json!(25.0));
        assert_eq!(applied.len() + page_applied, 1, "{paid:?} {page_paid}");
        let taken = one.sales().await.len() + other.sales().await.len() - before;
        assert_eq!(taken, by_card + on_page, "the ledgers have what is recorded here, and nothing else");
    }
}

async fn payments_and_voids_at_once_leave_what_the_ledger_says(engine: Engine) {
    let demo = start(engine);
    let wallet = Wallet::new(&demo, "AuthorizeNet").await;
    let method = wallet.save("98004").await;
    let invoice = demo.admin.invoice(&wallet.customer, 25.0).await;
    let body = json!({ "amount": 25, "paymentMethodId": method });
    let first = charge(&demo.admin, &invoice, &body).await.expect(201).json();
    let mut running = Vec::new();
    for at in 0..AT_ONCE {
        let (admin, invoice, body) = (demo.admin.clone(), invoice.clone(), body.clone());
        let payment = id(&first).to_owned();
        running.push(tokio::spawn(async move {
            match at % 4 {
                0 => admin.post(&format!("/api/payments/{payment}/void"), &json!({})).await,
                1 => admin.post(&format!("/api/payments/{payment}/refunds"), &json!({})).await,
                _ => charge(&admin, &invoice, &body).await,
            }
        }));
    }
    for one in running {
        let answer = one.await.expect("it ran");
        assert!(matches!(answer.status, 200 | 201 | 409 | 422), "{} {}", answer.status, answer.text);
    }
    let seen = demo.admin.read_invoice(&invoice).await;
    let all = demo.admin.get(&format!("/api/payments?invoiceId={invoice}&pageSize=200")).await.json();
    let all: Vec<Value> = all["data"].as_array().expect("a list").clone();
    let standing = all.iter().filter(|it| it["status"] == "Succeeded").count();
    let sales = wallet.sales().await.len();
    assert_eq!(sales, standing, "{all:?}");
    assert!(standing <= 1, "{all:?}");
    let balance = if standing == 1 { 0.0 } else { 25.0 };
    assert_eq!(seen["balance"], json!(balance), "{seen}");
}

async fn captures_and_voids_of_one_hold_at_once_end_it_once(engine: Engine) {
    let demo = start(engine);
    for provider in BOTH {
        let wallet = Wallet::new(&demo, provider).await;
        let method = wallet.save("98004").await;
        let invoice = demo.admin.invoice(&wallet.customer, 25.0).await;
        let body = json!({ "amount": 25, "paymentMethodId": method, "capture": false });
        let held = charge(&demo.admin, &invoice, &body).await.expect(201).json();
        let mut running = Vec::new();
        for at in 0..16 {
            let admin = demo.admin.clone();
            let path =
                format!("/api/payments/{}/{}", id(&held), if at % 2 == 0 { "capture" } else { "void" });
            running.push(tokio::spawn(async move { admin.post(&path, &json!({})).await.status }));
        }
        let mut done = Vec::new();
        for one in running {
            done.push(one.await.expect("it ran"));
        }
        assert!(done.iter().all(|it| matches!(it, 200 | 409)), "{done:?}");
        let seen = demo.admin.get(&format!("/api/payments/{}", id(&held))).await.json();
        let captured = seen["status"] == "Succeeded";
        assert!(captured || seen["status"] == "Voided", "{seen}");
        let undone = wallet.rows().await.iter().any(|it| {
            it["reference"] == held["providerReference"]
                && matches!(it["status"].as_str(), Some("voided" | "reversed"))
        });
        // A capture that is voided after it is both, and ends Voided.
        assert_eq!(undone || !captured, !captured, "{provider}: {seen}");
        let balance = if captured { 0.0 } else { 25.0 };
        assert_eq!(demo.admin.read_invoice(&invoice).await["balance"], json!(balance), "{provider}");
    }
}

on_both!(
    sixty_four_who_pay_at_once_pay_once,
    payments_and_voids_at_once_leave_what_the_ledger_says,
    captures_and_voids_of_one_hold_at_once_end_it_once,
);

//! Auto-pay: planned, charged on its day, tried again, called off by what happened meanwhile.

use serde_json::{Value, json};

use super::{Subject, TOTAL, cards::with_card, invoice_is, leave_job, offline};
use crate::{
    money::world::{Done, World},
    support::judge::{list, text},
};

/// The gateway declines this amount, and takes what is left of it.
const DECLINED: f64 = 4_000.02;
/// How time passes until a charge that fails once is tried again after three days.
const DAYS: [i64; 12] = [150, 600, 600, THREE, 150, 600, 600, THREE, 150, 600, THREE, 600];
/// A declined charge is tried again after so long.
const THREE: i64 = 3 * 86_400 + 60;

async fn invoice(world: &World, subject: Subject, total: f64, due: Option<&str>) -> Subject {
    let body = json!({
        "customerNumber": subject.customer, "dueDate": due,
        "items": [{ "description": "Wool", "quantity": 1, "unitPrice": total, "taxable": false }],
    });
    let made = world.admin.post("/api/invoices", &body).await.expect(201).json();
    let id = text(&made, "id").to_owned();
    world.admin.send("POST", &format!("/api/invoices/{id}/issue"), &[], None).await.expect(200);
    Subject { invoice: id, ..subject }
}

fn setting(subject: &Subject) -> String {
    format!("/api/customers/{}/auto-pay", subject.customer)
}

fn agreed() -> Value {
    json!({ "isEnabled": true, "consent": { "acceptedBy": "Ada Byron", "text": "Charge my card on the due day." } })
}

/// An invoice that is due, of a customer who did not agree yet.
pub(super) async fn due(world: &World) -> Subject {
    invoice(world, with_card(world).await, TOTAL, None).await
}

pub(super) async fn due_and_declined(world: &World) -> Subject {
    invoice(world, with_card(world).await, DECLINED, None).await
}

/// A charge that waits for a day far away.
pub(super) async fn planned(world: &World) -> Subject {
    let subject = with_card(world).await;
    world.admin.put(&setting(&subject), &agreed()).await.expect(200);
    let subject = invoice(world, subject, TOTAL, Some("2099-01-01")).await;
    let waits = async || Ok(charge(world, &subject).await?["status"] == "Scheduled");
    world.until("it is planned", waits).await.expect("a server");
    subject
}

pub(super) async fn called_off(world: &World) -> Subject {
    let subject = planned(world).await;
    let mut off = agreed();
    off["isEnabled"] = json!(false);
    world.admin.put(&setting(&subject), &off).await.expect(200);
    let ended = async || Ok(charge(world, &subject).await?["status"] == "Cancelled");
    world.until("it is called off", ended).await.expect("a server");
    subject
}

async fn charge(world: &World, subject: &Subject) -> Done<Value> {
    let listed = world.read(&format!("/api/auto-pay/charges?invoiceId={}", subject.invoice)).await?;
    Ok(list(&listed, "data").into_iter().next().unwrap_or_default())
}

async fn agree(world: &World, subject: &Subject) -> Done<()> {
    let answer = world.send("PUT", &setting(subject), None, Some(&agreed())).await?;
    assert_eq!(answer.status, 200, "{}", answer.text);
    Ok(())
}

/// Lets days pass until the charge stands so.
async fn until_charge(world: &World, subject: &Subject, status: &str) -> Done<Value> {
    for seconds in DAYS {
        let it = charge(world, subject).await?;
        if it["status"] == status {
            return Ok(it);
        }
        world.pass(seconds).await?;
    }
    panic!("never {status}: {}", charge(world, subject).await?);
}

/// How many payments of the invoice took money.
async fn paid(world: &World, subject: &Subject) -> Done<usize> {
    let all = world.read(&format!("/api/payments?invoiceId={}", subject.invoice)).await?;
    Ok(list(&all, "data").iter().filter(|it| it["status"] == "Succeeded").count())
}

pub(super) async fn auto_pay(world: &World, subject: &Subject) -> Done<()> {
    agree(world, subject).await?;
    until_charge(world, subject, "Paid").await?;
    assert!(invoice_is(world, subject, "Paid").await?);
    assert_eq!(paid(world, subject).await?, 1, "charged once");
    Ok(())
}

/// Declined on its day, and three days later it pays what is left then.
pub(super) async fn auto_pay_again(world: &World, subject: &Subject) -> Done<()> {
    agree(world, subject).await?;
    // Its key is forgotten in the days that pass: who comes back after them looks first.
    if paid(world, subject).await? == 0 {
        until_charge(world, subject, "Retrying").await?;
        let cheque = json!({ "amount": 100, "method": "Check" });
        world.insist(&offline(subject), &subject.key, &cheque).await?.expect(201);
    }
    let ended = until_charge(world, subject, "Paid").await?;
    assert_eq!(ended["tries"], 2, "{ended}");
    assert!(invoice_is(world, subject, "Paid").await?);
    assert_eq!(paid(world, subject).await?, 2, "a cheque and one charge");
    Ok(())
}

/// Paid otherwise before its day: nothing is charged on it.
pub(super) async fn auto_pay_paid_before(world: &World, subject: &Subject) -> Done<()> {
    let cheque = json!({ "amount": TOTAL, "method": "Check" });
    world.insist(&offline(subject), &subject.key, &cheque).await?.expect(201);
    let id = charge(world, subject).await?["id"].clone();
    world.program.database.execute(&format!(
        "UPDATE jobs SET run_at = 0, lease_until = 0 WHERE kind = 'auto-pay' AND subject = '{}'",
        id.as_str().unwrap_or_default()
    ));
    let ended = until_charge(world, subject, "Cancelled").await?;
    assert_eq!((&ended["tries"], paid(world, subject).await?), (&json!(0), 1), "{ended}");
    Ok(())
}

/// A job that is left over of a charge that was called off.
pub(super) async fn auto_pay_ended_job(world: &World, subject: &Subject) -> Done<()> {
    let id = charge(world, subject).await?["id"].clone();
    leave_job(world, "auto-pay", id.as_str().unwrap_or_default()).await?;
    assert!(invoice_is(world, subject, "Issued").await?);
    Ok(())
}

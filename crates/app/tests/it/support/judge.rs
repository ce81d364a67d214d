//! The invariants of money, judged from outside: the providers' ledgers are the truth, and the API has to say the same.
//!
//! Owns one checker for every test that crashes, races or spoils something. It reads the API and the simulators alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Caller;

/// A payment that took money at its provider and may have given a part back.
const HOLDS: [&str; 2] = ["Succeeded", "PartiallyRefunded"];
/// A payment whose money came in once, whatever became of it.
const TOOK: [&str; 4] = ["Succeeded", "PartiallyRefunded", "Refunded", "Voided"];

/// Everything that can be seen of money, at one moment.
pub(crate) struct Books {
    pub(crate) payments: Vec<Value>,
    pub(crate) invoices: Vec<Value>,
    customers: Vec<Value>,
    /// Each provider's transactions, by its name in the simulators' line.
    ledgers: BTreeMap<String, Vec<Value>>,
}

impl Books {
    /// Reads them, while nothing else happens.
    pub(crate) async fn read(admin: &Caller, simulators: &Value) -> Self {
        let mut ledgers = BTreeMap::new();
        for provider in ["authorizeNet", "worldpay"] {
            let place = simulators[provider].as_str().expect("an address");
            let ledger = admin.get(&format!("{place}/_sim/ledger")).await.expect(200).json();
            ledgers.insert(provider.to_lowercase(), list(&ledger, "transactions"));
        }
        Self {
            payments: all(admin, "/api/payments").await,
            invoices: all(admin, "/api/invoices").await,
            customers: all(admin, "/api/customers").await,
            ledgers,
        }
    }

    /// Books that a test wrote itself.
    #[cfg(feature = "crash-points")]
    pub(crate) fn of(
        payments: Vec<Value>,
        invoices: Vec<Value>,
        customers: Vec<Value>,
        ledgers: BTreeMap<String, Vec<Value>>,
    ) -> Self {
        Self { payments, invoices, customers, ledgers }
    }

    /// Both sides of what a difference names.
    #[cfg(feature = "crash-points")]
    pub(crate) fn about(&self, difference: &Value) -> String {
        let payments = self.payments.iter().filter(|it| it["id"] == difference["paymentId"]);
        let there = |it: &&Value| {
            let id = &difference["providerTransactionId"];
            it["id"] == *id || it["relatedId"] == *id || it["reference"] == difference["providerReference"]
        };
        let rows = self.ledgers.values().flatten().filter(there);
        payments.chain(rows).map(Value::to_string).collect::<Vec<_>>().join("\n")
    }

    /// What is wrong, in words; nothing where all is well.
    pub(crate) fn wrongs(&self) -> Vec<String> {
        let mut wrongs = Vec::new();
        self.every_payment(&mut wrongs);
        for (provider, rows) in &self.ledgers {
            self.every_row(provider, rows, &mut wrongs);
        }
        self.every_invoice(&mut wrongs);
        self.every_customer(&mut wrongs);
        wrongs
    }

    /// What has not ended, and is not for a person to decide.
    #[cfg(feature = "crash-points")]
    pub(crate) fn open(&self) -> Vec<String> {
        let for_person = |it: &Value| it["failure"]["code"] == "provider_mismatch";
        let mut open = Vec::new();
        for payment in &self.payments {
            if ["Created", "Submitted", "Unknown"].contains(&text(payment, "status")) && !for_person(payment)
            {
                open.push(format!("payment {} is {}", payment["id"], payment["status"]));
            }
            for refund in list(payment, "refunds") {
                if ["Submitted", "Unknown"].contains(&text(&refund, "status")) && !for_person(&refund) {
                    open.push(format!("refund {} is {}", refund["id"], refund["status"]));
                }
            }
        }
        open
    }

    fn rows_of(&self, payment: &Value) -> &[Value] {
        let provider = text(payment, "provider").to_lowercase();
        self.ledgers.get(&provider).map_or(&[], Vec::as_slice)
    }

    /// Each payment of ours has the provider's transaction that it names, and the two say the same.
    fn every_payment(&self, wrongs: &mut Vec<String>) {
        for payment in &self.payments {
            let mut wrong =
                |what: String| wrongs.push(format!("payment {}: {what}: {payment}", payment["id"]));
            let (amount, refunded) = (cents(payment, "amount"), cents(payment, "amountRefunded"));
            let (applied, rest) = (cents(payment, "amountApplied"), cents(payment, "unappliedAmount"));
            let sums = |name: &str| list(payment, name).iter().map(|it| cents(it, "amount")).sum::<i64>();
            let status = text(payment, "status");
            if [amount, refunded, applied, rest].iter().any(|it| *it < 0)
                || refunded > amount
                || applied > amount
            {
                wrong("an amount is out of bounds".to_owned());
            }
            if status != "Voided" && applied != sums("applications") {
                wrong("what is applied is not the sum of its applications".to_owned());
            }
            let given = list(payment, "refunds");
            let back: i64 = given.iter().filter(|it| is_back(it)).map(|it| cents(it, "amount")).sum();
            if refunded != back {
                wrong("what went back is not the sum of its refunds".to_owned());
            }
            let expected = match back {
                0 => "Succeeded",
                it if it == amount => "Refunded",
                _ => "PartiallyRefunded",
            };
            if TOOK.contains(&status) && status != "Voided" && status != expected {
                wrong(format!("it should be {expected}"));
            }
            if payment["provider"].is_null() || !TOOK.contains(&status) {
                continue;
            }
            let rows = self.rows_of(payment);
            let captured = rows.iter().any(|it| it["kind"] == "capture" && names(payment, it));
            // A hold that was let go of took nothing, and is undone there; one that was captured first is no hold any more.
            let released = |it: &Value| {
                let gone = ["voided", "reversed"].contains(&text(it, "status"));
                status == "Voided" && it["kind"] == "authorization" && gone && !captured
            };
            let own: Vec<&Value> =
                rows.iter().filter(|it| (is_money(it) || released(it)) && names(payment, it)).collect();
            let [row] = own.as_slice() else {
                wrong(format!("the provider has {} transactions of it, {own:?}", own.len()));
                continue;
            };
            let undone = status == "Voided" || given.iter().any(|it| it["status"] == "Voided");
            // Undone there by nobody here: said of the refund that waited, and a person was told.
            let known = given.iter().any(|it| it["failure"]["code"] == "payment_gone_at_provider");
            if !known && undone != ["voided", "reversed"].contains(&text(row, "status")) {
                wrong(format!("the provider's is {}", row["status"]));
            }
            if cents(row, "amount") != amount
                || row["kind"] != "capture" && row["reference"] != payment["providerReference"]
            {
                wrong(format!("the provider's differs: {row}"));
            }
        }
    }

    /// Each transaction of the provider's that moved money is one payment or one refund of ours.
    fn every_row(&self, provider: &str, rows: &[Value], wrongs: &mut Vec<String>) {
        let ours = |it: &&Value| text(it, "provider").to_lowercase() == provider;
        for row in rows {
            let mut wrong = |what: String| wrongs.push(format!("{provider}'s {}: {what}: {row}", row["id"]));
            let is_done = ["approved", "settled"].contains(&text(row, "status"));
            if is_money(row) {
                let owners = self.payments.iter().filter(ours);
                let owners: Vec<_> =
                    owners.filter(|it| names(it, row) && TOOK.contains(&text(it, "status"))).collect();
                if owners.len() != 1 {
                    wrong(format!("{} payments of ours took this money", owners.len()));
                }
                let alike = rows.iter().filter(|it| is_money(it) && it["reference"] == row["reference"]);
                if alike.count() != 1 {
                    wrong("money was taken twice under one reference".to_owned());
                }
                let setup = |it: &&Value| row["setupId"].is_string() && it["setupId"] == row["setupId"];
                if rows.iter().filter(|it| is_money(it)).filter(setup).count() > 1 {
                    wrong("money was taken twice on one page".to_owned());
                }
            }
            if row["kind"] == "authorization" && is_done && cents(row, "amount") > 0 {
                let taken = rows.iter().any(|it| {
                    it["kind"] == "capture" && (it["relatedId"] == row["id"] || it["id"] == row["id"])
                });
                let mut owners =
                    self.payments.iter().filter(ours).filter(|it| it["providerTransactionId"] == row["id"]);
                if !taken && !owners.any(|it| it["status"] == "Authorized") {
                    wrong("nobody of ours holds this authorization".to_owned());
                }
            }
            if row["kind"] == "refund" && is_done {
                let refunds = self.payments.iter().filter(ours).flat_map(|it| list(it, "refunds"));
                let own =
                    |it: &Value| it["status"] == "Succeeded" && it["providerTransactionId"] == row["id"];
                let own: Vec<Value> = refunds.filter(own).collect();
                if own.len() != 1 || own.iter().any(|it| cents(it, "amount") != cents(row, "amount")) {
                    wrong(format!("it is {} refunds of ours, or of another amount", own.len()));
                }
            }
        }
        for payment in self.payments.iter().filter(ours) {
            for refund in list(payment, "refunds").iter().filter(|it| it["status"] == "Succeeded") {
                let found = rows
                    .iter()
                    .filter(|it| it["kind"] == "refund" && it["id"] == refund["providerTransactionId"]);
                if found.count() != 1 {
                    wrongs.push(format!("a refund that {provider} does not know: {refund}"));
                }
            }
        }
    }

    /// The balance is the total less what was paid plus what was given back and is owed again; the status follows.
    fn every_invoice(&self, wrongs: &mut Vec<String>) {
        let reopened = self.reopened();
        for invoice in &self.invoices {
            let id = text(invoice, "id");
            let mut wrong = |what: &str| wrongs.push(format!("invoice {id}: {what}: {invoice}"));
            let (total, paid, balance) =
                (cents(invoice, "total"), cents(invoice, "amountPaid"), cents(invoice, "balance"));
            if balance < 0 || balance > total {
                wrong("its balance is out of bounds");
            }
            let lies = self
                .payments
                .iter()
                .filter(|it| TOOK.contains(&text(it, "status")) && it["status"] != "Voided");
            let lies = lies.flat_map(|it| list(it, "applications")).filter(|it| it["invoiceId"] == json!(id));
            if paid != lies.map(|it| cents(&it, "amount")).sum::<i64>() {
                wrong("what was paid is not the sum of what lies on it");
            }
            match reopened.get(id) {
                Some(None) => {}
                other => {
                    let back = other.copied().flatten().unwrap_or(0);
                    if balance != total - paid + back {
                        wrong(&format!("its balance is not total less paid plus {back} cents"));
                    }
                }
            }
            let status = text(invoice, "status");
            let follows = match balance {
                _ if ["Draft", "Voided", "Cancelled"].contains(&status) => status,
                0 => "Paid",
                it if it == total => "Issued",
                _ => "PartiallyPaid",
            };
            if status != follows {
                wrong(&format!("it should be {follows}"));
            }
        }
    }

    /// What is owed again on each invoice; none where money was laid on it between two refunds, so that it cannot be told
    /// from outside. Credit goes back first, then the youngest application.
    fn reopened(&self) -> BTreeMap<&str, Option<i64>> {
        let mut all: BTreeMap<&str, Option<i64>> = BTreeMap::new();
        for payment in &self.payments {
            let (refunds, applications) = (list(payment, "refunds"), payment["applications"].as_array());
            let applications: Vec<&Value> = applications.into_iter().flatten().collect();
            let back: Vec<&Value> = refunds.iter().filter(|it| is_back(it)).collect();
            let first = back.iter().map(|it| text(it, "createdAt")).min();
            let is_clear =
                first.is_none_or(|first| applications.iter().all(|it| text(it, "createdAt") <= first));
            let mut places: Vec<(Option<&str>, i64)> =
                vec![(None, cents(payment, "amount") - cents(payment, "amountApplied"))];
            for it in applications.iter().rev() {
                places.push((Some(text(it, "invoiceId")), cents(it, "amount")));
            }
            for refund in back {
                let mut left = cents(refund, "amount");
                for (invoice, room) in &mut places {
                    let taken = left.min(*room);
                    (left, *room) = (left - taken, *room - taken);
                    let Some(invoice) = invoice else { continue };
                    let sum = all.entry(invoice).or_insert(Some(0));
                    let again = if refund["reopenInvoice"] == true { taken } else { 0 };
                    *sum = sum.filter(|_| is_clear).map(|it| it + again);
                }
            }
        }
        all
    }

    fn every_customer(&self, wrongs: &mut Vec<String>) {
        for customer in &self.customers {
            let own = |it: &&Value| it["customerNumber"] == customer["customerNumber"];
            let owes = self
                .invoices
                .iter()
                .filter(own)
                .filter(|it| ["Issued", "PartiallyPaid"].contains(&text(it, "status")));
            let credit = self.payments.iter().filter(own).filter(|it| HOLDS.contains(&text(it, "status")));
            let (owes, credit): (i64, i64) = (
                owes.map(|it| cents(it, "balance")).sum(),
                credit.map(|it| cents(it, "unappliedAmount")).sum(),
            );
            if (owes, credit) != (cents(customer, "openBalance"), cents(customer, "unappliedCredit")) {
                wrongs.push(format!("a customer owes {owes} and has {credit} cents: {customer}"));
            }
        }
    }
}

/// Sound books, or all that is wrong with them.
pub(crate) async fn judge(admin: &Caller, simulators: &Value, when: &str) {
    let wrongs = Books::read(admin, simulators).await.wrongs();
    assert!(wrongs.is_empty(), "{when}:\n{}", wrongs.join("\n"));
}

/// Every row of a list, over all of its pages.
async fn all(admin: &Caller, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = admin.get(&format!("{path}?pageSize=200{cursor}")).await.expect(200).json();
        rows.extend(list(&page, "data"));
        let Some(next) = page["nextCursor"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

/// Whether a transaction took money, be it undone since.
fn is_money(row: &Value) -> bool {
    let took = ["approved", "settled", "voided", "reversed"].contains(&text(row, "status"));
    took && ["sale", "capture"].contains(&text(row, "kind"))
}

/// Whether a payment means that transaction.
fn names(payment: &Value, row: &Value) -> bool {
    let id = &payment["providerTransactionId"];
    id.is_string() && (*id == row["id"] || row["kind"] == "capture" && *id == row["relatedId"])
}

fn is_back(refund: &Value) -> bool {
    ["Succeeded", "Voided"].contains(&text(refund, "status"))
}

pub(crate) fn list(value: &Value, key: &str) -> Vec<Value> {
    value[key].as_array().cloned().unwrap_or_default()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Hundredths of an amount, whether it is a number or a text.
pub(crate) fn cents(value: &Value, key: &str) -> i64 {
    let written = match &value[key] {
        Value::String(it) => it.clone(),
        other => other.to_string(),
    };
    let (sign, written) = written.strip_prefix('-').map_or((1, written.as_str()), |it| (-1, it));
    let (whole, part) = written.split_once('.').unwrap_or((written, "0"));
    let digits = format!("{whole}{part:0<2}");
    let minor: i64 = digits.parse().unwrap_or_else(|_| panic!("{key} is no amount: {value}"));
    sign * minor
}

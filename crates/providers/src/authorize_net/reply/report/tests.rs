use proptest::prelude::*;

use super::*;
use crate::{TransactionKind, authorize_net::reply::read};

const OK: &str = r#""messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}"#;
const NONE: &str =
    r#"{"messages":{"resultCode":"Ok","message":[{"code":"I00004","text":"No records found."}]}}"#;
const DETAILS: &str = r#"{"transId":"2162566217","refTransId":"2162566000","submitTimeUTC":"2011-09-01T16:30:49.39Z","submitTimeLocal":"2011-09-01T10:30:49.39","transactionType":"authCaptureTransaction","transactionStatus":"settledSuccessfully","responseCode":1,"responseReasonCode":1,"responseReasonDescription":"Approval","authCode":"JPG9DJ","AVSResponse":"Y","cardCodeResponse":"M","batch":{"batchId":"1221577","settlementTimeUTC":"2011-09-01T22:00:00Z","settlementState":"settledSuccessfully"},"order":{"invoiceNumber":"60","description":"x"},"requestedAmount":1020.0,"authAmount":1018.88,"settleAmount":1018.88,"taxExempt":false,"payment":{"creditCard":{"cardNumber":"XXXX4444","expirationDate":"XXXX","cardType":"MasterCard"}},"customer":{"id":"4"},"networkTransId":"0TN1"}"#;
const SUMMARY: &str = r#"{"transId":"60010","submitTimeUTC":"2017-06-16T06:48:37Z","submitTimeLocal":"2017-06-16T04:18:37","transactionStatus":"capturedPendingSettlement","invoiceNumber":"INV-1","firstName":"E","lastName":"J","accountType":"MasterCard","accountNumber":"XXXX0015","settleAmount":5,"hasReturnedItemsSpecified":false,"marketType":"eCommerce"}"#;

fn reply(members: &str) -> Reply {
    read(format!("\u{feff}{{{members}{OK}}}").as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn whole(text: &str) -> Result<ProviderTransaction, ProviderError> {
    details(&reply(&format!(r#""transaction":{text},"#)))
}

fn window() -> Window {
    Window { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH }
}

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

#[test]
fn a_transaction_is_read_whole() {
    let it = whole(DETAILS).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((it.id.as_str(), it.related_id.as_deref()), ("2162566217", Some("2162566000")));
    assert_eq!((it.kind, it.state), (TransactionKind::Sale, TransactionState::Settled));
    assert_eq!((it.requested, it.approved), (Some(dollars(102_000)), Some(dollars(101_888))));
    assert_eq!((it.reference.as_deref(), it.batch_id.as_deref()), (Some("60"), Some("1221577")));
    assert_eq!((it.avs_result.as_deref(), it.cvv_result.as_deref()), (Some("Y"), Some("M")));
    assert_eq!((it.card_brand.as_deref(), it.last_four.as_deref()), (Some("MasterCard"), Some("4444")));
    assert_eq!((it.response_code.as_deref(), it.response_message.as_deref()), (Some("1"), Some("Approval")));
    assert_eq!(it.happened_at.map(|it| it.to_string()).as_deref(), Some("2011-09-01T16:30:49.39Z"));
    assert_eq!(it.network_transaction_id.as_deref(), Some("0TN1"));
}

#[test]
fn what_is_approved_hangs_on_the_status() {
    let approved = |status: &str| {
        let text = DETAILS
            .replace(
                r#""transactionStatus":"settledSuccessfully""#,
                &format!(r#""transactionStatus":"{status}""#),
            )
            .replace(r#""settleAmount":1018.88"#, r#""settleAmount":5.00"#);
        whole(&text).unwrap_or_else(|error| panic!("{error}")).approved
    };
    assert_eq!(approved("authorizedPendingCapture"), Some(dollars(101_888)));
    assert_eq!(approved("capturedPendingSettlement"), Some(dollars(500)));
    for status in ["declined", "voided", "FDSPendingReview", "odd"] {
        assert_eq!(approved(status), None, "{status}");
    }
}

#[test]
fn what_money_hangs_on_is_not_guessed() {
    for (from, to) in [
        (r#""transId":"2162566217""#, r#""transId":"0""#),
        (r#""transactionStatus":"settledSuccessfully","#, ""),
        (r#""settleAmount":1018.88"#, r#""settleAmount":1018.888"#),
        (r#""settleAmount":1018.88"#, r#""settleAmount":1.01888e3"#),
        (r#""authAmount":1018.88"#, r#""authAmount":"x""#),
        ("2011-09-01T16:30:49.39Z", "soon"),
    ] {
        assert!(DETAILS.contains(from), "{from}");
        assert!(whole(&DETAILS.replace(from, to)).is_err(), "{to}");
    }
    assert!(details(&reply("")).is_err());
}

#[test]
fn a_list_is_read_and_nothing_has_to_be_said() {
    let found = list(&reply(&format!(r#""transactions":[{SUMMARY}],"totalNumInResultSet":1,"#)));
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let [it] = found.as_slice() else { panic!("one") };
    assert_eq!((it.kind.clone(), it.state.clone()), (TransactionKind::Sale, TransactionState::Approved));
    assert_eq!((it.reference.as_deref(), it.approved), (Some("INV-1"), Some(dollars(500))));
    let none = read(NONE.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(list(&none).is_ok_and(|it| it.is_empty()));
    assert!(list(&reply(r#""transactions":[],"#)).is_ok_and(|it| it.is_empty()));
    assert!(list(&reply("")).is_err(), "silence is not nothing");
    let voided = SUMMARY.replace("capturedPendingSettlement", "voided");
    let found = list(&reply(&format!(r#""transactions":[{voided}],"#)));
    assert!(found.is_ok_and(|it| it[0].approved.is_none()));
}

#[test]
fn batches_have_sums() {
    let batch_text = r#"{"batchId":"3990061","settlementTimeUTC":"2015-01-02T08:40:29Z","settlementTimeUTCSpecified":true,"settlementState":"settledSuccessfully","paymentMethod":"creditCard","statistics":[{"accountType":"Visa","chargeAmount":2255.5,"chargeCount":4,"refundAmount":0.0},{"accountType":"MasterCard","chargeAmount":1.0,"refundAmount":2.25}]}"#;
    let found = batches(&reply(&format!(r#""batchList":[{batch_text}],"#)), window());
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let [it] = found.as_slice() else { panic!("one") };
    assert_eq!((it.id.as_str(), it.complete), ("3990061", true));
    assert_eq!((it.charged, it.refunded), (Some(dollars(225_650)), Some(dollars(225))));
    assert_eq!(it.settled_at.map(|it| it.to_string()).as_deref(), Some("2015-01-02T08:40:29Z"));
    let failed = batch_text
        .replace(r#""settlementState":"settledSuccessfully""#, r#""settlementState":"settlementError""#);
    let found = batches(&reply(&format!(r#""batchList":[{failed}],"#)), window());
    assert!(found.is_ok_and(|it| !it[0].complete));
    let bare = batches(&reply(r#""batchList":[{"batchId":"1"}],"#), window());
    assert!(bare.is_ok_and(|it| it[0].charged.is_none()));
    let none = read(NONE.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(batches(&none, window()).is_ok_and(|it| it.is_empty()));
    assert!(
        batches(&reply(""), window()).is_err() && batches(&reply(r#""batchList":[{}],"#), window()).is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_answer_panics(at in 0_usize..3000, byte in any::<u8>()) {
        let text = format!(r#"{{"transaction":{DETAILS},"transactions":[{SUMMARY}],"batchList":[{{"batchId":"1"}}],{OK}}}"#);
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(reply) = read(&bytes) {
            let _ = (details(&reply), list(&reply), batches(&reply, window()));
        }
    }
}

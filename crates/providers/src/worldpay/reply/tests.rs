use proptest::prelude::*;

use super::*;
use crate::worldpay::map::accepted;

const NS: &str = "https://reporting.elementexpress.com";

fn report(items: &str) -> String {
    format!(
        "<TransactionQueryResponse xmlns='{NS}'><Response><ExpressResponseCode>0</ExpressResponseCode>\
         <ExpressResponseMessage>Success</ExpressResponseMessage><ReportingData><Items>{items}</Items>\
         </ReportingData></Response></TransactionQueryResponse>"
    )
}

fn found(items: &str) -> Result<Vec<ProviderTransaction>, ProviderError> {
    read(report(items).as_bytes(), "TransactionQuery")?.transactions()
}

const SALE: &str = "<Item><TransactionID>19000001</TransactionID><ApprovalNumber>651831</ApprovalNumber>\
    <ApprovedAmount>12.00</ApprovedAmount><AVSResponseCode>Y    </AVSResponseCode>\
    <CVVResponseCode>P         </CVVResponseCode><ExpressResponseCode>0</ExpressResponseCode>\
    <ExpressResponseMessage>Approved</ExpressResponseMessage><ReferenceNumber>42</ReferenceNumber>\
    <TransactionAmount>12.00</TransactionAmount><TransactionStatus>Approved</TransactionStatus>\
    <TransactionStatusCode>1</TransactionStatusCode><TransactionType>CreditCardSale</TransactionType>\
    <CardNumberMasked>xxxx-xxxx-xxxx-0006</CardNumberMasked><CardLogo>Visa</CardLogo>\
    <TransactionSetupID>abc</TransactionSetupID><ExpressTransactionDate>20260115</ExpressTransactionDate>\
    <ExpressTransactionTime>065147</ExpressTransactionTime></Item>";

#[test]
fn a_sale_is_read_and_its_padding_trimmed() {
    let all = found(SALE).expect("a report");
    let [sale] = all.as_slice() else { panic!("one") };
    assert_eq!(sale.kind, TransactionKind::Sale);
    assert_eq!(sale.state, TransactionState::Approved);
    assert_eq!(sale.approved, Some(Money::from_minor(1200, Currency::USD)));
    assert_eq!(sale.avs_result.as_deref(), Some("Y"));
    assert_eq!(sale.cvv_result.as_deref(), Some("P"));
    assert_eq!(sale.last_four.as_deref(), Some("0006"));
    // Central standard time is six hours behind.
    assert_eq!(sale.happened_at.map(|it| it.to_string()).as_deref(), Some("2026-01-15T12:51:47Z"));
}

#[test]
fn several_tries_come_oldest_first() {
    let later = SALE.replace("19000001", "19000002").replace("065147", "065148");
    let all = found(&format!("{later}{SALE}")).expect("a report");
    let ids: Vec<&str> = all.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["19000001", "19000002"]);
}

#[test]
fn nothing_has_to_be_said() {
    let none = "<TransactionQueryResponse><Response><ExpressResponseCode>90</ExpressResponseCode>\
        <ExpressResponseMessage>No Record(s)</ExpressResponseMessage><ReportingData><Items /></ReportingData>\
        </Response></TransactionQueryResponse>";
    let reply = read(none.as_bytes(), "TransactionQuery").expect("a report");
    assert_eq!(reply.code(), "90");
    assert!(reply.transactions().expect("nothing").is_empty());
    let silent = "<TransactionQueryResponse><Response><ExpressResponseCode>0</ExpressResponseCode></Response>\
        </TransactionQueryResponse>";
    assert!(read(silent.as_bytes(), "TransactionQuery").expect("an answer").transactions().is_err());
}

#[test]
fn what_money_hangs_on_is_not_guessed() {
    for (from, to) in [
        ("<ApprovedAmount>12.00<", "<ApprovedAmount>twelve<"),
        ("<ApprovedAmount>12.00<", "<ApprovedAmount>-12.00<"),
        ("<TransactionID>19000001<", "<TransactionID><"),
        ("<ExpressTransactionTime>065147<", "<ExpressTransactionTime>soon<"),
        ("<TransactionAmount>", "<TransactionAmount>12.00</TransactionAmount><TransactionAmount>"),
    ] {
        assert!(SALE.contains(from), "{from}");
        assert!(found(&SALE.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn a_state_that_nobody_knows_is_not_a_success() {
    let state = |code: &str, word: &str| {
        let item = SALE.replace("<TransactionStatusCode>1<", &format!("<TransactionStatusCode>{code}<"));
        let item = item.replace("<TransactionStatus>Approved<", &format!("<TransactionStatus>{word}<"));
        found(&item).expect("a report").remove(0).state
    };
    assert_eq!(state("2", "Approved"), TransactionState::Declined, "the number decides");
    assert_eq!(state("", "Declined"), TransactionState::Declined);
    assert_eq!(state("99", "Odd"), TransactionState::Unknown("Odd".to_owned()));
    assert_eq!(state("99", ""), TransactionState::Unknown("99".to_owned()));
}

#[test]
fn a_new_page_has_an_id_and_a_code() {
    let text = |id: &str| {
        format!(
            "<TransactionSetupResponse xmlns='https://transaction.elementexpress.com'><Response>\
             <ExpressResponseCode>0</ExpressResponseCode><ExpressResponseMessage>Success</ExpressResponseMessage>\
             <Transaction><TransactionSetupID>OTHER</TransactionSetupID></Transaction><TransactionSetup>\
             <TransactionSetupID>{id}</TransactionSetupID><ValidationCode>0123456789ABCDEF</ValidationCode>\
             </TransactionSetup></Response></TransactionSetupResponse>"
        )
    };
    let read = |id: &str| read(text(id).as_bytes(), "TransactionSetup").and_then(|it| it.setup());
    let (id, code) = read("11111111-aaaa-3333-4444-555555555555").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(id, "11111111-AAAA-3333-4444-555555555555");
    assert_eq!(code.expose(), "0123456789ABCDEF");
    for id in ["", "a&amp;b", "../up", &"x".repeat(51)] {
        assert!(read(id).is_err(), "{id}");
    }
}

#[test]
fn all_three_layers_of_errors_are_understood() {
    let layer = |text: &str, method| read(text.as_bytes(), method).and_then(|reply| accepted(&reply));
    let general = "<Response xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>103\
        </ExpressResponseCode><ExpressResponseMessage>TargetNamespace required</ExpressResponseMessage></Response>\
        </Response>";
    let error = layer(general, "HealthCheck").expect_err("refused");
    assert_eq!((error.code.as_deref(), error.message.as_str()), (Some("103"), "TargetNamespace required"));
    let field = general.replace("<Response xmlns", "<HealthCheckResponse xmlns").replacen("103", "101", 1);
    let field = field.replace("</Response></Response>", "</Response></HealthCheckResponse>");
    assert_eq!(layer(&field, "HealthCheck").expect_err("refused").code.as_deref(), Some("101"));
    let other = layer(&field, "TransactionSetup").expect_err("another method's answer");
    assert!(!other.outcome_known);
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, "TransactionQuery").and_then(|reply| reply.transactions());
    }

    #[test]
    fn a_cut_answer_is_never_a_report(at in 0_usize..900) {
        let text = report(SALE);
        prop_assume!(at < text.len());
        let cut = text.as_bytes().get(..at).unwrap_or_default();
        prop_assert!(read(cut, "TransactionQuery").is_err());
    }
}

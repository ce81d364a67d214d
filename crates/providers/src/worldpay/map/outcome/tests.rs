use TransactionState::{Approved, Authorized};
use kontor_domain::Currency;
use proptest::prelude::*;

use super::*;
use crate::{error::Kind, worldpay::reply};

const DATES: &str = "<ExpressTransactionDate>20260115</ExpressTransactionDate>\
    <ExpressTransactionTime>101500</ExpressTransactionTime>\
    <ExpressTransactionTimezone>UTC-06:00:00</ExpressTransactionTimezone><Batch><HostBatchID>1</HostBatchID></Batch>";

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn asked(done: TransactionState) -> Asked<'static> {
    Asked { amount: dollars(655), reference: "42", done }
}

/// An answer: head, then what is in its classes.
fn document(root: &str, code: &str, message: &str, classes: &str) -> String {
    format!(
        "<{root} xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>{code}\
         </ExpressResponseCode><ExpressResponseMessage>{message}</ExpressResponseMessage>{DATES}{classes}</Response></{root}>"
    )
}

fn judged(text: &str, method: &str, done: TransactionState) -> Outcome {
    match reply::read(text.as_bytes(), method) {
        Ok(reply) => outcome(&reply, &asked(done)),
        Err(error) => error.into(),
    }
}

fn sale(text: &str) -> Outcome {
    judged(text, "CreditCardSale", TransactionState::Approved)
}

const CARD: &str = "<Card><AVSResponseCode>N</AVSResponseCode><CVVResponseCode>M</CVVResponseCode>\
    <CardLogo>Visa</CardLogo><CardNumberMasked>xxxx-xxxx-xxxx-1111</CardNumberMasked><BIN>411111</BIN></Card>";
const APPROVED: &str = "<Transaction><TransactionID>300000001</TransactionID><ApprovalNumber>000015</ApprovalNumber>\
    <ReferenceNumber>42</ReferenceNumber><TransactionStatus>Approved</TransactionStatus>\
    <TransactionStatusCode>1</TransactionStatusCode><ApprovedAmount>6.55</ApprovedAmount>\
    <NetworkTransactionID>202601151015001</NetworkTransactionID></Transaction>";

fn approved_sale() -> String {
    document("CreditCardSaleResponse", "0", "Approved", &format!("{CARD}{APPROVED}"))
}

fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown(it) if !it.error.outcome_known)
}

#[test]
fn an_approved_sale_carries_what_is_kept() {
    let Outcome::Approved(it) = sale(&approved_sale()) else { panic!("approved") };
    assert_eq!(it.transaction_id, "300000001");
    assert_eq!(it.amount, dollars(655));
    assert_eq!(it.authorization_code.as_deref(), Some("000015"));
    assert_eq!(it.network_transaction_id.as_deref(), Some("202601151015001"));
    let checks = (it.avs_result.as_deref(), it.cvv_result.as_deref());
    assert_eq!((checks, it.last_four.as_deref()), ((Some("N"), Some("M")), Some("1111")));
    assert_eq!((it.card_brand.as_deref(), it.code.as_str()), (Some("Visa"), "0"));
}

#[test]
fn the_other_requests_are_done_with_statuses_of_their_own() {
    let with = |status: &str, more: &str| {
        format!(
            "<Transaction><TransactionID>300000002</TransactionID><ReferenceNumber>42</ReferenceNumber>\
             <TransactionStatusCode>{status}</TransactionStatusCode>{more}</Transaction>"
        )
    };
    for (method, message, status, done) in [
        ("CreditCardAuthorization", "Approved", "5", Authorized),
        ("CreditCardAuthorizationCompletion", "Success", "1", Approved),
        ("CreditCardReturn", "Approved", "1", Approved),
        ("CreditCardVoid", "Success", "8", Approved),
        ("CreditCardReversal", "Success", "8", Approved),
        ("CreditCardAVSOnly", "Success", "8", Approved),
    ] {
        let root = format!("{method}Response");
        let text = document(&root, "0", message, &with(status, ""));
        let Outcome::Approved(it) = judged(&text, method, done.clone()) else { panic!("{method}") };
        assert_eq!((it.transaction_id.as_str(), it.amount), ("300000002", dollars(655)), "{method}");
        // The same answer to another request proves nothing.
        assert!(is_unknown(&judged(&text, "CreditCardForce", done.clone())), "{method}");
        let declined = document(&root, "0", message, &with("2", ""));
        assert!(is_unknown(&judged(&declined, method, done)), "{method}: approved and declined");
    }
    let held = document("CreditCardSaleResponse", "0", "Approved", &with("5", ""));
    assert!(is_unknown(&sale(&held)), "a sale that is only held");
}

#[test]
fn a_decline_says_why() {
    let classes = format!(
        "{CARD}<Transaction><TransactionID>300000003</TransactionID><ReferenceNumber>42</ReferenceNumber>\
         <TransactionStatus>Declined</TransactionStatus><TransactionStatusCode>2</TransactionStatusCode></Transaction>"
    );
    for (code, hard) in [("20", false), ("25", false), ("8", true), ("21", true), ("24", true)] {
        let text = document("CreditCardSaleResponse", code, "Declined", &classes);
        let Outcome::Declined(it) = sale(&text) else { panic!("{code}") };
        assert_eq!((it.code.as_str(), it.message.as_str(), it.hard), (code, "Declined", hard));
        assert_eq!(it.transaction_id.as_deref(), Some("300000003"));
        assert_eq!((it.avs_result.as_deref(), it.cvv_result.as_deref()), (Some("N"), Some("M")));
    }
}

#[test]
fn every_code_has_its_ending() {
    let codes = [
        "0", "5", "6", "7", "8", "20", "21", "22", "23", "24", "25", "30", "90", "101", "102", "103", "104",
        "105", "120", "1001", "1002", "1009", "777", "", "00", "zero", "-1",
    ];
    let table: Vec<String> = codes
        .iter()
        .map(|code| {
            let it = sale(&document("CreditCardSaleResponse", code, "Words", ""));
            match it {
                Outcome::Failed(error) => format!("{code}: Failed {:?} {:?}", error.kind, error.fault),
                Outcome::Declined(it) => format!("{code}: Declined hard={}", it.hard),
                Outcome::Unknown(it) => {
                    let told = it.error.code.as_deref() == Some(*code);
                    assert!(told || it.error.message != "Words", "{code}: {it:?}");
                    format!("{code}: Unknown {}", it.error.message)
                }
                Outcome::Approved(_) | Outcome::Partial(_) => {
                    format!("{code}: approved without a transaction")
                }
            }
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    0: Unknown the approval has no transaction
    5: Unknown the approval has no transaction
    6: Unknown Words
    7: Unknown Words
    8: Declined hard=true
    20: Declined hard=false
    21: Declined hard=true
    22: Unknown Words
    23: Unknown Words
    24: Declined hard=true
    25: Declined hard=false
    30: Unknown Words
    90: Unknown Words
    101: Failed Refused Ours
    102: Failed Misconfigured Ours
    103: Failed Refused Ours
    104: Failed Misconfigured Ours
    105: Failed Misconfigured Ours
    120: Unknown Words
    1001: Unknown Words
    1002: Unknown Words
    1009: Unknown Words
    777: Unknown Words
    : Unknown the answer has no code
    00: Unknown Words
    zero: Unknown Words
    -1: Unknown Words
    ");
}

#[test]
fn a_part_is_never_the_whole() {
    let part = |code: &str, status: &str, amount: &str| {
        let amount = if amount.is_empty() {
            String::new()
        } else {
            format!("<ApprovedAmount>{amount}</ApprovedAmount>")
        };
        let classes = format!(
            "<Transaction><TransactionID>300000001</TransactionID><ReferenceNumber>42</ReferenceNumber>\
             <TransactionStatusCode>{status}</TransactionStatusCode>{amount}</Transaction>"
        );
        sale(&document("CreditCardSaleResponse", code, "Partial Approved", &classes))
    };
    for (code, status) in [("5", "16"), ("5", "1"), ("0", "16"), ("0", "1")] {
        let Outcome::Partial(it) = part(code, status, "5.00") else { panic!("{code} {status}") };
        assert_eq!(it.amount, dollars(500));
    }
    for (code, status) in [("5", "16"), ("0", "16")] {
        let Outcome::Unknown(it) = part(code, status, "") else { panic!("{code} {status}") };
        assert_eq!(it.error.message, "the partial approval has no amount");
    }
    for (code, status, amount) in [
        ("5", "16", "6.55"),
        ("0", "16", "6.55"),
        ("5", "16", "0.00"),
        ("0", "1", "0.00"),
        ("0", "1", "6.56"),
        ("5", "16", "7.00"),
        ("5", "2", "5.00"),
        ("0", "1", "-6.55"),
        ("0", "1", "6.555"),
    ] {
        assert!(is_unknown(&part(code, status, amount)), "{code} {status} {amount}");
    }
}

#[test]
fn what_contradicts_itself_is_not_known() {
    let approved = approved_sale();
    for (from, to) in [
        ("CreditCardSaleResponse", "Response"),
        ("CreditCardSaleResponse", "CreditCardReturnResponse"),
        ("<ReferenceNumber>42<", "<ReferenceNumber>43<"),
        ("<TransactionID>300000001</TransactionID>", ""),
        ("<TransactionID>300000001<", "<TransactionID>x<"),
        ("<TransactionStatusCode>1<", "<TransactionStatusCode>2<"),
        ("<TransactionStatusCode>1<", "<TransactionStatusCode>18<"),
        (
            "<TransactionStatusCode>1</TransactionStatusCode>",
            "<TransactionStatusCode>12</TransactionStatusCode>",
        ),
        ("<ApprovedAmount>6.55<", "<ApprovedAmount>lots<"),
        ("<ApprovedAmount>", "<ApprovedAmount>6.55</ApprovedAmount><ApprovedAmount>"),
        ("<ExpressResponseCode>", "<ExpressResponseCode>20</ExpressResponseCode><ExpressResponseCode>"),
        ("<ExpressResponseCode>0<", "<ExpressResponseCode>20<"),
        ("<ExpressResponseCode>0<", "<ExpressResponseCode>101<"),
        ("<ExpressResponseCode>0<", "<ExpressResponseCode>103<"),
        ("<ExpressResponseCode>0<", "<ExpressResponseCode>22<"),
        ("<ExpressResponseCode>0<", "<ExpressResponseCode><"),
        ("</Response></CreditCardSaleResponse>", ""),
    ] {
        assert!(approved.contains(from), "{from}");
        let it = sale(&approved.replace(from, to));
        assert!(is_unknown(&it), "{from} → {to}: {it:?}");
    }
    let wordless = approved
        .replace("<TransactionStatusCode>1</TransactionStatusCode>", "")
        .replace("<TransactionStatus>Approved</TransactionStatus>", "");
    assert!(is_unknown(&sale(&wordless)), "approved without a status");
    assert!(!is_unknown(&sale(&approved.replace("<ReferenceNumber>42</ReferenceNumber>", ""))), "not echoed");
}

#[test]
fn no_answer_is_not_known_and_a_refusal_is() {
    for broken in ["", "garbage", "<html><body>502</body></html>", "<Response/>", "\u{0}", "<a><b></a></b>"] {
        assert!(is_unknown(&sale(broken)), "{broken}");
    }
    // Layer 1 (§1.2): the request was not understood, so that nothing was done.
    let layer = "<Response xmlns='https://transaction.elementexpress.com'><Response><ExpressResponseCode>103\
        </ExpressResponseCode><ExpressResponseMessage>TargetNamespace required</ExpressResponseMessage></Response></Response>";
    let Outcome::Failed(error) = sale(layer) else { panic!("failed") };
    assert_eq!((error.kind, error.outcome_known), (Kind::Refused, true));
    // Layer 2: a token that is not there.
    let missing = document(
        "CreditCardSaleResponse",
        "103",
        "PAYMENT ACCOUNT NOT FOUND",
        "<Transaction><ReferenceNumber>42</ReferenceNumber><ProcessorName>NULL_PROCESSOR_TEST</ProcessorName></Transaction>",
    );
    let Outcome::Failed(error) = sale(&missing) else { panic!("failed") };
    assert_eq!(error.message, "PAYMENT ACCOUNT NOT FOUND");
    // A bad card at a processor that writes it down all the same (§3.5).
    let bad = document(
        "CreditCardSaleResponse",
        "101",
        "INVALID CARD INFO",
        "<Transaction><TransactionID>300000004</TransactionID><ReferenceNumber>42</ReferenceNumber>\
         <TransactionStatus>Error</TransactionStatus><TransactionStatusCode>13</TransactionStatusCode></Transaction>",
    );
    assert!(sale(&bad).surely_not_taken());
}

#[test]
fn a_card_number_that_is_sent_back_is_not_kept() {
    let card = "4111111111111111";
    let text = approved_sale()
        .replace("<ExpressResponseMessage>Approved<", &format!("<ExpressResponseMessage>{card}<"))
        .replace("xxxx-xxxx-xxxx-1111", card)
        .replace("000015", card)
        .replace(">Visa<", &format!(">{card}<"))
        .replace(">N<", &format!(">{card}<"))
        .replace(">M<", &format!(">{card}<"));
    let shown = format!("{:?}", sale(&text));
    assert!(shown.contains("Approved") && !shown.contains(card), "{shown}");
    for code in ["20", "101", "1001"] {
        let text = text.replace("<ExpressResponseCode>0<", &format!("<ExpressResponseCode>{code}<"));
        let text =
            text.replace("<TransactionStatusCode>1<", "<TransactionStatusCode>2<").replace("6.55", "0.00");
        assert!(!format!("{:?}", sale(&text)).contains(card), "{code}");
    }
}

/// The values that each part of an answer may have, right and wrong ones.
fn parts() -> impl Strategy<Value = [String; 7]> {
    let pick = |all: &'static [&'static str]| prop::sample::select(all).prop_map(str::to_owned);
    (
        pick(&["CreditCardSaleResponse", "Response", "CreditCardVoidResponse"]),
        pick(&["0", "0", "0", "5", "20", "22", "101", "1001", "00", " 0 ", "x"]),
        pick(&["300000001", "300000001", "", "0", "x", "99999999999999999999999"]),
        pick(&["42", "42", "", "43", "042"]),
        pick(&["1", "1", "8", "16", "2", "5", "7", "13", "18", "", "x"]),
        pick(&["Approved", "Declined", "PartialApproved", "", "odd"]),
        pick(&["6.55", "6.55", "", "5.00", "0.00", "6.56", "655", "6.550", "-6.55", "x"]),
    )
        .prop_map(<[String; 7]>::from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn only_agreement_is_an_approval(parts in parts()) {
        let [root, code, id, reference, status, word, amount] = &parts;
        let field = |name: &str, value: &str| format!("<{name}>{value}</{name}>");
        let classes = format!(
            "<Transaction>{}{}{}{}{}</Transaction>",
            field("TransactionID", id),
            field("ReferenceNumber", reference),
            field("TransactionStatusCode", status),
            field("TransactionStatus", word),
            field("ApprovedAmount", amount),
        );
        let it = sale(&document(root, code, "Words", &classes));
        let done = matches!(status.as_str(), "1" | "8" | "16")
            || status.is_empty() && matches!(word.as_str(), "Approved" | "PartialApproved");
        let clear = root == "CreditCardSaleResponse"
            && matches!(id.as_str(), "300000001" | "0")
            && matches!(reference.as_str(), "42" | "")
            && done;
        match it {
            Outcome::Approved(it) => {
                prop_assert!(clear && code.trim() == "0" && status != "16" && word != "PartialApproved");
                prop_assert!(matches!(amount.as_str(), "6.55" | "6.550" | ""));
                prop_assert_eq!(it.amount, dollars(655));
            }
            Outcome::Partial(it) => {
                prop_assert!(clear && matches!(code.trim(), "0" | "5") && amount == "5.00");
                prop_assert_eq!(it.amount, dollars(500));
            }
            Outcome::Declined(_) | Outcome::Failed(_) => {
                prop_assert!(matches!(code.as_str(), "20" | "101"));
                prop_assert!(!done && !matches!(status.as_str(), "5"));
                prop_assert!(matches!(amount.as_str(), "" | "0.00"));
            }
            Outcome::Unknown(it) => prop_assert!(!it.error.outcome_known),
        }
    }

    #[test]
    fn no_answer_panics_or_is_taken_for_an_approval(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let it = match reply::read(&bytes, "CreditCardSale") {
            Ok(reply) => outcome(&reply, &asked(TransactionState::Approved)),
            Err(error) => error.into(),
        };
        prop_assert!(is_unknown(&it));
    }

    #[test]
    fn a_damaged_approval_stays_the_same_or_is_not_known(at in 0_usize..1000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = approved_sale().into_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let it = match reply::read(&bytes, "CreditCardSale") {
            Ok(reply) => outcome(&reply, &asked(TransactionState::Approved)),
            Err(error) => error.into(),
        };
        match it {
            Outcome::Approved(it) => prop_assert_eq!(it.amount, dollars(655)),
            Outcome::Partial(it) => prop_assert!(it.amount.minor() < 655),
            // One byte can make the code another one; the status then contradicts it.
            other => prop_assert!(!other.surely_not_taken()),
        }
    }
}

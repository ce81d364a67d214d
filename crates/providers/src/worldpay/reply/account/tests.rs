use proptest::prelude::*;

use super::*;
use crate::worldpay::reply::read;

const CREATED: &str = "<PaymentAccountCreateResponse xmlns='https://services.elementexpress.com'><Response>\
    <ExpressResponseCode>0</ExpressResponseCode><ExpressResponseMessage>PaymentAccount created</ExpressResponseMessage>\
    <ServicesID>45776237</ServicesID><PaymentAccount><PaymentAccountID>1b6bD0cc-0000-4000-8000-00000000ABCD\
    </PaymentAccountID><PaymentAccountReferenceNumber>cust-7</PaymentAccountReferenceNumber>\
    <PaymentBrand>Visa</PaymentBrand></PaymentAccount></Response></PaymentAccountCreateResponse>";
const ITEM: &str = "<Item><PaymentAccountID>1b6bd0cc-0000-4000-8000-00000000abcd</PaymentAccountID>\
    <PaymentAccountType>0</PaymentAccountType><TruncatedCardNumber>xxxxxxxxxxxx1111</TruncatedCardNumber>\
    <ExpirationMonth>12</ExpirationMonth><ExpirationYear>29</ExpirationYear><PaymentAccountReferenceNumber>cust-7\
    </PaymentAccountReferenceNumber><BillingName/><BillingZipcode>12345</BillingZipcode><PaymentBrand>Visa</PaymentBrand>\
    <PASSUpdaterBatchStatus>0</PASSUpdaterBatchStatus></Item>";

fn query(items: &str) -> Result<Vec<SavedCard>, ProviderError> {
    let text = format!(
        "<PaymentAccountQueryResponse><Response><ExpressResponseCode>0</ExpressResponseCode><QueryData>{items}\
         </QueryData><ServicesID>1</ServicesID></Response></PaymentAccountQueryResponse>"
    );
    kept(&read(text.as_bytes(), "PaymentAccountQuery")?)
}

#[test]
fn ids_are_kept_in_capitals() {
    let reply = read(CREATED.as_bytes(), "PaymentAccountCreate").unwrap_or_else(|error| panic!("{error}"));
    let it = created(&reply).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.card, CardRef { customer: None, id: "1B6BD0CC-0000-4000-8000-00000000ABCD".to_owned() });
    assert_eq!((it.brand.as_deref(), it.customer_number.as_deref()), (Some("Visa"), Some("cust-7")));
    assert_eq!((it.expiry, it.billing), (None, None));
}

#[test]
fn the_end_stands_beside_a_card_of_a_transaction() {
    let text = CREATED
        .replace("PaymentAccountCreate", "PaymentAccountCreateWithTransID")
        .replace("<PaymentAccount>", "<Card><ExpirationMonth>12</ExpirationMonth><ExpirationYear>29</ExpirationYear></Card><PaymentAccount>");
    let reply =
        read(text.as_bytes(), "PaymentAccountCreateWithTransID").unwrap_or_else(|error| panic!("{error}"));
    let it = created(&reply).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(it.expiry, Expiry::new(12, 2029).ok());
}

#[test]
fn a_query_reads_the_end_back() {
    let all = query(&format!("<Items>{ITEM}</Items>")).unwrap_or_else(|error| panic!("{error}"));
    let [it] = all.as_slice() else { panic!("one") };
    assert_eq!(it.expiry, Expiry::new(12, 2029).ok());
    assert_eq!(it.last_four.as_deref(), Some("1111"));
    assert_eq!(it.card.id, "1B6BD0CC-0000-4000-8000-00000000ABCD");
    let zip = it.billing.as_ref().and_then(|it| it.postal_code.as_deref());
    assert_eq!(zip, Some("12345"));
    let odd = ITEM.replace(">12<", ">13<");
    let all = query(&format!("<Items>{odd}</Items>")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all[0].expiry, None);
}

#[test]
fn silence_is_not_nothing() {
    assert!(query("").is_err());
    assert!(query("<Items/>").is_ok_and(|it| it.is_empty()));
    assert!(query("<Items><Item/></Items>").is_err(), "a card without an id");
    assert!(query(&format!("<Items>{}</Items>", ITEM.replace("1b6bd0cc", "<x>"))).is_err());
    let reply = read(CREATED.replace("PaymentAccountID", "Odd").as_bytes(), "PaymentAccountCreate");
    assert!(created(&reply.unwrap_or_else(|error| panic!("{error}"))).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_answer_panics(at in 0_usize..1000, byte in any::<u8>(), noise in prop::collection::vec(any::<u8>(), 0..100)) {
        for text in [CREATED.to_owned(), format!("<Response><Response><ExpressResponseCode>0</ExpressResponseCode>{ITEM}</Response></Response>")] {
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(reply) = read(&bytes, "PaymentAccountCreate") {
                let _ = (created(&reply), kept(&reply));
            }
        }
        if let Ok(reply) = read(&noise, "PaymentAccountQuery") {
            let _ = (created(&reply), kept(&reply));
        }
    }
}

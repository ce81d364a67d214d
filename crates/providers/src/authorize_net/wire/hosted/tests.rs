use kontor_domain::Money;

use super::*;
use crate::{BillingAddress, tests::Account};

#[test]
fn a_page_is_asked_for_as_written_down() {
    let account = Account::of(&[], &[("ApiLoginId", "login"), ("TransactionKey", "0123456789abcdef")]);
    let connection = account.connection();
    let credentials = Credentials::of(&connection).unwrap_or_else(|error| panic!("{error}"));
    let order = HostedOrder {
        amount: Money::from_minor(14_883, Currency::USD),
        reference: "1234567890123456",
        ticket: "123456",
        return_url: "https://kontor.example/back",
        market_code: None,
        description: Some("Invoice <1>"),
        company_name: Some("Hansa & Co"),
        customer_number: "CUST-1",
        billing: Some(BillingAddress { postal_code: Some("98004".to_owned()), ..BillingAddress::default() }),
        keeps_card: false,
    };
    let built = page(
        &credentials,
        &order,
        "https://kontor.example/back?hosted=a",
        "https://kontor.example/back?hosted=b",
    );
    let text = built.unwrap_or_else(|error| panic!("{error}"));
    let expected = concat!(
        r#"{"getHostedPaymentPageRequest":{"merchantAuthentication":{"name":"login","transactionKey":"0123456789abcdef"},"#,
        r#""refId":"1234567890123456","transactionRequest":{"transactionType":"authCaptureTransaction","amount":"148.83","#,
        r#""currencyCode":"USD","order":{"invoiceNumber":"1234567890123456","description":"Invoice  1"},"#,
        r#""customer":{"id":"CUST-1"},"billTo":{"zip":"98004"}},"hostedPaymentSettings":{"setting":["#,
        r#"{"settingName":"hostedPaymentReturnOptions","settingValue":"{\"cancelUrl\":\"https://kontor.example/back?hosted=b\",\"cancelUrlText\":\"Cancel\",\"showReceipt\":false,\"url\":\"https://kontor.example/back?hosted=a\",\"urlText\":\"Continue\"}"},"#,
        r#"{"settingName":"hostedPaymentButtonOptions","settingValue":"{\"text\":\"Pay\"}"},"#,
        r#"{"settingName":"hostedPaymentPaymentOptions","settingValue":"{\"cardCodeRequired\":true,\"showBankAccount\":false,\"showCreditCard\":true}"},"#,
        r#"{"settingName":"hostedPaymentShippingAddressOptions","settingValue":"{\"required\":false,\"show\":false}"},"#,
        r#"{"settingName":"hostedPaymentCustomerOptions","settingValue":"{\"requiredEmail\":false,\"showEmail\":false}"},"#,
        r#"{"settingName":"hostedPaymentOrderOptions","settingValue":"{\"merchantName\":\"Hansa + Co\",\"show\":true}"}]}}}"#,
    );
    assert_eq!(text.expose(), expected);
    let kept = HostedOrder { keeps_card: true, ..order.clone() };
    let built = page(&credentials, &kept, "https://a.example", "https://a.example");
    let text = built.unwrap_or_else(|error| panic!("{error}"));
    // Where the schema has it: behind the address, before the page's own settings.
    let place = r#""billTo":{"zip":"98004"},"processingOptions":{"isFirstSubsequentAuth":true}},"hostedPaymentSettings""#;
    assert!(text.expose().contains(place), "{}", text.expose());
    let yen = HostedOrder { amount: Money::from_minor(1, "JPY".parse().expect("a currency")), ..order };
    assert!(page(&credentials, &yen, "https://a.example", "https://a.example").is_err());
}

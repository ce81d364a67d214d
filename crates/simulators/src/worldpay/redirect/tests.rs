use super::*;

#[test]
fn the_order_and_the_two_encodings_are_the_observed_ones() {
    let verdict = Verdict {
        code: "0",
        message: "Approved",
        host_code: "000",
        approved: Some("6.55".to_owned()),
        avs: "N",
        cvv: "M",
        status: ("Approved", "1"),
    };
    let completion = Completion {
        setup_id: "GUID",
        validation_code: "0123456789ABCDEF",
        transaction_id: "300000001",
        approval: "000015",
        verdict: &verdict,
        last_four: "1111",
        logo: "Visa",
        bin: "411111",
        address: "1 Main",
        zip: "12345",
        network_id: "202601151015001",
        at: "2026-01-15T16:15:00Z".parse().expect("a time"),
    };
    assert_eq!(
        address(" http://shop/return?o=42 ", &completed(&completion)),
        "http://shop/return?o=42&HostedPaymentStatus=Complete&TransactionSetupID=GUID&TransactionID=300000001\
         &ExpressResponseCode=0&ExpressResponseMessage=Approved&AVSResponseCode=N&CVVResponseCode=M\
         &ApprovalNumber=000015&LastFour=1111&ValidationCode=0123456789ABCDEF&CardLogo=Visa&ApprovedAmount=6.55\
         &BillingAddress1=1+Main&BillingZipcode=12345&Bin=411111&Entry=Manual&NetTranID=202601151015001\
         &TranDT=2026-01-15%2010:15:00"
    );
}

#[test]
fn a_cancel_says_only_whose_and_a_fragment_stays_last() {
    assert_eq!(
        address("http://shop/return#top", &cancelled("GUID")),
        "http://shop/return?HostedPaymentStatus=Cancelled&TransactionSetupID=GUID#top"
    );
}

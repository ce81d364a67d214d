use axum::http::HeaderValue;

use super::*;

fn view(invoice: Option<&str>) -> BackView {
    BackView {
        status: "succeeded",
        transaction_setup_id: "AB-1".to_owned(),
        payment_id: Some("pay_1".to_owned()),
        invoice_id: invoice.map(str::to_owned),
        payment_method_id: None,
        message: "The payment was received.",
    }
}

fn location(view: &BackView, to: &str) -> String {
    let response = view.redirect(to).unwrap_or_else(|problem| panic!("{}", problem.detail()));
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok()).expect("a place").to_owned()
}

#[test]
fn the_merchants_own_query_stays() {
    assert_eq!(
        location(&view(Some("inv_1")), "https://shop.example/paid?order=7#top"),
        "https://shop.example/paid?order=7&status=succeeded&transactionSetupId=AB-1&paymentId=pay_1&invoiceId=inv_1\
         &message=The+payment+was+received.#top"
    );
}

#[test]
fn what_has_no_value_is_left_out() {
    assert!(!location(&view(None), "https://shop.example").contains("invoiceId"));
}

#[test]
fn a_browser_is_told_from_a_server() {
    let with = |name: &'static str, value: &'static str| {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
    };
    assert!(is_browser(&with("accept", "text/html,application/xhtml+xml")));
    assert!(is_browser(&with("sec-fetch-mode", "navigate")));
    assert!(!is_browser(&with("accept", "*/*")));
    assert!(!is_browser(&HeaderMap::new()));
}

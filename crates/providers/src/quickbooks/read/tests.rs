use serde_json::json;

use super::*;
use crate::books::{Address, Choice, List, SalesTax};

fn raw(value: &serde_json::Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("JSON")
}

fn object(kind: Kind, text: &str) -> Object {
    let raw = RawValue::from_string(text.to_owned()).expect("JSON");
    match entry(kind, &raw, Currency::USD) {
        Entry::Object(object) => object,
        Entry::Removed(it) => panic!("{it:?}"),
        Entry::Unreadable(it) => panic!("{it:?}"),
    }
}

fn why(kind: Kind, text: &str) -> String {
    let raw = RawValue::from_string(text.to_owned()).expect("JSON");
    match entry(kind, &raw, Currency::USD) {
        Entry::Unreadable(it) => it.why,
        Entry::Object(it) => panic!("{it:?}"),
        Entry::Removed(it) => panic!("{it:?}"),
    }
}

/// Our own document in the form of the facts (§3.7).
const INVOICE: &str = r#"{"AllowIPNPayment":false,"domain":"QBO","sparse":false,"Id":"130","SyncToken":4,
  "MetaData":{"CreateTime":"2026-03-04T13:16:17-08:00","LastUpdatedTime":"2026-03-05T00:00:01.5Z"},
  "CustomField":[{"DefinitionId":"1","Name":"Crew #","Type":"StringType","StringValue":"102"}],
  "DocNumber":"1037","TxnDate":"2026-03-04","CurrencyRef":{"value":"USD","name":"United States Dollar"},
  "LinkedTxn":[{"TxnId":"100","TxnType":"Estimate"},{"TxnType":"Payment"}],
  "Line":[
   {"Id":"1","LineNum":1,"Description":"Wool","Amount":275.0,"DetailType":"SalesItemLineDetail",
    "SalesItemLineDetail":{"ItemRef":{"value":"5","name":"Wool"},"UnitPrice":110,"Qty":2.5,"TaxCodeRef":{"value":"TAX"}}},
   {"Id":"2","Amount":5.90,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"SHIPPING_ITEM_ID"}}},
   {"Amount":280.90,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{}},
   {"Amount":10.00,"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":false}},
   {"Amount":0,"DetailType":"NewLineDetail"}],
  "TxnTaxDetail":{"TxnTaxCodeRef":{"value":"2"},"TotalTax":21.67,"TaxLine":[]},
  "CustomerRef":{"value":"24","name":"Visby Wool"},"CustomerMemo":{"value":"Thank you"},
  "BillAddr":{"Id":"95","Line1":"Visby Wool","Line3":"1 Harbour","City":"Visby","Lat":"57.6"},
  "ShipAddr":{"Id":"25"},"DueDate":"2026-04-03","TotalAmt":292.57,"Balance":292.57,"Deposit":0,
  "BillEmail":{"Address":"shop@wool.example"},"PrivateNote":" kontor inv_1 ","NewField":{"a":[1]}}"#;

#[test]
fn an_invoice_is_read_cent_by_cent() {
    let Object::Sale(it) = object(Kind::Invoice, INVOICE) else { panic!("no document") };
    insta::assert_debug_snapshot!(it);
}

#[test]
fn what_is_missing_wrong_or_unfit_is_told_and_not_guessed() {
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = json!({ "Id": "1", "SyncToken": "0", "TotalAmt": 1 });
        change(&mut value);
        why(Kind::Invoice, &value.to_string())
    };
    assert!(why(Kind::Invoice, "[]").contains("invalid"));
    assert_eq!(with(&|it| it["Id"] = json!(null)), "it has no id");
    assert_eq!(with(&|it| it["Id"] = json!("1/2")), "it has no id");
    assert_eq!(with(&|it| it["SyncToken"] = json!("")), "it has no version");
    assert_eq!(with(&|it| it["TotalAmt"] = json!(null)), "it has no total");
    assert!(with(&|it| it["CurrencyRef"] = json!({ "value": "ZZZ" })).contains("no currency"));
    assert!(
        why(Kind::Invoice, r#"{"Id":"1","SyncToken":"0","TotalAmt":1.005}"#).contains("no amount in USD")
    );
    assert!(
        why(Kind::Payment, r#"{"Id":"1","SyncToken":"0","TotalAmt":1,"Line":[{"Amount":0.001}]}"#)
            .contains("an applied amount")
    );
    assert!(why(Kind::Customer, r#"{"Id":"1","SyncToken":"0"}"#).contains("no name"));
    let text = r#"{"Id":"1","SyncToken":"0","TotalAmt":1000,"CurrencyRef":{"value":"JPY"}}"#;
    let Object::Sale(yen) = object(Kind::Invoice, text) else { panic!("no document") };
    assert_eq!(yen.total.to_string(), "1000");
}

#[test]
fn row_15_a_void_is_one_in_any_language() {
    let voided = |text: &str| match object(Kind::Invoice, text) {
        Object::Sale(it) => it.voided,
        _ => panic!("no document"),
    };
    // As the documentation prints it, in capitals and underlines (§3.12).
    let shouted = r#"{"Id":"1","SyncToken":"1","TotalAmt":0,"Balance":0,"Line":[{"Id":"1","Amount":0,
        "DetailType":"SALES_ITEM_LINE_DETAIL","SalesItemLineDetail":{"ItemRef":{"value":"5"},"Qty":0}}]}"#;
    assert!(voided(shouted));
    assert!(voided(
        r#"{"Id":"1","SyncToken":"1","TotalAmt":0,"Balance":0,"PrivateNote":"Voided - kontor inv_1"}"#
    ));
    assert!(!voided(r#"{"Id":"1","SyncToken":"1","TotalAmt":0,"Balance":0}"#));
    assert!(!voided(r#"{"Id":"1","SyncToken":"1","TotalAmt":5,"Balance":0,"PrivateNote":"Voided"}"#));
    let free = r#"{"Id":"1","SyncToken":"1","TotalAmt":0,"Balance":0,"Line":[{"Id":"1","Amount":0,
        "DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"5"},"Qty":1,"UnitPrice":0}}]}"#;
    assert!(!voided(free), "a gift is no void");
    let none = free.replace(r#""Qty":1"#, r#""Qty":0"#);
    assert!(!voided(&none), "nor is none of something that has its price");
}

#[test]
fn row_11_a_payment_says_where_its_money_went() {
    let text = r#"{"Id":"7","SyncToken":"0","TxnDate":"2026-03-04","TotalAmt":65.0,"UnappliedAmt":10.0,
        "CustomerRef":{"value":"20"},"DepositToAccountRef":{"value":"4"},"PaymentRefNum":10264,
        "Line":[{"Amount":55.0,"LinkedTxn":[{"TxnId":"70","TxnType":"Invoice"}],"LineEx":{"any":[{"name":"x"}]}}],
        "LinkedTxn":[{"TxnId":"3","TxnType":"Deposit"}]}"#;
    let Object::Payment(it) = object(Kind::Payment, text) else { panic!("no payment") };
    assert_eq!(
        (it.total.minor(), it.unapplied.minor(), it.deposited, it.voided),
        (6_500, 1_000, true, false)
    );
    assert_eq!(it.applied[0].amount.minor(), 5_500);
    assert_eq!((it.applied[0].to.kind.as_str(), it.reference.as_deref()), ("Invoice", Some("10264")));
    // Credits and invoices of the same amount are nothing together.
    let net = r#"{"Id":"7","SyncToken":"0","TotalAmt":0,"Line":[
        {"Amount":300,"LinkedTxn":[{"TxnId":"70","TxnType":"Invoice"}]},
        {"Amount":300,"LinkedTxn":[{"TxnId":"71","TxnType":"CreditMemo"}]}]}"#;
    let Object::Payment(it) = object(Kind::Payment, net) else { panic!("no payment") };
    assert!(it.unapplied.is_zero() && !it.voided);
    let voided =
        r#"{"Id":"7","SyncToken":"1","TotalAmt":0,"UnappliedAmt":0,"Line":[],"PrivateNote":"Voided"}"#;
    let Object::Payment(it) = object(Kind::Payment, voided) else { panic!("no payment") };
    assert!(it.voided);
}

#[test]
fn a_customer_and_an_item_are_read() {
    let text = r#"{"Id":"24","SyncToken":"3","DisplayName":"Wool (deleted)","Active":false,"Balance":-12.5,
        "FullyQualifiedName":"North:Wool (deleted)","PrimaryEmailAddr":{"Address":"a@b.example"},
        "PrimaryPhone":{"FreeFormNumber":"(555) 1"},"BillAddr":{"Id":"2"},"ParentRef":{"value":"1"},
        "CurrencyRef":{"value":"EUR"},"Taxable":true,"Job":false,"ClientEntityId":"0"}"#;
    let Object::Customer(it) = object(Kind::Customer, text) else { panic!("no customer") };
    assert_eq!((it.name.as_str(), it.active, it.bill_to), ("Wool (deleted)", false, None::<Address>));
    assert_eq!(it.balance.map(|it| it.to_string()).as_deref(), Some("-12.5"));
    assert_eq!((it.currency.map(Currency::code), it.parent.as_deref()), (Some("EUR"), Some("1")));
    let text = r#"{"Id":"19","SyncToken":"0","Name":"Yarn","Type":"Category"}"#;
    let Object::Item(it) = object(Kind::Item, text) else { panic!("no item") };
    assert!(it.active && !it.is_sellable());
}

#[test]
fn a_mark_of_a_deletion_is_no_object() {
    let text = json!({ "status": "Deleted", "domain": "QBO", "Id": "39",
        "MetaData": { "LastUpdatedTime": "2026-03-04T19:36:24-08:00" } });
    let Entry::Removed(it) = entry(Kind::Invoice, &raw(&text), Currency::USD) else { panic!("no mark") };
    assert_eq!(
        (it.id.as_str(), it.at.map(|it| it.to_string()).as_deref()),
        ("39", Some("2026-03-05T03:36:24Z"))
    );
    let nameless = raw(&json!({ "status": "Deleted" }));
    assert!(matches!(entry(Kind::Invoice, &nameless, Currency::USD), Entry::Unreadable(_)));
}

#[test]
fn rows_are_found_by_their_name() {
    let body =
        br#"{"QueryResponse":{"startPosition":1,"invoice":[{"Id":"1"},{"Id":2}],"maxResults":2},"time":"t"}"#;
    let read = rows(body, "Invoice").expect("rows");
    let ids: Vec<_> = read.rows.iter().map(|it| id_of(it)).collect();
    assert_eq!((ids, read.total), (vec![Some("1".to_owned()), Some("2".to_owned())], None));
    assert_eq!(rows(br#"{"QueryResponse":{"totalCount":12}}"#, "Invoice").and_then(|it| it.total), Some(12));
    assert!(rows(br#"{"QueryResponse":{},"time":"t"}"#, "Invoice").is_some_and(|it| it.rows.is_empty()));
    for body in ["", "{}", "[]", r#"{"QueryResponse":[]}"#, r#"{"QueryResponse":{"Invoice":{}}}"#] {
        assert!(rows(body.as_bytes(), "Invoice").is_none(), "{body}");
    }
}

fn at() -> Timestamp {
    "2026-03-04T00:00:00Z".parse().expect("a time")
}

/// Objects, deletions, how many unreadable, whether it was cut, until when; or how many faults.
type Changed = Result<(Vec<String>, Vec<String>, usize, bool, String), usize>;

fn changed(body: &str) -> Option<Changed> {
    let kinds = [Kind::Customer, Kind::Estimate, Kind::Invoice];
    Some(match changes(body.as_bytes(), &kinds, Currency::USD, at())? {
        Ok(it) => Ok((
            it.objects.iter().map(|it| format!("{} {}", it.kind(), it.stamp().id)).collect(),
            it.removed.iter().map(|it| format!("{} {}", it.kind, it.id)).collect(),
            it.unreadable.len(),
            it.cut,
            it.until.to_string(),
        )),
        Err(faults) => Err(faults.len()),
    })
}

#[test]
fn changes_are_read_by_name_with_their_deletions() {
    let body = r#"{"CDCResponse":[{"QueryResponse":[
        {"Invoice":[{"Id":"5","SyncToken":"1","TotalAmt":1},{"status":"Deleted","Id":"39"},{"Id":"6","SyncToken":"0"}],
         "startPosition":1,"maxResults":3,"totalCount":3},
        {},
        {"Customer":[{"Id":"1","SyncToken":"0","DisplayName":"A","Active":false}]},
        {"Vendor":[{"Id":"1"}]}]}],"time":"2026-03-04T19:36:36.977-08:00"}"#;
    let text = |it: &str| vec![it.to_owned()];
    let objects = vec!["Invoice 5".to_owned(), "Customer 1".to_owned()];
    let until = "2026-03-05T03:36:36.977Z".to_owned();
    assert_eq!(changed(body), Some(Ok((objects, text("Invoice 39"), 1, false, until))));
    let nothing = Some(Ok((vec![], vec![], 0, false, at().to_string())));
    assert_eq!(changed(r#"{"CDCResponse":[{"QueryResponse":[{}]}]}"#), nothing);
    assert_eq!(changed(r#"{"CDCResponse":[{}]}"#), nothing);
}

#[test]
fn row_24_a_thousand_changes_may_be_too_few_and_a_fault_in_a_part_is_one_of_the_whole() {
    let many = |count: usize| {
        let rows: Vec<String> = (1..=count)
            .map(|it| format!(r#"{{"Id":"{it}","SyncToken":"0","DisplayName":"N{it}"}}"#))
            .collect();
        format!(r#"{{"CDCResponse":[{{"QueryResponse":[{{"Customer":[{}]}}]}}]}}"#, rows.join(","))
    };
    let cut = |count| changed(&many(count)).and_then(Result::ok).map(|it| it.3);
    assert_eq!((cut(999), cut(1_000)), (Some(false), Some(true)));
    let fault = r#"{"Error":[{"Message":"M","code":"10000"}],"type":"SystemFault"}"#;
    assert_eq!(changed(&format!(r#"{{"CDCResponse":[{{"Fault":{fault}}}]}}"#)), Some(Err(1)));
    assert_eq!(
        changed(&format!(r#"{{"CDCResponse":[{{"QueryResponse":[{{"Fault":{fault}}}]}}]}}"#)),
        Some(Err(1))
    );
    for body in ["", "{}", r#"{"CDCResponse":{}}"#] {
        assert_eq!(changed(body), None, "{body}");
    }
}

#[test]
fn a_company_says_how_it_keeps_its_books() {
    let info = br#"{"CompanyInfo":{"CompanyName":"Visby Wool","Country":"US","DefaultTimeZone":"America/Los_Angeles",
        "NameValue":[{"Name":"SubscriptionStatus","Value":"PAID"},{"Name":"OfferingSku","Value":"Plus"}]}}"#;
    let preferences = br#"{"Preferences":{"SalesFormsPrefs":{"CustomTxnNumbers":true,"AllowDiscount":false,
        "AllowEstimates":true,"AutoApplyPayments":true,"CustomField":[]},"TaxPrefs":{"UsingSalesTax":true,"PartnerTaxEnabled":true},
        "CurrencyPrefs":{"MultiCurrencyEnabled":true,"HomeCurrency":{"value":"USD"}},
        "AccountingInfoPrefs":{"BookCloseDate":"2025-12-31"}},"time":"t"}"#;
    insta::assert_debug_snapshot!(company(info, preferences).expect("a company"));
    let bare = company(br#"{"CompanyInfo":{"LegalName":"A"}}"#, br#"{"Preferences":{}}"#).expect("a company");
    assert_eq!((bare.sales_tax, bare.closed_until, bare.custom_numbers), (SalesTax::Off, None, false));
    assert!(bare.is_us());
    let taxed = |prefs: &str| {
        let body = format!(r#"{{"Preferences":{{"TaxPrefs":{prefs}}}}}"#);
        company(br#"{"CompanyInfo":{"CompanyName":"A"}}"#, body.as_bytes()).expect("a company").sales_tax
    };
    assert_eq!(taxed(r#"{"UsingSalesTax":true}"#), SalesTax::Manual);
    assert_eq!(taxed(r#"{"UsingSalesTax":true,"PartnerTaxEnabled":false}"#), SalesTax::Manual);
    assert_eq!(taxed(r#"{"UsingSalesTax":false,"PartnerTaxEnabled":true}"#), SalesTax::Off);
    let abroad = company(br#"{"CompanyInfo":{"CompanyName":"A","Country":"CA"}}"#, br#"{"Preferences":{}}"#);
    assert!(abroad.is_err_and(|it| it.contains("currency")), "a guess would make every amount wrong");
    for (info, preferences) in
        [("{}", r#"{"Preferences":{}}"#), (r#"{"CompanyInfo":{"CompanyName":"A"}}"#, "{}")]
    {
        assert!(company(info.as_bytes(), preferences.as_bytes()).is_err());
    }
}

#[test]
fn choices_have_names_and_kinds() {
    let one = |list, value: serde_json::Value| choice(list, &raw(&value));
    let account = json!({ "Id": "79", "Name": "Sales", "FullyQualifiedName": "Income:Sales",
        "AccountType": "Income", "CurrencyRef": { "value": "USD" } });
    assert_eq!(
        one(List::Accounts, account),
        Some(Choice {
            id: "79".to_owned(),
            name: "Income:Sales".to_owned(),
            kind: Some("Income".to_owned()),
            currency: Some(Currency::USD),
            due_days: None,
        })
    );
    let terms = one(List::Terms, json!({ "Id": "3", "Name": "Net 30", "Type": "STANDARD", "DueDays": 30 }));
    assert_eq!(terms.and_then(|it| it.due_days), Some(30));
    // Some tax codes have words for ids (§3.6).
    assert_eq!(
        one(List::TaxCodes, json!({ "Id": "TAX", "Name": "TAX" })).map(|it| it.id).as_deref(),
        Some("TAX")
    );
    assert_eq!(one(List::Items, json!({ "Name": "A" })), None);
    assert!(!is_active(&raw(&json!({ "Active": false }))) && is_active(&raw(&json!({}))));
}

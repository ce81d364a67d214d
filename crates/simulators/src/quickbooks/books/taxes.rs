//! Tax codes and rates that an app makes: the one call of the service whose answer has no name around it
//! (quickbooks-online.md §3.6).

use serde_json::{Map, Value, json};

use super::{Books, decimal, fault, fault::Fault, text};
use crate::quickbooks::events::What;

/// `POST /taxservice/taxcode`.
pub(in crate::quickbooks) fn create(
    books: &mut Books<'_>,
    sent: &Map<String, Value>,
) -> Result<Value, Fault> {
    let name = text(sent, "TaxCode");
    if name.is_empty() {
        return Err(fault::missing("TaxCode"));
    }
    let details = sent.get("TaxRateDetails").and_then(Value::as_array).cloned().unwrap_or_default();
    if details.is_empty() {
        return Err(fault::missing("TaxRateDetails"));
    }
    let taken = |books: &Books<'_>, list: &str, name: &str| {
        books.all(list).find(|it| text(it, "Name").eq_ignore_ascii_case(name)).map(|it| text(it, "Id"))
    };
    if let Some(id) = taken(books, "TaxCode", &name) {
        return Err(fault::duplicate_name(&id, Some("tax code")));
    }
    let mut written = Vec::new();
    for detail in &details {
        let plain = |key: &str| match &detail[key] {
            Value::Number(number) => number.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        if let Some(id) = taken(books, "TaxRate", &plain("TaxRateName")) {
            return Err(fault::duplicate_name(&id, Some("tax rate")));
        }
        let known = plain("TaxRateId");
        if known.is_empty() {
            books.referred("TaxAgency", &plain("TaxAgencyId"))?;
            decimal::parse(&detail["RateValue"]).ok_or_else(|| fault::missing("RateValue"))?;
        } else {
            books.referred("TaxRate", &known)?;
        }
        written.push((plain("TaxRateName"), detail["RateValue"].clone(), plain("TaxAgencyId"), known));
    }
    let mut rates = Vec::new();
    for (rate, value, agency, known) in written {
        let id = if known.is_empty() { books.next("TaxRate", 1).to_string() } else { known.clone() };
        if known.is_empty() {
            let row = json!({
                "Id": id, "Name": rate, "Description": rate, "Active": true, "RateValue": value,
                "AgencyRef": { "value": agency }, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly",
                "EffectiveTaxRate": [{ "RateValue": value, "EffectiveDate": "2015-01-01T00:00:00-08:00" }],
            });
            books.put("TaxRate", row.as_object().cloned().unwrap_or_default(), What::Created);
        }
        rates.push(json!({
            "TaxRateName": rate, "TaxRateId": id, "RateValue": value, "TaxAgencyId": agency, "TaxApplicableOn": "Sales",
        }));
    }
    let id = books.next("TaxCode", 1).to_string();
    let list: Vec<Value> = rates
        .iter()
        .map(|it| {
            let rate = json!({ "value": it["TaxRateId"], "name": it["TaxRateName"] });
            json!({ "TaxRateRef": rate, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0 })
        })
        .collect();
    let code = json!({
        "Id": id, "Name": name, "Description": name, "Active": true, "Taxable": true, "TaxGroup": true,
        "SalesTaxRateList": { "TaxRateDetail": list }, "PurchaseTaxRateList": { "TaxRateDetail": [] },
    });
    books.put("TaxCode", code.as_object().cloned().unwrap_or_default(), What::Created);
    Ok(json!({ "TaxCode": name, "TaxCodeId": id, "TaxRateDetails": rates }))
}

//! The companies that can be connected, with what tells one from the other (quickbooks-online.md §3.1, §3.2): two that
//! the consent page shows, and more of one kind for whoever names one by its number.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::state::State;

/// A company.
pub(super) struct Company {
    /// Ten digits or more; kept as text.
    pub(super) realm_id: &'static str,
    pub(super) name: &'static str,
    legal_name: &'static str,
    address: [&'static str; 4],
    phone: &'static str,
    industry: &'static str,
    /// Automated sales tax.
    pub(super) partner_tax: bool,
}

/// The number of the first of the further ones; the others follow it.
const FURTHER: u64 = 9_341_453_474_490_001;
/// How many further ones there are.
const HOW_MANY: u64 = 98;

/// Those that the consent page shows.
pub(super) static COMPANIES: [Company; 2] = [
    Company {
        realm_id: "9341453474484455",
        name: "Lübeck Coffee Roasters",
        legal_name: "Lübeck Coffee Roasters LLC",
        address: ["12 Harbour Street", "Portland", "ME", "04101"],
        phone: "(555)555-0100",
        industry: "311920",
        partner_tax: false,
    },
    Company {
        realm_id: "9341453474484463",
        name: "Bergen Fish Company",
        legal_name: "Bergen Fish Company Inc.",
        address: ["3 Quay Road", "Astoria", "OR", "97103"],
        phone: "(555)555-0163",
        industry: "424460",
        partner_tax: true,
    },
];

/// Their names live as long as the process, as those of the others do.
static OTHERS: LazyLock<Vec<Company>> = LazyLock::new(|| {
    let one = |number: u64| Company {
        realm_id: (FURTHER + number).to_string().leak(),
        name: format!("Branch {number} Trading Company").leak(),
        legal_name: format!("Branch {number} Trading Company Inc.").leak(),
        address: ["9 Market Square", "Astoria", "OR", "97103"],
        phone: "(555)555-0190",
        industry: "424460",
        partner_tax: false,
    };
    (0..HOW_MANY).map(one).collect()
});

fn every() -> impl Iterator<Item = &'static Company> {
    COMPANIES.iter().chain(OTHERS.iter())
}

/// The company of that id.
pub(super) fn find(realm_id: &str) -> Option<&'static Company> {
    every().find(|it| it.realm_id == realm_id)
}

/// For whoever drives the simulator: the companies, and what is in the books of those that were opened.
pub(super) fn listed(state: &State) -> Map<String, Value> {
    let rows: Vec<Value> = COMPANIES
        .iter()
        .map(|it| json!({ "CompanyName": it.name, "LegalName": it.legal_name, "realmId": it.realm_id }))
        .collect();
    let mut all = Map::from_iter([("CompanyInfo".to_owned(), Value::from(rows))]);
    for entity in &super::books::ENTITIES {
        let of = |company: &Company| {
            let kind = format!("books.{}.{}", company.realm_id, entity.name);
            let row = |row: &Value| {
                let mut object = row["object"].clone();
                object["realmId"] = json!(company.realm_id);
                object["deleted"] = row["deleted"].clone();
                object
            };
            state.rows(&kind).map(row).collect::<Vec<_>>()
        };
        let rows: Vec<Value> = every().flat_map(of).collect();
        if !rows.is_empty() {
            all.insert(entity.name.to_owned(), Value::from(rows));
        }
    }
    all
}

impl Company {
    fn address(&self, id: &str) -> Value {
        let [line, city, state, zip] = self.address;
        json!({
            "Id": id, "Line1": line, "City": city, "CountrySubDivisionCode": state, "PostalCode": zip,
            "Country": "USA",
        })
    }

    /// `CompanyInfo`; its own id is always 1.
    pub(super) fn info(&self) -> Value {
        let pair = |name: &str, value: &str| json!({ "Name": name, "Value": value });
        json!({
            "CompanyName": self.name,
            "LegalName": self.legal_name,
            "CompanyAddr": self.address("1"),
            "CustomerCommunicationAddr": self.address("2"),
            "LegalAddr": self.address("3"),
            "PrimaryPhone": { "FreeFormNumber": self.phone },
            "CompanyStartDate": "2015-06-05",
            "FiscalYearStartMonth": "January",
            "Country": "US",
            "Email": { "Address": "books@merchant.example" },
            "WebAddr": {},
            "EmployerId": "123456789",
            "SupportedLanguages": "en",
            "DefaultTimeZone": "America/Los_Angeles",
            "NameValue": [
                pair("NeoEnabled", "true"),
                pair("IndustryCode", self.industry),
                pair("CompanyType", "SCorporation"),
                pair("SubscriptionStatus", "PAID"),
                pair("OfferingSku", "QuickBooks Online Plus"),
                pair("PayrollFeature", "false"),
                pair("AccountantFeature", "false"),
                pair("ItemCategoriesFeature", "true"),
                pair("IsQbdtMigrated", "false"),
            ],
            "domain": "QBO",
            "sparse": false,
            "Id": "1",
            "SyncToken": "4",
            "MetaData": {
                "CreateTime": "2015-06-05T13:55:54-07:00", "LastUpdatedTime": "2025-11-03T09:12:41-08:00",
            },
        })
    }

    /// `Preferences`: what a sync looks at.
    pub(super) fn preferences(&self) -> Value {
        let pair = |name: &str, value: &str| json!({ "Name": name, "Value": value });
        json!({
            "AccountingInfoPrefs": {
                "FirstMonthOfFiscalYear": "January",
                "TaxYearMonth": "January",
                "ClassTrackingPerTxn": false,
                "ClassTrackingPerTxnLine": false,
                "TrackDepartments": false,
                "CustomerTerminology": "Customers",
            },
            "ProductAndServicesPrefs": {
                "ForSales": true, "ForPurchase": true, "QuantityWithPriceAndRate": true, "QuantityOnHand": true,
            },
            "SalesFormsPrefs": {
                "CustomField": [],
                "CustomTxnNumbers": false,
                "AllowDeposit": true,
                "AllowDiscount": true,
                "AllowShipping": true,
                "DefaultTerms": { "value": "3" },
                "ETransactionPaymentEnabled": false,
                "AutoApplyCredit": true,
                "AutoApplyPayments": true,
                "DefaultCustomerMessage": "Thank you for your business.",
            },
            "EmailMessagesPrefs": {
                "InvoiceMessage": { "Subject": format!("Invoice from {}", self.name), "Message": "Your invoice is attached." },
            },
            "VendorAndPurchasesPrefs": { "BillableExpenseTracking": true },
            "TimeTrackingPrefs": { "WorkWeekStartDate": "Monday" },
            "TaxPrefs": { "UsingSalesTax": true, "PartnerTaxEnabled": self.partner_tax, "TaxGroupCodeRef": { "value": "2" } },
            "CurrencyPrefs": { "MultiCurrencyEnabled": false, "HomeCurrency": { "value": "USD" } },
            "ReportPrefs": { "ReportBasis": "Accrual" },
            "OtherPrefs": {
                "NameValue": [
                    pair("SalesFormsPrefs.DefaultCustomerMessage", "Thank you for your business."),
                    pair("SalesFormsPrefs.DefaultItem", "1"),
                    pair("DTXCopyMemo", "false"),
                    pair("TimeTrackingFeatureEnabled", "true"),
                ],
            },
            "domain": "QBO",
            "sparse": false,
            "Id": "1",
            "SyncToken": "6",
            "MetaData": {
                "CreateTime": "2015-06-05T13:55:54-07:00", "LastUpdatedTime": "2025-11-03T09:12:41-08:00",
            },
        })
    }
}

//! What a new company's books begin with, like a sandbox company's: the numbers of its accounts and items are those that
//! documentation and clients name (quickbooks-online.md §3.3 to §3.6, §3.9), the names are our own.

use serde_json::{Value, json};

use super::{Books, sales::currency_reference};

/// Number, name, type, kind.
const ACCOUNTS: [(u64, &str, &str, &str); 15] = [
    (1, "Services Income", "Income", "ServiceFeeIncome"),
    (4, "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    (30, "Uncategorized Income", "Income", "OtherPrimaryIncome"),
    (31, "Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost"),
    (32, "Uncategorized Asset", "Other Current Asset", "OtherCurrentAssets"),
    (33, "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    (35, "Checking", "Bank", "Checking"),
    (36, "Savings", "Bank", "Savings"),
    (41, "Company Card", "Credit Card", "CreditCard"),
    (55, "Card Fees", "Expense", "BankCharges"),
    (79, "Sales of Product Income", "Income", "SalesOfProductIncome"),
    (80, "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    (81, "Inventory Asset", "Other Current Asset", "Inventory"),
    (84, "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    (86, "Discounts given", "Income", "DiscountsRefundsGiven"),
];
/// Number, name, sku, price, whether it bears tax.
const ITEMS: [(u64, &str, &str, f64, bool); 6] = [
    (1, "Services", "", 0.0, false),
    (2, "Hours", "HOURS", 85.0, false),
    (3, "House Blend 1 kg", "HB-1000", 24.5, true),
    (4, "Espresso 1 kg", "ES-1000", 27.9, true),
    (5, "Filter Papers", "FP-100", 4.25, true),
    (6, "Grinder Service", "GS-1", 120.0, false),
];
/// Number, name, first and last name, mail.
const CUSTOMERS: [(u64, &str, &str, &str, &str); 6] = [
    (1, "Café Nordlys", "Ingrid", "Solberg", "ingrid@nordlys.example"),
    (2, "Harbour Hotel", "Tom", "Reyes", "accounts@harbourhotel.example"),
    (3, "Juniper Books", "Maya", "Lindqvist", "maya@juniperbooks.example"),
    (4, "Pine Street Bakery", "Omar", "Haddad", "omar@pinestreet.example"),
    (5, "Quarry Gym", "Lena", "Fischer", "lena@quarrygym.example"),
    (6, "Tidewater Offices", "Sam", "Okafor", "sam@tidewater.example"),
];
const TERMS: [(u64, &str, i64); 4] =
    [(1, "Due on receipt", 0), (2, "Net 15", 15), (3, "Net 30", 30), (4, "Net 60", 60)];
const METHODS: [(u64, &str, &str); 8] = [
    (1, "Cash", "NON_CREDIT_CARD"),
    (2, "Check", "NON_CREDIT_CARD"),
    (3, "Visa", "CREDIT_CARD"),
    (4, "MasterCard", "CREDIT_CARD"),
    (5, "American Express", "CREDIT_CARD"),
    (6, "Diners Club", "CREDIT_CARD"),
    (7, "Discover", "CREDIT_CARD"),
    (8, "Direct Debit", "NON_CREDIT_CARD"),
];

/// Fills the books of a company that nobody has opened before.
pub(super) fn fill(books: &mut Books<'_>) {
    for (id, name, kind, sub) in ACCOUNTS {
        let class = super::names::TYPES.iter().find(|it| it.0 == kind).map_or("Asset", |it| it.1);
        add(
            books,
            "Account",
            id,
            json!({
                "Name": name, "FullyQualifiedName": name, "AccountType": kind, "AccountSubType": sub,
                "Classification": class, "SubAccount": false, "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0,
                "CurrencyRef": currency_reference("USD"),
            }),
        );
    }
    for (id, name, sku, price, taxable) in ITEMS {
        let income = if taxable { ("79", "Sales of Product Income") } else { ("1", "Services Income") };
        let mut item = json!({
            "Name": name, "FullyQualifiedName": name, "Type": if taxable { "NonInventory" } else { "Service" },
            "IncomeAccountRef": { "value": income.0, "name": income.1 }, "UnitPrice": price, "PurchaseCost": 0,
            "Taxable": taxable, "TrackQtyOnHand": false,
        });
        if !sku.is_empty() {
            item["Sku"] = json!(sku);
        }
        add(books, "Item", id, item);
    }
    customers(books);
    for (id, name, days) in TERMS {
        add(
            books,
            "Term",
            id,
            json!({ "Name": name, "Type": "STANDARD", "DueDays": days, "DiscountPercent": 0, "DiscountDays": 0 }),
        );
    }
    for (id, name, kind) in METHODS {
        add(books, "PaymentMethod", id, json!({ "Name": name, "Type": kind }));
    }
    taxes(books);
    for (row, last) in [
        ("Account", 91),
        ("Item", 6),
        ("People", 6),
        ("Term", 4),
        ("PaymentMethod", 8),
        ("TaxRate", 3),
        ("TaxCode", 3),
        ("Address", 94),
        ("Txn", 144),
    ] {
        let id = format!("{}.{row}", books.company.realm_id);
        books.state.set_own("books.counter", &id, &last);
    }
}

fn customers(books: &mut Books<'_>) {
    for (id, name, first, last, mail) in CUSTOMERS {
        let street = format!("{} Wharf Road", 10 + id);
        add(
            books,
            "Customer",
            id,
            json!({
                "DisplayName": name, "FullyQualifiedName": name, "PrintOnCheckName": name, "CompanyName": name,
                "GivenName": first, "FamilyName": last, "PrimaryEmailAddr": { "Address": mail },
                "PrimaryPhone": { "FreeFormNumber": format!("(555) 555-01{:02}", 20 + id) },
                "BillAddr": { "Id": (1 + id).to_string(), "Line1": street, "City": "Portland", "CountrySubDivisionCode": "ME",
                    "PostalCode": "04101", "Country": "USA" },
                "Taxable": true, "Job": false, "BillWithParent": false, "Balance": 0, "BalanceWithJobs": 0,
                "PreferredDeliveryMethod": "Print", "IsProject": false, "ClientEntityId": "0",
                "CurrencyRef": currency_reference("USD"), "DefaultTaxCodeRef": { "value": "2" },
            }),
        );
    }
}

/// Two rates of the state and the county, each code with its own.
fn taxes(books: &mut Books<'_>) {
    for (id, name) in [(1, "State Revenue Office"), (2, "County Revenue Office")] {
        add(
            books,
            "TaxAgency",
            id,
            json!({ "DisplayName": name, "TaxTrackedOnSales": true, "TaxTrackedOnPurchases": false }),
        );
    }
    for (id, name, rate, agency) in [(1, "State", 5.5, "1"), (2, "County", 2.5, "2"), (3, "Flat", 8.0, "1")] {
        add(
            books,
            "TaxRate",
            id,
            json!({
                "Name": name, "Description": format!("{name} sales tax"), "RateValue": rate,
                "AgencyRef": { "value": agency }, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly",
                "EffectiveTaxRate": [{ "RateValue": rate, "EffectiveDate": "2015-01-01T00:00:00-08:00" }],
            }),
        );
    }
    for (id, name, rates) in [(2, "Portland", &["1", "2"][..]), (3, "Flat rate", &["3"])] {
        let list: Vec<Value> = rates
            .iter()
            .map(|it| json!({ "TaxRateRef": { "value": it }, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0 }))
            .collect();
        add(
            books,
            "TaxCode",
            id,
            json!({
                "Name": name, "Description": name, "Taxable": true, "TaxGroup": true,
                "SalesTaxRateList": { "TaxRateDetail": list }, "PurchaseTaxRateList": { "TaxRateDetail": [] },
            }),
        );
    }
}

/// Older than any question about what changed.
fn add(books: &mut Books<'_>, entity: &str, id: u64, mut object: Value) {
    object["Id"] = json!(id.to_string());
    object["SyncToken"] = json!("0");
    object["domain"] = json!("QBO");
    object["sparse"] = json!(false);
    object["Active"] = json!(true);
    let time = "2015-06-05T13:55:54-07:00";
    object["MetaData"] = json!({ "CreateTime": time, "LastUpdatedTime": time });
    let row = json!({ "object": object, "deleted": false, "at": 1_433_537_754_000_i64 });
    let kind = books.kind(entity);
    books.state.set_own(&kind, &super::key(&id.to_string()), &row);
}

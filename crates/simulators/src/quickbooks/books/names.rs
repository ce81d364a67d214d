//! Customers, items, accounts and the short lists: names that are taken, lengths, and what is filled in
//! (quickbooks-online.md §3.3, §3.4, §3.5).

use serde_json::{Value, json};

use super::{Books, Object, decimal, fault, fault::Fault, target, text};

/// What an object's name gets when it is put out of use.
const GONE: &str = " (deleted)";
/// The lists that share one set of names.
const PEOPLE: [&str; 3] = ["Customer", "Vendor", "Employee"];
/// The longest texts.
const LONGEST: [(&str, usize); 18] = [
    ("DisplayName", 500),
    ("GivenName", 100),
    ("MiddleName", 100),
    ("FamilyName", 100),
    ("Title", 16),
    ("Suffix", 16),
    ("ResaleNum", 16),
    ("CompanyName", 100),
    ("PrintOnCheckName", 110),
    ("Notes", 2_000),
    ("Sku", 100),
    ("Description", 4_000),
    ("PurchaseDesc", 1_000),
    ("AcctNum", 20),
    ("Name", 100),
    ("PrivateNote", 4_000),
    ("DocNumber", 21),
    ("PaymentRefNum", 21),
];
const ADDRESS: [(&str, usize); 9] = [
    ("Line1", 500),
    ("Line2", 500),
    ("Line3", 500),
    ("Line4", 500),
    ("Line5", 500),
    ("City", 255),
    ("CountrySubDivisionCode", 255),
    ("PostalCode", 30),
    ("Country", 255),
];

/// Refuses texts that are too long.
pub(super) fn lengths(object: &Object) -> Result<(), Fault> {
    let check = |within: &Object, name: &str, path: String, most: usize| {
        let sent = text(within, name).chars().count();
        if sent > most { Err(fault::length(&path, most, sent)) } else { Ok(()) }
    };
    for (name, most) in LONGEST {
        check(object, name, name.to_owned(), most)?;
    }
    let part = |name: &str| object.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    for group in ["BillAddr", "ShipAddr"] {
        for (name, most) in ADDRESS {
            check(&part(group), name, format!("{group}.{name}"), most)?;
        }
    }
    for group in ["PrimaryPhone", "AlternatePhone", "Mobile", "Fax"] {
        check(&part(group), "FreeFormNumber", format!("{group}.FreeFormNumber"), 30)?;
    }
    for (group, most) in
        [("PrimaryEmailAddr", 100), ("BillEmail", 100), ("BillEmailCc", 200), ("BillEmailBcc", 200)]
    {
        let address = text(&part(group), "Address");
        check(&part(group), "Address", format!("{group}.Address"), most)?;
        if !address.is_empty() && !is_email(&address) {
            return Err(fault::email(&format!("{group}.Address")));
        }
    }
    check(&part("WebAddr"), "URI", "WebAddr.URI".to_owned(), 1_000)?;
    check(&part("CustomerMemo"), "value", "CustomerMemo".to_owned(), 1_000)
}

/// With an @ and a point, as the service has it.
pub(super) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

pub(super) fn settle(
    books: &mut Books<'_>,
    entity: &'static str,
    old: Option<&Object>,
    mut new: Object,
) -> Result<Object, Fault> {
    lengths(&new)?;
    let people = PEOPLE.contains(&entity);
    let key = if people { "DisplayName" } else { "Name" };
    if people {
        person(old, &mut new)?;
    }
    let name = text(&new, key);
    if name.is_empty() {
        return Err(fault::missing(key));
    }
    if name.contains([':', '\t', '\n'])
        && matches!(entity, "Customer" | "Vendor" | "Employee" | "Item" | "Account")
    {
        return Err(fault::invalid_string(key));
    }
    if new.get("Active").is_none() {
        new.insert("Active".into(), json!(true));
    }
    let id = old.map(|it| text(it, "Id")).unwrap_or_default();
    let is_active = new.get("Active") != Some(&json!(false));
    let was_active = old.is_none_or(|it| it.get("Active") != Some(&json!(false)));
    if !is_active && was_active {
        new.insert(key.into(), json!(format!("{name}{GONE}")));
    } else {
        unique(books, entity, &id, &new, key)?;
    }
    match entity {
        "Customer" => customer(books, &id, old, &mut new)?,
        "Item" => item(books, old, &mut new)?,
        "Account" => account(books, &mut new)?,
        _ => {}
    }
    if matches!(entity, "Customer" | "Item" | "Account") {
        full_name(books, entity, key, &id, &mut new)?;
    }
    addresses(books, &mut new);
    if id.is_empty() {
        let id = books.next(if people { "People" } else { entity }, 1);
        new.insert("Id".into(), json!(id.to_string()));
    }
    Ok(new)
}

/// A name out of its parts, and what goes on a cheque.
fn person(old: Option<&Object>, new: &mut Object) -> Result<(), Fault> {
    // What a sparse update cannot take away (§3.3).
    for key in ["DisplayName", "PrintOnCheckName"] {
        if let (None, Some(kept)) = (new.get(key), old.and_then(|it| it.get(key))) {
            new.insert(key.into(), kept.clone());
        }
    }
    if text(new, "DisplayName").is_empty() {
        let parts = ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"].map(|it| text(new, it));
        let name = parts.iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        new.insert("DisplayName".into(), json!(name));
    }
    if text(new, "PrintOnCheckName").is_empty() {
        new.insert("PrintOnCheckName".into(), new.get("DisplayName").cloned().unwrap_or_default());
    }
    for key in ["GivenName", "MiddleName", "FamilyName", "Title", "Suffix", "PrintOnCheckName"] {
        if text(new, key).contains([':', '\t', '\n']) {
            return Err(fault::invalid_string(key));
        }
    }
    Ok(())
}

/// Names are taken in any case of letters; customers, vendors and employees share them, items only under one parent.
fn unique(books: &Books<'_>, entity: &str, id: &str, new: &Object, key: &str) -> Result<(), Fault> {
    let name = text(new, key).to_lowercase();
    let lists: &[&str] = if PEOPLE.contains(&entity) { &PEOPLE } else { &[entity] };
    for list in lists {
        let taken = books.all(list).find(|it| {
            text(it, key).to_lowercase() == name
                && (*list != entity || text(it, "Id") != id)
                && (entity != "Item" || target(it, "ParentRef") == target(new, "ParentRef"))
        });
        if let Some(other) = taken {
            let old = match entity {
                "Item" => "item",
                "Account" => "account",
                _ => "customer, vendor or employee",
            };
            let old = books.switches.old_name_wording.then_some(old);
            return Err(fault::duplicate_name(&text(other, "Id"), old));
        }
    }
    Ok(())
}

fn customer(books: &Books<'_>, id: &str, old: Option<&Object>, new: &mut Object) -> Result<(), Fault> {
    for (key, value) in [
        ("Taxable", json!(true)),
        ("Job", json!(!target(new, "ParentRef").is_empty())),
        ("BillWithParent", json!(false)),
        ("Balance", json!(0)),
        ("BalanceWithJobs", json!(0)),
        ("PreferredDeliveryMethod", json!("Print")),
        ("IsProject", json!(false)),
        ("ClientEntityId", json!("0")),
    ] {
        new.entry(key).or_insert(value);
    }
    if books.switches.is_us() && books.switches.using_sales_tax {
        new.entry("DefaultTaxCodeRef").or_insert(json!({ "value": "2" }));
    }
    currency(books, old, new)?;
    let term = target(new, "SalesTermRef");
    if !term.is_empty() {
        books.referred("Term", &term)?;
    }
    if !id.is_empty() && target(new, "ParentRef") == id {
        return Err(fault::too_deep());
    }
    Ok(())
}

/// The company's own where none is said, and never another one later.
fn currency(books: &Books<'_>, old: Option<&Object>, new: &mut Object) -> Result<(), Fault> {
    let home = books.switches.home_currency.clone();
    let sent = target(new, "CurrencyRef");
    let kept = old.map(|it| target(it, "CurrencyRef")).unwrap_or_default();
    let asked =
        if sent.is_empty() { if kept.is_empty() { home.clone() } else { kept.clone() } } else { sent };
    if asked != home && !books.switches.multi_currency {
        return Err(fault::business("Multi currency should be enabled to perform this operation."));
    }
    if !kept.is_empty() && kept != asked {
        return Err(fault::business("You can't change the currency of a customer."));
    }
    new.insert("CurrencyRef".into(), super::sales::currency_reference(&asked));
    Ok(())
}

fn item(books: &Books<'_>, old: Option<&Object>, new: &mut Object) -> Result<(), Fault> {
    let kind = match text(new, "Type").as_str() {
        "" => return Err(fault::missing("Type")),
        kind @ ("Service" | "NonInventory" | "Inventory" | "Category") => kind.to_owned(),
        "Group" if old.is_some() => "Group".to_owned(),
        "Group" => return Err(fault::business("Bundles can only be made in QuickBooks.")),
        other => return Err(fault::enumeration(other)),
    };
    if kind != "Category"
        && target(new, "IncomeAccountRef").is_empty()
        && target(new, "ExpenseAccountRef").is_empty()
    {
        return Err(fault::missing("IncomeAccountRef"));
    }
    if kind == "Inventory" {
        for key in ["AssetAccountRef", "ExpenseAccountRef"] {
            if target(new, key).is_empty() {
                return Err(fault::missing(key));
            }
        }
        for key in ["QtyOnHand", "InvStartDate"] {
            if !new.contains_key(key) {
                return Err(fault::missing(key));
            }
        }
    }
    for (key, of) in [
        ("IncomeAccountRef", &["Income", "Other Income"][..]),
        ("ExpenseAccountRef", &["Cost of Goods Sold", "Expense", "Other Expense"]),
        ("AssetAccountRef", &["Other Current Asset"]),
    ] {
        let id = target(new, key);
        if id.is_empty() {
            continue;
        }
        if !of.contains(&text(books.referred("Account", &id)?, "AccountType").as_str()) {
            return Err(fault::account_type());
        }
        new.insert(key.into(), books.named("Account", &id));
    }
    if new.get("UnitPrice").and_then(decimal::parse).is_some_and(|it| it > 99_999_999_999 * decimal::ONE) {
        return Err(fault::business("The price is too high."));
    }
    for (key, value) in [
        ("UnitPrice", json!(0)),
        ("PurchaseCost", json!(0)),
        ("Taxable", json!(false)),
        ("TrackQtyOnHand", json!(false)),
    ] {
        new.entry(key).or_insert(value);
    }
    Ok(())
}

/// Account types and what they are of, with the kind that is taken where none is said.
pub(super) const TYPES: [(&str, &str, &str); 15] = [
    ("Bank", "Asset", "Checking"),
    ("Accounts Receivable", "Asset", "AccountsReceivable"),
    ("Other Current Asset", "Asset", "OtherCurrentAssets"),
    ("Fixed Asset", "Asset", "OtherFixedAssets"),
    ("Other Asset", "Asset", "OtherLongTermAssets"),
    ("Accounts Payable", "Liability", "AccountsPayable"),
    ("Credit Card", "Liability", "CreditCard"),
    ("Other Current Liability", "Liability", "OtherCurrentLiabilities"),
    ("Long Term Liability", "Liability", "OtherLongTermLiabilities"),
    ("Equity", "Equity", "OpeningBalanceEquity"),
    ("Income", "Revenue", "SalesOfProductIncome"),
    ("Cost of Goods Sold", "Expense", "SuppliesMaterialsCogs"),
    ("Expense", "Expense", "OtherMiscellaneousServiceCost"),
    ("Other Income", "Revenue", "OtherMiscellaneousIncome"),
    ("Other Expense", "Expense", "OtherMiscellaneousExpense"),
];
/// Kinds of account that tell their type.
const KINDS: [(&str, &str); 5] = [
    ("CashOnHand", "Bank"),
    ("Inventory", "Other Current Asset"),
    ("UndepositedFunds", "Other Current Asset"),
    ("DiscountsRefundsGiven", "Income"),
    ("ServiceFeeIncome", "Income"),
];

fn account(books: &Books<'_>, new: &mut Object) -> Result<(), Fault> {
    let (kind, sub) = (text(new, "AccountType"), text(new, "AccountSubType"));
    let known = |name: &str| TYPES.iter().find(|it| it.0 == name);
    let told = if kind.is_empty() {
        if sub.is_empty() {
            return Err(fault::missing("AccountType"));
        }
        let by_default = TYPES.iter().find(|it| it.2 == sub);
        let by_kind = KINDS.iter().find(|it| it.0 == sub).and_then(|it| known(it.1));
        by_default.or(by_kind).ok_or_else(|| fault::enumeration(&sub))?
    } else {
        known(&kind).ok_or_else(|| fault::enumeration(&kind))?
    };
    new.insert("AccountType".into(), json!(told.0));
    new.insert("Classification".into(), json!(told.1));
    new.entry("AccountSubType").or_insert(json!(told.2));
    new.insert("SubAccount".into(), json!(!target(new, "ParentRef").is_empty()));
    new.entry("CurrentBalance").or_insert(json!(0));
    new.entry("CurrentBalanceWithSubAccounts").or_insert(json!(0));
    if new.get("Active") == Some(&json!(false)) {
        new.insert("CurrentBalance".into(), json!(0));
    }
    let home = books.switches.home_currency.clone();
    new.entry("CurrencyRef").or_insert_with(|| super::sales::currency_reference(&home));
    Ok(())
}

/// `Parent:Child`, five levels deep at most.
fn full_name(books: &Books<'_>, entity: &str, key: &str, id: &str, new: &mut Object) -> Result<(), Fault> {
    let parent = target(new, "ParentRef");
    let name = text(new, key);
    if parent.is_empty() {
        new.insert("FullyQualifiedName".into(), json!(name));
        return Ok(());
    }
    let above = books.referred(entity, &parent)?;
    let path = text(above, "FullyQualifiedName");
    let level = path.split(':').count();
    if level >= 5 || parent == id {
        return Err(fault::too_deep());
    }
    new.insert("FullyQualifiedName".into(), json!(format!("{path}:{name}")));
    new.insert("Level".into(), json!(level));
    if entity == "Item" {
        new.insert("SubItem".into(), json!(true));
    }
    Ok(())
}

/// Each address has a number of its own.
pub(super) fn addresses(books: &mut Books<'_>, new: &mut Object) {
    for key in ["BillAddr", "ShipAddr"] {
        if let Some(Value::Object(address)) = new.get_mut(key)
            && !address.contains_key("Id")
        {
            let id = books.next("Address", 2);
            address.insert("Id".into(), json!(id.to_string()));
        }
    }
}

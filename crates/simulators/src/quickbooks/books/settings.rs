//! `CompanyInfo` and `Preferences` as the switches of the company make them (quickbooks-online.md §3.1, §3.2).

use serde_json::{Map, Value, json};

use super::{Books, fault, fault::Fault};
use crate::quickbooks::events::{self, What};

/// Sections that somebody wrote.
const WRITTEN: &str = "books.preferences";

impl Books<'_> {
    pub(in crate::quickbooks) fn info(&self) -> Value {
        let mut info = self.company.info();
        info["Country"] = json!(self.switches.country);
        if let (true, Some(Value::Array(pairs))) =
            (self.switches.subscription_ended, info.get_mut("NameValue"))
        {
            for pair in pairs.iter_mut().filter(|it| it["Name"] == "SubscriptionStatus") {
                pair["Value"] = json!("EXPIRED");
            }
        }
        info
    }

    pub(in crate::quickbooks) fn preferences(&self) -> Value {
        let mut all = self.company.preferences();
        let written: Map<String, Value> = self.state.own(WRITTEN, self.company.realm_id).unwrap_or_default();
        for (section, value) in written {
            all[section] = value;
        }
        let switches = &self.switches;
        all["SalesFormsPrefs"]["CustomTxnNumbers"] = json!(switches.custom_txn_numbers);
        all["TaxPrefs"]["UsingSalesTax"] = json!(switches.using_sales_tax);
        all["TaxPrefs"]["PartnerTaxEnabled"] = json!(switches.partner_tax);
        all["CurrencyPrefs"] = json!({
            "MultiCurrencyEnabled": switches.multi_currency, "HomeCurrency": { "value": switches.home_currency },
        });
        if let Some(date) = switches.book_close_date {
            all["AccountingInfoPrefs"]["BookCloseDate"] = json!(date);
        }
        all
    }

    /// A full update: sections that are sent take the place of those that are there.
    pub(in crate::quickbooks) fn write_preferences(
        &mut self,
        sent: &Map<String, Value>,
    ) -> Result<Value, Fault> {
        let now = self.preferences();
        match sent.get("SyncToken") {
            None | Some(Value::Null) => return Err(fault::missing("SyncToken")),
            Some(token) if *token != now["SyncToken"] => return Err(fault::stale(&self.switches.user)),
            Some(_) => {}
        }
        let mut written: Map<String, Value> =
            self.state.own(WRITTEN, self.company.realm_id).unwrap_or_default();
        for (section, value) in sent {
            if section.ends_with("Prefs") {
                if !value.is_object() || super::schema::form("Preferences", section).is_none() {
                    return Err(fault::property(section));
                }
                written.insert(section.clone(), value.clone());
            }
        }
        let token = now["SyncToken"].as_str().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
        written.insert("SyncToken".into(), json!((token + 1).to_string()));
        self.state.set_own(WRITTEN, self.company.realm_id, &written);
        let mut switches = self.switches.clone();
        let said = |section: &str, name: &str| written.get(section).and_then(|it| it.get(name)).cloned();
        let is_on = |section: &str, name: &str, now: bool| said(section, name).map_or(now, |it| it == true);
        switches.custom_txn_numbers =
            is_on("SalesFormsPrefs", "CustomTxnNumbers", switches.custom_txn_numbers);
        switches.using_sales_tax = is_on("TaxPrefs", "UsingSalesTax", switches.using_sales_tax);
        if let Some(accounting) = written.get("AccountingInfoPrefs") {
            switches.book_close_date = accounting["BookCloseDate"].as_str().and_then(|it| it.parse().ok());
        }
        self.set_switches(switches);
        events::note(self.state, self.company.realm_id, "Preferences", "1", What::Updated);
        Ok(self.preferences())
    }
}

//! The template's settings of what becomes of what, read.

use std::collections::BTreeMap;

use crate::books::{InvoiceNumbers, InvoicesWhen, List, Mapped, Mapping, OrdersAs, TaxMode};

/// Where money lies: payments may go there, and refunds come from there (§3.10).
const MONEY: &[&str] = &["Bank", "Other Current Asset"];
/// Where sales are booked.
const INCOME: &[&str] = &["Income", "Other Income"];
/// What can stand on a line: a category cannot, nor can a bundle by its id alone (§3.4).
const SELLABLE: &[&str] = &["Service", "NonInventory", "Inventory"];

/// The settings whose values are ids of the company's own lists.
pub(super) const MAPPED: &[Mapped] = &[
    Mapped { key: "DepositTo", list: List::Accounts, kinds: MONEY },
    Mapped { key: "RefundFrom", list: List::Accounts, kinds: MONEY },
    Mapped { key: "IncomeAccount", list: List::Accounts, kinds: INCOME },
    Mapped { key: "DefaultItem", list: List::Items, kinds: SELLABLE },
    Mapped { key: "TaxCode", list: List::TaxCodes, kinds: &[] },
    Mapped { key: "ExemptTaxCode", list: List::TaxCodes, kinds: &[] },
];

/// What an integration's settings say. They were checked against the template; what is not there is its default.
pub(super) fn mapping(configuration: &BTreeMap<String, String>) -> Mapping {
    let word = |key: &str| configuration.get(key).map(String::as_str).unwrap_or_default();
    let id = |key: &str| Some(word(key).trim().to_owned()).filter(|it| !it.is_empty());
    Mapping {
        orders_as: match word("OrdersAs") {
            "Invoice" => OrdersAs::Invoice,
            "None" => OrdersAs::Nothing,
            _ => OrdersAs::Estimate,
        },
        invoices_when: match word("InvoicesWhen") {
            "Issued" => InvoicesWhen::Issued,
            _ => InvoicesWhen::Paid,
        },
        deposit_to: id("DepositTo"),
        refund_from: id("RefundFrom").or_else(|| id("DepositTo")),
        income_account: id("IncomeAccount"),
        default_item: id("DefaultItem"),
        tax_mode: match word("TaxMode") {
            "QuickBooks" => TaxMode::Books,
            _ => TaxMode::AsBilled,
        },
        tax_code: id("TaxCode"),
        exempt_tax_code: id("ExemptTaxCode"),
        invoice_numbers: match word("InvoiceNumbers") {
            "QuickBooks" => InvoiceNumbers::Books,
            _ => InvoiceNumbers::Ours,
        },
    }
}

#[cfg(test)]
mod tests;

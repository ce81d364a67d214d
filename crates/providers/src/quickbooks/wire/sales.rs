//! Documents and payments, as they are written (§3.7 to §3.10).

use jiff::civil::Date;
use serde::Serialize;

use super::{
    Ref,
    names::{Address, Email},
};
use crate::books::{Decimal, LineTax, PaymentDraft, SaleDraft, SaleLineDraft, Tax, TaxBasis};

/// What stands for shipping where an item would stand (§3.7).
pub(in crate::quickbooks) const SHIPPING: &str = "SHIPPING_ITEM_ID";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Memo<'a> {
    #[serde(rename = "value")]
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Linked<'a> {
    txn_id: &'a str,
    txn_type: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TaxDetail<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    txn_tax_code_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_tax: Option<Decimal>,
}

impl<'a> TaxDetail<'a> {
    /// None lets the books compute it.
    fn of(tax: &'a Tax) -> Option<Self> {
        let it = Self { txn_tax_code_ref: Ref::of(tax.code.as_ref()), total_tax: tax.total.map(Decimal::of) };
        (it.txn_tax_code_ref.is_some() || it.total_tax.is_some()).then_some(it)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    amount: Decimal,
    detail_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sales_item_line_detail: Option<ItemDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_line_detail: Option<DiscountDetail<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ItemDetail<'a> {
    item_ref: Ref<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qty: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_code_ref: Option<Ref<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DiscountDetail<'a> {
    percent_based: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_account_ref: Option<Ref<'a>>,
}

fn tax_code(tax: &LineTax) -> Option<Ref<'_>> {
    let value = match tax {
        LineTax::Taxable => "TAX",
        LineTax::Exempt => "NON",
        LineTax::Code(code) => code,
        LineTax::Unsaid => return None,
    };
    Some(Ref { value })
}

impl<'a> Line<'a> {
    fn item(it: &'a SaleLineDraft) -> Self {
        Self {
            id: it.id.as_deref(),
            description: it.description.as_deref(),
            amount: Decimal::of(it.amount),
            detail_type: "SalesItemLineDetail",
            sales_item_line_detail: Some(ItemDetail {
                item_ref: Ref { value: &it.item },
                unit_price: it.unit_price,
                qty: it.quantity,
                tax_code_ref: tax_code(&it.tax),
            }),
            discount_line_detail: None,
        }
    }

    /// The lines, then shipping, then the discount.
    fn all(it: &'a SaleDraft) -> Option<Vec<Self>> {
        let mut lines: Vec<Self> = it.lines.as_ref()?.iter().map(Self::item).collect();
        let bare = |amount, detail_type| Self {
            id: None,
            description: None,
            amount: Decimal::of(amount),
            detail_type,
            sales_item_line_detail: None,
            discount_line_detail: None,
        };
        lines.extend(it.shipping.as_ref().map(|it| Self {
            sales_item_line_detail: Some(ItemDetail {
                item_ref: Ref { value: SHIPPING },
                unit_price: None,
                qty: None,
                tax_code_ref: tax_code(&it.tax),
            }),
            ..bare(it.amount, "SalesItemLineDetail")
        }));
        lines.extend(it.discount.as_ref().map(|it| Self {
            discount_line_detail: Some(DiscountDetail {
                percent_based: false,
                discount_account_ref: Ref::of(it.account.as_ref()),
            }),
            ..bare(it.amount, "DiscountLineDetail")
        }));
        Some(lines)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sale<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sales_term_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<Vec<Line<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_txn: Option<[Linked<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_tax_calculation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn_tax_detail: Option<TaxDetail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_memo: Option<Memo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_email: Option<Email<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_addr: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_addr: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_to_account_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_ref_num: Option<&'a str>,
}

impl<'a> Sale<'a> {
    pub(super) fn of(it: &'a SaleDraft, new: bool) -> Self {
        Self {
            customer_ref: Ref::of(it.customer.as_ref()),
            currency_ref: it.currency.map(|it| Ref { value: it.code() }),
            exchange_rate: it.exchange_rate,
            doc_number: it.number.as_deref(),
            txn_date: it.date,
            due_date: it.due,
            sales_term_ref: Ref::of(it.terms.as_ref()),
            txn_status: it.status.as_deref(),
            line: Line::all(it),
            linked_txn: it.estimate.as_deref().map(|it| [Linked { txn_id: it, txn_type: "Estimate" }]),
            global_tax_calculation: it.tax.as_ref().and_then(|it| it.basis).map(|it| match it {
                TaxBasis::Excluded => "TaxExcluded",
                TaxBasis::Inclusive => "TaxInclusive",
                TaxBasis::NotApplicable => "NotApplicable",
            }),
            txn_tax_detail: it.tax.as_ref().and_then(TaxDetail::of),
            private_note: it.private_note.as_deref(),
            customer_memo: it.customer_memo.as_deref().map(|it| Memo { value: it }),
            bill_email: Email::of(it.email.as_ref()),
            bill_addr: Address::of(it.bill_to.as_ref(), new),
            ship_addr: Address::of(it.ship_to.as_ref(), new),
            deposit_to_account_ref: Ref::of(it.deposit_account.as_ref()),
            payment_method_ref: Ref::of(it.payment_method.as_ref()),
            payment_ref_num: it.payment_reference.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Part<'a> {
    amount: Decimal,
    linked_txn: [Linked<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Received<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_amt: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<Vec<Part<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_ref_num: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_to_account_ref: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_note: Option<&'a str>,
}

impl<'a> Received<'a> {
    pub(super) fn of(it: &'a PaymentDraft) -> Self {
        let parts = it.applied.as_ref().map(|all| {
            let part = |(amount, to): &'a (kontor_domain::Money, crate::books::Link)| Part {
                amount: Decimal::of(*amount),
                linked_txn: [Linked { txn_id: &to.id, txn_type: &to.kind }],
            };
            all.iter().map(part).collect()
        });
        Self {
            customer_ref: Ref::of(it.customer.as_ref()),
            total_amt: it.total.map(Decimal::of),
            currency_ref: it.currency.map(|it| Ref { value: it.code() }),
            exchange_rate: it.exchange_rate,
            txn_date: it.date,
            line: parts,
            payment_ref_num: it.reference.as_deref(),
            payment_method_ref: Ref::of(it.payment_method.as_ref()),
            deposit_to_account_ref: Ref::of(it.deposit_account.as_ref()),
            private_note: it.private_note.as_deref(),
        }
    }
}

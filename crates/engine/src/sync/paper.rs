//! A document as it is to stand in the books, from an order or an invoice of ours.
//!
//! Owns lines, discounts, shipping, taxes and notes. Refuses to round, and to leave anything out without a word.

use jiff::civil::Date;
use kontor_domain::{
    Currency, Money,
    invoices::{Invoice, Line, Totals},
    orders::Order,
    sync::Failure,
};
use kontor_providers::books::{
    Company, Decimal, Discount, InvoiceNumbers, LineTax, Mapping, SaleDraft, SaleLineDraft, Shipping, Tax,
};

/// What orders and invoices have in common.
pub(super) struct Paper {
    /// Our key: in the note there.
    pub(super) key: String,
    pub(super) number: String,
    pub(super) customer_number: String,
    pub(super) date: Date,
    pub(super) due: Option<Date>,
    pub(super) items: Vec<Line>,
    pub(super) totals: Totals,
    pub(super) notes: Option<String>,
    pub(super) po_number: Option<String>,
}

impl Paper {
    pub(super) fn of_invoice(key: &str, it: &Invoice) -> Self {
        Self {
            key: key.to_owned(),
            number: it.invoice_number.clone(),
            customer_number: it.customer_number.clone(),
            date: it.invoice_date,
            due: it.due_date,
            items: it.items.clone(),
            totals: it.totals,
            notes: it.notes.clone(),
            po_number: it.po_number.clone(),
        }
    }

    pub(super) fn of_order(it: &Order, date: Date) -> Self {
        Self {
            key: it.id.to_string(),
            number: it.order_number.clone(),
            customer_number: it.customer_number.clone(),
            date,
            due: None,
            items: it.items.clone(),
            totals: it.totals,
            notes: it.notes.clone(),
            po_number: it.po_number.clone(),
        }
    }

    pub(super) fn currency(&self) -> Currency {
        self.totals.total.currency()
    }

    /// The document, but for what it refers to.
    pub(super) fn draft(
        &self,
        company: &Company,
        mapping: &Mapping,
        items: &[String],
        shipped_as: Option<&str>,
    ) -> Result<SaleDraft, Failure> {
        let lines = self.lines(company, mapping, items)?;
        let mut draft = SaleDraft {
            currency: company.multicurrency.then(|| self.currency()),
            number: self.wanted_number(company, mapping),
            date: Some(self.date),
            due: self.due,
            discount: self.discount(company)?,
            tax: self.tax(company, mapping)?,
            private_note: Some(self.note()),
            customer_memo: self.memo(),
            lines: Some(lines),
            ..SaleDraft::default()
        };
        self.ship(&mut draft, company, mapping, shipped_as)?;
        Ok(draft)
    }

    /// Their numbers are left to books that count by themselves (§6 row 7).
    fn wanted_number(&self, company: &Company, mapping: &Mapping) -> Option<String> {
        let ours = company.custom_numbers && mapping.invoice_numbers == InvoiceNumbers::Ours;
        ours.then(|| self.number.clone())
    }

    fn note(&self) -> String {
        note(&self.number, &self.key)
    }

    fn memo(&self) -> Option<String> {
        let po = self.po_number.as_deref().map(|it| format!("PO {it}"));
        let words: Vec<String> = po.into_iter().chain(self.notes.clone()).collect();
        let memo: String = words.join("\n").chars().take(1_000).collect();
        Some(memo).filter(|it| !it.trim().is_empty())
    }

    /// Discounts stand in a line of their own where the company has them, so that quantity times price is the amount;
    /// otherwise the amount of a line is what is to be paid for it (§6 row 9).
    fn has_discounts(company: &Company) -> bool {
        company.discounts != Some(false)
    }

    fn lines(
        &self,
        company: &Company,
        mapping: &Mapping,
        items: &[String],
    ) -> Result<Vec<SaleLineDraft>, Failure> {
        let mut lines = Vec::with_capacity(self.items.len());
        for (line, item) in self.items.iter().zip(items) {
            let apart = Self::has_discounts(company) || line.discount == 0;
            let gross = Line { discount: 0, ..line.clone() };
            let amount = if apart { gross.total(self.currency()) } else { line.total(self.currency()) };
            let quantity: Option<Decimal> = line.quantity.to_string().parse().ok();
            let price = Decimal::of(Money::from_minor(line.unit_price, self.currency()));
            lines.push(SaleLineDraft {
                id: None,
                item: item.clone(),
                description: Some(line.description.clone()),
                quantity: quantity.filter(|_| apart),
                unit_price: Some(price).filter(|_| apart && quantity.is_some()),
                amount: amount.map_err(|_| sums())?,
                tax: self.line_tax(company, mapping, line.taxable)?,
            });
        }
        Ok(lines)
    }

    fn discount(&self, company: &Company) -> Result<Option<Discount>, Failure> {
        if !Self::has_discounts(company) {
            return Ok(None);
        }
        let mut sum = Money::zero(self.currency());
        for line in &self.items {
            sum = sum.plus(Money::from_minor(line.discount, self.currency())).map_err(|_| sums())?;
        }
        Ok(Some(sum).filter(|it| !it.is_zero()).map(|amount| Discount { amount, account: None }))
    }

    /// A line is shown as taxed where there is a tax: one that the merchant gave and no line bears is borne by all.
    fn line_tax(&self, company: &Company, mapping: &Mapping, taxable: bool) -> Result<LineTax, Failure> {
        let borne = self.items.iter().any(|it| it.taxable);
        let taxed = !self.totals.tax.is_zero() && (taxable || !borne);
        mapping.line_tax(company, taxed).map_err(untaxable)
    }

    fn tax(&self, company: &Company, mapping: &Mapping) -> Result<Option<Tax>, Failure> {
        mapping.tax(company, self.totals.tax).map_err(untaxable)
    }

    /// Shipping, in the way in which the company has it: by itself, or as one more thing that is sold.
    fn ship(
        &self,
        draft: &mut SaleDraft,
        company: &Company,
        mapping: &Mapping,
        shipped_as: Option<&str>,
    ) -> Result<(), Failure> {
        let amount = self.totals.shipping;
        if amount.is_zero() {
            return Ok(());
        }
        let tax = mapping.line_tax(company, false).map_err(untaxable)?;
        if company.shipping != Some(false) {
            draft.shipping = Some(Shipping { amount, tax });
            return Ok(());
        }
        let item = shipped_as.ok_or_else(|| Failure {
            code: "no_item".to_owned(),
            field: Some("DefaultItem".to_owned()),
            message: "The company has no shipping on its documents, and there is no product to show it as."
                .to_owned(),
            advice: "Switch shipping on in the books' sales settings, or choose a DefaultItem, then retry."
                .to_owned(),
        })?;
        let line = SaleLineDraft {
            id: None,
            item: item.to_owned(),
            description: Some("Shipping".to_owned()),
            quantity: None,
            unit_price: None,
            amount,
            tax,
        };
        draft.lines.get_or_insert_default().push(line);
        Ok(())
    }
}

/// What stands in the note: our number, for people, and our key, by which it is found again.
pub(super) fn note(number: &str, key: &str) -> String {
    format!("{number} · {}", mark(key))
}

/// Our key, as a note has it.
pub(super) fn mark(key: &str) -> String {
    format!("kontor:{key}")
}

/// Whose note it is.
pub(super) fn marked(note: Option<&str>) -> Option<&str> {
    let (_, key) = note?.split_once("kontor:")?;
    let key = key.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').next()?;
    Some(key).filter(|it| !it.is_empty())
}

fn sums() -> Failure {
    Failure {
        code: "amounts".to_owned(),
        field: None,
        message: "The amounts do not add up within the limits of money.".to_owned(),
        advice: "This should not happen; report it.".to_owned(),
    }
}

fn untaxable(error: kontor_providers::books::Untaxable) -> Failure {
    let mut message = error.to_string();
    if let Some(first) = message.get(..1).map(str::to_uppercase) {
        message.replace_range(..1, &first);
    }
    Failure {
        code: "tax".to_owned(),
        field: Some("TaxCode".to_owned()),
        message: format!("{message}."),
        advice: "Change the integration's settings, or the company's, then retry.".to_owned(),
    }
}

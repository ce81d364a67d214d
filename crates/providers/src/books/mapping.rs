//! What becomes of what in the books: the integration's own choices.

use super::{Company, LineTax, List, SalesTax, Tax, TaxBasis, TaxMode};
use kontor_domain::Money;

/// What a confirmed order becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrdersAs {
    /// An accepted estimate, which its invoice is tied to.
    Estimate,
    /// An invoice.
    Invoice,
    /// Nothing.
    Nothing,
}

/// When an invoice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvoicesWhen {
    /// When it is paid.
    Paid,
    /// When it is issued.
    Issued,
}

/// Whose numbers invoices have in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvoiceNumbers {
    /// The merchant's own.
    Ours,
    /// The books give their own; ours stands in the note.
    Books,
}

/// An integration's choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// What a confirmed order becomes.
    pub orders_as: OrdersAs,
    /// When an invoice is written.
    pub invoices_when: InvoicesWhen,
    /// The account that payments go to; the books' own for what is not deposited yet without one.
    pub deposit_to: Option<String>,
    /// The account that refunds come from.
    pub refund_from: Option<String>,
    /// The account for the sales of items that are made from here.
    pub income_account: Option<String>,
    /// The item for what has no number, or one that the books do not have.
    pub default_item: Option<String>,
    /// Who says what the tax is.
    pub tax_mode: TaxMode,
    /// Outside of the United States: the tax code of what is taxed.
    pub tax_code: Option<String>,
    /// Outside of the United States: the tax code of what is not.
    pub exempt_tax_code: Option<String>,
    /// Whose numbers invoices have.
    pub invoice_numbers: InvoiceNumbers,
}

/// A setting whose values are a list's ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// The setting's key in the template.
    pub key: &'static str,
    /// The list.
    pub list: List,
    /// What kinds of entries; none is all.
    pub kinds: &'static [&'static str],
}

impl Mapped {
    /// Whether an entry of that kind may be chosen.
    pub fn takes(&self, kind: Option<&str>) -> bool {
        let is = |wanted: &&str| kind.is_some_and(|it| it.eq_ignore_ascii_case(wanted));
        self.kinds.is_empty() || self.kinds.iter().any(is)
    }
}

/// Why a document cannot be taxed as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untaxable {
    /// No tax code was chosen for what is taxed.
    #[error("outside of the United States every line needs a tax code: choose one for what is taxed")]
    NoCode,
    /// No tax code was chosen for what is not taxed.
    #[error("outside of the United States every line needs a tax code: choose one for what is not taxed")]
    NoExemptCode,
    /// The company has sales tax switched off.
    #[error("the company has sales tax switched off in its books, and the document has some")]
    Off,
}

impl Mapping {
    /// How a line is taxed in a company's books (§3.6).
    pub fn line_tax(&self, company: &Company, taxable: bool) -> Result<LineTax, Untaxable> {
        if company.sales_tax == SalesTax::Off {
            return Ok(LineTax::Unsaid);
        }
        if company.is_us() {
            return Ok(if taxable { LineTax::Taxable } else { LineTax::Exempt });
        }
        let (code, missing) = if taxable {
            (&self.tax_code, Untaxable::NoCode)
        } else {
            (&self.exempt_tax_code, Untaxable::NoExemptCode)
        };
        code.clone().map(LineTax::Code).ok_or(missing)
    }

    /// The tax of a whole document as it was billed (§3.6). Automatic tax takes a total and leaves the rates to the
    /// books; where the books are to say what it is, nothing is sent.
    pub fn tax(&self, company: &Company, billed: Money) -> Result<Option<Tax>, Untaxable> {
        let basis = (!company.is_us()).then_some(TaxBasis::Excluded);
        match company.sales_tax {
            SalesTax::Off if billed.is_zero() => Ok(None),
            SalesTax::Off => Err(Untaxable::Off),
            SalesTax::Manual | SalesTax::Automated => {
                let total = (self.tax_mode == TaxMode::AsBilled).then_some(billed);
                // In the United States a rate of the company's own has to be named beside a total.
                let named = company.is_us() && company.sales_tax == SalesTax::Manual && total.is_some();
                let code = self.tax_code.clone().filter(|_| named && !billed.is_zero());
                Ok(Some(Tax { total, code, basis }).filter(|it| it.total.is_some() || it.basis.is_some()))
            }
        }
    }
}

#[cfg(test)]
mod tests;

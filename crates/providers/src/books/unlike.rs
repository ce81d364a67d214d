//! What the books kept otherwise than it was sent: read-only fields are overwritten and texts changed without an error
//! (§2.2), and taxes are computed anew (§6 rows 8 and 16).
//!
//! Owns the comparison of a write with the object that came back. Refuses to guess a total that nobody said.

use kontor_domain::Money;

use super::{
    Action, CustomerDraft, Draft, ItemDraft, LineTax, Object, PaymentDraft, Sale, SaleDraft, TaxBasis,
};

/// One field that is not as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlike {
    /// Which, in words.
    pub field: &'static str,
    /// As it was sent.
    pub sent: String,
    /// As it was kept; empty where there is nothing.
    pub kept: String,
}

/// Everything that was kept otherwise. None where it is not about the same kind of thing, or nothing was to be kept.
pub fn unlike(action: &Action, object: &Object) -> Vec<Unlike> {
    let (Action::Create(draft) | Action::Update { draft, .. }) = action else { return Vec::new() };
    let mut found = Found::default();
    match (draft, object) {
        (Draft::Customer(draft), Object::Customer(kept)) => {
            let CustomerDraft { name, email, phone, company_name, currency, .. } = draft.as_ref();
            found.text("name", name.as_deref(), Some(&kept.name));
            found.text("e-mail address", email.as_deref(), kept.email.as_deref());
            found.text("telephone number", phone.as_deref(), kept.phone.as_deref());
            found.text("company", company_name.as_deref(), kept.company_name.as_deref());
            let code = |it: kontor_domain::Currency| it.code();
            found.text("currency", currency.map(code), kept.currency.map(code));
        }
        (Draft::Item(draft), Object::Item(kept)) => {
            let ItemDraft { name, sku, unit_price, .. } = draft.as_ref();
            found.text("name", name.as_deref(), Some(&kept.name));
            found.text("article number", sku.as_deref(), kept.sku.as_deref());
            let price = |it: super::Decimal| it.to_string();
            found.text("price", unit_price.map(price).as_deref(), kept.unit_price.map(price).as_deref());
        }
        (Draft::Sale(_, draft), Object::Sale(kept)) => sale(&mut found, draft, kept),
        (Draft::Payment(draft), Object::Payment(kept)) => {
            let PaymentDraft { customer, total, date, applied, reference, .. } = draft.as_ref();
            found.text("customer", customer.as_deref(), kept.customer.as_deref());
            found.money("amount", *total, Some(kept.total));
            found.text("reference", reference.as_deref(), kept.reference.as_deref());
            found.date("date", *date, kept.date);
            for (amount, to) in applied.iter().flatten() {
                let there = kept.applied.iter().find(|it| it.to == *to).map(|it| it.amount);
                found.money("applied amount", Some(*amount), there);
            }
        }
        _ => {}
    }
    found.0
}

fn sale(found: &mut Found, draft: &SaleDraft, kept: &Sale) {
    found.text("customer", draft.customer.as_deref(), kept.customer.as_deref());
    found.text("number", draft.number.as_deref(), kept.number.as_deref());
    found.date("date", draft.date, kept.date);
    found.date("due date", draft.due, kept.due);
    found.text("note", draft.private_note.as_deref(), kept.private_note.as_deref());
    found.money("tax", draft.tax.as_ref().and_then(|it| it.total), Some(kept.tax));
    found.money("total", expected_total(draft), Some(kept.total));
}

/// What a document should come to; none where the books decide.
pub fn expected_total(draft: &SaleDraft) -> Option<Money> {
    let lines = draft.lines.as_ref()?;
    let mut total = lines.first().map(|it| Money::zero(it.amount.currency()))?;
    for line in lines {
        total = total.plus(line.amount).ok()?;
    }
    if let Some(discount) = &draft.discount {
        total = total.minus(discount.amount).ok()?;
    }
    if let Some(shipping) = &draft.shipping {
        total = total.plus(shipping.amount).ok()?;
    }
    let taxes = lines.iter().map(|it| &it.tax).chain(draft.shipping.iter().map(|it| &it.tax));
    match &draft.tax {
        Some(tax) if tax.basis == Some(TaxBasis::Inclusive) => Some(total),
        Some(tax) => total.plus(tax.total?).ok(),
        None => Some(total).filter(|_| taxes.into_iter().all(|it| *it == LineTax::Exempt)),
    }
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Unlike>);

impl Found {
    /// Texts are the same whatever blanks they have at their ends and between words.
    fn text(&mut self, field: &'static str, sent: Option<&str>, kept: Option<&str>) {
        let Some(sent) = sent else { return };
        let kept = kept.unwrap_or_default();
        if !sent.split_whitespace().eq(kept.split_whitespace()) {
            self.0.push(Unlike { field, sent: sent.to_owned(), kept: kept.to_owned() });
        }
    }

    fn date(
        &mut self,
        field: &'static str,
        sent: Option<jiff::civil::Date>,
        kept: Option<jiff::civil::Date>,
    ) {
        let words = |it: jiff::civil::Date| it.to_string();
        self.text(field, sent.map(words).as_deref(), kept.map(words).as_deref());
    }

    fn money(&mut self, field: &'static str, sent: Option<Money>, kept: Option<Money>) {
        let Some(sent) = sent.filter(|it| Some(*it) != kept) else { return };
        let words = |it: Money| format!("{it} {}", it.currency());
        self.0.push(Unlike { field, sent: words(sent), kept: kept.map(words).unwrap_or_default() });
    }
}

#[cfg(test)]
mod tests;

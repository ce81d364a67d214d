//! Statements of the query language (§4.1). Pure.
//!
//! Refuses to page by counting rows: a set that changes meanwhile would lose some (§6 row 23). Rows are asked for by
//! their ids, each page after the last one's.

use jiff::{Timestamp, TimestampRound, Unit};

use crate::books::{Find, Kind, Which};

/// The most rows of an answer.
pub(super) const MOST: usize = 1_000;

/// A text as it stands in a statement, within its quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('\'');
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => quoted.extend(['\\', letter]),
            // No name has any, and none may end a statement.
            it if it.is_control() => quoted.push(' '),
            it => quoted.push(it),
        }
    }
    quoted.push('\'');
    quoted
}

/// A moment, down to its second, so that nothing within that second is missed.
pub(super) fn moment(at: Timestamp) -> String {
    let floor = TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor);
    quoted(&at.round(floor).unwrap_or(at).to_string())
}

/// Whether entries that are out of use are left out unless they are asked for.
fn has_active(entity: &str) -> bool {
    matches!(
        entity,
        "Customer" | "Item" | "Vendor" | "Employee" | "Account" | "Term" | "PaymentMethod" | "TaxCode"
    )
}

/// What a statement asks for.
pub(super) struct Wanted<'a> {
    entity: &'a str,
    conditions: Vec<String>,
}

impl<'a> Wanted<'a> {
    /// Those in use alone.
    pub(super) fn active(entity: &'a str) -> Self {
        let conditions = if has_active(entity) { vec!["Active = true".to_owned()] } else { Vec::new() };
        Self { entity, conditions }
    }

    /// All, those out of use too.
    pub(super) fn all(entity: &'a str) -> Self {
        let conditions =
            if has_active(entity) { vec!["Active IN (true, false)".to_owned()] } else { Vec::new() };
        Self { entity, conditions }
    }

    fn with(mut self, condition: String) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Where a text is equal; the books do not tell cases of letters apart.
    pub(super) fn equal(self, property: &str, text: &str) -> Self {
        self.with(format!("{property} = {}", quoted(text)))
    }

    /// Which of a kind.
    pub(super) fn which(kind: Kind, which: Which) -> Self {
        let all = Wanted::all(kind.as_str());
        match which {
            Which::All => all,
            Which::ChangedSince(at) => all.with(format!("MetaData.LastUpdatedTime >= {}", moment(at))),
        }
    }

    /// What is looked for; none where the books cannot be asked that.
    pub(super) fn find(kind: Kind, by: &Find<'_>) -> Option<Self> {
        let all = Wanted::all(kind.as_str());
        match by {
            Find::Name(name) if kind == Kind::Customer => Some(all.equal("DisplayName", name)),
            Find::Name(name) if kind == Kind::Item => Some(all.equal("Name", name)),
            Find::Email(email) if kind == Kind::Customer => Some(all.equal("PrimaryEmailAddr", email)),
            Find::Sku(sku) if kind == Kind::Item => Some(all.equal("Sku", sku)),
            Find::Number(number) if kind.is_sale() => Some(all.equal("DocNumber", number)),
            Find::Note { since, .. } if !kind.is_list_entry() => {
                Some(all.with(format!("MetaData.CreateTime >= {}", moment(*since))))
            }
            _ => None,
        }
    }

    /// The rows after an id, in the order of ids.
    pub(super) fn page(&self, after: Option<&str>, most: usize) -> String {
        let after = after.map(|it| format!("Id > {}", quoted(it)));
        let conditions: Vec<&str> =
            self.conditions.iter().map(String::as_str).chain(after.as_deref()).collect();
        let conditions = filter(&conditions);
        format!("SELECT * FROM {}{conditions} ORDERBY Id MAXRESULTS {}", self.entity, most.clamp(1, MOST))
    }

    /// How many there are.
    pub(super) fn count(&self) -> String {
        let conditions: Vec<&str> = self.conditions.iter().map(String::as_str).collect();
        format!("SELECT COUNT(*) FROM {}{}", self.entity, filter(&conditions))
    }
}

fn filter(conditions: &[&str]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

#[cfg(test)]
mod tests;

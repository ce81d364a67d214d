//! Our record against the provider's. Pure: no clock, no database.
//!
//! A transaction is ours by its id, or by the reference that it carries. What did not move money there, and was not said
//! to here, is no matter of reconciliation.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use kontor_domain::{
    Money,
    ids::{PaymentId, RefundId},
    payments::{self, Payment},
    reconciliation::{Days, Kind, Sums, day_of},
    refunds::{self, Operation, Refund},
};
use kontor_providers::{ProviderTransaction, TransactionKind, TransactionState};
use kontor_store::reconciliation::differences::Facts;

/// What a provider's transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    /// Took money.
    Took(Money),
    /// Gave money back.
    Gave(Money),
    /// Holds money.
    Holds(Money),
    /// Nothing, or nothing that is left.
    Nothing,
    /// It is not decided.
    Undecided,
}

/// Reads what a transaction did.
pub(crate) fn did(it: &ProviderTransaction) -> Did {
    use TransactionKind as K;
    use TransactionState as S;
    let Some(amount) = it.approved.or(it.requested).filter(|it| !it.is_zero()) else {
        return if matches!(it.state, S::Pending | S::Unknown(_)) { Did::Undecided } else { Did::Nothing };
    };
    match (&it.kind, &it.state) {
        // A check of a card, and the row of an undoing: what is undone says so itself.
        (K::Verification | K::Void, _) => Did::Nothing,
        (K::Refund, S::Approved | S::Settled) | (K::Other(_), S::Returned) => Did::Gave(amount),
        // What was given back later was taken all the same: giving back is a row of its own.
        (K::Sale | K::Capture, S::Approved | S::Settled | S::Returned)
        | (K::Authorization, S::Settled)
        | (K::Other(_), S::Approved | S::Settled) => Did::Took(amount),
        (K::Sale | K::Authorization | K::Other(_), S::Authorized) | (K::Authorization, S::Approved) => {
            Did::Holds(amount)
        }
        (_, S::Pending | S::Unknown(_)) => Did::Undecided,
        _ => Did::Nothing,
    }
}

/// What our record says that the provider did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Took,
    Gave,
    Holds,
    Nothing,
    /// It has yet to end.
    Open,
}

/// What of ours is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    Payment(PaymentId),
    Refund(RefundId, PaymentId),
}

/// A payment or a refund of ours.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    pub(crate) whose: Whose,
    pub(crate) says: Says,
    pub(crate) amount: Money,
    pub(crate) transaction: Option<String>,
    pub(crate) reference: String,
    pub(crate) state: &'static str,
    pub(crate) at: Timestamp,
}

impl Ours {
    /// A payment, given its refunds and whether something is being done with it: one that was undone before it settled
    /// moved nothing.
    pub(crate) fn payment(it: &Payment, refunds: &[Refund], is_busy: bool) -> Self {
        use payments::Status as S;
        let voids =
            || refunds.iter().filter(|r| r.payment_id == it.id && r.operation == Some(Operation::Void));
        let says = match it.status {
            S::Created | S::Submitted | S::Unknown => Says::Open,
            _ if is_busy || voids().any(|it| it.status.is_open()) => Says::Open,
            S::Refunded if voids().any(|it| it.status == refunds::Status::Voided) => Says::Nothing,
            S::Succeeded | S::PartiallyRefunded | S::Refunded => Says::Took,
            S::Authorized => Says::Holds,
            S::Voided | S::Expired | S::Declined | S::Failed | S::Abandoned => Says::Nothing,
        };
        Self {
            whose: Whose::Payment(it.id),
            says,
            amount: it.amount,
            transaction: it.provider_transaction_id.clone(),
            reference: it.provider_reference.clone(),
            state: it.status.as_str(),
            at: it.created_at,
        }
    }

    /// A refund; none where the provider has no transaction of it: undone before settlement, or not sent yet.
    pub(crate) fn refund(it: &Refund) -> Option<Self> {
        use refunds::Status as S;
        let says = match (it.operation, it.status) {
            (Some(Operation::Refund), S::Succeeded) => Says::Gave,
            (Some(Operation::Refund), S::Submitted | S::Unknown) => Says::Open,
            (Some(Operation::Refund), S::Declined | S::Failed) => Says::Nothing,
            _ => return None,
        };
        Some(Self {
            whose: Whose::Refund(it.id, it.payment_id),
            says,
            amount: it.amount,
            transaction: it.provider_transaction_id.clone(),
            reference: it.provider_reference.clone(),
            state: it.status.as_str(),
            at: it.created_at,
        })
    }

    fn subject(&self) -> String {
        match self.whose {
            Whose::Payment(id) => id.to_string(),
            Whose::Refund(id, _) => id.to_string(),
        }
    }

    fn is_refund(&self) -> bool {
        matches!(self.whose, Whose::Refund(..))
    }

    fn agrees(&self, did: Did) -> bool {
        match (self.says, did) {
            (Says::Took, Did::Took(it)) | (Says::Gave, Did::Gave(it)) | (Says::Holds, Did::Holds(it)) => {
                it == self.amount
            }
            _ => false,
        }
    }
}

/// What came of comparing.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) days: BTreeMap<Date, OfDay>,
    pub(crate) differences: Vec<Facts>,
    /// Which transaction is whose, by the transaction's place.
    pub(crate) owners: Vec<Option<Whose>>,
}

impl Compared {
    /// The same of these days alone.
    pub(super) fn within(mut self, days: Days) -> Self {
        self.days.retain(|day, _| days.has(*day));
        self.differences.retain(|it| days.has(it.day));
        self
    }
}

/// A day's figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfDay {
    pub(crate) sums: BTreeMap<&'static str, Sums>,
    pub(crate) unfinished: i64,
}

impl OfDay {
    fn of(&mut self, currency: &'static str) -> &mut Sums {
        self.sums.entry(currency).or_insert_with(|| Sums { currency: currency.to_owned(), ..Sums::default() })
    }
}

/// Compares both sides. What is not older than `recent` may yet end by itself.
pub(crate) fn compare(ours: &[Ours], theirs: &[ProviderTransaction], recent: Timestamp) -> Compared {
    let mut compared = Compared { owners: owners(ours, theirs), ..Compared::default() };
    let matched = |at: usize| {
        let pairs = theirs.iter().zip(&compared.owners);
        let own: Vec<&ProviderTransaction> =
            pairs.filter(|(_, whose)| **whose == Some(ours[at].whose)).map(|(it, _)| it).collect();
        own
    };
    let sets: Vec<Vec<&ProviderTransaction>> = (0..ours.len()).map(matched).collect();
    let mut differences = Vec::new();
    for (it, own) in ours.iter().zip(&sets) {
        let day = own.iter().find_map(|it| it.happened_at).map_or(day_of(it.at), day_of);
        count_here(compared.days.entry(day).or_default(), it);
        differences.extend(judge(it, own, day, recent));
    }
    for (it, whose) in theirs.iter().zip(&compared.owners) {
        let day = day_of(it.happened_at.unwrap_or(recent));
        count_there(compared.days.entry(day).or_default(), did(it));
        let moved = matches!(did(it), Did::Took(_) | Did::Gave(_) | Did::Holds(_));
        if whose.is_none() && moved {
            differences.push(unknown(it, day, None));
        }
    }
    compared.differences = differences;
    compared
}

/// Whose each transaction is. A refund is never a payment's own, whatever reference it carries.
fn owners(ours: &[Ours], theirs: &[ProviderTransaction]) -> Vec<Option<Whose>> {
    let mut by_id: BTreeMap<(bool, &str), Whose> = BTreeMap::new();
    let mut by_reference: BTreeMap<(bool, &str), Whose> = BTreeMap::new();
    for it in ours {
        if let Some(id) = &it.transaction {
            by_id.insert((it.is_refund(), id), it.whose);
        }
        by_reference.insert((it.is_refund(), &it.reference), it.whose);
    }
    let owner = |it: &ProviderTransaction| {
        let is_refund = it.kind == TransactionKind::Refund;
        let reference = it.reference.as_deref().and_then(|it| by_reference.get(&(is_refund, it)));
        by_id.get(&(is_refund, it.id.as_str())).or(reference).copied()
    };
    theirs.iter().map(owner).collect()
}

fn count_here(day: &mut OfDay, it: &Ours) {
    let side = &mut day.of(it.amount.currency().code()).here;
    match it.says {
        Says::Took => side.payments.add(it.amount.minor()),
        Says::Gave => side.refunds.add(it.amount.minor()),
        Says::Open => day.unfinished = day.unfinished.saturating_add(1),
        Says::Holds | Says::Nothing => {}
    }
}

fn count_there(day: &mut OfDay, did: Did) {
    match did {
        Did::Took(it) => day.of(it.currency().code()).there.payments.add(it.minor()),
        Did::Gave(it) => day.of(it.currency().code()).there.refunds.add(it.minor()),
        Did::Holds(_) | Did::Nothing | Did::Undecided => {}
    }
}

/// What is wrong with one of ours.
fn judge(it: &Ours, own: &[&ProviderTransaction], day: Date, recent: Timestamp) -> Vec<Facts> {
    let moved = |it: &&&ProviderTransaction| matches!(did(it), Did::Took(_) | Did::Gave(_) | Did::Holds(_));
    let is_new = |it: &ProviderTransaction| it.happened_at.is_some_and(|at| at > recent);
    let mut found = Vec::new();
    let by = match it.says {
        Says::Open => {
            // Whoever is at it will find out; what nobody found out for long is told.
            let late = own.iter().filter(moved).find(|it| !is_new(it));
            found.extend(late.map(|by| fact(it, Some(by), day, Kind::StateDiffers)));
            return found;
        }
        Says::Nothing => {
            let by = own.iter().filter(moved).find(|it| matches!(did(it), Did::Took(_) | Did::Gave(_)));
            let by = by.or_else(|| own.iter().find(moved));
            found.extend(by.map(|by| fact(it, Some(by), day, Kind::StateDiffers)));
            return found;
        }
        Says::Took | Says::Gave | Says::Holds => best(it, own),
    };
    let Some(by) = by else {
        let (kind, any) = match own.last() {
            Some(any) => (Kind::StateDiffers, Some(*any)),
            None => (Kind::MissingThere, None),
        };
        found.push(fact(it, any, day, kind));
        return found;
    };
    if !it.agrees(did(by)) {
        let same = matches!(
            (it.says, did(by)),
            (Says::Took, Did::Took(_)) | (Says::Gave, Did::Gave(_)) | (Says::Holds, Did::Holds(_))
        );
        let kind = if same { Kind::AmountDiffers } else { Kind::StateDiffers };
        found.push(fact(it, Some(by), day, kind));
    }
    // The same reference took money more than once.
    let more = own.iter().filter(|it| matches!(did(it), Did::Took(_) | Did::Gave(_)) && it.id != by.id);
    let payment = match it.whose {
        Whose::Payment(id) | Whose::Refund(_, id) => id,
    };
    found.extend(more.map(|it| unknown(it, it.happened_at.map_or(day, day_of), Some(payment))));
    found
}

/// The transaction that speaks for one of ours: the one that it names, then one that agrees, then one that moved money.
fn best<'a>(it: &Ours, own: &[&'a ProviderTransaction]) -> Option<&'a ProviderTransaction> {
    let moves = |it: &ProviderTransaction| matches!(did(it), Did::Took(_) | Did::Gave(_) | Did::Holds(_));
    let named = |t: &ProviderTransaction| Some(t.id.as_str()) == it.transaction.as_deref();
    let agrees = |t: &ProviderTransaction| it.agrees(did(t));
    let find = |fits: &dyn Fn(&ProviderTransaction) -> bool| own.iter().copied().find(|it| fits(it));
    find(&|t| named(t) && agrees(t))
        .or_else(|| find(&agrees))
        .or_else(|| find(&|t| named(t) && moves(t)))
        .or_else(|| find(&moves))
}

fn fact(it: &Ours, by: Option<&ProviderTransaction>, day: Date, kind: Kind) -> Facts {
    let (payment, refund) = match it.whose {
        Whose::Payment(id) => (id, None),
        Whose::Refund(id, payment) => (payment, Some(id)),
    };
    Facts {
        day,
        kind,
        subject: it.subject(),
        payment: Some(payment),
        refund,
        transaction: by.map(|it| it.id.clone()).or_else(|| it.transaction.clone()),
        reference: Some(it.reference.clone()),
        amount_here: Some(it.amount),
        amount_there: by.and_then(amount),
        state_here: Some(it.state.to_owned()),
        state_there: by.map(state),
    }
}

/// Money that moved there, and that nothing here stands for.
pub(crate) fn unknown(it: &ProviderTransaction, day: Date, payment: Option<PaymentId>) -> Facts {
    Facts {
        day,
        kind: Kind::MissingHere,
        subject: format!("transaction {}", it.id),
        payment,
        refund: None,
        transaction: Some(it.id.clone()),
        reference: it.reference.clone(),
        amount_here: None,
        amount_there: amount(it),
        state_here: None,
        state_there: Some(state(it)),
    }
}

fn amount(it: &ProviderTransaction) -> Option<Money> {
    match did(it) {
        Did::Took(it) | Did::Gave(it) | Did::Holds(it) => Some(it),
        Did::Nothing | Did::Undecided => None,
    }
}

/// What a transaction is and how it stands, in a word or two of ours.
fn state(it: &ProviderTransaction) -> String {
    use TransactionState as S;
    let kind = match &it.kind {
        TransactionKind::Sale => "Sale",
        TransactionKind::Authorization => "Authorization",
        TransactionKind::Capture => "Capture",
        TransactionKind::Refund => "Refund",
        TransactionKind::Void => "Void",
        TransactionKind::Verification => "Verification",
        TransactionKind::Other(_) => "Transaction",
    };
    let state = match &it.state {
        S::Approved => "Approved",
        S::Authorized => "Authorized",
        S::Completed => "Completed",
        S::Settled => "Settled",
        S::Declined => "Declined",
        S::Pending => "Pending",
        S::Voided => "Voided",
        S::Reversed => "Reversed",
        S::Returned => "Returned",
        S::Expired => "Expired",
        S::Duplicate => "Duplicate",
        S::Error => "Error",
        S::Unknown(_) => "Unknown",
    };
    format!("{kind} {state}")
}

#[cfg(test)]
mod tests;

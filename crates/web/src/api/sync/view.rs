//! What is shown of sync: how the whole stands, each record, and what differs with both sides' amounts.

use kontor_domain::{
    Currency, Money,
    sync::{Difference, Failure, Standing, State},
};
use kontor_engine::sync;
use kontor_store::sync::links::Link;
use serde::Serialize;
use utoipa::ToSchema;

use super::totals::Totals;
use crate::amount::{Amount, Time};

/// How a company's books stand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sync)]
pub(crate) struct Overview {
    integration_id: String,
    /// The whole in a word: `InStep`; `Waiting` or `Running`, where something is still to be done and is done by itself;
    /// `Held`, where everything waits for somebody to do what `held` advises; `Paused`; `Disabled`; `NotConnected`.
    #[schema(example = "InStep")]
    state: &'static str,
    /// Why everything waits.
    #[schema(example = json!(null))]
    held: Option<FailureView>,
    /// `NotConnected`, `Connected` or `NeedsReauthorization`.
    #[schema(example = "Connected")]
    connection_status: &'static str,
    /// The company's id at the provider; null until it was asked for the first time.
    #[schema(example = "9341453474484455")]
    company_id: Option<String>,
    backlog: Backlog,
    /// How many seconds what happened here first, and is not in the books yet, has waited; 0 where nothing waits.
    #[schema(example = 0)]
    lag_seconds: i64,
    /// When it was worked on last.
    last_run_at: Option<Time>,
    /// When it is worked on next without being asked for; null where it is not.
    next_run_at: Option<Time>,
    /// Since when a person has it wait.
    #[schema(example = json!(null))]
    paused_at: Option<Time>,
    /// Up to when changes in the books were asked for; the next question begins there.
    changes_since: Option<Time>,
    /// Whether everything on both sides is being compared.
    #[schema(example = false)]
    comparing: bool,
    /// When that was done last.
    compared_at: Option<Time>,
}

/// How many records stand how.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncBacklog)]
pub(crate) struct Backlog {
    /// To be written.
    #[schema(example = 0)]
    waiting: i64,
    /// Sent, and looked for there before anything is sent again.
    #[schema(example = 0)]
    sent: i64,
    /// In the books as they were written.
    #[schema(example = 214)]
    synced: i64,
    /// Not taken: somebody has to change something.
    #[schema(example = 1)]
    failed: i64,
    /// Voided or deleted in the books: somebody has to decide.
    #[schema(example = 0)]
    gone: i64,
    /// Left as they are by somebody.
    #[schema(example = 0)]
    dismissed: i64,
    /// Of all of them, those that are not the same on both sides.
    #[schema(example = 0)]
    different: i64,
    /// What happened here, and was not gone through yet.
    #[schema(example = 0)]
    unplanned: i64,
    /// What may have changed in the books, and was not looked at yet.
    #[schema(example = 0)]
    noticed: i64,
}

/// Why something was not done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncFailure)]
pub(crate) struct FailureView {
    /// A stable word.
    #[schema(example = "closed_period")]
    code: String,
    /// The field, as the books call it.
    #[schema(example = "TxnDate")]
    field: Option<String>,
    /// What happened.
    #[schema(example = "The company's books are closed for the date of this invoice.")]
    message: String,
    /// What to do.
    #[schema(example = "Have the period opened in the books, or enter it there by hand, then retry.")]
    advice: String,
}

/// What is not the same on both sides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncUnlike)]
pub(crate) struct Unlike {
    /// A stable word: `total`, `balance`, `payment`, `contact`, `field` or `gone`.
    #[schema(example = "total")]
    code: String,
    /// What differs.
    #[schema(example = "Its total was changed there.")]
    message: String,
    /// As it is here, or as both had it before.
    #[schema(example = "148.83")]
    local: String,
    /// As it is in the books; empty where it is not there any more.
    #[schema(example = "140.00")]
    remote: String,
}

/// One thing of ours, and what it is in the books.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncRecord)]
pub(crate) struct RecordView {
    #[schema(example = "syn_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    /// What it is in the books: Customer, Item, Estimate, Invoice, Payment, `CreditMemo` or `RefundReceipt`.
    #[schema(example = "Invoice")]
    kind: String,
    /// What it is here: the id of a customer, order, invoice, payment or refund; of an article its number.
    #[schema(example = "inv_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    local_id: String,
    /// What people call it.
    #[schema(example = "INV-000042")]
    label: String,
    /// `Waiting`, `Sent`, `Synced`, `Failed`, `Gone` or `Dismissed`.
    #[schema(example = "Failed")]
    state: &'static str,
    /// Its id in the books.
    #[schema(example = "145")]
    remote_id: Option<String>,
    /// Its number or name in the books.
    #[schema(example = "INV-000042")]
    remote_number: Option<String>,
    /// When it changed in the books last, as far as was seen.
    remote_updated_at: Option<Time>,
    /// How often it was tried in vain since it last waited.
    #[schema(example = 1)]
    attempts: i64,
    /// When it is tried next; null where it is not.
    #[schema(example = json!(null))]
    next_try_at: Option<Time>,
    /// Why it is not in the books, or not yet.
    failure: Option<FailureView>,
    /// What is not the same on both sides.
    #[schema(example = json!(null))]
    difference: Option<Unlike>,
    created_at: Time,
    updated_at: Time,
}

/// A record that is not the same on both sides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncDifference)]
pub(crate) struct DifferenceView {
    #[schema(example = "syn_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    /// What it is in the books.
    #[schema(example = "Invoice")]
    kind: String,
    #[schema(example = "inv_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    local_id: String,
    #[schema(example = "INV-000042")]
    label: String,
    /// `Synced`, or `Gone` where it is not in the books any more.
    #[schema(example = "Synced")]
    state: &'static str,
    #[schema(example = "145")]
    remote_id: Option<String>,
    #[schema(example = "INV-000042")]
    remote_number: Option<String>,
    difference: Unlike,
    /// Our amounts as they are now; null of what has none.
    local: Option<TotalsView>,
    /// The books' as they were seen last; null of what has none, or is not there any more.
    remote: Option<TotalsView>,
    updated_at: Time,
}

/// What of money one side has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncTotals)]
pub(crate) struct TotalsView {
    #[schema(example = "USD")]
    currency_code: &'static str,
    total: Amount,
    /// What is open of it, or not applied; null where the side says nothing of it.
    balance: Option<Amount>,
}

impl Overview {
    pub(super) fn of(it: &sync::Overview) -> Self {
        let state = it.sync.as_ref();
        let goes_on = it.integration.is_enabled
            && it.integration.connection_status == kontor_domain::integrations::ConnectionStatus::Connected;
        let next = state.filter(|it| goes_on && it.paused_at.is_none()).map(|it| it.due_at.into());
        Self {
            integration_id: it.integration.id.to_string(),
            state: it.stand.as_str(),
            held: state.and_then(|it| it.held.as_ref()).map(FailureView::of),
            connection_status: it.integration.connection_status.as_str(),
            company_id: state.map(|it| it.company.clone()).filter(|it| !it.is_empty()),
            backlog: Backlog {
                waiting: it.counts.of(State::Waiting),
                sent: it.counts.of(State::Sent),
                synced: it.counts.of(State::Synced),
                failed: it.counts.of(State::Failed),
                gone: it.counts.of(State::Gone),
                dismissed: it.counts.of(State::Dismissed),
                different: it.counts.different,
                unplanned: it.unplanned,
                noticed: it.noticed,
            },
            lag_seconds: it.lag.as_secs(),
            last_run_at: state.and_then(|it| it.last_run_at).map(Time),
            next_run_at: next,
            paused_at: state.and_then(|it| it.paused_at).map(Time),
            changes_since: state.map(|it| it.changes_since.into()),
            comparing: state.is_some_and(|it| it.comparing.is_some()),
            compared_at: state.and_then(|it| it.compared_at).map(Time),
        }
    }
}

impl FailureView {
    fn of(it: &Failure) -> Self {
        Self {
            code: it.code.clone(),
            field: it.field.clone(),
            message: it.message.clone(),
            advice: it.advice.clone(),
        }
    }
}

impl Unlike {
    fn of(it: &Difference) -> Self {
        Self {
            code: it.code.clone(),
            message: it.message.clone(),
            local: it.local.clone(),
            remote: it.remote.clone(),
        }
    }
}

impl RecordView {
    pub(super) fn of(it: &Link) -> Self {
        Self {
            id: it.id.to_string(),
            kind: it.kind.clone(),
            local_id: it.local_id.clone(),
            label: it.label.clone(),
            state: it.state.as_str(),
            remote_id: it.remote_id.clone(),
            remote_number: it.remote_number.clone(),
            remote_updated_at: it.remote_updated_at.map(Time),
            attempts: it.attempts,
            next_try_at: it.state.is_open().then_some(it.due_at).map(Time),
            failure: it.failure.as_ref().map(FailureView::of),
            difference: it.difference.as_ref().map(Unlike::of),
            created_at: it.created_at.into(),
            updated_at: it.updated_at.into(),
        }
    }
}

impl DifferenceView {
    /// Of a record that differs, with what it is here; none of one that does not.
    pub(super) fn of(it: &Link, local: Option<Totals>) -> Option<Self> {
        let difference = it.difference.as_ref().map(Unlike::of)?;
        let there = it.standing.as_ref().filter(|it| !it.voided && !it.total.is_empty());
        Some(Self {
            id: it.id.to_string(),
            kind: it.kind.clone(),
            local_id: it.local_id.clone(),
            label: it.label.clone(),
            state: it.state.as_str(),
            remote_id: it.remote_id.clone(),
            remote_number: it.remote_number.clone(),
            difference,
            local: local.map(|it| TotalsView::of(it.total, it.balance)),
            remote: there.filter(|_| it.state != State::Gone).and_then(TotalsView::there),
            updated_at: it.updated_at.into(),
        })
    }
}

impl TotalsView {
    fn of(total: Money, balance: Option<Money>) -> Self {
        Self {
            currency_code: total.currency().code(),
            total: total.into(),
            balance: balance.map(Amount::from),
        }
    }

    /// As the books had it when it was seen last.
    fn there(it: &Standing) -> Option<Self> {
        let currency: Currency = it.currency.parse().ok()?;
        let total = Money::parse(&it.total, currency).ok()?;
        let balance = it.balance.as_deref().and_then(|it| Money::parse(it, currency).ok());
        Some(Self::of(total, balance))
    }
}

//! What is shown of reconciliation: days, differences with words for people, settlement batches.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kontor_domain::{
    Currency,
    ids::IntegrationId,
    reconciliation::{DayStatus, Days, Kind, Side, Status, Sum},
};
use kontor_store::{
    integrations::Integration,
    reconciliation::{Day, batches::Batch, differences::Difference},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    amount::{Amount, Time},
    problem::Problem,
};

/// How some days stand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reconciliation)]
pub(crate) struct Report {
    #[schema(example = "2026-03-01")]
    from: String,
    #[schema(example = "2026-03-02")]
    to: String,
    /// How many differences of the organization are open, in these days and in all others.
    #[schema(example = 1)]
    open_differences: i64,
    /// Newest first; one for each day and integration.
    days: Vec<DayView>,
    /// The batches that settled in these days.
    batches: Vec<BatchView>,
}

/// How a day stands with one provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconciledDay)]
pub(crate) struct DayView {
    #[schema(example = "2026-03-01")]
    day: String,
    #[schema(example = "AuthorizeNet")]
    provider: String,
    integration_id: String,
    /// Reconciled, Differs or `NotReconciled`.
    #[schema(example = "Differs")]
    status: &'static str,
    /// Why it is not reconciled.
    #[schema(example = json!(null))]
    reason: Option<String>,
    /// When it was last looked at.
    checked_at: Option<Time>,
    /// How many payments and refunds of the day have yet to end here.
    #[schema(example = 0)]
    unfinished: i64,
    /// Both sides, for each currency.
    sums: Vec<SumsView>,
    differences: Vec<DifferenceView>,
}

/// Both sides of a day in one currency.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconciledSums)]
pub(crate) struct SumsView {
    currency_code: &'static str,
    /// By our record.
    here: SideView,
    /// By the provider's.
    there: SideView,
}

/// What one side says of a day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconciledSide)]
pub(crate) struct SideView {
    payments: SumView,
    refunds: SumView,
}

/// How many, and how much.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconciledSum)]
pub(crate) struct SumView {
    #[schema(example = 3)]
    count: i64,
    amount: Amount,
}

/// What both sides do not agree on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Difference)]
pub(crate) struct DifferenceView {
    #[schema(example = "dif_0192f0c1e4b87c3a9d5e6f708192a3b4")]
    id: String,
    /// `missing_here`, `missing_there`, `amount_differs` or `state_differs`.
    #[schema(example = "state_differs")]
    kind: &'static str,
    /// Open, Resolved or Accepted.
    #[schema(example = "Open")]
    status: &'static str,
    #[schema(example = "2026-03-01")]
    day: String,
    #[schema(example = "AuthorizeNet")]
    provider: String,
    integration_id: String,
    /// The payment that it is about, or belongs to.
    payment_id: Option<String>,
    #[schema(example = json!(null))]
    refund_id: Option<String>,
    provider_transaction_id: Option<String>,
    /// The reference that the transaction carries.
    provider_reference: Option<String>,
    currency_code: Option<&'static str>,
    amount_here: Option<Amount>,
    amount_there: Option<Amount>,
    #[schema(example = "Succeeded")]
    state_here: Option<String>,
    #[schema(example = "Sale Voided")]
    state_there: Option<String>,
    /// What is wrong, for people.
    #[schema(example = "It is Succeeded here, and Sale Voided at the provider.")]
    message: String,
    /// What to do.
    #[schema(example = "Resolve it: what truly happened at the provider is then written down here.")]
    advice: &'static str,
    first_seen_at: Time,
    last_seen_at: Time,
    #[schema(example = json!(null))]
    ended_at: Option<Time>,
    /// By whom; `system` where it was found to agree.
    #[schema(example = json!(null))]
    ended_by: Option<String>,
    /// What was done, or why it is right as it is.
    #[schema(example = json!(null))]
    ended_how: Option<String>,
}

/// A batch that settled.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettlementBatch)]
pub(crate) struct BatchView {
    #[schema(example = "AuthorizeNet")]
    provider: String,
    integration_id: String,
    /// The provider's id of it.
    #[schema(example = "3990061")]
    batch_id: String,
    #[schema(example = "2026-03-01")]
    day: String,
    /// Null where the provider does not say.
    settled_at: Option<Time>,
    currency_code: Option<&'static str>,
    charged_amount: Option<Amount>,
    refunded_amount: Option<Amount>,
    /// Whether all of it settled.
    complete: bool,
}

impl Report {
    pub(super) fn of(
        asked: Days,
        integrations: &[Integration],
        days: Vec<Day>,
        differences: &[Difference],
        batches: &[Batch],
        open: i64,
    ) -> Result<Self, Problem> {
        let mut seen: BTreeMap<(Date, IntegrationId), Day> =
            days.into_iter().map(|it| ((it.day, it.integration), it)).collect();
        let mut shown = Vec::new();
        for day in asked.all() {
            for it in integrations {
                match seen.remove(&(day, it.id)) {
                    Some(day) => shown.push(DayView::of(&day, differences)?),
                    // What is switched off is reconciled no more; what was, stays.
                    None if it.is_enabled => shown.push(DayView::unseen(day, it, differences)),
                    None => {}
                }
            }
        }
        // Of integrations that are gone.
        for day in seen.values() {
            shown.push(DayView::of(day, differences)?);
        }
        shown.sort_by(|one, two| two.day.cmp(&one.day));
        Ok(Self {
            from: asked.from().to_string(),
            to: asked.to().to_string(),
            open_differences: open,
            days: shown,
            batches: batches.iter().map(BatchView::of).collect(),
        })
    }
}

fn of_day(day: Date, integration: IntegrationId, all: &[Difference]) -> Vec<DifferenceView> {
    let own = all.iter().filter(|it| it.facts.day == day && it.integration == integration);
    own.map(DifferenceView::of).collect()
}

impl DayView {
    fn of(it: &Day, differences: &[Difference]) -> Result<Self, Problem> {
        let differences = of_day(it.day, it.integration, differences);
        // One that was found, or ended, since the last run counts at once.
        let differs = differences.iter().any(|it| it.status == Status::Open.as_str());
        let status = match it.status {
            DayStatus::NotReconciled => DayStatus::NotReconciled,
            _ if differs => DayStatus::Differs,
            _ => DayStatus::Reconciled,
        };
        let sums = it.sums.iter().map(|sums| {
            let currency: Currency = sums.currency.parse().map_err(Problem::internal)?;
            Ok(SumsView {
                currency_code: currency.code(),
                here: SideView::of(sums.here, currency),
                there: SideView::of(sums.there, currency),
            })
        });
        Ok(Self {
            day: it.day.to_string(),
            provider: it.provider.clone(),
            integration_id: it.integration.to_string(),
            status: status.as_str(),
            reason: it.reason.clone(),
            checked_at: Some(it.checked_at.into()),
            unfinished: it.unfinished,
            sums: sums.collect::<Result<_, Problem>>()?,
            differences,
        })
    }

    fn unseen(day: Date, it: &Integration, differences: &[Difference]) -> Self {
        Self {
            day: day.to_string(),
            provider: it.provider.clone(),
            integration_id: it.id.to_string(),
            status: DayStatus::NotReconciled.as_str(),
            reason: Some("It has not been looked at yet.".to_owned()),
            checked_at: None,
            unfinished: 0,
            sums: Vec::new(),
            differences: of_day(day, it.id, differences),
        }
    }
}

impl SideView {
    fn of(it: Side, currency: Currency) -> Self {
        let sum = |it: Sum| SumView { count: it.count, amount: Amount::of(it.minor, currency) };
        Self { payments: sum(it.payments), refunds: sum(it.refunds) }
    }
}

impl DifferenceView {
    pub(super) fn of(it: &Difference) -> Self {
        let facts = &it.facts;
        Self {
            id: it.id.to_string(),
            kind: facts.kind.as_str(),
            status: it.status.as_str(),
            day: facts.day.to_string(),
            provider: it.provider.clone(),
            integration_id: it.integration.to_string(),
            payment_id: facts.payment.map(|id| id.to_string()),
            refund_id: facts.refund.map(|id| id.to_string()),
            provider_transaction_id: facts.transaction.clone(),
            provider_reference: facts.reference.clone(),
            currency_code: facts.amount_there.or(facts.amount_here).map(|it| it.currency().code()),
            amount_here: facts.amount_here.map(Amount::from),
            amount_there: facts.amount_there.map(Amount::from),
            state_here: facts.state_here.clone(),
            state_there: facts.state_there.clone(),
            message: message(it),
            advice: advice(it),
            first_seen_at: it.first_seen_at.into(),
            last_seen_at: it.last_seen_at.into(),
            ended_at: it.ended_at.map(Time),
            ended_by: it.ended_by.clone(),
            ended_how: it.ended_how.clone(),
        }
    }
}

/// What is wrong, for people.
fn message(it: &Difference) -> String {
    let facts = &it.facts;
    let money = |amount: Option<kontor_domain::Money>| {
        amount.map_or_else(|| "nothing".to_owned(), |it| format!("{it} {}", it.currency().code()))
    };
    let state = |it: &Option<String>| it.clone().unwrap_or_else(|| "unknown".to_owned());
    let id = facts.transaction.as_deref().unwrap_or("without an id");
    match facts.kind {
        Kind::MissingHere => format!(
            "The provider has {}: transaction {id} of {}, which nothing here stands for.",
            state(&facts.state_there),
            money(facts.amount_there)
        ),
        Kind::MissingThere => format!(
            "{} are {} here, and the provider knows of no such transaction.",
            money(facts.amount_here),
            state(&facts.state_here)
        ),
        Kind::AmountDiffers => format!(
            "It is {} here, and {} at the provider.",
            money(facts.amount_here),
            money(facts.amount_there)
        ),
        Kind::StateDiffers => format!(
            "It is {} here, and {} at the provider.",
            state(&facts.state_here),
            state(&facts.state_there)
        ),
    }
}

/// What to do.
fn advice(it: &Difference) -> &'static str {
    match (it.status, it.facts.kind) {
        (Status::Resolved | Status::Accepted, _) => "Nothing: it is over.",
        (_, Kind::MissingHere) if it.facts.payment.is_some() => {
            "Resolve it: it is then recorded with the payment that it belongs to. Money that was taken twice can be given back after that."
        }
        (_, Kind::MissingHere) => {
            "Find out at the provider whose it is. Give it back there, or record it here as paid otherwise, and accept this with the reason."
        }
        (_, Kind::MissingThere) => {
            "Look it up at the provider. Where it is not there, no money came in: accept this with a reason once the books are put right."
        }
        (_, Kind::AmountDiffers) => {
            "Look at both amounts. Give back what is too much, or ask for the rest, and accept this with the reason."
        }
        (_, Kind::StateDiffers) => {
            "Resolve it: what truly happened at the provider is then written down here."
        }
    }
}

impl BatchView {
    fn of(it: &Batch) -> Self {
        Self {
            provider: it.provider.clone(),
            integration_id: it.integration.to_string(),
            batch_id: it.id.clone(),
            day: it.day.to_string(),
            settled_at: it.settled_at.map(Time),
            currency_code: it.charged.or(it.refunded).map(|it| it.currency().code()),
            charged_amount: it.charged.map(Amount::from),
            refunded_amount: it.refunded.map(Amount::from),
            complete: it.complete,
        }
    }
}

//! TransactionQuery on the reporting host, with the report's quirks (worldpay-express.md §3.14).

use jiff::{Timestamp, civil::DateTime};

use super::{
    reply::{central, dates, group, outcome, reply, tag},
    schema::REPORTING,
    settled,
};
use crate::{
    ledger::{Transaction, text},
    state::State,
    xml::Element,
};

/// The most items of one report; whoever needs more narrows the window.
const MAX_ITEMS: usize = 1_000;

/// Answers a query. Reports only what the asking account did.
pub(super) fn transaction_query(
    state: &mut State,
    root: &Element,
    account: &str,
    lower_case: bool,
) -> String {
    let number = tag("ReportingID", &state.report_number().to_string());
    let now = state.now();
    let filter = match filter(root) {
        Ok(filter) => filter,
        Err(wrong) => {
            return reply(REPORTING, "TransactionQuery", &(outcome("101", &wrong) + &dates(now) + &number));
        }
    };
    let mut found: Vec<&Transaction> = state
        .transactions
        .iter()
        .rev()
        .filter(|it| text(&it.detail, "account") == account && filter.fits(it))
        .take(MAX_ITEMS)
        .collect();
    if !filter.newest_first {
        found.reverse();
    }
    if found.is_empty() {
        let none = outcome("90", "No Record(s)")
            + &dates(now)
            + "<ReportingData><Items /></ReportingData>"
            + &number;
        return reply(REPORTING, "TransactionQuery", &none);
    }
    let items: String = found.iter().map(|it| group("Item", &item(it, now, lower_case))).collect();
    let data = group("ReportingData", &group("Items", &items));
    reply(REPORTING, "TransactionQuery", &(outcome("0", "Success") + &dates(now) + &data + &number))
}

#[derive(Default)]
struct Filter {
    setup: String,
    id: String,
    reference: String,
    terminal: String,
    amount: String,
    status: String,
    method: String,
    window: Option<(Timestamp, Timestamp)>,
    newest_first: bool,
}

impl Filter {
    fn fits(&self, it: &Transaction) -> bool {
        // A page alone decides; every other filter is ignored then.
        if !self.setup.is_empty() {
            return it.setup_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(&self.setup));
        }
        let same = |asked: &str, is: &str| asked.is_empty() || asked == is;
        same(&self.id, &it.id)
            && same(&self.reference, it.reference.as_deref().unwrap_or_default())
            && same(&self.terminal, text(&it.detail, "terminal"))
            && same(&self.amount, &it.amount)
            && same(&self.status, text(&it.detail, "status"))
            && same(&self.method, text(&it.detail, "type"))
            && self.window.is_none_or(|(begin, end)| it.created_at >= begin && it.created_at <= end)
    }
}

fn filter(root: &Element) -> Result<Filter, String> {
    let get = |name: &str| root.get(&["Parameters", name]).to_owned();
    let (begin, end) = (get("TransactionDateTimeBegin"), get("TransactionDateTimeEnd"));
    let window = match (begin.is_empty(), end.is_empty()) {
        (true, true) => None,
        (false, false) => Some((
            time(&begin).ok_or("TransactionDateTimeBegin invalid")?,
            time(&end).ok_or("TransactionDateTimeEnd invalid")?,
        )),
        (true, false) => return Err("TransactionDateTimeBegin required".to_owned()),
        (false, true) => return Err("TransactionDateTimeEnd required".to_owned()),
    };
    let filter = Filter {
        setup: get("TransactionSetupID"),
        id: get("TransactionID"),
        reference: get("ReferenceNumber"),
        terminal: get("TerminalID"),
        amount: get("TransactionAmount"),
        status: get("TransactionStatus"),
        method: get("TransactionType"),
        window,
        newest_first: matches!(get("ReverseOrder").as_str(), "1" | "True" | "true"),
    };
    let asked = !filter.setup.is_empty() || !filter.id.is_empty() || !filter.reference.is_empty();
    if asked || filter.window.is_some() { Ok(filter) } else { Err("TransactionID required".to_owned()) }
}

/// `yyyy-MM-dd HH:mm:ss.fff` or a day alone, in Central time.
fn time(text: &str) -> Option<Timestamp> {
    let parsed = if text.len() <= 10 {
        text.parse::<jiff::civil::Date>().ok().map(|it| it.at(0, 0, 0, 0))
    } else {
        text.parse::<DateTime>().ok()
    };
    parsed?.to_zoned(central()).ok().map(|it| it.timestamp())
}

/// A record. Columns of a fixed width come padded; the zip code is spelled unlike everywhere else.
fn item(it: &Transaction, now: Timestamp, lower_case: bool) -> String {
    let get = |key: &str| text(&it.detail, key);
    let padded = |key: &str, width: usize| {
        let value = get(key);
        if value.is_empty() { String::new() } else { format!("{value:<width$}") }
    };
    let setup = it.setup_id.clone().unwrap_or_default();
    let setup = if lower_case { setup.to_lowercase() } else { setup };
    let at = it.created_at.to_zoned(central());
    // What was given back whole stays so after settlement.
    let is_settled = settled(it, now) && get("status") != "Returned";
    let (status, code) = if is_settled { ("Settled", "15") } else { (get("status"), get("statusCode")) };
    let reference = it.reference.clone().unwrap_or_default();
    let fields = [
        ("TransactionID", it.id.clone()),
        ("AcceptorID", get("acceptor").to_owned()),
        ("AccountID", get("account").to_owned()),
        ("Name", "SIMULATED MERCHANT".to_owned()),
        ("TerminalID", get("terminal").to_owned()),
        ("ApplicationID", get("application").to_owned()),
        ("ApprovalNumber", get("approval").to_owned()),
        ("ApprovedAmount", get("approvedAmount").to_owned()),
        ("AVSResponseCode", padded("avs", 5)),
        ("CVVResponseCode", padded("cvv", 10)),
        ("ExpirationMonth", get("month").to_owned()),
        ("ExpirationYear", get("year").to_owned()),
        ("ExpressResponseCode", get("code").to_owned()),
        ("ExpressResponseMessage", get("message").to_owned()),
        ("HostBatchID", "1".to_owned()),
        ("HostItemID", get("item").to_owned()),
        ("HostResponseCode", get("hostCode").to_owned()),
        ("OriginalAuthorizedAmount", get("approvedAmount").to_owned()),
        ("ReferenceNumber", reference),
        ("TicketNumber", get("ticket").to_owned()),
        ("TrackingID", get("tracking").to_owned()),
        ("TerminalType", padded("terminalType", 10)),
        ("TransactionAmount", it.amount.clone()),
        ("TransactionStatus", status.to_owned()),
        ("TransactionStatusCode", code.to_owned()),
        ("TransactionType", get("type").to_owned()),
        ("CardNumberMasked", get("masked").to_owned()),
        ("CardLogo", get("brand").to_owned()),
        ("CardType", "Credit".to_owned()),
        ("TrackDataPresent", "FALSE".to_owned()),
        ("TransactionSetupID", setup),
        ("BillingName", get("name").to_owned()),
        ("BillingAddress1", get("address").to_owned()),
        ("BillingZipCode", get("zip").to_owned()),
        ("ExpressTransactionDate", at.strftime("%Y%m%d").to_string()),
        ("ExpressTransactionTime", at.strftime("%H%M%S").to_string()),
        ("TimeStamp", at.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()),
        ("IntegrationTypeID", "1".to_owned()),
    ];
    fields.iter().map(|(name, value)| tag(name, value)).collect()
}

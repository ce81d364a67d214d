//! The page at `/_sim`: what happened, for people. Sections without rows are left out.

use serde_json::Value;

use super::Shows;
use crate::{ledger, state::State, xml::around};

/// The most rows of a table.
const ROWS: usize = 200;
/// The longest text of a cell.
const LONGEST: usize = 44;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:80rem;padding:1.5rem;color:#1d2733}\
    h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.8rem 0 .4rem}table{border-collapse:collapse;width:100%}\
    td,th{text-align:left;padding:.35rem .9rem .35rem 0;border-bottom:1px solid #dde3ea;font-variant-numeric:tabular-nums;\
    vertical-align:top;white-space:nowrap}th{color:#56657a;font-weight:600}.wide{overflow-x:auto}p{color:#56657a;margin:.3rem 0}\
    code{overflow-wrap:anywhere;background:#f1f4f8;padding:.05rem .3rem;border-radius:3px}\
    @media(max-width:40rem){body{padding:1rem}table,tbody,tr,td{display:block}tr.head{display:none}\
    tr{border:1px solid #dde3ea;border-radius:6px;padding:.4rem .7rem;margin-bottom:.6rem}td:empty{display:none}\
    td{display:flex;gap:1rem;justify-content:space-between;border:0;padding:.15rem 0;white-space:normal;overflow-wrap:anywhere;text-align:right}\
    td::before{content:attr(data-name);color:#56657a;font-weight:600;text-align:left;max-width:45%;flex:none}}";
/// What stands first of an object, where it has it.
const FIRST: [&str; 4] = ["createdAt", "id", "kind", "status"];

/// All of it.
pub(super) fn page(shows: &Shows, state: &State) -> String {
    let mut body = transactions(shows, state) + &setups(state) + &tokens(&(shows.tokens)(state));
    for (kind, rows) in (shows.objects)(state) {
        body += &objects(&kind, rows.as_array().map(Vec::as_slice).unwrap_or_default());
    }
    body += &calls(state);
    let faults: Vec<Vec<String>> = state
        .faults
        .all()
        .iter()
        .map(|it| vec![it.id.clone(), it.operation.clone(), format!("{:?}", it.action)])
        .collect();
    body += &table("Faults that wait", &["Id", "Operation", "Action"], &faults);
    if body.is_empty() {
        "<p>Nothing has happened yet.</p>".clone_into(&mut body);
    }
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>\
         <p>What this simulator did. Its time is {now}. <code>/_sim/ledger</code> and <code>/_sim/calls</code> have the same as JSON.</p>{body}</html>",
        title = shows.title,
        now = state.now().strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
}

fn transactions(shows: &Shows, state: &State) -> String {
    let (settled, now) = (state.settled, state.now());
    let newest = state.transactions.iter().rev().take(ROWS);
    let rows: Vec<Vec<String>> = newest
        .flat_map(|it| (shows.more)(it).into_iter().chain([it.clone()]))
        .map(|it| {
            let brand = ledger::text(&it.detail, "brand");
            let status = if settled(&it, now) { "settled" } else { &it.status };
            vec![
                when(&it.created_at.to_string()),
                it.id.clone(),
                it.kind.clone(),
                status.to_owned(),
                format!("{} {}", it.amount, it.currency),
                it.reference.clone().unwrap_or_default(),
                format!("{brand} {}", ledger::text(&it.detail, "masked")),
            ]
        })
        .collect();
    table("Transactions", &["When", "Id", "Kind", "Status", "Amount", "Reference", "Card"], &rows)
}

fn setups(state: &State) -> String {
    let rows: Vec<Vec<String>> = state
        .setups
        .iter()
        .rev()
        .take(ROWS)
        .map(|it| {
            let reference = it.reference.clone().unwrap_or_default();
            vec![
                when(&it.created_at.to_string()),
                it.id.clone(),
                it.status.clone(),
                it.amount.clone(),
                reference,
            ]
        })
        .collect();
    table("Hosted pages", &["When", "Id", "Status", "Amount", "Reference"], &rows)
}

fn tokens(tokens: &[Value]) -> String {
    objects("Tokens", tokens)
}

/// Objects of texts and numbers; the first one's keys are the columns, those that matter most first.
fn objects(title: &str, all: &[Value]) -> String {
    let Some(keys) = all.first().and_then(Value::as_object).map(|it| it.keys().collect::<Vec<_>>()) else {
        return String::new();
    };
    let mut names: Vec<&str> = keys.iter().map(|it| it.as_str()).collect();
    names.sort_by_key(|it| FIRST.iter().position(|first| first == it).unwrap_or(FIRST.len()));
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => when(text),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    };
    let row = |it: &Value| names.iter().map(|name| text(it.get(name))).collect();
    let rows: Vec<Vec<String>> = all.iter().take(ROWS).map(row).collect();
    let titles: Vec<String> = names.iter().map(|it| spoken(it)).collect();
    table(title, &titles.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

/// `createdAt` in words.
fn spoken(key: &str) -> String {
    let mut words = String::new();
    for (at, letter) in key.chars().enumerate() {
        match (at, letter.is_ascii_uppercase()) {
            (0, _) => words.push(letter.to_ascii_uppercase()),
            (_, true) => words.extend([' ', letter.to_ascii_lowercase()]),
            _ => words.push(letter),
        }
    }
    words
}

fn calls(state: &State) -> String {
    let (calls, _) = state.calls();
    let text = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows: Vec<Vec<String>> = calls
        .iter()
        .rev()
        .map(|it| vec![when(&text(it, "at")), text(it, "operation"), text(it, "outcome")])
        .collect();
    table("Last calls", &["When", "Operation", "Outcome"], &rows)
}

/// A text that fits beside others: the middle of a long one is left out.
fn short(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    match (letters.get(..LONGEST / 2), letters.get(letters.len().saturating_sub(LONGEST / 4)..)) {
        (Some(head), Some(tail)) if letters.len() > LONGEST => {
            head.iter().chain(&['…']).chain(tail).collect()
        }
        _ => text.to_owned(),
    }
}

/// A time to the second; any other text as it is.
fn when(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

fn table(title: &str, names: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    // On a narrow page each row is a card, and each cell says what it is.
    let cell = |(it, name): (&String, &&str)| {
        around("td", &format!(" data-name=\"{}\"", escape(name)), &escape(&short(it)))
    };
    let row = |row: &Vec<String>| around("tr", "", &row.iter().zip(names).map(cell).collect::<String>());
    let head: String = names.iter().map(|it| around("th", " scope=\"col\"", &escape(it))).collect();
    let body: String = rows.iter().map(row).collect();
    let table = around("table", "", &(around("tr", " class=\"head\"", &head) + &body));
    around("h2", "", &escape(title)) + &around("div", " class=\"wide\" tabindex=\"0\"", &table)
}

/// A text that is no markup any more.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

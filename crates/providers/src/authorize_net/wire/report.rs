//! The questions about what has happened (authorizenet.md §2.14).

use jiff::Timestamp;
use serde::Serialize;

use super::{Built, Credentials, id, message};
use crate::Window;

/// How many transactions are in a page: the most there can be (§1.4).
pub(in crate::authorize_net) const PAGE: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    trans_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    batch_id: Option<&'a str>,
    sorting: Sorting,
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sorting {
    order_by: &'static str,
    order_descending: bool,
}

#[derive(Serialize)]
struct Paging {
    limit: usize,
    offset: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Batches {
    include_statistics: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_settlement_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_settlement_date: Option<String>,
}

/// One transaction.
pub(in crate::authorize_net) fn details(credentials: &Credentials<'_>, transaction: &str) -> Built {
    message("getTransactionDetailsRequest", credentials, None, &Details { trans_id: id(transaction)? })
}

/// What has not settled, the newest first. Pages count from 1.
pub(in crate::authorize_net) fn unsettled(credentials: &Credentials<'_>, page: usize) -> Built {
    message("getUnsettledTransactionListRequest", credentials, None, &list(None, page))
}

/// What is in a batch, the newest first. Pages count from 1.
pub(in crate::authorize_net) fn batch(credentials: &Credentials<'_>, batch: &str, page: usize) -> Built {
    message("getTransactionListRequest", credentials, None, &list(Some(id(batch)?), page))
}

/// The batches that settled within a time of at most 31 days; of the last 24 hours where none is given. Both ends or
/// none: one alone is refused.
pub(in crate::authorize_net) fn batches(credentials: &Credentials<'_>, within: Option<Window>) -> Built {
    let body = Batches {
        include_statistics: true,
        first_settlement_date: within.map(|it| moment(it.from)),
        last_settlement_date: within.map(|it| moment(it.to)),
    };
    message("getSettledBatchListRequest", credentials, None, &body)
}

fn list(batch_id: Option<&str>, page: usize) -> List<'_> {
    List {
        batch_id,
        sorting: Sorting { order_by: "submitTimeUTC", order_descending: true },
        paging: Paging { limit: PAGE, offset: page },
    }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;

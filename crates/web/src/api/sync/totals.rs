//! What of money a record is here, from our own rows as they are now.

use kontor_domain::{
    Money,
    ids::{InvoiceId, OrganizationId},
};
use kontor_engine::Error;
use kontor_providers::books::Kind;
use kontor_store::{Conn, invoices, orders, payments, refunds, sync::links::Link};

use crate::problem::Problem;

/// The whole, and what is open of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    pub(super) total: Money,
    pub(super) balance: Option<Money>,
}

/// None of what has no amount, and of what is not there any more.
pub(super) async fn of(
    conn: &mut Conn,
    organization: OrganizationId,
    it: &Link,
) -> Result<Option<Totals>, Problem> {
    let Ok(kind) = it.kind.parse::<Kind>() else { return Ok(None) };
    Ok(match kind {
        Kind::Customer | Kind::Item => None,
        Kind::Invoice | Kind::Estimate => sale(conn, organization, &it.local_id).await?,
        Kind::Payment => match it.local_id.parse() {
            Ok(id) => payments::get(conn, organization, id)
                .await?
                .map(|payment| Totals { total: payment.amount, balance: None }),
            Err(_) => None,
        },
        Kind::CreditMemo | Kind::RefundReceipt => match it.local_id.parse() {
            Ok(id) => {
                let refund = refunds::get(conn, organization, id).await?;
                refund.map(|refund| Totals { total: refund.amount, balance: None })
            }
            Err(_) => None,
        },
    })
}

/// An invoice; or an order, which is what its invoice is where one was made of it.
async fn sale(
    conn: &mut Conn,
    organization: OrganizationId,
    local_id: &str,
) -> Result<Option<Totals>, Problem> {
    if let Ok(id) = local_id.parse() {
        return invoice(conn, organization, id).await;
    }
    let Ok(id) = local_id.parse() else { return Ok(None) };
    let Some(order) = orders::get(conn, organization, id).await? else { return Ok(None) };
    let made = match order.invoice_id {
        Some(id) => invoice(conn, organization, id).await?,
        None => None,
    };
    Ok(Some(made.unwrap_or(Totals { total: order.totals.total, balance: None })))
}

async fn invoice(
    conn: &mut Conn,
    organization: OrganizationId,
    id: InvoiceId,
) -> Result<Option<Totals>, Problem> {
    let Some(it) = invoices::get(conn, organization, id).await? else { return Ok(None) };
    let balance = it.standing().balance().map_err(Error::from)?;
    Ok(Some(Totals { total: it.totals.total, balance: Some(balance) }))
}

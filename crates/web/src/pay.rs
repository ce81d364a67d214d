//! `/pay/{token}`: the page of one invoice, for whoever has its link. No account, no cookie, no script.
//!
//! What is said of a payment is what is written down of it, never what the address claims. Refuses to show anything of
//! an invoice once its link has expired.

mod view;

use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::{
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use kontor_domain::{
    Secret,
    ids::PaymentLinkId,
    payments::{Payment, Status},
};
use kontor_engine::{Error, payment_links::Linked};
use kontor_store::payments;
use sha2::{Digest, Sha256};

use crate::{
    html::{Page, escaped},
    problem::Problem,
    web::{Anybody, Params, Web, parameter},
};
use view::Note;

/// What links are made under, so that nothing else of the installation fits.
const LABEL: &[u8] = b"kontor payment link 1";
/// Bytes of a link that nobody guesses.
const LENGTH: usize = 24;
/// The longest text that is looked up.
const MAX_TOKEN: usize = 100;
/// What stands in the place of the way back to a link's page where that is kept: the address itself is kept nowhere.
const BACK: &str = "payment-link:";

/// What the address of a link carries. Made of the link's id under the installation's secret: whoever reads the
/// database has neither it nor a way to it.
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn of(secret: &Secret, link: PaymentLinkId) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let own = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, LABEL).as_ref());
        let signed = hmac::sign(&own, &link.bytes());
        Self(BASE64URL_NOPAD.encode(signed.as_ref().get(..LENGTH).unwrap_or_default()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }
}

fn hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// The way back from a provider's page as it is followed: what leads to a link's page is made here.
pub(crate) fn way_back(web: &Web, kept: &str) -> String {
    let link = kept.strip_prefix(BACK).and_then(|id| id.parse().ok());
    link.map_or_else(|| kept.to_owned(), |id| address(web, Token::of(&web.auth_secret, id).text()))
}

fn address(web: &Web, token: &str) -> String {
    format!("{}/pay/{token}", web.engine.settings.public_url.as_str().trim_end_matches('/'))
}

/// What the link leads to, or the page that says why nowhere.
async fn find(web: &Web, token: &str) -> Result<Result<Linked, Page>, Problem> {
    let found = if token.len() > MAX_TOKEN { None } else { web.engine.linked(&hash(token)).await? };
    Ok(match found {
        Some(it) if web.engine.ambient.now() >= it.link.expires_at => Err(view::expired()),
        Some(it) => Ok(it),
        None => Err(view::unknown()),
    })
}

/// Shows the invoice that a payment link leads to.
#[utoipa::path(get, path = "/pay/{token}", tag = "Payment links", security(()),
    params(("token" = String, Path, example = "Zk9VbWmcT0a1p7Y5x2Q8sD3fH6jL4nRt"), ("status" = Option<String>, Query),
        ("paymentId" = Option<String>, Query)),
    responses((status = 200, description = "The invoice, and what there is to pay", content_type = "text/html", body = String),
        (status = 404, description = "There is no such link", content_type = "text/html", body = String),
        (status = 410, description = "The link has expired", content_type = "text/html", body = String)))]
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    Params(token): Params<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let page = match find(&web, &token).await? {
        Ok(linked) => {
            let note = note(&web, &linked, &uri).await?;
            view::invoice(&linked, note)?
        }
        Err(page) => page,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

/// Opens the payment provider's page for what is left to pay, and sends the browser there.
#[utoipa::path(post, path = "/pay/{token}", tag = "Payment links", security(()),
    params(("token" = String, Path, example = "Zk9VbWmcT0a1p7Y5x2Q8sD3fH6jL4nRt")),
    responses((status = 200, description = "A page that goes on to the provider's", content_type = "text/html", body = String),
        (status = 303, description = "Back to the invoice, which says why it cannot be paid now"),
        (status = 404, description = "There is no such link", content_type = "text/html", body = String),
        (status = 410, description = "The link has expired", content_type = "text/html", body = String)))]
pub(crate) async fn start(
    State(web): State<Arc<Web>>,
    Anybody(actor): Anybody,
    Params(token): Params<String>,
) -> Result<Response, Problem> {
    let linked = match find(&web, &token).await? {
        Ok(linked) => linked,
        Err(page) => return Ok(page.into_response()),
    };
    let return_url = format!("{BACK}{}", linked.link.id);
    // What was claimed must be ended also when the browser goes away.
    let engine = Arc::clone(&web.engine);
    let task = tokio::spawn(async move { engine.pay_linked(&linked, &actor, return_url).await });
    let word = match task.await.map_err(Problem::internal)? {
        Ok(page) => {
            let body = format!(
                "<h1>On to the payment page</h1><p>The card is typed on the payment provider's own page.</p>\
                 <p class=\"next\"><a id=\"go\" href=\"{}\">Continue</a></p>",
                escaped(&page.url)
            );
            let page = Page::new(StatusCode::OK, "On to the payment page", &body).going_to(&page.url);
            return Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response());
        }
        Err(Error::InFlight) => "busy",
        // The page says how the invoice stands by now.
        Err(Error::NotPayable(_) | Error::ExceedsBalance { .. }) => "changed",
        Err(error) => {
            tracing::warn!(%error, "a payment link could not open the provider's page");
            "unavailable"
        }
    };
    let back = format!("{}?status={word}", address(&web, &token));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
}

/// What there is to say first: of the payment that the browser came back from, by what is written down of it.
async fn note(web: &Web, linked: &Linked, uri: &Uri) -> Result<Option<Note>, Problem> {
    let said = parameter(uri, "status")?;
    let id = parameter(uri, "paymentId")?.and_then(|it| it.parse().ok());
    let payment = match id {
        Some(id) => {
            let mut conn = web.engine.db.read().await?;
            payments::get(&mut conn, linked.link.organization, id).await?
        }
        None => None,
    };
    let payment = payment.filter(|it| it.invoice_id == Some(linked.invoice.id));
    Ok(match (payment, said.as_deref()) {
        (Some(payment), said) => Some(of_payment(&payment, said == Some("cancelled"))),
        (None, Some("busy")) => Some(Note::Busy),
        (None, Some("unavailable")) => Some(Note::Unavailable),
        (None, _) => None,
    })
}

fn of_payment(payment: &Payment, left: bool) -> Note {
    match payment.status {
        Status::Succeeded | Status::Authorized | Status::PartiallyRefunded | Status::Refunded => {
            Note::Received(payment.amount)
        }
        Status::Declined => Note::Declined,
        Status::Created | Status::Submitted | Status::Unknown | Status::Abandoned if left => Note::Left,
        Status::Created | Status::Submitted | Status::Unknown => Note::Pending,
        Status::Voided | Status::Expired | Status::Failed | Status::Abandoned => Note::Failed,
    }
}

#[cfg(test)]
mod tests;

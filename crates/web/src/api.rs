//! The endpoints, one file a noun. A handler reads, asks a use case, and shows; it decides nothing about money.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod auto_pay;
pub(crate) mod available;
pub(crate) mod customers;
pub(crate) mod events;
pub(crate) mod hooks;
pub(crate) mod integrations;
pub(crate) mod invoices;
pub(crate) mod login;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod reports;
pub(crate) mod settings;
pub(crate) mod sync;
pub(crate) mod templates;

use std::{fmt::Display, str::FromStr, sync::Arc};

use axum::http::Uri;
use kontor_store::Slice;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    page::{self, Page, Start},
    pay,
    problem::Problem,
    web::{Web, Who, parameter, parsed},
};

/// Everything under `/api` that needs credentials.
pub(crate) fn guarded() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new()
        .routes(routes!(access::list, access::create))
        .routes(routes!(access::delete))
        .routes(routes!(templates::list))
        .routes(routes!(available::list))
        .routes(routes!(integrations::list, integrations::create))
        .routes(routes!(integrations::get, integrations::update, integrations::delete))
        .routes(routes!(integrations::connect::connect))
        .routes(routes!(integrations::connect::disconnect))
        .routes(routes!(integrations::actions::test))
        .routes(routes!(integrations::actions::rotate_secrets))
        .routes(routes!(integrations::actions::roll_back))
        .routes(routes!(
            integrations::proxy::get,
            integrations::proxy::post,
            integrations::proxy::put,
            integrations::proxy::patch,
            integrations::proxy::delete
        ))
        // What is appended may be nothing: some providers are asked about at the root of their address.
        .route(integrations::proxy::ROOT, integrations::proxy::at_root())
        .routes(routes!(sync::get))
        .routes(routes!(sync::records))
        .routes(routes!(sync::get_record))
        .routes(routes!(sync::retry))
        .routes(routes!(sync::dismiss))
        .routes(routes!(sync::differences))
        .routes(routes!(sync::run))
        .routes(routes!(sync::pause))
        .routes(routes!(sync::resume))
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(audit::list))
        .routes(routes!(events::list))
        .routes(routes!(reports::get, reports::run))
        .routes(routes!(reports::resolve))
        .routes(routes!(customers::list, customers::put))
        .routes(routes!(customers::get))
        .routes(routes!(auto_pay::get, auto_pay::put))
        .routes(routes!(auto_pay::list))
        .routes(routes!(auto_pay::get_charge))
        .routes(routes!(auto_pay::cancel))
        .routes(routes!(invoices::list, invoices::create))
        .routes(routes!(invoices::get, invoices::replace::put))
        .routes(routes!(invoices::moves::issue))
        .routes(routes!(invoices::moves::void))
        .routes(routes!(invoices::moves::cancel))
        .routes(routes!(invoices::pay::create))
        .routes(routes!(invoices::link::create))
        .routes(routes!(orders::list, orders::create))
        .routes(routes!(orders::get))
        .routes(routes!(orders::moves::confirm))
        .routes(routes!(orders::moves::cancel))
        .routes(routes!(payments::list))
        .routes(routes!(payments::get))
        .routes(routes!(payments::resolve))
        .routes(routes!(payments::apply::create))
        .routes(routes!(payments::act::void))
        .routes(routes!(payments::act::capture))
        .routes(routes!(payments::refund::create))
        .routes(routes!(payments::methods::create))
        .routes(routes!(payments::methods::list, payments::methods::delete))
        .routes(routes!(payments::methods::make_default))
        .routes(routes!(payments::hosted::hosted_setup))
        .routes(routes!(payments::worldpay::transaction_setup))
}

/// What anybody may call.
pub(crate) fn public() -> OpenApiRouter<Arc<Web>> {
    OpenApiRouter::new()
        .routes(routes!(login::login))
        .routes(routes!(integrations::callback::callback))
        .routes(routes!(hooks::notice))
        .routes(routes!(hooks::receive))
        .routes(routes!(payments::worldpay::callback_get, payments::worldpay::callback_post))
        .routes(routes!(payments::authorize_net::callback))
        .routes(routes!(payments::hosted::page))
        .routes(routes!(pay::show, pay::start))
}

/// The part of a list that a page asks for, with one row more, which tells whether there is a next page.
pub(crate) fn slice(page: &Page) -> Result<Slice, Problem> {
    let after = match &page.start {
        Start::Number(_) => None,
        Start::After(cursor) => {
            let at = jiff::Timestamp::from_microsecond(cursor.micros);
            Some((
                at.map_err(|_| Problem::invalid("cursor", "is not a cursor of this service"))?,
                cursor.id.clone(),
            ))
        }
    };
    Ok(Slice {
        limit: i64::from(page.size).saturating_add(1),
        offset: i64::try_from(page.offset()).map_err(Problem::internal)?,
        after,
        descending: page.direction == page::Direction::Descending,
    })
}

/// Whose rows a list is narrowed to: the customer's that is asked about, and a Customer's own in any case.
pub(crate) fn whose(uri: &Uri, who: &Who) -> Result<Option<String>, Problem> {
    let asked = parameter(uri, "customerNumber")?;
    if let Some(number) = &asked {
        who.caller.for_customer(number)?;
    }
    let own = who.caller.own_customer()?;
    Ok(asked.or_else(|| own.map(str::to_owned)))
}

/// The state that a list is narrowed to, as one of its words.
pub(crate) fn status<T: FromStr + Display + 'static>(uri: &Uri, all: &[T]) -> Result<Option<T>, Problem> {
    let words: Vec<String> = all.iter().map(T::to_string).collect();
    let words = format!("must be one of: {}", words.join(", "));
    parsed(uri, "status", &words, |text| text.parse().ok())
}

/// What long lists are sorted on.
pub(crate) const BY_CREATION: page::Sorts = page::Sorts(&["createdAt"]);

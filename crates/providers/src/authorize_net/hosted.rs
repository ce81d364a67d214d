//! Accept Hosted: a page of Authorize.Net's that the browser opens by posting a token (authorizenet.md §2.12).
//!
//! The provider gives a page no id and tells the returning browser nothing: the page's id is our reference, and what
//! proves a return is a code of ours in the address. Both stand in one parameter, since the address passes through a
//! text in which `&` is not safe (§1.2).

use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use kontor_domain::Secret;

use super::{AuthorizeNet, wire::hosted as wire};
use crate::{
    Connection, HostedOrder, HostedPage, HostedPayments, HostedReturn, ProviderError, ReturnError,
    ReturnStatus, error::Fault,
};

/// The parameter that carries everything back.
const PARAMETER: &str = "hosted";
/// How long a token opens its page (§2.12).
const LIFETIME: Duration = Duration::from_mins(15);
/// The longest value of the parameter.
const MAX: usize = 100;

#[async_trait]
impl HostedPayments for AuthorizeNet {
    fn lifetime(&self) -> Duration {
        LIFETIME
    }

    fn can_close(&self) -> bool {
        false
    }

    async fn open(
        &self,
        connection: &Connection<'_>,
        order: &HostedOrder<'_>,
    ) -> Result<HostedPage, ProviderError> {
        if order.amount.is_zero() {
            let words = "a card is kept with Authorize.Net without a page";
            return Err(ProviderError::refused(Fault::Ours, None, words));
        }
        let code = HEXLOWER.encode(&self.ambient.bytes::<16>());
        let back = address(order.return_url, &format!("complete.{}.{code}", order.reference));
        let left = address(order.return_url, &format!("cancelled.{}", order.reference));
        let reply = self.question(connection, |it| wire::page(it, order, &back, &left)).await?;
        let base = self.base(connection, "https://test.authorize.net", "https://accept.authorize.net");
        Ok(HostedPage {
            setup_id: order.reference.to_owned(),
            url: format!("{base}/payment/payment"),
            form: vec![("token", reply.token()?)],
            validation_code: Secret::new(code),
        })
    }

    /// There is no call for it: a page ends by itself.
    async fn expire(&self, _: &Connection<'_>, _: &str) -> Result<(), ProviderError> {
        Ok(())
    }

    fn read_return(&self, fields: &[(String, String)]) -> Result<HostedReturn, ReturnError> {
        let wrong = |what: &str| ReturnError { fields: vec![(PARAMETER.to_owned(), what.to_owned())] };
        let mut found = fields.iter().filter(|(name, _)| name == PARAMETER).map(|(_, value)| value.trim());
        let value = found.next().filter(|it| !it.is_empty()).ok_or_else(|| wrong("is required"))?;
        if found.next().is_some() {
            return Err(wrong("must be there once"));
        }
        let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'.';
        if value.len() > MAX || !value.bytes().all(plain) {
            return Err(wrong("is not what was sent along"));
        }
        let (status, setup_id, code) = match value.split('.').collect::<Vec<_>>().as_slice() {
            ["complete", id, code] if !id.is_empty() && !code.is_empty() => {
                (ReturnStatus::Complete, *id, Some(*code))
            }
            // Nothing is said by it that would need a proof.
            ["cancelled", id] if !id.is_empty() => (ReturnStatus::Cancelled, *id, None),
            _ => return Err(wrong("is not what was sent along")),
        };
        Ok(HostedReturn {
            setup_id: setup_id.to_owned(),
            status,
            validation_code: code.map(|it| Secret::new(it.to_owned())),
            message: None,
            saved_card: None,
        })
    }
}

fn address(base: &str, value: &str) -> String {
    let join = if base.contains('?') { '&' } else { '?' };
    format!("{base}{join}{PARAMETER}={value}")
}

#[cfg(test)]
mod tests;

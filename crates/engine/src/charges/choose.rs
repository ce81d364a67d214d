//! Which card is charged, through which integration, and which other one may be tried instead.

use kontor_domain::{
    ids::{CustomerId, OrganizationId},
    integrations::IntegrationType,
    payment_methods::PaymentMethod,
};
use kontor_store::{Conn, integrations, integrations::Integration, organizations, payment_methods};

use super::{From, Order};
use crate::{Engine, Error};

/// A card and the integration that charges it. Without a method it is the order's nonce.
pub(super) struct Chosen {
    pub(super) integration: Integration,
    pub(super) method: Option<PaymentMethod>,
}

impl Engine {
    /// What is charged, and after it what may be charged instead.
    pub(super) async fn choose(
        &self,
        organization: OrganizationId,
        order: &Order,
    ) -> Result<Vec<Chosen>, Error> {
        let mut conn = self.db.read().await?;
        let customer = order.customer;
        let chosen = match &order.from {
            From::Method(id) => {
                let method = payment_methods::get(&mut conn, organization, *id).await?;
                let method = method.filter(|it| it.is_active && it.customer_id == customer);
                let method = method.ok_or(Error::MethodNotFound)?;
                if order.provider.as_ref().is_some_and(|it| *it != method.provider) {
                    return Err(Error::field("provider", "is not the payment method's"));
                }
                vec![self.through(&mut conn, organization, method).await?]
            }
            From::Profile(name) => {
                let found = payment_methods::by_profile(&mut conn, organization, customer, name).await?;
                let mut found = found.into_iter().filter(|it| fits(order, it));
                let method = found.next().ok_or(Error::MethodNotFound)?;
                if found.next().is_some() {
                    let words = "names two cards: give a paymentMethodId or a provider";
                    return Err(Error::field("paymentProfileId", words));
                }
                vec![self.through(&mut conn, organization, method).await?]
            }
            From::Default => self.default_card(&mut conn, organization, customer, order).await?,
            From::Nonce(_) => vec![self.for_nonce(&mut conn, organization, order).await?],
        };
        let currency = order.amount.currency();
        let takes = |it: &Chosen| self.charges_of(&it.integration).is_some_and(|it| it(currency));
        if chosen.iter().all(takes) { Ok(chosen) } else { Err(Error::CurrencyNotTaken(currency)) }
    }

    /// Whether the integration's provider charges cards, and in which currencies.
    fn charges_of(
        &self,
        integration: &Integration,
    ) -> Option<impl Fn(kontor_domain::Currency) -> bool + use<>> {
        let provider = self.registry.get(&integration.provider)?;
        provider.charges()?;
        Some(move |currency| provider.charges().is_some_and(|it| it.takes_currency(currency)))
    }

    /// A saved card is charged through the integration that made it, and through no other.
    async fn through(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        method: PaymentMethod,
    ) -> Result<Chosen, Error> {
        let integration = integrations::get(conn, organization, method.integration_id).await?;
        let usable = |it: &Integration| it.is_enabled && self.charges_of(it).is_some();
        let integration = integration.filter(usable).ok_or(Error::NoIntegration("charges of this card"))?;
        Ok(Chosen { integration, method: Some(method) })
    }

    /// The customer's default card, and after it the newest card at each other provider, the organization's default
    /// provider first. Where the caller named a provider, the default is one of that provider's, and nothing is tried
    /// instead.
    async fn default_card(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        customer: CustomerId,
        order: &Order,
    ) -> Result<Vec<Chosen>, Error> {
        let mut all = payment_methods::list(conn, organization, customer).await?;
        all.retain(|it| fits(order, it));
        let first = match &order.provider {
            Some(_) => all.first(),
            None => all.first().filter(|it| it.is_default),
        };
        let Some(first) = first.cloned() else {
            let words = "is required: the customer has no default payment method";
            return Err(Error::field("paymentMethodId", words));
        };
        let settings = organizations::get(conn, organization).await?;
        let favourite = settings.and_then(|it| it.default_payment_provider);
        // Stable: the newest first among the rest.
        all.sort_by_key(|it| Some(&it.provider) != favourite.as_ref());
        let mut providers = vec![first.provider.clone()];
        let mut chosen = Vec::new();
        let mut refused = None;
        match self.through(conn, organization, first).await {
            Ok(it) => chosen.push(it),
            Err(error) => refused = Some(error),
        }
        for method in all {
            if providers.contains(&method.provider) {
                continue;
            }
            let provider = method.provider.clone();
            if let Ok(it) = self.through(conn, organization, method).await {
                providers.push(provider);
                chosen.push(it);
            }
        }
        match refused {
            Some(error) if chosen.is_empty() => Err(error),
            _ => Ok(chosen),
        }
    }

    /// Where a script's nonce is good: the named provider, else the organization's default, else the oldest that takes
    /// such.
    async fn for_nonce(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        order: &Order,
    ) -> Result<Chosen, Error> {
        let settings = organizations::get(conn, organization).await?;
        let favourite = settings.and_then(|it| it.default_payment_provider);
        let mut all =
            integrations::list(conn, organization, Some(IntegrationType::Payment), Some(true)).await?;
        let takes = |it: &Integration| {
            let provider = self.registry.get(&it.provider);
            provider.is_some_and(|it| it.charges().is_some_and(kontor_providers::Charges::takes_nonces))
        };
        all.retain(|it| takes(it) && order.provider.as_ref().is_none_or(|named| *named == it.provider));
        all.sort_by_key(|it| (Some(&it.provider) != favourite.as_ref(), it.created_at, it.id));
        let integration = all.into_iter().next();
        let integration = integration.ok_or(Error::NoIntegration("cards that a provider's script took"))?;
        Ok(Chosen { integration, method: None })
    }
}

fn fits(order: &Order, method: &PaymentMethod) -> bool {
    order.provider.as_ref().is_none_or(|named| *named == method.provider)
}

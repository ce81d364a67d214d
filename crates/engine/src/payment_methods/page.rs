//! Cards that are typed on the provider's page: claim, call, record, and finding out what became of the page.
//!
//! As with payments, what a browser carries back only says when to ask the provider. No money is taken on such a page.

use kontor_domain::{
    Currency, Id, Money,
    customers::Customer,
    ids::{CardPageId, OrganizationId},
    payment_methods::{BillingAddress, PageStatus},
};
use kontor_providers::{HostedOrder, HostedPage, Provider, ProviderError, SavedCard};
use kontor_store::{
    Tx,
    card_pages::{self, CardPage},
    crash, idempotency,
    integrations::{self, Integration},
    jobs,
};

use super::save::{Owner, SAVING};
use crate::{
    Actor, Engine, Error,
    hosted::schedule::{self, Asked, Next},
    resolve::{Why, digest},
};

/// The job that asks about an open page.
pub(crate) const PAGE: &str = "card_page";

/// A page that is asked for.
#[derive(Debug, Clone)]
pub struct PageOrder {
    /// Whose card is typed on it.
    pub customer: Customer,
    /// Where the customer's browser goes in the end.
    pub return_url: String,
    /// The provider's word for the market; none for the integration's own.
    pub market_code: Option<String>,
    /// Whether the card becomes the default.
    pub is_default: bool,
    /// Whose name the page carries.
    pub company_name: String,
    /// The card holder's address, where the page should have it filled in.
    pub billing: Option<BillingAddress>,
}

/// A page that is ready for the customer.
#[derive(Debug, Clone)]
pub struct ReadyPage {
    /// The provider's id of it.
    pub setup_id: String,
    /// Where to send the customer's browser.
    pub url: String,
    /// Which provider's.
    pub provider: String,
}

impl Engine {
    /// Opens a page for a card. With `key`, the answer that `answer` makes of it is kept with it in the last transaction.
    pub async fn open_card_page(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        order: PageOrder,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&ReadyPage) -> idempotency::Answer + Send,
    ) -> Result<ReadyPage, Error> {
        let page = self.claim_card_page(organization, integration, &order).await?;
        match self.call_card_page(organization, actor, integration, &order, &page).await {
            Ok(hosted) => self.record_card_page(page, hosted, key, answer).await,
            Err(error) => {
                // Nobody was sent to a page whose address never came here: there is nothing to find out.
                self.end_card_page(page, PageStatus::Failed).await?;
                Err(error)
            }
        }
    }

    /// Claim: the page and the job that will ask about it, before anybody is called.
    async fn claim_card_page(
        &self,
        organization: OrganizationId,
        integration: &Integration,
        order: &PageOrder,
    ) -> Result<CardPage, Error> {
        let now = self.ambient.now();
        let page = CardPage {
            id: Id::new(&self.ambient),
            organization,
            customer: order.customer.id,
            customer_number: order.customer.customer_number.clone(),
            integration: integration.id,
            provider: integration.provider.clone(),
            status: PageStatus::Created,
            reference: self.ambient.reference(),
            setup_id: None,
            validation_hash: None,
            return_url: order.return_url.clone(),
            is_default: order.is_default,
            method: None,
            expires_at: schedule::after(now, self.settings.hosted_window),
            nothing_since: None,
            created_at: now,
        };
        let mut tx = self.db.write().await?;
        if !integrations::hold(&mut tx, organization, integration.id).await? {
            return Err(Error::NoIntegration(SAVING));
        }
        card_pages::insert(&mut tx, &page).await?;
        let due = schedule::after(now, self.call_deadline());
        self.schedule(&mut tx, organization, PAGE, page.id, due).await?;
        tx.commit_at("card_page.claim").await?;
        Ok(page)
    }

    /// Call: no transaction is open.
    async fn call_card_page(
        &self,
        organization: OrganizationId,
        actor: &Actor,
        integration: &Integration,
        order: &PageOrder,
        page: &CardPage,
    ) -> Result<HostedPage, Error> {
        let provider = self.registry.get(&integration.provider);
        let pages = provider.as_deref().and_then(Provider::hosted).ok_or(Error::NoIntegration(SAVING))?;
        let opened = self.open_credentials(organization, integration, actor, "card page").await?;
        let return_url = self.callback_url(&integration.provider);
        let hosted_order = HostedOrder {
            amount: Money::zero(Currency::USD),
            reference: &page.reference,
            ticket: page.reference.get(10..).unwrap_or_default(),
            return_url: &return_url,
            market_code: order.market_code.as_deref(),
            description: None,
            company_name: Some(&order.company_name),
            customer_number: &page.customer_number,
            billing: order.billing.clone(),
            keeps_card: true,
        };
        let hosted = crash::call("card_page.open", pages.open(&opened.connection(), &hosted_order)).await;
        hosted.map_err(|error| Error::Provider { error: opened.without(error), payment: None })
    }

    /// Record: the page is open.
    async fn record_card_page(
        &self,
        mut page: CardPage,
        hosted: HostedPage,
        key: Option<&idempotency::Key>,
        answer: impl FnOnce(&ReadyPage) -> idempotency::Answer + Send,
    ) -> Result<ReadyPage, Error> {
        let ready =
            ReadyPage { setup_id: hosted.setup_id.clone(), url: hosted.url, provider: page.provider.clone() };
        page.status = PageStatus::Open;
        page.setup_id = Some(hosted.setup_id);
        page.validation_hash = Some(digest(hosted.validation_code.expose()));
        let mut tx = self.db.write().await?;
        match card_pages::update(&mut tx, &page, PageStatus::Created, self.ambient.now()).await {
            Err(kontor_store::Error::Conflict) => {
                let error = ProviderError::nonsense("the provider gave a page that is another one's");
                return Err(Error::Provider { error, payment: None });
            }
            other => other?,
        }
        if let Some(key) = key {
            idempotency::complete(&mut tx, key, &answer(&ready)).await?;
        }
        tx.commit_at("card_page.open").await?;
        Ok(ready)
    }

    /// Asks the provider what was kept on a page, and records it. One that has ended is left as it is, unless a
    /// browser comes back from it after all.
    pub(crate) async fn resolve_card_page(
        &self,
        organization: OrganizationId,
        id: CardPageId,
        why: Why,
        actor: &Actor,
    ) -> Result<CardPage, Error> {
        let page = {
            let mut conn = self.db.read().await?;
            card_pages::get(&mut conn, organization, id).await?
        };
        let page = page.ok_or(Error::Store(kontor_store::Error::Corrupt("card page")))?;
        let late = page.status == PageStatus::Nothing && why != Why::Sweep;
        let Some(setup_id) = page.setup_id.clone().filter(|_| page.status.is_open() || late) else {
            // Killed between claim and record: nobody was sent there.
            let page = if page.status.is_open() {
                self.end_card_page(page, PageStatus::Failed).await?
            } else {
                page
            };
            return Ok(page);
        };
        match self.ask_card_page(&page, &setup_id, actor).await? {
            Ok(cards) if cards.is_empty() => self.record_no_card(page).await,
            Ok(cards) => self.record_cards(page, cards, actor).await,
            Err(error) => self.record_page_unanswered(page, &error).await,
        }
    }

    /// Call. The outer error is ours, the inner one the provider's.
    async fn ask_card_page(
        &self,
        page: &CardPage,
        setup_id: &str,
        actor: &Actor,
    ) -> Result<Result<Vec<SavedCard>, ProviderError>, Error> {
        let integration = {
            let mut conn = self.db.read().await?;
            integrations::get(&mut conn, page.organization, page.integration).await?
        };
        let Some(integration) = integration else {
            return Ok(Err(ProviderError::misconfigured("the integration of this page was deleted")));
        };
        let provider = self.registry.get(&page.provider);
        let Some(vault) = provider.as_deref().and_then(Provider::vaulting) else {
            return Ok(Err(ProviderError::misconfigured("this provider keeps no cards")));
        };
        let opened = self.open_credentials(page.organization, &integration, actor, "card page").await?;
        let found = crash::call("card_page.find", vault.saved_on_page(&opened.connection(), setup_id)).await;
        Ok(found.map_err(|it| opened.without(it)))
    }

    /// Cards were kept: they are the customer's. The first of them becomes the default where that was asked for.
    async fn record_cards(
        &self,
        seen: CardPage,
        cards: Vec<SavedCard>,
        actor: &Actor,
    ) -> Result<CardPage, Error> {
        let (mut tx, mut page) = self.hold_card_page(&seen).await?;
        if !page.status.may_become(PageStatus::Saved) {
            tx.rollback().await?;
            return Ok(page);
        }
        let from = page.status;
        for card in cards {
            let owner = Owner {
                customer: (page.customer, &page.customer_number),
                integration: page.integration,
                provider: &page.provider,
                is_default: page.is_default && page.method.is_none(),
                first_use: None,
            };
            let kept = self.keep_method(&mut tx, page.organization, actor, &owner, card).await?;
            page.method = page.method.or(Some(kept.id));
        }
        page.status = PageStatus::Saved;
        card_pages::update(&mut tx, &page, from, self.ambient.now()).await?;
        jobs::remove(&mut tx, page.organization, PAGE, &page.id.to_string()).await?;
        tx.commit_at("card_page.saved").await?;
        Ok(page)
    }

    /// Nothing was kept so far: ask again, or believe it.
    async fn record_no_card(&self, seen: CardPage) -> Result<CardPage, Error> {
        let (mut tx, mut page) = self.hold_card_page(&seen).await?;
        if page.status != PageStatus::Open {
            tx.rollback().await?;
            return Ok(page);
        }
        let now = self.ambient.now();
        let asked = Asked {
            created_at: page.created_at,
            expires_at: page.expires_at,
            nothing_since: page.nothing_since,
        };
        match schedule::next(asked, now, &self.settings) {
            Next::Ask(then) => self.schedule(&mut tx, page.organization, PAGE, page.id, then).await?,
            Next::Believe => {
                page.status = PageStatus::Nothing;
                jobs::remove(&mut tx, page.organization, PAGE, &page.id.to_string()).await?;
            }
        }
        if now >= page.expires_at {
            page.nothing_since = page.nothing_since.or(Some(now));
        }
        card_pages::update(&mut tx, &page, PageStatus::Open, now).await?;
        tx.commit_at("card_page.nothing").await?;
        Ok(page)
    }

    async fn record_page_unanswered(&self, page: CardPage, error: &ProviderError) -> Result<CardPage, Error> {
        tracing::info!(page = %page.id, %error, "the provider could not be asked about a card's page");
        let subject = page.id.to_string();
        let mut tx = self.db.write().await?;
        if page.status.is_open() {
            let tries = jobs::attempts(&mut tx, page.organization, PAGE, &subject).await?;
            let due = schedule::after(self.ambient.now(), schedule::retry(tries, &self.settings));
            self.schedule(&mut tx, page.organization, PAGE, page.id, due).await?;
        }
        tx.commit_at("card_page.unanswered").await?;
        Ok(page)
    }

    /// Ends a page that nobody was sent to.
    async fn end_card_page(&self, seen: CardPage, status: PageStatus) -> Result<CardPage, Error> {
        let (mut tx, mut page) = self.hold_card_page(&seen).await?;
        let from = page.status;
        if from.may_become(status) {
            page.status = status;
            card_pages::update(&mut tx, &page, from, self.ambient.now()).await?;
        }
        jobs::remove(&mut tx, page.organization, PAGE, &page.id.to_string()).await?;
        tx.commit_at("card_page.ended").await?;
        Ok(page)
    }

    async fn hold_card_page(&self, seen: &CardPage) -> Result<(Tx, CardPage), Error> {
        let mut tx = self.db.write().await?;
        let page = card_pages::lock(&mut tx, seen.organization, seen.id).await?;
        Ok((tx, page.ok_or(Error::Store(kontor_store::Error::Corrupt("card page")))?))
    }
}

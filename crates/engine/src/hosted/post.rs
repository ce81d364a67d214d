//! Provider's pages that a browser has to post to: Kontor's own page does it, at an address that nobody guesses.
//!
//! What is posted opens the provider's page for whoever has it, so it is sealed, and destroyed when the page is over.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use kontor_domain::{
    Secret,
    ids::{IntegrationId, OrganizationId, PaymentId},
};
use kontor_providers::HostedPage;
use kontor_store::{Conn, hosted, payments};

use crate::{Actor, Engine, Error, credentials::Purpose, resolve::digest};

/// What the browser has to post, and where. No Debug: a secret is in it.
pub struct Post {
    /// Where to.
    pub url: String,
    /// The fields by name.
    pub fields: Vec<(String, Secret)>,
}

/// The fields of one form as they are sealed.
fn packed(page: &HostedPage) -> Result<Secret, Error> {
    let fields: Vec<(&str, &str)> = page.form.iter().map(|(name, value)| (*name, value.expose())).collect();
    serde_json::to_string(&fields).map(Secret::new).map_err(|error| Error::Vault(error.to_string()))
}

impl Engine {
    /// Where to send the browser for a page: to the provider's, or to our own that posts to it.
    pub(super) async fn way_to(
        &self,
        conn: &mut Conn,
        organization: OrganizationId,
        (payment, integration): (PaymentId, IntegrationId),
        page: &HostedPage,
    ) -> Result<String, Error> {
        if page.form.is_empty() {
            return Ok(page.url.clone());
        }
        let code = BASE64URL_NOPAD.encode(&self.ambient.bytes::<24>());
        let expires_at = hosted::posted(conn, organization, payment, &digest(&code)).await?;
        let values = BTreeMap::from([(payment.to_string(), packed(page)?)]);
        let (purpose, end) = (Purpose::HostedForm, Some(expires_at));
        self.seal_until(conn, organization, integration, purpose, &values, end).await?;
        let base = self.settings.public_url.as_str().trim_end_matches('/');
        Ok(format!("{base}/pay/page/{code}"))
    }

    /// What the browser that has this code has to post; none where there is no such page, or none any more.
    pub async fn page_to_post(&self, code: &str, actor: &Actor) -> Result<Option<Post>, Error> {
        let found = {
            let mut conn = self.db.read().await?;
            match hosted::by_post_hash(&mut conn, &digest(code)).await? {
                Some((setup, url)) => {
                    let payment = payments::get(&mut conn, setup.organization, setup.payment).await?;
                    payment.filter(|it| it.status.is_open()).map(|_| (setup, url))
                }
                None => None,
            }
        };
        let now = self.ambient.now();
        let Some((setup, url)) = found.filter(|(it, _)| it.superseded_at.is_none() && now < it.expires_at)
        else {
            return Ok(None);
        };
        let field = setup.payment.to_string();
        let purposes = [Purpose::HostedForm];
        let (organization, integration) = (setup.organization, setup.integration);
        let mut opened =
            self.open_secrets(organization, integration, &purposes, &[&field], actor, "hosted form").await?;
        let Some(packed) = opened.remove(&(Purpose::HostedForm, field)) else { return Ok(None) };
        let fields: Vec<(String, String)> =
            serde_json::from_str(packed.expose()).map_err(|error| Error::Vault(error.to_string()))?;
        Ok(Some(Post { url, fields: fields.into_iter().map(|(name, it)| (name, Secret::new(it))).collect() }))
    }
}

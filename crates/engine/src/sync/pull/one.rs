//! What one thing in the books, as it stands there now, means here.
//!
//! Owns what is taken in: a customer's contacts, and payments that were entered there. Everything else that somebody
//! changed there is shown to a person. Refuses to change an invoice, an order or a payment of ours for it.

use kontor_domain::sync::{Difference, Standing, State};
use kontor_providers::books::{Client, Kind, Object};
use kontor_store::{
    Conn, customers, invoices,
    sync::{
        self, inbox,
        links::{self, Link},
    },
};
use serde_json::json;

use crate::{
    Actor,
    sync::{
        contact, paper,
        settle::{gone, seen},
        turn::{Halt, Turn},
    },
};

impl Turn<'_> {
    /// Something stands there so. False where it is to be looked at again later.
    pub(in crate::sync) async fn see(&mut self, object: &Object) -> Result<bool, Halt> {
        let kind = object.kind();
        let found = self.pair(kind, &object.stamp().id).await?;
        let Some(mut link) = found else {
            return match object {
                Object::Payment(it) if !it.voided => self.entered(it).await,
                _ => Ok(true),
            };
        };
        if link.state == State::Sent {
            // What is there may be what was just sent: that is found out first.
            return Ok(false);
        }
        let as_kept = link.clone();
        let before = (link.failure.clone(), link.difference.clone());
        let stood = link.standing.clone();
        let token = link.sync_token.clone();
        seen(&mut link, object);
        let same = token == link.sync_token;
        match object {
            Object::Customer(client) => return self.see_customer(link, client, &as_kept).await,
            Object::Item(_) => {}
            Object::Sale(it) => {
                if it.voided {
                    Self::is_gone(&mut link, stood.as_ref(), "It was voided there.");
                } else if link.state != State::Dismissed {
                    let changed = stood
                        .as_ref()
                        .is_some_and(|before| !before.voided && before.total != it.total.to_string());
                    if changed && !same {
                        link.difference =
                            Some(differs("total", stood.map(|it| it.total), it.total.to_string()));
                    } else if kind == Kind::Invoice && !self.balances(&mut link, it.balance).await? {
                        return Ok(false);
                    }
                }
            }
            Object::Payment(it) => {
                if it.voided {
                    Self::is_gone(&mut link, stood.as_ref(), "It was voided there.");
                } else if link.state != State::Dismissed && !same {
                    let now = link.standing.clone().unwrap_or_default();
                    if stood.as_ref().is_some_and(|before| before.total != now.total) {
                        link.difference = Some(differs("payment", stood.map(|it| it.total), now.total));
                    }
                }
            }
        }
        // Our own writes come back, and what was seen before comes again: nothing is written for that.
        if link != as_kept {
            self.settle(&link, &before).await?;
        }
        Ok(true)
    }

    async fn settle(&self, link: &Link, before: &super::super::settle::Before) -> Result<(), Halt> {
        let mut tx = self.engine.db.write().await?;
        self.put(&mut tx, link, before).await?;
        Ok(tx.commit_at("sync.seen").await?)
    }

    /// It is not there any more.
    pub(in crate::sync) async fn removed(&mut self, kind: Kind, id: &str) -> Result<bool, Halt> {
        let Some(mut link) = self.pair(kind, id).await? else { return Ok(true) };
        if link.state == State::Sent {
            return Ok(false);
        }
        let before = (link.failure.clone(), link.difference.clone());
        let stood = link.standing.clone();
        Self::is_gone(&mut link, stood.as_ref(), "It was deleted there.");
        self.settle(&link, &before).await?;
        Ok(true)
    }

    /// Taken back or deleted there: a difference, unless it was to be so.
    fn is_gone(link: &mut Link, stood: Option<&Standing>, message: &str) {
        let ours = link.pushed_hash.as_deref() == Some("void");
        if ours || matches!(link.state, State::Gone | State::Dismissed) {
            return;
        }
        gone(link, stood, message);
    }

    /// Whether what is open of an invoice is the same on both sides; it is compared when nothing is on its way. False
    /// where it cannot be told yet.
    async fn balances(&self, link: &mut Link, there: Option<kontor_domain::Money>) -> Result<bool, Halt> {
        if link.state != State::Synced {
            return Ok(true);
        }
        let Ok(id) = link.local_id.parse() else { return Ok(true) };
        let mut conn = self.engine.db.read().await?;
        let (organization, integration) = (self.organization, self.integration.id);
        let Some(invoice) = invoices::get(&mut conn, organization, id).await? else { return Ok(true) };
        let here = invoice.standing().balance().map_err(crate::Error::from)?;
        if there.is_none() || there == Some(here) {
            if link.difference.as_ref().is_some_and(|it| it.code == "balance") {
                link.difference = None;
            }
            return Ok(true);
        }
        // What says more of it stays.
        if link.difference.as_ref().is_some_and(|it| it.code != "balance") {
            return Ok(true);
        }
        let state = self.state().await?;
        if state.comparing.is_some() {
            // The payments that it may be for were not compared yet.
            return Ok(false);
        }
        let on_its_way = links::under_way(&mut conn, organization, integration).await?;
        if on_its_way > 0 || sync::unplanned_of_money(&mut conn, &state).await? > 0 {
            return Ok(false);
        }
        let remote = there.map(|it| it.to_string()).unwrap_or_default();
        link.difference = Some(differs("balance", Some(here.to_string()), remote));
        Ok(true)
    }

    /// A customer: what was changed there alone is taken in.
    async fn see_customer(&self, mut link: Link, client: &Client, as_kept: &Link) -> Result<bool, Halt> {
        let id = link.local_id.split(':').next().unwrap_or_default();
        let id = id.parse().map_err(|_| kontor_store::Error::Corrupt("local_id"))?;
        let mut tx = self.engine.db.write().await?;
        let Some(mut customer) = customers::by_id(&mut tx, self.organization, id).await? else {
            return Ok(true);
        };
        let known = contact::read(link.agreed.as_deref());
        let (ours, theirs) = (contact::ours(&customer), contact::theirs(client));
        let merge = contact::merge(known.as_ref(), &ours, &theirs);
        if !merge.inward.is_empty() && link.state != State::Dismissed {
            contact::take_in(&mut customer, client, &merge.inward);
            customer.updated_at = self.now();
            self.take_in_customer(&mut tx, &customer, &merge.inward).await?;
        }
        let ours = contact::ours(&customer);
        let agreed = contact::agreed(known.as_ref(), &ours, &theirs);
        link.agreed = serde_json::to_string(&agreed).ok();
        if link.state != State::Dismissed {
            link.difference = contact::difference(&merge, &ours, &theirs);
        }
        if link == *as_kept && merge.inward.is_empty() {
            tx.rollback().await?;
            return Ok(true);
        }
        self.put(&mut tx, &link, &(as_kept.failure.clone(), as_kept.difference.clone())).await?;
        tx.commit_at("sync.seen").await?;
        Ok(true)
    }

    async fn take_in_customer(
        &self,
        conn: &mut Conn,
        customer: &kontor_domain::customers::Customer,
        fields: &[&str],
    ) -> Result<(), Halt> {
        customers::update(conn, self.organization, customer).await?;
        let subject = customer.id.to_string();
        let detail = json!({ "fields": fields, "from": self.integration.provider });
        let actor = Actor::system();
        let organization = Some(self.organization);
        self.engine.audit(conn, organization, &actor, "customer.updated", &subject, &detail).await?;
        self.engine.tell_customer(conn, self.organization, customer, false).await?;
        Ok(())
    }

    /// Two became one there: what was ours of the one that went up is the other's now, or waits for a person.
    pub(in crate::sync) async fn merged(&self, kind: Kind, gone_id: &str, into: &str) -> Result<(), Halt> {
        let mut tx = self.engine.db.write().await?;
        let (organization, integration) = (self.organization, self.integration.id);
        let name = kind.as_str();
        let old = links::of_remote(&mut tx, organization, integration, name, gone_id).await?;
        let Some(mut link) = old.filter(|it| it.state != State::Sent) else {
            return Ok(tx.rollback().await?);
        };
        let before = (link.failure.clone(), link.difference.clone());
        if links::of_remote(&mut tx, organization, integration, name, into).await?.is_some() {
            gone(&mut link, None, "It was merged there with another one that is also one of yours.");
        } else {
            link.remote_id = Some(into.to_owned());
            (link.sync_token, link.remote_updated_at) = (None, None);
            inbox::notice(&mut tx, organization, integration, (name, into, None), self.now()).await?;
        }
        self.put(&mut tx, &link, &before).await?;
        Ok(tx.commit_at("sync.seen").await?)
    }
}

pub(super) fn differs(code: &str, local: Option<String>, remote: String) -> Difference {
    let message = match code {
        "total" => "Its total was changed there.",
        "balance" => "What is open of it is not the same on both sides.",
        _ => "The payment was changed there.",
    };
    Difference {
        code: code.to_owned(),
        message: message.to_owned(),
        local: local.unwrap_or_default(),
        remote,
    }
}

/// Whether a payment there is one of ours, whoever has written that down by now.
pub(super) fn is_ours(note: Option<&str>) -> bool {
    paper::marked(note).is_some_and(|it| it.starts_with("pay_"))
}

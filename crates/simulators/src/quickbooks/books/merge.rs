//! What happens to a whole company's books at once, which only people in QuickBooks bring about: one object of a list goes
//! into another, and the company's own currency. What becomes of transactions then is not known from public sources (§3.3);
//! here they follow their customer, and that is no change of their own.

use serde_json::json;

use super::{Books, ENTITIES, Entity, Object, amount, decimal, sales::currency_reference, target, text};
use crate::quickbooks::events::What;

impl Books<'_> {
    /// Takes `gone` out of a list in favour of `kept`, with all that was its own; the name goes with it.
    pub(in crate::quickbooks) fn merge(
        &mut self,
        entity: &'static Entity,
        mut kept: Object,
        mut gone: Object,
    ) -> Object {
        let time = super::moment(self.state.now());
        gone.insert(
            "MetaData".into(),
            json!({ "CreateTime": gone["MetaData"]["CreateTime"], "LastUpdatedTime": time }),
        );
        self.keep(entity.name, &gone, true);
        if entity.name == "Customer" {
            for key in ["Balance", "BalanceWithJobs"] {
                let sum = amount(&kept, key) + amount(&gone, key);
                kept.insert(key.into(), decimal::number(sum));
            }
            self.follow("Customer", &kept);
            self.hand_over(&text(&gone, "Id"), &text(&kept, "Id"));
        }
        self.put(entity.name, kept, What::Updated)
    }

    fn hand_over(&mut self, from: &str, to: &str) {
        let named = self.named("Customer", to);
        for entity in ENTITIES.iter().filter(|it| it.is_transaction) {
            let of = |it: &&Object| target(it, "CustomerRef") == from;
            let theirs: Vec<Object> = self.all(entity.name).filter(of).cloned().collect();
            for mut it in theirs {
                it.insert("CustomerRef".into(), named.clone());
                self.follow(entity.name, &it);
            }
        }
    }

    /// Has a company that has no transactions in it yet keep its books in another currency, with all of its lists.
    pub(in crate::quickbooks) fn set_home(&mut self, code: &str) {
        let before = self.switches.home_currency.clone();
        if before == code {
            return;
        }
        for entity in ENTITIES.iter().filter(|it| !it.is_transaction) {
            let of = |it: &&Object| target(it, "CurrencyRef") == before;
            let theirs: Vec<Object> = self.all(entity.name).filter(of).cloned().collect();
            for mut it in theirs {
                it.insert("CurrencyRef".into(), currency_reference(code));
                self.follow(entity.name, &it);
            }
        }
    }
}

//! What an observation changes besides rows: freshness, keys, other customers; and whose an object is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::Store;
use super::super::error::StoreError;
use super::super::outbox::{self, Telling};
use super::super::time::micros;
use super::super::words;
use super::super::write::Write;
use super::observe::{At, Stored};
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Kind, Object, ObjectKey};
use crate::records::{Commit, CustomerRows, Moment, Observed, Source};

impl Store {
    /// An event about a customer whose subscriptions were never read. That it came is noted: a read that is under way may lack
    /// it.
    pub(super) async fn observe_unread(
        &self,
        write: &mut Write,
        at: At<'_>,
        seen: &Observed,
        stored: &mut Stored,
    ) -> Result<(), StoreError> {
        let At {
            install, customer, ..
        } = at;
        let mut known = CustomerRows::default();
        known.freshness.mark(seen.moment.began);
        self.put_freshness(write, at, &known).await?;
        for key in &seen.deleted {
            let owner = Some(customer.as_str());
            self.bury(
                write,
                install,
                key,
                owner,
                seen.moment.began,
                (at.number, at.now),
            )
            .await?;
        }
        // Who has this customer's address, and that no one else has it, is not known any more.
        for object in &seen.objects {
            let Object::Customer(customer) = object else {
                continue;
            };
            for key in self.own_keys(customer) {
                sqlx::query("DELETE FROM asked WHERE install = $1 AND key = $2")
                    .bind(install.as_str())
                    .bind(&key)
                    .execute(write.conn())
                    .await?;
                stored.keys.push(key);
            }
        }
        if !at.timelines.is_empty() {
            let said = seen.objects.iter().filter_map(|object| match object {
                Object::Subscription(subscription) => Some(Telling::Said(subscription.clone())),
                _ => None,
            });
            let mut telling: Vec<Telling> = said.collect();
            if seen.mark || !seen.deleted.is_empty() {
                telling.push(Telling::Read);
            }
            let wanted = self.telling(at.timelines, install, customer, &telling, at.now)?;
            outbox::queue(write, &wanted, at.now).await?;
        }
        stored.is_changed = true;
        Ok(())
    }

    /// Finds rows of the observed objects that are stored with no one, or with another customer. Returns the latter, with the
    /// customers who have them no more.
    pub(super) async fn find_elsewhere(
        &self,
        write: &mut Write,
        install: &InstallName,
        seen: &Observed,
        known: &mut CustomerRows,
    ) -> Result<Vec<(ObjectKey, CustomerId)>, StoreError> {
        let keys = seen
            .objects
            .iter()
            .map(Object::key)
            .chain(seen.deleted.iter().cloned());
        let unknown: Vec<ObjectKey> = keys.filter(|key| !known.rows.contains_key(key)).collect();
        let mut elsewhere = Vec::new();
        for key in unknown {
            if let Some((owner, row)) = self.find(write.conn(), install, &key).await? {
                if !owner.is_empty() && owner != seen.customer.as_str() {
                    elsewhere.push((key.clone(), CustomerId::new(owner)));
                }
                known.rows.insert(key, row);
            }
        }
        Ok(elsewhere)
    }

    pub(super) async fn put_freshness(
        &self,
        write: &mut Write,
        at: At<'_>,
        known: &CustomerRows,
    ) -> Result<(), StoreError> {
        let At {
            install, customer, ..
        } = at;
        let freshness = &known.freshness;
        let missing: Vec<String> = freshness
            .missing
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect();
        let used_at = freshness.read.map_or(at.now, |read| read.at);
        sqlx::query(
            "INSERT INTO customers (install, customer, changed, read_began, read_at, marked, recheck_at, missing,
                gone_since, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (install, customer) DO UPDATE SET changed = excluded.changed,
                read_began = excluded.read_began, read_at = excluded.read_at,
                marked = CASE WHEN customers.marked > excluded.marked THEN customers.marked ELSE excluded.marked END,
                recheck_at = excluded.recheck_at, missing = excluded.missing, gone_since = excluded.gone_since,
                used_at = excluded.used_at",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .bind(at.number)
        .bind(freshness.read.map(|read| read.began))
        .bind(freshness.read.map(|read| micros(read.at)))
        .bind(freshness.marked)
        .bind(freshness.recheck.map(micros))
        .bind(words::written(&missing))
        .bind(freshness.gone_since.map(micros))
        .bind(micros(used_at))
        .execute(write.conn())
        .await?;
        Ok(())
    }

    /// Makes a customer's address and Shopify id lead to them. Returns the keys that changed.
    pub(super) async fn lead_to(
        &self,
        write: &mut Write,
        at: At<'_>,
        known: &CustomerRows,
    ) -> Result<Vec<String>, StoreError> {
        let At {
            install, customer, ..
        } = at;
        let own = known
            .live(Kind::Customer)
            .find_map(|(object, _)| match object {
                Object::Customer(own) => Some(own),
                _ => None,
            });
        let keys = own.map(|own| self.own_keys(own)).unwrap_or_default();
        let email = own.and_then(|own| own.email.as_deref());
        if let Some(email) = email.and_then(|email| Email::parse(email).ok()) {
            sqlx::query("UPDATE customers SET email = $3 WHERE install = $1 AND customer = $2")
                .bind(install.as_str())
                .bind(customer.as_str())
                .bind(self.0.rows.email(&email.key()))
                .execute(write.conn())
                .await?;
            self.note_address(write, install, customer, &email).await?;
            if !at.timelines.is_empty() {
                self.keep_address(write, install, customer, &email).await?;
            }
        }
        self.set_own_keys(write.conn(), install, customer, &keys)
            .await
    }

    /// Marks a customer who has something no more that another customer has now. `None`: nothing is kept of them.
    pub(super) async fn mark_other(
        &self,
        write: &mut Write,
        at: At<'_>,
    ) -> Result<Option<Stored>, StoreError> {
        let known = self.load(write.conn(), at.install, at.customer).await?;
        if !known.is_kept() {
            return Ok(None);
        }
        let moment = Moment {
            began: at.number,
            at: at.now,
        };
        let marking = Observed {
            mark: true,
            ..Observed::new(at.customer.clone(), Source::Webhook, moment)
        };
        let (all, mut others) = ([Cow::Owned(marking)], BTreeSet::new());
        let stored = self.observe_one(write, at, &all, &mut others).await?;
        Ok(Some(stored))
    }

    /// Notes that an object is deleted of which there is no row: a late webhook does not bring it back unread.
    pub(super) async fn bury(
        &self,
        write: &mut Write,
        install: &InstallName,
        key: &ObjectKey,
        owner: Option<&str>,
        receipt: Commit,
        (number, now): (Commit, Instant),
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO records (install, kind, id, owner, committed, at, source, deletion)
             VALUES ($1, $2, $3, $4, $5, $6, 'webhook', $7)
             ON CONFLICT (install, kind, id) DO UPDATE SET deletion = excluded.deletion",
        )
        .bind(install.as_str())
        .bind(key.kind.as_str())
        .bind(&*key.id)
        .bind(owner.unwrap_or_default())
        .bind(number)
        .bind(micros(now))
        .bind(receipt)
        .execute(write.conn())
        .await?;
        Ok(())
    }

    /// Whether anything is stored about a customer: records, a link, or something on a timeline.
    pub async fn is_known(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<bool, StoreError> {
        let there: i64 = sqlx::query_scalar(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM records WHERE install = $1 AND owner = $2 AND body IS NOT NULL)
                OR EXISTS (SELECT 1 FROM customer_keys WHERE install = $1 AND customer = $2)
                OR EXISTS (SELECT 1 FROM links WHERE install = $1 AND customer = $2)
                OR EXISTS (SELECT 1 FROM objects WHERE install = $1 AND customer = $2) THEN 1 ELSE 0 END",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .fetch_one(&self.0.readers)
        .await?;
        Ok(there != 0)
    }

    /// Whose an object is, as far as is stored: by its row, else by what stands on a timeline.
    pub async fn owner_of(
        &self,
        install: &InstallName,
        key: &ObjectKey,
    ) -> Result<Option<CustomerId>, StoreError> {
        let owner: Option<String> = sqlx::query_scalar(
            "SELECT owner FROM records WHERE install = $1 AND kind = $2 AND id = $3 AND owner <> ''
             UNION ALL SELECT customer FROM objects WHERE install = $1 AND $2 = 'subscription' AND external_id =
                (SELECT provider || ':' || name || ':sub:' || $3 FROM installs WHERE name = $1)
             LIMIT 1",
        )
        .bind(install.as_str())
        .bind(key.kind.as_str())
        .bind(&*key.id)
        .fetch_optional(&self.0.readers)
        .await?;
        Ok(owner.map(CustomerId::new))
    }
}

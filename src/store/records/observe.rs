//! The transaction in which observations meet the rule.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::Store;
use super::super::error::StoreError;
use super::super::images;
use super::super::inbox::{Ticket, settle};
use super::super::outbox::{self, Timelines};
use super::super::points::Point;
use super::super::write::{Lasting, Write};
use super::commits;
use super::forget::forget_customer;
use super::keys::Asked;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Kind, Object, ObjectKey};
use crate::records::{
    Changes, Commit, CustomerRows, Known, Moment, Observed, Row, compose, observe,
};

/// What was observed of one install, stored together: all of it, or nothing.
#[derive(Debug, Clone)]
pub struct Observation<'a> {
    /// The install.
    pub install: &'a InstallName,
    /// What was observed of customers.
    pub customers: &'a [Observed],
    /// What the provider was asked about, and answered.
    pub asked: &'a [Asked],
    /// Objects that webhooks say are deleted and of which nothing says whose they were, with the commits of their receipts.
    pub deleted: &'a [(ObjectKey, Commit)],
    /// The webhooks that leave the inbox with it.
    pub tickets: &'a [Ticket],
}

/// The customer that is observed, and the transaction in which.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub install: &'a InstallName,
    pub customer: &'a CustomerId,
    pub number: Commit,
    pub now: Instant,
    pub timelines: &'a Timelines,
}

/// What became of the observations of one customer.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The customer.
    pub customer: CustomerId,
    /// What is known of them now. `None`: nothing is stored of them.
    pub known: Option<Known>,
    /// Whether anything changed.
    pub is_changed: bool,
    /// Whether nothing may be stored of them: they were erased, or the install began anew since.
    pub is_refused: bool,
    /// Whether they are gone at the provider for certain.
    pub is_gone: bool,
    /// The keys that lead to somebody else, or to more or fewer customers, now.
    pub keys: Vec<String>,
}

impl Store {
    /// Stores observations of one install, in one transaction. Returns what became of each customer, also of those who have to
    /// be read because another customer has something of theirs now.
    pub async fn observe(
        &self,
        observation: Observation<'_>,
        now: Instant,
    ) -> Result<Vec<Stored>, StoreError> {
        let is_acknowledged = !observation.tickets.is_empty() || !observation.deleted.is_empty();
        let lasting = if is_acknowledged {
            Lasting::Acknowledged
        } else {
            Lasting::Again
        };
        let mut write = self.write(Point::Observed, lasting).await?;
        let stored = self.observe_within(&mut write, &observation, now).await?;
        settle(&mut write, observation.tickets, now).await?;
        write.commit().await?;
        Ok(stored)
    }

    async fn observe_within(
        &self,
        write: &mut Write,
        observation: &Observation<'_>,
        now: Instant,
    ) -> Result<Vec<Stored>, StoreError> {
        let install = observation.install;
        let exists: Option<i64> = sqlx::query_scalar("SELECT 1 FROM installs WHERE name = $1")
            .bind(install.as_str())
            .fetch_optional(write.conn())
            .await?;
        if exists.is_none() {
            let refused = observation
                .customers
                .iter()
                .map(|seen| Stored::refused(&seen.customer));
            return Ok(refused.collect());
        }
        let (number, valid_from) = commits::next(write.conn(), install).await?;
        let timelines = self.timelines(write.conn(), install).await?;
        let mut stored = Vec::with_capacity(observation.customers.len());
        let mut others = BTreeSet::new();
        let mut by_customer: BTreeMap<&CustomerId, Vec<&Observed>> = BTreeMap::new();
        for seen in observation.customers {
            by_customer.entry(&seen.customer).or_default().push(seen);
        }
        // First: what a late webhook says of an object that is deleted is then met by its tombstone.
        for (key, receipt) in observation.deleted {
            if self.is_of_erased(write.conn(), install, key, now).await? {
                continue;
            }
            self.bury(write, install, key, None, *receipt, (number, now))
                .await?;
        }
        for (customer, seen) in by_customer {
            let seen = seen.into_iter();
            let seen: Vec<_> = seen
                .filter_map(|seen| of_this_beginning(seen, valid_from, number))
                .collect();
            if seen.is_empty() || self.is_erased(write.conn(), install, customer, now).await? {
                stored.push(Stored::refused(customer));
                continue;
            }
            let at = At {
                install,
                customer,
                number,
                now,
                timelines: &timelines,
            };
            stored.push(self.observe_one(write, at, &seen, &mut others).await?);
        }
        for asked in observation
            .asked
            .iter()
            .filter(|asked| asked.moment.began >= valid_from)
        {
            others.extend(self.keep_asked(write.conn(), install, asked, now).await?);
        }
        others.retain(|other| stored.iter().all(|one| one.customer != *other));
        for other in others {
            let at = At {
                install,
                customer: &other,
                number,
                now,
                timelines: &timelines,
            };
            stored.extend(self.mark_other(write, at).await?);
        }
        Ok(stored)
    }

    pub(super) async fn observe_one(
        &self,
        write: &mut Write,
        at: At<'_>,
        all: &[Cow<'_, Observed>],
        others: &mut BTreeSet<CustomerId>,
    ) -> Result<Stored, StoreError> {
        let At {
            install, customer, ..
        } = at;
        let mut known = self.load(write.conn(), install, customer).await?;
        let mut stored = Stored {
            is_refused: false,
            ..Stored::refused(customer)
        };
        let mut written = BTreeSet::new();
        let (mut is_changed, mut is_complete) = (false, false);
        for seen in all {
            if !seen.source.is_read() && known.freshness.read.is_none() {
                self.observe_unread(write, at, seen, &mut stored).await?;
                if known.is_kept()
                    && let Some(own) = own_record_alone(seen)
                {
                    written.extend(observe(&mut known, &own, at.number, at.now).written);
                }
                continue;
            }
            let elsewhere = self
                .find_elsewhere(write, install, seen, &mut known)
                .await?;
            let mut changes = observe(&mut known, seen, at.number, at.now);
            others.extend(elsewhere.iter().map(|(_, owner)| owner.clone()));
            for (key, _) in elsewhere {
                move_here(&mut known, seen, &key, at.number, &mut changes);
            }
            if changes.gone {
                let whole = forget_customer(write, install, customer, at.now).await?;
                // Other processes forget them, too.
                write.raise_erasures().await?;
                stored.is_gone = true;
                stored.is_changed = true;
                stored.keys = whole.keys;
                return Ok(stored);
            }
            is_changed |= !changes.is_nothing();
            written.extend(changes.written);
            is_complete |= seen.is_complete();
        }
        if written.is_empty() && !is_changed && !is_complete {
            stored.known = compose(&known);
            if let Some(known) = &mut stored.known {
                images::fill(write.conn(), install, known).await?;
            }
            return Ok(stored);
        }
        for key in &written {
            if let Some(row) = known.rows.get(key) {
                self.put(write.conn(), install, customer.as_str(), key, row)
                    .await?;
            }
        }
        stored.is_changed |= is_changed || !written.is_empty();
        if is_changed {
            self.put_freshness(write, at, &known).await?;
        }
        if written.iter().any(|key| key.kind == Kind::Customer) {
            stored.keys.extend(self.lead_to(write, at, &known).await?);
        }
        stored.known = compose(&known);
        if let Some(known) = &mut stored.known {
            if let Some(snapshot) = &known.snapshot
                && written.iter().any(|key| key.kind == Kind::Charge)
            {
                images::remember_shown(write.conn(), install, snapshot, at.now).await?;
            }
            images::fill(write.conn(), install, known).await?;
        }
        self.tell(write, at, &known, stored.known.as_ref()).await?;
        Ok(stored)
    }

    /// Queues what helpdesks have to be told of a customer.
    async fn tell(
        &self,
        write: &mut Write,
        at: At<'_>,
        rows: &CustomerRows,
        known: Option<&Known>,
    ) -> Result<(), StoreError> {
        let At { install, now, .. } = at;
        if at.timelines.is_empty() {
            return Ok(());
        }
        let wanted = self
            .wanted(write.conn(), at.timelines, install, rows, known, now)
            .await?;
        outbox::queue(write, &wanted, now).await?;
        for key in &wanted.unlisted {
            // It may be another customer's by now.
            if self.find(write.conn(), install, key).await?.is_some() {
                continue;
            }
            let tombstone = Row::tombstone(at.number, now);
            self.put(write.conn(), install, at.customer.as_str(), key, &tombstone)
                .await?;
        }
        Ok(())
    }
}

impl Stored {
    /// Nothing is stored.
    pub fn refused(customer: &CustomerId) -> Self {
        Self {
            customer: customer.clone(),
            known: None,
            is_changed: false,
            is_refused: true,
            is_gone: false,
            keys: Vec::new(),
        }
    }
}

/// An observation, if it is of this beginning of the install. What was read before is not stored. Webhooks and lists from
/// before are not believed either, but they are never read again: the customer is.
fn of_this_beginning(
    seen: &Observed,
    valid_from: Commit,
    number: Commit,
) -> Option<Cow<'_, Observed>> {
    if seen.moment.began >= valid_from {
        return Some(Cow::Borrowed(seen));
    }
    let moment = Moment {
        began: number,
        ..seen.moment
    };
    let marking = Observed {
        mark: true,
        ..Observed::new(seen.customer.clone(), seen.source, moment)
    };
    (!seen.source.is_read()).then_some(Cow::Owned(marking))
}

/// An object that another customer had until now. A read that began after its row was written moves the row, whatever else
/// it says; where another observation names it, this customer is read.
fn move_here(
    known: &mut CustomerRows,
    seen: &Observed,
    key: &ObjectKey,
    number: Commit,
    changes: &mut Changes,
) {
    if changes.written.contains(key) {
        return;
    }
    let row = known.rows.get(key);
    let is_live = row.is_some_and(|row| row.object.is_some());
    let is_after = row.is_some_and(|row| seen.moment.began >= row.commit);
    if is_live && is_after && seen.source.is_read() {
        changes.written.push(key.clone());
        return;
    }
    known.rows.remove(key);
    known.freshness.mark(number);
    changes.freshness = true;
}

/// The part of an event that says what the customer's own record is now.
fn own_record_alone(seen: &Observed) -> Option<Observed> {
    let mut own = seen.clone();
    own.objects
        .retain(|object| matches!(object, Object::Customer(_)));
    own.deleted.clear();
    own.mark = false;
    (!own.objects.is_empty()).then_some(own)
}

//! What lookups are told of changes, by the worker that applies events to what is stored; and whom they tell.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use super::person::Person;
use super::upstream::{FetchContext, Joined, NoResult, Priority, Waiters};
use super::{Lookups, Remembered};
use crate::domain::access::Connected;
use crate::domain::answer::Reason;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::event::{Change, Event};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::{MatchedBy, Subject, SubjectKey};
use crate::domain::snapshot::Snapshot;

/// How many changes a listener may be behind; then it is told that it has missed some.
pub const BEHIND: usize = 1_024;
/// A customer is read in less.
const PATIENCE: Duration = Duration::from_secs(60);

/// A customer's card has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// At which install.
    pub install: InstallName,
    /// Whose.
    pub customer: CustomerId,
    /// Subjects that may name somebody else now.
    pub moved: Vec<SubjectKey>,
}

/// The subjects that may name somebody else after an event about a customer's record, given what was known before it:
/// their addresses and their ids at Shopify, the old and the new. What is remembered of them has to go.
pub fn moved(event: &Event, before: Option<&Snapshot>) -> Vec<SubjectKey> {
    let Change::Customer(now) = &event.change else {
        return Vec::new();
    };
    let before = before.map(|snapshot| &snapshot.customer);
    let mut moved = Vec::new();
    let emails = [
        before.and_then(|before| before.email.as_deref()),
        now.email.as_deref(),
    ];
    let emails = emails.map(|email| email.and_then(|email| Email::parse(email).ok()));
    if emails[0].as_ref().map(Email::key) != emails[1].as_ref().map(Email::key) {
        moved.extend(emails.into_iter().flatten().map(Subject::Email));
    }
    let ids = [
        before.and_then(|before| before.shopify_customer_id.clone()),
        now.shopify_customer_id.clone(),
    ];
    if ids[0] != ids[1] {
        moved.extend(ids.into_iter().flatten().map(Subject::ShopifyCustomer));
    }
    moved.iter().map(Subject::key).collect()
}

impl Lookups {
    /// An event has come and will be applied to what is stored. To be called before that is read. `customer` is whose it
    /// is; `None` when nobody is known to have what it is about: then whose it is, is to be looked up once more after this.
    /// Before anything is read [`Lookups::landed`] is to be waited for.
    pub fn announce(&self, install: &InstallName, customer: Option<&CustomerId>, event: &Event) {
        if matches!(
            event.change,
            Change::Shop | Change::Uninstalled | Change::Nothing
        ) {
            return;
        }
        self.0.snapshots.events.tell(install, customer, event);
        if let Some(customer) = customer {
            self.0.snapshots.raise(install, customer);
        }
    }

    /// Ends when what flights have left to be stored is stored: one that landed ahead of a slow store may not have seen what was
    /// announced since.
    pub async fn landed(&self) {
        self.0.snapshots.landed().await;
    }

    /// Whether a subscription or a charge that was there at `seen`, and that its customer's card does not have, may be gone
    /// already: it was hinted at before it was told of, or that can't be excluded. Then the card is to be read again.
    pub fn may_be_gone(
        &self,
        install: &InstallName,
        change: &Change,
        seen: Option<Instant>,
    ) -> bool {
        let events = &self.0.snapshots.events;
        events.may_be_gone(install, change, seen)
    }

    /// What was announced of a customer is committed. `stored` is their card now, if there is one; `moved` are subjects
    /// whose resolutions the commit removed.
    pub fn settled(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        stored: Option<Remembered>,
        moved: &[SubjectKey],
    ) {
        for subject in moved {
            self.0.resolutions.raise(install, subject);
        }
        self.0.snapshots.replace(install, customer, stored);
        // Nobody may be listening.
        let _ = self.0.changes.send(Changed {
            install: install.clone(),
            customer: customer.clone(),
            moved: moved.to_vec(),
        });
    }

    /// Customers whose cards change by events, from now on. A listener that falls behind is told so, and looks again.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.changes.subscribe()
    }

    /// The shop's own settings changed: they are asked for again at the next look.
    pub fn forget_shop(&self, install: &InstallName) {
        self.0.shops.forget(install);
    }

    /// Reads a customer anew, in the last lane, whatever is remembered. One who is gone is forgotten.
    pub async fn reread(
        &self,
        install: &Arc<Connected>,
        customer: &CustomerId,
    ) -> Result<Option<Arc<Snapshot>>, Reason> {
        let inner = &self.0;
        let key = inner.snapshots.key(&install.install.name, customer);
        let person = Person::known(customer.clone(), MatchedBy::CustomerId);
        let start = |waiters: Waiters| {
            let (inner, key) = (Arc::clone(inner), key.clone());
            let context = FetchContext {
                install: Arc::clone(install),
                workspace: None,
                waiters,
            };
            async move { inner.fly(&context, &key, person).await }
        };
        let flights = &inner.snapshots.flights;
        let boarding = flights.join_or_start_job(
            key.clone(),
            &inner.upstream.runtime,
            Priority::Background,
            || None,
            start,
        );
        let fetched = match boarding {
            Joined::Ready(result) => result,
            Joined::Pending(flight) => flight
                .wait_in_background(&inner.clock.deadline(PATIENCE))
                .await
                .map_err(NoResult::reason)?,
        };
        match fetched {
            Ok(fetched) => Ok(fetched.snapshot),
            Err(failure) => Err(failure.reason),
        }
    }
}

#[cfg(test)]
mod tests;

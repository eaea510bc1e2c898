//! Reading what changed in a gap: three lists, a page at a time, one call after the other. A row is applied as a hook would
//! be that brought it, to the customers of whom something is kept; nobody is read anew for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::TimeDelta;

use super::super::change::changing;
use super::super::meaning::belonging;
use super::super::pictures::Before;
use super::super::registration::off;
use super::Reconcile;
use crate::domain::day::Instant;
use crate::domain::event::{Change, Event};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::lookup::Remembered;
use crate::provider::{ChangesPage, Credentials, List, Place, Provider, ProviderError};
use crate::store::{Applying, Gap, GapProgress, Store, StoreError};

/// Until when an install is left alone after a failure.
pub type Waits = HashMap<InstallName, Instant>;

/// What is read, in this order: whoever has a new address is known under it before their subscriptions come.
const LISTS: [(List, &str); 3] = [
    (List::Customers, "customers"),
    (List::Subscriptions, "subscriptions"),
    (List::Charges, "charges"),
];
/// Clocks differ, and lists may lag behind.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
/// So many pages at most, 25,000 rows: what changed more than that is left to the clocks.
const MOST_PAGES: u32 = 100;
/// A process that dies holds a sweep up for so long.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// So often a card is worked out again that somebody else changed meanwhile; then it is read again at the next look.
const TRIES: usize = 8;

impl Reconcile {
    pub(super) async fn lease(&self, name: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.store.lease(name, &self.holder, now + LEASE, now).await
    }

    /// Reads on from where it was left. Returns how long to wait when the provider does not let it come to its end.
    pub(super) async fn sweep_one(
        &self,
        gap: &Gap,
        lease: &str,
    ) -> Result<Option<TimeDelta>, StoreError> {
        let Some(record) = self.store.install(&gap.install).await? else {
            return Ok(None);
        };
        let provider = self.providers.get(record.provider.as_str());
        let (Some(provider), Ok(token)) = (provider, &record.token) else {
            return Ok(Some(TimeDelta::hours(1)));
        };
        if record.must_reconnect() || off(&record, self.public_url.as_deref()).is_some() {
            return Ok(Some(TimeDelta::minutes(1)));
        }
        let with = self.lookups.credentials(&gap.install, &**provider, token);
        let mut progress = gap.progress.clone();
        let mut changed = 0;
        while !progress.swept && self.lease(lease).await? {
            match self.page(gap, &mut progress, provider, &with).await {
                Ok(page) => changed += self.apply(&gap.install, page.events).await?,
                Err(error) => {
                    tracing::warn!(
                        install = gap.install.as_str(),
                        error = error.label(),
                        detail = %error,
                        "what was missed can't be read now: it is tried again"
                    );
                    self.store.advance_gap(gap, &progress).await?;
                    return Ok(Some(wait(&error)));
                }
            }
            let is_whole = progress.pages < MOST_PAGES && !gap.deletions;
            // After what it brought is applied: a process that dies before reads the page once more.
            if !progress.swept || !is_whole {
                self.store.advance_gap(gap, &progress).await?;
                continue;
            }
            self.store.close_gap(gap).await?;
        }
        if progress.swept {
            tracing::info!(
                install = gap.install.as_str(),
                calls = with.tally.calls(),
                changed,
                "what was missed has been read"
            );
        }
        Ok(None)
    }

    /// The next page, and how far that is.
    async fn page(
        &self,
        gap: &Gap,
        progress: &mut GapProgress,
        provider: &Arc<dyn Provider>,
        with: &Credentials,
    ) -> Result<ChangesPage, ProviderError> {
        let word = progress.list.as_deref();
        let at = LISTS.iter().position(|(_, name)| Some(*name) == word);
        let at = at.unwrap_or(0);
        let place = match progress.place.take() {
            Some(cursor) => Place::After(cursor),
            None => Place::Since(gap.began_at - MARGIN),
        };
        let page = match provider.changes(with, LISTS[at].0, &place).await {
            // Without the scope there is no hook of these either.
            Err(ProviderError::Forbidden) => ChangesPage {
                events: Vec::new(),
                next: None,
            },
            // How long a place is honoured is not established: the list is read from its beginning then.
            Err(error @ ProviderError::Declined { .. }) => return Err(error),
            Err(error) => {
                if let Place::After(cursor) = place {
                    progress.place = Some(cursor);
                }
                return Err(error);
            }
            Ok(page) => page,
        };
        progress.pages += 1;
        match &page.next {
            Some(Place::After(cursor)) => {
                progress.list = Some(LISTS[at].1.to_owned());
                progress.place = Some(cursor.clone());
            }
            _ => {
                progress.list = LISTS.get(at + 1).map(|(_, name)| (*name).to_owned());
                progress.swept = progress.list.is_none();
            }
        }
        progress.swept |= progress.pages >= MOST_PAGES;
        Ok(page)
    }

    /// Applies rows. Returns how many cards they changed.
    async fn apply(&self, install: &InstallName, events: Vec<Event>) -> Result<u32, StoreError> {
        let is_told = self.store.has_timelines(install).await?;
        let mut customers: BTreeMap<CustomerId, Vec<Event>> = BTreeMap::new();
        let mut changed = 0;
        for event in events {
            let Some(customer) = event.customer().cloned() else {
                continue;
            };
            if let Some(before) = owner(&self.store, install, &event.change).await?
                && before != customer
            {
                self.lookups.announce(install, Some(&before), &event);
                self.lookups.landed().await;
                let now = self.clock.now();
                self.store.mark_dirty(install, &before, now).await?;
                self.lookups.settled(install, &before, None, &[]);
            }
            customers.entry(customer).or_default().push(event);
        }
        for (customer, events) in customers {
            // Of others nothing is kept but, perhaps, that an address is nobody's; and a helpdesk may be to be told.
            let matters = |event: &Event| match event.change {
                Change::Customer(_) => true,
                Change::Subscription { .. } => is_told,
                _ => false,
            };
            if events.iter().any(matters) || self.store.remembers(install, &customer).await? {
                changed += u32::from(self.change(install, &customer, &events).await?);
            }
        }
        Ok(changed)
    }

    async fn change(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut is_announced = false;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let kept = self.store.snapshot_and_version(install, customer).await?;
            let was_dirty = kept.0.as_ref().is_some_and(|kept| kept.dirty);
            let learned = events.iter().map(|event| (event, now));
            // It was listed a moment ago.
            let may_be_gone = |event: &Event| {
                let (change, seen) = (&event.change, Some(now));
                self.lookups.may_be_gone(install, change, seen)
            };
            let before = Before::of(kept.0.as_ref());
            let mut applying = changing(install, customer, kept, learned, may_be_gone);
            if is_nothing(&applying) {
                return Ok(false);
            }
            if !is_announced {
                // Only now, since most rows change nothing: what is stored is to be read after it.
                for event in events {
                    self.lookups.announce(install, Some(customer), event);
                }
                self.lookups.landed().await;
                is_announced = true;
                continue;
            }
            before
                .fill(&self.lookups, install, &mut applying, events.iter())
                .await;
            if self.store.apply_hooks(&[&applying], now).await? == [true] {
                let is_clean = !was_dirty && applying.dirty.is_empty();
                let card = applying.card.as_ref().filter(|_| is_clean);
                let stored = card.map(|card| Remembered {
                    snapshot: Arc::clone(card),
                    dirty: false,
                });
                self.lookups
                    .settled(install, customer, stored, &applying.moved);
                return Ok(true);
            }
        }
        self.store
            .mark_dirty(install, customer, self.clock.now())
            .await?;
        self.lookups.settled(install, customer, None, &[]);
        Ok(true)
    }
}

/// Whose something is, as far as is remembered.
async fn owner(
    store: &Store,
    install: &InstallName,
    change: &Change,
) -> Result<Option<CustomerId>, StoreError> {
    match belonging(change) {
        Some(belonging) => store.customer_of(install, belonging).await,
        None => Ok(None),
    }
}

fn is_nothing(applying: &Applying) -> bool {
    let Applying {
        card, dirty, moved, ..
    } = applying;
    card.is_none() && dirty.is_empty() && moved.is_empty() && applying.told.is_empty()
}

fn wait(error: &ProviderError) -> TimeDelta {
    match error {
        ProviderError::RateLimited { retry_after } => retry_after
            .and_then(|after| TimeDelta::from_std(after).ok())
            .unwrap_or(TimeDelta::seconds(30)),
        ProviderError::NotSent { .. } => TimeDelta::seconds(30),
        ProviderError::Declined { .. } => TimeDelta::minutes(10),
        _ => TimeDelta::minutes(1),
    }
}

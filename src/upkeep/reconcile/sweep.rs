//! Reading what changed in a gap: three lists, a page at a time, one call after the other. A row is applied by the rule of
//! records to the customers of whom something is stored; none is read for it.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::super::meaning;
use super::super::registration::off;
use super::Reconcile;
use crate::domain::day::Instant;
use crate::domain::event::{Change, Event};
use crate::domain::install::InstallName;
use crate::provider::{ChangesPage, Credentials, List, Place, Provider, ProviderError};
use crate::records::{LAG, Moment, Source};
use crate::store::{Gap, GapProgress, Observation, StoreError};

/// Until when an install is left alone after a failure.
pub type Waits = HashMap<InstallName, Instant>;

/// What is read, in this order: whoever has a new address is known under it before their subscriptions come.
const LISTS: [(List, &str); 3] = [
    (List::Customers, "customers"),
    (List::Subscriptions, "subscriptions"),
    (List::Charges, "charges"),
];
/// So many pages at most, 25,000 rows: what changed more than that is left to the clocks.
const MOST_PAGES: u32 = 100;
/// A process that dies holds a sweep up for so long.
const LEASE: TimeDelta = TimeDelta::minutes(2);

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
            let moment = Moment {
                began: self.store.commit_number(&gap.install).await?,
                at: self.clock.now(),
            };
            match self.page(gap, &mut progress, provider, &with).await {
                Ok(page) => changed += self.apply(&gap.install, page.events, moment).await?,
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
            None => Place::Since(gap.began_at - LAG),
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

    /// Applies the rows of a page. Returns how many customers they changed.
    async fn apply(
        &self,
        install: &InstallName,
        events: Vec<Event>,
        moment: Moment,
    ) -> Result<u32, StoreError> {
        let has_timelines = self.store.has_timelines(install).await?;
        let mut observed = Vec::new();
        for event in events {
            let Some(customer) = event.customer().cloned() else {
                continue;
            };
            // Of other customers nothing is stored but, perhaps, that an address is no one's; and a timeline may want it.
            let matters = match event.change {
                Change::Customer(_) => true,
                Change::Subscription { .. } => has_timelines,
                _ => false,
            };
            if matters || self.store.is_known(install, &customer).await? {
                let mut seen = meaning::observed(customer, &event.change, "", moment);
                seen.source = Source::List;
                observed.push(seen);
            }
        }
        if observed.is_empty() {
            return Ok(0);
        }
        let observation = Observation {
            install,
            customers: &observed,
            asked: &[],
            deleted: &[],
            tickets: &[],
        };
        let stored = self.store.observe(observation, self.clock.now()).await?;
        let changed = stored.iter().filter(|one| one.is_changed).count();
        self.lookups.committed(install, stored);
        Ok(u32::try_from(changed).unwrap_or(u32::MAX))
    }
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

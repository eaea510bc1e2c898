//! After an outage: hooks may have been missed, so what was read before its end is not fresh, until what changed in it has
//! been read from the provider's lists.
//!
//! Ours is told by the heartbeat: a time in which no process over this store was alive. Theirs is told by the registration
//! of hooks: an address had vanished. A gap is one row per install; nothing of what is stored is written over.

mod sweep;

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join;

use super::Providers;
use super::registration::off;
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::secret::random_hex;
use crate::lookup::Lookups;
use crate::store::{Gap, Store, StoreError};

/// How often the heart beats, and how often it is seen whether there is something to read.
const EVERY: Duration = Duration::from_secs(5);
/// A heart that stood still for so long in a process that lives: the machine slept.
const LATE: TimeDelta = TimeDelta::minutes(2);
/// Hooks are tried again for so long. What fails after that is not told any more, and then a deletion may be among it.
const RETRIED: TimeDelta = TimeDelta::hours(48);

/// Finds gaps, and closes them.
pub struct Reconcile {
    store: Store,
    lookups: Lookups,
    providers: Providers,
    clock: Clock,
    public_url: Option<String>,
    /// How long a card can be shown at most.
    stale: TimeDelta,
    /// Names this process among those that share the store.
    holder: String,
}

impl Reconcile {
    /// Begins: lookups know of all gaps when this returns.
    pub async fn begin(
        store: &Store,
        lookups: &Lookups,
        providers: &Providers,
        clock: &Clock,
        public_url: Option<String>,
        stale: Duration,
    ) -> Result<Self, StoreError> {
        let reconcile = Self {
            store: store.clone(),
            lookups: lookups.clone(),
            providers: providers.clone(),
            clock: clock.clone(),
            public_url,
            stale: TimeDelta::from_std(stale).unwrap_or(TimeDelta::MAX),
            holder: random_hex(8),
        };
        let now = clock.now();
        if let Some(last) = store.beat(now).await? {
            reconcile.open_gaps((last, now)).await?;
        }
        reconcile.tell().await?;
        Ok(reconcile)
    }

    /// Runs for as long as the process does.
    pub async fn run(self) {
        join(self.beat(), self.sweep()).await;
    }

    async fn beat(&self) {
        let mut failing = false;
        loop {
            self.clock.deadline(EVERY).passed().await;
            match self.beat_once().await {
                Ok(()) => failing = false,
                Err(error) if !std::mem::replace(&mut failing, true) => {
                    tracing::error!(%error, "the heartbeat can't be stored");
                }
                Err(_) => {}
            }
        }
    }

    async fn beat_once(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let last = self.store.beat(now).await?;
        if let Some(last) = last.filter(|last| now - *last > LATE) {
            self.open_gaps((last, now)).await?;
        }
        self.tell().await
    }

    /// Every install whose hooks could not come in in this time has missed some.
    async fn open_gaps(&self, (last, now): (Instant, Instant)) -> Result<(), StoreError> {
        for record in self.store.installs().await? {
            let has_hooks = off(&record, self.public_url.as_deref()).is_none()
                && !self.store.hooks(&record.name).await?.is_empty();
            if has_hooks {
                let deletions = now - last > RETRIED;
                self.store
                    .open_gap(&record.name, (last, now), deletions)
                    .await?;
                tracing::info!(
                    install = record.name.as_str(),
                    seconds = (now - last).num_seconds(),
                    "hooks may have been missed: what changed meanwhile is read"
                );
            }
        }
        Ok(())
    }

    /// Lookups know of the gaps that there are. One that no card can be of any more is closed.
    async fn tell(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut ends = HashMap::new();
        for gap in self.store.gaps().await? {
            if now - gap.ended_at > self.stale {
                self.store.close_gap(&gap).await?;
            } else {
                ends.insert(gap.install, gap.ended_at);
            }
        }
        self.lookups.not_fresh_before(ends);
        Ok(())
    }

    async fn sweep(&self) {
        let mut waits = sweep::Waits::new();
        loop {
            let next = self.clock.deadline(EVERY);
            if let Err(error) = self.sweep_all(&mut waits).await {
                tracing::warn!(%error, "what was missed can't be read");
            }
            next.passed().await;
        }
    }

    async fn sweep_all(&self, waits: &mut sweep::Waits) -> Result<(), StoreError> {
        let gaps = self.store.gaps().await?;
        let open: Vec<&Gap> = gaps.iter().filter(|gap| !gap.progress.swept).collect();
        for gap in open {
            let waiting = waits.get(&gap.install);
            if waiting.is_some_and(|until| self.clock.now() < *until) {
                continue;
            }
            let lease = format!("sweep {}", gap.install);
            if !self.lease(&lease).await? {
                continue;
            }
            let later = self.sweep_one(gap, &lease).await?;
            self.store.end_lease(&lease, &self.holder).await?;
            match later {
                Some(later) => {
                    waits.insert(gap.install.clone(), self.clock.now() + later);
                }
                None => {
                    waits.remove(&gap.install);
                }
            }
            self.tell().await?;
        }
        Ok(())
    }
}

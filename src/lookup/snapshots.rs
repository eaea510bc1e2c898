//! Customer -> snapshot, remembered.
//!
//! Three write here: flights, the worker that applies events, and whoever starts an install anew. No lock is held over a
//! call or a write; this is why no event is lost:
//!
//! - The worker tells of an event ([`Events::tell`]) *before* it reads what is stored, and is done with it only while that is
//!   still the version that it read, also when it changes nothing or nothing was there.
//! - A flight looks at the stored version *before* it looks at what was told, and replaces it only in that version. So
//!   either it sees the event, or its write fails because the worker's came between, and it begins again; or the worker's
//!   fails, and the worker finds the flight's result when it reads again.
//! - A store that is slow is not waited for: its flight lands without having looked again after the write. So the worker waits,
//!   between telling and reading, until whatever flights that may not have seen the event are about to store, or have left
//!   to be stored, is stored; and a write that is late and finds another version than its flight did marks the card, to be
//!   read again.
//! - Memory is keyed by a generation that the worker raises when it tells and again when it has committed. A flight that finds
//!   another generation, or more events, after it has stored begins again too. What was read from the store between the two
//!   raises, and may lack the event, is not read any more after the second.
//! - Who starts an install anew, or sees a customer gone, wants older flights forgotten, not patched: their results are not
//!   remembered at all.

use std::sync::Arc;

use chrono::TimeDelta;
use foldhash::quality::RandomState;
use moka::notification::RemovalCause;
use moka::ops::compute::Op;
use moka::sync::Cache;

use super::events::{Events, Landed};
use super::fetch::Fetched;
use super::generations::{Epochs, Generations};
use super::outages::Outages;
use super::upstream::{CoalescedFetches, Failure};
use super::{CacheReading, Keeping, Kept, Remembered, Room, weight};
use crate::clock::Clock;
use crate::domain::day::SET_BACK;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;

/// So often a flight begins again with what it brought. Past that the customer's events come faster than they are stored,
/// and the next look reads anew.
const TRIES: usize = 8;

/// A key with its generation.
pub type FlightKey = (InstallName, CustomerId, u64);

/// When a flight began: what was told, and which beginning of the install it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Began {
    event: u64,
    epoch: u64,
}

/// The memory of snapshots.
pub struct Snapshots {
    kept: Arc<dyn Kept>,
    memory: Cache<FlightKey, Remembered, RandomState>,
    generations: Generations<CustomerId>,
    epochs: Arc<Epochs>,
    /// Those of the last minutes.
    pub events: Events,
    /// Times in which some may have been missed.
    pub outages: Outages,
    /// Those under way.
    pub flights: CoalescedFetches<FlightKey, Result<Fetched, Failure>>,
}

impl Snapshots {
    pub fn new(kept: Arc<dyn Kept>, clock: &Clock, epochs: &Arc<Epochs>, room: Room) -> Self {
        let weigher = |_: &FlightKey, value: &Remembered| {
            u32::try_from(weight::of_snapshot(&value.snapshot)).unwrap_or(u32::MAX)
        };
        Self {
            kept,
            memory: Cache::builder()
                .max_capacity(room.bytes)
                .time_to_live(room.longest)
                .weigher(weigher)
                .eviction_listener(move |_, _, cause| {
                    if cause == RemovalCause::Size {
                        room.metrics.evicted("snapshots");
                    }
                })
                .build_with_hasher(RandomState::default()),
            generations: Generations::new(epochs),
            epochs: Arc::clone(epochs),
            events: Events::new(clock),
            outages: Outages::default(),
            flights: CoalescedFetches::new(clock),
        }
    }

    /// The key to read, fetch and remember under, as of now.
    pub fn key(&self, install: &InstallName, customer: &CustomerId) -> FlightKey {
        self.generations.key(install, customer)
    }

    /// A change: what is remembered of this customer is not to be read again.
    pub fn raise(&self, install: &InstallName, customer: &CustomerId) {
        self.generations.raise(install, customer);
    }

    /// Ends when what was left to be stored so far is stored.
    pub async fn landed(&self) {
        self.kept.landed().await;
    }

    /// How much memory holds.
    pub fn reading(&self) -> CacheReading {
        self.memory.run_pending_tasks();
        CacheReading {
            entries: self.memory.entry_count(),
            bytes: self.memory.weighted_size(),
        }
    }

    /// What memory holds, or else the store.
    pub async fn read(&self, key: &FlightKey) -> Option<Remembered> {
        if let Some(remembered) = self.in_memory(key) {
            self.give_room(key, &remembered.snapshot);
            return Some(remembered);
        }
        let remembered = self.kept.snapshot(&key.0, &key.1).await?;
        self.hold(key, &remembered);
        Some(self.outages.marked(&key.0, remembered))
    }

    /// What was made of a card that is looked at again may be kept with it: from then on it is weighed with it.
    fn give_room(&self, key: &FlightKey, snapshot: &Arc<Snapshot>) {
        if !snapshot.renderings.ask_for_room() {
            return;
        }
        self.memory.entry_by_ref(key).and_compute_with(|held| {
            // A newer one that has come meanwhile is not put back.
            match held {
                Some(held) if Arc::ptr_eq(&held.value().snapshot, snapshot) => {
                    snapshot.renderings.give_room();
                    Op::Put(held.into_value())
                }
                _ => Op::Nop,
            }
        });
    }

    /// What memory holds.
    pub fn in_memory(&self, key: &FlightKey) -> Option<Remembered> {
        let remembered = self.memory.get(key)?;
        Some(self.outages.marked(&key.0, remembered))
    }

    /// Holds it in memory, unless something newer is there.
    fn hold(&self, key: &FlightKey, remembered: &Remembered) {
        self.memory.entry_by_ref(key).and_compute_with(|there| {
            let is_newer = there.is_some_and(|there| {
                let age = there.value().snapshot.as_of - remembered.snapshot.as_of;
                age > TimeDelta::zero() && age <= SET_BACK
            });
            if is_newer {
                Op::Nop
            } else {
                Op::Put(remembered.clone())
            }
        });
    }

    /// A flight begins.
    pub fn begin(&self, install: &InstallName) -> Began {
        Began {
            event: self.events.last(),
            epoch: self.epochs.of(install),
        }
    }

    /// A flight lands. Returns what it brought, with what was told since it began.
    pub async fn remember(
        &self,
        install: &InstallName,
        brought: &Arc<Snapshot>,
        began: Began,
    ) -> Arc<Snapshot> {
        let customer = &brought.customer.id;
        let mut shown = Arc::clone(brought);
        for n in 0..TRIES {
            let landing = self.kept.landing();
            let version = self.kept.version(install, customer).await;
            let Landed {
                snapshot,
                dirty,
                is_gone,
                upto,
            } = self.events.apply(install, brought, began.event);
            shown = snapshot;
            if is_gone {
                if n > 0 {
                    // Forgotten while they were stored.
                    self.raise(install, customer);
                    self.kept.forget(install, customer).await;
                }
                return shown;
            }
            if self.epochs.of(install) != began.epoch {
                if n > 0 {
                    self.take_back(install, customer).await;
                }
                return shown;
            }
            let key = self.key(install, customer);
            let remembered = Remembered {
                snapshot: Arc::clone(&shown),
                dirty,
            };
            self.hold(&key, &remembered);
            let keeping = self
                .kept
                .keep_snapshot(install, &remembered, version, landing)
                .await;
            if self.epochs.of(install) != began.epoch {
                self.take_back(install, customer).await;
                return shown;
            }
            let is_last = !self.events.any_after(install, customer, upto)
                && self.key(install, customer) == key;
            if keeping == Keeping::Done && is_last {
                return shown;
            }
        }
        self.raise(install, customer);
        shown
    }

    /// Better nothing there than somebody who was to be forgotten while they were stored.
    async fn take_back(&self, install: &InstallName, customer: &CustomerId) {
        self.raise(install, customer);
        self.kept.drop_snapshot(install, customer).await;
    }

    /// An event was applied to what is stored, and this is stored now. Without it memory lets go, and the store is read.
    pub fn replace(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        stored: Option<Remembered>,
    ) {
        let before = self.memory.get(&self.key(install, customer));
        self.raise(install, customer);
        let Some(stored) = stored else { return };
        let key = self.key(install, customer);
        // A flight that landed since the event was told has it too.
        let is_newer = |before: &Remembered| before.snapshot.as_of > stored.snapshot.as_of;
        self.hold(
            &key,
            before.as_ref().filter(|b| is_newer(b)).unwrap_or(&stored),
        );
    }

    /// The customer is gone at the provider: no card of theirs is shown again.
    pub async fn forget(&self, install: &InstallName, customer: &CustomerId) {
        self.events.gone(install, customer);
        self.raise(install, customer);
        self.kept.forget(install, customer).await;
    }
}

#[cfg(test)]
mod tests;

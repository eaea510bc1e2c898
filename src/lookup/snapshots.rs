//! Customer -> snapshot, remembered.

use std::sync::Arc;

use moka::ops::compute::Op;
use moka::sync::Cache;

use super::fetch::{Fault, Fetched};
use super::flight::Flights;
use super::generations::{Epochs, Generations};
use super::{Kept, Room, weight};
use crate::clock::Clock;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;

/// A key with its generation.
pub type FlightKey = (InstallName, CustomerId, u64);

/// The memory of snapshots.
pub struct Snapshots {
    kept: Arc<dyn Kept>,
    memory: Cache<FlightKey, Arc<Snapshot>>,
    generations: Generations<CustomerId>,
    /// Those under way.
    pub flights: Flights<FlightKey, Result<Fetched, Fault>>,
}

impl Snapshots {
    pub fn new(kept: Arc<dyn Kept>, clock: &Clock, epochs: &Arc<Epochs>, room: Room) -> Self {
        let weigher = |_: &FlightKey, value: &Arc<Snapshot>| {
            u32::try_from(weight::of_snapshot(value)).unwrap_or(u32::MAX)
        };
        Self {
            kept,
            memory: Cache::builder()
                .max_capacity(room.bytes)
                .time_to_live(room.longest)
                .weigher(weigher)
                .build(),
            generations: Generations::new(epochs),
            flights: Flights::new(clock),
        }
    }

    /// The key to read, fetch and remember under, as of now.
    pub fn key(&self, install: &InstallName, customer: &CustomerId) -> FlightKey {
        let generation = self.generations.current(install, customer);
        (install.clone(), customer.clone(), generation)
    }

    /// A change: what is remembered of this customer, or under way, is not to be read again.
    pub fn raise(&self, install: &InstallName, customer: &CustomerId) {
        self.generations.raise(install, customer);
    }

    /// What memory holds, or else the store.
    pub async fn read(&self, key: &FlightKey) -> Option<Arc<Snapshot>> {
        if let Some(snapshot) = self.memory.get(key) {
            self.give_room(key, &snapshot);
            return Some(snapshot);
        }
        let snapshot = self.kept.snapshot(&key.0, &key.1).await?;
        self.memory.insert(key.clone(), Arc::clone(&snapshot));
        Some(snapshot)
    }

    /// What was made of a card that is looked at again may be kept with it: from then on it is weighed with it.
    fn give_room(&self, key: &FlightKey, snapshot: &Arc<Snapshot>) {
        if !snapshot.renderings.ask_for_room() {
            return;
        }
        self.memory.entry_by_ref(key).and_compute_with(|held| {
            // A newer one that has come meanwhile is not put back.
            match held {
                Some(held) if Arc::ptr_eq(held.value(), snapshot) => {
                    snapshot.renderings.give_room();
                    Op::Put(held.into_value())
                }
                _ => Op::Nop,
            }
        });
    }

    /// What memory holds.
    pub fn in_memory(&self, key: &FlightKey) -> Option<Arc<Snapshot>> {
        self.memory.get(key)
    }

    /// Remembers under the generation that the flight started with. After a change in the meantime nobody reads it.
    pub async fn remember(&self, key: &FlightKey, snapshot: &Arc<Snapshot>) {
        self.memory.insert(key.clone(), Arc::clone(snapshot));
        if self.key(&key.0, &key.1) != *key {
            return;
        }
        self.kept.keep_snapshot(&key.0, snapshot).await;
        // A change may have come while it was being stored: better nothing there than what was true before.
        if self.key(&key.0, &key.1) != *key {
            self.kept.drop_snapshot(&key.0, &key.1).await;
        }
    }

    /// The customer is gone at the provider: no card of theirs is shown again.
    pub async fn forget(&self, key: &FlightKey) {
        self.raise(&key.0, &key.1);
        self.memory.invalidate(key);
        self.kept.drop_snapshot(&key.0, &key.1).await;
    }
}

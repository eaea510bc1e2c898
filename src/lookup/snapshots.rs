//! Customer -> snapshot, remembered.

use std::sync::Arc;

use moka::notification::RemovalCause;
use moka::sync::Cache;

use super::fetch::{Fault, Fetched};
use super::flight::Flights;
use super::generations::{Epochs, Generations};
use super::{CacheReading, Kept, Room};
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
        let weigher = |_: &FlightKey, value: &Arc<Snapshot>| weight(value);
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

    /// How much memory holds.
    pub fn reading(&self) -> CacheReading {
        self.memory.run_pending_tasks();
        CacheReading {
            entries: self.memory.entry_count(),
            bytes: self.memory.weighted_size(),
        }
    }

    /// What memory holds, or else the store.
    pub async fn read(&self, key: &FlightKey) -> Option<Arc<Snapshot>> {
        if let Some(snapshot) = self.memory.get(key) {
            return Some(snapshot);
        }
        let snapshot = self.kept.snapshot(&key.0, &key.1).await?;
        self.memory.insert(key.clone(), Arc::clone(&snapshot));
        Some(snapshot)
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

/// About how many bytes a snapshot takes: the structures, and the texts that can be long.
fn weight(snapshot: &Snapshot) -> u32 {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let subscriptions: usize = snapshot
        .subscriptions
        .iter()
        .map(|s| {
            let product = text(&s.product.name) + text(&s.product.variant) + text(&s.product.sku);
            let properties: usize = s
                .properties
                .iter()
                .map(|p| 50 + p.name.len() + p.value.len())
                .sum();
            700 + product
                + properties
                + text(&s.cancellation_reason)
                + text(&s.cancellation_comment)
        })
        .sum();
    let charges: usize = snapshot
        .charges
        .iter()
        .flatten()
        .map(|charge| {
            let lines = charge
                .items
                .iter()
                .map(|item| 300 + text(&item.name) + text(&item.variant) + text(&item.sku));
            400 + text(&charge.error) + lines.sum::<usize>()
        })
        .sum();
    let deliveries = snapshot.deliveries.as_ref().map_or(0, Vec::len) * 60;
    let bytes = 700 + subscriptions + charges + deliveries;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

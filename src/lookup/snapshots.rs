//! Customer -> snapshot, remembered.

use std::sync::Arc;

use moka::sync::Cache;

use super::Kept;
use super::fetch::{Fault, Fetched};
use super::flight::Flights;
use super::generations::{Epochs, Generations};
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
    pub fn new(kept: Arc<dyn Kept>, clock: &Clock, epochs: &Arc<Epochs>, bytes: u64) -> Self {
        let weigher = |_: &FlightKey, value: &Arc<Snapshot>| weight(value);
        Self {
            kept,
            memory: Cache::builder()
                .max_capacity(bytes)
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

/// About how many bytes a snapshot takes: the structures, and their usual texts.
fn weight(snapshot: &Snapshot) -> u32 {
    let charges = snapshot.charges.as_deref().unwrap_or_default();
    let lines: usize = charges.iter().map(|charge| charge.items.len()).sum();
    let deliveries = snapshot.deliveries.as_ref().map_or(0, Vec::len);
    let bytes = 700
        + snapshot.subscriptions.len() * 900
        + charges.len() * 500
        + lines * 500
        + deliveries * 60;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

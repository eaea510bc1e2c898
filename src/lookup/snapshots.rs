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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;

    use super::super::Resolution;
    use super::*;
    use crate::domain::question::SubjectKey;
    use crate::views::samples;

    struct Nowhere;

    #[async_trait]
    impl Kept for Nowhere {
        async fn snapshot(&self, _: &InstallName, _: &CustomerId) -> Option<Arc<Snapshot>> {
            None
        }
        async fn keep_snapshot(&self, _: &InstallName, _: &Arc<Snapshot>) {}
        async fn drop_snapshot(&self, _: &InstallName, _: &CustomerId) {}
        async fn resolution(&self, _: &InstallName, _: &SubjectKey) -> Option<Arc<Resolution>> {
            None
        }
        async fn keep_resolution(&self, _: &InstallName, _: &SubjectKey, _: &Arc<Resolution>) {}
    }

    fn memory(bytes: u64) -> Snapshots {
        let clock = Clock::fixed(samples::context().now);
        let longest = Duration::from_secs(60);
        let room = Room { bytes, longest };
        Snapshots::new(Arc::new(Nowhere), &clock, &Arc::default(), room)
    }

    fn key(snapshots: &Snapshots, customer: &str) -> FlightKey {
        let install = InstallName::parse("acme-usa").unwrap();
        snapshots.key(&install, &CustomerId::new(customer))
    }

    impl Snapshots {
        fn weighed(&self) -> u64 {
            self.memory.run_pending_tasks();
            self.memory.weighted_size()
        }
    }

    #[tokio::test]
    async fn what_was_made_of_a_card_is_kept_on_its_second_use_and_weighed_with_it() {
        let snapshots = memory(1_000_000);
        let key = key(&snapshots, "1");
        let page = || "p".repeat(5_000);
        snapshots.remember(&key, &Arc::new(samples::kim())).await;
        let alone = snapshots.weighed();
        let first = snapshots.read(&key).await.unwrap();
        first.renderings.kept(&"page", page);
        assert_eq!(snapshots.weighed(), alone);
        let second = snapshots.read(&key).await.unwrap();
        second.renderings.kept(&"page", page);
        assert!(snapshots.weighed() >= alone + 5_000);
        let third = snapshots.read(&key).await.unwrap();
        let unmade = || panic!("made once more");
        assert_eq!(*third.renderings.kept(&"page", unmade), *page());
    }

    #[tokio::test]
    async fn a_card_that_makes_room_does_not_come_back_over_a_newer_one() {
        let snapshots = memory(1_000_000);
        let key = key(&snapshots, "1");
        let (old, new) = (Arc::new(samples::kim()), Arc::new(samples::kim()));
        snapshots.remember(&key, &old).await;
        old.renderings.kept(&"page", String::new);
        snapshots.remember(&key, &new).await;
        snapshots.give_room(&key, &old);
        let read = snapshots.read(&key).await.unwrap();
        assert!(Arc::ptr_eq(&read, &new));
        assert!(old.renderings.ask_for_room());
    }

    #[tokio::test]
    async fn more_customers_than_there_is_room_for_take_no_more_room() {
        let snapshots = memory(500_000);
        for number in 0..2_000 {
            let key = key(&snapshots, &number.to_string());
            snapshots.remember(&key, &Arc::new(samples::kim())).await;
            for _ in 0..2 {
                if let Some(seen) = snapshots.read(&key).await {
                    seen.renderings.kept(&"page", || "p".repeat(5_000));
                }
            }
        }
        let weighed = snapshots.weighed();
        assert!((250_000..=500_000).contains(&weighed), "{weighed}");
    }
}

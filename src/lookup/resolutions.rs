//! Subject -> customers, remembered.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::quality::RandomState;
use moka::notification::RemovalCause;
use moka::sync::Cache;

use super::fetch::Known;
use super::generations::{Epochs, Generations};
use super::upstream::{CoalescedFetches, Failure};
use super::{CacheReading, Kept, Room, weight};
use crate::clock::Clock;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::install::InstallName;
use crate::domain::question::{Subject, SubjectKey};

/// Which customers a subject names, as a provider said at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The records, the newest first. None: nobody.
    pub customers: Arc<[Customer]>,
    /// The spellings of an email address that were asked for. Whether the provider minds the case is not established, so
    /// "nobody" holds for these spellings alone.
    pub asked: BTreeSet<String>,
    /// When it was asked.
    pub as_of: Instant,
}

/// One record of a resolution, without a copy of it.
#[derive(Debug, Clone)]
pub struct Row {
    resolution: Arc<Resolution>,
    at: usize,
}

impl Row {
    /// All records of a resolution.
    pub fn all(resolution: &Arc<Resolution>) -> impl Iterator<Item = Self> {
        (0..resolution.customers.len()).map(|at| Self {
            resolution: Arc::clone(resolution),
            at,
        })
    }

    /// The record.
    pub fn customer(&self) -> &Customer {
        &self.resolution.customers[self.at]
    }

    /// When it was asked for.
    pub fn as_of(&self) -> Instant {
        self.resolution.as_of
    }
}

impl Resolution {
    /// Whether "nobody" is known for this subject as it is spelled.
    pub fn covers(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Email(email) => {
                !self.customers.is_empty()
                    || email.spellings().iter().all(|s| self.asked.contains(s))
            }
            _ => true,
        }
    }

    fn weight(&self) -> u32 {
        let customers = self.customers.iter().map(weight::of_customer);
        let asked = self.asked.iter().map(|spelling| 50 + spelling.len());
        let bytes = weight::ENTRY + customers.sum::<usize>() + asked.sum::<usize>();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

/// A key with its generation.
pub type FlightKey = (InstallName, SubjectKey, u64);

/// The memory of resolutions.
pub struct Resolutions {
    kept: Arc<dyn Kept>,
    memory: Cache<FlightKey, Arc<Resolution>, RandomState>,
    generations: Generations<SubjectKey>,
    /// Those under way.
    pub flights: CoalescedFetches<FlightKey, Result<Known, Failure>>,
}

impl Resolutions {
    pub fn new(kept: Arc<dyn Kept>, clock: &Clock, epochs: &Arc<Epochs>, room: Room) -> Self {
        let weigher = |_: &FlightKey, value: &Arc<Resolution>| value.weight();
        Self {
            kept,
            memory: Cache::builder()
                .max_capacity(room.bytes)
                .time_to_live(room.longest)
                .weigher(weigher)
                .eviction_listener(move |_, _, cause| {
                    if cause == RemovalCause::Size {
                        room.metrics.evicted("resolutions");
                    }
                })
                .build_with_hasher(RandomState::default()),
            generations: Generations::new(epochs),
            flights: CoalescedFetches::new(clock),
        }
    }

    /// The key to read, fetch and remember under, as of now.
    pub fn key(&self, install: &InstallName, subject: &SubjectKey) -> FlightKey {
        self.generations.key(install, subject)
    }

    /// A change: what is remembered of this subject, or under way, is not to be read again.
    pub fn raise(&self, install: &InstallName, subject: &SubjectKey) {
        self.generations.raise(install, subject);
    }

    /// What memory holds.
    pub fn in_memory(&self, key: &FlightKey) -> Option<Arc<Resolution>> {
        self.memory.get(key)
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
    pub async fn read(&self, key: &FlightKey) -> Option<Arc<Resolution>> {
        if let Some(resolution) = self.memory.get(key) {
            return Some(resolution);
        }
        let resolution = self.kept.resolution(&key.0, &key.1).await?;
        self.memory.insert(key.clone(), Arc::clone(&resolution));
        Some(resolution)
    }

    /// A customer's record was read. Where it says that they are found, and where somebody else is remembered, or nobody, is
    /// asked for again: with them there are more.
    pub async fn are_found(&self, install: &InstallName, customer: &Customer) {
        let email = customer.email.as_deref();
        let email = email.and_then(|email| Email::parse(email).ok());
        let shopify = customer.shopify_customer_id.clone();
        let subjects = [
            email.map(Subject::Email),
            shopify.map(Subject::ShopifyCustomer),
        ];
        for subject in subjects.iter().flatten().map(Subject::key) {
            let Some(seen) = self.read(&self.key(install, &subject)).await else {
                continue;
            };
            if seen.customers.iter().all(|other| other.id != customer.id) {
                self.raise(install, &subject);
                self.kept.drop_resolution(install, &subject).await;
            }
        }
    }

    /// Remembers under the generation that the caller started with. After a change in the meantime nobody reads it.
    pub async fn remember(&self, key: &FlightKey, resolution: &Arc<Resolution>) {
        self.memory.insert(key.clone(), Arc::clone(resolution));
        if self.key(&key.0, &key.1) != *key {
            return;
        }
        self.kept.keep_resolution(&key.0, &key.1, resolution).await;
        // A change may have come while it was being stored: better nothing there than who it was before.
        if self.key(&key.0, &key.1) != *key {
            self.kept.drop_resolution(&key.0, &key.1).await;
        }
    }
}

//! The in-memory cache: customers composed from their records, and which customers a subject leads to.
//!
//! The store is the truth, and losing an entry loses nothing but time. An entry is dropped in the moment in which a commit
//! of this process changes it; commits of other processes are noticed once a second ([`super::changes`]).
//!
//! A reader that composed a customer before a commit must not put them back after it. So every change raises a number
//! first ([`Guard`]), and an entry is put in only while its number is the one from before the store was read.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldhash::quality::RandomState;
use moka::notification::RemovalCause;
use moka::ops::compute::Op;
use moka::sync::Cache;

use super::per_install::PerInstall;
use super::{CacheReading, weight};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::records::Known;
use crate::store::KeptSubject;
use crate::telemetry::Metrics;

/// An install with the number of its beginning: entries from before it are not read.
type Epoch = (InstallName, u64);

/// Numbers that changes raise, shared by the keys that fall together.
const GUARDS: usize = 1_024;

/// The cache.
pub struct Memory {
    customers: Cache<(Epoch, CustomerId), Arc<Known>, RandomState>,
    subjects: Cache<(Epoch, Arc<str>), Arc<KeptSubject>, RandomState>,
    epochs: PerInstall<u64>,
    /// The same for subjects alone: which of them another process's commit changed is not known.
    subject_epochs: PerInstall<u64>,
    guards: Vec<AtomicU64>,
    hasher: RandomState,
}

/// The state of a key before the store was read.
#[derive(Debug, Clone)]
pub struct Guard {
    epoch: Epoch,
    at: usize,
    number: u64,
}

impl Memory {
    /// A cache of at most so many bytes, for entries of at most this age.
    pub fn new(bytes: u64, longest: Duration, metrics: &Arc<Metrics>) -> Self {
        let for_subjects = bytes / 8;
        let (customers, subjects) = (Arc::clone(metrics), Arc::clone(metrics));
        Self {
            customers: Cache::builder()
                .max_capacity(bytes - for_subjects)
                .time_to_live(longest)
                .weigher(|_: &(Epoch, CustomerId), known: &Arc<Known>| weight::of_known(known))
                .eviction_listener(move |_, _, cause| {
                    if cause == RemovalCause::Size {
                        customers.evicted("customers");
                    }
                })
                .build_with_hasher(RandomState::default()),
            subjects: Cache::builder()
                .max_capacity(for_subjects)
                .time_to_live(longest)
                .weigher(|_: &(Epoch, Arc<str>), kept: &Arc<KeptSubject>| weight::of_subject(kept))
                .eviction_listener(move |_, _, cause| {
                    if cause == RemovalCause::Size {
                        subjects.evicted("subjects");
                    }
                })
                .build_with_hasher(RandomState::default()),
            epochs: PerInstall::default(),
            subject_epochs: PerInstall::default(),
            guards: (0..GUARDS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::default(),
        }
    }

    /// The cached customer.
    pub fn customer(&self, install: &InstallName, customer: &CustomerId) -> Option<Arc<Known>> {
        let key = (self.epoch(install), customer.clone());
        let known = self.customers.get(&key)?;
        self.make_room(&key, &known);
        Some(known)
    }

    /// The cached subject, by its key in the store.
    pub fn subject(&self, install: &InstallName, key: &Arc<str>) -> Option<Arc<KeptSubject>> {
        self.subjects
            .get(&(self.subject_epoch(install), Arc::clone(key)))
    }

    /// The state of a customer's entry, to be taken before the store is read.
    pub fn guard_customer(&self, install: &InstallName, customer: &CustomerId) -> Guard {
        self.guard(self.epoch(install), &(install, customer))
    }

    /// The state of a subject's entry, likewise.
    pub fn guard_subject(&self, install: &InstallName, key: &str) -> Guard {
        self.guard(self.subject_epoch(install), &(install, key))
    }

    /// Caches a customer that was read from the store, unless something changed since.
    pub fn put_customer(&self, customer: &CustomerId, known: &Arc<Known>, guard: Guard) {
        let key = (guard.epoch.clone(), customer.clone());
        self.customers
            .entry(key)
            .and_compute_with(|_| match self.is_current(&guard) {
                true => Op::Put(Arc::clone(known)),
                false => Op::Nop,
            });
    }

    /// Caches a subject, likewise.
    pub fn put_subject(&self, key: &Arc<str>, kept: &Arc<KeptSubject>, guard: Guard) {
        let key = (guard.epoch.clone(), Arc::clone(key));
        self.subjects
            .entry(key)
            .and_compute_with(|_| match self.is_current(&guard) {
                true => Op::Put(Arc::clone(kept)),
                false => Op::Nop,
            });
    }

    /// A commit changed a customer: this is what is known now. Of two commits the later one stays.
    pub fn replace_customer(
        &self,
        install: &InstallName,
        customer: &CustomerId,
        known: Option<Arc<Known>>,
    ) {
        self.raise(&(install, customer));
        let key = (self.epoch(install), customer.clone());
        let Some(known) = known else {
            self.customers.invalidate(&key);
            return;
        };
        self.customers
            .entry(key)
            .and_compute_with(|there| match there {
                Some(there) if there.value().commit > known.commit => Op::Nop,
                _ => Op::Put(known),
            });
    }

    /// A commit changed a customer: the next reader asks the store.
    pub fn drop_customer(&self, install: &InstallName, customer: &CustomerId) {
        self.replace_customer(install, customer, None);
    }

    /// A commit changed which customers a subject leads to.
    pub fn drop_subject(&self, install: &InstallName, key: &str) {
        self.raise(&(install, key));
        self.subjects
            .invalidate(&(self.subject_epoch(install), Arc::from(key)));
    }

    /// Drops everything of an install.
    pub fn drop_install(&self, install: &InstallName) {
        let epoch = self.epochs.of(install).unwrap_or_default();
        self.epochs.put(install, epoch + 1);
        self.drop_subjects(install);
    }

    /// Drops all subjects of an install.
    pub fn drop_subjects(&self, install: &InstallName) {
        let epoch = self.subject_epochs.of(install).unwrap_or_default();
        self.subject_epochs.put(install, epoch + 1);
    }

    /// The number of an install's beginning.
    pub fn beginning(&self, install: &InstallName) -> u64 {
        self.epochs.of(install).unwrap_or_default()
    }

    /// How much is cached: subjects, and customers.
    pub fn reading(&self) -> (CacheReading, CacheReading) {
        self.customers.run_pending_tasks();
        self.subjects.run_pending_tasks();
        let subjects = CacheReading {
            entries: self.subjects.entry_count(),
            bytes: self.subjects.weighted_size(),
        };
        let customers = CacheReading {
            entries: self.customers.entry_count(),
            bytes: self.customers.weighted_size(),
        };
        (subjects, customers)
    }

    /// A card that is viewed again may keep the HTML that was made of it: from then on that is weighed, too.
    fn make_room(&self, key: &(Epoch, CustomerId), known: &Arc<Known>) {
        let asks = known
            .snapshot
            .as_ref()
            .is_some_and(|s| s.renderings.ask_for_room());
        if !asks {
            return;
        }
        self.customers
            .entry_by_ref(key)
            .and_compute_with(|held| match held {
                Some(held) if Arc::ptr_eq(held.value(), known) => {
                    if let Some(snapshot) = &known.snapshot {
                        snapshot.renderings.give_room();
                    }
                    Op::Put(held.into_value())
                }
                _ => Op::Nop,
            });
    }

    fn epoch(&self, install: &InstallName) -> Epoch {
        (install.clone(), self.beginning(install))
    }

    fn subject_epoch(&self, install: &InstallName) -> Epoch {
        (
            install.clone(),
            self.subject_epochs.of(install).unwrap_or_default(),
        )
    }

    fn guard(&self, epoch: Epoch, key: &impl Hash) -> Guard {
        let at = self.place(key);
        Guard {
            epoch,
            at,
            number: self.guards[at].load(Ordering::Acquire),
        }
    }

    fn raise(&self, key: &impl Hash) {
        self.guards[self.place(key)].fetch_add(1, Ordering::AcqRel);
    }

    fn is_current(&self, guard: &Guard) -> bool {
        self.guards[guard.at].load(Ordering::Acquire) == guard.number
    }

    fn place(&self, key: &impl Hash) -> usize {
        (self.hasher.hash_one(key) % GUARDS as u64) as usize
    }
}

//! A number for every cache key, raised by a change.
//!
//! A flight that began before a change ends after it with what was true before. Because the number is part of the key
//! under which the flight stores its result, that result is never read again: no lock is held over a call, and no stamp
//! is compared after it.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::quality::RandomState;
use hashbrown::HashTable;

use super::per_install::PerInstall;
use crate::domain::install::InstallName;

const SHARDS: usize = 16;
/// Past this a shard forgets. Forgetting is safe (the key gets a new number, and what was cached under the old one is
/// read no more), so the bound costs a few misses and never a wrong card.
const MOST_PER_SHARD: usize = 8_192;

/// The one counter that all numbers are drawn from, and the number below which nothing of an install is read any more.
#[derive(Default)]
pub struct Epochs {
    drawn: AtomicU64,
    installs: PerInstall<u64>,
}

impl Epochs {
    /// A number that nobody had before.
    fn draw(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The install starts anew: what is cached of it, or under way, is read no more.
    pub fn raise(&self, install: &InstallName) {
        self.installs.put(install, self.draw());
    }

    /// The number below which nothing of an install is read.
    pub fn of(&self, install: &InstallName) -> u64 {
        self.installs.of(install).unwrap_or_default()
    }
}

/// The generations of all keys of one kind: (install, what).
pub struct Generations<K> {
    epochs: Arc<Epochs>,
    shards: Vec<Mutex<Shard<K>>>,
    hasher: RandomState,
}

struct Numbered<K> {
    install: InstallName,
    what: K,
    number: u64,
}

/// A table that is handed the hash: it has told the shard too.
type Shard<K> = HashTable<Numbered<K>>;

impl<K: Hash + Eq + Clone> Generations<K> {
    pub fn new(epochs: &Arc<Epochs>) -> Self {
        Self {
            epochs: Arc::clone(epochs),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::default(),
        }
    }

    /// The key with its number. One that has none yet gets a number that no key had before.
    pub fn key(&self, install: &InstallName, what: &K) -> (InstallName, K, u64) {
        let number = self.number(install, what, false);
        let number = number.max(self.epochs.of(install));
        (install.clone(), what.clone(), number)
    }

    /// Gives the key a new number: what is cached, or under way, under the old one is read no more.
    pub fn raise(&self, install: &InstallName, what: &K) {
        self.number(install, what, true);
    }

    /// The key's number; drawn anew when it has none, or a new one is wanted.
    fn number(&self, install: &InstallName, what: &K, anew: bool) -> u64 {
        let hash = self.hasher.hash_one((install, what));
        // Other bits than those by which a table finds its places.
        let at = (hash >> 32) as usize % SHARDS;
        let mut shard = self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_this = |known: &Numbered<K>| known.what == *what && known.install == *install;
        if let Some(known) = shard.find_mut(hash, is_this) {
            if anew {
                known.number = self.epochs.draw();
            }
            return known.number;
        }
        if shard.len() >= MOST_PER_SHARD {
            shard.clear();
        }
        let number = self.epochs.draw();
        let numbered = Numbered {
            install: install.clone(),
            what: what.clone(),
            number,
        };
        let rehash = |known: &Numbered<K>| self.hasher.hash_one((&known.install, &known.what));
        shard.insert_unique(hash, numbered, rehash);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> InstallName {
        InstallName::parse("acme-usa").unwrap()
    }

    #[test]
    fn a_number_stands_until_it_is_raised_and_never_comes_back() {
        let generations = Generations::new(&Arc::default());
        let first = generations.key(&acme(), &"kim").2;
        assert_eq!(generations.key(&acme(), &"kim").2, first);
        generations.raise(&acme(), &"kim");
        let second = generations.key(&acme(), &"kim").2;
        assert!(second > first);
        assert!(generations.key(&acme(), &"wanda").2 > second);
    }

    #[test]
    fn an_install_that_starts_anew_gives_all_its_keys_new_numbers_and_others_none() {
        let epochs = Arc::default();
        let (subjects, customers) = (Generations::new(&epochs), Generations::new(&epochs));
        let other = InstallName::parse("acme-eu").unwrap();
        let before = (
            subjects.key(&acme(), &"kim").2,
            customers.key(&acme(), &7).2,
        );
        let others = subjects.key(&other, &"kim").2;
        epochs.raise(&acme());
        let after = (
            subjects.key(&acme(), &"kim").2,
            customers.key(&acme(), &7).2,
        );
        assert!(after.0 > before.0 && after.1 > before.1);
        assert_eq!(subjects.key(&other, &"kim").2, others);
        subjects.raise(&acme(), &"kim");
        assert!(subjects.key(&acme(), &"kim").2 > after.0);
    }

    #[test]
    fn a_forgotten_key_gets_a_number_that_nobody_had() {
        let generations = Generations::new(&Arc::default());
        let before = generations.key(&acme(), &0).2;
        for key in 1..200_000 {
            generations.key(&acme(), &key);
        }
        let after = generations.key(&acme(), &0).2;
        assert!(after == before || after > 199_000);
        assert!(
            generations
                .shards
                .iter()
                .all(|s| s.lock().unwrap().len() <= MOST_PER_SHARD)
        );
    }
}

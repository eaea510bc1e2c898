//! A number for every cache key, raised by a change.
//!
//! A flight that began before a change ends after it with what was true before. Because the number is part of the key
//! under which the flight stores its result, that result is never read again: no lock is held over a call, and no stamp
//! is compared after it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    shards: Vec<Shard<K>>,
    hasher: RandomState,
}

type Shard<K> = Mutex<HashMap<(InstallName, K), u64>>;

impl<K: Hash + Eq + Clone> Generations<K> {
    pub fn new(epochs: &Arc<Epochs>) -> Self {
        Self {
            epochs: Arc::clone(epochs),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The key with its number. One that has none yet gets a number that no key had before.
    pub fn key(&self, install: &InstallName, what: &K) -> (InstallName, K, u64) {
        let key = (install.clone(), what.clone());
        let mut shard = self.shard(&key);
        let number = match shard.get(&key) {
            Some(number) => *number,
            None => self.draw_into(&mut shard, key.clone()),
        };
        drop(shard);
        let (install, what) = key;
        let number = number.max(self.epochs.of(&install));
        (install, what, number)
    }

    /// Gives the key a new number: what is cached, or under way, under the old one is read no more.
    pub fn raise(&self, install: &InstallName, what: &K) {
        let key = (install.clone(), what.clone());
        let mut shard = self.shard(&key);
        self.draw_into(&mut shard, key);
    }

    fn draw_into(&self, shard: &mut HashMap<(InstallName, K), u64>, key: (InstallName, K)) -> u64 {
        if shard.len() >= MOST_PER_SHARD {
            shard.clear();
        }
        let number = self.epochs.draw();
        shard.insert(key, number);
        number
    }

    fn shard(&self, key: &(InstallName, K)) -> MutexGuard<'_, HashMap<(InstallName, K), u64>> {
        let at = (self.hasher.hash_one(key) as usize) % SHARDS;
        self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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

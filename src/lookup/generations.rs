//! A number for every cache key, raised by a change.
//!
//! A flight that began before a change ends after it with what was true before. Because the number is part of the key
//! under which the flight stores its result, that result is never read again: no lock is held over a call, and no stamp
//! is compared after it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;
/// Past this a shard forgets. Forgetting is safe (the key gets a new number, and what was cached under the old one is
/// read no more), so the bound costs a few misses and never a wrong card.
const MOST_PER_SHARD: usize = 8_192;

/// The generations of all keys of one kind.
pub struct Generations<K> {
    next: AtomicU64,
    shards: Vec<Mutex<HashMap<K, u64>>>,
    hasher: RandomState,
}

impl<K: Hash + Eq + Clone> Generations<K> {
    pub fn new() -> Self {
        Self {
            next: AtomicU64::new(1),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The key's number. One that has none yet gets a number that no key had before.
    pub fn current(&self, key: &K) -> u64 {
        let mut shard = self.shard(key);
        if let Some(number) = shard.get(key) {
            return *number;
        }
        self.draw_into(&mut shard, key)
    }

    /// Gives the key a new number: what is cached, or under way, under the old one is read no more.
    pub fn raise(&self, key: &K) -> u64 {
        self.draw_into(&mut self.shard(key), key)
    }

    /// Gives every key a new number.
    pub fn raise_all(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    fn draw_into(&self, shard: &mut HashMap<K, u64>, key: &K) -> u64 {
        if shard.len() >= MOST_PER_SHARD {
            shard.clear();
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        shard.insert(key.clone(), number);
        number
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, u64>> {
        let at = (self.hasher.hash_one(key) as usize) % SHARDS;
        self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_until_it_is_raised_and_never_comes_back() {
        let generations = Generations::new();
        let first = generations.current(&"kim");
        assert_eq!(generations.current(&"kim"), first);
        let second = generations.raise(&"kim");
        assert!(second > first);
        assert_eq!(generations.current(&"kim"), second);
        assert!(generations.current(&"wanda") > second);
    }

    #[test]
    fn a_forgotten_key_gets_a_number_that_nobody_had() {
        let generations = Generations::new();
        let before = generations.current(&0);
        for key in 1..200_000 {
            generations.current(&key);
        }
        let after = generations.current(&0);
        assert!(after == before || after > 199_000);
        assert!(
            generations
                .shards
                .iter()
                .all(|s| s.lock().unwrap().len() <= MOST_PER_SHARD)
        );
    }
}

//! What is held for one more page: in memory, for a few minutes, for one session.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::domain::day::Instant;

/// For so long.
const HELD: TimeDelta = TimeDelta::minutes(10);
/// More are not held at once; the oldest goes.
const MOST: usize = 200;

/// Values by key, oldest first.
pub struct Held<T>(Mutex<VecDeque<(String, Instant, T)>>);

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Held<T> {
    /// Holds a value, in place of what was held under this key.
    pub fn put(&self, key: String, value: T, now: Instant) {
        let mut held = self.in_time(now);
        held.retain(|(other, ..)| *other != key);
        if held.len() >= MOST {
            held.pop_front();
        }
        held.push_back((key, now + HELD, value));
    }

    /// Hands a value over, once.
    pub fn take(&self, key: &str, now: Instant) -> Option<T> {
        let mut held = self.in_time(now);
        let at = held.iter().position(|(other, ..)| other == key)?;
        held.remove(at).map(|(.., value)| value)
    }

    /// Shows a value, which stays.
    pub fn look(&self, key: &str, now: Instant) -> Option<T> {
        let held = self.in_time(now);
        let found = held.iter().find(|(other, ..)| other == key);
        found.map(|(.., value)| value.clone())
    }

    fn in_time(&self, now: Instant) -> MutexGuard<'_, VecDeque<(String, Instant, T)>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(_, until, _)| *until > now);
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_handed_over_once_in_time_and_to_its_key_alone() {
        let held = Held::default();
        let now = Instant::UNIX_EPOCH;
        held.put("a".into(), 1, now);
        held.put("b".into(), 2, now);
        assert_eq!(held.take("c", now), None);
        assert_eq!(held.look("a", now), Some(1));
        assert_eq!(held.take("a", now), Some(1));
        assert_eq!(held.take("a", now), None);
        assert_eq!(held.take("b", now + HELD), None);
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let held = Held::default();
        let now = Instant::UNIX_EPOCH;
        for n in 0..=MOST {
            held.put(n.to_string(), n, now);
        }
        assert_eq!(held.look("0", now), None);
        assert_eq!(held.look("1", now), Some(1));
    }
}

//! How often somebody may try to log in: counted per login name and per address, in bounded memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use crate::domain::day::Instant;

/// Tries of one login name before waiting begins.
const FREE_OF_NAME: u32 = 5;
/// Tries from one address: a whole office may share it.
const FREE_OF_ADDRESS: u32 = 20;
/// Waiting doubles from a minute up to this, so that a stranger can't keep somebody out for long.
const LONGEST_WAIT: i64 = 15;
/// What was tried so long ago is forgotten.
const FORGOTTEN: TimeDelta = TimeDelta::hours(1);
/// More names and addresses are not remembered; the oldest goes.
const MOST: usize = 10_000;

/// The memory of tries.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Key, Tries>>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(IpAddr),
}

struct Tries {
    count: u32,
    last: Instant,
}

impl Throttle {
    /// Counts a try before it is made, so that many at once are counted too. Refused: how many minutes to wait.
    pub fn begin(&self, name: &str, address: Option<IpAddr>, now: Instant) -> Result<(), i64> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(name, address);
        let waits = keys.iter().filter_map(|key| {
            let tries = tries.get(key)?;
            wait(tries, key.free(), now)
        });
        if let Some(minutes) = waits.max() {
            return Err(minutes);
        }
        for key in keys {
            make_room(&mut tries, now);
            let entry = tries.entry(key).or_insert(Tries {
                count: 0,
                last: now,
            });
            if now - entry.last >= FORGOTTEN {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
        Ok(())
    }

    /// The try was good: the name starts anew; the address, which others may share, gets this one back.
    pub fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(name, address) {
            match &key {
                Key::Name(_) => {
                    tries.remove(&key);
                }
                Key::Address(_) => {
                    if let Some(tries) = tries.get_mut(&key) {
                        tries.count = tries.count.saturating_sub(1);
                    }
                }
            }
        }
    }
}

impl Key {
    fn free(&self) -> u32 {
        match self {
            Self::Name(_) => FREE_OF_NAME,
            Self::Address(_) => FREE_OF_ADDRESS,
        }
    }
}

fn keys(name: &str, address: Option<IpAddr>) -> Vec<Key> {
    // One household or office has a whole /64 to choose from.
    let address = address.map(|address| match address {
        IpAddr::V6(v6) => {
            let network = u128::from(v6) >> 64 << 64;
            IpAddr::V6(network.into())
        }
        v4 => v4,
    });
    std::iter::once(Key::Name(name.to_owned()))
        .chain(address.map(Key::Address))
        .collect()
}

fn wait(tries: &Tries, free: u32, now: Instant) -> Option<i64> {
    let over = tries.count.checked_sub(free)?;
    let minutes = LONGEST_WAIT.min(1_i64.checked_shl(over.min(10)).unwrap_or(LONGEST_WAIT));
    let left = TimeDelta::minutes(minutes) - (now - tries.last);
    (left > TimeDelta::zero()).then(|| (left.num_seconds() + 59) / 60)
}

fn make_room(tries: &mut HashMap<Key, Tries>, now: Instant) {
    if tries.len() < MOST {
        return;
    }
    tries.retain(|_, tries| now - tries.last < FORGOTTEN);
    if tries.len() >= MOST {
        let oldest = tries.iter().min_by_key(|(_, tries)| tries.last);
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
            tries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::UNIX_EPOCH;

    fn address(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    #[test]
    fn waiting_begins_after_five_tries_of_a_name_and_doubles() {
        let throttle = Throttle::default();
        let mut now = NOW;
        for n in 0..5 {
            assert_eq!(throttle.begin("dana", address(n), now), Ok(()));
        }
        for minutes in [1, 2, 4, 8, 15, 15] {
            assert_eq!(throttle.begin("dana", address(9), now), Err(minutes));
            assert_eq!(throttle.begin("kim", address(9), now), Ok(()));
            now += TimeDelta::minutes(minutes);
            assert_eq!(throttle.begin("dana", address(8), now), Ok(()));
        }
        now += FORGOTTEN;
        assert_eq!(throttle.begin("dana", address(1), now), Ok(()));
        assert_eq!(throttle.begin("dana", address(1), now), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_a_good_try_is_given_back() {
        let throttle = Throttle::default();
        for n in 0..FREE_OF_ADDRESS {
            let name = format!("name{n}");
            assert_eq!(throttle.begin(&name, address(1), NOW), Ok(()));
        }
        assert_eq!(throttle.begin("one more", address(1), NOW), Err(1));
        assert_eq!(throttle.begin("one more", address(2), NOW), Ok(()));
        throttle.succeeded("name0", address(1));
        assert_eq!(throttle.begin("one more", address(1), NOW), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..MOST + 10 {
            assert_eq!(throttle.begin(&n.to_string(), None, NOW), Ok(()));
        }
        assert!(throttle.0.lock().unwrap().len() <= MOST);
    }
}

//! How often somebody may do something: so many times within a while, each time counted by itself, in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use crate::domain::day::Instant;

/// More are not remembered at once; who did it longest ago is forgotten.
const MOST: usize = 10_000;

/// The memory of when it was done, by whom.
pub struct Window {
    times: usize,
    within: TimeDelta,
    done: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl Window {
    pub fn new(times: usize, within: TimeDelta) -> Self {
        Self {
            times,
            within,
            done: Mutex::default(),
        }
    }

    /// Counts one more time; `false`: it is one too many, and not counted.
    pub fn admits(&self, who: &str, now: Instant) -> bool {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |at: &Instant| now - *at >= self.within;
        if done.len() >= MOST && !done.contains_key(who) {
            done.retain(|_, times| times.back().is_some_and(|at| !is_over(at)));
            if done.len() >= MOST {
                let oldest = done.iter().min_by_key(|(_, times)| times.back().copied());
                if let Some(oldest) = oldest.map(|(who, _)| who.clone()) {
                    done.remove(&oldest);
                }
            }
        }
        let times = done.entry(who.to_owned()).or_default();
        while times.front().is_some_and(is_over) {
            times.pop_front();
        }
        if times.len() >= self.times {
            return false;
        }
        times.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn so_many_times_within_any_such_while() {
        let window = Window::new(2, TimeDelta::seconds(60));
        assert!(window.admits("dana", at(0)) && window.admits("dana", at(50)));
        assert!(!window.admits("dana", at(59)) && window.admits("erin", at(59)));
        assert!(window.admits("dana", at(60)), "the first is a minute ago");
        assert!(!window.admits("dana", at(109)) && window.admits("dana", at(110)));
    }

    #[test]
    fn its_memory_is_bounded() {
        let window = Window::new(1, TimeDelta::seconds(60));
        for who in 0..MOST + 10 {
            assert!(window.admits(&who.to_string(), at(i64::try_from(who).unwrap() / 1_000)));
        }
        assert!(window.done.lock().unwrap().len() <= MOST);
        assert!(!window.admits(&(MOST + 9).to_string(), at(11)));
    }
}

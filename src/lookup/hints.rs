//! What was told of by its id alone in the last minutes.
//!
//! Hooks come in no order, and that something is gone may be told before it is told that there is such a thing: then nobody
//! has it, and there is nothing to mark. So whoever adds something new to a card asks here whether it may be gone already.
//!
//! They are few among the events, and small: here there is room for all of them when events come so fast that those
//! themselves have to be let go.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::events::KEPT;
use super::patch::SKEW;
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::event::Touched;
use crate::domain::install::InstallName;

/// So many at most, some 10 MB. Past that the oldest are let go.
const MOST: usize = 50_000;

type Key = (InstallName, Touched);

/// The hints.
pub struct Hints {
    clock: Clock,
    told: Mutex<Told>,
}

struct Told {
    /// Of what was told by then nothing is known.
    unknown_until: Instant,
    order: VecDeque<(Instant, Key)>,
    /// When each was told last.
    last: HashMap<Key, Instant>,
}

impl Hints {
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            told: Mutex::new(Told {
                unknown_until: clock.now(),
                order: VecDeque::new(),
                last: HashMap::new(),
            }),
        }
    }

    /// A subscription or a charge was told of by its id alone.
    pub fn tell(&self, install: &InstallName, thing: &Touched) {
        let now = self.clock.now();
        let key = (install.clone(), thing.clone());
        let mut told = self.told();
        told.forget_until(now - KEPT);
        told.order.push_back((now, key.clone()));
        told.last.insert(key, now);
        while told.order.len() > MOST {
            told.pop();
        }
    }

    /// Whether something that was there at `seen` may be gone by now: it was told of by its id alone; or may have been, before
    /// the time of which anything is remembered.
    pub fn may_be_gone(
        &self,
        install: &InstallName,
        thing: &Touched,
        seen: Option<Instant>,
    ) -> bool {
        let told = self.told();
        let unknown_until = told.unknown_until.max(self.clock.now() - KEPT);
        seen.is_none_or(|seen| seen - SKEW <= unknown_until)
            || told.last.contains_key(&(install.clone(), thing.clone()))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn forget_until(&mut self, horizon: Instant) {
        while self.order.front().is_some_and(|(at, _)| *at <= horizon) {
            self.pop();
        }
    }

    /// Lets the oldest go.
    fn pop(&mut self) {
        let Some((at, key)) = self.order.pop_front() else {
            return;
        };
        self.unknown_until = self.unknown_until.max(at);
        // It may have been told of again.
        if self.last.get(&key).is_some_and(|last| *last <= at) {
            self.last.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::{acme, at};
    use super::*;
    use crate::domain::id::ChargeId;

    fn charge(id: usize) -> Touched {
        Touched::Charge(ChargeId::new(id.to_string()))
    }

    #[test]
    fn one_is_remembered_for_as_long_as_a_late_hook_may_need_it_and_no_longer() {
        let clock = Clock::fixed(at(0));
        let hints = Hints::new(&clock);
        clock.advance(Duration::from_secs(60));
        hints.tell(&acme(), &charge(1));
        clock.advance(Duration::from_secs(60));
        hints.tell(&acme(), &charge(1));
        let is_doubted = |id, seen| hints.may_be_gone(&acme(), &charge(id), Some(at(seen)));
        assert!(is_doubted(1, 50) && !is_doubted(2, 50));
        assert!(is_doubted(2, 30), "told of before anything was listened to");
        clock.advance(Duration::from_secs(130));
        hints.tell(&acme(), &charge(3));
        assert!(is_doubted(1, 200), "it was told of twice");
        assert!(
            is_doubted(2, 100) && !is_doubted(2, 101),
            "too long ago to know"
        );
        clock.advance(Duration::from_secs(60));
        hints.tell(&acme(), &charge(3));
        assert!(!is_doubted(1, 200));
        assert_eq!(hints.told().last.len(), 1);
    }

    #[test]
    fn too_many_take_the_place_of_the_oldest_which_are_not_known_any_more() {
        let clock = Clock::fixed(at(0));
        let hints = Hints::new(&clock);
        clock.advance(Duration::from_secs(60));
        for id in 0..MOST {
            hints.tell(&acme(), &charge(id));
        }
        clock.advance(Duration::from_secs(60));
        let is_doubted = |id, seen| hints.may_be_gone(&acme(), &charge(id), Some(at(seen)));
        assert!(!is_doubted(MOST, 85));
        hints.tell(&acme(), &charge(MOST + 1));
        assert_eq!(hints.told().order.len(), MOST);
        assert!(is_doubted(MOST, 85) && !is_doubted(MOST, 91));
        assert!(is_doubted(1, 91) && !is_doubted(0, 91));
    }
}

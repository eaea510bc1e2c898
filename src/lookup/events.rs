//! The events of the last minutes, for flights that are under way.
//!
//! What a flight brings was read at some time between its beginning and its end; whether before or after a change, nobody
//! says. So what was told since it began is applied to it when it lands. What was told before it began it has read; that
//! is applied only where a row has a smaller stamp all the same, because a provider's lists may lag behind its hooks.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::hints::Hints;
use super::patch::{Patched, has, patch};
use crate::clock::Clock;
use crate::domain::day::Instant;
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;

/// A flight takes a minute at most, and the record that it begins with may be two minutes old.
pub const KEPT: TimeDelta = TimeDelta::minutes(3);
/// So many at most, some 20 MB. Past that the oldest are let go, and flights that began before them are not believed.
const MOST: usize = 10_000;

/// Whose events: a customer's, or those about something that nobody is known to have.
type Key = (InstallName, Option<CustomerId>);

/// The events.
pub struct Events {
    clock: Clock,
    /// Of what was told before this nothing is known.
    since: Instant,
    ring: Mutex<Ring>,
    hints: Hints,
}

#[derive(Default)]
struct Ring {
    last: u64,
    order: VecDeque<(Instant, Key)>,
    told: HashMap<Key, VecDeque<Told>>,
    /// The newest that was let go before its time, and when it was told.
    lost: HashMap<InstallName, (u64, Instant)>,
}

#[derive(Clone)]
struct Told {
    number: u64,
    at: Instant,
    what: What,
}

#[derive(Clone)]
enum What {
    Event(Arc<Event>),
    /// The provider has no such customer any more: what was read before that is not to be kept.
    Gone,
}

/// What a flight has brought, with what was told meanwhile.
pub struct Landed {
    pub snapshot: Arc<Snapshot>,
    /// Whether something was told that can't be applied.
    pub dirty: bool,
    /// Whether the customer was seen to be gone meanwhile.
    pub is_gone: bool,
    /// The last event that was told by now.
    pub upto: u64,
}

impl Events {
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            since: clock.now(),
            ring: Mutex::default(),
            hints: Hints::new(clock),
        }
    }

    /// Something was told.
    pub fn tell(&self, install: &InstallName, customer: Option<&CustomerId>, event: &Event) {
        if let Change::Unclear(thing @ (Touched::Subscription(_) | Touched::Charge(_))) =
            &event.change
        {
            self.hints.tell(install, thing);
        }
        let what = What::Event(Arc::new(event.clone()));
        self.push((install.clone(), customer.cloned()), what);
    }

    /// The customer is gone.
    pub fn gone(&self, install: &InstallName, customer: &CustomerId) {
        self.push((install.clone(), Some(customer.clone())), What::Gone);
    }

    /// The number of the last event so far: a flight begins.
    pub fn last(&self) -> u64 {
        self.ring().last
    }

    /// Whether anything was told of a customer at this time or since; `true` when that is not known any more.
    pub fn any_since(&self, install: &InstallName, customer: &CustomerId, at: Instant) -> bool {
        let ring = self.ring();
        let key = (install.clone(), Some(customer.clone()));
        let told = ring.told.get(&key).and_then(VecDeque::back);
        at < self.since
            || self.clock.now() - at > KEPT
            || ring.lost.get(install).is_some_and(|(_, lost)| *lost >= at)
            || told.is_some_and(|told| told.at >= at)
    }

    /// Whether anything was told after this number that may concern a customer.
    pub fn any_after(&self, install: &InstallName, customer: &CustomerId, number: u64) -> bool {
        let ring = self.ring();
        keys(install, customer).into_iter().any(|key| {
            let told = ring.told.get(&key).and_then(VecDeque::back);
            told.is_some_and(|told| told.number > number)
        })
    }

    /// Whether a subscription or a charge that was there at `seen` may be gone by now ([`Hints::may_be_gone`]).
    pub fn may_be_gone(
        &self,
        install: &InstallName,
        change: &Change,
        seen: Option<Instant>,
    ) -> bool {
        let thing = change.thing();
        thing.is_some_and(|thing| self.hints.may_be_gone(install, &thing, seen))
    }

    /// Applies to what a flight brought, which began after event number `began`.
    pub fn apply(&self, install: &InstallName, snapshot: &Arc<Snapshot>, began: u64) -> Landed {
        let (told, lost, upto) = self.concerning(install, &snapshot.customer.id);
        let mut landed = Landed {
            snapshot: Arc::clone(snapshot),
            dirty: lost > began,
            is_gone: false,
            upto,
        };
        for told in told {
            let is_new = told.number > began;
            match &told.what {
                What::Gone => landed.is_gone |= is_new,
                What::Event(event) => {
                    let is_there = has(&landed.snapshot, event)
                        || !self.may_be_gone(install, &event.change, event.stamp);
                    landed.apply(event, is_new, is_there);
                }
            }
        }
        landed
    }

    /// In the order in which they were told; with the newest that is lost, and the last of all.
    fn concerning(&self, install: &InstallName, customer: &CustomerId) -> (Vec<Told>, u64, u64) {
        let ring = self.ring();
        let mut all: Vec<Told> = keys(install, customer)
            .iter()
            .filter_map(|key| ring.told.get(key))
            .flatten()
            .cloned()
            .collect();
        all.sort_by_key(|told| told.number);
        let lost = ring.lost.get(install).map_or(0, |(number, _)| *number);
        (all, lost, ring.last)
    }

    fn push(&self, key: Key, what: What) {
        let now = self.clock.now();
        let mut ring = self.ring();
        ring.forget_before(now - KEPT);
        ring.last += 1;
        let number = ring.last;
        let told = Told {
            number,
            at: now,
            what,
        };
        ring.order.push_back((now, key.clone()));
        ring.told.entry(key).or_default().push_back(told);
        while ring.order.len() > MOST {
            if let Some((key, lost)) = ring.pop() {
                ring.lost.insert(key.0, lost);
            }
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn forget_before(&mut self, horizon: Instant) {
        while self.order.front().is_some_and(|(at, _)| *at < horizon) {
            self.pop();
        }
        if self.order.is_empty() {
            // No flight is so old that it could have missed one.
            self.lost.clear();
        }
    }

    /// Lets the oldest go.
    fn pop(&mut self) -> Option<(Key, (u64, Instant))> {
        let (at, key) = self.order.pop_front()?;
        let told = self.told.get_mut(&key)?;
        let number = told.pop_front()?.number;
        if told.is_empty() {
            self.told.remove(&key);
        }
        Some((key, (number, at)))
    }
}

impl Landed {
    /// `is_there`: whether what it is about is surely not gone.
    fn apply(&mut self, event: &Event, is_new: bool, is_there: bool) {
        match patch(&self.snapshot, event) {
            Patched::To { snapshot, dirty } if is_new => {
                self.snapshot = Arc::from(snapshot);
                self.dirty |= dirty || !is_there;
            }
            Patched::To {
                snapshot,
                dirty: false,
            } if has(&self.snapshot, event) => self.snapshot = Arc::from(snapshot),
            Patched::Dirty => self.dirty |= is_new,
            Patched::To { .. } | Patched::Unchanged => {}
        }
    }
}

fn keys(install: &InstallName, customer: &CustomerId) -> [Key; 2] {
    [
        (install.clone(), Some(customer.clone())),
        (install.clone(), None),
    ]
}

#[cfg(test)]
mod tests;

//! Who is it? One subject, from memory or by a flight.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use super::asking::{CacheState, Caller};
use super::fetch::Known;
use super::resolutions::FlightKey;
use super::upstream::{Failure, Fallback, Joined, Reservation, Target};
use super::{Inner, Resolution, age};
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;
use crate::domain::question::Subject;

/// That nobody has an address is believed this long: the customer may be subscribing right now.
const NOBODY: TimeDelta = TimeDelta::seconds(60);

/// What one subject came to.
pub struct Resolved {
    /// The customers, or why they are not known.
    pub result: Result<Arc<Resolution>, Reason>,
    /// Whether the records are fresh: they need not be read again for the card.
    pub is_fresh: bool,
    /// Why these are not the newest, when they are not.
    pub stale: Option<Reason>,
    pub cache: CacheState,
    pub upstream_calls: u32,
    /// Calls that are kept for the card.
    pub reservation: Option<Arc<Reservation>>,
}

/// What a remembered resolution is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// Settles the question.
    Settled,
    /// Settles it for now, and is refreshed behind.
    Aging,
    /// Stands in when the provider can't be asked.
    Old,
    /// As good as none.
    Nothing,
}

/// Asks memory, then the provider, by the deadline.
pub async fn resolve(inner: &Arc<Inner>, caller: Caller<'_>, subject: &Subject) -> Resolved {
    if let Subject::Customer(id) = subject {
        // The subject is the id itself: whether there is such a customer, the card's own flight tells.
        let customers = Arc::new([Customer::bare(id.clone())]);
        let resolution = Resolution {
            customers,
            asked: BTreeSet::new(),
            as_of: inner.clock.now(),
        };
        return remembered(Arc::new(resolution), CacheState::Hit, false);
    }
    let name = &caller.install.install.name;
    let key = inner.resolutions.key(name, &subject.key());
    let target = || Target::Subject(name.clone(), subject.key());
    let seen = inner.resolutions.read(&key).await;
    let now = inner.clock.now();
    let worth = seen
        .as_ref()
        .map_or(Worth::Nothing, |seen| inner.worth(name, seen, subject, now));
    if let (Some(seen), Worth::Settled) = (&seen, worth) {
        let is_fresh = age(now, seen.as_of) <= inner.clocks.fresh;
        return remembered(Arc::clone(seen), CacheState::Hit, is_fresh);
    }
    let target = target();
    let standing = inner.upstream.failures.recent(&target);
    if let (Some(seen), Worth::Aging) = (&seen, worth) {
        if standing.is_none() {
            // Nobody waits for it: it lands in memory.
            let _ = inner.board(
                caller,
                subject,
                &key,
                target,
                Some(seen),
                Fallback::Sufficient,
            );
        }
        return remembered(Arc::clone(seen), CacheState::Behind, false);
    }
    let fallback = match worth {
        Worth::Old => Fallback::Stale,
        _ => Fallback::None,
    };
    let (reason, upstream_calls) = match standing {
        Some(reason) => (reason, 0),
        None => {
            // Boxed, as every wait is that a warm card does not come to: what is copied for one is small without it.
            let landing = inner.land(caller, subject, &key, target, seen.as_ref(), fallback);
            match Box::pin(landing).await {
                Ok(resolved) => return resolved,
                Err(failed) => failed,
            }
        }
    };
    let usable = seen.filter(|_| worth == Worth::Old && reason != Reason::Reconnect);
    let stale = usable.is_some().then_some(reason);
    Resolved {
        result: usable.ok_or(reason),
        is_fresh: false,
        stale,
        cache: CacheState::Stale,
        upstream_calls,
        reservation: None,
    }
}

/// Asks the provider although memory has an answer: it has just proved wrong.
pub async fn resolve_anew(inner: &Arc<Inner>, caller: Caller<'_>, subject: &Subject) {
    if matches!(subject, Subject::Customer(_)) {
        return;
    }
    let name = &caller.install.install.name;
    let key = inner.resolutions.key(name, &subject.key());
    let target = Target::Subject(name.clone(), subject.key());
    let seen = inner.resolutions.in_memory(&key);
    // What comes of it lands in memory, where the next look finds it.
    let _ = inner
        .land(caller, subject, &key, target, seen.as_ref(), Fallback::None)
        .await;
}

fn remembered(resolution: Arc<Resolution>, cache: CacheState, is_fresh: bool) -> Resolved {
    Resolved {
        result: Ok(resolution),
        is_fresh,
        stale: None,
        cache,
        upstream_calls: 0,
        reservation: None,
    }
}

impl Inner {
    /// Whether one of several was told of since they were read. Of them no card is kept: where they were before is not known,
    /// so that it could not be forgotten.
    fn may_have_moved(&self, install: &InstallName, seen: &Resolution) -> bool {
        let events = &self.snapshots.events;
        let mut customers = seen.customers.iter();
        customers.any(|customer| events.any_since(install, &customer.id, seen.as_of))
    }

    fn worth(
        &self,
        install: &InstallName,
        seen: &Resolution,
        subject: &Subject,
        now: Instant,
    ) -> Worth {
        let age = age(now, seen.as_of);
        let is_missing_something = self.snapshots.outages.cover(install, seen.as_of);
        match seen.customers.len() {
            0 if is_missing_something => Worth::Nothing,
            0 if age <= NOBODY && seen.covers(subject) => Worth::Settled,
            0 => Worth::Nothing,
            _ if now - seen.as_of > self.clocks.stale => Worth::Nothing,
            // Whether an address still names this one customer is learned by the flight of the card itself; and a
            // subscription or an order does not change hands.
            1 => Worth::Settled,
            _ if is_missing_something || self.may_have_moved(install, seen) => Worth::Old,
            _ if age <= self.clocks.fresh => Worth::Settled,
            _ if age <= self.clocks.revalidate => Worth::Aging,
            _ => Worth::Old,
        }
    }

    async fn land(
        self: &Arc<Self>,
        caller: Caller<'_>,
        subject: &Subject,
        key: &FlightKey,
        target: Target,
        seen: Option<&Arc<Resolution>>,
        fallback: Fallback,
    ) -> Result<Resolved, (Reason, u32)> {
        let (landed, cache) = match self.board(caller, subject, key, target, seen, fallback) {
            Joined::Ready(result) => (Ok(result), CacheState::Hit),
            Joined::Pending(flight) => {
                let cache = if flight.joined {
                    CacheState::Joined
                } else {
                    CacheState::Miss
                };
                (flight.wait(caller.deadline).await, cache)
            }
        };
        // Those of a joined flight are counted by who started it.
        let counted = |calls: u32| if cache == CacheState::Miss { calls } else { 0 };
        match landed {
            Ok(Ok(known)) => Ok(Resolved {
                result: Ok(known.resolution),
                is_fresh: true,
                stale: None,
                cache,
                upstream_calls: counted(known.calls),
                reservation: known.reservation,
            }),
            Ok(Err(Failure { reason, calls, .. })) => Err((reason, counted(calls))),
            Err(none) => Err((none.reason(), 0)),
        }
    }

    /// Joins or starts the flight of a resolution. `seen` is what was not enough: only something newer has landed.
    fn board(
        self: &Arc<Self>,
        caller: Caller<'_>,
        subject: &Subject,
        key: &FlightKey,
        target: Target,
        seen: Option<&Arc<Resolution>>,
        fallback: Fallback,
    ) -> Joined<Result<Known, Failure>> {
        let landed = || {
            let resolution = self.resolutions.in_memory(key)?;
            let is_newer = seen.is_none_or(|seen| resolution.as_of > seen.as_of);
            let is_believed =
                !resolution.customers.is_empty() || self.clock.now() - resolution.as_of <= NOBODY;
            (is_newer && is_believed && resolution.covers(subject)).then_some(Ok(Known {
                resolution,
                calls: 0,
                reservation: None,
            }))
        };
        let start = |waiters| {
            let inner = Arc::clone(self);
            let context = caller.context(waiters);
            let (subject, key) = (subject.clone(), key.clone());
            async move {
                let result = inner.fetch_resolution(&context, &subject).await;
                match &result {
                    Ok(known) => {
                        inner.upstream.failures.clear(&target);
                        inner.resolutions.remember(&key, &known.resolution).await;
                    }
                    Err(failure) => inner.upstream.failures.record(target, failure),
                }
                result
            }
        };
        self.resolutions.flights.join_or_start(
            key.clone(),
            &self.upstream.runtime,
            fallback,
            landed,
            start,
        )
    }
}

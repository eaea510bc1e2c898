//! The card of one person, by the three clocks.
//!
//! While there are calls, whoever looks at a card past `revalidate` waits for a new one. When calls are short, the line
//! belongs to those who have nothing to look at: an old card is shown at once, marked, and read again behind that.

use std::sync::Arc;

use chrono::TimeDelta;

use super::asking::{CacheState, Lookup, Reading};
use super::fetch::{Fetched, Seed};
use super::resolutions::Row;
use super::resolve::resolve_anew;
use super::snapshots::FlightKey;
use super::upstream::{Failure, Fallback, FetchContext, Joined, Target};
use super::{Inner, Remembered, age};
use crate::domain::answer::{Outcome, Reason};
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::question::{MatchedBy, Subject};
use crate::domain::snapshot::Snapshot;

/// A snapshot without its charges is shown this long before they are asked for again.
const WITHOUT_CHARGES: TimeDelta = TimeDelta::seconds(30);

/// Somebody who was found, before their snapshot is read.
pub struct Person {
    pub id: CustomerId,
    pub matched_by: MatchedBy,
    /// The address that led here, and when the provider said so.
    pub email: Option<(Email, Instant)>,
    /// Their record, when it has just been read.
    pub row: Option<Row>,
}

impl Person {
    /// Somebody of whom only the id is known.
    pub fn known(id: CustomerId, matched_by: MatchedBy) -> Self {
        Self {
            id,
            matched_by,
            email: None,
            row: None,
        }
    }
}

impl Lookup<'_> {
    /// From memory while that is fresh; with a refresh behind it while it is not too old; by waiting for a flight after
    /// that, or when it is known to have changed; and by what is remembered when the flight fails or takes too long.
    pub(super) async fn card(&mut self, mut person: Person) -> Outcome {
        let inner = self.inner;
        let clocks = &inner.clocks;
        let key = inner.snapshots.key(self.name(), &person.id);
        let now = inner.clock.now();
        let seen = inner.snapshots.read(&key).await;
        let target = |key: &FlightKey| Target::Customer(key.0.clone(), key.1.clone());
        if seen.as_ref().is_some_and(|seen| seen.dirty) {
            // All of it is read again, and is as old as that.
            person.row = None;
        }
        let matched_by = person.matched_by;
        let email = person.email.as_ref().map(|(email, _)| email.clone());
        let usable = seen.clone().filter(|seen| {
            now - seen.snapshot.as_of <= clocks.stale && shows(email.as_ref(), &seen.snapshot)
        });
        let found = |snapshot: &Arc<Snapshot>, stale| Outcome::Found {
            snapshot: Arc::clone(snapshot),
            matched_by,
            stale,
        };

        let at_once = usable
            .as_ref()
            .filter(|known| !known.dirty && self.reading == Reading::Remembered);
        if let Some(Remembered { snapshot, .. }) = at_once {
            let resolved = person.email.as_ref().map_or(now, |(_, at)| *at);
            let age = age(now, snapshot.as_of.min(resolved)).max(age(now, snapshot.as_of));
            let fresh = match snapshot.charges {
                Some(_) => clocks.fresh,
                None => clocks.fresh.min(WITHOUT_CHARGES),
            };
            let is_missing_something = inner.snapshots.outages.cover(self.name(), resolved);
            if age <= fresh && !is_missing_something {
                return found(snapshot, None);
            }
            if age <= clocks.revalidate && !is_missing_something {
                self.note.cache = self.note.cache.max(CacheState::Behind);
                if inner.upstream.failures.recent(&target(&key)).is_none() {
                    // Nobody waits for it: it lands in memory.
                    let _ = self.board(&key, person, seen.as_ref(), Fallback::Sufficient);
                }
                return found(snapshot, None);
            }
        }
        let fallback = match &usable {
            Some(known) if self.is_merely_old(known) => Fallback::Stale,
            _ => Fallback::None,
        };
        let failed = match inner.upstream.failures.recent(&target(&key)) {
            Some(reason) => reason,
            None => match Box::pin(self.fly(&key, person, seen.as_ref(), fallback)).await {
                Ok(Some(snapshot)) if shows(email.as_ref(), &snapshot) => {
                    return found(&snapshot, None);
                }
                Ok(Some(_)) => {
                    // A flight that somebody else began, by id: the address names somebody else now, or nobody.
                    if let Some(email) = email {
                        let subject = Subject::Email(email);
                        Box::pin(resolve_anew(inner, self.caller(), &subject)).await;
                    }
                    return Outcome::NotFound {
                        as_of: inner.clock.now(),
                    };
                }
                Ok(None) => {
                    return Outcome::NotFound {
                        as_of: inner.clock.now(),
                    };
                }
                Err(reason) => reason,
            },
        };
        self.note.cache = CacheState::Stale;
        match usable {
            // Refused credentials may mean that the merchant has shut us out on purpose: no card.
            Some(seen) if failed != Reason::Reconnect => found(&seen.snapshot, Some(failed)),
            _ => Outcome::Unavailable { reason: failed },
        }
    }

    /// Whether nothing speaks against a card but its age: nobody asked for a new one, and no change is known that it lacks.
    fn is_merely_old(&self, known: &Remembered) -> bool {
        let outages = &self.inner.snapshots.outages;
        let may_lack_something = outages.cover(self.name(), known.snapshot.as_of);
        self.reading == Reading::Remembered && (!known.dirty || may_lack_something)
    }

    /// Waits for the flight of a snapshot, until the deadline at most.
    async fn fly(
        &mut self,
        key: &FlightKey,
        person: Person,
        seen: Option<&Remembered>,
        fallback: Fallback,
    ) -> Result<Option<Arc<Snapshot>>, Reason> {
        self.has_flown = true;
        let flight = match self.board(key, person, seen, fallback) {
            Joined::Ready(result) => {
                return result
                    .map(|fetched| fetched.snapshot)
                    .map_err(|failure| failure.reason);
            }
            Joined::Pending(flight) => flight,
        };
        let joined = flight.joined;
        self.note.cache = self.note.cache.max(if joined {
            CacheState::Joined
        } else {
            CacheState::Miss
        });
        let landed = flight.wait(self.deadline).await;
        let calls = match &landed {
            Ok(Ok(Fetched { calls, .. }) | Err(Failure { calls, .. })) if !joined => *calls,
            _ => 0,
        };
        self.note.upstream_calls += calls;
        match landed {
            Ok(result) => result
                .map(|fetched| fetched.snapshot)
                .map_err(|failure| failure.reason),
            Err(none) => Err(none.reason()),
        }
    }

    /// Joins or starts the flight of a snapshot. `seen` is what was not enough: only something newer has landed.
    fn board(
        &self,
        key: &FlightKey,
        person: Person,
        seen: Option<&Remembered>,
        fallback: Fallback,
    ) -> Joined<Result<Fetched, Failure>> {
        let inner = Arc::clone(self.inner);
        let landed = || {
            let landed = inner.snapshots.in_memory(key)?;
            let is_newer = seen.is_none_or(|seen| {
                landed.snapshot.as_of > seen.snapshot.as_of || seen.dirty && !landed.dirty
            });
            is_newer.then_some(Ok(Fetched {
                snapshot: Some(landed.snapshot),
                resolution: None,
                calls: 0,
            }))
        };
        let start = |waiters| {
            let (inner, key) = (Arc::clone(&inner), key.clone());
            let context = self.caller().context(waiters);
            async move { inner.fly(&context, &key, person).await }
        };
        inner.snapshots.flights.join_or_start(
            key.clone(),
            &inner.upstream.runtime,
            fallback,
            landed,
            start,
        )
    }
}

impl Inner {
    /// A snapshot's flight, from its first call to what is remembered of it.
    pub(super) async fn fly(
        &self,
        context: &FetchContext,
        key: &FlightKey,
        person: Person,
    ) -> Result<Fetched, Failure> {
        let name = &context.install.install.name;
        let email = person.email.map(|(email, _)| email);
        let subject = email.clone().map(|email| Subject::Email(email).key());
        let resolution_key = subject.map(|subject| self.resolutions.key(name, &subject));
        let began = self.snapshots.begin(name);
        // A record that was read before something was told of its customer may be of before that.
        let row = person.row.filter(|row| {
            let events = &self.snapshots.events;
            !events.any_since(name, &key.1, row.as_of())
        });
        let seed = match (row, email) {
            (Some(row), _) => Seed::Row(Box::new(row.customer().clone()), row.as_of()),
            (None, Some(email)) => Seed::Email(email),
            (None, None) => Seed::Id,
        };
        let target = Target::Customer(name.clone(), key.1.clone());
        let mut result = self.fetch_snapshot(context, &key.1, seed).await;
        match &mut result {
            Ok(fetched) => {
                self.upstream.failures.clear(&target);
                if let (Some(key), Some(resolution)) = (&resolution_key, &fetched.resolution) {
                    self.resolutions.remember(key, resolution).await;
                }
                match &mut fetched.snapshot {
                    Some(snapshot) => {
                        self.images.fill(name, Arc::make_mut(snapshot)).await;
                        *snapshot = self.snapshots.remember(name, snapshot, began).await;
                        self.resolutions.are_found(name, &snapshot.customer).await;
                    }
                    None => {
                        self.snapshots.forget(name, &key.1).await;
                        self.links.stored.release(name, &key.1).await;
                    }
                }
            }
            Err(failure) => self.upstream.failures.record(target, failure),
        }
        result
    }
}

/// A card is never shown under an address that its customer no longer has.
fn shows(email: Option<&Email>, snapshot: &Snapshot) -> bool {
    match (email, &snapshot.customer.email) {
        (Some(email), Some(own)) => email.matches(own),
        _ => true,
    }
}

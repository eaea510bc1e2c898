//! The card of one customer, by the three ages.
//!
//! While calls are plenty, a view of a card past `revalidate` waits for a new one. When calls are short, the queue belongs
//! to views without a card: an old card is shown at once, marked, and fetched again behind that.

use std::sync::Arc;

use chrono::TimeDelta;

use super::fetch::{Fetched, Seed, Wanted};
use super::identify::identify_again;
use super::request::{CacheState, Request};
use super::upstream::{Failure, Fallback, Joined, Target};
use super::{Inner, age};
use crate::domain::answer::{Outcome, Reason};
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::{MatchedBy, Subject};
use crate::domain::snapshot::Snapshot;
use crate::records::{Known, Moment};

/// A part of a card that could not be had is asked for again after this.
const PART_AGAIN: TimeDelta = TimeDelta::seconds(30);
/// Fetches of one view: an event may change the customer while the first one runs.
const TRIES: usize = 4;

/// A customer who was identified.
pub struct Person {
    pub id: CustomerId,
    pub matched_by: MatchedBy,
    /// The address that led here, and when the provider said so.
    pub email: Option<(Email, Moment)>,
    /// When the customer's own record was read, if just now.
    pub read: Option<Moment>,
}

impl Person {
    /// A customer of whom only the id is known.
    pub fn known(id: CustomerId, matched_by: MatchedBy) -> Self {
        Self {
            id,
            matched_by,
            email: None,
            read: None,
        }
    }
}

impl Request<'_> {
    /// The saved card while it is up to date; with a refresh behind it while it is not too old; after that, or when a
    /// change is known that it lacks, a new one; and the saved one, marked, when that fails or takes too long.
    pub(super) async fn card(&mut self, person: Person) -> Outcome {
        let inner = self.inner;
        let name = self.name();
        let matched_by = person.matched_by;
        let email = person.email.as_ref().map(|(email, _)| email.clone());
        let found = |snapshot: &Arc<Snapshot>, stale| Outcome::Found {
            snapshot: Arc::clone(snapshot),
            matched_by,
            stale,
            emails_missing: false,
        };
        let seen = inner.customer(name, &person.id).await;
        let usable = seen
            .clone()
            .filter(|seen| inner.is_usable(seen, email.as_ref()));
        if let Some(known) = &usable
            && !self.options.refetch
            && let Some(snapshot) = &known.snapshot
        {
            match inner.state(name, known, person.email.as_ref().map(|(_, asked)| *asked)) {
                State::Fresh => {
                    let known = self.completed(known).await;
                    return found(known.snapshot.as_ref().unwrap_or(snapshot), None);
                }
                State::Aging => {
                    self.note.cache = self.note.cache.max(CacheState::Behind);
                    if inner
                        .upstream
                        .failures
                        .recent(&target(name, &person.id))
                        .is_none()
                    {
                        // No one waits for it: the cache has it when it ends.
                        let _ = self.join(&person, Some(known), Fallback::Sufficient);
                    }
                    return found(snapshot, None);
                }
                State::Old => {}
            }
        }
        let fallback = match &usable {
            Some(known) if self.is_merely_old(known) => Fallback::Stale,
            _ => Fallback::None,
        };
        let failed = match inner.upstream.failures.recent(&target(name, &person.id)) {
            Some(reason) => reason,
            None => match Box::pin(self.fetched(person, seen, fallback)).await {
                Ok(Some(known)) if shows(email.as_ref(), &known) => {
                    let known = self.completed(&known).await;
                    match &known.snapshot {
                        Some(snapshot) => return found(snapshot, None),
                        None => Reason::Unreachable,
                    }
                }
                Ok(Some(_)) => {
                    // A fetch that another caller began by id: the address names another customer now, or none.
                    if let Some(email) = email {
                        let subject = Subject::Email(email);
                        Box::pin(identify_again(inner, self.caller(), &subject)).await;
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
        match usable.as_ref().and_then(|known| known.snapshot.as_ref()) {
            // Rejected credentials may mean that the merchant has shut us out on purpose: no card.
            Some(snapshot) if failed != Reason::Reconnect => found(snapshot, Some(failed)),
            _ => Outcome::Unavailable { reason: failed },
        }
    }

    /// Whether nothing speaks against a saved card but its age.
    fn is_merely_old(&self, known: &Known) -> bool {
        let missed = known
            .read
            .is_some_and(|read| self.inner.gaps.cover(self.name(), read.at));
        !self.options.refetch && (!known.needs_read || missed)
    }

    /// Waits for the rest of a card, where the caller can't be told of it later.
    async fn completed(&mut self, known: &Arc<Known>) -> Arc<Known> {
        let inner = self.inner;
        if known.missing.is_empty() || !inner.lacks_something(self.name(), known) {
            return Arc::clone(known);
        }
        let target = target(self.name(), &known.customer.id);
        if inner.upstream.failures.recent(&target).is_some() {
            return Arc::clone(known);
        }
        let is_recent = |at| age(inner.clock.now(), at) < PART_AGAIN;
        let was_tried = inner
            .rest_tried
            .get(&(self.name().clone(), known.customer.id.clone()));
        if was_tried.is_some_and(is_recent) {
            return Arc::clone(known);
        }
        let follows = self.options.follows_changes;
        let fallback = if follows {
            Fallback::Sufficient
        } else {
            Fallback::None
        };
        match inner.join_rest(self.caller(), known, fallback) {
            Joined::Ready(_) => Arc::clone(known),
            Joined::Pending(_) if follows => Arc::clone(known),
            Joined::Pending(fetch) => {
                let joined = fetch.joined;
                match Box::pin(fetch.wait(self.deadline)).await {
                    Ok(Ok(fetched)) => {
                        self.note.upstream_calls += if joined { 0 } else { fetched.calls };
                        fetched.known.unwrap_or_else(|| Arc::clone(known))
                    }
                    _ => Arc::clone(known),
                }
            }
        }
    }

    /// Waits for a fetch of the customer, until the deadline. A fetch that an event overtook is repeated.
    async fn fetched(
        &mut self,
        person: Person,
        seen: Option<Arc<Known>>,
        fallback: Fallback,
    ) -> Result<Option<Arc<Known>>, Reason> {
        self.has_fetched = true;
        let mut person = person;
        let mut seen = seen;
        for n in 1..=TRIES {
            let (fetch, joined) = match self.join(&person, seen.as_ref(), fallback) {
                Joined::Ready(result) => {
                    return result
                        .map(|fetched| fetched.known)
                        .map_err(|failure| failure.reason);
                }
                Joined::Pending(fetch) => {
                    let joined = fetch.joined;
                    (fetch, joined)
                }
            };
            let state = if joined {
                CacheState::Joined
            } else {
                CacheState::Miss
            };
            self.note.cache = self.note.cache.max(state);
            let result = fetch.wait(self.deadline).await;
            if let Ok(Ok(Fetched { calls, .. }) | Err(Failure { calls, .. })) = &result
                && !joined
            {
                self.note.upstream_calls += *calls;
            }
            let known = match result {
                Ok(result) => result
                    .map(|fetched| fetched.known)
                    .map_err(|failure| failure.reason)?,
                Err(none) => return Err(none.reason()),
            };
            let is_overtaken = known.as_ref().is_some_and(|known| known.needs_read);
            if !is_overtaken || n == TRIES {
                return Ok(known);
            }
            // The record that the fetch began with is from before the event, too.
            person.read = None;
            seen = known;
        }
        Err(Reason::Unreachable)
    }

    /// Joins or starts the fetch of a customer. `seen` was not enough: only something newer is ready.
    fn join(
        &self,
        person: &Person,
        seen: Option<&Arc<Known>>,
        fallback: Fallback,
    ) -> Joined<Result<Fetched, Failure>> {
        let inner = self.inner;
        let name = self.name();
        let ready = || {
            let known = inner.memory.customer(name, &person.id)?;
            let read = known.read?;
            let is_newer = seen.is_none_or(|seen| {
                seen.read.is_none_or(|before| read.began > before.began)
                    || seen.needs_read && !known.needs_read
            });
            (is_newer && !known.needs_read).then_some(Ok(Fetched {
                known: Some(known),
                calls: 0,
            }))
        };
        let seed = match (&person.read, &person.email) {
            _ if seen.is_some_and(|seen| seen.needs_read && seen.read.is_some()) => person
                .email
                .as_ref()
                .map_or(Seed::Id, |(email, _)| Seed::Email(email.clone())),
            (Some(moment), _) => Seed::Read(*moment),
            (None, Some((email, _))) => Seed::Email(email.clone()),
            (None, None) => Seed::Id,
        };
        let start = |waiters| {
            let inner = Arc::clone(inner);
            let context = self.caller().context(waiters);
            let wanted = Wanted {
                customer: person.id.clone(),
                seed,
            };
            async move { inner.fetch_noted(&context, wanted).await }
        };
        let key = (
            name.clone(),
            inner.memory.beginning(name),
            person.id.clone(),
        );
        inner
            .fetching
            .join_or_start(key, &inner.upstream.runtime, fallback, ready, start)
    }
}

/// What a saved card is good for.
enum State {
    Fresh,
    Aging,
    Old,
}

impl Inner {
    /// The cached customer, else the stored one. What can't be read is as if it were not there.
    pub async fn customer(&self, name: &InstallName, id: &CustomerId) -> Option<Arc<Known>> {
        if let Some(known) = self.memory.customer(name, id) {
            return Some(known);
        }
        let guard = self.memory.guard_customer(name, id);
        let known = match self.store.known(name, id).await {
            Ok(known) => known?,
            Err(error) => {
                tracing::warn!(%error, "the store can't be read");
                return None;
            }
        };
        let known = Arc::new(known);
        self.memory.put_customer(id, &known, guard);
        Some(known)
    }

    /// Whether a saved card may be shown at all: to this address, and not past `stale`.
    fn is_usable(&self, known: &Known, email: Option<&Email>) -> bool {
        let is_young = known
            .read
            .is_some_and(|read| self.clock.now() - read.at <= self.ages.stale);
        is_young && shows(email, known)
    }

    fn state(&self, name: &InstallName, known: &Known, asked: Option<Moment>) -> State {
        let Some(read) = known.read else {
            return State::Old;
        };
        let now = self.clock.now();
        let oldest = asked.map_or(read.at, |asked| asked.at.min(read.at));
        let age = age(now, oldest).max(age(now, read.at));
        let wants_recheck = known.recheck.is_some_and(|at| at <= now);
        if known.needs_read || self.gaps.cover(name, oldest) {
            State::Old
        } else if age <= self.ages.fresh && !wants_recheck {
            State::Fresh
        } else if age <= self.ages.revalidate {
            State::Aging
        } else {
            State::Old
        }
    }

    /// Fetches a customer, and remembers whether that failed.
    pub async fn fetch_noted(
        self: &Arc<Self>,
        context: &super::upstream::FetchContext,
        wanted: Wanted,
    ) -> Result<Fetched, Failure> {
        let name = &context.install.install.name;
        let target = target(name, &wanted.customer);
        let result = self.fetch(context, wanted).await;
        match &result {
            Ok(_) => self.upstream.failures.clear(&target),
            Err(failure) => self.upstream.failures.record(target, failure),
        }
        result
    }

    /// Joins or starts the fetch of what a card lacks.
    fn join_rest(
        self: &Arc<Self>,
        caller: super::request::Caller<'_>,
        known: &Arc<Known>,
        fallback: Fallback,
    ) -> Joined<Result<Fetched, Failure>> {
        let name = caller.install.install.name.clone();
        let beginning = self.memory.beginning(&name);
        let key = (name, known.customer.id.clone());
        let start = |waiters| {
            let inner = Arc::clone(self);
            let (context, known, key) = (caller.context(waiters), Arc::clone(known), key.clone());
            async move {
                inner.rest_tried.insert(key.clone(), inner.clock.now());
                let result = inner.fetch_rest(&context, &known).await;
                if result.is_ok() {
                    inner.announce(&key.0, &key.1, &[]);
                }
                result
            }
        };
        let running = (key.0.clone(), beginning, key.1.clone());
        self.completing
            .join_or_start(running, &self.upstream.runtime, fallback, || None, start)
    }
}

fn target(name: &InstallName, id: &CustomerId) -> Target {
    Target::Customer(name.clone(), id.clone())
}

/// A card is never shown under an address that its customer no longer has.
fn shows(email: Option<&Email>, known: &Known) -> bool {
    match (email, &known.customer.email) {
        (Some(email), Some(own)) => email.matches(own),
        _ => true,
    }
}

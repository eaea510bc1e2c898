//! One subject -> the customers that it names: from the cache, the store, or the provider.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use super::request::{CacheState, Caller};
use super::upstream::{Failure, Fallback, FetchContext, Joined, Reservation, Target};
use super::{Inner, age};
use crate::domain::answer::Reason;
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Kind, Object};
use crate::domain::question::Subject;
use crate::records::{Moment, Observed, Source};
use crate::store::{Asked, KeptSubject};

/// "Not found" counts this long: the customer may be subscribing right now.
const NOT_FOUND: TimeDelta = TimeDelta::seconds(60);

/// What one subject came to.
pub struct Identified {
    /// The customers, or why they are not known.
    pub result: Result<Arc<KeptSubject>, Reason>,
    /// When the records of these customers were read: they need not be read again for the card.
    pub read: Option<Moment>,
    /// Why this is saved data, when it is.
    pub stale: Option<Reason>,
    pub cache: CacheState,
    pub upstream_calls: u32,
    /// Permits that are reserved for the card.
    pub reservation: Option<Arc<Reservation>>,
}

/// What a fetch of a subject found.
#[derive(Clone)]
pub struct Match {
    pub kept: Arc<KeptSubject>,
    pub calls: u32,
    /// Permits that are reserved for the card of the one customer, while this is held.
    pub reservation: Option<Arc<Reservation>>,
}

/// What a saved answer is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// It answers.
    Settled,
    /// It answers, and is refreshed behind.
    Aging,
    /// It stands in when the provider can't be asked.
    Old,
    /// Nothing.
    Nothing,
}

/// Identifies the customers that a subject names, by the caller's deadline.
pub async fn identify(inner: &Arc<Inner>, caller: Caller<'_>, subject: &Subject) -> Identified {
    if let Subject::Customer(id) = subject {
        // The id is the answer; whether there is such a customer, the card's own fetch tells.
        return saved(named(id, inner.clock.now()), CacheState::Hit, None);
    }
    let name = &caller.install.install.name;
    let key: Arc<str> = inner.store.subject_key(&subject.key()).into();
    let seen = inner.subject(name, subject, &key).await;
    let worth = seen
        .as_ref()
        .map_or(Worth::Nothing, |seen| inner.worth(name, seen, subject));
    if let (Some(seen), Worth::Settled) = (&seen, worth) {
        let now = inner.clock.now();
        let read = seen.asked.filter(|asked| {
            age(now, asked.at) <= inner.ages.fresh && !inner.gaps.cover(name, asked.at)
        });
        return saved(Arc::clone(seen), CacheState::Hit, read);
    }
    let target = Target::Subject(name.clone(), subject.key());
    let recent = inner.upstream.failures.recent(&target);
    if let (Some(seen), Worth::Aging) = (&seen, worth) {
        if recent.is_none() {
            // No one waits for it: the cache has it when it ends.
            let _ = inner.join_identify(caller, subject, &key, Some(seen), Fallback::Sufficient);
        }
        return saved(Arc::clone(seen), CacheState::Behind, None);
    }
    let fallback = match worth {
        Worth::Old => Fallback::Stale,
        _ => Fallback::None,
    };
    let (reason, upstream_calls) = match recent {
        Some(reason) => (reason, 0),
        None => {
            let fetched = inner.fetch_subject(caller, subject, &key, seen.as_ref(), fallback);
            match Box::pin(fetched).await {
                Ok(identified) => return identified,
                Err(failed) => failed,
            }
        }
    };
    let usable = seen.filter(|_| worth == Worth::Old && reason != Reason::Reconnect);
    Identified {
        stale: usable.is_some().then_some(reason),
        result: usable.ok_or(reason),
        read: None,
        cache: CacheState::Stale,
        upstream_calls,
        reservation: None,
    }
}

/// Asks the provider although there is a saved answer. What it says is in the cache afterwards.
pub async fn identify_again(inner: &Arc<Inner>, caller: Caller<'_>, subject: &Subject) {
    if matches!(subject, Subject::Customer(_)) {
        return;
    }
    let name = &caller.install.install.name;
    let key: Arc<str> = inner.store.subject_key(&subject.key()).into();
    let seen = inner.memory.subject(name, &key);
    let _ = inner
        .fetch_subject(caller, subject, &key, seen.as_ref(), Fallback::None)
        .await;
}

/// A subject that is a customer's id.
fn named(id: &CustomerId, now: Instant) -> Arc<KeptSubject> {
    Arc::new(KeptSubject {
        customers: vec![id.clone()],
        asked: Some(Moment { began: 0, at: now }),
        spellings: BTreeSet::new(),
    })
}

fn saved(kept: Arc<KeptSubject>, cache: CacheState, read: Option<Moment>) -> Identified {
    Identified {
        result: Ok(kept),
        read,
        stale: None,
        cache,
        upstream_calls: 0,
        reservation: None,
    }
}

impl Inner {
    /// What the cache or the store has about a subject. What can't be read is as if it were not there.
    pub async fn subject(
        &self,
        name: &InstallName,
        subject: &Subject,
        key: &Arc<str>,
    ) -> Option<Arc<KeptSubject>> {
        if let Some(kept) = self.memory.subject(name, key) {
            return Some(kept);
        }
        let guard = self.memory.guard_subject(name, key);
        let kept = match self.store.subject(name, &subject.key()).await {
            Ok(kept) => Arc::new(kept),
            Err(error) => {
                tracing::warn!(%error, "the store can't be read");
                return None;
            }
        };
        if kept.asked.is_some() || !kept.customers.is_empty() {
            self.memory.put_subject(key, &kept, guard);
        }
        Some(kept)
    }

    fn worth(&self, install: &InstallName, seen: &KeptSubject, subject: &Subject) -> Worth {
        let Some(asked) = seen.asked else {
            // Their records lead to them, and there may be others.
            return if seen.customers.is_empty() {
                Worth::Nothing
            } else {
                Worth::Old
            };
        };
        let age = age(self.clock.now(), asked.at);
        let missed_webhooks = self.gaps.cover(install, asked.at);
        match seen.customers.len() {
            0 if missed_webhooks || age > NOT_FOUND => Worth::Nothing,
            0 if self.store.spellings(subject).is_subset(&seen.spellings) => Worth::Settled,
            0 => Worth::Nothing,
            _ if age > self.ages.stale => Worth::Nothing,
            // Whether an address still names this one customer, the fetch of the card itself learns; and a subscription or
            // an order does not change hands.
            1 => Worth::Settled,
            _ if missed_webhooks => Worth::Old,
            _ if age <= self.ages.fresh => Worth::Settled,
            _ if age <= self.ages.revalidate => Worth::Aging,
            _ => Worth::Old,
        }
    }

    async fn fetch_subject(
        self: &Arc<Self>,
        caller: Caller<'_>,
        subject: &Subject,
        key: &Arc<str>,
        seen: Option<&Arc<KeptSubject>>,
        fallback: Fallback,
    ) -> Result<Identified, (Reason, u32)> {
        let (fetched, cache) = match self.join_identify(caller, subject, key, seen, fallback) {
            Joined::Ready(result) => (Ok(result), CacheState::Hit),
            Joined::Pending(fetch) => {
                let cache = if fetch.joined {
                    CacheState::Joined
                } else {
                    CacheState::Miss
                };
                (fetch.wait(caller.deadline).await, cache)
            }
        };
        let counted = |calls: u32| if cache == CacheState::Miss { calls } else { 0 };
        match fetched {
            Ok(Ok(found)) => Ok(Identified {
                read: found.kept.asked,
                result: Ok(found.kept),
                stale: None,
                cache,
                upstream_calls: counted(found.calls),
                reservation: found.reservation,
            }),
            Ok(Err(Failure { reason, calls, .. })) => Err((reason, counted(calls))),
            Err(none) => Err((none.reason(), 0)),
        }
    }

    /// Joins or starts the fetch of a subject. `seen` was not enough: only something newer is ready.
    fn join_identify(
        self: &Arc<Self>,
        caller: Caller<'_>,
        subject: &Subject,
        key: &Arc<str>,
        seen: Option<&Arc<KeptSubject>>,
        fallback: Fallback,
    ) -> Joined<Result<Match, Failure>> {
        let name = &caller.install.install.name;
        let ready = || {
            let kept = self.memory.subject(name, key)?;
            let asked = kept.asked?;
            let before = seen.and_then(|seen| seen.asked);
            let is_newer = before.is_none_or(|before| asked.began > before.began);
            let is_enough = matches!(self.worth(name, &kept, subject), Worth::Settled);
            (is_newer && is_enough).then_some(Ok(Match {
                kept,
                calls: 0,
                reservation: None,
            }))
        };
        let start = |waiters| {
            let inner = Arc::clone(self);
            let context = caller.context(waiters);
            let (subject, key) = (subject.clone(), Arc::clone(key));
            async move {
                let name = &context.install.install.name;
                let target = Target::Subject(name.clone(), subject.key());
                let result = inner.ask(&context, &subject, &key).await;
                match &result {
                    Ok(_) => inner.upstream.failures.clear(&target),
                    Err(failure) => inner.upstream.failures.record(target, failure),
                }
                result
            }
        };
        let key = (name.clone(), self.memory.beginning(name), Arc::clone(key));
        self.identifying
            .join_or_start(key, &self.upstream.runtime, fallback, ready, start)
    }

    /// Asks the provider about a subject, and stores its answer.
    async fn ask(
        self: &Arc<Self>,
        context: &FetchContext,
        subject: &Subject,
        key: &Arc<str>,
    ) -> Result<Match, Failure> {
        let name = &context.install.install.name;
        let session = self.upstream.open_session(context, false)?;
        let read = async {
            // The caller wants the card, too: its calls are reserved with these.
            session.reserve(calls_for(subject), 2).await?;
            let moment = self.moment(name).await;
            let customers = session
                .read(|| session.provider.customers(&session.credentials, subject))
                .await?;
            Ok((customers, moment))
        };
        let (customers, moment) = match read.await {
            Ok(read) => read,
            Err(error) => return Err(session.failure(error).await),
        };
        let observed: Vec<Observed> = customers
            .iter()
            .map(|customer| own_record(customer, moment))
            .collect();
        let asked = Asked {
            subject: subject.clone(),
            moment,
            customers: customers
                .iter()
                .map(|customer| customer.id.clone())
                .collect(),
        };
        let ids = asked.customers.clone();
        self.observe(name, observed, vec![asked]).await;
        self.memory.drop_subject(name, key);
        let kept = match self.store.subject(name, &subject.key()).await {
            // It is what was asked, or newer.
            Ok(kept) if kept.asked.is_some_and(|asked| asked.began >= moment.began) => kept,
            // Nothing is stored: the store is full or slow, or these people were erased.
            _ => KeptSubject {
                customers: ids,
                asked: Some(moment),
                spellings: self.store.spellings(subject),
            },
        };
        Ok(Match {
            reservation: session
                .take_reservation()
                .filter(|_| kept.customers.len() == 1)
                .map(Arc::new),
            kept: Arc::new(kept),
            calls: session.credentials.tally.calls(),
        })
    }
}

/// The observation of a customer's own record.
pub fn own_record(customer: &Customer, moment: Moment) -> Observed {
    let mut observed = Observed::new(customer.id.clone(), Source::Read, moment);
    observed
        .objects
        .push(Object::Customer(Box::new(customer.clone())));
    observed.complete.push(Kind::Customer);
    observed
}

/// How many calls identifying a subject takes.
fn calls_for(subject: &Subject) -> usize {
    match subject {
        Subject::Email(email) => email.spellings().len(),
        // What it belongs to, and then to whom. The pages on which an order's number is looked for pass one by one.
        Subject::Subscription(_) | Subject::Order(_) => 2,
        Subject::Customer(_) | Subject::ShopifyCustomer(_) => 1,
    }
}

//! Coalesced fetches: one running fetch per key, shared by its callers.
//!
//! A fetch is a task of its own. Helpdesks give up sooner than Recharge answers: if the fetch ended with the request, a slow
//! provider would be called again and again, and no result would ever be saved.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::priority::Priority;
use super::waiters::{Waiter, Waiters};
use crate::clock::{Clock, Deadline};
use crate::domain::answer::Reason;

/// Maximum length of a fetch: a provider that never ends its answer must not block a key.
const MAX_LENGTH: Duration = Duration::from_secs(60);

type ResultReceiver<V> = watch::Receiver<Option<V>>;
type Running<K, V> = Arc<Mutex<HashMap<K, (ResultReceiver<V>, Waiters)>>>;

/// The fetches of one kind.
pub struct CoalescedFetches<K, V> {
    running: Running<K, V>,
    waiting: Arc<AtomicUsize>,
    clock: Clock,
    /// Signals that a fetch ended.
    ended: Arc<Notify>,
    /// Stops every running fetch when true.
    stop: watch::Sender<bool>,
}

/// A running fetch that a caller may wait for.
pub struct PendingFetch<V> {
    result: ResultReceiver<V>,
    waiters: Waiters,
    fallback: Fallback,
    /// The caller among the waiters, when an agent has no card to look at.
    waiter: Option<Waiter>,
    /// The fetch's queued requests since the caller joined.
    queued: watch::Receiver<usize>,
    waiting: Arc<AtomicUsize>,
    /// Another caller started the fetch.
    pub joined: bool,
}

/// How a fetch, or the wait for it, ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoResult {
    /// The caller's deadline passed; the fetch continues.
    Deadline,
    /// The caller's deadline passed, and the fetch is or was queued for permits meanwhile.
    Queued,
    /// The fetch was stopped or panicked.
    Aborted,
}

impl NoResult {
    /// The reason that an agent sees.
    pub fn reason(self) -> Reason {
        match self {
            Self::Deadline | Self::Aborted => Reason::Unreachable,
            Self::Queued => Reason::RateLimited,
        }
    }
}

/// The saved answer that a caller can use without the fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// None, or one that is known to be wrong: the fetch is interactive while the caller waits.
    None,
    /// A stale card. The caller does not queue for a newer one: the queue is for callers without a card.
    Stale,
    /// A sufficient answer: the fetch runs behind it.
    Sufficient,
}

/// The result of joining.
pub enum Joined<V> {
    /// The result arrived before the caller joined.
    Ready(V),
    /// A fetch, joined or just started.
    Pending(PendingFetch<V>),
}

impl<K, V> CoalescedFetches<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub fn new(clock: &Clock) -> Self {
        Self {
            running: Arc::default(),
            waiting: Arc::default(),
            clock: clock.clone(),
            ended: Arc::default(),
            stop: watch::Sender::new(false),
        }
    }

    /// The number of callers that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The number of running fetches.
    pub fn running(&self) -> usize {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Joins the key's fetch for an agent, or starts it. `ready` is checked once more under the lock: a caller that arrives between a
    /// fetch's result and its end starts no second fetch.
    pub fn join_or_start<F>(
        &self,
        key: K,
        runtime: &Handle,
        fallback: Fallback,
        ready: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Waiters) -> F,
    ) -> Joined<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        self.join(key, runtime, (fallback, Priority::Refresh), ready, start)
    }

    /// Joins the key's fetch for a background job, or starts it at the job's priority. The fetch is interactive while an
    /// agent waits for it, and has the job's priority again when the agent leaves.
    pub fn join_or_start_job<F>(
        &self,
        key: K,
        runtime: &Handle,
        priority: Priority,
        ready: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Waiters) -> F,
    ) -> Joined<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        self.join(key, runtime, (Fallback::Sufficient, priority), ready, start)
    }

    fn join<F>(
        &self,
        key: K,
        runtime: &Handle,
        (fallback, priority): (Fallback, Priority),
        ready: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Waiters) -> F,
    ) -> Joined<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((result, waiters)) = running.get(&key) {
            // An agent counts as a waiter; after it leaves, the fetch is as urgent as before.
            if fallback != Fallback::None {
                waiters.raise(priority);
            }
            return Joined::Pending(self.pending(result.clone(), waiters.clone(), fallback, true));
        }
        if let Some(value) = ready() {
            return Joined::Ready(value);
        }
        let (sender, result) = watch::channel(None);
        let waiters = Waiters::new(priority);
        running.insert(key.clone(), (result.clone(), waiters.clone()));
        // The caller is added before the fetch starts: its priority counts from the first request.
        let pending = self.pending(result, waiters.clone(), fallback, false);
        drop(running);

        let registration = Registration {
            running: Arc::clone(&self.running),
            ended: Arc::clone(&self.ended),
            key,
        };
        let mut stop = self.stop.subscribe();
        let limit = self.clock.deadline(MAX_LENGTH);
        let fetch = start(waiters);
        runtime.spawn(async move {
            // Dropping it frees the key, also when the fetch panics or is stopped.
            let registration = registration;
            let value = tokio::select! {
                value = fetch => Some(value),
                () = limit.passed() => None,
                _ = stop.wait_for(|stop| *stop) => None,
            };
            // Before the result is sent: later callers must not join a finished fetch.
            drop(registration);
            if value.is_some() {
                let _ = sender.send(value);
            }
        });
        Joined::Pending(pending)
    }

    /// Waits for the running fetches; past the limit they are stopped. No fetch may start afterwards.
    pub async fn shut_down(&self, limit: &Deadline) {
        tokio::select! {
            () = self.empty() => return,
            () = limit.passed() => {}
        }
        self.stop.send_replace(true);
        self.empty().await;
    }

    async fn empty(&self) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            ended.await;
        }
    }

    fn pending(
        &self,
        result: ResultReceiver<V>,
        waiters: Waiters,
        fallback: Fallback,
        joined: bool,
    ) -> PendingFetch<V> {
        let has_none = fallback == Fallback::None;
        PendingFetch {
            waiter: has_none.then(|| waiters.add(!joined)),
            queued: waiters.queued(),
            result,
            waiters,
            fallback,
            waiting: Arc::clone(&self.waiting),
            joined,
        }
    }
}

impl<V: Clone> PendingFetch<V> {
    /// Waits for the result, until the deadline. A caller with a stale card waits only while the fetch is not queued. The
    /// fetch continues when the wait ends.
    pub async fn wait(self, deadline: &Deadline) -> Result<V, NoResult> {
        let Self {
            mut result,
            queued,
            fallback,
            waiting,
            waiter: _waiter,
            ..
        } = self;
        let mut in_queue = queued.clone();
        let _waiting = WaitingCaller::new(&waiting);
        tokio::select! {
            biased;
            value = result.wait_for(Option::is_some) => match value.as_deref() {
                Ok(Some(value)) => Ok(value.clone()),
                Ok(None) | Err(_) => Err(NoResult::Aborted),
            },
            // An error means that the fetch has ended.
            Ok(_) = in_queue.wait_for(|count| *count > 0), if fallback == Fallback::Stale => {
                Err(NoResult::Queued)
            }
            () = deadline.passed() => {
                let was_queued = *queued.borrow() > 0 || queued.has_changed().unwrap_or(false);
                Err(if was_queued { NoResult::Queued } else { NoResult::Deadline })
            }
        }
    }

    /// Waits for a background job: the fetch continues when every agent has left.
    pub async fn wait_in_background(self, deadline: &Deadline) -> Result<V, NoResult> {
        self.waiters.keep_running();
        self.wait(deadline).await
    }
}

/// A key's entry among the running fetches, until it is dropped.
struct Registration<K: Hash + Eq, V> {
    running: Running<K, V>,
    ended: Arc<Notify>,
    key: K,
}

impl<K: Hash + Eq, V> Drop for Registration<K, V> {
    fn drop(&mut self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
        self.ended.notify_waiters();
    }
}

/// Counts a caller until its wait ends.
struct WaitingCaller<'a>(&'a AtomicUsize);

impl<'a> WaitingCaller<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for WaitingCaller<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

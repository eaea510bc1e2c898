//! One token's rate limiter: permits as the provider's bucket has room, in the queue's order.
//!
//! A round's permits are granted together, so that no fetch stops halfway.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::bucket::{Bucket, MIN_RATE, SentCall};
use super::queue::{Entry, Queue, Turn};
use crate::clock::{Clock, Deadline, Stopwatch};
use crate::domain::id::WorkspaceId;
use crate::lookup::upstream::priority::Priority;
use crate::lookup::upstream::waiters::Waiters;
use crate::provider::{Ended, Limit, Rate};

/// Maximum queued requests of one priority for a token; further ones are rejected at once.
pub const MAX_QUEUE: usize = 40;

/// The rate limiter of one token.
pub struct RateLimiter {
    clock: Clock,
    start: Stopwatch,
    state: Mutex<State>,
    /// Signals that the head of the queue, or its wait, may have changed.
    changed: Notify,
}

struct State {
    bucket: Bucket,
    queue: Queue<Demand>,
    /// The number of the last queue entry.
    last_number: u64,
    /// Calls that granted requests will need later.
    reserved: u32,
}

struct Demand {
    followup: u32,
    /// Sends the number of permits.
    grant: oneshot::Sender<u32>,
}

/// A request for the permits of one round.
#[derive(Debug, Clone)]
pub struct PermitRequest {
    /// The workspace that started the fetch; none for background jobs.
    pub workspace: Option<WorkspaceId>,
    pub calls: u32,
    /// Calls of the round that will follow: the first round starts only if both fit.
    pub followup: u32,
    /// The fetch has sent calls already.
    pub has_sent: bool,
}

/// A request's permits.
pub struct Granted {
    pub calls: u32,
    /// For the follow-up calls, if there are any.
    pub reservation: Option<Reservation>,
}

/// Why a request got no permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The queue is full.
    QueueFull,
    /// Every agent that waited for the fetch has left.
    Abandoned,
}

/// The state of an install's rate limiter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimiterReading {
    /// Calls in the bucket.
    pub level: f64,
    /// Calls that fit.
    pub capacity: f64,
    /// Queued requests by priority, in the order of [`Priority::ALL`].
    pub waiting: [usize; Priority::ALL.len()],
}

impl RateLimiter {
    pub fn new(clock: &Clock, rate: Rate) -> Self {
        Self {
            clock: clock.clone(),
            start: clock.start(),
            state: Mutex::new(State {
                bucket: Bucket::new(rate),
                queue: Queue::new(rate.per_second.max(MIN_RATE)),
                last_number: 0,
                reserved: 0,
            }),
            changed: Notify::new(),
        }
    }

    /// Waits for a round's permits. Dropping the future leaves the queue. While the provider is probed after a long pause,
    /// grants one permit instead of all.
    pub async fn acquire(
        self: &Arc<Self>,
        request: PermitRequest,
        waiters: &Waiters,
    ) -> Result<Granted, Denied> {
        let mut changes = waiters.changes();
        // A fetch that has sent calls is finished even without waiters.
        let otherwise = request.has_sent.then_some(Priority::Refresh);
        let priority = || waiters.priority().or(otherwise).ok_or(Denied::Abandoned);
        let mut queued = self.enqueue(request, priority()?)?;
        if let Some(decision) = queued.decision() {
            return decision.map(|calls| queued.granted(calls));
        }
        let _in_queue = waiters.enter_queue();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Enabled before looking, so that no change in between is missed.
            changed.as_mut().enable();
            let next = self.next_grant();
            tokio::select! {
                biased;
                // A closed channel: another request took the place.
                granted = &mut queued.grant => return match granted {
                    Ok(calls) => Ok(queued.granted(calls)),
                    Err(_) => Err(Denied::QueueFull),
                },
                _ = changes.changed() => {
                    let priority = priority()?;
                    self.with(|state| state.queue.change(queued.number, priority));
                    self.grant();
                }
                () = changed => {}
                () = next.passed() => self.grant(),
            }
        }
    }

    fn enqueue(
        self: &Arc<Self>,
        request: PermitRequest,
        priority: Priority,
    ) -> Result<QueuedRequest, Denied> {
        let (calls, followup, owner) = (request.calls, request.followup, request.workspace.clone());
        let (grant, receiver) = oneshot::channel();
        let number = self.with(|state| {
            state.last_number += 1;
            let entry = Entry {
                number: state.last_number,
                calls,
                joined_at: state.bucket.now(),
                workspace: request.workspace,
                has_sent: request.has_sent,
                value: Demand { followup, grant },
            };
            state.queue.push(priority, entry);
            state.last_number
        });
        self.grant();
        let queued = QueuedRequest {
            limiter: Arc::clone(self),
            number,
            followup,
            grant: receiver,
            is_done: false,
        };
        // A fetch that has sent calls is never rejected: they would be lost.
        let is_full = self.with(|state| {
            let queue = &mut state.queue;
            let is_too_long =
                queue.waiting(priority) > MAX_QUEUE && queue.contains(number) && !request.has_sent;
            is_too_long && queue.evict_for(priority, &owner).is_none()
        });
        if is_full {
            Err(Denied::QueueFull)
        } else {
            Ok(queued)
        }
    }

    /// Grants every request that fits now, in order.
    fn grant(&self) {
        let granted = self.with(|state| {
            let mut granted = 0;
            while let Some((turn, wait)) = state.next() {
                if !wait.is_zero() {
                    break;
                }
                let Some(entry) = state.queue.pop(turn, state.bucket.now()) else {
                    break;
                };
                let calls = state.bucket.together(entry.calls);
                state.bucket.reserve(calls);
                state.reserved += entry.value.followup;
                // A requester that has left releases the permits when its request is dropped.
                let _ = entry.value.grant.send(calls);
                granted += 1;
            }
            granted
        });
        if granted > 0 {
            self.changed.notify_waiters();
        }
    }

    /// When the next request can be granted.
    fn next_grant(&self) -> Deadline {
        let wait = self.with(|state| state.next_change());
        self.clock.deadline(wait.max(Duration::from_millis(1)))
    }

    /// Returns permits that were not used.
    pub fn release(&self, calls: u32) {
        if calls > 0 {
            self.with(|state| state.bucket.release(calls));
            self.proceed();
        }
    }

    /// Records that a call with a permit is sent.
    pub fn send(&self) -> SentCall {
        self.with(|state| state.bucket.send())
    }

    /// Records that a call ended; `None` when its outcome is unknown. Returns how long it took.
    pub fn end(&self, sent: SentCall, ended: Option<&Ended>) -> Duration {
        let took = self.with(|state| {
            let limit: Option<Limit> = match ended {
                Some(Ended::Answered { limit, .. }) => *limit,
                _ => None,
            };
            state.bucket.end(sent, limit);
            match ended {
                Some(Ended::Answered {
                    status: 429,
                    retry_after,
                    ..
                }) => state.bucket.overflow(sent, *retry_after),
                Some(Ended::Answered { .. }) => state.bucket.accepted(sent),
                _ => state.bucket.no_answer(sent),
            }
            sent.ago(self.start.elapsed())
        });
        self.proceed();
        took
    }

    pub fn reading(&self) -> RateLimiterReading {
        self.with(|state| RateLimiterReading {
            level: state.bucket.level(),
            capacity: state.bucket.capacity(),
            waiting: Priority::ALL.map(|priority| state.queue.waiting(priority)),
        })
    }

    fn proceed(&self) {
        self.grant();
        self.changed.notify_waiters();
    }

    /// Accesses the state as of now.
    fn with<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
        let mut state: MutexGuard<'_, State> =
            self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.bucket.leak(self.start.elapsed());
        access(&mut state)
    }
}

impl State {
    /// The next request, and the time until it can be granted; `None` when none is queued.
    fn next(&self) -> Option<(Turn, Duration)> {
        let (turn, entry) = self.queue.next(self.bucket.now())?;
        let calls = if entry.has_sent || turn.is_from_floor() {
            entry.calls
        } else {
            entry.calls + entry.value.followup + self.reserved
        };
        let share = if turn.is_from_floor() {
            1.0
        } else {
            turn.priority.share()
        };
        Some((turn, self.bucket.wait(f64::from(calls), share)))
    }

    /// The time until the next request can be granted, or another one becomes the next.
    fn next_change(&self) -> Duration {
        let wait = self.next().map(|(_, wait)| wait).unwrap_or_default();
        let now = self.bucket.now();
        let floor = self.queue.floor_due_at().filter(|due| *due > now);
        floor.map_or(wait, |due| wait.min(due - now))
    }
}

/// A request in the queue. Dropping it leaves the queue, or releases permits that were granted unnoticed.
struct QueuedRequest {
    limiter: Arc<RateLimiter>,
    number: u64,
    followup: u32,
    /// Receives the number of permits; closed when another request took the place.
    grant: oneshot::Receiver<u32>,
    is_done: bool,
}

impl QueuedRequest {
    /// The decision on the request, if it is made already.
    fn decision(&mut self) -> Option<Result<u32, Denied>> {
        match self.grant.try_recv() {
            Ok(calls) => Some(Ok(calls)),
            // Closed: another request took the place. The receiver must not be polled again.
            Err(TryRecvError::Closed) => Some(Err(Denied::QueueFull)),
            Err(TryRecvError::Empty) => None,
        }
    }

    fn reservation(&self) -> Option<Reservation> {
        (self.followup > 0).then(|| Reservation {
            limiter: Arc::clone(&self.limiter),
            calls: self.followup,
        })
    }

    fn granted(mut self, calls: u32) -> Granted {
        self.is_done = true;
        Granted {
            calls,
            reservation: self.reservation(),
        }
    }
}

impl Drop for QueuedRequest {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        if self
            .limiter
            .with(|state| state.queue.remove(self.number))
            .is_some()
        {
            self.limiter.proceed();
        } else if let Ok(calls) = self.grant.try_recv() {
            // Granted, and the requester had left.
            drop(self.reservation());
            self.limiter.release(calls);
        }
    }
}

/// Room that is kept for the calls of the next round, until it is dropped.
pub struct Reservation {
    limiter: Arc<RateLimiter>,
    calls: u32,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let calls = self.calls;
        self.limiter
            .with(|state| state.reserved = state.reserved.saturating_sub(calls));
        self.limiter.proceed();
    }
}

#[cfg(test)]
mod tests;

//! The calls that a token may make now: a model of the provider's leaky bucket, and the line before it.
//!
//! | file | is |
//! |---|---|
//! | `bucket` | how full the provider's bucket is, as far as it can be known; corrected by every answer |
//! | `line` | who waits for calls, and who is next |
//! | `tokens` | the budgets of all tokens |
//!
//! A round's calls are reserved together, so that no flight stops half way. The bucket belongs to the token: two installs with
//! the same one share it. It is found by a keyed fingerprint; the token itself is not kept.

mod bucket;
mod line;
mod tokens;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::oneshot::{self, error::TryRecvError};

use self::bucket::Bucket;
use self::line::{Line, Place};
use super::passengers::Passengers;
use crate::clock::{Clock, Deadline, Stopwatch};
use crate::domain::id::WorkspaceId;
use crate::provider::{Ended, Limit, Rate};

pub use self::bucket::Sent;
pub use self::line::Lane;
pub use self::tokens::Budgets;

/// So many wait for a token; who comes then is told at once.
pub const LONGEST_LINE: usize = 40;

/// The budget of one token.
pub struct Budget {
    clock: Clock,
    start: Stopwatch,
    state: Mutex<State>,
    /// Who is next may have changed, or how long it takes.
    moved: Notify,
}

struct State {
    bucket: Bucket,
    line: Line<Wish>,
    /// Places given so far.
    numbers: u64,
    /// Calls that will be wanted by those who have been served.
    promised: u32,
}

struct Wish {
    calls: u32,
    ahead: u32,
    grant: oneshot::Sender<()>,
}

/// What a round needs.
#[derive(Debug, Clone)]
pub struct Round {
    /// Whose it is; none for the house's own work.
    pub workspace: Option<WorkspaceId>,
    pub calls: u32,
    /// The calls of the round that will follow: who could not be served then is not begun with.
    pub ahead: u32,
    /// Whether calls have been spent on it already.
    pub carries_on: bool,
}

/// Why there are no calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Too many wait already.
    LineIsFull,
    /// Whoever wanted it has left.
    NobodyWaits,
}

/// How things stand with an install's budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetReading {
    /// Calls in the bucket.
    pub level: f64,
    /// Calls that fit.
    pub capacity: f64,
    /// Rounds in line, by lane in the order of [`Lane::ALL`].
    pub waiting: [usize; 3],
}

impl Budget {
    fn new(clock: &Clock, rate: Rate) -> Self {
        Self {
            clock: clock.clone(),
            start: clock.start(),
            state: Mutex::new(State {
                bucket: Bucket::new(rate),
                line: Line::default(),
                numbers: 0,
                promised: 0,
            }),
            moved: Notify::new(),
        }
    }

    /// Waits in line for a round's calls. Who gives the wait up gives the place up. The promise is for the calls ahead.
    pub async fn reserve(
        self: &Arc<Self>,
        round: Round,
        passengers: &Passengers,
    ) -> Result<Option<Promise>, Denied> {
        let mut changes = passengers.changes();
        // What has been begun is brought to its end, whoever has left.
        let otherwise = round.carries_on.then_some(Lane::Refresh);
        let lane = || passengers.lane().or(otherwise).ok_or(Denied::NobodyWaits);
        let mut standing = self.stand(round, lane()?)?;
        if let Some(told) = standing.told() {
            return told.map(|()| standing.served());
        }
        let _in_line = passengers.in_line();
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Before looking, so that nothing that moves in between is missed.
            moved.as_mut().enable();
            let next = self.next();
            tokio::select! {
                biased;
                // Without a word: somebody else was given the place.
                granted = &mut standing.granted => return match granted {
                    Ok(()) => Ok(standing.served()),
                    Err(_) => Err(Denied::LineIsFull),
                },
                _ = changes.changed() => {
                    let lane = lane()?;
                    self.with(|state| state.line.change(standing.number, lane));
                    self.serve();
                }
                () = moved => {}
                () = next.passed() => self.serve(),
            }
        }
    }

    fn stand(self: &Arc<Self>, round: Round, lane: Lane) -> Result<Standing, Denied> {
        let (calls, ahead, owner) = (round.calls, round.ahead, round.workspace.clone());
        let (grant, granted) = oneshot::channel();
        let number = self.with(|state| {
            state.numbers += 1;
            let place = Place {
                number: state.numbers,
                workspace: round.workspace,
                carries_on: round.carries_on,
                wish: Wish {
                    calls,
                    ahead,
                    grant,
                },
            };
            state.line.join(lane, place);
            state.numbers
        });
        self.serve();
        let standing = Standing {
            budget: Arc::clone(self),
            number,
            calls,
            ahead,
            granted,
            is_over: false,
        };
        // What has been begun is never turned away: its calls would be lost.
        let is_full = self.with(|state| {
            let line = &mut state.line;
            let is_too_long = line.len() > LONGEST_LINE && line.has(number) && !round.carries_on;
            is_too_long && line.make_room(lane, &owner).is_none()
        });
        if is_full {
            Err(Denied::LineIsFull)
        } else {
            Ok(standing)
        }
    }

    /// Serves all who can be served now, in their order.
    fn serve(&self) {
        let served = self.with(|state| {
            let mut served = 0;
            while state.wait().is_some_and(|wait| wait.is_zero()) {
                let Some(place) = state.line.serve() else {
                    break;
                };
                state.bucket.reserve(place.wish.calls);
                state.promised += place.wish.ahead;
                // Who has left without a word gives it back at once, by the drop of its place.
                let _ = place.wish.grant.send(());
                served += 1;
            }
            served
        });
        if served > 0 {
            self.moved.notify_waiters();
        }
    }

    /// When the next one can be served.
    fn next(&self) -> Deadline {
        let wait = self.with(|state| state.wait());
        self.clock
            .deadline(wait.unwrap_or_default().max(Duration::from_millis(1)))
    }

    /// Reserved calls that were not sent.
    pub fn give_back(&self, calls: u32) {
        if calls > 0 {
            self.with(|state| state.bucket.give_back(calls));
            self.go_on();
        }
    }

    /// A reserved call is sent.
    pub fn send(&self) -> Sent {
        self.with(|state| state.bucket.send())
    }

    /// A call is over; `None` when nobody knows how it ended. Returns how long it took.
    pub fn end(&self, sent: Sent, ended: Option<&Ended>) -> Duration {
        let took = self.with(|state| {
            let limit: Option<Limit> = match ended {
                Some(Ended::Answered { limit, .. }) => *limit,
                _ => None,
            };
            state.bucket.end(sent, limit);
            if let Some(Ended::Answered {
                status: 429,
                retry_after,
                ..
            }) = ended
            {
                state.bucket.overflow(*retry_after);
            }
            sent.ago(self.start.elapsed())
        });
        self.go_on();
        took
    }

    pub fn reading(&self) -> BudgetReading {
        self.with(|state| BudgetReading {
            level: state.bucket.level(),
            capacity: state.bucket.capacity(),
            waiting: Lane::ALL.map(|lane| state.line.waiting(lane)),
        })
    }

    fn go_on(&self) {
        self.serve();
        self.moved.notify_waiters();
    }

    /// Looks at the state as of now.
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        state.bucket.leak(self.start.elapsed());
        look(&mut state)
    }
}

impl State {
    /// How long until the next one in line can be served; `None` when nobody waits.
    fn wait(&self) -> Option<Duration> {
        let (lane, place) = self.line.next()?;
        let calls = if place.carries_on {
            place.wish.calls
        } else {
            place.wish.calls + place.wish.ahead + self.promised
        };
        Some(self.bucket.wait(f64::from(calls), lane.share()))
    }
}

/// A place that is given up when its owner drops it.
struct Standing {
    budget: Arc<Budget>,
    number: u64,
    calls: u32,
    ahead: u32,
    /// Told when it is served; closed when somebody else was given the place.
    granted: oneshot::Receiver<()>,
    is_over: bool,
}

impl Standing {
    /// What was said of it already, before anybody waits for that.
    fn told(&mut self) -> Option<Result<(), Denied>> {
        match self.granted.try_recv() {
            Ok(()) => Some(Ok(())),
            // Closed without a word: somebody else was given the place meanwhile. Nothing may be asked of it any more.
            Err(TryRecvError::Closed) => Some(Err(Denied::LineIsFull)),
            Err(TryRecvError::Empty) => None,
        }
    }

    fn promise(&self) -> Option<Promise> {
        (self.ahead > 0).then(|| Promise {
            budget: Arc::clone(&self.budget),
            calls: self.ahead,
        })
    }

    fn served(mut self) -> Option<Promise> {
        self.is_over = true;
        self.promise()
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if self
            .budget
            .with(|state| state.line.leave(self.number))
            .is_some()
        {
            self.budget.go_on();
        } else if self.granted.try_recv().is_ok() {
            // It was served, and nobody was there any more.
            drop(self.promise());
            self.budget.give_back(self.calls);
        }
    }
}

/// Calls that will be wanted soon.
pub struct Promise {
    budget: Arc<Budget>,
    calls: u32,
}

impl Drop for Promise {
    fn drop(&mut self) {
        let calls = self.calls;
        self.budget
            .with(|state| state.promised = state.promised.saturating_sub(calls));
        self.budget.go_on();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

//! Who waits for a flight: seen by its callers, and by the flight itself while it stands in line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::budget::Lane;
use crate::clock::{Clock, Deadline, Stopwatch};

/// The passengers of one flight. Clones share them.
#[derive(Debug, Clone)]
pub struct Passengers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    aboard: watch::Sender<Aboard>,
    standing: Mutex<Standing>,
}

/// How a flight stands in line.
#[derive(Debug, Default)]
struct Standing {
    /// Rounds and calls of it that do.
    now: usize,
    /// Since when one does.
    since: Option<Stopwatch>,
    /// How long it did before.
    before: Duration,
}

#[derive(Debug, Clone, Copy)]
pub struct Aboard {
    /// Agents who wait now.
    waiting: usize,
    /// Whether it was begun for an agent, and not behind an answer.
    begun_for_one: bool,
    /// Whether somebody who is no agent wants what it brings.
    goes_on: bool,
    /// Its lane while no agent waits.
    otherwise: Lane,
}

impl Default for Passengers {
    fn default() -> Self {
        Self(Arc::new(Shared {
            aboard: watch::Sender::new(Aboard {
                waiting: 0,
                begun_for_one: false,
                goes_on: false,
                otherwise: Lane::Refresh,
            }),
            standing: Mutex::default(),
        }))
    }
}

impl Passengers {
    /// The flight's lane now; `None` when it was begun for agents who have all left.
    pub fn lane(&self) -> Option<Lane> {
        let aboard = *self.0.aboard.borrow();
        match aboard.waiting {
            0 if aboard.begun_for_one && !aboard.goes_on => None,
            0 => Some(aboard.otherwise),
            _ => Some(Lane::Agent),
        }
    }

    /// Nobody looks at it: unless an agent joins it, it goes in the last lane.
    pub fn is_a_sweep(&self) {
        self.0
            .aboard
            .send_modify(|aboard| aboard.otherwise = Lane::Sweep);
    }

    /// It goes on although no agent waits any more.
    pub fn goes_on(&self) {
        self.0.aboard.send_modify(|aboard| aboard.goes_on = true);
    }

    /// One more agent waits, until the result is dropped.
    pub fn board(&self, is_first: bool) -> Seat {
        self.0.aboard.send_modify(|aboard| {
            aboard.waiting += 1;
            aboard.begun_for_one |= is_first;
        });
        Seat(self.clone())
    }

    /// Tells of changes from now on.
    pub fn changes(&self) -> watch::Receiver<Aboard> {
        self.0.aboard.subscribe()
    }

    /// The flight stands in line, until the result is dropped.
    pub fn in_line(&self, clock: &Clock) -> InLine {
        let mut standing = self.standing();
        standing.now += 1;
        standing.since.get_or_insert_with(|| clock.start());
        drop(standing);
        InLine(self.clone())
    }

    /// Whether it does.
    pub fn are_in_line(&self) -> bool {
        self.standing().now > 0
    }

    /// How long it has stood there so far, all in all.
    pub fn stood(&self) -> Duration {
        let standing = self.standing();
        let now = standing.since.as_ref().map(Stopwatch::elapsed);
        standing.before + now.unwrap_or_default()
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        let standing = &self.0.standing;
        standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a caller waits, and how much of that goes by in line, over all the flights that they wait for.
#[derive(Debug)]
pub struct Patience {
    deadline: Deadline,
    since: Stopwatch,
    in_line: Mutex<Duration>,
}

impl Patience {
    /// From now on, until the deadline.
    pub fn until(deadline: &Deadline, clock: &Clock) -> Self {
        Self {
            deadline: deadline.clone(),
            since: clock.start(),
            in_line: Mutex::default(),
        }
    }

    /// Waits until it ends.
    pub async fn ends(&self) {
        self.deadline.passed().await;
    }

    /// A flight that was waited for stood in line for so long meanwhile.
    pub fn stood(&self, time: Duration) {
        *self.in_line.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }

    /// Whether most of it went by in line.
    pub fn went_by_in_line(&self) -> bool {
        let in_line = *self.in_line.lock().unwrap_or_else(PoisonError::into_inner);
        !in_line.is_zero() && in_line * 2 >= self.since.elapsed()
    }
}

/// An agent's.
pub struct Seat(Passengers);

impl Drop for Seat {
    fn drop(&mut self) {
        let aboard = &self.0.0.aboard;
        aboard.send_modify(|aboard| aboard.waiting -= 1);
    }
}

/// For as long as the flight stands in line.
pub struct InLine(Passengers);

impl Drop for InLine {
    fn drop(&mut self) {
        let mut standing = self.0.standing();
        standing.now -= 1;
        if standing.now == 0
            && let Some(since) = standing.since.take()
        {
            standing.before += since.elapsed();
        }
    }
}

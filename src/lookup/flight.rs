//! One running fetch per key.
//!
//! The fetch is a task of its own. Helpdesks give up sooner than Recharge answers; were the fetch part of the request, a
//! slow provider would be asked again and again and nothing would ever be remembered.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::passengers::{Passengers, Seat};
use crate::clock::{Clock, Deadline};
use crate::domain::answer::Reason;

/// No flight takes longer: a key must not be blocked by a provider that never ends its answer.
const LONGEST: Duration = Duration::from_secs(60);

type Landing<V> = watch::Receiver<Option<V>>;
type Board<K, V> = Arc<Mutex<HashMap<K, (Landing<V>, Passengers)>>>;

/// The flights of one kind.
pub struct Flights<K, V> {
    running: Board<K, V>,
    waiting: Arc<AtomicUsize>,
    clock: Clock,
    /// Told when a flight leaves the board.
    left: Arc<Notify>,
    /// Whether all that fly are to stop.
    stop: watch::Sender<bool>,
}

/// A flight that a caller may wait for.
pub struct Flight<V> {
    landing: Landing<V>,
    passengers: Passengers,
    in_hand: InHand,
    /// Of an agent who needs it.
    seat: Option<Seat>,
    /// Tells whether it stands in line, or did since the caller came.
    line: watch::Receiver<usize>,
    waiting: Arc<AtomicUsize>,
    /// Whether somebody else had started it.
    pub joined: bool,
}

/// How a flight, or the wait for it, ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoResult {
    /// The caller's time was up; the flight goes on.
    Deadline,
    /// The caller's time was up, and the flight stands in line, or did while they waited.
    InLine,
    /// The flight was given up, or died.
    Lost,
}

impl NoResult {
    /// What that means for an agent.
    pub fn reason(self) -> Reason {
        match self {
            Self::Deadline | Self::Lost => Reason::Unreachable,
            Self::InLine => Reason::RateLimited,
        }
    }
}

/// What a caller has without the flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InHand {
    /// Nothing, or what is known to be wrong: for as long as they wait, the flight is urgent.
    Nothing,
    /// A card that is merely old. It is better than a place in line: that belongs to those who have nothing.
    Old,
    /// Enough: it goes behind their answer, or for the house's own work.
    Enough,
}

/// What a caller meets at the gate.
pub enum Boarding<V> {
    /// The result came in before the caller got here.
    Landed(V),
    /// A flight, joined or just started.
    On(Flight<V>),
}

impl<K, V> Flights<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub fn new(clock: &Clock) -> Self {
        Self {
            running: Arc::default(),
            waiting: Arc::default(),
            clock: clock.clone(),
            left: Arc::default(),
            stop: watch::Sender::new(false),
        }
    }

    /// How many callers wait now.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many flights are under way now.
    pub fn running(&self) -> usize {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Joins the key's flight, or starts it. `landed` is asked once more under the lock, so that a caller who comes
    /// between a flight's landing and its leaving the board starts no second one.
    pub fn join_or_start<F>(
        &self,
        key: K,
        runtime: &Handle,
        in_hand: InHand,
        landed: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Passengers) -> F,
    ) -> Boarding<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((landing, passengers)) = running.get(&key) {
            return Boarding::On(self.flight(landing.clone(), passengers.clone(), in_hand, true));
        }
        if let Some(value) = landed() {
            return Boarding::Landed(value);
        }
        let (sender, landing) = watch::channel(None);
        let passengers = Passengers::default();
        running.insert(key.clone(), (landing.clone(), passengers.clone()));
        // Before it starts: it may look for its place in line at once.
        let flight = self.flight(landing, passengers.clone(), in_hand, false);
        drop(running);

        let on_the_board = OnTheBoard {
            running: Arc::clone(&self.running),
            left: Arc::clone(&self.left),
            key,
        };
        let mut stop = self.stop.subscribe();
        let limit = self.clock.deadline(LONGEST);
        let fetch = start(passengers);
        runtime.spawn(async move {
            // Its drop frees the key, also when the fetch panics or is given up.
            let on_the_board = on_the_board;
            let landed = tokio::select! {
                value = fetch => Some(value),
                () = limit.passed() => None,
                _ = stop.wait_for(|stop| *stop) => None,
            };
            // First off the board: who comes after the landing must not join what is over.
            drop(on_the_board);
            if landed.is_some() {
                let _ = sender.send(landed);
            }
        });
        Boarding::On(flight)
    }

    /// Waits until all have landed; past the limit they are stopped. For the end: none may be begun any more.
    pub async fn end(&self, limit: &Deadline) {
        tokio::select! {
            () = self.empty() => return,
            () = limit.passed() => {}
        }
        self.stop.send_replace(true);
        self.empty().await;
    }

    async fn empty(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            left.await;
        }
    }

    fn flight(
        &self,
        landing: Landing<V>,
        passengers: Passengers,
        in_hand: InHand,
        joined: bool,
    ) -> Flight<V> {
        let needs_it = in_hand == InHand::Nothing;
        Flight {
            seat: needs_it.then(|| passengers.board(!joined)),
            line: passengers.line(),
            landing,
            passengers,
            in_hand,
            waiting: Arc::clone(&self.waiting),
            joined,
        }
    }
}

impl<V: Clone> Flight<V> {
    /// Waits for the result, until the deadline; who has an old card, for as long as the flight does not stand in line. It goes
    /// on behind them.
    pub async fn land(self, deadline: &Deadline) -> Result<V, NoResult> {
        let Self {
            mut landing,
            line,
            in_hand,
            waiting,
            seat: _seat,
            ..
        } = self;
        let mut in_line = line.clone();
        let _waiting = Waiting::one_more(&waiting);
        tokio::select! {
            biased;
            landed = landing.wait_for(Option::is_some) => match landed.as_deref() {
                Ok(Some(value)) => Ok(value.clone()),
                Ok(None) | Err(_) => Err(NoResult::Lost),
            },
            // An error means that the flight is over.
            Ok(_) = in_line.wait_for(|count| *count > 0), if in_hand == InHand::Old => {
                Err(NoResult::InLine)
            }
            () = deadline.passed() => {
                let stood_there = *line.borrow() > 0 || line.has_changed().unwrap_or(false);
                Err(if stood_there { NoResult::InLine } else { NoResult::Deadline })
            }
        }
    }

    /// Waits likewise, for the house's own work: the flight goes on whoever leaves it.
    pub async fn land_behind(self, deadline: &Deadline) -> Result<V, NoResult> {
        self.passengers.goes_on();
        self.land(deadline).await
    }
}

struct OnTheBoard<K: Hash + Eq, V> {
    running: Board<K, V>,
    left: Arc<Notify>,
    key: K,
}

impl<K: Hash + Eq, V> Drop for OnTheBoard<K, V> {
    fn drop(&mut self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
        self.left.notify_waiters();
    }
}

/// Counts a caller for as long as it waits, however the wait ends.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

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

use super::passengers::Passengers;
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
    waiting: Arc<AtomicUsize>,
    /// Whether somebody else had started it.
    pub joined: bool,
}

/// How a flight, or the wait for it, ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoResult {
    /// The caller's time was up; the flight goes on.
    Deadline,
    /// The caller's time was up while the flight stood in line.
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

/// What a caller who waits would show without the flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InHand {
    /// Nothing, or what is known to be wrong.
    Nothing,
    /// A card that is merely old: it is better than a place in line.
    Old,
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
        landed: impl FnOnce() -> Option<V>,
        start: impl FnOnce(Passengers) -> F,
    ) -> Boarding<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((landing, passengers)) = running.get(&key) {
            return Boarding::On(self.flight(landing.clone(), passengers.clone(), true));
        }
        if let Some(value) = landed() {
            return Boarding::Landed(value);
        }
        let (sender, landing) = watch::channel(None);
        let passengers = Passengers::default();
        running.insert(key.clone(), (landing.clone(), passengers.clone()));
        drop(running);

        let on_the_board = OnTheBoard {
            running: Arc::clone(&self.running),
            left: Arc::clone(&self.left),
            key,
        };
        let mut stop = self.stop.subscribe();
        let limit = self.clock.deadline(LONGEST);
        let fetch = start(passengers.clone());
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
        Boarding::On(self.flight(landing, passengers, false))
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

    fn flight(&self, landing: Landing<V>, passengers: Passengers, joined: bool) -> Flight<V> {
        Flight {
            landing,
            passengers,
            waiting: Arc::clone(&self.waiting),
            joined,
        }
    }
}

impl<V: Clone> Flight<V> {
    /// Waits for the result, until the deadline. For as long as an agent does that, the flight is urgent.
    pub async fn land(self, deadline: &Deadline) -> Result<V, NoResult> {
        let _seat = self.passengers.board(!self.joined);
        self.wait(deadline).await
    }

    /// Waits likewise, for as long as the flight does not stand in line: who has an old card leaves the line to those who have
    /// none. The flight goes on behind the answer.
    pub async fn land_at_once(self, deadline: &Deadline) -> Result<V, NoResult> {
        let passengers = self.passengers.clone();
        tokio::select! {
            biased;
            landed = self.wait(deadline) => landed,
            () = passengers.until_in_line() => Err(NoResult::InLine),
        }
    }

    /// Waits as `in_hand` makes it worth while.
    pub async fn land_for(self, in_hand: InHand, deadline: &Deadline) -> Result<V, NoResult> {
        match in_hand {
            InHand::Nothing => self.land(deadline).await,
            InHand::Old => self.land_at_once(deadline).await,
        }
    }

    /// Waits likewise, for the house's own work: it makes nothing urgent, and the flight goes on whoever leaves it.
    pub async fn land_behind(self, deadline: &Deadline) -> Result<V, NoResult> {
        self.passengers.goes_on();
        self.wait(deadline).await
    }

    async fn wait(mut self, deadline: &Deadline) -> Result<V, NoResult> {
        let _waiting = Waiting::one_more(&self.waiting);
        tokio::select! {
            biased;
            landed = self.landing.wait_for(Option::is_some) => match landed.as_deref() {
                Ok(Some(value)) => Ok(value.clone()),
                Ok(None) | Err(_) => Err(NoResult::Lost),
            },
            () = deadline.passed() => Err(if self.passengers.are_in_line() {
                NoResult::InLine
            } else {
                NoResult::Deadline
            }),
        }
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
mod tests {
    use super::*;
    use crate::lookup::budget::Lane;
    use tokio::sync::Notify;

    fn clock() -> Clock {
        Clock::fixed(chrono::DateTime::UNIX_EPOCH)
    }

    fn on<V>(boarding: Boarding<V>) -> Flight<V> {
        match boarding {
            Boarding::On(flight) => flight,
            Boarding::Landed(_) => panic!("nothing had landed"),
        }
    }

    #[tokio::test]
    async fn callers_of_one_key_share_one_fetch_and_it_outlives_them() {
        let clock = clock();
        let flights: Flights<&str, u32> = Flights::new(&clock);
        let gate = Arc::new(Notify::new());
        let fetch = |gate: Arc<Notify>| async move {
            gate.notified().await;
            7
        };
        let opened = Arc::clone(&gate);
        let first =
            on(flights.join_or_start("kim", &Handle::current(), || None, |_| fetch(opened)));
        let second = on(flights.join_or_start(
            "kim",
            &Handle::current(),
            || None,
            |_| fetch(Arc::default()),
        ));
        assert!(!first.joined && second.joined);

        // The first caller's time is up; the fetch goes on for the second.
        let deadline = clock.deadline(Duration::from_secs(4));
        clock.advance(Duration::from_secs(4));
        assert_eq!(first.land(&deadline).await, Err(NoResult::Deadline));
        gate.notify_one();
        assert_eq!(
            second.land(&clock.deadline(Duration::from_secs(4))).await,
            Ok(7)
        );
        assert_eq!(flights.waiting(), 0);
        assert_eq!(
            flights.running(),
            0,
            "who comes now joins nothing that is over"
        );
    }

    #[tokio::test]
    async fn a_result_that_landed_in_between_starts_no_second_flight() {
        let flights: Flights<&str, u32> = Flights::new(&clock());
        let boarding = flights.join_or_start(
            "kim",
            &Handle::current(),
            || Some(7),
            |_| async { unreachable!() },
        );
        assert!(matches!(boarding, Boarding::Landed(7)));
    }

    #[tokio::test]
    async fn a_flight_that_dies_or_never_ends_frees_its_key() {
        let clock = clock();
        let flights: Flights<&str, u32> = Flights::new(&clock);
        let died = on(flights.join_or_start(
            "kim",
            &Handle::current(),
            || None,
            |_| async { panic!("planted") },
        ));
        assert_eq!(
            died.land(&clock.deadline(Duration::from_secs(4))).await,
            Err(NoResult::Lost)
        );

        let stuck = on(flights.join_or_start(
            "wanda",
            &Handle::current(),
            || None,
            |_| std::future::pending::<u32>(),
        ));
        let deadline = clock.deadline(LONGEST * 2);
        clock.advance(LONGEST);
        assert_eq!(stuck.land(&deadline).await, Err(NoResult::Lost));
        assert_eq!(flights.running(), 0);
    }

    #[tokio::test]
    async fn at_the_end_flights_land_or_are_stopped() {
        let clock = clock();
        let flights: Flights<&str, u32> = Flights::new(&clock);
        let gate = Arc::new(Notify::new());
        let opened = Arc::clone(&gate);
        let lands = on(flights.join_or_start(
            "kim",
            &Handle::current(),
            || None,
            |_| async move {
                opened.notified().await;
                7
            },
        ));
        gate.notify_one();
        let limit = clock.deadline(Duration::from_secs(5));
        flights.end(&limit).await;
        assert_eq!(lands.land(&limit).await, Ok(7));

        let flights: Flights<&str, u32> = Flights::new(&clock);
        let stuck = on(flights.join_or_start(
            "wanda",
            &Handle::current(),
            || None,
            |_| std::future::pending(),
        ));
        clock.advance(Duration::from_secs(5));
        flights.end(&limit).await;
        assert_eq!(flights.running(), 0);
        let later = clock.deadline(Duration::from_secs(5));
        assert_eq!(stuck.land(&later).await, Err(NoResult::Lost));
    }

    #[tokio::test]
    async fn who_has_an_old_card_waits_for_an_answer_but_not_in_line() {
        let clock = clock();
        let flights: Flights<&str, u32> = Flights::new(&clock);
        let (calls, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let fly = |queues: bool| {
            let (calls, answer) = (Arc::clone(&calls), Arc::clone(&answer));
            on(flights.join_or_start(
                if queues { "kim" } else { "wanda" },
                &Handle::current(),
                || None,
                |passengers| async move {
                    if queues {
                        let in_line = passengers.in_line();
                        calls.notified().await;
                        drop(in_line);
                    }
                    answer.notified().await;
                    7
                },
            ))
        };
        let deadline = clock.deadline(Duration::from_secs(4));
        // No time passes.
        let left = fly(true).land_for(InHand::Old, &deadline).await;
        assert_eq!(left, Err(NoResult::InLine));
        let joined = fly(true);
        assert!(joined.joined, "it goes on behind the answer");
        assert_eq!(joined.passengers.lane(), Some(Lane::Refresh));
        calls.notify_one();
        answer.notify_one();
        assert_eq!(joined.land_for(InHand::Nothing, &deadline).await, Ok(7));
        answer.notify_one();
        let waited = fly(false).land_for(InHand::Old, &deadline).await;
        assert_eq!(waited, Ok(7));
    }

    #[tokio::test]
    async fn who_gives_up_a_flight_in_line_learns_that_it_was_the_line() {
        let clock = clock();
        let flights: Flights<&str, u32> = Flights::new(&clock);
        let flight = on(flights.join_or_start(
            "kim",
            &Handle::current(),
            || None,
            |passengers| async move {
                let _in_line = passengers.in_line();
                std::future::pending().await
            },
        ));
        tokio::task::yield_now().await;
        let deadline = clock.deadline(Duration::from_secs(4));
        clock.advance(Duration::from_secs(4));
        let ended = flight.land(&deadline).await.unwrap_err();
        assert_eq!(ended.reason(), Reason::RateLimited);
        assert_eq!(NoResult::Deadline.reason(), Reason::Unreachable);
    }
}

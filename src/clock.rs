//! The only reader of time. Everything else is handed a [`Clock`] and asks it.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;
use tokio::time::Instant as Ticks;

use crate::domain::day::Instant;

/// Where time comes from. Clones share one time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Fixed(Arc<watch::Sender<Reading>>),
}

/// What a fixed clock shows.
#[derive(Debug, Clone, Copy)]
struct Reading {
    now: Instant,
    /// The monotonic clock: never set back.
    ticks: Instant,
}

/// A point in time to wait for at most. Counted on the monotonic clock, so that a corrected wall clock neither cuts nor
/// lengthens it.
#[derive(Debug, Clone)]
pub struct Deadline(Until);

#[derive(Debug, Clone)]
enum Until {
    Ticks(Ticks),
    Moved(Arc<watch::Sender<Reading>>, Instant),
}

/// A start to measure from.
#[derive(Debug, Clone)]
pub struct Stopwatch(Until);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `at` until it is moved. Deadlines pass when it is moved past them.
    pub fn fixed(at: Instant) -> Self {
        let reading = Reading { now: at, ticks: at };
        Self(Source::Fixed(Arc::new(watch::Sender::new(reading))))
    }

    /// The time.
    pub fn now(&self) -> Instant {
        match &self.0 {
            Source::System => Utc::now(),
            Source::Fixed(at) => at.borrow().now,
        }
    }

    /// Moves a fixed clock forward; the machine's clock takes no orders.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(at) = &self.0 {
            let by = chrono::Duration::from_std(by).unwrap_or(chrono::Duration::MAX);
            let later = |at: Instant| at.checked_add_signed(by).unwrap_or(at);
            at.send_modify(|reading| {
                reading.now = later(reading.now);
                reading.ticks = later(reading.ticks);
            });
        }
    }

    /// Sets a fixed clock back, as a correction sets the machine's: deadlines and stopwatches don't notice.
    pub fn set_back(&self, by: Duration) {
        if let Source::Fixed(at) = &self.0 {
            let by = chrono::Duration::from_std(by).unwrap_or(chrono::Duration::MAX);
            at.send_modify(|reading| {
                reading.now = reading.now.checked_sub_signed(by).unwrap_or(reading.now);
            });
        }
    }

    /// How many wait for a fixed clock to be moved: whoever moves it knows by that when to. Nobody waits for the machine's to
    /// be moved.
    pub fn waiting(&self) -> usize {
        match &self.0 {
            Source::System => 0,
            Source::Fixed(at) => at.receiver_count(),
        }
    }

    /// The point `after` from now.
    pub fn deadline(&self, after: Duration) -> Deadline {
        match &self.0 {
            Source::System => Deadline(Until::Ticks(Ticks::now() + after)),
            Source::Fixed(at) => {
                let after = chrono::Duration::from_std(after).unwrap_or(chrono::Duration::MAX);
                let now = at.borrow().ticks;
                let until = now.checked_add_signed(after).unwrap_or(now);
                Deadline(Until::Moved(Arc::clone(at), until))
            }
        }
    }

    /// Starts to measure.
    pub fn start(&self) -> Stopwatch {
        Stopwatch(self.deadline(Duration::ZERO).0)
    }
}

impl Deadline {
    /// Ends when the deadline has passed; at once if it has already.
    pub async fn passed(&self) {
        match &self.0 {
            Until::Ticks(at) => tokio::time::sleep_until(*at).await,
            Until::Moved(clock, until) => {
                // The sender lives in `clock`, so waiting can't fail.
                let _ = clock
                    .subscribe()
                    .wait_for(|reading| reading.ticks >= *until)
                    .await;
            }
        }
    }
}

impl Stopwatch {
    /// How long since the start.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Until::Ticks(at) => at.elapsed(),
            Until::Moved(clock, since) => {
                (clock.borrow().ticks - since).to_std().unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fixed_clock_stands_until_it_is_moved() {
        let start = chrono::DateTime::UNIX_EPOCH;
        let clock = Clock::fixed(start);
        let (deadline, watch) = (clock.deadline(Duration::from_secs(4)), clock.start());
        clock.advance(Duration::from_secs(3));
        assert!(
            tokio::time::timeout(Duration::ZERO, deadline.passed())
                .await
                .is_err()
        );
        clock.advance(Duration::from_secs(1));
        deadline.passed().await;
        assert_eq!(watch.elapsed(), Duration::from_secs(4));
        assert_eq!(clock.now(), start + chrono::Duration::seconds(4));
    }

    #[tokio::test]
    async fn deadlines_pass_in_time_when_the_clock_is_set_back() {
        let start = chrono::DateTime::UNIX_EPOCH;
        let clock = Clock::fixed(start);
        let (deadline, watch) = (clock.deadline(Duration::from_secs(4)), clock.start());
        clock.set_back(Duration::from_secs(3_600));
        assert_eq!(clock.now(), start - chrono::Duration::hours(1));
        clock.advance(Duration::from_secs(4));
        deadline.passed().await;
        assert_eq!(watch.elapsed(), Duration::from_secs(4));
    }
}

//! The leaky bucket of one token (<https://docs.getrecharge.com/docs/api-rate-limits>).

use chrono::{DateTime, Utc};

/// How much fits into a bucket and how fast it leaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) capacity: u32,
    pub(super) leak: f64,
}

/// A bucket: each call pours one in, and it leaks by the simulator's clock.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    level: f64,
    at: DateTime<Utc>,
}

/// What one call found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// Whether the call fitted. One that did not fit pours nothing in.
    pub(super) fits: bool,
    pub(super) used: u32,
    pub(super) capacity: u32,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: DateTime<Utc>) -> Self {
        Self {
            rate,
            level: 0.0,
            at: now,
        }
    }

    pub(super) fn pour(&mut self, now: DateTime<Utc>) -> Reading {
        // A clock that was moved back lets nothing leak, and leaks on from where it is now.
        let seconds = (now - self.at).as_seconds_f64().max(0.0);
        self.at = now;
        self.level = (self.level - seconds * self.rate.leak).max(0.0);
        let fits = self.level + 1.0 <= f64::from(self.rate.capacity);
        if fits {
            self.level += 1.0;
        }
        // Consecutive calls were seen to answer 1/40, 2/40, 3/40: a part of a call counts as a whole one.
        let used = if fits {
            self.level.ceil() as u32
        } else {
            self.rate.capacity
        };
        Reading {
            fits,
            used,
            capacity: self.rate.capacity,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn forty_fit_and_two_a_second_leak() {
        let start = DateTime::UNIX_EPOCH;
        let rate = Rate {
            capacity: 40,
            leak: 2.0,
        };
        let mut bucket = Bucket::new(rate, start);
        for call in 1..=40 {
            let reading = bucket.pour(start);
            assert_eq!((reading.fits, reading.used), (true, call));
        }
        assert!(!bucket.pour(start).fits);
        assert!(!bucket.pour(start + TimeDelta::milliseconds(400)).fits);
        let half_a_second = start + TimeDelta::milliseconds(500);
        assert!(bucket.pour(half_a_second).fits);
        assert!(!bucket.pour(half_a_second).fits);
        assert_eq!(bucket.pour(start + TimeDelta::hours(1)).used, 1);
    }

    #[test]
    fn a_clock_moved_back_fills_nothing() {
        let start = DateTime::UNIX_EPOCH;
        let rate = Rate {
            capacity: 2,
            leak: 2.0,
        };
        let mut bucket = Bucket::new(rate, start);
        bucket.pour(start);
        assert_eq!(bucket.pour(start - TimeDelta::hours(1)).used, 2);
        assert!(
            bucket.pour(start).fits,
            "an hour passed since the last call"
        );
    }
}

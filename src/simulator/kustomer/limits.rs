//! How often the org may call, and how often one object may be written, in 60 seconds.
//!
//! Whether Kustomer's minutes slide or begin anew, and whether a refused call counts, is not established: here a window
//! begins with its first call, ends after 60 seconds, and refused calls don't count.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

const WINDOW: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, Clone, Copy)]
struct Window {
    began: DateTime<Utc>,
    used: u32,
}

/// What one call found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) fits: bool,
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// When the window ends, as Unix time.
    pub(super) reset: i64,
}

#[derive(Debug, Default)]
pub(super) struct Limits {
    /// By what is counted; the org as a whole is the empty text.
    windows: HashMap<String, Window>,
}

impl Limits {
    /// Counts one call.
    pub(super) fn count(&mut self, what: &str, limit: u32, now: DateTime<Utc>) -> Reading {
        if self.windows.len() > 10_000 {
            self.windows.retain(|_, window| now - window.began < WINDOW);
        }
        let fresh = Window {
            began: now,
            used: 0,
        };
        let window = self.windows.entry(what.to_owned()).or_insert(fresh);
        // A clock that was moved back begins anew, too.
        if now - window.began >= WINDOW || now < window.began {
            *window = fresh;
        }
        let fits = window.used < limit;
        window.used += u32::from(fits);
        Reading {
            fits,
            limit,
            remaining: limit - window.used,
            reset: (window.began + WINDOW).timestamp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_calls_and_the_next_one_too() {
        let start = DateTime::UNIX_EPOCH;
        let mut limits = Limits::default();
        for left in (0..3).rev() {
            let reading = limits.count("", 3, start);
            assert_eq!(
                (reading.fits, reading.remaining, reading.reset),
                (true, left, 60)
            );
        }
        assert!(!limits.count("", 3, start + TimeDelta::seconds(59)).fits);
        assert!(limits.count("another", 3, start).fits);
        let next = limits.count("", 3, start + TimeDelta::seconds(60));
        assert_eq!((next.fits, next.remaining, next.reset), (true, 2, 120));
    }
}

//! What Kustomer says of its limits, and how fast one may go: agents, integrations and Sidecard share one budget.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::header::HeaderMap;

use crate::domain::day::Instant;

/// A minute's calls of the smallest plan: so many are believed until Kustomer says how many there are.
const SMALLEST: u32 = 300;
/// A window of the limit.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// So many per cent of the limit are left to others, whoever used the rest.
const LEFT_TO_OTHERS: u32 = 10;

/// What an answer said. Any of it may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Calls that the org has in a minute.
    pub limit: Option<u32>,
    /// How many of them are left.
    pub remaining: Option<u32>,
    /// When there are all of them again.
    pub reset: Option<Instant>,
    /// Writes that are left of the object that was written.
    pub object_remaining: Option<u32>,
}

impl Limits {
    /// As the headers say.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let number = |name: &str| -> Option<i64> {
            let text = headers.get(name)?.to_str().ok()?;
            text.trim().parse().ok()
        };
        let small = |name: &str| number(name).and_then(|n| u32::try_from(n).ok());
        Self {
            limit: small("x-ratelimit-limit").filter(|limit| *limit > 0),
            remaining: small("x-ratelimit-remaining"),
            // Seconds, as a public client reads them; milliseconds, should it be those.
            reset: number("x-ratelimit-reset").and_then(|at| {
                let seconds = if at > 100_000_000_000 { at / 1_000 } else { at };
                DateTime::from_timestamp(seconds, 0)
            }),
            object_remaining: small("x-ratelimit-object-remaining"),
        }
    }
}

/// How fast one may go: within a share of the org's limit, and never into what is left to others. Holds no clock.
#[derive(Debug, Clone)]
pub struct Pace {
    share: u32,
    limit: u32,
    spent: u32,
    window_ends: Option<Instant>,
    /// Nothing before that.
    not_before: Option<Instant>,
}

impl Pace {
    /// A pace of so many per cent of the limit.
    pub fn new(share: u32) -> Self {
        Self {
            share: share.clamp(1, 100),
            limit: SMALLEST,
            spent: 0,
            window_ends: None,
            not_before: None,
        }
    }

    /// Counts a call that is about to be made, if it may be; else says how long to wait, and counts nothing.
    pub fn go(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Err(wait(until, now));
        }
        self.not_before = None;
        match self.window_ends.filter(|end| *end > now) {
            Some(end) if self.spent >= self.allowed() => return Err(wait(end, now)),
            Some(_) => {}
            None => {
                self.window_ends = Some(now + WINDOW);
                self.spent = 0;
            }
        }
        self.spent += 1;
        Ok(())
    }

    /// Learns from an answer.
    pub fn learn(&mut self, limits: &Limits, now: Instant) {
        self.limit = limits.limit.unwrap_or(self.limit);
        let floor = (self.limit * LEFT_TO_OTHERS).div_ceil(100);
        if limits.remaining.is_some_and(|remaining| remaining <= floor) {
            self.refused(limits.reset, now);
        }
    }

    /// Kustomer has had enough, until then if it said so.
    pub fn refused(&mut self, until: Option<Instant>, now: Instant) {
        // One that lies behind, or far ahead, is a clock's mistake.
        let until = until.filter(|until| *until > now && *until <= now + WINDOW * 2);
        let until = until.unwrap_or(now + WINDOW);
        self.not_before = Some(self.not_before.map_or(until, |before| before.max(until)));
    }

    fn allowed(&self) -> u32 {
        (self.limit.saturating_mul(self.share) / 100).max(1)
    }
}

fn wait(until: Instant, now: Instant) -> Duration {
    (until - now).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_share_of_the_limit_and_no_more_in_a_minute() {
        let mut pace = Pace::new(30);
        let limits = Limits {
            limit: Some(1_000),
            remaining: Some(900),
            ..Limits::default()
        };
        pace.learn(&limits, at(0));
        for _ in 0..300 {
            assert_eq!(pace.go(at(1)), Ok(()));
        }
        assert_eq!(pace.go(at(11)), Err(Duration::from_secs(50)));
        assert_eq!(pace.go(at(61)), Ok(()));
    }

    #[test]
    fn what_is_left_to_others_is_not_touched_whoever_used_the_rest() {
        let mut pace = Pace::new(90);
        let limits = Limits {
            limit: Some(1_000),
            remaining: Some(100),
            reset: Some(at(20)),
            ..Limits::default()
        };
        assert_eq!(pace.go(at(0)), Ok(()));
        pace.learn(&limits, at(0));
        assert_eq!(pace.go(at(5)), Err(Duration::from_secs(15)));
        assert_eq!(pace.go(at(20)), Ok(()));
    }

    #[test]
    fn a_refusal_waits_as_long_as_it_says_or_a_minute() {
        let mut pace = Pace::new(30);
        pace.refused(Some(at(7)), at(0));
        assert_eq!(pace.go(at(0)), Err(Duration::from_secs(7)));
        for odd in [None, Some(at(-5)), Some(at(9_999))] {
            let mut pace = Pace::new(30);
            pace.refused(odd, at(0));
            assert_eq!(pace.go(at(0)), Err(Duration::from_secs(60)), "{odd:?}");
        }
    }

    #[test]
    fn headers_are_read_and_may_be_missing() {
        let mut headers = HeaderMap::new();
        assert_eq!(Limits::of(&headers), Limits::default());
        headers.insert("x-ratelimit-limit", "1000".parse().unwrap());
        headers.insert("x-ratelimit-remaining", "x".parse().unwrap());
        headers.insert("x-ratelimit-reset", "1795000060".parse().unwrap());
        let read = Limits::of(&headers);
        assert_eq!((read.limit, read.remaining), (Some(1_000), None));
        assert_eq!(read.reset, Some(at(60)));
        headers.insert("x-ratelimit-reset", "1795000060000".parse().unwrap());
        assert_eq!(Limits::of(&headers).reset, Some(at(60)));
    }
}

//! A leaky bucket at the provider, as far as it can be known from here. Pure: times are handed in.
//!
//! It is written by hand because no maintained limiter can be told how full the bucket really is (`governor`,
//! `leaky-bucket` and `ratelimit` count what they let pass, and nothing else).

use std::time::Duration;

use crate::provider::{Limit, Rate};

/// A provider that asks for a longer silence is asked again all the same.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// What leaks in that time is never filled: calls that are sent at an even pace do not arrive so.
const NEVER_FILLED: Duration = Duration::from_secs(1);

/// What those whom no agent waits for may use of what leaks, in the long run: so the bucket leaks empty beside them, and holds
/// more than their share keeps free when many agents come at once.
const LONG_RUN: f64 = 0.9;

/// The bucket of one token. All times are counted from one start.
#[derive(Debug)]
pub struct Bucket {
    capacity: f64,
    per_second: f64,
    /// Calls in it, those that are reserved and not yet sent among them.
    level: f64,
    /// Our own calls, leaking at [`LONG_RUN`] of the rate; never more than it holds.
    long_run: f64,
    at: Duration,
    /// Nothing is sent before.
    silent_until: Duration,
    /// How many calls were ever reserved, sent, and over.
    reserved: u64,
    sent: u64,
    over: u64,
}

/// When a call was sent, and how many were over by then: what it takes to understand its answer.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    at: Duration,
    over: u64,
}

impl Sent {
    /// How long ago that was.
    pub fn ago(&self, now: Duration) -> Duration {
        now.saturating_sub(self.at)
    }
}

impl Bucket {
    pub fn new(rate: Rate) -> Self {
        Self {
            capacity: f64::from(rate.capacity.max(1)),
            per_second: rate.per_second.max(0.01),
            level: 0.0,
            long_run: 0.0,
            at: Duration::ZERO,
            silent_until: Duration::ZERO,
            reserved: 0,
            sent: 0,
            over: 0,
        }
    }

    /// Lets leak what has leaked by now.
    pub fn leak(&mut self, now: Duration) {
        let seconds = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.level = (self.level - seconds * self.per_second).max(0.0);
        self.long_run = (self.long_run - seconds * self.per_second * LONG_RUN).max(0.0);
    }

    pub fn level(&self) -> f64 {
        self.level
    }

    pub fn capacity(&self) -> f64 {
        self.capacity
    }

    /// How long until so many calls fit under this share of the bucket; a share that is not all of it counts in the long run.
    /// What never fits has to wait for an empty one.
    pub fn wait(&self, calls: f64, share: f64) -> Duration {
        let most = self.capacity - self.per_second * NEVER_FILLED.as_secs_f64();
        let room = (self.capacity * share).min(most).max(calls);
        let leaks_to_room = |level: f64, per_second: f64| {
            // What is missing by less than a millionth of a call is rounding.
            let missing = (level + calls - room - 1e-6).max(0.0);
            // Whole milliseconds, rounded up: who looks a nanosecond too soon would have to look again.
            Duration::from_millis((missing / per_second * 1e3).ceil() as u64)
        };
        let leaking = leaks_to_room(self.level, self.per_second);
        let in_the_long_run = match share < 1.0 {
            true => leaks_to_room(self.long_run, self.per_second * LONG_RUN),
            false => Duration::ZERO,
        };
        let silence = self.silent_until.saturating_sub(self.at);
        leaking.max(in_the_long_run).max(silence)
    }

    /// So many calls will be sent.
    pub fn reserve(&mut self, calls: u32) {
        self.level += f64::from(calls);
        self.long_run = (self.long_run + f64::from(calls)).min(self.capacity);
        self.reserved += u64::from(calls);
    }

    /// So many will not, after all.
    pub fn give_back(&mut self, calls: u32) {
        self.level = (self.level - f64::from(calls)).max(0.0);
        self.long_run = (self.long_run - f64::from(calls)).max(0.0);
        self.reserved = self.reserved.saturating_sub(u64::from(calls));
    }

    /// A reserved call is sent.
    pub fn send(&mut self) -> Sent {
        self.sent += 1;
        Sent {
            at: self.at,
            over: self.over,
        }
    }

    /// A call is over. Its answer counted the calls that were over when it was sent, and perhaps some of those after them;
    /// so the level is at least what it said, less what may have leaked since, and at most that and all the others.
    pub fn end(&mut self, sent: Sent, limit: Option<Limit>) {
        self.over += 1;
        let Some(Limit { used, capacity }) = limit.filter(|limit| limit.capacity > 0) else {
            return;
        };
        self.capacity = f64::from(capacity);
        let not_sent = self.reserved.saturating_sub(self.sent) as f64;
        let perhaps_uncounted = self.reserved.saturating_sub(sent.over + 1) as f64;
        let leaked = sent.ago(self.at).as_secs_f64() * self.per_second;
        let least = (f64::from(used) - leaked).max(0.0) + not_sent;
        let most = f64::from(used) + perhaps_uncounted;
        self.level = self.level.min(most).max(least);
    }

    /// The provider said that it is full, whatever was believed here.
    pub fn overflow(&mut self, retry_after: Option<Duration>) {
        self.level = self.level.max(self.capacity);
        let silence = retry_after.unwrap_or_default().min(LONGEST_SILENCE);
        self.silent_until = self.silent_until.max(self.at + silence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> Bucket {
        Bucket::new(Rate {
            capacity: 40,
            per_second: 2.0,
        })
    }

    fn limit(used: u32) -> Option<Limit> {
        Some(Limit { used, capacity: 40 })
    }

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn it_fills_and_leaks_and_says_how_long_to_wait() {
        let mut bucket = bucket();
        assert_eq!(bucket.wait(3.0, 1.0), NOW);
        bucket.reserve(40);
        assert_eq!(bucket.wait(3.0, 1.0), Duration::from_millis(2_500));
        assert_eq!(bucket.wait(1.0, 0.5), Duration::from_millis(11_667));
        bucket.leak(Duration::from_secs(1));
        assert_eq!(bucket.level(), 38.0);
        assert_eq!(bucket.wait(2.0, 1.0), Duration::from_secs(1));
        assert_eq!(
            bucket.wait(60.0, 1.0),
            Duration::from_secs(19),
            "an empty one"
        );
        bucket.give_back(50);
        assert_eq!(bucket.level(), 0.0);
    }

    #[test]
    fn a_lane_with_a_share_leaves_some_of_what_leaks() {
        let (mut bucket, mut served) = (bucket(), 0);
        for tenth in 1..=6_000 {
            bucket.leak(Duration::from_millis(100 * tenth));
            while bucket.wait(3.0, 0.7).is_zero() {
                bucket.reserve(3);
                served += 3;
            }
        }
        // 28 at once, and nine tenths of 1,200.
        assert!((1_100..=1_108).contains(&served), "{served}");
        assert_eq!(bucket.wait(34.0, 1.0), NOW, "it leaks empty beside that");
        // Agents who use all that leaks for a long while are not held against it for longer than a full bucket would be.
        for _ in 0..1_000 {
            bucket.reserve(3);
            bucket.leak(bucket.at + Duration::from_millis(1_500));
        }
        let wait = bucket.wait(3.0, 0.7);
        assert!(Duration::from_secs(6) < wait && wait < Duration::from_secs(9));
    }

    #[test]
    fn an_answer_corrects_it_up_and_down() {
        let mut bucket = bucket();
        bucket.reserve(3);
        let sent = bucket.send();
        // Somebody else uses the token, too; two of ours are not sent yet.
        bucket.end(sent, limit(30));
        assert_eq!(bucket.level(), 32.0);
        let (second, third) = (bucket.send(), bucket.send());
        bucket.end(third, limit(4));
        assert_eq!(bucket.level(), 5.0, "the second may come after it");
        bucket.end(second, limit(4));
        assert_eq!(bucket.level(), 5.0, "the third may have come after it");
        bucket.reserve(1);
        let last = bucket.send();
        bucket.end(last, limit(5));
        assert_eq!(bucket.level(), 5.0);
        bucket.end(
            last,
            Some(Limit {
                used: 5,
                capacity: 200,
            }),
        );
        assert_eq!(bucket.capacity(), 200.0);
        bucket.end(
            last,
            Some(Limit {
                used: 5,
                capacity: 0,
            }),
        );
        assert_eq!(bucket.capacity(), 200.0, "no bucket holds nothing");
    }

    #[test]
    fn an_old_answer_does_not_hide_what_was_sent_since() {
        let mut bucket = bucket();
        bucket.reserve(1);
        let slow = bucket.send();
        for used in 2..=31 {
            bucket.reserve(1);
            let sent = bucket.send();
            bucket.end(sent, limit(used));
        }
        assert_eq!(bucket.level(), 31.0);
        bucket.end(slow, limit(1));
        assert_eq!(bucket.level(), 31.0);
        // Nor does one that was full long ago fill it again.
        bucket.reserve(1);
        let slow = bucket.send();
        bucket.leak(Duration::from_secs(20));
        bucket.end(slow, limit(40));
        assert_eq!(bucket.level(), 0.0);
    }

    #[test]
    fn too_many_calls_empty_what_is_left_and_a_silence_is_kept() {
        let mut bucket = bucket();
        bucket.overflow(None);
        assert_eq!(bucket.wait(1.0, 1.0), Duration::from_millis(1_500));
        bucket.overflow(Some(Duration::from_secs(7)));
        assert_eq!(bucket.wait(1.0, 1.0), Duration::from_secs(7));
        bucket.leak(Duration::from_secs(6));
        assert_eq!(bucket.wait(1.0, 1.0), Duration::from_secs(1));
        bucket.overflow(Some(Duration::from_secs(86_400)));
        assert_eq!(bucket.wait(1.0, 1.0), LONGEST_SILENCE);
    }
}

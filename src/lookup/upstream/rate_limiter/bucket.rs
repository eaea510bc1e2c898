//! A model of the provider's leaky bucket, corrected by every answer. Pure: times are passed in.
//!
//! Written by hand because the maintained rate limiters (`governor`, `leaky-bucket`, `ratelimit`) only count what they let
//! pass: none accepts the level that an answer reports.

use std::time::Duration;

use crate::provider::{Limit, Rate};

/// Maximum pause that a provider can ask for.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The room that leaks in this time stays empty: calls that are sent at an even pace arrive unevenly.
const HEADROOM: Duration = Duration::from_secs(1);

/// The part of the leak rate that fetches without an agent may use in the long run. The bucket drains beside them, so that
/// many agents at once find room.
const LONG_RUN: f64 = 0.9;

/// The bucket of one token. All times are counted from one start.
#[derive(Debug)]
pub struct Bucket {
    capacity: f64,
    per_second: f64,
    /// Calls in the bucket, including those that are reserved and not yet sent.
    level: f64,
    /// Our own calls, leaking at [`LONG_RUN`] of the rate; at most the capacity.
    long_run: f64,
    at: Duration,
    /// No call is sent before this time.
    paused_until: Duration,
    /// Calls ever reserved, sent, and ended.
    reserved: u64,
    sent: u64,
    ended: u64,
}

/// A call that was sent, with what is needed to interpret its answer.
#[derive(Debug, Clone, Copy)]
pub struct SentCall {
    at: Duration,
    /// Calls that had ended by then.
    ended: u64,
}

impl SentCall {
    /// The time since the call was sent.
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
            paused_until: Duration::ZERO,
            reserved: 0,
            sent: 0,
            ended: 0,
        }
    }

    /// Applies the leak up to now.
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

    /// The time until these calls fit into this share of the bucket. A share below 1 also counts in the long run. Calls that
    /// never fit wait for an empty bucket.
    pub fn wait(&self, calls: f64, share: f64) -> Duration {
        let most = self.capacity - self.per_second * HEADROOM.as_secs_f64();
        let room = (self.capacity * share).min(most).max(calls);
        let leaks_to_room = |level: f64, per_second: f64| {
            // Less than a millionth of a call is rounding.
            let missing = (level + calls - room - 1e-6).max(0.0);
            // Rounded up to whole milliseconds: a timer that fires early would have to wait again.
            Duration::from_millis((missing / per_second * 1e3).ceil() as u64)
        };
        let leaking = leaks_to_room(self.level, self.per_second);
        let in_the_long_run = match share < 1.0 {
            true => leaks_to_room(self.long_run, self.per_second * LONG_RUN),
            false => Duration::ZERO,
        };
        let pause = self.paused_until.saturating_sub(self.at);
        leaking.max(in_the_long_run).max(pause)
    }

    /// Reserves room for calls.
    pub fn reserve(&mut self, calls: u32) {
        self.level += f64::from(calls);
        self.long_run = (self.long_run + f64::from(calls)).min(self.capacity);
        self.reserved += u64::from(calls);
    }

    /// Returns reserved room that was not used.
    pub fn release(&mut self, calls: u32) {
        self.level = (self.level - f64::from(calls)).max(0.0);
        self.long_run = (self.long_run - f64::from(calls)).max(0.0);
        self.reserved = self.reserved.saturating_sub(u64::from(calls));
    }

    /// Records that a reserved call is sent.
    pub fn send(&mut self) -> SentCall {
        self.sent += 1;
        SentCall {
            at: self.at,
            ended: self.ended,
        }
    }

    /// Records that a call ended. Its answer counts the calls that had ended when it was sent, and perhaps some later ones.
    /// So the level is at least what the answer says, less what may have leaked since, and at most that plus all others.
    pub fn end(&mut self, sent: SentCall, limit: Option<Limit>) {
        self.ended += 1;
        let Some(Limit { used, capacity }) = limit.filter(|limit| limit.capacity > 0) else {
            return;
        };
        self.capacity = f64::from(capacity);
        let not_sent = self.reserved.saturating_sub(self.sent) as f64;
        let perhaps_uncounted = self.reserved.saturating_sub(sent.ended + 1) as f64;
        let leaked = sent.ago(self.at).as_secs_f64() * self.per_second;
        let least = (f64::from(used) - leaked).max(0.0) + not_sent;
        let most = f64::from(used) + perhaps_uncounted;
        self.level = self.level.min(most).max(least);
    }

    /// Records that the provider rejected a call with 429: the bucket is full.
    pub fn overflow(&mut self, retry_after: Option<Duration>) {
        self.level = self.level.max(self.capacity);
        let pause = retry_after.unwrap_or_default().min(MAX_PAUSE);
        self.paused_until = self.paused_until.max(self.at + pause);
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
    fn waits_until_enough_has_leaked() {
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
            "needs an empty bucket"
        );
        bucket.release(50);
        assert_eq!(bucket.level(), 0.0);
    }

    #[test]
    fn a_share_leaves_part_of_the_leak_rate() {
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
        assert_eq!(bucket.wait(34.0, 1.0), NOW, "the bucket drains beside it");
        // Agents that used the whole rate for a long time delay a share no longer than a full bucket would.
        for _ in 0..1_000 {
            bucket.reserve(3);
            bucket.leak(bucket.at + Duration::from_millis(1_500));
        }
        let wait = bucket.wait(3.0, 0.7);
        assert!(Duration::from_secs(6) < wait && wait < Duration::from_secs(9));
    }

    #[test]
    fn an_answer_corrects_the_level_up_and_down() {
        let mut bucket = bucket();
        bucket.reserve(3);
        let sent = bucket.send();
        // Another program uses the token, too; two of our calls are not sent yet.
        bucket.end(sent, limit(30));
        assert_eq!(bucket.level(), 32.0);
        let (second, third) = (bucket.send(), bucket.send());
        bucket.end(third, limit(4));
        assert_eq!(bucket.level(), 5.0, "the second call may arrive later");
        bucket.end(second, limit(4));
        assert_eq!(bucket.level(), 5.0, "the third call may have arrived later");
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
        assert_eq!(bucket.capacity(), 200.0, "a capacity of 0 is ignored");
    }

    #[test]
    fn an_old_answer_does_not_hide_later_calls() {
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
        // A full level from long ago does not fill it again.
        bucket.reserve(1);
        let slow = bucket.send();
        bucket.leak(Duration::from_secs(20));
        bucket.end(slow, limit(40));
        assert_eq!(bucket.level(), 0.0);
    }

    #[test]
    fn a_429_fills_the_bucket_and_pauses() {
        let mut bucket = bucket();
        bucket.overflow(None);
        assert_eq!(bucket.wait(1.0, 1.0), Duration::from_millis(1_500));
        bucket.overflow(Some(Duration::from_secs(7)));
        assert_eq!(bucket.wait(1.0, 1.0), Duration::from_secs(7));
        bucket.leak(Duration::from_secs(6));
        assert_eq!(bucket.wait(1.0, 1.0), Duration::from_secs(1));
        bucket.overflow(Some(Duration::from_secs(86_400)));
        assert_eq!(bucket.wait(1.0, 1.0), MAX_PAUSE);
    }
}

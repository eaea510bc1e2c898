//! A model of the provider's leaky bucket, corrected by every answer. Pure: times are passed in.
//!
//! Written by hand because the maintained rate limiters (`governor`, `leaky-bucket`, `ratelimit`) only count what they let
//! pass: none accepts the level that an answer reports.

use std::time::Duration;

use crate::provider::{Limit, Rate};

/// Minimum rate, in calls per second.
pub const MIN_RATE: f64 = 0.01;

/// Maximum pause that a provider can ask for. After a longer `Retry-After` one call probes whether it answers again.
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
    probe: Probe,
    /// Calls that had been sent at the last rejection with a long `Retry-After`.
    sent_before_probe: u64,
    /// Calls ever reserved, sent, and ended.
    reserved: u64,
    sent: u64,
    ended: u64,
}

/// The single call after a pause that was shorter than the provider asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    /// No probe is needed.
    None,
    /// The next call is the probe.
    Due,
    /// The probe is reserved or under way: no other call is reserved.
    Running,
}

/// A call that was sent, with what is needed to interpret its answer.
#[derive(Debug, Clone, Copy)]
pub struct SentCall {
    at: Duration,
    /// Its number among the calls that were sent.
    number: u64,
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
            per_second: rate.per_second.max(MIN_RATE),
            level: 0.0,
            long_run: 0.0,
            at: Duration::ZERO,
            paused_until: Duration::ZERO,
            probe: Probe::None,
            sent_before_probe: 0,
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

    /// The time of the last leak.
    pub fn now(&self) -> Duration {
        self.at
    }

    pub fn level(&self) -> f64 {
        self.level
    }

    pub fn capacity(&self) -> f64 {
        self.capacity
    }

    /// The time until these calls fit into this share of the bucket. A share below 1 also counts in the long run. Calls that
    /// never fit wait for an empty bucket. While a probe runs, nothing is granted before it ends.
    pub fn wait(&self, calls: f64, share: f64) -> Duration {
        let calls = match self.probe {
            Probe::None => calls,
            Probe::Due => calls.min(1.0),
            Probe::Running => return MAX_PAUSE,
        };
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

    /// The calls that may be reserved together out of so many: one while a probe is due, none while it runs.
    pub fn together(&self, calls: u32) -> u32 {
        match self.probe {
            Probe::None => calls,
            Probe::Due => calls.min(1),
            Probe::Running => 0,
        }
    }

    /// Reserves room for calls.
    pub fn reserve(&mut self, calls: u32) {
        self.level += f64::from(calls);
        self.long_run = (self.long_run + f64::from(calls)).min(self.capacity);
        self.reserved += u64::from(calls);
        if self.probe == Probe::Due {
            self.probe = Probe::Running;
        }
    }

    /// Returns reserved room that was not used.
    pub fn release(&mut self, calls: u32) {
        self.level = (self.level - f64::from(calls)).max(0.0);
        self.long_run = (self.long_run - f64::from(calls)).max(0.0);
        self.reserved = self.reserved.saturating_sub(u64::from(calls));
        if self.sent == self.sent_before_probe {
            self.probe_is_lost();
        }
    }

    /// Records that a call ended without an answer.
    pub fn no_answer(&mut self, sent: SentCall) {
        if sent.number > self.sent_before_probe {
            self.probe_is_lost();
        }
    }

    /// Records that the provider accepted a call.
    pub fn accepted(&mut self, sent: SentCall) {
        if sent.number > self.sent_before_probe {
            self.probe = Probe::None;
        }
    }

    fn probe_is_lost(&mut self) {
        if self.probe == Probe::Running {
            self.probe = Probe::Due;
        }
    }

    /// Records that a reserved call is sent.
    pub fn send(&mut self) -> SentCall {
        self.sent += 1;
        SentCall {
            at: self.at,
            number: self.sent,
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

    /// Records that the provider rejected a call with 429: the bucket is full. A `Retry-After` counts up to [`MAX_PAUSE`];
    /// after a longer one a probe is due.
    pub fn overflow(&mut self, sent: SentCall, retry_after: Option<Duration>) {
        self.level = self.level.max(self.capacity);
        let asked = retry_after.unwrap_or_default();
        self.paused_until = self.paused_until.max(self.at + asked.min(MAX_PAUSE));
        // Calls of one round are rejected together: only the first rejection counts.
        let is_first = self.probe == Probe::None || sent.number > self.sent_before_probe;
        if is_first {
            self.probe = if asked > MAX_PAUSE {
                Probe::Due
            } else {
                Probe::None
            };
            self.sent_before_probe = self.sent;
        }
    }
}

#[cfg(test)]
mod tests;

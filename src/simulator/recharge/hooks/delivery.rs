//! One delivery: what is known of it, and when it is tried again.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// How often a delivery is tried in all, and over how long (<https://docs.getrecharge.com/docs/webhooks-overview>).
pub(super) const ATTEMPTS: u32 = 20;
const PATIENCE: TimeDelta = TimeDelta::hours(48);
/// A webhook's call of its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Counted up from 1; a duplicate has one of its own.
    pub number: u64,
    /// The webhook's id.
    pub webhook: i64,
    /// The webhook's topic.
    pub topic: String,
    /// The webhook's address.
    pub address: String,
    /// The id of the object that it tells of.
    pub object: i64,
    /// When the change happened, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// When it goes out next; `None` once it has ended.
    pub due: Option<DateTime<Utc>>,
    /// How often it was tried.
    pub attempts: u32,
    /// The last answer's status; `None` when there was no answer.
    pub status: Option<u16>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It waits for its time, or to be tried again.
    Waiting,
    /// It is on its way.
    Sending,
    /// It was answered, and not with 408, 429 or a server error. Whether that was a yes is in the status.
    Answered,
    /// It was lost on request, and never sent.
    Dropped,
    /// It will not be tried again: it failed 20 times, or its webhook is gone.
    GivenUp,
}

/// How many deliveries there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Made, duplicates included.
    pub made: u64,
    /// Second copies among them.
    pub duplicates: u64,
    /// Calls of addresses.
    pub attempts: u64,
    /// Ended with an answer.
    pub answered: u64,
    /// Answered with a status from 200 to 299.
    pub accepted: u64,
    /// Lost on request.
    pub dropped: u64,
    /// Not tried any more.
    pub given_up: u64,
}

/// A webhook that Recharge deleted because its address failed for 48 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostWebhook {
    /// Its id.
    pub id: i64,
    /// Its topic.
    pub topic: String,
    /// Its address.
    pub address: String,
    /// When it was deleted, by the simulator's clock.
    pub at: DateTime<Utc>,
}

/// How long after the first attempt the next one comes. Only the number of attempts and their span are documented; the
/// pauses grow here, from half a minute to seven hours.
pub(super) fn pause(attempts: u32) -> TimeDelta {
    let part = f64::from(attempts) / f64::from(ATTEMPTS - 1);
    let millis = PATIENCE.num_milliseconds() as f64 * part.powi(3);
    TimeDelta::milliseconds(millis.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_attempts_are_spread_over_forty_eight_hours() {
        let pauses: Vec<_> = (1..ATTEMPTS).map(pause).collect();
        assert!(pauses.is_sorted());
        assert_eq!(pauses[0].num_seconds(), 25);
        assert_eq!(pauses.last(), Some(&PATIENCE));
    }
}

//! How the next charge of a subscription stands: on time, moved, skipped, retrying, overdue.

use super::charge::{Charge, ChargeStatus};
use super::day::Day;
use super::snapshot::Snapshot;
use super::subscription::{Status, Subscription};

/// A skip that passed longer ago explains nothing any more, in days.
const RECENT: i64 = 45;

/// The state of a subscription's next charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Nothing unusual.
    OnTime,
    /// The charge was moved from another day.
    Moved {
        /// The day it was due before.
        was: Day,
    },
    /// The charge before the next one is left out.
    Skipped {
        /// The day that is left out.
        day: Day,
    },
    /// The charge failed and is retried.
    Retrying {
        /// The day of the next retry.
        next_attempt: Day,
    },
    /// The day has passed and nothing was charged.
    Overdue,
}

impl Schedule {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnTime => "on_time",
            Self::Moved { .. } => "moved",
            Self::Skipped { .. } => "skipped",
            Self::Retrying { .. } => "retrying",
            Self::Overdue => "overdue",
        }
    }

    /// The day that is no longer: moved away from, or skipped.
    pub fn was(self) -> Option<Day> {
        match self {
            Self::Moved { was } => Some(was),
            Self::Skipped { day } => Some(day),
            _ => None,
        }
    }

    /// The day on which a failed charge is retried.
    pub fn next_attempt(self) -> Option<Day> {
        match self {
            Self::Retrying { next_attempt } => Some(next_attempt),
            _ => None,
        }
    }
}

/// Works out the schedule of an active subscription on a day of the shop; `None` for one that is not active, and when
/// neither charges nor a date say anything. What needs the agent's attention most wins.
pub fn of(snapshot: &Snapshot, subscription: &Subscription, today: Day) -> Option<Schedule> {
    if subscription.status != Status::Active || snapshot.charges.is_none() {
        return None;
    }
    let own = || {
        snapshot
            .charges()
            .filter(|c| c.is_for(&subscription.id) && snapshot.still_matters(c))
    };
    let next = subscription.next_billing_date;

    if let Some(next_attempt) = own().filter_map(Charge::next_attempt).min() {
        return Some(Schedule::Retrying { next_attempt });
    }
    if next.is_some_and(|day| day < today) {
        return Some(Schedule::Overdue);
    }
    if let Some(day) = skip(own(), next, today) {
        return Some(Schedule::Skipped { day });
    }
    let queued = own()
        .find(|c| c.status == ChargeStatus::Queued && c.scheduled_at == next && next.is_some());
    match queued.and_then(|charge| charge.originally_scheduled_at) {
        Some(was) if Some(was) != next => Some(Schedule::Moved { was }),
        // Without a date nothing can be told of it.
        _ => next.map(|_| Schedule::OnTime),
    }
}

/// The day that is left out: the soonest to come before the next charge; else one that has just passed without a payment
/// since, which is why nothing has come.
fn skip<'a>(
    own: impl Iterator<Item = &'a Charge> + Clone,
    next: Option<Day>,
    today: Day,
) -> Option<Day> {
    let paid = own
        .clone()
        .filter(|c| c.is_past(today))
        .filter_map(|c| c.scheduled_at)
        .max();
    let skipped = own
        .filter(|c| c.status == ChargeStatus::Skipped)
        .filter_map(|c| c.scheduled_at);
    let mut days: Vec<Day> = skipped
        .filter(|day| next.is_none_or(|next| *day < next) && paid.is_none_or(|paid| *day > paid))
        .filter(|day| today.days_since(*day) <= RECENT)
        .collect();
    days.sort_unstable();
    let to_come = days.iter().find(|day| **day >= today);
    to_come.or(days.last()).copied()
}

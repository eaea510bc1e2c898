//! How the next charge of a subscription stands: on time, moved, skipped, retrying, overdue.

use super::charge::{Charge, ChargeStatus};
use super::day::{Day, Instant};
use super::subscription::{Status, Subscription};

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
    /// The charge failed and is tried again.
    Retrying {
        /// When.
        next_attempt: Instant,
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

    /// When a failed charge is tried again.
    pub fn next_attempt(self) -> Option<Instant> {
        match self {
            Self::Retrying { next_attempt } => Some(next_attempt),
            _ => None,
        }
    }
}

/// Works out the schedule of an active subscription on a day of the shop; `None` for one that is not active, and when
/// charges are not known. What needs the agent's attention most wins.
pub fn of(subscription: &Subscription, charges: Option<&[Charge]>, today: Day) -> Option<Schedule> {
    if subscription.status != Status::Active {
        return None;
    }
    let own = || {
        charges
            .unwrap_or_default()
            .iter()
            .filter(|c| c.is_for(&subscription.id))
    };
    charges?;
    let next = subscription.next_billing_date;

    let retry = own()
        .filter(|c| c.status == ChargeStatus::Error)
        .filter_map(|c| c.retry_at)
        .min();
    if let Some(next_attempt) = retry {
        return Some(Schedule::Retrying { next_attempt });
    }
    if next.is_some_and(|day| day < today) {
        return Some(Schedule::Overdue);
    }
    let upcoming_skip = own()
        .filter(|c| c.status == ChargeStatus::Skipped)
        .filter_map(|c| c.scheduled_at)
        .filter(|day| *day >= today && next.is_none_or(|next| *day < next))
        .max();
    if let Some(day) = upcoming_skip {
        return Some(Schedule::Skipped { day });
    }
    let queued = own()
        .filter(|c| c.status == ChargeStatus::Queued && c.scheduled_at.is_some())
        .min_by_key(|c| (next != c.scheduled_at, c.scheduled_at));
    match queued.map(|c| (c.scheduled_at, c.originally_scheduled_at)) {
        Some((Some(day), Some(was))) if day != was => Some(Schedule::Moved { was }),
        _ => Some(Schedule::OnTime),
    }
}

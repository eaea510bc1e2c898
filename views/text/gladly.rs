//! Words for Gladly. It keeps what it is sent until the profile is opened again, so days stand with their year and never
//! as distances; and its own texts spell `canceled`.

mod settings;
mod setup;

use std::borrow::Cow;

use chrono::Datelike;

use super::super::facts;
use super::super::format::Calendar;
use super::super::readable::{capitalised, humanised, readable};
use crate::domain::answer::Reason;
use crate::domain::day::{Day, Instant};
use crate::domain::payment::PaymentProblem;
use crate::domain::schedule::Schedule;
use crate::domain::snapshot::Prepaid;
use crate::domain::subscription::{Status, Subscription};

pub use settings::*;
pub use setup::*;

/// The words of the link.
pub const VIEW: &str = super::VIEW;
/// Charges could not be read.
pub const CHARGES_MISSING: &str =
    "Payment details couldn't be read; reopen the profile to try again";

/// Between the parts of a note.
const DOT: &str = " · ";

/// A status as Gladly spells it.
pub fn status(status: &Status) -> Cow<'_, str> {
    match status {
        Status::Active => Cow::Borrowed("active"),
        Status::Cancelled => Cow::Borrowed("canceled"),
        Status::Expired => Cow::Borrowed("expired"),
        Status::Other(word) if word.trim().is_empty() => Cow::Borrowed("status not known"),
        Status::Other(word) => Cow::Owned(humanised(word).to_lowercase()),
    }
}

/// `as of 10:15 EST, Recharge not reachable`.
pub fn as_of(at: Instant, reason: Reason, calendar: &Calendar) -> String {
    format!("as of {}, {}", calendar.clock(at), why(reason))
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Unreachable => "Recharge not reachable",
        Reason::RateLimited => "Recharge busy",
        Reason::Reconnect => "Recharge refuses Sidecard's access",
    }
}

/// Nothing can be said of a customer who is linked.
pub fn unavailable(reason: Reason, contact: Option<&str>, install: &str) -> String {
    let what = super::unavailable(reason, contact, install);
    match reason {
        Reason::Reconnect => format!("{} {}", what.0, what.1),
        Reason::Unreachable | Reason::RateLimited => {
            format!("{}; reopen the profile in a minute", why(reason))
        }
    }
}

/// How many subscriptions are not among the transactions.
pub fn more(shown: usize, total: usize) -> String {
    format!(
        "{shown} of {total} subscriptions shown here, {} more in Recharge",
        total - shown
    )
}

/// The number of addresses that were not looked for.
pub fn untried(count: usize) -> String {
    match count {
        1 => "1 more email address was not looked up".to_owned(),
        count => format!("{count} more email addresses were not looked up"),
    }
}

/// Several things in one text.
pub fn parts(parts: &[String]) -> String {
    capitalised(&joined(parts))
}

/// The parts of a note.
pub fn joined(parts: &[String]) -> String {
    parts.join(DOT)
}

/// What is wrong with the payments, when they failed first, and why.
pub fn payment_problem(problem: &PaymentProblem, calendar: &Calendar) -> String {
    let mut text = super::problem(problem.kind).to_owned();
    if let Some(at) = problem.since {
        text.push_str(&format!(", first failed {}", day(at)));
    }
    let next = problem.next_attempt;
    if let Some(next) = next.filter(|day| !calendar.is_retry_overdue(*day)) {
        text.push_str(&format!(", next retry {}", day(next)));
    }
    let cause = facts::problem_cause(problem).into_iter();
    let cause = cause.map(|words| words.trim_end_matches('.').to_owned());
    let parts: Vec<String> = std::iter::once(text).chain(cause).collect();
    joined(&parts)
}

/// What an agent wants to know of a subscription that has no field of its own: rhythm, what happens next, why it ended.
pub fn note(
    subscription: &Subscription,
    schedule: Option<Schedule>,
    prepaid: Option<Prepaid>,
    calendar: &Calendar,
) -> String {
    let rhythm = super::rhythm(
        subscription.billing_interval.as_ref(),
        subscription.delivery_interval.as_ref(),
        subscription.keeps_to,
    );
    let mut parts: Vec<String> = rhythm.into_iter().collect();
    match subscription.status {
        Status::Active => parts.push(coming(subscription, schedule, calendar)),
        Status::Cancelled => parts.push(canceled(subscription, calendar)),
        Status::Expired | Status::Other(_) => {}
    }
    parts.extend(prepaid.map(deliveries));
    joined(&parts)
}

fn coming(subscription: &Subscription, schedule: Option<Schedule>, calendar: &Calendar) -> String {
    let next = subscription.next_billing_date;
    let charge = next.map_or_else(
        || String::from("next charge date not known"),
        |next| format!("next charge {}", day(next)),
    );
    match schedule {
        Some(Schedule::Retrying { next_attempt }) if calendar.is_retry_overdue(next_attempt) => {
            format!("payment failed, retry overdue since {}", day(next_attempt))
        }
        Some(Schedule::Retrying { next_attempt }) => {
            format!("payment failed, next retry {}", day(next_attempt))
        }
        Some(Schedule::Moved { was }) => format!("{charge} (moved, was {})", day(was)),
        Some(Schedule::Skipped { day: skipped }) => format!("{} skipped, {charge}", day(skipped)),
        Some(Schedule::Overdue) => {
            next.map_or(charge, |next| format!("overdue since {}", day(next)))
        }
        Some(Schedule::OnTime) | None => charge,
    }
}

fn canceled(subscription: &Subscription, calendar: &Calendar) -> String {
    let mut text = String::from("canceled");
    if let Some(at) = subscription.cancelled_at {
        text.push_str(&format!(" {}", day(calendar.day_of(at))));
    }
    match reason(subscription) {
        Some(reason) => text + " (" + &reason + ")",
        None => text,
    }
}

/// The reason that was given, and what the customer added to it.
pub fn reason(subscription: &Subscription) -> Option<String> {
    let reason = readable(subscription.cancellation_reason.as_deref());
    let comment = readable(subscription.cancellation_comment.as_deref());
    match (reason, comment) {
        (Some(reason), Some(comment)) => Some(format!("{reason}: {comment}")),
        (Some(text), None) | (None, Some(text)) => Some(text.into_owned()),
        (None, None) => None,
    }
}

fn deliveries(prepaid: Prepaid) -> String {
    let left = match prepaid.deliveries_left {
        None => return String::from("prepaid"),
        Some(1) => String::from("1 prepaid delivery left"),
        Some(left) => format!("{left} prepaid deliveries left"),
    };
    match prepaid.next_delivery_date {
        Some(next) => format!("{left}, next {}", day(next)),
        None => left,
    }
}

fn day(day: Day) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let date = day.date();
    let month = MONTHS[date.month0() as usize % MONTHS.len()];
    format!("{} {month} {}", date.day(), date.year())
}

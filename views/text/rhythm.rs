//! Words for when: intervals, distances, and the course of a subscription.

use super::super::format::capitalised;
use super::super::sentence::{Piece, Sentence, quote, words};
use super::counted;
use crate::domain::day::Day;
use crate::domain::subscription::{Interval, KeepsTo, Unit};

/// How often something ships and is paid: one clause when both are the same.
pub fn rhythm(
    billing: Option<&Interval>,
    delivery: Option<&Interval>,
    keeps_to: Option<KeepsTo>,
) -> Option<String> {
    let kept = keeps_to.map(keeps).unwrap_or_default();
    match (billing.and_then(every), delivery.and_then(every)) {
        (None, None) => None,
        (Some(paid), None) => Some(format!("Paid {paid}{kept}")),
        (None, Some(ships)) => Some(format!("Ships {ships}{kept}")),
        (Some(paid), Some(ships)) => {
            let same = billing.map(reckoned) == delivery.map(reckoned);
            Some(if same {
                capitalised(&format!("{ships}{kept}"))
            } else {
                format!("Ships {ships} · paid {paid}{kept}")
            })
        }
    }
}

/// A week is 7 days and a year 12 months: different words for the same rhythm are not worth two clauses.
fn reckoned(interval: &Interval) -> (u64, &str) {
    let frequency = u64::from(interval.frequency);
    match &interval.unit {
        Unit::Week => (frequency * 7, "day"),
        Unit::Year => (frequency * 12, "month"),
        unit => (frequency, unit.as_str()),
    }
}

/// `every week`, `every 30 days`; nothing for a frequency of 0, which some rows have.
fn every(interval: &Interval) -> Option<String> {
    match interval.frequency {
        0 => None,
        1 => Some(format!("every {}", interval.unit.as_str())),
        n => Some(format!("every {n} {}", plural(&interval.unit))),
    }
}

/// `30 days`: frequency and unit, as the provider has them.
pub fn interval(interval: &Interval) -> String {
    match interval.frequency {
        1 => format!("1 {}", interval.unit.as_str()),
        n => format!("{n} {}", plural(&interval.unit)),
    }
}

fn plural(unit: &Unit) -> String {
    let word = unit.as_str();
    if word.is_empty() || word.ends_with('s') {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

fn keeps(to: KeepsTo) -> String {
    match to {
        KeepsTo::DayOfMonth(day) => format!(" on the {}", ordinal(u32::from(day))),
        KeepsTo::DayOfWeek(day) => format!(" on {}", weekday(day)),
    }
}

fn weekday(day: chrono::Weekday) -> &'static str {
    use chrono::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    match day {
        Mon => "Monday",
        Tue => "Tuesday",
        Wed => "Wednesday",
        Thu => "Thursday",
        Fri => "Friday",
        Sat => "Saturday",
        Sun => "Sunday",
    }
}

/// `1st`, `2nd`, `11th`, `31st`.
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Days from today in words; far ones in months and years, as the exact date stands beside them.
pub fn relative_days(days: i64) -> String {
    let distance = match days.unsigned_abs() {
        0 => return "today".to_owned(),
        1 if days > 0 => return "tomorrow".to_owned(),
        1 => return "yesterday".to_owned(),
        n @ 2..=59 => format!("{n} days"),
        n @ 60..=547 => format!("{} months", (n * 12 + 183) / 365),
        n => format!("{} years", ((n * 10 + 1_826) / 3_652).max(2)),
    };
    if days > 0 {
        format!("in {distance}")
    } else {
        format!("{distance} ago")
    }
}

/// The next charge, on time.
pub fn next_charge<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("Next charge {}", [Piece::Due(day)])
}

/// The next charge was moved.
pub fn moved<'a>(to: Day, was: Day) -> Sentence<'a> {
    Sentence::new("Moved to {} (was {})", [Piece::Day(to), Piece::Day(was)])
}

/// The date that a subscription of an unknown status still has.
pub fn billing_date<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("Next billing date {}", [Piece::Due(day)])
}

/// A charge is left out.
pub fn skipped<'a>(day: Day, next: Option<Day>) -> Sentence<'a> {
    match next {
        Some(next) => Sentence::new("{} skipped, next {}", [Piece::Day(day), Piece::Due(next)]),
        None => Sentence::new("{} skipped", [Piece::Day(day)]),
    }
}

/// A charge failed and is tried again.
pub fn retrying<'a>(next: Day) -> Sentence<'a> {
    Sentence::new("Payment failed, next try {}", [Piece::Due(next)])
}

/// The day has passed and nothing was charged.
pub fn overdue<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("Was due {}, {}", [Piece::Distance(day), Piece::Day(day)])
}

/// Paid deliveries to come.
pub fn deliveries_left<'a>(left: u32, next: Option<Day>) -> Sentence<'a> {
    let left = words(counted(
        left as usize,
        "prepaid delivery left",
        "prepaid deliveries left",
    ));
    match next {
        Some(next) => Sentence::new("{}, next {}", [left, Piece::Due(next)]),
        None => Sentence::new("{}", [left]),
    }
}

/// Who or what cancelled, and why.
pub fn cancelled<'a>(day: Option<Day>, reason: Option<&'a str>) -> Sentence<'a> {
    match (day, reason) {
        (Some(day), Some(reason)) => Sentence::new(
            "Cancelled {}. Reason given: {}",
            [Piece::Day(day), quote(reason)],
        ),
        (Some(day), None) => Sentence::new("Cancelled {}. No reason given", [Piece::Day(day)]),
        (None, Some(reason)) => Sentence::new("Cancelled. Reason given: {}", [quote(reason)]),
        (None, None) => Sentence::new(super::CANCELLED_UNDATED, []),
    }
}

/// Nobody cancelled: the provider gave up.
pub fn cancelled_by_provider<'a>(day: Option<Day>) -> Sentence<'a> {
    match day {
        Some(day) => Sentence::new(
            "Cancelled by Recharge after failed payments, {}",
            [Piece::Day(day)],
        ),
        None => Sentence::new("Cancelled by Recharge after failed payments", []),
    }
}

/// It ended by itself.
pub fn ended<'a>(charges: Option<u32>) -> Sentence<'a> {
    match charges {
        Some(1) => Sentence::new("Ended: its one charge was made", []),
        Some(n) => Sentence::new("Ended: all {} charges made", [words(n.to_string())]),
        None => Sentence::new(super::ENDED, []),
    }
}

//! Words for when: intervals, distances, and the course of a subscription.

use std::borrow::Cow;

use super::super::readable::{capitalised, readable};
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
        1 => Some(format!("every {}", singular(&interval.unit))),
        n => Some(format!("every {n} {}", plural(&interval.unit))),
    }
}

/// `30 days`: frequency and unit, as the provider has them.
pub fn interval(interval: &Interval) -> String {
    match interval.frequency {
        1 => format!("1 {}", singular(&interval.unit)),
        n => format!("{n} {}", plural(&interval.unit)),
    }
}

/// A unit's word; one that Sidecard has never seen is the provider's, made readable.
fn singular(unit: &Unit) -> Cow<'_, str> {
    readable(Some(unit.as_str())).unwrap_or(Cow::Borrowed("intervals"))
}

fn plural(unit: &Unit) -> String {
    let word = singular(unit);
    if word.ends_with('s') {
        word.into_owned()
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

/// Days from today in words; far ones in months and years, as the exact date stands beside them. A quarter is counted in
/// days: of two or three months the nearest is a fortnight off, and people plan that far.
pub fn relative_days(days: i64) -> String {
    let distance = match days.unsigned_abs() {
        0 => return "today".to_owned(),
        1 if days > 0 => return "tomorrow".to_owned(),
        1 => return "yesterday".to_owned(),
        n @ 2..=90 => format!("{n} days"),
        n @ 91..=547 => format!("{} months", (n * 12 + 183) / 365),
        n => format!("{} years", (n / 365).max(2)),
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

/// The next charge, in the line that sums a customer up.
pub fn next_in_short<'a>(total: Option<String>, day: Day) -> Sentence<'a> {
    match total {
        Some(total) => Sentence::new("Next {} on {}", [words(total), Piece::Day(day)]),
        None => Sentence::new("Next charge {}", [Piece::Day(day)]),
    }
}

/// A failed charge that is retried, likewise.
pub fn next_retry_in_short<'a>(total: Option<String>, day: Day) -> Sentence<'a> {
    match total {
        Some(total) => Sentence::new("Next retry {} on {}", [words(total), Piece::Day(day)]),
        None => Sentence::new("Next retry {}", [Piece::Day(day)]),
    }
}

/// A retry that should have been, likewise.
pub fn retry_overdue_in_short<'a>(total: Option<String>, day: Day) -> Sentence<'a> {
    match total {
        Some(total) => Sentence::new(
            "Retry of {} overdue since {}",
            [words(total), Piece::Day(day)],
        ),
        None => overdue_retry(day),
    }
}

/// A retry that should have been.
pub fn overdue_retry<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("Retry overdue since {}", [Piece::Day(day)])
}

/// A charge whose day has passed, likewise.
pub fn overdue_in_short<'a>(total: Option<String>, day: Day) -> Sentence<'a> {
    match total {
        Some(total) => Sentence::new("{} overdue since {}", [words(total), Piece::Day(day)]),
        None => overdue(day),
    }
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

/// A charge failed and is retried.
pub fn retrying<'a>(next: Day) -> Sentence<'a> {
    Sentence::new("Payment failed, next retry {}", [Piece::Due(next)])
}

/// A charge failed, and the day of the next retry has passed without one.
pub fn retry_overdue<'a>(next: Day) -> Sentence<'a> {
    Sentence::new("Payment failed, retry overdue since {}", [Piece::Day(next)])
}

/// The day has passed and nothing was charged.
pub fn overdue<'a>(day: Day) -> Sentence<'a> {
    Sentence::new("Overdue since {}", [Piece::Day(day)])
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

#[cfg(test)]
mod tests {
    use super::super::super::samples::every;
    use super::*;

    #[test]
    fn ordinals() {
        let words: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31]
            .map(ordinal)
            .to_vec();
        assert_eq!(
            words.join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th 31st"
        );
    }

    #[test]
    fn distances() {
        for (days, expected) in [
            (0, "today"),
            (1, "tomorrow"),
            (-1, "yesterday"),
            (2, "in 2 days"),
            (-3, "3 days ago"),
            (25, "in 25 days"),
            (60, "in 60 days"),
            (-76, "76 days ago"),
            (90, "in 90 days"),
            (91, "in 3 months"),
            (-365, "12 months ago"),
            (547, "in 18 months"),
            (548, "in 2 years"),
            (-3650, "10 years ago"),
            (-3_652_000, "10005 years ago"),
        ] {
            assert_eq!(relative_days(days), expected);
        }
        assert!(relative_days(i64::MIN).ends_with(" years ago"));
    }

    #[test]
    fn rhythms() {
        let days = |n| every(n, Unit::Day);
        let say = |billing: Option<Interval>, delivery: Option<Interval>, keeps_to| {
            rhythm(billing.as_ref(), delivery.as_ref(), keeps_to)
        };
        let thursday = Some(KeepsTo::DayOfWeek(chrono::Weekday::Thu));
        let week = every(1, Unit::Week);
        for (said, expected) in [
            (
                say(Some(days(30)), Some(days(30)), None),
                Some("Every 30 days"),
            ),
            (
                say(Some(days(90)), Some(days(30)), None),
                Some("Ships every 30 days · paid every 90 days"),
            ),
            (
                say(Some(week.clone()), Some(week.clone()), thursday),
                Some("Every week on Thursday"),
            ),
            (say(Some(days(7)), Some(week), None), Some("Every week")),
            (
                say(
                    Some(every(1, Unit::Month)),
                    Some(every(1, Unit::Month)),
                    Some(KeepsTo::DayOfMonth(31)),
                ),
                Some("Every month on the 31st"),
            ),
            (say(Some(days(1)), None, None), Some("Paid every day")),
            (
                say(None, Some(every(2, Unit::Month)), None),
                Some("Ships every 2 months"),
            ),
            (
                say(Some(every(3, Unit::of("fortnights"))), None, None),
                Some("Paid every 3 fortnights"),
            ),
            (say(Some(days(0)), Some(days(0)), None), None),
            (say(None, None, thursday), None),
        ] {
            assert_eq!(said.as_deref(), expected);
        }
    }
}

//! The simulator's only reader of time, and how it reads times that are written in bodies.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::America::New_York;

use super::options::Now;

/// The simulator's clock. Buckets leak by it and the 90-day rule looks at it; delays of answers are real time.
#[derive(Debug)]
pub(super) struct Clock(Mutex<Now>);

impl Clock {
    pub(super) fn new(now: Now) -> Self {
        Self(Mutex::new(now))
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Now::System => Utc::now(),
            Now::Fixed(at) => at,
        }
    }

    /// Whether it runs by itself.
    pub(super) fn runs(&self) -> bool {
        matches!(
            *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            Now::System
        )
    }

    /// Puts the clock at an instant, where it stands until it is moved again.
    pub(super) fn move_to(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Now::Fixed(to);
    }
}

/// An instant in the form that most bodies have: to the second, in UTC, with an offset.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// An instant as Recharge writes one: a date, or a date and time with an offset, `Z` or neither, with or without a
/// fraction. Without an offset it is read as UTC.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .map(|at| at.and_utc())
}

/// The calendar day in US Eastern time, in which Recharge schedules retries.
pub(super) fn eastern_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&New_York).date_naive()
}

/// The instant at which a day begins in US Eastern time: 05:00 UTC in winter, 04:00 in summer.
pub(super) fn eastern_midnight(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    // Clocks change at two in the morning there: every day has one midnight.
    let eastern = New_York.from_local_datetime(&midnight).earliest();
    eastern.map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_form_that_was_seen() {
        for text in [
            "2026-11-20T10:15:02+00:00",
            "2026-11-20T10:15:02Z",
            "2026-11-20T05:15:02-05:00",
            "2026-11-20T10:15:02",
            "2026-11-20T10:15:02.000",
        ] {
            assert_eq!(instant(text).unwrap().timestamp(), 1_795_169_702, "{text}");
        }
        assert_eq!(instant("2026-11-20").unwrap().timestamp(), 1_795_132_800);
        assert_eq!(instant("test"), None);
    }

    #[test]
    fn a_day_begins_at_midnight_eastern() {
        for (day, begins) in [
            ("2026-12-05", "2026-12-05T05:00:00+00:00"),
            ("2026-07-04", "2026-07-04T04:00:00+00:00"),
            // The clocks change on these days, after midnight.
            ("2026-03-08", "2026-03-08T05:00:00+00:00"),
            ("2026-11-01", "2026-11-01T04:00:00+00:00"),
        ] {
            let day = day.parse().unwrap();
            assert_eq!(stamp(eastern_midnight(day)), begins);
            assert_eq!(eastern_day(eastern_midnight(day)), day);
        }
    }

    #[test]
    fn a_moved_clock_stands_still() {
        let clock = Clock::new(Now::System);
        let to = instant("2030-01-01").unwrap();
        clock.move_to(to);
        assert_eq!(clock.now(), to);
    }
}

//! Calendar days beside instants, and the zone that joins them.
//!
//! A billing date is a day of the shop, not an instant: shifting it by a time zone would show the day before.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

const NOON: chrono::NaiveTime = match chrono::NaiveTime::from_hms_opt(12, 0, 0) {
    Some(noon) => noon,
    None => chrono::NaiveTime::MIN,
};

/// A moment, in UTC.
pub type Instant = DateTime<Utc>;

/// What was read at a time so much later than now, or than what is read now, was read before the clock was set back: it is not
/// newer. More than any read, or its way into the store, takes.
pub const SET_BACK: TimeDelta = TimeDelta::minutes(5);

/// US Eastern time, in which Recharge reckons the days of its retries.
pub const EASTERN: Zone = Zone::Known(Tz::America__New_York);

/// A calendar day of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(NaiveDate);

/// The time zone that a shop lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Zone {
    /// As the shop's settings say.
    Known(Tz),
    /// Not known: UTC is used, and the card says so.
    #[default]
    Unknown,
}

impl Day {
    /// From year, month and day of month; `None` when there is no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// As chrono has it, for formatting.
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// 12:00 UTC: the instant that falls on this day in every zone from -12 to +11, for fields that know instants alone.
    pub fn noon(self) -> Instant {
        self.0.and_time(NOON).and_utc()
    }

    /// Whole days from `earlier` to this day; negative when this one is before it.
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_days()
    }

    /// Years fit the four digits of ISO 8601 and of every provider.
    pub fn is_plausible(self) -> bool {
        (1970..=9999).contains(&self.0.year())
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Day {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }
}

impl Zone {
    /// By IANA name (`America/New_York`); anything else is `Unknown`.
    pub fn named(name: &str) -> Self {
        Tz::from_str(name.trim()).map_or(Self::Unknown, Self::Known)
    }

    /// The zone to reckon in.
    pub fn tz(self) -> Tz {
        match self {
            Self::Known(tz) => tz,
            Self::Unknown => Tz::UTC,
        }
    }

    /// Which day of the shop an instant falls on.
    pub fn day_of(self, instant: Instant) -> Day {
        Day(instant.with_timezone(&self.tz()).date_naive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instant(text: &str) -> Instant {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn an_instant_falls_on_the_shops_day() {
        let late = instant("2026-11-20T03:30:00Z");
        assert_eq!(
            Zone::named("America/New_York").day_of(late).to_string(),
            "2026-11-19"
        );
        assert_eq!(
            Zone::named("Asia/Tokyo").day_of(late).to_string(),
            "2026-11-20"
        );
        assert_eq!(
            Zone::named("Mars/Olympus").day_of(late).to_string(),
            "2026-11-20"
        );
        assert_eq!(Zone::named("Mars/Olympus"), Zone::Unknown);
    }

    #[test]
    fn noon_is_on_the_day_almost_everywhere() {
        let day = Day::new(2026, 12, 15).unwrap();
        assert_eq!(day.noon(), instant("2026-12-15T12:00:00Z"));
        for zone in [
            "Pacific/Pago_Pago",
            "America/New_York",
            "Europe/Paris",
            "Asia/Tokyo",
        ] {
            assert_eq!(Zone::named(zone).day_of(day.noon()), day);
        }
    }

    #[test]
    fn days_are_counted_across_a_change_of_clocks() {
        let (before, after) = (
            Day::new(2026, 10, 31).unwrap(),
            Day::new(2026, 11, 2).unwrap(),
        );
        assert_eq!(after.days_since(before), 2);
        assert_eq!(before.days_since(after), -2);
    }

    proptest! {
        #[test]
        fn a_day_reads_back(year in 1970i32..9999, ordinal in 1u32..=365) {
            let day = Day(NaiveDate::from_yo_opt(year, ordinal).unwrap());
            prop_assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = text.parse::<Day>();
            let _ = Zone::named(&text);
        }
    }
}

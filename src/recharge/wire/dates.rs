//! Dates and times in every form that Recharge has been seen to write.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use crate::domain::day::{Day, EASTERN, Instant};

/// An instant: with an offset, with `Z`, with fractions of a second (`cancelled_at` of a cancel response), as RFC 1123
/// (old `/shop`), or naive.
///
/// A naive one is read as UTC. That is what 2021-11 promises for all of them ("ISO-8601 UTC"), yet customers, payment
/// methods and events have been seen without an offset and it is not established what they mean; 2021-01 wrote US Eastern
/// time. The error is five hours at most, and in `created_at` and `updated_at` only.
///
/// A date alone is noon UTC: the same day in nearly every shop.
pub fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    let Some((date, rest)) = split(text) else {
        return rfc_1123(text)
            .map(|at| at.to_utc())
            .filter(|at| Day::from(at.date_naive()).is_plausible());
    };
    let at = if rest.is_empty() {
        date.and_time(NaiveTime::from_hms_opt(12, 0, 0)?).and_utc()
    } else {
        let time = rest
            .strip_prefix(['T', 't', ' '])
            .map(|time| format!("{date}T{time}"))?;
        with_offset(&time).or_else(|| naive(&time))?
    };
    (1970..=9999).contains(&at.year()).then_some(at)
}

/// A calendar day. When a time follows, the date is taken as it is written: a billing day shifted by a time zone would
/// be the day before. 2021-01 wrote such days as midnight, and orders still do.
pub fn day(text: &str) -> Option<Day> {
    let text = text.trim();
    let date = match split(text) {
        Some((date, rest)) if rest.is_empty() || rest.starts_with(['T', 't', ' ']) => date,
        Some(_) => return None,
        None => rfc_1123(text)?.date_naive(),
    };
    Some(Day::from(date)).filter(|day| day.is_plausible())
}

/// A calendar day that is sent as midnight US Eastern, mostly in UTC (`2026-12-05T05:00:00+00:00`). At midnight by its own
/// offset, without a time, and without an offset, it is the date as written.
pub fn eastern_day(text: &str) -> Option<Day> {
    let text = text.trim();
    let at = match split(text) {
        Some((date, rest)) => {
            let time = rest.strip_prefix(['T', 't', ' ']).unwrap_or_default();
            zoned(&format!("{date}T{time}"))
        }
        None => rfc_1123(text),
    };
    match at.filter(|at| at.time() != NaiveTime::MIN) {
        Some(at) => Some(EASTERN.day_of(at.to_utc())).filter(|day| day.is_plausible()),
        None => day(text),
    }
}

/// The `YYYY-MM-DD` that a text begins with, and what follows it.
fn split(text: &str) -> Option<(NaiveDate, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    let shape = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !shape {
        return None;
    }
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some((date, rest))
}

fn with_offset(text: &str) -> Option<Instant> {
    zoned(text).map(|at| at.to_utc())
}

fn zoned(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
        .ok()
}

fn naive(text: &str) -> Option<Instant> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M"))
        .ok()
        .map(|at| at.and_utc())
}

fn rfc_1123(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc2822(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_instant_is_read_in_every_form_seen() {
        for (written, meant) in [
            ("2025-01-25T20:55:02+00:00", "2025-01-25T20:55:02+00:00"),
            ("2025-01-25T20:55:02Z", "2025-01-25T20:55:02+00:00"),
            ("2025-01-25T20:55:02-05:00", "2025-01-26T01:55:02+00:00"),
            ("2025-01-25T20:55:02+0530", "2025-01-25T15:25:02+00:00"),
            (
                "2025-02-04T15:55:31.279792+00:00",
                "2025-02-04T15:55:31.279792+00:00",
            ),
            ("2024-10-28T12:56:16", "2024-10-28T12:56:16+00:00"),
            ("2024-10-28T12:56:16.5", "2024-10-28T12:56:16.500+00:00"),
            ("2024-10-28 12:56:16", "2024-10-28T12:56:16+00:00"),
            ("2024-10-28T12:56", "2024-10-28T12:56:00+00:00"),
            (" 2024-10-28 ", "2024-10-28T12:00:00+00:00"),
            ("Wed, 21 Apr 2021 11:44:38 GMT", "2021-04-21T11:44:38+00:00"),
        ] {
            assert_eq!(instant(written).unwrap().to_rfc3339(), meant, "{written}");
        }
    }

    #[test]
    fn a_day_with_a_time_is_the_day_as_written() {
        for written in [
            "2026-02-03",
            " 2026-02-03 ",
            "2026-02-03T00:00:00",
            "2026-02-03T23:59:59-08:00",
            "2026-02-03T00:30:00+09:00",
            "2026-02-03 00:00:00",
            "Tue, 03 Feb 2026 23:00:00 -0800",
        ] {
            assert_eq!(day(written).unwrap().to_string(), "2026-02-03", "{written}");
        }
    }

    #[test]
    fn a_day_at_midnight_eastern_is_that_day_whatever_its_offset() {
        for written in [
            "2026-12-05",
            " 2026-12-05 ",
            "2026-12-05T00:00:00",
            "2026-12-05 05:00:00",
            "2026-12-05T05:00:00",
            "2026-12-05T05:00:00+00:00",
            "2026-12-05T05:00:00Z",
            "2026-12-05T05:00:00.000000+00:00",
            "2026-12-05T00:00:00+00:00",
            "2026-12-05T00:00:00-05:00",
            "2026-12-05T00:00:00-08:00",
            "2026-12-05T00:00:00+1100",
            "2026-12-04T21:00:00-08:00",
            "2026-12-05T14:00:00+09:00",
            "Sat, 05 Dec 2026 05:00:00 GMT",
        ] {
            let read = eastern_day(written).map(|day| day.to_string());
            assert_eq!(read.as_deref(), Some("2026-12-05"), "{written}");
        }
        // In summer, midnight Eastern is 04:00 UTC; on the days on which clocks change, too.
        for (written, day) in [
            ("2026-07-05T04:00:00+00:00", "2026-07-05"),
            ("2026-03-08T05:00:00+00:00", "2026-03-08"),
            ("2026-11-01T04:00:00+00:00", "2026-11-01"),
            ("2026-07-05T03:59:59+00:00", "2026-07-04"),
        ] {
            assert_eq!(eastern_day(written).unwrap().to_string(), day, "{written}");
        }
    }

    #[test]
    fn what_is_no_date_or_no_plausible_one_is_nothing() {
        for bad in [
            "",
            "soon",
            "0001-01-01T00:00:00Z",
            "0000-00-00",
            "2026-02-30",
            "1969-12-31T00:00:00Z",
            "+12026-02-03",
            "2026-02-03x",
            "2026-2-3",
            "03/02/2026",
            "1767225600",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
            assert_eq!(day(bad), None, "{bad}");
            assert_eq!(eastern_day(bad), None, "{bad}");
        }
        assert_eq!(instant("9999-12-31T23:59:59-12:00"), None);
        assert_eq!(instant("2026-02-03T25:00:00Z"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_without_a_panic(text in "\\PC*", near in "[0-9+-]{1,7}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{0,12}[Z0-9:+-]{0,6}") {
            for text in [&text, &near] {
                let _ = (instant(text), day(text), eastern_day(text));
            }
        }
    }
}

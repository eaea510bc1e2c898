//! Money, days and instants as people write them. Numbers and dates here, words in [`super::text`].

use chrono::{Datelike, SecondsFormat};

use super::text;
use crate::domain::day::{Day, EASTERN, Instant, Zone};
use crate::domain::money::{Currency, Money};

/// The day and the zone that dates are told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    today: Day,
    eastern: Day,
    zone: Zone,
}

impl Calendar {
    /// The shop's calendar at this moment.
    pub fn new(now: Instant, zone: Zone) -> Self {
        Self {
            today: zone.day_of(now),
            eastern: EASTERN.day_of(now),
            zone,
        }
    }

    /// Whether a retry of this day should have been: the day is over at the shop, and in the time zone that retries follow.
    pub fn is_retry_overdue(&self, day: Day) -> bool {
        day < self.today && day < self.eastern
    }

    /// The shop's day.
    pub fn today(&self) -> Day {
        self.today
    }

    /// The shop's zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Which day of the shop an instant falls on.
    pub fn day_of(&self, instant: Instant) -> Day {
        self.zone.day_of(instant)
    }

    /// `15 Dec`; the year stands only where it is not this one: `3 Feb 2027`.
    pub fn day(&self, day: Day) -> String {
        let date = day.date();
        if date.year() == self.today.date().year() {
            date.format("%-d %b").to_string()
        } else {
            date.format("%-d %b %Y").to_string()
        }
    }

    /// `Tuesday, 15 December 2026`.
    pub fn day_in_full(&self, day: Day) -> String {
        day.date().format("%A, %-d %B %Y").to_string()
    }

    /// `in 25 days`, `tomorrow`, `3 days ago`.
    pub fn relative(&self, day: Day) -> String {
        text::relative_days(day.days_since(self.today))
    }

    /// `26 Jan 2025, 15:20`: for the rows of a fold, where nothing is left to a tooltip.
    pub fn instant(&self, instant: Instant) -> String {
        let local = instant.with_timezone(&self.zone.tz());
        local.format("%-d %b %Y, %H:%M").to_string()
    }

    /// `Friday, 20 November 2026, 10:15:02 EST`.
    pub fn instant_in_full(&self, instant: Instant) -> String {
        let local = instant.with_timezone(&self.zone.tz());
        local.format("%A, %-d %B %Y, %H:%M:%S %Z").to_string()
    }

    /// `10:15 EST`, and the day before it when it is not today.
    pub fn clock(&self, instant: Instant) -> String {
        let clock = instant
            .with_timezone(&self.zone.tz())
            .format("%H:%M %Z")
            .to_string();
        let day = self.day_of(instant);
        if day == self.today {
            clock
        } else {
            format!("{}, {clock}", self.day(day))
        }
    }
}

/// For `<time datetime>`.
pub fn machine_instant(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `$98.00`, `¥4,200`, `CA$98.00`, `SEK 98.00`; an amount alone where the currency is not known.
///
/// Digits come from rusty-money's table (by [`Money::amount_text`]), which also keeps what rounding would lose. Its
/// symbols are the local ones, `$` for 20 currencies, so they are used only where English has no other ([`symbol`]).
pub fn money(money: &Money) -> String {
    let amount = money.amount_text();
    let (sign, amount) = match amount.strip_prefix('-') {
        Some(amount) => ("-", amount),
        None => ("", amount.as_str()),
    };
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    let whole = grouped(whole);
    match &money.currency {
        None => format!("{sign}{whole}{point}{fraction}"),
        Some(currency) => match symbol(currency) {
            Some(symbol) => format!("{sign}{symbol}{whole}{point}{fraction}"),
            None => format!("{sign}{} {whole}{point}{fraction}", currency.code()),
        },
    }
}

/// The symbol that English gives a currency (CLDR); every other currency goes by its code.
fn symbol(currency: &Currency) -> Option<&'static str> {
    let prefixed = match currency.code() {
        "AUD" => "A$",
        "BRL" => "R$",
        "CAD" => "CA$",
        "CNY" => "CN¥",
        "HKD" => "HK$",
        "MXN" => "MX$",
        "NZD" => "NZ$",
        "TWD" => "NT$",
        "XCD" => "EC$",
        "EUR" | "GBP" | "ILS" | "INR" | "JPY" | "KRW" | "PHP" | "USD" | "VND" => {
            return rusty_money::iso::find(currency.code()).map(|known| known.symbol);
        }
        _ => return None,
    };
    Some(prefixed)
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::{cash, day, instant};
    use super::*;

    fn new_york() -> Calendar {
        Calendar::new(
            instant("2026-11-20T15:15:02Z"),
            Zone::named("America/New_York"),
        )
    }

    #[test]
    fn money_as_english_writes_it() {
        for (amount, currency, expected) in [
            ("98.00", "USD", "$98.00"),
            ("14.5", "GBP", "£14.50"),
            ("12", "EUR", "€12.00"),
            ("4200", "JPY", "¥4,200"),
            ("4200.00", "JPY", "¥4,200"),
            ("98", "CAD", "CA$98.00"),
            ("98", "AUD", "A$98.00"),
            ("98", "SEK", "SEK 98.00"),
            ("1.5", "KWD", "KWD 1.500"),
            ("1234567.891", "USD", "$1,234,567.891"),
            ("100", "XQZ", "XQZ 100.00"),
            ("-5", "USD", "-$5.00"),
            ("-1000", "SEK", "-SEK 1,000.00"),
            ("98.00", "?", "98.00"),
            ("0", "USD", "$0.00"),
            ("999", "JPY", "¥999"),
        ] {
            assert_eq!(money(&cash(amount, currency)), expected);
        }
    }

    #[test]
    fn the_year_stands_where_it_is_another_one() {
        let calendar = new_york();
        assert_eq!(calendar.day(day("2026-12-31")), "31 Dec");
        assert_eq!(calendar.day(day("2027-01-01")), "1 Jan 2027");
        assert_eq!(calendar.day(day("2025-11-20")), "20 Nov 2025");
        assert_eq!(
            calendar.day_in_full(day("2026-12-15")),
            "Tuesday, 15 December 2026"
        );
    }

    #[test]
    fn a_retry_is_overdue_once_its_day_is_over_at_the_shop_and_in_the_east() {
        let retry = day("2026-12-05");
        for (zone, now, is_overdue) in [
            // 4 PM Eastern, when charges are retried, is the next morning in Sydney.
            ("Australia/Sydney", "2026-12-05T21:00:00Z", false),
            ("Australia/Sydney", "2026-12-06T05:00:00Z", true),
            ("America/New_York", "2026-12-06T04:59:59Z", false),
            ("America/New_York", "2026-12-06T05:00:00Z", true),
            ("Pacific/Honolulu", "2026-12-06T09:00:00Z", false),
            ("Pacific/Honolulu", "2026-12-06T10:00:00Z", true),
        ] {
            let calendar = Calendar::new(instant(now), Zone::named(zone));
            assert_eq!(calendar.is_retry_overdue(retry), is_overdue, "{zone} {now}");
        }
    }

    #[test]
    fn days_are_counted_over_the_end_of_a_year() {
        let eve = Calendar::new(
            instant("2026-12-31T23:30:00Z"),
            Zone::named("America/New_York"),
        );
        assert_eq!(eve.relative(day("2027-01-01")), "tomorrow");
        assert_eq!(eve.relative(day("2026-12-31")), "today");
        let tokyo = Calendar::new(instant("2026-12-31T23:30:00Z"), Zone::named("Asia/Tokyo"));
        assert_eq!(tokyo.relative(day("2027-01-01")), "today");
        assert_eq!(tokyo.relative(day("2026-12-31")), "yesterday");
        assert_eq!(tokyo.day(day("2026-12-31")), "31 Dec 2026");
    }

    #[test]
    fn instants_are_told_in_the_shops_zone() {
        let calendar = new_york();
        assert_eq!(calendar.clock(instant("2026-11-20T15:15:02Z")), "10:15 EST");
        assert_eq!(
            calendar.clock(instant("2026-11-20T03:15:00Z")),
            "19 Nov, 22:15 EST"
        );
        assert_eq!(
            calendar.instant(instant("2026-07-01T03:15:00Z")),
            "30 Jun 2026, 23:15"
        );
        let nowhere = Calendar::new(instant("2026-11-20T15:15:02Z"), Zone::Unknown);
        assert_eq!(nowhere.clock(instant("2026-11-20T15:15:02Z")), "15:15 UTC");
    }
}

//! Amounts of money as Recharge writes them: a decimal in a string.

use std::fmt;

/// An amount in ten-thousandths, and with how many places it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    units: i64,
    places: u32,
}

/// More places than any price in the data has.
const PLACES: u32 = 4;

impl Amount {
    pub(super) const ZERO: Self = Self {
        units: 0,
        places: 2,
    };

    /// `None` for what is no plain decimal: `0E-10`, a word, more than four places.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let places = u32::try_from(part.len()).ok().filter(|p| *p <= PLACES)?;
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(part) {
            return None;
        }
        let shift = 10_i64.pow(PLACES - places);
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = if part.is_empty() {
            0
        } else {
            part.parse().ok()?
        };
        let units = whole
            .checked_mul(10_i64.pow(PLACES))?
            .checked_add(part * shift)?;
        Some(Self {
            units: sign * units,
            places,
        })
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            units: self.units.saturating_add(other.units),
            places: self.places.max(other.places),
        }
    }

    /// Never below nothing.
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            units: self.units.saturating_sub(other.units).max(0),
            places: self.places.max(other.places),
        }
    }

    pub(super) fn times(self, count: i64) -> Self {
        Self {
            units: self.units.saturating_mul(count),
            places: self.places,
        }
    }

    pub(super) fn is_positive(self) -> bool {
        self.units > 0
    }

    pub(super) fn covers(self, other: Self) -> bool {
        self.units >= other.units
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u64.pow(PLACES);
        let units = self.units.unsigned_abs();
        let sign = if self.units < 0 { "-" } else { "" };
        write!(f, "{sign}{}", units / scale)?;
        if self.places > 0 {
            let part = units % scale / 10_u64.pow(PLACES - self.places);
            write!(f, ".{part:0width$}", width = self.places as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_added_and_written_with_their_places() {
        let amount = |text: &str| Amount::parse(text).unwrap();
        for text in ["98.00", "0.05", "4900", "-1.5", "12.3456"] {
            assert_eq!(amount(text).to_string(), text);
        }
        assert_eq!(
            amount("98.00").times(2).plus(amount("4.9")).to_string(),
            "200.90"
        );
        assert_eq!(
            amount("1").minus(amount("2.50")),
            Amount::parse("0.00").unwrap()
        );
        for wrong in ["", "free", "0E-10", "1.", "1.23456", ".5"] {
            assert_eq!(Amount::parse(wrong).is_some(), wrong == "1.", "{wrong}");
        }
    }
}

//! Instants as the tables hold them.

use crate::domain::day::Instant;

/// Microseconds since 1970.
pub(super) fn micros(at: Instant) -> i64 {
    at.timestamp_micros()
}

/// And back. A number that is no time, which only a damaged row has, is the beginning of time.
pub(super) fn instant(micros: i64) -> Instant {
    Instant::from_timestamp_micros(micros).unwrap_or(Instant::UNIX_EPOCH)
}

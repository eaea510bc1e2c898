//! The simulator's only reader of time.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};

use super::options::Now;

/// The simulator's clock. Limits count by it, and objects are stamped with it; delays of answers are real time.
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

    /// Puts the clock at an instant, where it stands until it is moved again.
    pub(super) fn move_to(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Now::Fixed(to);
    }
}

/// An instant as Kustomer writes one.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

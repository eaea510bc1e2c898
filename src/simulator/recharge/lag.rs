//! Lists that lag behind webhooks: objects as they were a while ago.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::json::Json;

/// How far reads are behind changes; none by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lag {
    pub(super) by: Duration,
    /// Whether reads of one object by its id lag, too.
    pub(super) objects: bool,
}

/// An object before one of its changes.
#[derive(Debug)]
struct Past {
    changed_at: DateTime<Utc>,
    collection: &'static str,
    id: i64,
    /// `None` when it was not there yet.
    before: Option<Json>,
}

/// What the objects were before the changes of the last while. Kept only while reads lag.
#[derive(Debug, Default)]
pub(super) struct History {
    lag: Lag,
    now: DateTime<Utc>,
    past: VecDeque<Past>,
}

/// An object to show instead of the present one.
pub(super) type Earlier = (&'static str, i64, Option<Json>);

impl History {
    pub(super) fn lag(&self) -> Lag {
        self.lag
    }

    /// Lets reads lag from now on, as far as the changes are known: those from before are not.
    pub(super) fn set_lag(&mut self, lag: Lag) {
        self.lag = lag;
        if lag.by.is_zero() {
            self.past.clear();
        }
    }

    /// Says when the next changes happen.
    pub(super) fn set_now(&mut self, now: DateTime<Utc>) {
        self.now = now;
    }

    /// Notes what an object was before a change.
    pub(super) fn note(&mut self, collection: &'static str, id: i64, before: Option<&Json>) {
        let Ok(lag) = TimeDelta::from_std(self.lag.by) else {
            return;
        };
        if lag.is_zero() {
            return;
        }
        while self
            .past
            .front()
            .is_some_and(|past| past.changed_at <= self.now - lag)
        {
            self.past.pop_front();
        }
        self.past.push_back(Past {
            changed_at: self.now,
            collection,
            id,
            before: before.cloned(),
        });
    }

    /// Every object that changed after an instant, as it was then.
    pub(super) fn as_of(&self, at: DateTime<Utc>) -> Vec<Earlier> {
        let mut seen = BTreeSet::new();
        self.past
            .iter()
            .filter(|past| past.changed_at > at && seen.insert((past.collection, past.id)))
            .map(|past| (past.collection, past.id, past.before.clone()))
            .collect()
    }
}

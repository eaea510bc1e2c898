//! The events that start a merchant's workflows.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// How many events are remembered; the oldest go first. They are counted for ever.
const KEPT: usize = 10_000;

/// Something happened that a workflow may begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// `kustomer.kobject.{klass}.create` or `…update`.
    pub name: String,
    /// The object.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub(super) struct Events {
    newest: VecDeque<Event>,
    counts: BTreeMap<String, usize>,
}

impl Events {
    pub(super) fn fire(&mut self, klass: &str, what: &str, id: &str, at: DateTime<Utc>) {
        let name = format!("kustomer.kobject.{klass}.{what}");
        *self.counts.entry(name.clone()).or_default() += 1;
        if self.newest.len() == KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(Event {
            name,
            id: id.to_owned(),
            at,
        });
    }

    pub(super) fn all(&self) -> Vec<Event> {
        self.newest.iter().cloned().collect()
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.counts.get(name).copied().unwrap_or_default()
    }
}

//! All rows of one customer, and how complete and up to date they are.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::rule::{Commit, Moment, Row};
use crate::domain::day::Instant;
use crate::domain::object::{Kind, Object, ObjectKey};

/// What two reads, this far apart, don't find is gone: links and timeline objects don't go on one empty answer.
pub const GONE_AFTER: TimeDelta = TimeDelta::hours(1);

/// What the store holds of one customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerRows {
    /// The rows, tombstones among them.
    pub rows: BTreeMap<ObjectKey, Row>,
    /// How complete and up to date they are.
    pub freshness: Freshness,
}

/// How complete and up to date a customer's rows are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freshness {
    /// When the last complete read began. `None`: the customer was never read, or not to the end.
    pub read: Option<Moment>,
    /// The commit of the last thing that the rows may lack. 0: nothing.
    pub marked: Commit,
    /// When the customer should be read once more, because the last read may have been answered by a list that lags.
    pub recheck: Option<Instant>,
    /// The kinds that the last complete read could not have.
    pub missing: Vec<Kind>,
    /// When a read by id found no such customer for the first time.
    pub gone_since: Option<Instant>,
}

impl Freshness {
    /// Whether something is known that the last complete read does not have.
    pub fn is_marked(&self) -> bool {
        self.read.is_none_or(|read| self.marked > read.began)
    }

    /// Notes that the rows may lack something that came with this commit.
    pub fn mark(&mut self, commit: Commit) {
        self.marked = self.marked.max(commit);
    }
}

impl CustomerRows {
    /// The live objects of one kind, with their rows.
    pub fn live(&self, kind: Kind) -> impl Iterator<Item = (&Object, &Row)> {
        let rows = self.rows.iter().filter(move |(key, _)| key.kind == kind);
        rows.filter_map(|(_, row)| Some((row.object.as_ref()?, row)))
    }

    /// Whether an object is gone beyond doubt: a webhook announced the deletion and a later read did not list it, or two
    /// complete reads, an hour apart, did not list it.
    pub fn is_surely_gone(&self, key: &ObjectKey, now: Instant) -> bool {
        let row = self.rows.get(key).filter(|row| row.object.is_none());
        let Some((row, read)) = row.zip(self.freshness.read) else {
            return false;
        };
        let is_confirmed = row.deletion.is_some_and(|receipt| receipt <= read.began);
        let twice = read.at - row.at >= GONE_AFTER && now - row.at >= GONE_AFTER;
        is_confirmed || twice
    }

    /// Whether anything was read of this customer: rows of customers that were never read are not kept up to date.
    pub fn is_kept(&self) -> bool {
        self.freshness.read.is_some() || self.rows.values().any(|row| row.object.is_some())
    }
}

#[cfg(test)]
mod tests;

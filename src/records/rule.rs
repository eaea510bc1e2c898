//! The one rule of truth: what an observation does to a stored row. Pure.
//!
//! Whoever brings an observation (a read, a page of a list, a webhook, the answer to an action), in whichever process, the
//! store asks this rule inside the transaction that writes.
//!
//! | the observation's stamp | then |
//! |---|---|
//! | newer | written |
//! | older | the row stays |
//! | equal, same content | nothing to write |
//! | equal, other content; or no stamps; or two times that disagree | only a read (or an action's answer) that began after the row's commit is written. A webhook or a list never is: the customer is marked to be read |
//!
//! "After" compares commit numbers, never clocks. Clocks count for one thing: [`LAG`], the time within which a provider's
//! lists may not show yet what its webhooks have said.

use std::cmp::Ordering;

use chrono::TimeDelta;

use crate::domain::day::Instant;
use crate::domain::object::{Object, Version};

/// Lists may lag behind webhooks this long. Recharge's API team advises readers of its lists to stay 30 minutes behind
/// (<https://fivetran.com/docs/connectors/applications/recharge>, sync notes); five minutes of margin.
pub const LAG: TimeDelta = TimeDelta::minutes(35);

/// The number of a commit of one install. Each transaction that stores an observation takes the next one.
pub type Commit = i64;

/// How something came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A read of one customer, or of one object.
    Read,
    /// The provider's answer to an action of ours.
    Action,
    /// A row of a list of many customers.
    List,
    /// A webhook.
    Webhook,
}

impl Source {
    /// Whether it was asked for about this very customer: such an observation settles what stamps leave open.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Read | Self::Action)
    }
}

/// When an observation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The commit number that was current before its call began; for a webhook, the number of its receipt.
    pub began: Commit,
    /// When that was.
    pub at: Instant,
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The object; `None` for a tombstone.
    pub object: Option<Object>,
    /// The object's version; of a tombstone, the last one known.
    pub version: Version,
    /// The commit that wrote it.
    pub commit: Commit,
    /// When that was.
    pub at: Instant,
    /// How its state came to be known.
    pub source: Source,
    /// The receipt of the last webhook that said it was deleted. A read confirms or refutes that.
    pub deletion: Option<Commit>,
}

impl Row {
    /// Whether a list that was read at this time may lag behind the row.
    pub fn is_young(&self, at: Instant) -> bool {
        at - self.at < LAG
    }

    /// The tombstone of an object that a complete read did not list.
    pub fn tombstone(commit: Commit, at: Instant) -> Self {
        Self {
            object: None,
            version: Version::default(),
            commit,
            at,
            source: Source::Read,
            deletion: None,
        }
    }
}

/// What to do with an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decision {
    /// Whether it is written.
    pub write: bool,
    /// Whether the customer has to be read again before the next card counts as up to date.
    pub mark: bool,
    /// When the customer should be read once more, because this read may have been answered by a list that lags.
    pub recheck: Option<Instant>,
}

impl Decision {
    const KEEP: Self = Self {
        write: false,
        mark: false,
        recheck: None,
    };
    const WRITE: Self = Self {
        write: true,
        ..Self::KEEP
    };
    /// The row stays, and the customer has to be read.
    pub(super) const MARK: Self = Self {
        mark: true,
        ..Self::KEEP
    };
}

/// How one version stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Newer,
    Older,
    /// Equal stamps, no stamps, or stamps that disagree.
    Open,
}

/// Decides about an object of which a row is stored.
pub fn decide(row: &Row, seen: &Object, source: Source, moment: Moment) -> Decision {
    let version = seen.version();
    let after = moment.began >= row.commit;
    let Some(stored) = &row.object else {
        return match (source.is_read(), after) {
            // A later positive read lifts a tombstone.
            (true, true) => Decision::WRITE,
            (true, false) => Decision::MARK,
            // A webhook that is older than the deletion says nothing new; a newer one is worth a read.
            (false, _) if standing(version, row.version) == Standing::Older => Decision::KEEP,
            (false, _) if row.version == version && version.stamp.is_some() => Decision::KEEP,
            (false, _) => Decision::MARK,
        };
    };
    match standing(version, row.version) {
        Standing::Newer => Decision::WRITE,
        Standing::Older if source.is_read() && after && !row.is_young(moment.at) => {
            // No list lags that long: the provider itself went back, or its clock did.
            Decision::WRITE
        }
        Standing::Older => Decision::KEEP,
        Standing::Open if stored.says_the_same(seen) => Decision::KEEP,
        Standing::Open if source.is_read() && after => Decision {
            recheck: contradicts_young_webhook(row, moment).then(|| row.at + LAG),
            ..Decision::WRITE
        },
        Standing::Open => Decision::MARK,
    }
}

/// Decides about an object of which nothing is stored. `read` is the customer's last complete read of its kind: what
/// that read did not list was new then, or gone.
pub fn decide_new(seen: &Object, source: Source, read: Option<Moment>) -> Decision {
    if source.is_read() {
        return Decision::WRITE;
    }
    let Some(read) = read else {
        return Decision::WRITE;
    };
    match seen.version().stamp {
        None => Decision::MARK,
        Some(stamp) if stamp > read.at => Decision::WRITE,
        // The read's list may have lagged behind this.
        Some(stamp) if read.at - stamp <= LAG => Decision {
            mark: true,
            ..Decision::WRITE
        },
        // The read would have listed it: it was gone by then, or has left the provider's lists.
        Some(_) => Decision::MARK,
    }
}

/// What a complete read says of a row that it did not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The row becomes a tombstone.
    Gone,
    /// The read says nothing about it.
    Unknown,
    /// The read says nothing about it yet: it is read once more at this time.
    Recheck(Instant),
}

/// Decides about a live row that a complete read did not list.
pub fn absent(row: &Row, moment: Moment) -> Absence {
    if row.deletion.is_some_and(|receipt| receipt <= moment.began) {
        return Absence::Gone;
    }
    match moment.began >= row.commit {
        true if !row.is_young(moment.at) => Absence::Gone,
        false if row.source.is_read() => Absence::Unknown,
        // A webhook that was stored after the read began may be older than the read.
        _ => Absence::Recheck(row.at + LAG),
    }
}

fn contradicts_young_webhook(row: &Row, moment: Moment) -> bool {
    let is_event = matches!(row.source, Source::Webhook | Source::List);
    is_event && row.is_young(moment.at)
}

fn standing(seen: Version, stored: Version) -> Standing {
    let (Some(a), Some(b)) = (seen.stamp, stored.stamp) else {
        return Standing::Open;
    };
    match (a.cmp(&b), seen.updated.cmp(&stored.updated)) {
        (Ordering::Greater, Ordering::Greater | Ordering::Equal) => Standing::Newer,
        (Ordering::Less, Ordering::Less) => Standing::Older,
        // Recharge has been seen to leave `updated_at` behind when it cancels: older by one time, and not by the other.
        _ => Standing::Open,
    }
}

#[cfg(test)]
mod tests;

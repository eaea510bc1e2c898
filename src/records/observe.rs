//! What an observation of one customer does to their rows.

use chrono::TimeDelta;

use super::compose::is_called_off;
use super::customer::{CustomerRows, GONE_AFTER};
use super::rule::{
    Absence, Commit, Decision, LAG, Moment, Row, Source, absent, decide, decide_new,
};
use crate::domain::day::Instant;
use crate::domain::id::CustomerId;
use crate::domain::object::{Kind, Object, ObjectKey};

/// Paid charges leave Recharge's lists after this (<https://changelog.getrecharge.com/label/6202>).
const LISTED: TimeDelta = TimeDelta::days(90);

/// Something that was observed of one customer.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The customer.
    pub customer: CustomerId,
    /// How it came to be known.
    pub source: Source,
    /// When it was observed.
    pub moment: Moment,
    /// The objects, as they are now.
    pub objects: Vec<Object>,
    /// The kinds of which `objects` are all that there are.
    pub complete: Vec<Kind>,
    /// The kinds whose list is shorter than the provider's own counter: it may have ended early.
    pub short: Vec<Kind>,
    /// The kinds that belong to a complete read and could not be had.
    pub missing: Vec<Kind>,
    /// Objects that a webhook says are deleted: a read has to confirm that.
    pub deleted: Vec<ObjectKey>,
    /// Whether it implies more than its objects say, so that the customer has to be read.
    pub mark: bool,
    /// Whether a read by id found no such customer.
    pub gone: bool,
}

impl Observed {
    /// An observation of nothing yet.
    pub fn new(customer: CustomerId, source: Source, moment: Moment) -> Self {
        Self {
            customer,
            source,
            moment,
            objects: Vec::new(),
            complete: Vec::new(),
            short: Vec::new(),
            missing: Vec::new(),
            deleted: Vec::new(),
            mark: false,
            gone: false,
        }
    }

    /// Whether it is a read of the customer's own record and all subscriptions: enough for a card.
    pub fn is_complete(&self) -> bool {
        let has = |kind| self.complete.contains(&kind);
        self.source.is_read() && has(Kind::Customer) && has(Kind::Subscription)
    }
}

/// What an observation changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The rows that changed.
    pub written: Vec<ObjectKey>,
    /// Whether freshness changed.
    pub freshness: bool,
    /// Whether the customer is gone for certain: everything of theirs goes, links and timeline objects too.
    pub gone: bool,
}

impl Changes {
    /// Whether nothing has to be stored.
    pub fn is_nothing(&self) -> bool {
        self.written.is_empty() && !self.freshness && !self.gone
    }
}

/// Applies an observation. `commit` is the number of the transaction that stores what comes of it, `now` its time.
pub fn observe(known: &mut CustomerRows, seen: &Observed, commit: Commit, now: Instant) -> Changes {
    let before = known.freshness.clone();
    let mut changes = Changes::default();
    if seen.gone {
        note_absence(known, seen, commit, now, &mut changes);
        changes.freshness = known.freshness != before;
        return changes;
    }
    let mut recheck = None;
    let mut mark = seen.mark;
    for object in &seen.objects {
        let key = object.key();
        let row_before = known.rows.get(&key);
        let announced = row_before.and_then(|row| Some((row.deletion?, row.at)));
        let decision = match (row_before, is_overtaken(known, seen, key.kind)) {
            (None, _) if left_the_lists(object) => continue,
            // A later read did not list it.
            (None, true) => Decision::MARK,
            (None, false) => decide_new(object, seen.source, known.freshness.read),
            (Some(row), true) => decide(row, object, seen.source, before_all(seen.moment)),
            (Some(row), false) => decide(row, object, seen.source, seen.moment),
        };
        mark |= decision.mark;
        recheck = earlier(recheck, decision.recheck);
        if decision.write {
            let row = Row {
                deletion: announced.map(|(receipt, _)| receipt),
                ..row(object, seen.source, commit, now)
            };
            known.rows.insert(key.clone(), row);
            changes.written.push(key.clone());
        }
        if let Some((_, since)) = announced {
            recheck = earlier(
                recheck,
                refute_deletion(known, &key, seen, since, &mut changes),
            );
        }
    }
    for key in &seen.deleted {
        mark |= note_deletion(known, key, seen.moment, commit, now, &mut changes);
    }
    for kind in seen.complete.iter().filter(|_| seen.source.is_read()) {
        if is_overtaken(known, seen, *kind) {
            continue;
        }
        let absentees: Vec<ObjectKey> = absentees(known, seen, *kind).collect();
        for key in absentees {
            let Some(row) = known.rows.get(&key) else {
                continue;
            };
            let is_short = seen.short.contains(kind) && row.deletion.is_none();
            match absent(row, seen.moment) {
                Absence::Gone if is_short => {
                    recheck = earlier(recheck, Some(seen.moment.at + LAG));
                }
                Absence::Gone => bury(known, &key, commit, now, &mut changes),
                Absence::Unknown => {}
                Absence::Recheck(at) => recheck = earlier(recheck, Some(at)),
            }
        }
    }
    settle(known, seen, commit, mark, recheck);
    changes.freshness = known.freshness != before;
    changes
}

/// Whether a complete read that began later has brought this kind already.
fn is_overtaken(known: &CustomerRows, seen: &Observed, kind: Kind) -> bool {
    let freshness = &known.freshness;
    let is_older = |read: Moment| seen.moment.began < read.began;
    seen.source.is_read()
        && freshness.read.is_some_and(is_older)
        && !freshness.missing.contains(&kind)
}

/// A moment that is not after the commit of any row.
fn before_all(moment: Moment) -> Moment {
    Moment {
        began: Commit::MIN,
        ..moment
    }
}

/// Notes that a read by id found no such customer.
fn note_absence(
    known: &mut CustomerRows,
    seen: &Observed,
    commit: Commit,
    now: Instant,
    changes: &mut Changes,
) {
    let key = ObjectKey::customer(&seen.customer);
    let own = known.rows.get(&key);
    if own.is_some_and(|row| row.object.is_some() && seen.moment.began < row.commit) {
        // They were found since.
        return;
    }
    changes.gone = is_gone_for_certain(known, seen);
    if !changes.gone {
        let first = known.freshness.gone_since.get_or_insert(seen.moment.at);
        known.freshness.recheck = Some(*first + GONE_AFTER);
        bury(known, &key, commit, now, changes);
    }
}

/// A read found an object that a webhook, `since` then, says is deleted. While the read's list may lag behind the webhook the
/// customer is to be read once more, at the returned time; after that the webhook is refuted.
fn refute_deletion(
    known: &mut CustomerRows,
    key: &ObjectKey,
    seen: &Observed,
    since: Instant,
    changes: &mut Changes,
) -> Option<Instant> {
    let row = known.rows.get_mut(key).filter(|row| row.object.is_some())?;
    let is_later = |receipt| seen.source.is_read() && receipt <= seen.moment.began;
    row.deletion.filter(|receipt| is_later(*receipt))?;
    if seen.moment.at - since < LAG {
        return Some(since + LAG);
    }
    row.deletion = None;
    changes.written.push(key.clone());
    None
}

/// Writes down how complete and up to date the rows are now.
fn settle(
    known: &mut CustomerRows,
    seen: &Observed,
    commit: Commit,
    mark: bool,
    recheck: Option<Instant>,
) {
    let is_found = is_found(known, seen);
    let freshness = &mut known.freshness;
    let read = freshness.read;
    if seen.is_complete() && read.is_none_or(|read| read.began <= seen.moment.began) {
        freshness.read = Some(seen.moment);
        freshness.recheck = recheck;
        freshness.missing.clone_from(&seen.missing);
    } else if seen.source.is_read() {
        freshness
            .missing
            .retain(|kind| !seen.complete.contains(kind));
        freshness.recheck = earlier(freshness.recheck, recheck);
    }
    if is_found {
        freshness.gone_since = None;
    }
    match read {
        _ if !mark => {}
        // A read that found the row changed since it began has to be repeated.
        _ if seen.source.is_read() => freshness.mark(commit),
        // The last read began after the event came. Its lists may lag behind the event all the same.
        Some(read) if read.began >= seen.moment.began => {
            let is_young = read.at - seen.moment.at < LAG;
            let again = is_young.then(|| seen.moment.at + LAG);
            freshness.recheck = earlier(freshness.recheck, again);
        }
        // An event counts from its receipt.
        _ => freshness.mark(seen.moment.began),
    }
}

/// Whether a read found the customer.
fn is_found(known: &CustomerRows, seen: &Observed) -> bool {
    let key = ObjectKey::customer(&seen.customer);
    let is_listed = seen.objects.iter().any(|object| object.key() == key);
    let is_live = known.rows.get(&key).is_some_and(|row| row.object.is_some());
    seen.source.is_read() && is_listed && is_live
}

fn row(object: &Object, source: Source, commit: Commit, now: Instant) -> Row {
    Row {
        version: object.version(),
        object: Some(object.clone()),
        commit,
        at: now,
        source,
        deletion: None,
    }
}

/// Notes that a webhook says an object is deleted. A live one contradicts that until a read has settled it. Returns whether
/// the last read, which began after the webhook came, listed the object all the same.
fn note_deletion(
    known: &mut CustomerRows,
    key: &ObjectKey,
    moment: Moment,
    commit: Commit,
    now: Instant,
    changes: &mut Changes,
) -> bool {
    let is_called_off = is_called_off(known, key);
    let tombstone = Row::tombstone(commit, now);
    let row = known.rows.entry(key.clone()).or_insert(tombstone);
    if row.deletion.is_none_or(|receipt| receipt < moment.began) {
        row.deletion = Some(moment.began);
        if row.object.is_some() {
            // A list may lag behind the webhook from now on.
            row.at = now;
        }
        changes.written.push(key.clone());
    }
    let is_read_since = |read: Moment| moment.began <= read.began;
    row.object.is_some() && !is_called_off && known.freshness.read.is_some_and(is_read_since)
}

/// Makes a row a tombstone.
fn bury(
    known: &mut CustomerRows,
    key: &ObjectKey,
    commit: Commit,
    now: Instant,
    changes: &mut Changes,
) {
    let Some(row) = known.rows.get_mut(key).filter(|row| row.object.is_some()) else {
        return;
    };
    row.object = None;
    row.commit = commit;
    row.at = now;
    row.source = Source::Read;
    changes.written.push(key.clone());
}

/// The live rows of a kind that a complete read did not list and that it would have listed.
fn absentees(known: &CustomerRows, seen: &Observed, kind: Kind) -> impl Iterator<Item = ObjectKey> {
    let listed: Vec<ObjectKey> = seen.objects.iter().map(Object::key).collect();
    let rows = known.rows.iter().filter(move |(key, row)| {
        // That there is no such customer, a read by id says in another way.
        key.kind == kind
            && kind != Kind::Customer
            && row
                .object
                .as_ref()
                .is_some_and(|object| !left_the_lists_since(object))
    });
    rows.map(|(key, _)| key.clone())
        .filter(move |key| !listed.contains(key))
}

/// Whether a customer of whom a read by id finds nothing is gone: the second time an hour after the first, or when a
/// `customer/deleted` webhook said so before.
fn is_gone_for_certain(known: &CustomerRows, seen: &Observed) -> bool {
    let freshness = &known.freshness;
    let twice = freshness
        .gone_since
        .is_some_and(|first| seen.moment.at - first >= GONE_AFTER);
    let own = known.rows.get(&ObjectKey::customer(&seen.customer));
    let announced = own.is_some_and(|row| {
        row.deletion
            .is_some_and(|receipt| receipt <= seen.moment.began)
    });
    twice || announced
}

/// Whether the provider lists a paid charge no longer: it is too old by the time of its own last change.
fn left_the_lists(object: &Object) -> bool {
    let Object::Charge(charge) = object else {
        return false;
    };
    let age = charge
        .stamp()
        .zip(charge.processed_at)
        .map(|(at, paid)| at - paid);
    is_processed(object) && age.is_some_and(|age| age > LISTED)
}

/// Whether a row may be missing from a complete read although it exists: processed charges leave the lists.
fn left_the_lists_since(object: &Object) -> bool {
    is_processed(object)
}

fn is_processed(object: &Object) -> bool {
    matches!(object, Object::Charge(charge) if charge.is_paid())
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;

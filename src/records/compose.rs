//! Rows -> the customer that a card shows.

use std::sync::Arc;

use chrono::TimeDelta;

use super::contradiction::contradict;
use super::customer::CustomerRows;
use super::rule::{Commit, Moment};
use crate::domain::charge::{Charge, ChargeStatus};
use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant};
use crate::domain::id::SubscriptionId;
use crate::domain::object::{Kind, Object, ObjectKey};
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::{Delivery, Snapshot, order};
use crate::domain::subscription::{Status, Subscription};

/// A card shows paid charges of this long before it was read.
const SHOWN: TimeDelta = TimeDelta::days(90);

/// What is known of one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The customer's own record.
    pub customer: Customer,
    /// The card's data; `None` while the subscriptions were never read.
    pub snapshot: Option<Arc<Snapshot>>,
    /// When the last complete read began.
    pub read: Option<Moment>,
    /// Whether a change is known that the rows lack, or the rows contradict each other: a card of them counts as stale.
    pub needs_read: bool,
    /// When the customer should be read once more, because the last read may have been answered by a list that lags.
    pub recheck: Option<Instant>,
    /// The kinds that could not be had.
    pub missing: Vec<Kind>,
    /// The commit of the newest row.
    pub commit: Commit,
}

/// Composes a customer. `None`: there is no live record of the customer.
pub fn compose(rows: &CustomerRows) -> Option<Known> {
    let mut own = rows.live(Kind::Customer);
    let Some((Object::Customer(customer), _)) = own.next() else {
        return None;
    };
    let freshness = &rows.freshness;
    Some(Known {
        customer: (**customer).clone(),
        snapshot: freshness
            .read
            .map(|read| Arc::new(snapshot(rows, customer, read))),
        read: freshness.read,
        needs_read: freshness.is_marked() || contradict(rows),
        recheck: freshness.recheck,
        missing: freshness.missing.clone(),
        commit: rows
            .rows
            .values()
            .map(|row| row.commit)
            .max()
            .unwrap_or_default(),
    })
}

fn snapshot(rows: &CustomerRows, customer: &Customer, read: Moment) -> Snapshot {
    let is_known = |kind| !rows.freshness.missing.contains(&kind);
    let charges: Vec<Charge> = charges(rows)
        .filter(|charge| {
            charge
                .processed_at
                .is_none_or(|paid| read.at - paid <= SHOWN)
        })
        .cloned()
        .collect();
    let mut subscriptions: Vec<Subscription> = subscriptions(rows).cloned().collect();
    if is_known(Kind::Charge) {
        for subscription in &mut subscriptions {
            if let Some(day) = queued_day(&charges, subscription) {
                subscription.next_billing_date = Some(day);
            }
        }
    }
    order(&mut subscriptions);
    Snapshot {
        customer: customer.clone(),
        subscriptions,
        charges: is_known(Kind::Charge).then_some(charges),
        deliveries: is_known(Kind::Deliveries).then(|| deliveries(rows)),
        as_of: read.at,
        renderings: Renderings::default(),
    }
}

/// The day of the queued charge of an active subscription. It is truer than the subscription's own: Recharge moves the date
/// without moving `updated_at` (<https://fivetran.com/docs/connectors/applications/recharge/troubleshooting>). Of several
/// queued charges the soonest counts, unless one is on the subscription's own date.
pub(super) fn queued_day(charges: &[Charge], subscription: &Subscription) -> Option<Day> {
    if subscription.status != Status::Active {
        return None;
    }
    let queued = charges.iter().filter(|charge| {
        charge.status == ChargeStatus::Queued
            && !charge.is_merged()
            && charge.is_for(&subscription.id)
    });
    let days: Vec<Day> = queued.filter_map(|charge| charge.scheduled_at).collect();
    let own = subscription.next_billing_date;
    own.filter(|day| days.contains(day))
        .or_else(|| days.into_iter().min())
}

/// The live subscriptions.
pub(super) fn subscriptions(rows: &CustomerRows) -> impl Iterator<Item = &Subscription> {
    rows.live(Kind::Subscription)
        .filter_map(|(object, _)| match object {
            Object::Subscription(subscription) => Some(&**subscription),
            _ => None,
        })
}

/// The live charges, the newest first, as the provider lists them: ids grow.
pub(super) fn charges(rows: &CustomerRows) -> impl Iterator<Item = &Charge> {
    let mut charges: Vec<&Charge> = rows
        .live(Kind::Charge)
        .filter_map(|(object, _)| match object {
            Object::Charge(charge) => Some(&**charge),
            _ => None,
        })
        .collect();
    let number = |charge: &Charge| (charge.id.as_str().len(), charge.id.clone());
    charges.sort_by_key(|charge| std::cmp::Reverse(number(charge)));
    charges.into_iter()
}

fn deliveries(rows: &CustomerRows) -> Vec<Delivery> {
    let lists = rows
        .live(Kind::Deliveries)
        .filter_map(|(object, _)| match object {
            Object::Deliveries(_, list) => Some(list),
            _ => None,
        });
    lists.flatten().cloned().collect()
}

/// Whether a row is a queued charge of nothing but subscriptions that have ended.
pub(super) fn is_called_off(rows: &CustomerRows, key: &ObjectKey) -> bool {
    let row = rows.rows.get(key).and_then(|row| row.object.as_ref());
    let Some(Object::Charge(charge)) = row else {
        return false;
    };
    let has_ended = |id: &SubscriptionId| {
        let key = ObjectKey::subscription(id);
        let row = rows.rows.get(&key).and_then(|row| row.object.as_ref());
        matches!(row, Some(Object::Subscription(s)) if matches!(s.status, Status::Cancelled | Status::Expired))
    };
    let mut items = charge.items.iter().map(|item| item.subscription.as_ref());
    charge.status == ChargeStatus::Queued
        && !charge.items.is_empty()
        && items.all(|id| id.is_some_and(has_ended))
}

#[cfg(test)]
mod tests;

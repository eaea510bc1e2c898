//! Whether a customer's rows contradict each other because an event changed one of them alone.
//!
//! A webhook brings one object. What it implies for the others often comes with webhooks of their own, before or after it;
//! until then a card of these rows would say two things at once, so the customer counts as in need of a read. Nothing is
//! stored for that: when the other webhook comes, the rows agree again.
//!
//! What a complete read brings is never a contradiction, however odd: it is what the provider says.

use super::compose::{charges, is_called_off, queued_day, subscriptions};
use super::customer::CustomerRows;
use super::rule::{Commit, Row, Source};
use crate::domain::charge::{Charge, ChargeStatus};
use crate::domain::object::{Kind, Object, ObjectKey};
use crate::domain::subscription::{Status, Subscription};

/// Rows, with what decides which of two is the newer.
struct Rows<'a> {
    rows: &'a CustomerRows,
    /// What began before this number was seen by the last complete read.
    read: Commit,
}

/// Whether the rows contradict each other.
pub fn contradict(rows: &CustomerRows) -> bool {
    let Some(read) = rows.freshness.read else {
        return false;
    };
    let rows = Rows {
        rows,
        read: read.began,
    };
    if rows.has_lost_something() {
        return true;
    }
    if rows.rows.freshness.missing.contains(&Kind::Charge) {
        // Nothing is said about charges, so nothing can be said twice.
        return subscriptions(rows.rows).any(|s| rows.ships_ahead(s));
    }
    let all: Vec<Charge> = charges(rows.rows).cloned().collect();
    subscriptions(rows.rows).any(|s| rows.ships_ahead(s) || rows.is_out_of_step(s, &all))
        || all
            .iter()
            .any(|charge| rows.disagrees_with_its_subscriptions(charge, &all))
        || rows.dunning_is_over(&all)
}

impl Rows<'_> {
    fn row(&self, key: &ObjectKey) -> Option<&Row> {
        self.rows.rows.get(key)
    }

    /// The commit of an event that changed a row after the last complete read; 0 for none.
    fn event(&self, key: &ObjectKey) -> Commit {
        let row = self.row(key).filter(|row| {
            row.commit > self.read && matches!(row.source, Source::Webhook | Source::List)
        });
        row.map_or(0, |row| row.commit)
    }

    /// A webhook says that a live object is deleted. A queued charge of nothing but canceled subscriptions is on no card:
    /// nothing needs to be read for it.
    fn has_lost_something(&self) -> bool {
        self.rows.rows.iter().any(|(key, row)| {
            row.object.is_some()
                && row.deletion.is_some_and(|receipt| receipt > self.read)
                && !is_called_off(self.rows, key)
        })
    }

    /// An event changed a prepaid subscription: its deliveries to come are on no webhook.
    fn ships_ahead(&self, subscription: &Subscription) -> bool {
        subscription.is_prepaid && self.event(&ObjectKey::subscription(&subscription.id)) > 0
    }

    /// An event changed an active subscription, and its charge to come does not show that.
    fn is_out_of_step(&self, subscription: &Subscription, all: &[Charge]) -> bool {
        let event = self.event(&ObjectKey::subscription(&subscription.id));
        if event == 0 || subscription.status != Status::Active {
            return false;
        }
        let mut to_come = all
            .iter()
            .filter(|c| is_to_come(c) && c.is_for(&subscription.id));
        let Some(charge) = to_come.next() else {
            // A charge belongs to a date, and comes with a webhook of its own.
            return subscription.next_billing_date.is_some();
        };
        if self.event(&ObjectKey::charge(&charge.id)) >= event {
            return false;
        }
        let moved = queued_day(all, subscription)
            .is_some_and(|day| Some(day) != subscription.next_billing_date);
        let line = charge
            .items
            .iter()
            .find(|item| item.subscription.as_ref() == Some(&subscription.id));
        let swapped = line.is_some_and(|line| {
            line.quantity != subscription.quantity
                || line.product.is_some() && line.product != subscription.product.id
        });
        moved || swapped
    }

    /// An event changed a charge, or a subscription of it, and the two don't agree.
    fn disagrees_with_its_subscriptions(&self, charge: &Charge, all: &[Charge]) -> bool {
        let event = self.event(&ObjectKey::charge(&charge.id));
        let own = || subscriptions(self.rows).filter(|s| charge.is_for(&s.id));
        let newer_than = |s: &Subscription| event > self.event(&ObjectKey::subscription(&s.id));
        let active = || own().filter(|s| s.status == Status::Active);
        if event > 0 {
            let is_over = |s: &Subscription| {
                // Paid or skipped: the next date must lie behind it.
                let behind = charge.is_paid() || charge.status == ChargeStatus::Skipped;
                let next = queued_day(all, s).or(s.next_billing_date);
                behind
                    && next
                        .zip(charge.scheduled_at)
                        .is_some_and(|(next, day)| next <= day)
            };
            // Given up: the subscription may have been canceled with it.
            if active().any(|s| newer_than(s) && (charge.has_no_retries_left() || is_over(s))) {
                return true;
            }
        }
        if charge.status != ChargeStatus::Queued
            || is_called_off(self.rows, &ObjectKey::charge(&charge.id))
        {
            return false;
        }
        // An order loses an item: its amount is another one.
        own().any(|s| {
            let ended = self.event(&ObjectKey::subscription(&s.id));
            s.status != Status::Active && ended > event
        })
    }

    /// An event says that a charge was paid, and the customer's record still says that a payment is being retried.
    fn dunning_is_over(&self, all: &[Charge]) -> bool {
        let own = self.rows.live(Kind::Customer).next();
        let Some((Object::Customer(customer), row)) = own else {
            return false;
        };
        let in_trouble = customer.payment_in_dunning == Some(true)
            || customer.has_valid_payment_method == Some(false);
        let paid = all
            .iter()
            .filter(|charge| charge.status == ChargeStatus::Success);
        in_trouble
            && paid
                .map(|charge| self.event(&ObjectKey::charge(&charge.id)))
                .any(|event| event > row.commit)
    }
}

/// Whether a charge waits to be taken, whatever its day: one that was merged into another does not.
fn is_to_come(charge: &Charge) -> bool {
    let waits = match charge.status {
        ChargeStatus::Queued | ChargeStatus::Pending => true,
        ChargeStatus::Error => !charge.has_no_retries_left(),
        _ => false,
    };
    waits && !charge.is_merged()
}
#[cfg(test)]
mod tests;

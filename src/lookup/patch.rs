//! What an event makes of a snapshot. Pure.
//!
//! Recharge sends hooks at least once and in no order, and numbers nothing. What tells the newer of two states of one
//! thing is its stamp, the greatest of `created_at`, `updated_at` and `cancelled_at`:
//!
//! | the event's stamp | means |
//! |---|---|
//! | greater | this is the state now |
//! | equal, same content | a repetition: nothing |
//! | equal, other content | two changes within one second: not to be told apart, read again |
//! | less | what is known came later: nothing |
//!
//! One case needs a second look. Recharge has been seen to leave `updated_at` behind when it cancels, so that the stamp of
//! what is known may be its `cancelled_at` alone; an event that is older by its stamp and not by its `updated_at` may then be
//! the activation that followed. Where the two disagree, the greater stamp is shown and the customer is read again.
//!
//! A thing that is not in the snapshot was made after it, or was gone when it was read. [`SKEW`] allows for clocks that
//! differ.

use chrono::TimeDelta;

use crate::domain::charge::{Charge, ChargeStatus};
use crate::domain::customer::Customer;
use crate::domain::day::Instant;
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::{ChargeId, CustomerId};
use crate::domain::snapshot::{Snapshot, order};
use crate::domain::subscription::Subscription;

/// As far as a provider's clock and this one may be apart.
pub const SKEW: TimeDelta = TimeDelta::seconds(30);
/// Paid charges are listed this long (5.5): an older one that changes is not on the list that a card is made of.
const LISTED: TimeDelta = TimeDelta::days(90);

/// What comes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patched {
    /// Nothing: it is known already, or something newer is, or no card shows it.
    Unchanged,
    /// The customer is now like this.
    To {
        /// This.
        snapshot: Box<Snapshot>,
        /// As far as can be told: it has to be read again.
        dirty: bool,
    },
    /// That can't be told: the customer has to be read again.
    Dirty,
}

/// How an event's row stands to the one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Newer,
    /// By its stamp, and not by its `updated_at`.
    NewerPerhaps,
    Known,
    Older,
    Unclear,
}

/// Applies an event. The snapshot stays as old as its oldest part: what the event does not tell was not read again.
pub fn patch(snapshot: &Snapshot, event: &Event) -> Patched {
    match &event.change {
        Change::Subscription {
            customer,
            subscription,
        } => of_subscription(snapshot, customer, subscription),
        Change::Charge { customer, charge } => of_charge(snapshot, customer, charge),
        Change::Customer(customer) => of_customer(snapshot, customer),
        Change::Gone(customer) if *customer == snapshot.customer.id => Patched::Dirty,
        Change::Unclear(Touched::Charge(id)) => of_hinted_charge(snapshot, id),
        Change::Unclear(touched) if is_of(snapshot, touched) => Patched::Dirty,
        Change::Gone(_)
        | Change::Unclear(_)
        | Change::Shop
        | Change::Uninstalled
        | Change::Nothing => Patched::Unchanged,
    }
}

/// Whether the snapshot has the thing that an event is about.
pub fn has(snapshot: &Snapshot, event: &Event) -> bool {
    match &event.change {
        Change::Subscription { subscription, .. } => snapshot
            .subscriptions
            .iter()
            .any(|s| s.id == subscription.id),
        Change::Charge { charge, .. } => {
            let mut charges = snapshot.charges.iter().flatten();
            charges.any(|known| known.id == charge.id)
        }
        Change::Customer(customer) => customer.id == snapshot.customer.id,
        Change::Gone(id) => *id == snapshot.customer.id,
        Change::Unclear(touched) => is_of(snapshot, touched),
        Change::Shop | Change::Uninstalled | Change::Nothing => false,
    }
}

fn is_of(snapshot: &Snapshot, touched: &Touched) -> bool {
    match touched {
        Touched::Customer(id) => snapshot.customer.id == *id,
        Touched::Subscription(id) => snapshot.subscriptions.iter().any(|s| s.id == *id),
        Touched::Charge(id) => snapshot.charges.iter().flatten().any(|c| c.id == *id),
    }
}

fn of_subscription(snapshot: &Snapshot, owner: &CustomerId, sent: &Subscription) -> Patched {
    let at = snapshot.subscriptions.iter().position(|s| s.id == sent.id);
    let known = at.map(|at| &snapshot.subscriptions[at]);
    if *owner != snapshot.customer.id {
        return moved_away(known.map(|known| compare(sent, known)));
    }
    let row = pictured(sent, known);
    let standing = match known {
        Some(known) => compare(&row, known),
        None => unlisted(snapshot.as_of, sent.created_at, sent.stamp()),
    };
    let dirty = match standing {
        Standing::Newer => false,
        Standing::NewerPerhaps => true,
        Standing::Known | Standing::Older => return Patched::Unchanged,
        Standing::Unclear => return Patched::Dirty,
    };
    // Its deliveries to come are on no hook.
    let ships_ahead = row.is_prepaid || known.is_some_and(|known| known.is_prepaid);
    let mut snapshot = Box::new(snapshot.clone());
    match at {
        Some(at) => snapshot.subscriptions[at] = row,
        None => snapshot.subscriptions.push(row),
    }
    order(&mut snapshot.subscriptions);
    Patched::To {
        snapshot,
        dirty: dirty || ships_ahead,
    }
}

/// A hook has no picture; the one that is known stays while the product does.
fn pictured(sent: &Subscription, known: Option<&Subscription>) -> Subscription {
    let mut row = sent.clone();
    if let Some(known) = known
        && known.product.id == row.product.id
        && known.product.variant_id == row.product.variant_id
    {
        row.product.image_url = known.product.image_url.clone();
    }
    row
}

fn compare(sent: &Subscription, known: &Subscription) -> Standing {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let updated = sent.updated_at.cmp(&known.updated_at);
    match (sent.stamp().cmp(&known.stamp()), updated) {
        (Greater, Less) => Standing::NewerPerhaps,
        (Greater, _) => Standing::Newer,
        (Less, Less) => Standing::Older,
        (Less, _) => Standing::Unclear,
        (Equal, _) if *sent == *known => Standing::Known,
        (Equal, _) => {
            let mut as_known = sent.clone();
            as_known.updated_at = known.updated_at;
            // Told once with a cancellation's own `updated_at` and once without.
            match updated {
                Greater if as_known == *known => Standing::Newer,
                Less if as_known == *known => Standing::Older,
                _ => Standing::Unclear,
            }
        }
    }
}

fn of_charge(snapshot: &Snapshot, owner: &CustomerId, sent: &Charge) -> Patched {
    let Some(charges) = &snapshot.charges else {
        // They could not be had, and are asked for again soon.
        return Patched::Unchanged;
    };
    let at = charges.iter().position(|charge| charge.id == sent.id);
    let known = at.map(|at| &charges[at]);
    let compared = known.map(|known| by_stamp(sent.stamp(), known.stamp(), sent == known));
    if *owner != snapshot.customer.id {
        return moved_away(compared);
    }
    let standing = match compared {
        Some(standing) => standing,
        None if is_listed_no_more(sent) => return Patched::Unchanged,
        None => unlisted(snapshot.as_of, sent.created_at, sent.stamp()),
    };
    let dirty = match standing {
        Standing::Newer => false,
        Standing::NewerPerhaps => true,
        Standing::Known | Standing::Older => return Patched::Unchanged,
        Standing::Unclear => return Patched::Dirty,
    };
    let mut charges = charges.clone();
    match at {
        Some(at) => charges[at] = sent.clone(),
        None => {
            // The newest first, as they are listed: ids grow.
            let number = |charge: &Charge| (charge.id.as_str().len(), charge.id.clone());
            let place = charges.partition_point(|charge| number(charge) > number(sent));
            charges.insert(place, sent.clone());
        }
    }
    let mut snapshot = Box::new(Snapshot {
        charges: None,
        ..snapshot.clone()
    });
    snapshot.charges = Some(charges);
    Patched::To { snapshot, dirty }
}

/// A charge of which only the id is told has changed, or is gone. One that is called off is on no card, so that nothing is to
/// be read for it: the end of a subscription, which takes its charge along, costs no call.
fn of_hinted_charge(snapshot: &Snapshot, id: &ChargeId) -> Patched {
    let Some(charges) = &snapshot.charges else {
        return Patched::Unchanged;
    };
    match charges.iter().find(|charge| charge.id == *id) {
        None => Patched::Unchanged,
        // One less in a list that is full would make it look whole.
        Some(charge) if !snapshot.is_called_off(charge) || !snapshot.has_all_charges() => {
            Patched::Dirty
        }
        Some(_) => {
            let rest = charges.iter().filter(|charge| charge.id != *id);
            let mut snapshot = Box::new(snapshot.clone());
            snapshot.charges = Some(rest.cloned().collect());
            Patched::To {
                snapshot,
                dirty: false,
            }
        }
    }
}

fn is_listed_no_more(charge: &Charge) -> bool {
    let is_paid = matches!(
        charge.status,
        ChargeStatus::Success | ChargeStatus::Refunded | ChargeStatus::PartiallyRefunded
    );
    let age = charge
        .stamp()
        .zip(charge.processed_at)
        .map(|(at, paid)| at - paid);
    is_paid && age.is_some_and(|age| age > LISTED)
}

fn of_customer(snapshot: &Snapshot, sent: &Customer) -> Patched {
    let known = &snapshot.customer;
    if sent.id != known.id {
        return Patched::Unchanged;
    }
    // Whether the provider's counts touch the record's stamp is not established. They are not needed: the list is counted.
    let is_same = Customer {
        subscriptions_total: known.subscriptions_total,
        subscriptions_active: known.subscriptions_active,
        ..sent.clone()
    } == *known;
    match by_stamp(sent.stamp(), known.stamp(), is_same) {
        Standing::Newer | Standing::NewerPerhaps => Patched::To {
            snapshot: Box::new(Snapshot {
                customer: sent.clone(),
                ..snapshot.clone()
            }),
            dirty: false,
        },
        Standing::Known | Standing::Older => Patched::Unchanged,
        Standing::Unclear => Patched::Dirty,
    }
}

fn by_stamp(sent: Option<Instant>, known: Option<Instant>, is_same: bool) -> Standing {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match sent.cmp(&known) {
        Greater => Standing::Newer,
        Less => Standing::Older,
        Equal if is_same => Standing::Known,
        Equal => Standing::Unclear,
    }
}

/// A row that was not listed when the snapshot was read.
fn unlisted(as_of: Instant, created: Option<Instant>, stamp: Option<Instant>) -> Standing {
    match (created, stamp) {
        // It is new.
        (Some(created), _) if created > as_of => Standing::Newer,
        // It was there and not listed: it has come from another customer, perhaps.
        (_, Some(stamp)) if stamp > as_of => Standing::NewerPerhaps,
        // It was gone.
        (_, Some(stamp)) if stamp + SKEW < as_of => Standing::Older,
        _ => Standing::Unclear,
    }
}

/// A row that is another customer's, says the event.
fn moved_away(standing: Option<Standing>) -> Patched {
    match standing {
        None | Some(Standing::Older) => Patched::Unchanged,
        Some(_) => Patched::Dirty,
    }
}

#[cfg(test)]
mod tests;

//! Snapshots and resolutions as bytes, before they are sealed: JSON of types of its own, so that a change of the domain
//! changes no stored card unnoticed.
//!
//! The format has a number. A body of another number, or one that can't be read, is as good as none: it is fetched again.

mod charge;
mod customer;
mod subscription;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant};
use crate::domain::id::SubscriptionId;
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::{Delivery, Snapshot};
use crate::domain::subscription::Subscription;

/// The number of the format.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Numbered<T> {
    format: u32,
    body: T,
}

#[derive(Deserialize)]
struct Number {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct FrozenSnapshot {
    customer: customer::Frozen,
    subscriptions: Vec<subscription::Frozen>,
    charges: Option<Vec<charge::Frozen>>,
    deliveries: Option<Vec<(String, chrono::NaiveDate)>>,
    as_of: Instant,
}

#[derive(Serialize, Deserialize)]
struct FrozenResolution {
    customers: Vec<customer::Frozen>,
    asked: BTreeSet<String>,
    as_of: Instant,
}

/// A snapshot as bytes.
pub(super) fn freeze(snapshot: &Snapshot) -> Option<Zeroizing<Vec<u8>>> {
    let deliveries = snapshot.deliveries.as_ref();
    write(FrozenSnapshot {
        customer: (&snapshot.customer).into(),
        subscriptions: snapshot.subscriptions.iter().map(Into::into).collect(),
        charges: snapshot
            .charges
            .as_ref()
            .map(|charges| charges.iter().map(Into::into).collect()),
        deliveries: deliveries.map(|deliveries| {
            let frozen = |d: &Delivery| (d.subscription.as_str().to_owned(), d.date.date());
            deliveries.iter().map(frozen).collect()
        }),
        as_of: snapshot.as_of,
    })
}

/// And back.
pub(super) fn thaw(bytes: &[u8]) -> Option<Snapshot> {
    let frozen: FrozenSnapshot = read(bytes)?;
    Some(Snapshot {
        customer: frozen.customer.into(),
        subscriptions: frozen.subscriptions.into_iter().map(Into::into).collect(),
        charges: frozen
            .charges
            .map(|charges| charges.into_iter().map(Into::into).collect()),
        deliveries: frozen.deliveries.map(|deliveries| {
            let thawed = |(id, date): (String, _)| Delivery {
                subscription: SubscriptionId::new(id),
                date: Day::from(date),
            };
            deliveries.into_iter().map(thawed).collect()
        }),
        as_of: frozen.as_of,
        renderings: Renderings::default(),
    })
}

/// A subscription alone, as bytes.
pub(super) fn freeze_subscription(subscription: &Subscription) -> Option<Zeroizing<Vec<u8>>> {
    write(subscription::Frozen::from(subscription))
}

/// And back.
pub(super) fn thaw_subscription(bytes: &[u8]) -> Option<Subscription> {
    read::<subscription::Frozen>(bytes).map(Into::into)
}

/// What a resolution holds, as bytes.
pub(super) fn freeze_resolution(
    customers: &[Customer],
    asked: &BTreeSet<String>,
    as_of: Instant,
) -> Option<Zeroizing<Vec<u8>>> {
    write(FrozenResolution {
        customers: customers.iter().map(Into::into).collect(),
        asked: asked.clone(),
        as_of,
    })
}

/// And back.
pub(super) fn thaw_resolution(bytes: &[u8]) -> Option<(Vec<Customer>, BTreeSet<String>, Instant)> {
    let frozen: FrozenResolution = read(bytes)?;
    let customers = frozen.customers.into_iter().map(Into::into).collect();
    Some((customers, frozen.asked, frozen.as_of))
}

fn write<T: Serialize>(body: T) -> Option<Zeroizing<Vec<u8>>> {
    let numbered = Numbered {
        format: FORMAT,
        body,
    };
    serde_json::to_vec(&numbered).ok().map(Zeroizing::new)
}

fn read<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Option<T> {
    // The number first: another format's body may not even look like ours.
    let Number { format } = serde_json::from_slice(bytes).ok()?;
    if format != FORMAT {
        return None;
    }
    let numbered: Numbered<T> = serde_json::from_slice(bytes).ok()?;
    Some(numbered.body)
}

#[cfg(test)]
mod tests;

//! Objects as bytes, before they are encrypted: JSON of types of its own, so that a change of the domain changes no stored
//! record unnoticed.
//!
//! The format has a number. A body of another number, or one that can't be read, is as good as none: it is fetched again.

mod charge;
mod customer;
mod subscription;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::day::Day;
use crate::domain::id::{CustomerId, SubscriptionId};
use crate::domain::object::{Kind, Object};
use crate::domain::snapshot::Delivery;
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

/// An object as bytes.
pub(super) fn freeze_object(object: &Object) -> Option<Zeroizing<Vec<u8>>> {
    match object {
        Object::Customer(customer) => write(customer::Frozen::from(&**customer)),
        Object::Subscription(subscription) => write(subscription::Frozen::from(&**subscription)),
        Object::Charge(charge) => write(charge::Frozen::from(&**charge)),
        Object::Deliveries(customer, list) => {
            let frozen = |d: &Delivery| (d.subscription.as_str().to_owned(), d.date.date());
            let list: Vec<_> = list.iter().map(frozen).collect();
            write((customer.as_str(), list))
        }
    }
}

/// And back; `None` for bytes of another format, which are read again.
pub(super) fn thaw_object(kind: Kind, bytes: &[u8]) -> Option<Object> {
    Some(match kind {
        Kind::Customer => Object::Customer(Box::new(read::<customer::Frozen>(bytes)?.into())),
        Kind::Subscription => {
            Object::Subscription(Box::new(read::<subscription::Frozen>(bytes)?.into()))
        }
        Kind::Charge => Object::Charge(Box::new(read::<charge::Frozen>(bytes)?.into())),
        Kind::Deliveries => {
            let (customer, list): (String, Vec<(String, chrono::NaiveDate)>) = read(bytes)?;
            let thawed = |(id, date): (String, _)| Delivery {
                subscription: SubscriptionId::new(id),
                date: Day::from(date),
            };
            Object::Deliveries(
                CustomerId::new(customer),
                list.into_iter().map(thawed).collect(),
            )
        }
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

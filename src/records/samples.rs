//! Objects, rows and observations for the tests of this module.

use chrono::{NaiveDate, TimeDelta};

use super::customer::CustomerRows;
use super::observe::{Observed, observe};
use super::rule::{Commit, Moment, Row, Source};
use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant};
use crate::domain::id::{ChargeId, CustomerId, ProductId, SubscriptionId};
use crate::domain::object::{Kind, Object};
use crate::domain::snapshot::Delivery;
use crate::domain::subscription::{Product, Status, Subscription};

/// Minutes after the time at which [`known`] was read.
pub fn at(minutes: i64) -> Instant {
    let start = NaiveDate::from_ymd_opt(2026, 11, 20)
        .and_then(|day| day.and_hms_opt(10, 0, 0))
        .unwrap();
    start.and_utc() + TimeDelta::minutes(minutes)
}

/// A day of December 2026.
pub fn december(day: u32) -> Day {
    Day::from(NaiveDate::from_ymd_opt(2026, 12, day).unwrap())
}

pub fn moment(began: Commit, minutes: i64) -> Moment {
    Moment {
        began,
        at: at(minutes),
    }
}

pub fn kim() -> CustomerId {
    CustomerId::new("1")
}

pub fn customer() -> Customer {
    Customer {
        email: Some(String::from("kim@acme.example")),
        created_at: Some(at(-90_000)),
        ..Customer::bare(kim())
    }
}

/// An active monthly subscription that is due on December 15.
pub fn subscription(id: &str) -> Subscription {
    Subscription {
        id: SubscriptionId::new(id),
        status: Status::Active,
        created_at: Some(at(-80_000)),
        updated_at: None,
        billing_interval: None,
        delivery_interval: None,
        keeps_to: None,
        is_prepaid: false,
        next_billing_date: Some(december(15)),
        cancelled_at: None,
        cancellation_reason: None,
        cancellation_comment: None,
        payment_attempts_exhausted: false,
        ends_after_charges: None,
        price: None,
        quantity: Some(1),
        product: Product {
            id: Some(ProductId::new("runner")),
            ..Product::default()
        },
        properties: Vec::new(),
    }
}

/// A charge for one of each of these subscriptions, due on a day of December.
pub fn charge(id: &str, status: ChargeStatus, day: u32, subscriptions: &[&str]) -> Charge {
    let item = |id: &&str| LineItem {
        subscription: Some(SubscriptionId::new(*id)),
        product: Some(ProductId::new("runner")),
        quantity: Some(1),
        ..LineItem::default()
    };
    Charge {
        id: ChargeId::new(id),
        status,
        scheduled_at: Some(december(day)),
        originally_scheduled_at: None,
        processed_at: None,
        retry_date: None,
        last_attempt_at: None,
        error: None,
        error_code: None,
        total: None,
        refunded: None,
        is_total_final: None,
        merged_at: None,
        items: subscriptions.iter().map(item).collect(),
        city: None,
        shopify_order_id: None,
        created_at: Some(at(-70_000)),
        updated_at: None,
    }
}

/// The queued charge of a subscription that is due on December 15.
pub fn queued(id: &str, subscription: &str) -> Charge {
    charge(id, ChargeStatus::Queued, 15, &[subscription])
}

pub fn deliveries(subscription: &str, days: &[u32]) -> Object {
    let one = |day: &u32| Delivery {
        subscription: SubscriptionId::new(subscription),
        date: december(*day),
    };
    Object::Deliveries(kim(), days.iter().map(one).collect())
}

/// Something that is an object of a customer's.
pub trait IntoObject {
    fn object(&self) -> Object;
}

impl IntoObject for Customer {
    fn object(&self) -> Object {
        Object::Customer(Box::new(self.clone()))
    }
}

impl IntoObject for Subscription {
    fn object(&self) -> Object {
        Object::Subscription(Box::new(self.clone()))
    }
}

impl IntoObject for Charge {
    fn object(&self) -> Object {
        Object::Charge(Box::new(self.clone()))
    }
}

/// A row, as an observation at that commit and minute left it.
pub fn row(object: &Object, source: Source, commit: Commit, minutes: i64) -> Row {
    Row {
        version: object.version(),
        object: Some(object.clone()),
        commit,
        at: at(minutes),
        source,
        deletion: None,
    }
}

/// An observation of these objects.
pub fn seen(source: Source, moment: Moment, objects: &[Object]) -> Observed {
    Observed {
        objects: objects.to_vec(),
        ..Observed::new(kim(), source, moment)
    }
}

/// A complete read that found these objects beside the customer's own record.
pub fn complete(moment: Moment, objects: &[Object]) -> Observed {
    let mut all = vec![customer().object()];
    all.extend_from_slice(objects);
    Observed {
        complete: Kind::ALL.to_vec(),
        ..seen(Source::Read, moment, &all)
    }
}

/// What a complete read that began with commit 1, at minute 0, and was stored as commit 2 makes known.
pub fn known(objects: &[Object]) -> CustomerRows {
    let mut known = CustomerRows::default();
    observe(&mut known, &complete(moment(1, 0), objects), 2, at(0));
    known
}

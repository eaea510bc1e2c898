//! Snapshots and events for tests: everything happens around second 0.

use std::sync::Arc;

use crate::domain::charge::{Charge, ChargeStatus};
use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant};
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::{ChargeId, CustomerId, SubscriptionId};
use crate::domain::install::InstallName;
use crate::domain::renderings::Renderings;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Product, Status, Subscription};

pub fn acme() -> InstallName {
    InstallName::parse("acme-usa").unwrap()
}

pub fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
}

pub fn kim() -> CustomerId {
    CustomerId::new("176700001")
}

pub fn record(updated: i64) -> Customer {
    Customer {
        email: Some(format!("kim{updated}@acme.example")),
        created_at: Some(at(-90_000)),
        updated_at: Some(at(updated)),
        ..Customer::bare(kim())
    }
}

pub fn subscription(id: u32, updated: i64) -> Subscription {
    Subscription {
        id: SubscriptionId::new(id.to_string()),
        status: Status::Active,
        created_at: Some(at(-80_000)),
        updated_at: Some(at(updated)),
        billing_interval: None,
        delivery_interval: None,
        keeps_to: None,
        is_prepaid: false,
        next_billing_date: Day::new(2026, 12, 1 + id % 20),
        cancelled_at: None,
        cancellation_reason: None,
        cancellation_comment: None,
        payment_attempts_exhausted: false,
        ends_after_charges: None,
        price: None,
        quantity: u32::try_from(updated.abs()).ok(),
        product: Product::default(),
        properties: Vec::new(),
    }
}

pub fn cancelled(id: u32, updated: i64, cancelled: i64) -> Subscription {
    Subscription {
        status: Status::Cancelled,
        cancelled_at: Some(at(cancelled)),
        next_billing_date: None,
        ..subscription(id, updated)
    }
}

pub fn made(created: i64, row: Subscription) -> Subscription {
    Subscription {
        created_at: Some(at(created)),
        ..row
    }
}

pub fn charge(id: u32, created: i64, updated: i64) -> Charge {
    Charge {
        id: ChargeId::new(id.to_string()),
        status: ChargeStatus::Queued,
        scheduled_at: None,
        originally_scheduled_at: None,
        processed_at: None,
        retry_date: None,
        refunded: None,
        is_total_final: None,
        merged_at: None,
        last_attempt_at: None,
        error: Some(updated.to_string()),
        error_code: None,
        total: None,
        items: Vec::new(),
        city: None,
        shopify_order_id: None,
        created_at: Some(at(created)),
        updated_at: Some(at(updated)),
    }
}

/// Read at second 0, with rows that changed 1,000 seconds before.
pub fn known(subscriptions: Vec<Subscription>, charges: Vec<Charge>) -> Snapshot {
    Snapshot {
        customer: record(-1_000),
        subscriptions,
        charges: Some(charges),
        deliveries: Some(Vec::new()),
        as_of: at(0),
        renderings: Renderings::default(),
    }
}

pub fn of(row: Subscription) -> Event {
    Event {
        stamp: row.stamp(),
        change: Change::Subscription {
            customer: kim(),
            subscription: Box::new(row),
        },
    }
}

pub fn of_a_charge(row: Charge) -> Event {
    Event {
        stamp: row.stamp(),
        change: Change::Charge {
            customer: kim(),
            charge: Box::new(row),
        },
    }
}

pub fn of_kim(row: Customer) -> Event {
    Event {
        stamp: row.stamp(),
        change: Change::Customer(Box::new(row)),
    }
}

pub fn hint(touched: Touched) -> Event {
    Event {
        change: Change::Unclear(touched),
        stamp: None,
    }
}

/// One subscription, unchanged since long ago.
pub fn of_one() -> Arc<Snapshot> {
    Arc::new(known(vec![subscription(1, -1_000)], Vec::new()))
}

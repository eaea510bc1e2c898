//! Answers in every state, for tests and for looking at. Today is Friday, 20 November 2026, 10:15 in New York.

mod states;

use std::sync::Arc;

use chrono::{DateTime, Duration};

use super::Context;
use crate::domain::answer::{Account, Answer, Outcome};
use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::customer::Customer;
use crate::domain::day::{Day, Instant, Zone};
use crate::domain::id::{
    ChargeId, CustomerId, OrderId, ProductId, ShopifyCustomerId, SubscriptionId, VariantId,
};
use crate::domain::install::{Install, InstallName};
use crate::domain::links::{Links, UrlTemplate};
use crate::domain::money::{Currency, Money};
use crate::domain::question::MatchedBy;
use crate::domain::shop::Shop;
use crate::domain::snapshot::{Delivery, Snapshot};
use crate::domain::subscription::{
    Interval, KeepsTo, Product, Property, Status, Subscription, Unit,
};
use crate::domain::web_url::WebUrl;

pub(crate) use states::all;

pub(crate) const HOSTILE: &str =
    "\"><script>alert(1)</script><img src=x onerror=alert(1)>'`\u{0}\u{1b}[2J\u{202e}";

pub(crate) fn context() -> Context {
    Context::at(instant("2026-11-20T15:15:02Z"))
}

pub(crate) fn instant(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn cash(amount: &str, currency: &str) -> Money {
    Money::parse(amount, Currency::parse(currency).ok()).unwrap()
}

pub(crate) fn every(frequency: u32, unit: Unit) -> Interval {
    Interval { frequency, unit }
}

pub(crate) fn customer(id: &str, name: &str) -> Customer {
    Customer {
        email: Some("kim@acme.example".into()),
        name: Some(name.into()),
        shopify_customer_id: Some(ShopifyCustomerId::new("7923000000001")),
        created_at: Some(instant("2025-01-25T20:55:02Z")),
        subscriptions_active: Some(1),
        has_valid_payment_method: Some(true),
        ..Customer::bare(CustomerId::new(id))
    }
}

pub(crate) fn runner(id: &str) -> Subscription {
    Subscription {
        id: SubscriptionId::new(id),
        status: Status::Active,
        created_at: Some(instant("2025-01-26T15:20:33Z")),
        updated_at: Some(instant("2026-11-15T09:00:00Z")),
        billing_interval: Some(every(30, Unit::Day)),
        delivery_interval: Some(every(30, Unit::Day)),
        keeps_to: None,
        is_prepaid: false,
        next_billing_date: Some(day("2026-12-15")),
        cancelled_at: None,
        cancellation_reason: None,
        cancellation_comment: None,
        payment_attempts_exhausted: false,
        ends_after_charges: None,
        price: Some(cash("98.00", "USD")),
        quantity: Some(1),
        product: Product {
            id: Some(ProductId::new("8143000000001")),
            variant_id: Some(VariantId::new("43510000000001")),
            name: Some("Wool Runner".into()),
            variant: Some("8 / Natural Grey".into()),
            image_url: WebUrl::parse("https://cdn.acme.example/runner_small.png").ok(),
            sku: Some("WOOL100".into()),
            sku_override: Some(true),
        },
        properties: Vec::new(),
    }
}

pub(crate) fn coffee(id: &str) -> Subscription {
    Subscription {
        billing_interval: Some(every(1, Unit::Week)),
        delivery_interval: Some(every(1, Unit::Week)),
        keeps_to: Some(KeepsTo::DayOfWeek(chrono::Weekday::Thu)),
        next_billing_date: Some(day("2026-11-26")),
        price: Some(cash("14.50", "GBP")),
        quantity: Some(2),
        product: Product {
            name: Some("House Espresso".into()),
            variant: Some("250 g / whole beans".into()),
            image_url: None,
            sku: Some("ESP-250".into()),
            ..runner(id).product
        },
        properties: vec![Property {
            name: "Grind".into(),
            value: "For a moka pot, a bit coarser than last time please".into(),
        }],
        ..runner(id)
    }
}

pub(crate) fn cancelled(id: &str) -> Subscription {
    Subscription {
        status: Status::Cancelled,
        next_billing_date: None,
        cancelled_at: Some(instant("2026-09-01T18:00:00Z")),
        cancellation_reason: Some("too expensive".into()),
        cancellation_comment: Some("Love the shoes, but I do not need a pair every month.".into()),
        product: Product {
            name: Some("Tree Dasher".into()),
            variant: Some("9 / Kaikoura White".into()),
            sku: None,
            ..runner(id).product
        },
        ..runner(id)
    }
}

pub(crate) fn charge(id: &str, status: ChargeStatus, date: &str, of: &Subscription) -> Charge {
    let past = matches!(status, ChargeStatus::Success | ChargeStatus::Refunded);
    Charge {
        id: ChargeId::new(id),
        scheduled_at: Some(day(date)),
        originally_scheduled_at: Some(day(date)),
        processed_at: past.then(|| instant(&format!("{date}T14:00:00Z"))),
        retry_date: None,
        last_attempt_at: None,
        error: None,
        error_code: None,
        total: Some(Money {
            amount: rust_decimal::Decimal::new(10_290, 2),
            currency: of.price.as_ref().and_then(|price| price.currency.clone()),
        }),
        refunded: None,
        is_total_final: None,
        merged_at: None,
        items: vec![LineItem {
            subscription: Some(of.id.clone()),
            onetime: None,
            product: of.product.id.clone(),
            variant_id: of.product.variant_id.clone(),
            name: of.product.name.clone(),
            variant: of.product.variant.clone(),
            quantity: of.quantity,
            sku: of.product.sku.clone(),
            image_url: None,
        }],
        city: Some("Mocktown".into()),
        shopify_order_id: past.then(|| OrderId::new("6001000000001")),
        created_at: Some(instant("2026-10-15T14:00:00Z")),
        updated_at: Some(instant("2026-11-15T14:00:00Z")),
        status,
    }
}

pub(crate) fn snapshot(subscriptions: Vec<Subscription>, charges: Vec<Charge>) -> Snapshot {
    Snapshot {
        customer: customer("176700001", "Kim Example"),
        subscriptions,
        charges: Some(charges),
        deliveries: None,
        as_of: instant("2026-11-20T15:15:02Z"),
        renderings: Default::default(),
    }
}

pub(crate) fn account(install: &str, outcome: Outcome) -> Account {
    let shop = Shop::parse(install).unwrap();
    let template = |path: &str| {
        let text = format!("https://{{shop}}-sp.admin.rechargeapps.com/merchant/{path}");
        UrlTemplate::parse(&text, shop.as_str()).ok()
    };
    Account {
        links: Arc::new(Links {
            customer: template("customers/{id}"),
            subscription: template("subscriptions/{id}/details"),
            charge: template("charges/{id}"),
        }),
        install: Arc::new(Install {
            name: InstallName::parse(install).unwrap(),
            provider: "recharge".into(),
            shop,
            contact: Some("Dana, #cx-tools".into()),
            customer_link: None,
            subscription_link: None,
            shows_links: true,
        }),
        zone: Zone::named("America/New_York"),
        currency: None,
        outcome,
    }
}

pub(crate) fn found(snapshot: Snapshot) -> Outcome {
    Outcome::Found {
        snapshot: Arc::new(snapshot),
        matched_by: MatchedBy::Email,
        stale: None,
        emails_missing: false,
    }
}

pub(crate) fn answer(outcome: Outcome) -> Answer {
    Answer {
        accounts: vec![account("acme-usa", outcome)],
    }
}

/// One active, one cancelled: the commonest card.
pub(crate) fn kim() -> Snapshot {
    let (active, over) = (runner("585000001"), cancelled("585000002"));
    let charges = vec![
        charge("1302000001", ChargeStatus::Queued, "2026-12-15", &active),
        charge("1302000000", ChargeStatus::Success, "2026-11-15", &active),
    ];
    snapshot(vec![active, over], charges)
}

/// A failed charge, tried again on 1 December.
pub(crate) fn dunning() -> Snapshot {
    let active = Subscription {
        next_billing_date: Some(day("2026-11-17")),
        ..coffee("585000003")
    };
    let failed = Charge {
        retry_date: Some(day("2026-12-01")),
        last_attempt_at: Some(instant("2026-11-17T15:00:00Z")),
        error: Some("Your card has insufficient funds.\nDeclined before.".into()),
        error_code: Some("CARD_DECLINED".into()),
        ..charge("1302000002", ChargeStatus::Error, "2026-11-17", &active)
    };
    snapshot(vec![active], vec![failed])
}

/// Prepaid: ships every 30 days, paid every 90.
pub(crate) fn prepaid(status: Status) -> Snapshot {
    let over = status == Status::Cancelled;
    let subscription = Subscription {
        is_prepaid: true,
        billing_interval: Some(every(90, Unit::Day)),
        next_billing_date: (!over).then(|| day("2027-02-03")),
        cancelled_at: over.then(|| instant("2026-10-10T12:00:00Z")),
        status,
        keeps_to: None,
        delivery_interval: Some(every(30, Unit::Day)),
        ..coffee("585000004")
    };
    let paid = charge(
        "1302000003",
        ChargeStatus::Success,
        "2026-11-05",
        &subscription,
    );
    let delivery = |date: &str| Delivery {
        subscription: subscription.id.clone(),
        date: day(date),
    };
    Snapshot {
        deliveries: Some(vec![delivery("2026-12-05"), delivery("2027-01-04")]),
        ..snapshot(vec![subscription.clone()], vec![paid])
    }
}

/// So many subscriptions.
pub(crate) fn many(count: u32) -> Snapshot {
    let subscriptions = (0..count).map(|n| {
        let id = format!("{}", 585_100_000 + n * 37);
        let one = if n % 5 == 4 {
            cancelled(&id)
        } else {
            runner(&id)
        };
        let product = Product {
            name: Some(format!("Office Coffee Box {n}")),
            id: Some(ProductId::new(format!(
                "{}",
                8_143_000_000_001_u64 + u64::from(n % 40)
            ))),
            ..one.product.clone()
        };
        Subscription {
            created_at: one
                .created_at
                .map(|at| at + Duration::minutes(i64::from(n) * 977)),
            quantity: Some(n % 7 + 1),
            product,
            ..one
        }
    });
    let first = runner("585100000");
    let paid = charge("1302000009", ChargeStatus::Success, "2026-11-15", &first);
    let mut subscriptions: Vec<_> = subscriptions.collect();
    crate::domain::snapshot::order(&mut subscriptions);
    snapshot(subscriptions, vec![paid])
}

/// Hostile text in every field that a stranger can fill.
pub(crate) fn hostile() -> Snapshot {
    let text = || Some(HOSTILE.to_owned());
    let bad = |one: Subscription| Subscription {
        cancellation_reason: text(),
        cancellation_comment: text(),
        properties: vec![Property {
            name: HOSTILE.into(),
            value: HOSTILE.into(),
        }],
        product: Product {
            name: text(),
            variant: text(),
            sku: text(),
            sku_override: None,
            image_url: WebUrl::parse("javascript:alert(1)").ok(),
            id: Some(ProductId::new(HOSTILE)),
            variant_id: Some(VariantId::new(HOSTILE)),
        },
        ..one
    };
    let odd = Subscription {
        status: Status::of(HOSTILE),
        billing_interval: Some(every(3, Unit::of(HOSTILE))),
        ..bad(runner("585000012"))
    };
    let one = bad(runner("585000010"));
    let failed = Charge {
        error: Some(format!("{HOSTILE}\n{HOSTILE}")),
        status: ChargeStatus::Error,
        ..charge(HOSTILE, ChargeStatus::Error, "2026-11-15", &one)
    };
    let mut card = snapshot(vec![one, odd, bad(cancelled("585000011"))], vec![failed]);
    card.customer.name = text();
    card.customer.email = text();
    card.customer.phone = text();
    card
}

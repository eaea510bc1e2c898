//! A subscription, frozen.

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::charge::{FrozenMoney, money, to_money, to_url, url};
use crate::domain::day::{Day, Instant};
use crate::domain::id::{ProductId, SubscriptionId, VariantId};
use crate::domain::subscription as domain;
use crate::domain::subscription::Subscription;

#[derive(Serialize, Deserialize)]
pub(super) struct Frozen {
    id: String,
    status: Status,
    created_at: Option<Instant>,
    updated_at: Option<Instant>,
    billing: Option<Interval>,
    delivery: Option<Interval>,
    keeps_to: Option<KeepsTo>,
    prepaid: bool,
    next_billing: Option<NaiveDate>,
    cancelled_at: Option<Instant>,
    reason: Option<String>,
    comment: Option<String>,
    exhausted: bool,
    ends_after: Option<u32>,
    price: Option<FrozenMoney>,
    quantity: Option<u32>,
    product: Product,
    properties: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Active,
    Cancelled,
    Expired,
    Other(String),
}

#[derive(Serialize, Deserialize)]
struct Interval(u32, Unit);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Day,
    Week,
    Month,
    Year,
    Other(String),
}

/// Days of the week are counted from Monday, which is 0.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeepsTo {
    DayOfMonth(u8),
    DayOfWeek(u8),
}

#[derive(Serialize, Deserialize)]
struct Product {
    id: Option<String>,
    variant_id: Option<String>,
    name: Option<String>,
    variant: Option<String>,
    image: Option<String>,
    sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sku_override: Option<bool>,
}

impl From<&Subscription> for Frozen {
    fn from(s: &Subscription) -> Self {
        let properties = s.properties.iter();
        Self {
            id: s.id.as_str().to_owned(),
            status: match &s.status {
                domain::Status::Active => Status::Active,
                domain::Status::Cancelled => Status::Cancelled,
                domain::Status::Expired => Status::Expired,
                domain::Status::Other(text) => Status::Other(text.clone()),
            },
            created_at: s.created_at,
            updated_at: s.updated_at,
            billing: s.billing_interval.as_ref().map(Into::into),
            delivery: s.delivery_interval.as_ref().map(Into::into),
            keeps_to: s.keeps_to.map(|keeps| match keeps {
                domain::KeepsTo::DayOfMonth(day) => KeepsTo::DayOfMonth(day),
                domain::KeepsTo::DayOfWeek(day) => {
                    // Seven days fit a byte.
                    KeepsTo::DayOfWeek(u8::try_from(day.num_days_from_monday()).unwrap_or(0))
                }
            }),
            prepaid: s.is_prepaid,
            next_billing: s.next_billing_date.map(Day::date),
            cancelled_at: s.cancelled_at,
            reason: s.cancellation_reason.clone(),
            comment: s.cancellation_comment.clone(),
            exhausted: s.payment_attempts_exhausted,
            ends_after: s.ends_after_charges,
            price: s.price.as_ref().map(money),
            quantity: s.quantity,
            product: (&s.product).into(),
            properties: properties
                .map(|p| (p.name.clone(), p.value.clone()))
                .collect(),
        }
    }
}

impl From<Frozen> for Subscription {
    fn from(frozen: Frozen) -> Self {
        let properties = frozen.properties.into_iter();
        Self {
            id: SubscriptionId::new(frozen.id),
            status: match frozen.status {
                Status::Active => domain::Status::Active,
                Status::Cancelled => domain::Status::Cancelled,
                Status::Expired => domain::Status::Expired,
                Status::Other(text) => domain::Status::Other(text),
            },
            created_at: frozen.created_at,
            updated_at: frozen.updated_at,
            billing_interval: frozen.billing.map(Into::into),
            delivery_interval: frozen.delivery.map(Into::into),
            keeps_to: frozen.keeps_to.and_then(|keeps| match keeps {
                KeepsTo::DayOfMonth(day) => Some(domain::KeepsTo::DayOfMonth(day)),
                KeepsTo::DayOfWeek(day) => {
                    Weekday::try_from(day).ok().map(domain::KeepsTo::DayOfWeek)
                }
            }),
            is_prepaid: frozen.prepaid,
            next_billing_date: frozen.next_billing.map(Day::from),
            cancelled_at: frozen.cancelled_at,
            cancellation_reason: frozen.reason,
            cancellation_comment: frozen.comment,
            payment_attempts_exhausted: frozen.exhausted,
            ends_after_charges: frozen.ends_after,
            price: frozen.price.and_then(to_money),
            quantity: frozen.quantity,
            product: frozen.product.into(),
            properties: properties
                .map(|(name, value)| domain::Property { name, value })
                .collect(),
        }
    }
}

impl From<&domain::Interval> for Interval {
    fn from(interval: &domain::Interval) -> Self {
        let unit = match &interval.unit {
            domain::Unit::Day => Unit::Day,
            domain::Unit::Week => Unit::Week,
            domain::Unit::Month => Unit::Month,
            domain::Unit::Year => Unit::Year,
            domain::Unit::Other(text) => Unit::Other(text.clone()),
        };
        Self(interval.frequency, unit)
    }
}

impl From<Interval> for domain::Interval {
    fn from(Interval(frequency, unit): Interval) -> Self {
        let unit = match unit {
            Unit::Day => domain::Unit::Day,
            Unit::Week => domain::Unit::Week,
            Unit::Month => domain::Unit::Month,
            Unit::Year => domain::Unit::Year,
            Unit::Other(text) => domain::Unit::Other(text),
        };
        Self { frequency, unit }
    }
}

impl From<&domain::Product> for Product {
    fn from(product: &domain::Product) -> Self {
        Self {
            id: product.id.as_ref().map(|id| id.as_str().to_owned()),
            variant_id: product.variant_id.as_ref().map(|id| id.as_str().to_owned()),
            name: product.name.clone(),
            variant: product.variant.clone(),
            image: product.image_url.as_ref().map(url),
            sku: product.sku.clone(),
            sku_override: product.sku_override,
        }
    }
}

impl From<Product> for domain::Product {
    fn from(product: Product) -> Self {
        Self {
            id: product.id.map(ProductId::new),
            variant_id: product.variant_id.map(VariantId::new),
            name: product.name,
            variant: product.variant,
            image_url: product.image.and_then(to_url),
            sku: product.sku,
            sku_override: product.sku_override,
        }
    }
}

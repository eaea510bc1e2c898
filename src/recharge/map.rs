//! From the wire to the domain. Pure; `None` only for a row without an id.
//!
//! A flag or a text that is missing or null is not known. Where the domain has a plain flag for one, it says so: nothing is
//! claimed from its `false`.

use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::customer::Customer;
use crate::domain::day::Zone;
use crate::domain::id::{
    ChargeId, CustomerId, OnetimeId, OrderId, ProductId, ShopifyCustomerId, SubscriptionId,
    VariantId,
};
use crate::domain::install::ShopProfile;
use crate::domain::money::{Currency, Money};
use crate::domain::shop::Shop;
use crate::domain::snapshot::Delivery;
use crate::domain::subscription::{
    Interval, KeepsTo, Product, Property, Status, Subscription, Unit,
};
use crate::domain::web_url::WebUrl;
use crate::provider::TokenInformation;

use super::wire;

/// A status that is missing: no guess is made.
const UNKNOWN: &str = "unknown";

/// `Shop` reads a bare name too; as an `identifier` only the whole Shopify domain proves a shop, for other platforms
/// have identifiers of their own.
const SHOPIFY: &str = ".myshopify.com";

/// A customer.
pub fn customer(row: wire::Customer) -> Option<Customer> {
    let mut customer = Customer::bare(CustomerId::new(row.id.0?.0));
    customer.name = joined(row.first_name.0, row.last_name.0);
    customer.email = row.email.0;
    customer.phone = row.phone.0;
    customer.shopify_customer_id = row
        .external_customer_id
        .0
        .map(|id| ShopifyCustomerId::new(id.0));
    customer.subscriptions_total = row.subscriptions_total_count.0;
    customer.subscriptions_active = row.subscriptions_active_count.0;
    customer.created_at = row.created_at.0;
    customer.updated_at = row.updated_at.0;
    customer.has_valid_payment_method = row.has_valid_payment_method.0;
    customer.payment_in_dunning = row.has_payment_method_in_dunning.0;
    Some(customer)
}

fn joined(first: Option<String>, last: Option<String>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last),
    }
}

/// Whether a row among subscriptions is a one-time item: `status` says so where both are listed together.
pub fn is_onetime(row: &wire::Subscription) -> bool {
    let says_so = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters
            .map(|c| c.to_ascii_lowercase())
            .eq("onetime".chars())
    };
    says_so(&row.status.0) || says_so(&row.purchase_item_type.0)
}

/// The rows of a list of subscriptions, each as a subscription: `Some(None)` for a one-time item, which is none.
pub fn listed(row: wire::Subscription) -> Option<Option<Subscription>> {
    if is_onetime(&row) {
        return row.id.0.map(|_| None);
    }
    subscription(row).map(Some)
}

/// A subscription.
pub fn subscription(row: wire::Subscription) -> Option<Subscription> {
    let id = SubscriptionId::new(row.id.0?.0);
    let unit = row.order_interval_unit.0.as_deref().map(Unit::of);
    let (charged, ordered) = (
        row.charge_interval_frequency.0,
        row.order_interval_frequency.0,
    );
    let status = Status::of(row.status.0.as_deref().unwrap_or(UNKNOWN));
    Some(Subscription {
        id,
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
        billing_interval: interval(charged, unit.as_ref()),
        delivery_interval: interval(ordered, unit.as_ref()),
        keeps_to: keeps_to(
            unit.as_ref(),
            row.order_day_of_month.0,
            row.order_day_of_week.0,
        ),
        // Both frequencies count the same unit, and charge ÷ order > 1 means prepaid.
        is_prepaid: row.is_prepaid.0 == Some(true)
            || matches!((charged, ordered), (Some(charged), Some(ordered)) if ordered > 0 && charged > ordered),
        // One that has ended is charged no more, though its row may still have a date.
        next_billing_date: row
            .next_charge_scheduled_at
            .0
            .filter(|_| !status.has_ended()),
        status,
        cancelled_at: row.cancelled_at.0,
        cancellation_reason: row.cancellation_reason.0,
        cancellation_comment: row.cancellation_reason_comments.0,
        payment_attempts_exhausted: row.max_retries_reached.0 == Some(true),
        ends_after_charges: row.expire_after_specific_number_of_charges.0,
        price: money(row.price.0, row.presentment_currency.0),
        quantity: row.quantity.0,
        product: Product {
            id: row.external_product_id.0.map(|id| ProductId::new(id.0)),
            variant_id: row.external_variant_id.0.map(|id| VariantId::new(id.0)),
            name: row.product_title.0,
            variant: row.variant_title.0,
            image_url: None,
            sku: row.sku.0,
            sku_override: row.sku_override.0,
        },
        properties: row.properties.0.into_iter().filter_map(property).collect(),
    })
}

fn interval(frequency: Option<u32>, unit: Option<&Unit>) -> Option<Interval> {
    Some(Interval {
        frequency: frequency.filter(|frequency| *frequency > 0)?,
        unit: unit?.clone(),
    })
}

/// A day of the month goes with months and a day of the week with weeks; Monday is 0.
fn keeps_to(
    unit: Option<&Unit>,
    day_of_month: Option<u32>,
    day_of_week: Option<u32>,
) -> Option<KeepsTo> {
    match unit? {
        Unit::Month => u8::try_from(day_of_month?)
            .ok()
            .filter(|day| (1..=31).contains(day))
            .map(KeepsTo::DayOfMonth),
        Unit::Week => u8::try_from(day_of_week?)
            .ok()
            .and_then(|day| chrono::Weekday::try_from(day).ok())
            .map(KeepsTo::DayOfWeek),
        _ => None,
    }
}

/// A currency that is missing or null is the shop's: Recharge writes one only where it is another.
fn money(amount: Option<String>, currency: Option<String>) -> Option<Money> {
    let currency = currency.and_then(|code| Currency::sent(&code));
    Money::parse(&amount?, currency).ok()
}

/// `None` for those whose names begin with an underscore: apps write them for themselves, and shops hide them from customers.
fn property(row: wire::Property) -> Option<Property> {
    Some(Property {
        name: row.name.0.filter(|name| !name.starts_with('_'))?,
        value: row.value.0?,
    })
}

/// A charge.
pub fn charge(row: wire::Charge) -> Option<Charge> {
    let currency = row.currency.0;
    Some(Charge {
        id: ChargeId::new(row.id.0?.0),
        status: ChargeStatus::of(row.status.0.as_deref().unwrap_or(UNKNOWN)),
        scheduled_at: row.scheduled_at.0,
        originally_scheduled_at: row.original_scheduled_at.0,
        processed_at: row.processed_at.0,
        retry_date: row.retry_date.0.map(|day| day.0),
        last_attempt_at: row.last_charge_attempt.0,
        error: row.error.0.map(|error| error.0),
        error_code: row.error_type.0.map(|code| code.0),
        total: money(row.total_price.0, currency.clone()),
        refunded: money(row.total_refunds.0, currency),
        is_total_final: is_total_final(row.has_uncommitted_changes.0, row.shipping_lines.0),
        merged_at: row.merged_at.0,
        items: row.line_items.0.into_iter().map(line_item).collect(),
        city: row.shipping_address.0.and_then(|address| address.city.0),
        shopify_order_id: row.external_order_id.0.map(|id| OrderId::new(id.0)),
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
    })
}

/// Shipping that is not calculated yet stands in a line of its own, `pending`; changes that are not worked in yet may change
/// the total, too.
fn is_total_final(
    uncommitted: Option<bool>,
    lines: Option<wire::List<wire::ShippingLine>>,
) -> Option<bool> {
    let says = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.eq_ignore_ascii_case("pending")
    };
    let is_pending = |line: &wire::ShippingLine| says(&line.status.0) || says(&line.code.0);
    let pending = lines.map(|lines| lines.0.iter().any(is_pending));
    match (uncommitted, pending) {
        (Some(true), _) | (_, Some(true)) => Some(false),
        (Some(false), Some(false)) => Some(true),
        _ => None,
    }
}

fn line_item(row: wire::LineItem) -> LineItem {
    let is_onetime = row
        .purchase_item_type
        .0
        .is_some_and(|kind| kind.eq_ignore_ascii_case("onetime"));
    // One-time items have ids of their own, which may equal a subscription's.
    let (onetime, subscription) = match row.purchase_item_id.0 {
        Some(id) if is_onetime => (Some(OnetimeId::new(id.0)), None),
        Some(id) => (None, Some(SubscriptionId::new(id.0))),
        None => (None, None),
    };
    LineItem {
        subscription,
        onetime,
        product: row.external_product_id.0.map(|id| ProductId::new(id.0)),
        variant_id: row.external_variant_id.0.map(|id| VariantId::new(id.0)),
        name: row.title.0,
        variant: row.variant_title.0,
        quantity: row.quantity.0,
        sku: row.sku.0,
        image_url: row.images.0.map(|image| image.0),
    }
}

/// The deliveries on one day of a schedule that are not known to be unpaid or skipped: recorded schedules have lines without
/// these flags. `None` where one that is said to be prepaid names no subscription or no day, so that none can be counted.
pub fn deliveries(row: wire::DeliveryDay) -> Option<Vec<Delivery>> {
    let lines = row
        .orders
        .0
        .into_iter()
        .flat_map(|order| order.line_items.0);
    let counted =
        lines.filter(|line| line.is_prepaid.0 != Some(false) && line.is_skipped.0 != Some(true));
    let mut found = Vec::new();
    for line in counted {
        match (
            line.subscription_id.0.or(line.purchase_item_id.0),
            row.date.0,
        ) {
            (Some(id), Some(date)) => found.push(Delivery {
                subscription: SubscriptionId::new(id.0),
                date,
            }),
            // One-time items have no subscription.
            _ if line.is_prepaid.0.is_none() => {}
            _ => return None,
        }
    }
    Some(found)
}

/// The shop, from `GET /store` or from `GET /`.
pub fn shop(store: wire::Store) -> ShopProfile {
    let zone = store
        .timezone
        .0
        .and_then(|zone| zone.iana_name.0)
        .or(store.iana_timezone.0);
    let shop = store
        .identifier
        .0
        .or(store.store_url.0)
        .filter(|domain| domain.to_ascii_lowercase().contains(SHOPIFY))
        .and_then(|domain| Shop::parse(&domain).ok());
    ShopProfile {
        zone: zone.as_deref().map(Zone::named).unwrap_or_default(),
        currency: store
            .currency
            .0
            .and_then(|code| Currency::parse(&code).ok()),
        portal: store
            .merchant_portal_base_url
            .0
            .and_then(|address| WebUrl::parse(&address).ok()),
        shop,
    }
}

/// What the token may do. `None` where that is not said: it may do something all the same.
pub fn token(token: wire::Token) -> Option<TokenInformation> {
    Some(TokenInformation {
        name: token.name.0,
        scopes: token.scopes.0?.0,
    })
}

#[cfg(test)]
mod any;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

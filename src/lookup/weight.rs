//! What things take in memory, so that a limit in bytes is one.
//!
//! Every text and list is a block of its own, which costs the allocator [`BLOCK`] bytes besides; and what the cache keeps
//! of an entry is measured (`cargo bench --bench memory`), not known.

use std::mem::size_of;

use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::customer::Customer;
use crate::domain::id::CustomerId;
use crate::domain::money::Money;
use crate::domain::snapshot::{Delivery, Snapshot};
use crate::domain::subscription::{Interval, Property, Subscription};
use crate::records::Known;
use crate::store::KeptSubject;

/// A block's header, and the half that is lost on average when its length is rounded.
const BLOCK: usize = 16;
/// Key, hash table, order of use and of age: what the cache keeps of one entry besides the value.
const ENTRY: usize = 500;

/// A customer, with what may be kept of their card's HTML.
pub fn of_known(known: &Known) -> u32 {
    let snapshot = known
        .snapshot
        .as_ref()
        .map_or(0, |snapshot| of_snapshot(snapshot));
    let bytes = ENTRY + size_of::<Known>() + texts_of(&known.customer) + snapshot;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A subject: a few ids.
pub fn of_subject(kept: &KeptSubject) -> u32 {
    let ids = kept
        .customers
        .iter()
        .map(|id| text(id.as_str()) + size_of::<CustomerId>());
    let spellings = kept.spellings.iter().map(|spelling| 50 + spelling.len());
    let bytes = ENTRY + 128 + ids.sum::<usize>() + spellings.sum::<usize>();
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A snapshot, and what may be kept of its renderings.
fn of_snapshot(snapshot: &Snapshot) -> usize {
    let subscriptions = snapshot.subscriptions.iter().map(subscription);
    let charges = snapshot.charges.as_deref().unwrap_or_default();
    let capacity = snapshot.charges.as_ref().map_or(0, Vec::capacity);
    let deliveries = snapshot.deliveries.as_ref().map_or(0, Vec::capacity);
    size_of::<Snapshot>()
        + texts_of(&snapshot.customer)
        + list::<Subscription>(snapshot.subscriptions.capacity())
        + subscriptions.sum::<usize>()
        + list::<Charge>(capacity)
        + charges.iter().map(charge).sum::<usize>()
        + list::<Delivery>(deliveries)
        + deliveries * (BLOCK + 10)
        + snapshot.renderings.room()
}

fn texts_of(customer: &Customer) -> usize {
    let shopify = customer.shopify_customer_id.as_ref();
    text(customer.id.as_str())
        + maybe(customer.email.as_deref())
        + maybe(customer.name.as_deref())
        + maybe(customer.phone.as_deref())
        + maybe(shopify.map(|id| id.as_str()))
}

fn subscription(one: &Subscription) -> usize {
    let product = &one.product;
    let properties = one.properties.iter();
    text(one.id.as_str())
        + text_of_interval(one.billing_interval.as_ref())
        + text_of_interval(one.delivery_interval.as_ref())
        + maybe(one.cancellation_reason.as_deref())
        + maybe(one.cancellation_comment.as_deref())
        + money(one.price.as_ref())
        + maybe(product.id.as_ref().map(|id| id.as_str()))
        + maybe(product.variant_id.as_ref().map(|id| id.as_str()))
        + maybe(product.name.as_deref())
        + maybe(product.variant.as_deref())
        + maybe(product.image_url.as_ref().map(|url| url.as_str()))
        + maybe(product.sku.as_deref())
        + list::<Property>(one.properties.capacity())
        + properties
            .map(|property| text(&property.name) + text(&property.value))
            .sum::<usize>()
}

fn charge(one: &Charge) -> usize {
    let status = match &one.status {
        ChargeStatus::Other(word) => text(word),
        _ => 0,
    };
    text(one.id.as_str())
        + status
        + maybe(one.error.as_deref())
        + maybe(one.error_code.as_deref())
        + maybe(one.city.as_deref())
        + money(one.total.as_ref())
        + money(one.refunded.as_ref())
        + maybe(one.shopify_order_id.as_ref().map(|id| id.as_str()))
        + list::<LineItem>(one.items.capacity())
        + one.items.iter().map(line).sum::<usize>()
}

fn line(item: &LineItem) -> usize {
    maybe(item.subscription.as_ref().map(|id| id.as_str()))
        + maybe(item.onetime.as_ref().map(|id| id.as_str()))
        + maybe(item.variant_id.as_ref().map(|id| id.as_str()))
        + maybe(item.product.as_ref().map(|id| id.as_str()))
        + maybe(item.name.as_deref())
        + maybe(item.variant.as_deref())
        + maybe(item.sku.as_deref())
        + maybe(item.image_url.as_ref().map(|url| url.as_str()))
}

fn money(money: Option<&Money>) -> usize {
    let currency = money.and_then(|money| money.currency.as_ref());
    maybe(currency.map(|currency| currency.code()))
}

fn text_of_interval(interval: Option<&Interval>) -> usize {
    use crate::domain::subscription::Unit;
    match interval.map(|interval| &interval.unit) {
        Some(Unit::Other(word)) => text(word),
        _ => 0,
    }
}

fn list<T>(capacity: usize) -> usize {
    if capacity == 0 {
        0
    } else {
        BLOCK + capacity * size_of::<T>()
    }
}

fn maybe(text: Option<&str>) -> usize {
    text.map_or(0, self::text)
}

fn text(text: &str) -> usize {
    BLOCK + text.len().max(16)
}

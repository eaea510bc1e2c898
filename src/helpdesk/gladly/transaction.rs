//! Subscriptions as Gladly's transactions.
//!
//! `ORDER` is established (gladly/lookup-practice, upsidelab/spree_gladly, Gladly's App Platform). Of `SUBSCRIPTION` only
//! the list of what its card shows is (help.gladly.com/docs/recharge-integration-toolkit); **its keys are not**. So they
//! stand in one table with the best guesses, and a workspace may rename each, send one under several names, or fall back
//! to `ORDER`.

use serde_json::{Map, Value, json};

use super::choices::{Choices, Kind};
use super::values::{Object, address, cut, instant, length, noon, text_value};
use crate::domain::answer::{Account, Reason};
use crate::domain::day::Instant;
use crate::domain::schedule;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Status, Subscription};
use crate::views::facts;
use crate::views::format::{Calendar, money};
use crate::views::text::gladly as text;

/// One key: the setting that renames it, its name by our best guess, and Gladly's label for it.
pub type Key = (&'static str, &'static str, &'static str);

/// The keys of a SUBSCRIPTION. A name with a slash in front is put on the transaction instead of into `products`.
pub const KEYS: [Key; 18] = [
    ("keys.id", "id", "ID"),
    ("keys.status", "status", "Status"),
    ("keys.created_at", "createdAt", "Created At"),
    ("keys.updated_at", "updatedAt", "Updated At"),
    (
        "keys.frequency",
        "billingIntervalFrequency",
        "Billing Interval Frequency",
    ),
    ("keys.unit", "billingIntervalUnit", "Billing Interval Unit"),
    ("keys.next", "nextBillingAt", "Next Billing Date"),
    ("keys.canceled_at", "canceledAt", "Canceled Date"),
    ("keys.reason", "cancellationReason", "Cancellation Reason"),
    ("keys.price", "price", "Price"),
    ("keys.quantity", "quantity", "Quantity"),
    ("keys.link", "orderLink", text::VIEW),
    ("keys.note", "note", "Note"),
    ("keys.products", "products", "Products"),
    ("keys.product_id", "id", "Product ID"),
    ("keys.product_name", "name", "Name"),
    ("keys.product_image", "imageUrl", "Image"),
    ("keys.product_sku", "sku", "SKU"),
];

/// The answer must stay under a megabyte with everything around the transactions.
const ROOM: usize = 900_000;

/// What a transaction is made of besides the subscription.
pub struct Shop<'a> {
    /// The customer's whole card.
    pub snapshot: &'a Snapshot,
    /// Where it is from.
    pub account: &'a Account,
    /// Why it is not the newest.
    pub stale: Option<Reason>,
    /// The workspace's choices.
    pub choices: Choices<'a>,
    /// The time.
    pub now: Instant,
}

impl Shop<'_> {
    /// The transactions, active ones first, as many as the workspace wants and as have room. The last one says how many
    /// more there are.
    pub fn transactions(&self) -> Vec<Value> {
        let all = &self.snapshot.subscriptions;
        let mut made: Vec<Value> = Vec::new();
        let mut taken = 0;
        for subscription in all.iter().take(self.choices.most()) {
            let transaction = self.transaction(subscription, None);
            taken += length(&transaction);
            if taken > ROOM {
                break;
            }
            made.push(transaction);
        }
        if let (true, Some(last)) = (made.len() < all.len(), made.len().checked_sub(1)) {
            let more = text::more(made.len(), all.len());
            made[last] = self.transaction(&all[last], Some(&more));
        }
        made
    }

    fn transaction(&self, subscription: &Subscription, more: Option<&str>) -> Value {
        match self.choices.kind() {
            Kind::Subscription => self.subscription(subscription, more),
            Kind::Order => self.order(subscription, more),
        }
    }

    fn subscription(&self, subscription: &Subscription, more: Option<&str>) -> Value {
        let interval = subscription.billing_interval.as_ref();
        let is_cancelled = subscription.status == Status::Cancelled;
        let product = &subscription.product;
        let image = self.snapshot.image_of(subscription);
        let values: [Value; KEYS.len()] = [
            text_value(subscription.id.as_str()),
            Value::String(self.status(subscription)),
            instant(subscription.created_at),
            instant(subscription.updated_at),
            interval.map_or(Value::Null, |i| self.number(i.frequency)),
            interval.map_or(Value::Null, |i| text_value(i.unit.as_str())),
            noon(subscription.next_billing_date),
            instant(subscription.cancelled_at.filter(|_| is_cancelled)),
            text::reason(subscription)
                .filter(|_| is_cancelled)
                .map_or(Value::Null, |reason| text_value(&reason)),
            subscription
                .price
                .as_ref()
                .map_or(Value::Null, |price| Value::String(money(price))),
            self.number(subscription.quantity),
            self.link(subscription),
            self.note(subscription, more),
            Value::Null,
            product
                .id
                .as_ref()
                .map_or(Value::Null, |id| text_value(id.as_str())),
            text_value(&name(subscription)),
            address(image),
            self.snapshot
                .sku_of(subscription)
                .map_or(Value::Null, text_value),
        ];
        let mut outer = Map::new();
        let mut inner = Map::new();
        outer.insert("type".into(), "SUBSCRIPTION".into());
        for ((setting, usual, _), value) in KEYS.into_iter().zip(values) {
            if value.is_null() {
                continue;
            }
            for name in self.choices.names(setting, usual) {
                let (into, name) = match name.strip_prefix('/') {
                    Some(name) => (&mut outer, name),
                    None if setting.starts_with("keys.product_") => (&mut inner, name),
                    None => (&mut outer, name),
                };
                into.insert(name.to_owned(), value.clone());
            }
        }
        if !inner.is_empty() {
            inner.insert("quantity".into(), self.number(subscription.quantity));
            for name in self.choices.names("keys.products", "products") {
                outer.insert(name.to_owned(), json!([inner]));
            }
        }
        Value::Object(outer)
    }

    /// Quantities are numbers, as Gladly's reader for Sidekick wants them; its sample adaptor sends texts.
    fn order(&self, subscription: &Subscription, more: Option<&str>) -> Value {
        let price = subscription.price.as_ref();
        let total = price.and_then(|price| price.times(subscription.quantity));
        let currency = price.and_then(|price| price.currency.as_ref());
        let product = &subscription.product;
        let status = Value::String(self.status(subscription));
        let item = Object::default()
            .with(
                "id",
                product
                    .id
                    .as_ref()
                    .map_or(Value::Null, |id| text_value(id.as_str())),
            )
            .with("name", text_value(&name(subscription)))
            .with(
                "sku",
                self.snapshot
                    .sku_of(subscription)
                    .map_or(Value::Null, text_value),
            )
            .with(
                "unitPrice",
                price.map_or(Value::Null, |price| Value::String(money(price))),
            )
            .with("quantity", self.number(subscription.quantity))
            .with("imageUrl", address(self.snapshot.image_of(subscription)))
            .0;
        let order = Object::default()
            .with("type", "ORDER".into())
            .with("orderNumber", text_value(subscription.id.as_str()))
            .with("orderStatus", status)
            .with("createdAt", instant(subscription.created_at))
            .with(
                "orderTotal",
                total.map_or(Value::Null, |total| Value::String(money(&total))),
            )
            .with(
                "currencyCode",
                currency.map_or(Value::Null, |c| text_value(c.code())),
            )
            .with("orderLink", self.link(subscription))
            .with("note", self.note(subscription, more))
            .with("itemCount", self.number(subscription.quantity))
            .with("products", json!([item]))
            .0;
        Value::Object(order)
    }

    /// `active`, or `active (as of 10:15 EST, Recharge not reachable)`: where an agent looks.
    fn status(&self, subscription: &Subscription) -> String {
        let status = text::status(&subscription.status);
        match self.stale {
            None => status.into_owned(),
            Some(reason) => {
                let as_of = text::as_of(self.snapshot.as_of, reason, &self.calendar());
                format!("{status} ({as_of})")
            }
        }
    }

    /// Cut before it is said how many more there are: that must not be lost.
    fn note(&self, subscription: &Subscription, more: Option<&str>) -> Value {
        let calendar = self.calendar();
        let charges = self.snapshot.charges.as_deref();
        let schedule = schedule::of(subscription, charges, calendar.today());
        let prepaid = self.snapshot.prepaid(subscription, calendar.today());
        let note = cut(&text::note(subscription, schedule, prepaid, &calendar));
        let parts: Vec<String> = note.into_iter().chain(more.map(str::to_owned)).collect();
        if parts.is_empty() {
            Value::Null
        } else {
            text::joined(&parts).into()
        }
    }

    fn link(&self, subscription: &Subscription) -> Value {
        let link = self.account.links.to_subscription(&subscription.id);
        address(link.as_ref())
    }

    fn number(&self, number: u32) -> Value {
        if self.choices.numbers_are_text() {
            Value::String(number.to_string())
        } else {
            number.into()
        }
    }

    fn calendar(&self) -> Calendar {
        Calendar::new(self.now, self.account.zone)
    }
}

/// `Morning Roast, 12 oz / Whole bean`.
fn name(subscription: &Subscription) -> String {
    let product = facts::product(subscription);
    match facts::variant(subscription) {
        Some(variant) => format!("{product}, {variant}"),
        None => product.into_owned(),
    }
}

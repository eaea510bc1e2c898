//! Subscriptions as Gladly's transactions.
//!
//! `ORDER` is established (gladly/lookup-practice, upsidelab/spree_gladly, Gladly's App Platform). Of `SUBSCRIPTION` only
//! the list of what its card shows is (help.gladly.com/docs/recharge-integration-toolkit); **its keys are not**. So they
//! stand in one table with the best guesses, and a workspace may rename each, send one under several names, or fall back
//! to `ORDER`.

use std::borrow::Cow;

use super::choices::{Choices, Kind};
use super::values::{Object, Said, address, instant, made, noon, text as said};
use crate::domain::answer::{Account, Reason};
use crate::domain::day::Instant;
use crate::domain::money::Money;
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
pub struct Card<'a> {
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
    /// The number of addresses that were not looked for.
    pub untried: usize,
}

impl Card<'_> {
    /// The transactions as a JSON list, active ones first, as many as the workspace wants and as have room; and how many
    /// they are. The last one says how many more there are.
    pub fn transactions(&self) -> (String, usize) {
        let all = &self.snapshot.subscriptions;
        let as_of = self.as_of();
        let mut out = String::from("[");
        let (mut made, mut last) = (0, 0);
        for subscription in all.iter().take(self.choices.most()) {
            let before = out.len();
            if made > 0 {
                out.push(',');
            }
            let start = out.len();
            self.write(subscription, as_of.as_deref(), None, &mut out);
            if out.len() > ROOM {
                out.truncate(before);
                break;
            }
            (made, last) = (made + 1, start);
        }
        if let (true, Some(subscription)) = (made < all.len(), all[..made].last()) {
            out.truncate(last);
            let more = text::more(made, all.len());
            self.write(subscription, as_of.as_deref(), Some(more), &mut out);
        }
        out.push(']');
        (out, made)
    }

    fn write(
        &self,
        one: &Subscription,
        as_of: Option<&str>,
        more: Option<String>,
        out: &mut String,
    ) {
        match self.choices.kind() {
            Kind::Subscription => self.subscription(one, as_of, more, out),
            Kind::Order => self.order(one, as_of, more, out),
        }
    }

    fn subscription(
        &self,
        subscription: &Subscription,
        as_of: Option<&str>,
        more: Option<String>,
        out: &mut String,
    ) {
        let interval = subscription.billing_interval.as_ref();
        let is_cancelled = subscription.status == Status::Cancelled;
        let product = &subscription.product;
        let link = self.account.links.to_subscription(&subscription.id);
        let price = self.price(subscription);
        let reason = text::reason(subscription).filter(|_| is_cancelled);
        let values: [Said<'_>; KEYS.len()] = [
            said(Some(subscription.id.as_str())),
            Said::Text(status(subscription, as_of)),
            instant(subscription.created_at),
            instant(subscription.updated_at),
            self.number(interval.map(|interval| interval.frequency)),
            said(interval.map(|interval| interval.unit.as_str())),
            noon(subscription.next_billing_date),
            instant(subscription.cancelled_at.filter(|_| is_cancelled)),
            reason.map_or(Said::Nothing, made),
            price.map_or(Said::Nothing, |price| made(money(&price))),
            self.number(subscription.quantity),
            address(link.as_ref()),
            self.note(subscription, more),
            Said::Nothing,
            said(product.id.as_ref().map(|id| id.as_str())),
            made(name(subscription)),
            address(self.snapshot.image_of(subscription)),
            said(self.snapshot.sku_of(subscription)),
        ];
        let mut item = String::new();
        let mut inner = Object::begin(&mut item);
        let mut outer = Object::begin(out);
        outer.text("type", "SUBSCRIPTION");
        for ((setting, usual, _), value) in KEYS.into_iter().zip(&values) {
            let is_products = setting.starts_with("keys.product_");
            for name in self.choices.names(setting, usual) {
                match name.strip_prefix('/') {
                    None if is_products => inner.put(name, value),
                    None => outer.put(name, value),
                    Some(name) => outer.put(name, value),
                }
            }
        }
        inner.put("quantity", &self.number(subscription.quantity));
        inner.end();
        for name in self.choices.names("keys.products", "products") {
            list_of_one(outer.member(name), &item);
        }
        outer.end();
    }

    /// Quantities are numbers, as Gladly's reader for Sidekick wants them; its sample adaptor sends texts.
    fn order(
        &self,
        subscription: &Subscription,
        as_of: Option<&str>,
        more: Option<String>,
        out: &mut String,
    ) {
        let price = self.price(subscription);
        let price = price.as_ref();
        let total = price.zip(subscription.quantity);
        let total = total.and_then(|(price, quantity)| price.times(quantity));
        let currency = price.and_then(|price| price.currency.as_ref());
        let product = &subscription.product;
        let quantity = self.number(subscription.quantity);
        let link = self.account.links.to_subscription(&subscription.id);
        let or_nothing = |text: Option<String>| text.map_or(Said::Nothing, made);
        let mut item = String::new();
        let mut inner = Object::begin(&mut item);
        inner.put("id", &said(product.id.as_ref().map(|id| id.as_str())));
        inner.put("name", &made(name(subscription)));
        inner.put("sku", &said(self.snapshot.sku_of(subscription)));
        inner.put("unitPrice", &or_nothing(price.map(money)));
        inner.put("quantity", &quantity);
        inner.put("imageUrl", &address(self.snapshot.image_of(subscription)));
        inner.end();
        let mut order = Object::begin(out);
        order.text("type", "ORDER");
        order.put("orderNumber", &said(Some(subscription.id.as_str())));
        order.put("orderStatus", &Said::Text(status(subscription, as_of)));
        order.put("createdAt", &instant(subscription.created_at));
        order.put("orderTotal", &or_nothing(total.as_ref().map(money)));
        order.put(
            "currencyCode",
            &said(currency.map(|currency| currency.code())),
        );
        order.put("orderLink", &address(link.as_ref()));
        order.put("note", &self.note(subscription, more));
        order.put("itemCount", &quantity);
        list_of_one(order.member("products"), &item);
        order.end();
    }

    /// `as of 10:15 EST, Recharge not reachable`, when it is.
    fn as_of(&self) -> Option<String> {
        let reason = self.stale?;
        Some(text::as_of(self.snapshot.as_of, reason, &self.calendar()))
    }

    /// Cut before it is said how many more there are: that must not be lost.
    fn note(&self, subscription: &Subscription, more: Option<String>) -> Said<'static> {
        let calendar = self.calendar();
        let schedule = schedule::of(self.snapshot, subscription, calendar.today());
        let prepaid = self.snapshot.prepaid(subscription, calendar.today());
        let note = made(text::note(subscription, schedule, prepaid, &calendar));
        match (note, more) {
            (note, None) => note,
            (Said::Text(note), Some(more)) => {
                Said::Text(text::joined(&[note.into_owned(), more]).into())
            }
            (_, Some(more)) => Said::Text(more.into()),
        }
    }

    fn number(&self, number: Option<u32>) -> Said<'static> {
        match number {
            None => Said::Nothing,
            Some(number) if self.choices.numbers_are_text() => {
                Said::Text(number.to_string().into())
            }
            Some(number) => Said::Number(number),
        }
    }

    fn price(&self, subscription: &Subscription) -> Option<Money> {
        let shop = self.account.currency.as_ref();
        let price = subscription.price.as_ref();
        price.map(|price| price.in_shop_currency(shop))
    }

    fn calendar(&self) -> Calendar {
        Calendar::new(self.now, self.account.zone)
    }
}

fn list_of_one(out: &mut String, item: &str) {
    out.push('[');
    out.push_str(item);
    out.push(']');
}

/// `active`, or `active (as of 10:15 EST, Recharge not reachable)`: where an agent looks.
fn status<'a>(subscription: &'a Subscription, as_of: Option<&str>) -> Cow<'a, str> {
    let status = text::status(&subscription.status);
    match as_of {
        None => status,
        Some(as_of) => Cow::Owned(format!("{status} ({as_of})")),
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

//! What a provider said of one customer, as of a time; and what follows from it.

use std::cmp::Ordering;

use super::charge::{Charge, ChargeStatus, LineItem};
use super::customer::Customer;
use super::day::{Day, Instant, Zone};
use super::id::SubscriptionId;
use super::renderings::Renderings;
use super::subscription::{Status, Subscription};
use super::web_url::WebUrl;

/// One customer's record, subscriptions and charges, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The customer.
    pub customer: Customer,
    /// All subscriptions, in the order of [`order`].
    pub subscriptions: Vec<Subscription>,
    /// The newest page of charges; `None` when it could not be had.
    pub charges: Option<Vec<Charge>>,
    /// Deliveries to come of prepaid subscriptions; `None` when they could not be had.
    pub deliveries: Option<Vec<Delivery>>,
    /// When the oldest part was asked for.
    pub as_of: Instant,
    /// What was made of it to be shown.
    pub renderings: Renderings,
}

/// So many charges are read at most. Where there are as many, older ones may be there that nobody has seen.
const MOST_CHARGES: usize = 250;

/// A delivery to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Of which subscription.
    pub subscription: SubscriptionId,
    /// On which day.
    pub date: Day,
}

/// What is known of deliveries that are already paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepaid {
    /// The next one; `None` when none is left, or not known.
    pub next_delivery_date: Option<Day>,
    /// How many are left; `None` when not known.
    pub deliveries_left: Option<u32>,
}

/// Puts subscriptions in the order of cards: active first (soonest next billing date first), then the rest, newest first.
/// Whatever order they come in, it is the same: of two that are alike the one with the greater id is the newer.
pub fn order(subscriptions: &mut [Subscription]) {
    let active = |s: &Subscription| s.status == Status::Active;
    // `None` sorts before every day; an active one without a date belongs behind those with one.
    let due = |s: &Subscription| (s.next_billing_date.is_none(), s.next_billing_date);
    let number = |s: &Subscription| (s.id.as_str().len(), s.id.clone());
    subscriptions.sort_by(|a, b| {
        let by_day = || match active(a) {
            true => due(a).cmp(&due(b)),
            false => Ordering::Equal,
        };
        active(b)
            .cmp(&active(a))
            .then_with(by_day)
            .then_with(|| b.created_at.cmp(&a.created_at))
            .then_with(|| number(b).cmp(&number(a)))
    });
}

impl Snapshot {
    /// How many subscriptions there are.
    pub fn subscriptions_total(&self) -> usize {
        self.subscriptions.len()
    }

    /// How many of them are active.
    pub fn subscriptions_active(&self) -> usize {
        self.subscriptions
            .iter()
            .filter(|s| s.status == Status::Active)
            .count()
    }

    pub(super) fn charges(&self) -> &[Charge] {
        self.charges.as_deref().unwrap_or_default()
    }

    /// Whether there is no charge that was not read: only then what is not among them is not there.
    pub fn has_all_charges(&self) -> bool {
        let charges = self.charges.as_ref();
        charges.is_some_and(|charges| charges.len() < MOST_CHARGES)
    }

    /// The newest charge that was taken, or that finally failed. Recharge lists none older than 90 days.
    pub fn last_charge(&self) -> Option<&Charge> {
        let when = |c: &Charge| {
            c.processed_at
                .or(c.last_attempt_at)
                .or(c.updated_at)
                .or(c.created_at)
        };
        self.charges()
            .iter()
            .filter(|c| c.is_past())
            .max_by_key(|c| when(c))
    }

    /// The soonest charge to come. A failed one counts with the day of its retry.
    pub fn next_charge(&self, zone: Zone) -> Option<&Charge> {
        let to_come = self
            .charges()
            .iter()
            .filter(|c| c.is_to_come() && self.still_matters(c) && !self.is_called_off(c));
        to_come.min_by_key(|c| (c.day(zone).is_none(), c.day(zone)))
    }

    /// Whether a queued charge is for nothing but subscriptions that have ended. It will not come, though it may be listed
    /// until its own deletion is told.
    pub fn is_called_off(&self, charge: &Charge) -> bool {
        let has_ended = |id: &SubscriptionId| {
            let mut ended = self.subscriptions.iter().filter(|subscription| {
                matches!(subscription.status, Status::Cancelled | Status::Expired)
            });
            ended.any(|subscription| subscription.id == *id)
        };
        let mut items = charge.items.iter().map(|item| item.subscription.as_ref());
        charge.status == ChargeStatus::Queued
            && !charge.items.is_empty()
            && items.all(|id| id.is_some_and(has_ended))
    }

    /// The line item that shows this subscription best: the newest one with a picture, else the newest. What was paid for
    /// before it was swapped for another product shows that other one.
    fn line_item(&self, subscription: &Subscription) -> Option<&LineItem> {
        let product = subscription.product.id.as_ref();
        let lines = || {
            let lines = self.charges().iter().flat_map(|charge| &charge.items);
            lines.filter(move |item| {
                let is_same = item.product.is_none() || item.product.as_ref() == product;
                item.subscription.as_ref() == Some(&subscription.id) && is_same
            })
        };
        lines()
            .find(|item| item.image_url.is_some())
            .or_else(|| lines().next())
    }

    /// A picture of the product: the subscription's own, else its line item's, else that of any line of the same product.
    pub fn image_of<'a>(&'a self, subscription: &'a Subscription) -> Option<&'a WebUrl> {
        let own = subscription.product.image_url.as_ref();
        own.or_else(|| {
            self.line_item(subscription)
                .and_then(|item| item.image_url.as_ref())
        })
        .or_else(|| {
            let product = subscription.product.id.as_ref()?;
            let lines = self.charges().iter().flat_map(|charge| &charge.items);
            lines
                .filter(|item| item.product.as_ref() == Some(product))
                .find_map(|item| item.image_url.as_ref())
        })
    }

    /// The SKU: the subscription's own (set only when somebody overrode it), else its line item's.
    pub fn sku_of<'a>(&'a self, subscription: &'a Subscription) -> Option<&'a str> {
        let own = subscription.product.sku.as_deref();
        own.or_else(|| {
            self.line_item(subscription)
                .and_then(|item| item.sku.as_deref())
        })
    }

    /// The city that a subscription is sent to: that of its next charge, else of its last one. Recharge's subscription has
    /// only the id of an address; what a charge carries costs no call more.
    pub fn city_of(&self, subscription: &SubscriptionId, zone: Zone) -> Option<&str> {
        let own = || {
            let charges = self.charges().iter();
            charges.filter(|charge| charge.is_for(subscription) && charge.city.is_some())
        };
        let next = own()
            .filter(|charge| charge.is_to_come())
            .min_by_key(|charge| (charge.day(zone).is_none(), charge.day(zone)));
        let of = next.or_else(|| own().max_by_key(|charge| charge.day(zone)));
        of?.city.as_deref()
    }

    /// What is paid and still to be delivered. `None` for what is not prepaid.
    ///
    /// Which of the deliveries in Recharge's schedule are paid is not marked in a way that is established; but the next
    /// charge pays for the delivery of its own day and those after it, so the ones before it are paid.
    pub fn prepaid(&self, subscription: &Subscription, today: Day) -> Option<Prepaid> {
        if !subscription.is_prepaid {
            return None;
        }
        let Some(deliveries) = &self.deliveries else {
            return Some(Prepaid {
                next_delivery_date: None,
                deliveries_left: None,
            });
        };
        let paid = || {
            deliveries.iter().filter(|d| {
                d.subscription == subscription.id
                    && d.date >= today
                    && subscription
                        .next_billing_date
                        .is_none_or(|charge| d.date < charge)
            })
        };
        let left = u32::try_from(paid().count()).unwrap_or(u32::MAX);
        // A cancelled one that has shipped everything is simply cancelled.
        if left == 0 && subscription.status != Status::Active {
            return None;
        }
        Some(Prepaid {
            next_delivery_date: paid().map(|d| d.date).min(),
            deliveries_left: Some(left),
        })
    }
}

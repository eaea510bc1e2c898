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

    /// The charges, the newest first, without those that were merged into another one. None when they could not be had.
    pub fn charges(&self) -> impl Iterator<Item = &Charge> + Clone {
        let all = self.charges.iter().flatten();
        all.filter(|charge| !charge.is_merged())
    }

    /// Whether there is no charge that was not read: only then what is not among them is not there.
    pub fn has_all_charges(&self) -> bool {
        let charges = self.charges.as_ref();
        charges.is_some_and(|charges| charges.len() < MOST_CHARGES)
    }

    /// Whether no charge lies behind: all were read, and each is one of those that are known to be still to come or skipped.
    pub fn has_no_past_charge(&self) -> bool {
        let is_no_order = |c: &Charge| match c.status {
            ChargeStatus::Queued | ChargeStatus::Skipped => true,
            ChargeStatus::Error => c.next_attempt().is_some(),
            _ => false,
        };
        self.has_all_charges() && self.charges().all(is_no_order)
    }

    /// The newest charge that lies behind, and the others of the same status on its day, the newest first. Recharge lists
    /// none that was paid more than 90 days ago.
    pub fn last_charges(&self, zone: Zone, today: Day) -> Vec<&Charge> {
        let is_made_up = |c: &Charge| c.status == ChargeStatus::Error && self.is_paid_since(c);
        let past = || {
            self.charges()
                .filter(|c| c.is_past(today) && !is_made_up(c))
        };
        let Some(last) = past().max_by_key(|c| c.happened_at()) else {
            return Vec::new();
        };
        let is_beside = |c: &Charge| {
            c.id != last.id && c.status == last.status && c.day(zone) == last.day(zone)
        };
        let beside = past().filter(|c| last.day(zone).is_some() && is_beside(c));
        std::iter::once(last).chain(beside).collect()
    }

    /// The charges of the soonest day to come. A failed one counts with the day of its retry.
    pub fn next_charges(&self, zone: Zone, today: Day) -> Vec<&Charge> {
        let to_come = || {
            self.charges()
                .filter(|c| c.is_to_come(today) && self.still_matters(c) && !self.is_called_off(c))
        };
        let due = |c: &Charge| c.day(zone);
        let Some(next) = to_come().min_by_key(|c| (due(c).is_none(), due(c))) else {
            return Vec::new();
        };
        let beside =
            to_come().filter(|c| c.id != next.id && due(c).is_some() && due(c) == due(next));
        std::iter::once(next).chain(beside).collect()
    }

    /// Whether a charge to come is for nothing but subscriptions that have ended. It will not come, though it may be listed
    /// until its own deletion is told.
    pub fn is_called_off(&self, charge: &Charge) -> bool {
        let has_ended = |id: &SubscriptionId| {
            let mut own = self.subscriptions.iter().filter(|s| s.id == *id);
            own.any(|subscription| subscription.status.has_ended())
        };
        let mut items = charge.items.iter().map(|item| item.subscription.as_ref());
        matches!(charge.status, ChargeStatus::Queued | ChargeStatus::Other(_))
            && !charge.is_paid()
            && !charge.items.is_empty()
            && items.all(|id| id.is_some_and(has_ended))
    }

    /// The lines of charges that are for this subscription as it is now, the newest first. What was paid for before it was
    /// swapped for another product shows that other one.
    fn lines(&self, subscription: &Subscription) -> impl Iterator<Item = &LineItem> {
        let lines = self.charges().flat_map(|charge| &charge.items);
        lines.filter(|item| {
            item.subscription.as_ref() == Some(&subscription.id)
                && is_same(item.product.as_ref(), subscription.product.id.as_ref())
        })
    }

    /// A picture of the variant: the subscription's own, else its line item's, else that of any line of the same variant.
    pub fn image_of<'a>(&'a self, subscription: &'a Subscription) -> Option<&'a WebUrl> {
        let product = &subscription.product;
        let is_of_variant =
            |item: &&LineItem| is_same(item.variant_id.as_ref(), product.variant_id.as_ref());
        if let Some(own) = &product.image_url {
            return Some(own);
        }
        let own = self.lines(subscription).filter(is_of_variant);
        own.filter_map(|item| item.image_url.as_ref())
            .next()
            .or_else(|| {
                let lines = self.charges().flat_map(|charge| &charge.items);
                lines
                    .filter(|item| product.id.is_some() && item.product == product.id)
                    .filter(is_of_variant)
                    .find_map(|item| item.image_url.as_ref())
            })
    }

    /// The SKU that is shipped: the subscription's own where it overrides the variant's, else that of a line of the same
    /// variant. The subscription's own stands in for that only where it is not known to be without effect.
    pub fn sku_of<'a>(&'a self, subscription: &'a Subscription) -> Option<&'a str> {
        let product = &subscription.product;
        let of_line = || {
            self.lines(subscription)
                .filter(|item| item.variant_id == product.variant_id)
                .find_map(|item| item.sku.as_deref())
        };
        let own = product.own_sku();
        if product.sku_override == Some(true) {
            own.or_else(of_line)
        } else {
            of_line().or(own)
        }
    }

    /// The city that a subscription is sent to: that of its next charge, else of its last one. Recharge's subscription has
    /// only the id of an address; what a charge carries costs no call more.
    pub fn city_of(&self, subscription: &SubscriptionId, zone: Zone, today: Day) -> Option<&str> {
        let own = || {
            self.charges()
                .filter(|charge| charge.is_for(subscription) && charge.city.is_some())
        };
        let next = own()
            .filter(|charge| charge.is_to_come(today))
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

/// Whether a line may be of this product or variant: it is the same one, or one of the two is not known.
fn is_same<T: PartialEq>(line: Option<&T>, own: Option<&T>) -> bool {
    match (line, own) {
        (Some(line), Some(own)) => line == own,
        _ => true,
    }
}

//! What a provider said of one customer, as of a time; and what follows from it.

use super::charge::{Charge, ChargeStatus, LineItem};
use super::customer::Customer;
use super::day::{Day, Instant, Zone};
use super::id::SubscriptionId;
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
}

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

/// Something wrong with the customer's payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentProblem {
    /// What kind.
    pub kind: ProblemKind,
    /// What the payment processor said, as it said it.
    pub message: Option<String>,
    /// When the payment is tried again.
    pub next_attempt: Option<Instant>,
    /// Since when.
    pub since: Option<Instant>,
}

/// Kinds of payment trouble. Open for readers of the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// A charge failed and the customer has to update the card.
    CardUpdateNeeded,
    /// A charge failed and is tried again.
    PaymentFailed,
    /// The provider has given up trying.
    AttemptsExhausted,
    /// The customer's record says that a payment is being retried; the charge itself is not at hand.
    InDunning,
    /// Active subscriptions, and no payment method that works.
    NoValidPaymentMethod,
}

impl ProblemKind {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CardUpdateNeeded => "card_update_needed",
            Self::PaymentFailed => "payment_failed",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::InDunning => "in_dunning",
            Self::NoValidPaymentMethod => "no_valid_payment_method",
        }
    }
}

/// Puts subscriptions in the order of cards: active first (soonest next billing date first), then the rest, newest first.
pub fn order(subscriptions: &mut [Subscription]) {
    subscriptions.sort_by(|a, b| {
        let active = |s: &Subscription| s.status == Status::Active;
        active(b).cmp(&active(a)).then_with(|| {
            if active(a) {
                // `None` sorts before every day; an active one without a date belongs behind those with one.
                let due = |s: &Subscription| (s.next_billing_date.is_none(), s.next_billing_date);
                due(a)
                    .cmp(&due(b))
                    .then_with(|| b.created_at.cmp(&a.created_at))
            } else {
                b.created_at.cmp(&a.created_at)
            }
        })
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

    fn charges(&self) -> &[Charge] {
        self.charges.as_deref().unwrap_or_default()
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
        let due = |c: &Charge| {
            let retry = c
                .retry_at
                .filter(|_| c.status == ChargeStatus::Error)
                .map(|at| zone.day_of(at));
            retry.or(c.scheduled_at)
        };
        self.charges()
            .iter()
            .filter(|c| c.is_to_come())
            .min_by_key(|c| (due(c).is_none(), due(c)))
    }

    /// The line item that shows this subscription best: the newest one with a picture, else the newest.
    pub fn line_item(&self, subscription: &SubscriptionId) -> Option<&LineItem> {
        let lines = || {
            self.charges()
                .iter()
                .flat_map(|charge| &charge.items)
                .filter(move |item| item.subscription.as_ref() == Some(subscription))
        };
        lines()
            .find(|item| item.image_url.is_some())
            .or_else(|| lines().next())
    }

    /// A picture of the product: the subscription's own, else its line item's, else that of any line of the same product.
    pub fn image_of<'a>(&'a self, subscription: &'a Subscription) -> Option<&'a WebUrl> {
        let own = subscription.product.image_url.as_ref();
        own.or_else(|| {
            self.line_item(&subscription.id)
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
            self.line_item(&subscription.id)
                .and_then(|item| item.sku.as_deref())
        })
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

    /// What is wrong with the payments, the most telling thing first. `None` when nothing is, or nothing is known.
    pub fn payment_problem(&self) -> Option<PaymentProblem> {
        let newest = |charge: &&Charge| {
            charge
                .last_attempt_at
                .or(charge.updated_at)
                .or(charge.created_at)
        };
        let failing = self
            .charges()
            .iter()
            .filter(|c| c.status == ChargeStatus::Error && self.still_matters(c));
        if let Some(charge) = failing.max_by_key(newest) {
            let code = charge.error_code.as_deref().unwrap_or_default();
            let kind = if code.contains("UPDATE_CARD") {
                ProblemKind::CardUpdateNeeded
            } else if charge.retry_at.is_none() || code.contains("MAX_RETRIES") {
                ProblemKind::AttemptsExhausted
            } else {
                ProblemKind::PaymentFailed
            };
            return Some(PaymentProblem {
                kind,
                message: charge.error.clone(),
                next_attempt: charge.retry_at,
                since: charge.last_attempt_at.or(charge.updated_at),
            });
        }
        let kind = if self.customer.payment_in_dunning == Some(true) {
            ProblemKind::InDunning
        } else if self.customer.has_valid_payment_method == Some(false)
            && self.subscriptions_active() > 0
        {
            ProblemKind::NoValidPaymentMethod
        } else {
            return None;
        };
        Some(PaymentProblem {
            kind,
            message: None,
            next_attempt: None,
            since: None,
        })
    }

    /// A failed charge is history once a later one for the same things was paid.
    fn still_matters(&self, failed: &Charge) -> bool {
        !self.charges().iter().any(|later| {
            later.status == ChargeStatus::Success
                && later.processed_at > failed.last_attempt_at.or(failed.updated_at)
                && failed.items.iter().all(|item| {
                    item.subscription
                        .as_ref()
                        .is_some_and(|id| later.is_for(id))
                })
        })
    }
}

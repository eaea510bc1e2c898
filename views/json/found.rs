//! A customer who was found, with charges and subscriptions, as JSON.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::domain::answer::Account;
use crate::domain::charge::Charge;
use crate::domain::day::{Day, Instant};
use crate::domain::money::Money;
use crate::domain::payment::PaymentProblem;
use crate::domain::schedule;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Interval, Subscription};
use crate::domain::web_url::WebUrl;
use crate::views::facts;
use crate::views::text::payment_cause;

#[derive(Serialize)]
pub(super) struct CustomerOut<'a> {
    id: &'a str,
    email: Option<&'a str>,
    name: Option<&'a str>,
    phone: Option<&'a str>,
    shopify_customer_id: Option<&'a str>,
    subscriptions_total: usize,
    subscriptions_active: usize,
    created_at: Option<String>,
    payment_problem: Option<ProblemKindOut>,
    last_charge: Option<ChargeOut<'a>>,
    last_charges: Vec<ChargeOut<'a>>,
    last_total: Option<MoneyOut>,
    next_charge: Option<ChargeOut<'a>>,
    next_charges: Vec<ChargeOut<'a>>,
    next_total: Option<MoneyOut>,
    provider_url: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ProblemKindOut {
    kind: &'static str,
    message: Option<String>,
    code: Option<String>,
    meaning: Option<&'static str>,
    hint: Option<&'static str>,
    next_attempt: Option<String>,
    since: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ChargeOut<'a> {
    id: &'a str,
    date: Option<String>,
    status: &'a str,
    total: Option<MoneyOut>,
    total_is_final: Option<bool>,
    refunded: Option<MoneyOut>,
    items: Vec<ItemOut<'a>>,
    shopify_order_id: Option<&'a str>,
    url: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ItemOut<'a> {
    name: Option<&'a str>,
    quantity: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct MoneyOut {
    amount: String,
    currency: Option<String>,
}

#[derive(Serialize)]
pub(super) struct SubscriptionOut<'a> {
    id: &'a str,
    status: &'a str,
    created_at: Option<String>,
    updated_at: Option<String>,
    billing_interval: Option<IntervalOut<'a>>,
    delivery_interval: Option<IntervalOut<'a>>,
    prepaid: Option<PrepaidOut>,
    next_billing_date: Option<String>,
    schedule: Option<ScheduleOut>,
    cancelled_at: Option<String>,
    cancellation_reason: Option<&'a str>,
    cancellation_comment: Option<&'a str>,
    price: Option<MoneyOut>,
    quantity: Option<u32>,
    product: ProductOut<'a>,
    provider_url: Option<String>,
}

#[derive(Serialize)]
pub(super) struct IntervalOut<'a> {
    frequency: u32,
    unit: &'a str,
}

#[derive(Serialize)]
pub(super) struct PrepaidOut {
    next_delivery_date: Option<String>,
    deliveries_left: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct ScheduleOut {
    state: &'static str,
    was: Option<String>,
    next_attempt: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ProductOut<'a> {
    id: Option<&'a str>,
    variant_id: Option<&'a str>,
    name: Option<&'a str>,
    variant: Option<&'a str>,
    image_url: Option<&'a str>,
    sku: Option<&'a str>,
}

impl<'a> CustomerOut<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, account: &'a Account, today: Day) -> Self {
        let customer = &snapshot.customer;
        let last = snapshot.last_charges(account.zone, today);
        let next = snapshot.next_charges(account.zone, today);
        let one = |charge: &&'a Charge| ChargeOut::of(charge, account);
        let sum = |charges: &[&Charge]| facts::sum(charges, account.currency.as_ref());
        Self {
            id: customer.id.as_str(),
            email: customer.email.as_deref(),
            name: customer.name.as_deref(),
            phone: customer.phone.as_deref(),
            shopify_customer_id: customer.shopify_customer_id.as_ref().map(|id| id.as_str()),
            subscriptions_total: snapshot.subscriptions_total(),
            subscriptions_active: snapshot.subscriptions_active(),
            created_at: instant(customer.created_at),
            payment_problem: snapshot.payment_problem().map(ProblemKindOut::of),
            last_charge: last.first().map(one),
            last_charges: last.iter().map(one).collect(),
            last_total: sum(&last).map(MoneyOut::of),
            next_charge: next.first().map(one),
            next_charges: next.iter().map(one).collect(),
            next_total: sum(&next).map(MoneyOut::of),
            provider_url: url(account.links.to_customer(&customer.id)),
        }
    }
}

impl ProblemKindOut {
    pub(super) fn of(problem: PaymentProblem) -> Self {
        let cause = problem.code.as_deref().and_then(payment_cause);
        Self {
            kind: problem.kind.as_str(),
            message: problem.message,
            code: problem.code,
            meaning: cause.map(|cause| cause.meaning),
            hint: cause.map(|cause| cause.hint),
            next_attempt: day(problem.next_attempt),
            since: day(problem.since),
        }
    }
}

impl<'a> ChargeOut<'a> {
    pub(super) fn of(charge: &'a Charge, account: &Account) -> Self {
        let items = charge.items.iter();
        let shop = account.currency.as_ref();
        let money = |money: &Money| MoneyOut::of(money.in_shop_currency(shop));
        Self {
            id: charge.id.as_str(),
            date: day(charge.day(account.zone)),
            status: charge.status.as_str(),
            total: charge.total.as_ref().map(money),
            total_is_final: charge.is_total_final,
            refunded: charge.refunded.as_ref().map(money),
            items: items
                .map(|item| ItemOut {
                    name: item.name.as_deref(),
                    quantity: item.quantity,
                })
                .collect(),
            shopify_order_id: charge.shopify_order_id.as_ref().map(|id| id.as_str()),
            url: url(account.links.to_charge(&charge.id)),
        }
    }
}

impl MoneyOut {
    pub(super) fn of(money: Money) -> Self {
        let currency = money
            .currency
            .as_ref()
            .map(|currency| currency.code().to_owned());
        Self {
            amount: money.amount_text(),
            currency,
        }
    }
}

impl<'a> SubscriptionOut<'a> {
    pub(super) fn of(
        subscription: &'a Subscription,
        snapshot: &'a Snapshot,
        account: &Account,
        today: Day,
    ) -> Self {
        let links = &account.links;
        let shop = account.currency.as_ref();
        let product = &subscription.product;
        let schedule = schedule::of(snapshot, subscription, today);
        Self {
            id: subscription.id.as_str(),
            status: subscription.status.as_str(),
            created_at: instant(subscription.created_at),
            updated_at: instant(subscription.updated_at),
            billing_interval: subscription.billing_interval.as_ref().map(IntervalOut::of),
            delivery_interval: subscription.delivery_interval.as_ref().map(IntervalOut::of),
            prepaid: snapshot
                .prepaid(subscription, today)
                .map(|prepaid| PrepaidOut {
                    next_delivery_date: day(prepaid.next_delivery_date),
                    deliveries_left: prepaid.deliveries_left,
                }),
            next_billing_date: day(subscription.next_billing_date),
            schedule: schedule.map(|schedule| ScheduleOut {
                state: schedule.as_str(),
                was: day(schedule.was()),
                next_attempt: day(schedule.next_attempt()),
            }),
            cancelled_at: instant(subscription.cancelled_at),
            cancellation_reason: subscription.cancellation_reason.as_deref(),
            cancellation_comment: subscription.cancellation_comment.as_deref(),
            price: subscription
                .price
                .as_ref()
                .map(|price| MoneyOut::of(price.in_shop_currency(shop))),
            quantity: subscription.quantity,
            product: ProductOut {
                id: product.id.as_ref().map(|id| id.as_str()),
                variant_id: product.variant_id.as_ref().map(|id| id.as_str()),
                name: product.name.as_deref(),
                variant: product.variant.as_deref(),
                image_url: snapshot.image_of(subscription).map(|url| url.as_str()),
                sku: snapshot.sku_of(subscription),
            },
            provider_url: url(links.to_subscription(&subscription.id)),
        }
    }
}

impl<'a> IntervalOut<'a> {
    pub(super) fn of(interval: &'a Interval) -> Self {
        Self {
            frequency: interval.frequency,
            unit: interval.unit.as_str(),
        }
    }
}

pub(super) fn instant(at: Option<Instant>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

pub(super) fn day(day: Option<Day>) -> Option<String> {
    day.map(|day| day.to_string())
}

pub(super) fn url(url: Option<WebUrl>) -> Option<String> {
    url.map(|url| url.as_str().to_owned())
}

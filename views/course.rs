//! What a card says of one subscription, before it is HTML or a terminal's lines.

use std::borrow::Cow;

use super::facts::{product, variant};
use super::format::{Calendar, money};
use super::readable::readable;
use super::sentence::Sentence;
use super::text;
use crate::domain::money::Currency;
use crate::domain::schedule::{self, Schedule};
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::{Status, Subscription};

/// Names longer than this are cut short in a heading, so the fold has them whole.
const LONG_NAME: usize = 80;
/// Comments longer than this are cut short in sight, so the fold has them whole.
const LONG_COMMENT: usize = 140;

/// How much attention a line wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// As expected.
    Plain,
    /// Over.
    Over,
    /// Not as usual: moved, skipped.
    Notice,
    /// Went wrong.
    Trouble,
}

impl Tone {
    /// The style sheet's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Over => "over",
            Self::Notice => "wait",
            Self::Trouble => "bad",
        }
    }
}

/// Something that happens, or happened, to a subscription.
#[derive(Debug)]
pub struct Line<'a> {
    /// How much attention it wants.
    pub tone: Tone,
    /// What.
    pub sentence: Sentence<'a>,
}

fn line(tone: Tone, sentence: Sentence<'_>) -> Line<'_> {
    Line { tone, sentence }
}

/// What happens next, or what ended it; paid deliveries in front, as they are what somebody waits for.
pub fn lines<'a>(
    subscription: &'a Subscription,
    snapshot: &Snapshot,
    calendar: &Calendar,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    lines.extend(prepaid(subscription, snapshot, calendar));
    match &subscription.status {
        Status::Active => {
            if subscription.payment_attempts_exhausted {
                lines.push(line(Tone::Trouble, text::plain(text::STOPPED_TRYING)));
            }
            lines.push(scheduled(subscription, snapshot, calendar));
        }
        Status::Cancelled => lines.push(line(Tone::Over, cancelled(subscription, calendar))),
        Status::Expired => {
            lines.push(line(
                Tone::Over,
                text::ended(subscription.ends_after_charges),
            ));
        }
        Status::Other(_) => {
            let date = subscription.next_billing_date.map(text::billing_date);
            lines.extend(date.map(|sentence| line(Tone::Plain, sentence)));
        }
    }
    lines
}

fn scheduled<'a>(
    subscription: &Subscription,
    snapshot: &Snapshot,
    calendar: &Calendar,
) -> Line<'a> {
    let next = subscription.next_billing_date;
    let state = schedule::of(snapshot, subscription, calendar.today());
    match (state, next) {
        (Some(Schedule::Retrying { next_attempt }), _) => {
            let words = if calendar.is_retry_overdue(next_attempt) {
                text::retry_overdue(next_attempt)
            } else {
                text::retrying(next_attempt)
            };
            line(Tone::Trouble, words)
        }
        (Some(Schedule::Moved { was }), Some(to)) => line(Tone::Notice, text::moved(to, was)),
        (Some(Schedule::Skipped { day }), next) => line(Tone::Notice, text::skipped(day, next)),
        (_, Some(day)) if day < calendar.today() => line(Tone::Trouble, text::overdue(day)),
        (_, Some(day)) => line(Tone::Plain, text::next_charge(day)),
        (_, None) => line(Tone::Notice, text::plain(text::NO_NEXT_DATE)),
    }
}

fn prepaid<'a>(
    subscription: &Subscription,
    snapshot: &Snapshot,
    calendar: &Calendar,
) -> Option<Line<'a>> {
    let prepaid = snapshot.prepaid(subscription, calendar.today())?;
    let sentence = match prepaid.deliveries_left {
        None => text::plain(text::PREPAID),
        Some(0) => text::plain(text::PREPAID_NONE_LEFT),
        Some(left) => text::deliveries_left(left, prepaid.next_delivery_date),
    };
    Some(line(Tone::Plain, sentence))
}

fn cancelled<'a>(subscription: &'a Subscription, calendar: &Calendar) -> Sentence<'a> {
    let day = subscription.cancelled_at.map(|at| calendar.day_of(at));
    let reason = subscription.cancellation_reason.as_deref();
    let given = reason.filter(|reason| readable(Some(reason)).is_some());
    // A person's own reason outweighs the mark that payments had failed before.
    if subscription.payment_attempts_exhausted && given.is_none_or(is_about_retries) {
        text::cancelled_by_provider(day)
    } else {
        text::cancelled(day, given)
    }
}

/// Whether a reason is the provider's own for payments that failed too often (`Max number of charge attempts reached`).
fn is_about_retries(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["retries", "attempts", "dunning", "payment failed"]
        .iter()
        .any(|word| reason.contains(word))
}

/// Whether it is over, and nothing is still to be delivered.
pub fn is_past(subscription: &Subscription, snapshot: &Snapshot, calendar: &Calendar) -> bool {
    let over = subscription.status.has_ended();
    let ships = snapshot
        .prepaid(subscription, calendar.today())
        .is_some_and(|prepaid| prepaid.deliveries_left != Some(0));
    over && !ships
}

/// What the customer added to the reason. An active one has none to show: it is left from an earlier cancellation.
pub fn comment(subscription: &Subscription) -> Option<Cow<'_, str>> {
    let comment = readable(subscription.cancellation_comment.as_deref());
    comment.filter(|_| subscription.status != Status::Active)
}

/// `$98.00 × 2`, in the shop's currency where it says no other.
pub fn price(subscription: &Subscription, shop: Option<&Currency>) -> String {
    let price = subscription.price.as_ref();
    let price = price.map(|price| money(&price.in_shop_currency(shop)));
    text::price_each(price.as_deref(), subscription.quantity)
}

/// `Every 30 days`.
pub fn rhythm(subscription: &Subscription) -> Option<String> {
    text::rhythm(
        subscription.billing_interval.as_ref(),
        subscription.delivery_interval.as_ref(),
        subscription.keeps_to,
    )
}

/// A row of a fold.
#[derive(Debug)]
pub struct Row<'a> {
    /// What it says.
    pub label: Cow<'a, str>,
    /// The thing itself.
    pub value: Cow<'a, str>,
    /// Whose words they are.
    pub kind: Kind,
}

/// Whose words a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ours: dates, intervals.
    Ours,
    /// Somebody's outside, in any script.
    Theirs,
    /// An id: people carry it elsewhere.
    Id,
}

impl<'a> Row<'a> {
    fn of(kind: Kind, label: impl Into<Cow<'a, str>>, value: Option<Cow<'a, str>>) -> Option<Self> {
        Some(Self {
            label: label.into(),
            value: value?,
            kind,
        })
    }

    /// A row in our words. `None` without anything to read, as all of them.
    pub fn ours(label: &'static str, value: Option<String>) -> Option<Self> {
        Self::of(Kind::Ours, label, value.map(Cow::Owned))
    }

    /// A row in somebody else's.
    pub fn theirs(label: impl Into<Cow<'a, str>>, value: Option<Cow<'a, str>>) -> Option<Self> {
        Self::of(Kind::Theirs, label, value)
    }

    /// A row that is copied.
    pub fn id(label: &'static str, value: Option<&'a str>) -> Option<Self> {
        Self::of(Kind::Id, label, readable(value))
    }
}

/// The rarer facts of a subscription.
pub fn details<'a>(
    subscription: &'a Subscription,
    snapshot: &'a Snapshot,
    calendar: &Calendar,
) -> Vec<Row<'a>> {
    let instant = |at| calendar.instant(at);
    let billing = subscription.billing_interval.as_ref();
    let delivery = subscription.delivery_interval.as_ref();
    let another = delivery.filter(|_| delivery != billing);
    let date = subscription.next_billing_date;
    let city = snapshot.city_of(&subscription.id, calendar.zone(), calendar.today());
    let reason = readable(subscription.cancellation_reason.as_deref());
    let is_long = |comment: &Cow<'_, str>| comment.chars().count() > LONG_COMMENT;
    let rows = [
        Row::id(text::SUBSCRIPTION_ID, Some(subscription.id.as_str())),
        Row::ours(text::CREATED, subscription.created_at.map(instant)),
        Row::ours(text::UPDATED, subscription.updated_at.map(instant)),
        Row::ours(text::BILLING_INTERVAL, billing.map(text::interval)),
        Row::ours(text::DELIVERY_INTERVAL, another.map(text::interval)),
        Row::ours(
            text::NEXT_BILLING_DATE,
            date.map(|day| calendar.day_in_full(day)),
        ),
        Row::theirs(text::CITY, readable(city)),
        Row::ours(text::CANCELLED_AT, subscription.cancelled_at.map(instant)),
        Row::theirs(text::REASON, reason),
        Row::theirs(text::COMMENT, comment(subscription).filter(is_long)),
    ];
    rows.into_iter().flatten().collect()
}

/// The rarer facts of its product, and what the customer chose with it.
pub fn product_details<'a>(subscription: &'a Subscription, snapshot: &'a Snapshot) -> Vec<Row<'a>> {
    let is_long = |name: &Cow<'_, str>| name.chars().count() > LONG_NAME;
    let bought = &subscription.product;
    let rows = [
        Row::theirs(text::NAME, Some(product(subscription)).filter(is_long)),
        Row::theirs(text::VARIANT, variant(subscription).filter(is_long)),
        Row::id(text::PRODUCT_ID, bought.id.as_ref().map(|id| id.as_str())),
        Row::id(
            text::VARIANT_ID,
            bought.variant_id.as_ref().map(|id| id.as_str()),
        ),
        Row::id(text::SKU, snapshot.sku_of(subscription)),
    ];
    let chosen = subscription.properties.iter().filter_map(|property| {
        let label = readable(Some(&property.name)).unwrap_or(Cow::Borrowed(text::PROPERTY));
        Row::theirs(label, readable(Some(&property.value)))
    });
    rows.into_iter().flatten().chain(chosen).collect()
}
